//! Commands that run other commands: shells, remote shells, wrappers, interpreters, and what flows into them.
//!
//! Answers for one argument list, command name first, without looking at later places in it. Invariant: what it hands
//! over may be too much, never too little; a script that turns out not to be one only costs time.

use crate::destroy::{self, base};
use crate::names::Names;
use crate::sources;
use crate::table;

/// A text that a command would run.
pub(crate) struct Script {
    pub(crate) text: String,
    /// Whether it is certainly a script, so that it must parse.
    pub(crate) certain: bool,
}

/// What a command does with commands and data.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) scripts: Vec<Script>,
    /// Runs code of some language.
    pub(crate) interpreter: bool,
    /// Runs the code that comes in on its standard input.
    pub(crate) open: bool,
    /// Puts out downloaded or decoded data.
    pub(crate) fetches: bool,
    /// Arguments are code of a language other than the shell's.
    pub(crate) code: bool,
    /// Runs what it downloads or decodes itself, or gives a shell to whoever connects.
    pub(crate) decoded: bool,
}

/// Tells whether a word names a command this module knows.
pub(crate) fn is_carrier(word: &str) -> bool {
    let name = base(word);
    SHELLS.contains(name) || CARRIERS.contains(name) || sources::FETCHERS.contains(name) || is_language(name)
}

/// Commands whose arguments or input become commands, beside shells and languages.
static CARRIERS: Names = Names::new(&[
    "eval", "source", ".", "ssh", "su", "runuser", "trap", "alias", "script", "watch", "parallel", "xargs", "env",
    "flock", "busybox", "at", "batch", "entr", "crontab", "sudo", "doas", "awk", "gawk", "mawk", "nawk", "ed", "red",
    "ex", "make", "gdb",
]);

/// Shells.
static SHELLS: Names = Names::new(&[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "mksh",
    "ash",
    "fish",
    "rbash",
    "csh",
    "tcsh",
    "pwsh",
    "powershell",
    "yash",
    "rc",
]);

/// Languages, without the version that may follow the name.
static LANGUAGES: Names = Names::new(&[
    "python",
    "pypy",
    "perl",
    "ruby",
    "node",
    "nodejs",
    "deno",
    "bun",
    "php",
    "lua",
    "luajit",
    "tclsh",
    "expect",
    "R",
    "Rscript",
    "julia",
    "irb",
    "ipython",
    "ghci",
    "iex",
    "elixir",
    "groovy",
    "jshell",
    "octave",
    "guile",
    "sbcl",
    "ocaml",
    "swift",
    "scala",
    "raku",
    "tsx",
    "ts-node",
    "osascript",
]);

pub(crate) fn is_shell(name: &str) -> bool {
    SHELLS.contains(name)
}

fn is_language(name: &str) -> bool {
    LANGUAGES.contains(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-'))
}

/// Finds out what one command carries.
pub(crate) fn carried(args: &[&str]) -> Carried {
    let mut carried = Carried::default();
    let Some((first, rest)) = args.split_first() else { return carried };
    let name = base(first);
    let mut add = |text: String, certain: bool| carried.scripts.push(Script { text, certain });
    let operand = rest.iter().any(|arg| !arg.starts_with('-') && *arg != "/dev/stdin");
    carried.fetches = sources::fetches(name, rest);
    if is_shell(name) {
        let command = rest.iter().position(|arg| arg.starts_with('-') && !arg.starts_with("--") && arg.contains('c'));
        if let Some(at) = command {
            // Further flags may stand between -c and its text; what no flag could be is taken for the text too.
            let is_flag = |arg: &str| {
                arg.starts_with(['-', '+']) && arg.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-".contains(&b))
            };
            let text = rest.iter().skip(at + 1).find(|arg| !is_flag(arg));
            let text = text.copied().unwrap_or_default();
            add(text.to_owned(), true);
            // What it runs is yet to come, or stands for something that is not known.
            carried.open = text.is_empty() || text == "*";
        }
        let reads = rest.iter().any(|arg| arg.starts_with('-') && arg.contains('s')) || !operand;
        carried.interpreter = true;
        carried.open |= command.is_none() && reads;
        // `-EncodedCommand`, in any beginning of the word.
        carried.decoded = matches!(name, "pwsh" | "powershell")
            && rest.iter().any(|arg| {
                let flag = arg.to_ascii_lowercase();
                let flag = flag.trim_start_matches('-');
                arg.starts_with('-') && !flag.is_empty() && ("encodedcommand".starts_with(flag) || flag == "ec")
            });
        return carried;
    }
    if is_language(name) {
        carried.interpreter = true;
        carried.code = true;
        let calls = |words: &[&str]| rest.iter().any(|arg| words.iter().any(|word| arg.contains(word)));
        carried.decoded = calls(RUNS_TEXT) && calls(sources::DECODES);
        carried.fetches |= calls(sources::DECODES);
        carried.open =
            !operand && !rest.iter().any(|arg| arg.starts_with("-c") || arg.starts_with("-e") || arg.starts_with("-m"));
        // `deno run -`: the program is what comes in. Code that runs text may run what comes in.
        let program = rest
            .iter()
            .find(|arg| !matches!(**arg, "run" | "eval" | "repl") && (**arg == "-" || !arg.starts_with('-')));
        carried.open |= program.is_some_and(|arg| matches!(*arg, "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0"))
            || calls(RUNS_TEXT)
            // Code that is only known when it runs.
            || rest.windows(2).any(|two| matches!(two, [flag, "*"] if matches!(*flag, "-c" | "-e" | "-r" | "-E")));
        return carried;
    }
    match name {
        "eval" => {
            add(rest.join(" "), true);
            carried.interpreter = true;
            carried.open = rest.is_empty() || rest.contains(&"*");
        }
        "source" | "." => {
            carried.interpreter = true;
            carried.open = !operand;
        }
        "at" | "batch" => carried.open = true,
        "ssh" => carried.open = !ssh(rest, &mut add),
        "sudo" | "doas" => carried.open = !operand && rest.iter().any(|arg| arg.contains(['s', 'i'])),
        "ed" | "red" | "ex" | "gdb" => carried.open = true,
        "nc" | "ncat" | "netcat" | "nc.openbsd" | "nc.traditional" => carried.decoded = serves_shell(rest),
        "socat" => {
            carried.decoded = rest.iter().any(|arg| {
                let address = arg.to_ascii_lowercase();
                ["exec:", "system:", "shell:"].iter().any(|kind| address.contains(kind))
            });
        }
        "make" => carried.open = rest.contains(&"-") || rest.contains(&"-f-"),
        "crontab" => carried.open = rest.last().is_none_or(|arg| matches!(*arg, "-" | "/dev/stdin")),
        "awk" | "gawk" | "mawk" | "nawk" => {
            carried.open = rest.iter().any(|arg| {
                arg.contains("system") || ["|\"", "| \"", "|&", "\"|", "\" |"].iter().any(|pipe| arg.contains(pipe))
            }) || program_is_input(rest);
        }
        "trap" | "su" | "runuser" | "script" | "flock" | "env" | "alias" => {
            for arg in rest {
                add((*arg).to_owned(), false);
                if let Some((_, value)) = arg.split_once('=') {
                    add(value.to_owned(), false);
                }
            }
            carried.open = matches!(name, "su" | "runuser") && !rest.iter().any(|arg| arg.contains('c'));
        }
        "watch" | "parallel" | "entr" => add(rest.join(" "), false),
        // The commands, or their arguments, are the lines it reads.
        "xargs" => {
            carried.open =
                !operand || rest.iter().any(|arg| is_shell(base(arg)) || is_language(base(arg)) || *arg == "eval");
        }
        _ => {}
    }
    carried
}

/// What code of some language calls to run a text.
const RUNS_TEXT: &[&str] = &["eval", "exec", "system", "popen", "subprocess", "spawn", "`"];

/// Tells whether netcat gives a shell to the other side: `-e /bin/sh`, `-lvpe 1 sh`, `--exec`.
fn serves_shell(args: &[&str]) -> bool {
    let runs = args.iter().any(|arg| match arg.strip_prefix("--") {
        Some(long) => ["exec", "sh-exec", "lua-exec"].iter().any(|flag| long.starts_with(flag)),
        None => arg.strip_prefix('-').is_some_and(|letters| letters.contains(['e', 'c'])),
    });
    let shell = |arg: &&str| arg.split([' ', '=']).any(|word| is_shell(base(word)) || is_language(base(word)));
    runs && args.iter().any(shell)
}

/// Tells whether a tool reads its program from its input: `-f -`, `-f/dev/stdin`.
pub(crate) fn program_is_input(args: &[&str]) -> bool {
    let input = |word: &str| matches!(word, "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
    args.windows(2).any(|two| matches!(two, [flag, file] if matches!(*flag, "-f" | "--file") && input(file)))
        || args.iter().any(|arg| ["-f", "--file="].iter().any(|flag| arg.strip_prefix(flag).is_some_and(input)))
}

/// Tells whether a command that otherwise runs none of its arguments runs one by a flag of its own.
pub(crate) fn runs_by_flag(name: &str, args: &[&str]) -> bool {
    let begins = |starts: &[&str]| args.iter().any(|arg| starts.iter().any(|start| arg.starts_with(start)));
    match name {
        "man" | "apropos" | "whatis" | "info" => begins(&["-P", "--p", "-H", "--h", "-C", "--c"]),
        "less" | "more" => {
            args.iter().any(|arg| arg.starts_with('+') || arg.contains('!') || arg.starts_with("--lesskey"))
        }
        "split" => begins(&["--f"]),
        "apt" | "apt-get" | "dpkg" | "yum" | "dnf" => begins(&["-o", "--o", "--pre", "--post", "--st", "-c", "--set"]),
        "npm" => args.iter().any(|arg| matches!(*arg, "exec" | "x" | "explore" | "--" | "-c") || arg.starts_with("--")),
        "pip" => begins(&["--"]),
        "curl" | "wget" => begins(&["--use-askpass"]),
        _ => false,
    }
}

/// Tells whether a command reads a program from the file that is its operand: all words count, or only the first.
pub(crate) fn program_file(name: &str) -> Option<bool> {
    let name = base(name);
    if is_shell(name) || matches!(name, "source" | ".") { Some(true) } else { is_language(name).then_some(false) }
}

/// Gives the texts inside a word that something may run: behind `=`, `!` or `::`, and behind a flag's letters.
pub(crate) fn embedded(word: &str) -> impl Iterator<Item = &str> {
    let first = word.split_once(['=', '!']).map(|(_, text)| text);
    let last = word.rsplit_once(['=', '!']).map(|(_, text)| text).filter(|text| Some(*text) != first);
    let remote = word.split_once("::").map(|(_, text)| text);
    // `-S'rm -rf x'`, `1erm -rf x`: the name stands behind other letters.
    let token = word.find([' ', '\t', '\n']).and_then(|at| word.get(..at)).unwrap_or_default();
    // A known name is what it says: `cat` is no flag `c` before `at`.
    let whole = token.bytes().all(|b| b.is_ascii_alphabetic()) && (table::knows(token) || is_carrier(token));
    let glued = (1..if whole { 0 } else { token.len().min(GLUED_MAX) })
        .filter_map(|back| token.get(back..))
        .position(|name| destroy::is_notable(name) || is_carrier(name))
        .and_then(|at| word.get(at + 1..));
    [first, last, remote, glued].into_iter().flatten().filter(|text| !text.trim().is_empty())
}

/// Letters before a name in the same word.
const GLUED_MAX: usize = 12;

/// Joins what ssh sends to the other side's shell, if there is anything; options may hold commands too.
fn ssh(args: &[&str], add: &mut impl FnMut(String, bool)) -> bool {
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.strip_prefix('-') {
            Some(flag) => {
                let valued = flag.chars().last().is_some_and(|c| "BbcDEeFIiJLlmOopQRSWw".contains(c));
                let value = if valued { rest.next().copied().unwrap_or_default() } else { flag };
                if let Some((_, command)) = value.split_once('=') {
                    add(command.to_owned(), false);
                }
            }
            None => break,
        }
    }
    let text: Vec<&str> = rest.copied().collect();
    let commands = !text.is_empty() || args.contains(&"-N");
    add(text.join(" "), true);
    // Should a flag have been misread, the host's place is one off: the whole is looked at too.
    if args.first().is_some_and(|arg| arg.starts_with('-')) {
        add(args.join(" "), false);
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::carried;

    fn scripts(line: &[&str]) -> Vec<String> {
        carried(line).scripts.into_iter().filter(|s| s.certain).map(|s| s.text).collect()
    }

    #[test]
    fn shells_and_remote_shells_hand_over_their_text() {
        assert_eq!(scripts(&["bash", "-ec", "ls"]), ["ls"]);
        assert_eq!(scripts(&["/bin/sh", "-c", "-e", "ls"]), ["ls"]);
        assert_eq!(scripts(&["eval", "rm", "-rf"]), ["rm -rf"]);
        assert_eq!(scripts(&["ssh", "-p", "22", "-v", "h", "ls", "/"]), ["ls /"]);
    }

    #[test]
    fn an_interpreter_without_a_program_reads_its_input() {
        assert!(carried(&["sh"]).open);
        assert!(carried(&["bash", "-s", "x"]).open);
        assert!(carried(&["python3", "-"]).open);
        assert!(!carried(&["python3", "-m", "json.tool"]).open);
        assert!(!carried(&["sh", "x.sh"]).open);
        assert!(carried(&["base64", "--decode"]).fetches);
        assert!(!carried(&["base64"]).fetches);
    }
}
