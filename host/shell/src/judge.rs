//! Judges one cooked argument list: destroyer, reader by its table, or something to ask about.
//!
//! Must not know the grammar. A command that is not a known reader may be a wrapper, so every later place in its
//! arguments is judged as the start of a command as well; places are bounded, and each is judged flat.

use crate::carry::{self, Carried, Script};
use crate::feeds::Reader;
use crate::limits::{CARRIED_MAX, VISITS_MAX};
use crate::tier::Tier;
use crate::{destroy, destroy_disks, destroy_kube, destroy_trees, feeds, table, text};

/// What is known of one argument list.
pub(crate) struct Judged {
    pub(crate) tier: Tier,
    pub(crate) reason: &'static str,
    pub(crate) scripts: Vec<Script>,
    pub(crate) interpreter: bool,
    pub(crate) open: bool,
    pub(crate) fetches: bool,
    /// Arguments are code of a language other than the shell's.
    pub(crate) code: bool,
    /// What judges the text that it reads, if it acts upon it.
    pub(crate) reads: Option<Reader>,
}

impl Judged {
    /// Takes in what is known of another reading of the same command.
    pub(crate) fn join(&mut self, other: Self) {
        if other.tier > self.tier {
            (self.tier, self.reason) = (other.tier, other.reason);
        }
        self.scripts.extend(other.scripts);
        self.interpreter |= other.interpreter;
        self.open |= other.open;
        self.fetches |= other.fetches;
        self.code |= other.code;
        self.reads = self.reads.or(other.reads);
    }
}

/// Judges an argument list, command name first; `fixed` tells whether every word is static.
pub(crate) fn judge(args: &[&str], fixed: bool) -> Judged {
    let name = args.first().copied().unwrap_or_default();
    let rest = args.get(1..).unwrap_or_default();
    let mut judged = Judged {
        tier: Tier::Two,
        reason: "a command that is not known to only read",
        scripts: Vec::new(),
        interpreter: false,
        open: false,
        fetches: false,
        code: false,
        reads: None,
    };
    let mut held = None;
    look(args, args, &mut held, &mut judged);
    if let Some(reason) = destroy_disks::unknown_on_disk(args) {
        judged.tier = Tier::Three;
        judged.reason = reason;
    }
    // `start-stop-daemon -x /bin/rm -- -rf x`: what stands behind the dashes are the flags of the other command.
    if destroy::base(name) == "start-stop-daemon" {
        let plain: Vec<&str> = rest.iter().filter(|arg| **arg != "--").copied().collect();
        if let Some(reason) = (0..plain.len().min(CARRIED_MAX)).find_map(|at| destroy::judge(plain.get(at..)?)) {
            judged.tier = Tier::Three;
            judged.reason = reason;
        }
    }
    if judged.tier == Tier::Three {
        return judged;
    }
    if table::knows(name) {
        match table::check_reads(name, rest) {
            Ok(()) if fixed => {
                judged.tier = Tier::One;
                judged.reason = "only reads";
            }
            Ok(()) => judged.reason = "its words are not fixed",
            Err(reason) => judged.reason = reason,
        }
    } else if table::asks_version(args) && fixed {
        judged.tier = Tier::One;
        judged.reason = "only tells its version";
        // What it would run otherwise is not there.
        judged.scripts.clear();
        (judged.interpreter, judged.open) = (false, false);
    } else if let Some(reason) = table::asks(name) {
        judged.reason = reason;
    }
    if judged.tier > Tier::One && destroy::base(name) == "sed" {
        let commands = sed_commands(rest);
        // `sed e` and `s/x/y/e` run what they read.
        judged.open |= !commands.is_empty() || rest.iter().any(|arg| runs_input(arg)) || carry::program_is_input(rest);
        judged.scripts.extend(commands);
    }
    if judged.tier > Tier::One && carries(name, rest) {
        look_further(name, rest, args, &mut held, &mut judged);
    }
    // `'{"path":"rm","arg":["-rf","/"]}'`: a command as a list of strings.
    if judged.tier == Tier::Two
        && let Some(reason) = rest.iter().filter(|arg| arg.contains("[\"")).find_map(|arg| text::destroys(arg))
    {
        judged.tier = Tier::Three;
        judged.reason = reason;
    }
    // `ssh host a \; b` and `find … -exec a \; …`: behind an escaped separator another command may start.
    let separators = args.iter().enumerate().filter(|(_, arg)| arg.ends_with([';', '&', '|']));
    let mut visits = 0;
    for (at, _) in separators.take(CARRIED_MAX) {
        let tail = args.get(at + 1..).unwrap_or_default();
        visits += tail.len();
        if visits > VISITS_MAX {
            judged.tier = Tier::Three;
            judged.reason = "names commands more often than can be judged";
            break;
        }
        if tail.first().is_some_and(|word| destroy::is_notable(word))
            && let Some(reason) = destroy::judge(tail)
        {
            judged.tier = Tier::Three;
            judged.reason = reason;
        }
    }
    judged
}

/// Tells whether something in the arguments may be run.
fn carries(name: &str, rest: &[&str]) -> bool {
    match destroy::base(name) {
        "find" => true,
        "kubectl" | "oc" | "docker" | "podman" | "nerdctl" | "crictl" | "docker-compose" | "ip" | "machinectl"
        | "snap" | "minikube" | "kind" | "virsh" | "coredumpctl" => rest.iter().any(|arg| {
            matches!(
                *arg,
                "exec"
                    | "run"
                    | "debug"
                    | "attach"
                    | "create"
                    | "--"
                    | "netns"
                    | "shell"
                    | "ssh"
                    | "qemu-agent-command"
                    | "gdb"
                    | "vrf"
            )
        }),
        "numactl" | "pidstat" | "etcdctl" | "rpm" | "helm" | "sar" => true,
        "git" => rest.iter().any(|arg| {
            matches!(
                *arg,
                "-c" | "-x"
                    | "-u"
                    | "run"
                    | "foreach"
                    | "filter-branch"
                    | "difftool"
                    | "mergetool"
                    | "config"
                    | "clone"
                    | "fetch"
                    | "pull"
                    | "ls-remote"
                    | "archive"
                    | "submodule"
                    | "rebase"
                    | "send-email"
                    | "remote"
                    | "for-each-repo"
                    | "daemon"
                    | "grep"
            ) || arg.starts_with("--config")
                || arg.starts_with("--exec")
                || arg.starts_with("--upload-pa")
                || arg.starts_with("--receive-pa")
        }),
        "qm" | "pct" => rest.iter().any(|arg| matches!(*arg, "exec" | "guest" | "enter" | "monitor")),
        other => carry::runs_by_flag(other, rest) || (!table::knows(other) && !table::carries_nothing(other)),
    }
}

/// Gives the commands that a sed script may run: what follows `e`, and the replacement of `s/…/…/e`.
fn sed_commands(rest: &[&str]) -> Vec<Script> {
    let mut found = Vec::new();
    for arg in rest {
        for (at, _) in arg.match_indices("e ").take(CARRIED_MAX) {
            let before = arg.get(..at).and_then(|text| text.chars().last());
            if before.is_none_or(|c| !c.is_ascii_alphabetic()) {
                found.push(Script { text: arg.get(at + 2..).unwrap_or_default().to_owned(), certain: false });
            }
        }
        // Whatever stands behind an `s` may part a substitution; the flags are the last of its pieces.
        let mut parting: u128 = 0;
        for pair in arg.as_bytes().windows(2) {
            if let [b's', sign] = pair
                && sign.is_ascii_punctuation()
                && *sign != b'\\'
            {
                parting |= 1 << sign;
            }
        }
        let parts = |c: char| c.is_ascii() && parting & (1_u128 << u32::from(c)) != 0;
        if arg.split(parts).skip(1).any(|piece| {
            let flags = piece.split([';', '}', '\n', ' ']).next().unwrap_or_default();
            flags.len() <= 8 && flags.contains('e') && flags.bytes().all(|b| b"gpiImMew0123456789".contains(&b))
        }) {
            found.push(Script { text: arg.replace(parts, " "), certain: false });
        }
        for command in arg.split([';', '{', '}', '\n']).take(CARRIED_MAX) {
            found.extend(carry::embedded(command).map(|text| Script { text: text.to_owned(), certain: false }));
        }
    }
    found
}

/// Tells whether a sed script is nothing but the command that runs what is read.
fn runs_input(script: &str) -> bool {
    script.strip_suffix('e').is_some_and(|address| address.bytes().all(|b| b.is_ascii_digit() || b"$,~".contains(&b)))
}

fn look_further(name: &str, rest: &[&str], all: &[&str], held: &mut Option<bool>, judged: &mut Judged) {
    let (mut places, mut visits) = (0, 0);
    for (at, word) in rest.iter().enumerate() {
        let notable = destroy::is_notable(word) || carry::is_carrier(word);
        // `tool "rm -rf x"`, `tool --run='rm -rf x'`: a text that could be a script.
        if word.contains([' ', ';', '|', '\t', '\n', '$', '`']) {
            judged.scripts.push(Script { text: (*word).to_owned(), certain: false });
            let inside = carry::embedded(word).map(|text| Script { text: text.to_owned(), certain: false });
            judged.scripts.extend(inside);
        }
        // `sudo X=rm …`: from a variable it may become a command.
        if word.split_once('=').is_some_and(|(variable, value)| is_variable(variable) && text::holds_word(value)) {
            judged.tier = Tier::Three;
            judged.reason = "puts a tier-3 word into a variable";
            return;
        }
        if !notable {
            continue;
        }
        places += 1;
        visits += rest.len() - at;
        if places > CARRIED_MAX || visits > VISITS_MAX {
            judged.tier = Tier::Three;
            judged.reason = "names commands more often than can be judged";
            return;
        }
        look(rest.get(at..).unwrap_or_default(), all, held, judged);
        // What xargs and parallel hand to rm is not known; it may be a tree.
        if matches!(destroy::base(name), "xargs" | "parallel")
            && (destroy_trees::removes_one(destroy::base(word))
                || (judged.interpreter
                    && *held.get_or_insert_with(|| {
                        all.iter().any(|arg| text::holds_word(arg) || text::code_destroys(arg))
                    }))
                || destroy_kube::deletes_handed(rest))
        {
            judged.tier = Tier::Three;
            judged.reason = "removes what it is handed, unseen";
        }
        if judged.tier == Tier::Three {
            return;
        }
    }
}

fn is_variable(name: &str) -> bool {
    let name = name.trim_end_matches('+');
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'[' | b']'))
}

/// Judges one place as the start of a command. `held` remembers whether any word of `all` holds a tier-3 word.
fn look(args: &[&str], all: &[&str], held: &mut Option<bool>, judged: &mut Judged) {
    let Carried { scripts, interpreter, open, fetches, code, decoded } = carry::carried(args);
    judged.scripts.extend(scripts);
    judged.interpreter |= interpreter;
    judged.open |= open;
    judged.fetches |= fetches;
    judged.code |= code;
    judged.reads = judged.reads.or_else(|| feeds::reader(args));
    if decoded {
        judged.tier = Tier::Three;
        judged.reason = "downloaded or decoded text given to an interpreter";
    } else if let Some(reason) = destroy::judge(args) {
        judged.tier = Tier::Three;
        judged.reason = reason;
    } else if (code || runs_code(args))
        && *held.get_or_insert_with(|| all.iter().any(|arg| text::holds_word(arg) || text::code_destroys(arg)))
    {
        judged.tier = Tier::Three;
        judged.reason = "runs code that holds a tier-3 word";
    } else if code && args.iter().any(|arg| destroy_disks::names_disk(arg)) {
        judged.tier = Tier::Three;
        judged.reason = "runs code that names a disk";
    }
}

/// Tells whether a text tool is given a program that can run commands.
fn runs_code(args: &[&str]) -> bool {
    let name = args.first().map(|name| destroy::base(name)).unwrap_or_default();
    match name {
        "awk" | "gawk" | "mawk" | "nawk" => {
            args.iter().any(|arg| arg.contains("system") || arg.contains('|') || arg.contains('@'))
        }
        "vim" | "vi" | "ex" | "ed" | "emacs" | "gdb" => true,
        _ => false,
    }
}
