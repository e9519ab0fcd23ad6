//! Operand checks that need more than counting: programs in an operand (sed, awk, jq), kubectl's lists, find's expression.
//!
//! Each answers whether the command then only reads; a check lists what is allowed, not what is forbidden, wherever the
//! language is small enough.

use crate::flags::Matched;
use crate::paths;

type Answer = Result<(), &'static str>;

/// find: expressions that only test and print.
pub(crate) fn find(args: &[&str]) -> Answer {
    const PLAIN: &[&str] = &[
        "-H",
        "-L",
        "-P",
        "-print",
        "-print0",
        "-ls",
        "-prune",
        "-not",
        "-a",
        "-and",
        "-o",
        "-or",
        "-empty",
        "-readable",
        "-writable",
        "-executable",
        "-nouser",
        "-nogroup",
        "-xdev",
        "-mount",
        "-depth",
        "-d",
        "-daystart",
        "-follow",
        "-true",
        "-false",
        "-quit",
        "!",
        "(",
        ")",
        ",",
        "-noleaf",
        "-ignore_readdir_race",
    ];
    const VALUED: &[&str] = &[
        "-name",
        "-iname",
        "-path",
        "-ipath",
        "-wholename",
        "-iwholename",
        "-regex",
        "-iregex",
        "-regextype",
        "-type",
        "-xtype",
        "-size",
        "-mtime",
        "-mmin",
        "-atime",
        "-amin",
        "-ctime",
        "-cmin",
        "-newer",
        "-anewer",
        "-cnewer",
        "-newermt",
        "-newerct",
        "-user",
        "-group",
        "-uid",
        "-gid",
        "-perm",
        "-maxdepth",
        "-mindepth",
        "-links",
        "-inum",
        "-samefile",
        "-fstype",
        "-lname",
        "-ilname",
        "-used",
        "-printf",
    ];
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if PLAIN.contains(arg) {
            continue;
        }
        let word = if VALUED.contains(arg) { *rest.next().ok_or("a test without its value")? } else { *arg };
        if !VALUED.contains(arg) && word.starts_with('-') {
            return Err("an expression that is not known to only read");
        }
        if paths::is_key_file(word) {
            return Err("a file that holds keys or secrets");
        }
    }
    Ok(())
}

/// sed: scripts of addresses and `p`, `d`, `q`, `=`, `n`, and substitutions that neither write nor execute.
pub(crate) fn sed(matched: &Matched<'_>) -> Answer {
    const BAD: &str = "a sed script that is not known to only read";
    let given =
        matched.flags.iter().filter(|(name, _)| matches!(*name, "e" | "expression")).filter_map(|(_, value)| *value);
    let mut scripts: Vec<&str> = given.collect();
    if scripts.is_empty() {
        scripts.push(matched.operands.first().ok_or(BAD)?);
    }
    if scripts.into_iter().all(sed_script) { Ok(()) } else { Err(BAD) }
}

fn sed_script(script: &str) -> bool {
    let mut rest = script.trim();
    while !rest.is_empty() {
        let Some(after) = sed_addresses(rest) else { return false };
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('p' | 'd' | 'q' | '=' | 'n' | 'N' | 'h' | 'H' | 'g' | 'G' | 'x' | 'D' | 'P') => chars.as_str(),
            Some('s') => match sed_substitution(chars.as_str()) {
                Some(after) => after,
                None => return false,
            },
            _ => return false,
        };
        let trimmed = rest.trim_start();
        rest = match trimmed.strip_prefix(';') {
            Some(next) => next.trim_start(),
            None if trimmed.is_empty() => trimmed,
            None => return false,
        };
    }
    true
}

/// Skips `1,20`, `$`, `/x/,/y/`, `!`.
fn sed_addresses(mut rest: &str) -> Option<&str> {
    loop {
        let first = rest.chars().next()?;
        rest = match first {
            '0'..='9' | ',' | '$' | '!' | ' ' | '+' | '~' => rest.get(1..)?,
            '/' => after_delimited(rest.get(1..)?, '/')?,
            _ => return Some(rest),
        };
    }
}

fn sed_substitution(rest: &str) -> Option<&str> {
    let delimiter = rest.chars().next().filter(|c| c.is_ascii_punctuation() && *c != '\\')?;
    let flags = after_delimited(after_delimited(rest.get(1..)?, delimiter)?, delimiter)?;
    let end = flags.find(|c: char| !matches!(c, 'g' | 'p' | 'i' | 'I' | '0'..='9')).unwrap_or(flags.len());
    flags.get(end..)
}

fn after_delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == delimiter && !escaped {
            return text.get(at + c.len_utf8()..);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// awk: programs that print; no files, pipes, commands, environment, or dynamic calls.
pub(crate) fn awk(matched: &Matched<'_>) -> Answer {
    const CALLS: &[&str] = &[
        "length", "substr", "index", "split", "sub", "gsub", "match", "tolower", "toupper", "int", "sprintf", "printf",
        "print", "if", "while", "for", "strftime", "systime", "asort", "asorti", "gensub", "log", "exp", "sqrt",
        "return",
    ];
    const BAD: &str = "an awk program that is not known to only read";
    let program = matched.operands.first().ok_or(BAD)?;
    let bytes = program.as_bytes();
    // Quotes and regular expressions are not told apart: a sign that could write counts wherever it stands.
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let fine = match byte {
            b'@' | b'`' => false,
            b'|' => next == Some(&b'|') || before == Some(&b'|'),
            // `>` writes after print; in a condition it compares. Only `>=` cannot be a redirection.
            b'>' => next == Some(&b'='),
            _ => true,
        };
        if !fine {
            return Err(BAD);
        }
    }
    let mut rest = *program;
    while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let tail = rest.get(start..).unwrap_or_default();
        let end = tail.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(tail.len());
        let (name, after) = tail.split_at(end);
        let called = after.trim_start().starts_with('(');
        if matches!(
            name,
            "getline"
                | "system"
                | "ENVIRON"
                | "PROCINFO"
                | "SYMTAB"
                | "FUNCTAB"
                | "ARGV"
                | "ARGC"
                | "close"
                | "fflush"
                | "function"
                | "func"
        ) || (called && !CALLS.contains(&name))
        {
            return Err(BAD);
        }
        rest = after;
    }
    Ok(())
}

/// jq: filters without environment, modules and files.
pub(crate) fn jq(matched: &Matched<'_>) -> Answer {
    let filter = matched.operands.first().ok_or("no filter")?;
    let words = filter.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    for word in words {
        if matches!(
            word,
            "env" | "ENV" | "import" | "include" | "input_filename" | "get_search_list" | "modulemeta" | "halt_error"
        ) {
            return Err("a jq filter that is not known to only read");
        }
    }
    Ok(())
}

/// date: only an output format.
pub(crate) fn date(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().all(|operand| operand.starts_with('+')) { Ok(()) } else { Err("sets the clock") }
}

/// ps: process numbers and BSD letters, without the ones that show the environment.
pub(crate) fn ps(matched: &Matched<'_>) -> Answer {
    let letters = |word: &str| word.bytes().all(|b| b"auxwflvmTrsjhg0123456789,".contains(&b));
    // `-auxe` is BSD letters, not the processes of user `xe`, unless there is such a user.
    let users = matched.flags.iter().filter(|(name, _)| matches!(*name, "u" | "U")).filter_map(|(_, value)| *value);
    let disguised =
        |user: &str| user.contains(['e', 'E']) && user.bytes().all(|b| b"auxwflvmTrsjhgeEHtnNSckLVXZ".contains(&b));
    if users.into_iter().any(disguised) {
        return Err("may show the environment of processes");
    }
    let columns =
        matched.flags.iter().filter(|(name, _)| matches!(*name, "o" | "O" | "format")).filter_map(|(_, value)| *value);
    if !matched.operands.iter().all(|operand| letters(operand)) || columns.into_iter().any(|c| c.contains("environ")) {
        return Err("may show the environment of processes");
    }
    Ok(())
}

/// ss: filters of states, ports and numeric addresses; a name would be looked up.
pub(crate) fn ss(matched: &Matched<'_>) -> Answer {
    const WORDS: &[&str] = &[
        "state",
        "exclude",
        "established",
        "listening",
        "listen",
        "connected",
        "synchronized",
        "bucket",
        "big",
        "all",
        "closed",
        "time-wait",
        "close-wait",
        "syn-sent",
        "syn-recv",
        "fin-wait-1",
        "fin-wait-2",
        "last-ack",
        "closing",
        "sport",
        "dport",
        "src",
        "dst",
        "and",
        "or",
        "not",
        "eq",
        "ne",
        "ge",
        "le",
        "gt",
        "lt",
        "=",
        "!=",
        "(",
        ")",
    ];
    addresses(matched, WORDS)
}

/// Operands that are known words or numeric addresses, so that no name is looked up.
fn addresses(matched: &Matched<'_>, words: &[&str]) -> Answer {
    let numeric = |word: &str| word.bytes().all(|b| b.is_ascii_digit() || b".:/*[]".contains(&b));
    if matched.operands.iter().all(|operand| words.contains(operand) || numeric(operand)) {
        return Ok(());
    }
    Err("may carry a name out")
}

/// ip: `show` of something.
pub(crate) fn ip_show(matched: &Matched<'_>) -> Answer {
    match matched.operands.first() {
        None => Ok(()),
        Some(verb) if matches!(*verb, "show" | "list" | "ls" | "lst") => {
            let rest = matched.operands.get(1..).unwrap_or_default();
            let plain = |word: &&str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-@:/".contains(&b));
            if rest.iter().all(plain) { Ok(()) } else { Err("an operand that is not known to only be read") }
        }
        Some(_) => Err("changes the network"),
    }
}

/// sysctl: reads, no assignment.
pub(crate) fn no_assignment(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().any(|operand| operand.contains('=')) { Err("sets a value") } else { Ok(()) }
}

/// getent: data bases of this host, not the ones that ask a name server or show password hashes.
pub(crate) fn getent(matched: &Matched<'_>) -> Answer {
    match matched.operands.first() {
        Some(&("passwd" | "group" | "services" | "protocols" | "rpc" | "shells")) => Ok(()),
        _ => Err("may carry a name out, or show secrets"),
    }
}

/// printf: a format whose directives the program and the shell's own command print alike.
pub(crate) fn printf(matched: &Matched<'_>) -> Answer {
    const BAD: &str = "a printf format that is not known to only print";
    let mut rest = *matched.operands.first().ok_or("no format")?;
    while let Some((_, after)) = rest.split_once('%') {
        let after = after.trim_start_matches(|c: char| matches!(c, '-' | '+' | ' ' | '#' | '.' | '0'..='9'));
        let kind = after.chars().next().ok_or(BAD)?;
        if !matches!(
            kind,
            '%' | 'b' | 's' | 'c' | 'd' | 'i' | 'o' | 'u' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G'
        ) {
            return Err(BAD);
        }
        rest = after.get(1..).unwrap_or_default();
    }
    Ok(())
}

/// pvesh: paths that list state, not the ones of accounts and tokens.
pub(crate) fn pvesh(matched: &Matched<'_>) -> Answer {
    match matched.operands.as_slice() {
        [path]
            if path.starts_with('/')
                && !["access", "config", "agent", "cloudinit", "acme", "notifications"]
                    .iter()
                    .any(|w| path.contains(w)) =>
        {
            Ok(())
        }
        _ => Err("a path that may show secrets"),
    }
}

/// kubectl: output formats that name no file.
pub(crate) fn kube_output(matched: &Matched<'_>) -> Answer {
    let fine = match matched.value(&["o", "output"]) {
        None => true,
        Some(format) => {
            // pflag takes `-o=x` as the value `x`.
            let format = format.strip_prefix('=').unwrap_or(format);
            matches!(format, "wide" | "name" | "json" | "yaml")
                || ["jsonpath=", "jsonpath-as-json=", "custom-columns=", "go-template="]
                    .iter()
                    .any(|kind| format.starts_with(kind))
        }
    };
    if fine { Ok(()) } else { Err("an output format that may read a file") }
}

/// kubectl get and describe: kinds other than secrets, alone or in a list, by name or by slash.
pub(crate) fn kube_kinds(matched: &Matched<'_>) -> Answer {
    kube_output(matched)?;
    let secret = |word: &str| word.split([',', '/', '.']).any(|kind| kind.to_ascii_lowercase().starts_with("secret"));
    if matched.operands.iter().any(|operand| secret(operand)) {
        return Err("shows secrets");
    }
    if matched.operands.is_empty() {
        return Err("no kind is named");
    }
    if matched.operands.iter().any(|operand| operand.contains("://") || operand.starts_with('/')) {
        return Err("an operand that is not known to only be read");
    }
    Ok(())
}

/// kubectl config view: without `--raw`, which the table does not know, credentials are left out.
pub(crate) fn kube_no_operand(matched: &Matched<'_>) -> Answer {
    kube_output(matched)?;
    if matched.operands.is_empty() { Ok(()) } else { Err("an operand that is not known to only be read") }
}

/// kubectl rollout status: without `--watch=false` it waits.
pub(crate) fn kube_rollout_status(matched: &Matched<'_>) -> Answer {
    if matched.value(&["watch", "w"]) == Some("false") { kube_kinds(matched) } else { Err("waits for changes") }
}

/// docker: reports that end.
pub(crate) fn docker_stats(matched: &Matched<'_>) -> Answer {
    if matched.has(&["no-stream"]) { Ok(()) } else { Err("runs until it is stopped") }
}

/// uniq: one file; a second one would be written.
pub(crate) fn uniq(matched: &Matched<'_>) -> Answer {
    if matched.operands.len() > 1 { Err("writes its second file") } else { Ok(()) }
}

/// top: one batch of output, then an end.
pub(crate) fn top(matched: &Matched<'_>) -> Answer {
    if matched.has(&["b"]) && matched.has(&["n"]) { Ok(()) } else { Err("runs until it is stopped") }
}

/// mdadm: reports.
pub(crate) fn mdadm(matched: &Matched<'_>) -> Answer {
    if matched.has(&["detail", "D", "query", "Q", "examine", "E"]) { Ok(()) } else { Err("changes an array") }
}

/// iptables: lists, with numbers only (names would be looked up).
pub(crate) fn iptables(matched: &Matched<'_>) -> Answer {
    let list = matched.has(&["L", "list"]) && matched.has(&["n", "numeric"]);
    if list || matched.has(&["S", "list-rules"]) { Ok(()) } else { Err("may change the firewall") }
}

#[cfg(test)]
mod tests {
    use super::sed_script;

    #[test]
    fn sed_scripts_that_write_or_execute_are_refused() {
        for script in ["1,20p", "$p", "/a/,/b/p", "/x/!d", "s/a/b/g", "s|a\\|b|c|p; 3q", "$="] {
            assert!(sed_script(script), "{script}");
        }
        for script in [
            "1e id",
            "w /x",
            "s/a/b/e",
            "s/a/b/w f",
            "r /etc/shadow",
            "e",
            "s/a",
            "p w",
            "1{p}",
            "a x",
            "R f",
            "\\,x,p",
        ] {
            assert!(!sed_script(script), "{script}");
        }
    }
}
