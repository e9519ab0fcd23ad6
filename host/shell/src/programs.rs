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

/// Skips to behind the delimiter. Whether one within brackets ends the text differs among seds: such a text is refused.
fn after_delimited(text: &str, delimiter: char) -> Option<&str> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == delimiter && !escaped {
            let within = text.get(..at).unwrap_or_default();
            if within.matches('[').count() > within.matches(']').count() {
                return None;
            }
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
    // gawk opens a connection for a file of this name.
    if matched.operands.iter().skip(1).any(|operand| operand.contains("/inet")) {
        return Err("may carry data out");
    }
    let bytes = program.as_bytes();
    // Quotes and regular expressions are not told apart: a sign that could write counts wherever it stands.
    for (at, byte) in bytes.iter().enumerate() {
        let next = bytes.get(at + 1);
        let before = at.checked_sub(1).and_then(|i| bytes.get(i));
        let fine = match byte {
            b'@' | b'`' => false,
            b'|' => next == Some(&b'|') || before == Some(&b'|'),
            // `>` writes after print; in a condition it compares.
            b'>' => next == Some(&b'=') || compares(bytes.get(..at).unwrap_or_default()),
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

/// Tells whether a `>` after this text can only compare: no print can have begun, or an open `if (` holds it.
fn compares(before: &[u8]) -> bool {
    let plain = |text: &[u8]| !text.iter().any(|b| matches!(b, b'{' | b'}' | b'"' | b'/' | b';' | b'#' | b'\n'));
    let condition = before.windows(3).rposition(|window| window == b"if(").map(|at| at + 3);
    let condition = condition.max(before.windows(4).rposition(|window| window == b"if (").map(|at| at + 4));
    // Strings and expressions before the condition would make it doubtful what `if (` is.
    let tail = condition.and_then(|at| Some((before.get(..at)?, before.get(at..)?)));
    let held = tail.is_some_and(|(head, tail)| {
        plain(tail) && !tail.contains(&b')') && !head.iter().any(|b| matches!(b, b'"' | b'/' | b'#'))
    });
    plain(before) || held
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
    if !matched.operands.iter().all(|operand| letters(operand))
        || columns.into_iter().any(|c| c.to_ascii_lowercase().contains("environ"))
    {
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
        Some(verb) if matches!(*verb, "show" | "list" | "ls" | "lst" | "sh" | "sho" | "get") => {
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
    // `pods,secrets x`, `pod/a secret/b`: a kind is what stands before a slash, and the first operand without one.
    let secret = |kind: &str| kind.split(['.', ',']).any(|kind| kind.to_ascii_lowercase().starts_with("secret"));
    for (at, operand) in matched.operands.iter().enumerate() {
        let kinds = operand.split(',').filter_map(|item| item.split_once('/').map(|(kind, _)| kind));
        if kinds.chain((at == 0 || operand.contains(',')).then_some(*operand)).any(secret) {
            return Err("shows secrets");
        }
    }
    if matched.has(&["h", "help"]) {
        return Ok(());
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

/// vmstat and its kin: without numbers, or with an interval and a count.
pub(crate) fn interval(matched: &Matched<'_>) -> Answer {
    let number = |word: &&&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    match matched.operands.iter().filter(number).count() {
        1 => Err("runs until it is stopped"),
        _ => Ok(()),
    }
}

/// swapon and its kin: with a flag, and nothing else.
pub(crate) fn flagged_only(matched: &Matched<'_>) -> Answer {
    if matched.operands.is_empty() && !matched.flags.is_empty() { Ok(()) } else { Err("not known to only read") }
}

/// dpkg and its kin: one of the flags that ask for a report.
pub(crate) fn flagged(matched: &Matched<'_>) -> Answer {
    if matched.flags.is_empty() { Err("not known to only read") } else { Ok(()) }
}

/// rpm: queries.
pub(crate) fn rpm(matched: &Matched<'_>) -> Answer {
    let address = matched.operands.iter().any(|operand| operand.contains("://"));
    let query = matched.has(&["q", "query"]) && !address;
    if query { Ok(()) } else { Err("not known to only read") }
}

/// update-alternatives: reports.
pub(crate) fn alternatives(matched: &Matched<'_>) -> Answer {
    let report = matched.has(&["list", "display", "query"]) && matched.operands.len() == 1;
    if report { Ok(()) } else { Err("not known to only read") }
}

/// multipath: the list of paths.
pub(crate) fn multipath(matched: &Matched<'_>) -> Answer {
    if matched.has(&["l"]) && matched.operands.is_empty() { Ok(()) } else { Err("changes storage") }
}

/// conntrack: the list of connections.
pub(crate) fn conntrack(matched: &Matched<'_>) -> Answer {
    if matched.has(&["L", "dump"]) { Ok(()) } else { Err("changes connections") }
}

/// lsof: files, processes and ports; a host name would be looked up.
pub(crate) fn lsof(matched: &Matched<'_>) -> Answer {
    let named = |word: &str| {
        word.split_once('@').is_some_and(|(_, host)| !host.bytes().all(|b| b.is_ascii_digit() || b".:[]".contains(&b)))
    };
    // `+r` repeats, `+m` takes a file.
    if matched.operands.iter().any(|operand| operand.starts_with('+')) {
        return Err("a flag that is not known to only read");
    }
    let values = matched.flags.iter().filter_map(|(_, value)| *value);
    if values.chain(matched.operands.iter().copied()).any(named) { Err("carries a name out") } else { Ok(()) }
}

/// journalctl: matches such as `_PID=1`; a path would be another program's or device's entries, read all the same.
pub(crate) fn journal(matched: &Matched<'_>) -> Answer {
    let field = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
    };
    let boot = |word: &&str| matched.has(&["b", "boot"]) && word.bytes().all(|b| b.is_ascii_hexdigit());
    if matched.operands.iter().all(|word| *word == "+" || field(word) || boot(word)) {
        Ok(())
    } else {
        Err("an operand that is not known to only be read")
    }
}

/// systemctl show: named properties, without those that hold the environment.
pub(crate) fn systemctl_show(matched: &Matched<'_>) -> Answer {
    let mut named = matched.flags.iter().filter(|(name, _)| matches!(*name, "p" | "property")).peekable();
    let plain = |(_, value): &(&str, Option<&str>)| {
        value.is_some_and(|list| {
            list.split(',').all(|name| {
                !name.is_empty() && !name.contains("Environment") && name.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        })
    };
    if named.peek().is_some() && named.all(plain) {
        Ok(())
    } else {
        Err("shows the environment of services, where secrets are kept")
    }
}

/// kubectl config get-…: names of contexts.
pub(crate) fn kube_contexts(matched: &Matched<'_>) -> Answer {
    kube_output(matched)
}

const GIT_RUNS: &str = "may run programs that the repository's settings name";

/// git log: history; contents only without the converters that the repository names, and no signatures (`%G`).
pub(crate) fn git_log(matched: &Matched<'_>) -> Answer {
    git_formats(matched)?;
    let contents = matched.has(&["p", "u", "patch"]);
    if contents && !matched.has(&["no-textconv"]) { Err(GIT_RUNS) } else { Ok(()) }
}

/// git show: contents without the converters that the repository names, or none.
pub(crate) fn git_show(matched: &Matched<'_>) -> Answer {
    git_formats(matched)?;
    let none = matched.has(&["s", "no-patch", "stat", "shortstat", "numstat", "name-only", "name-status"]);
    let asked = matched.has(&["p", "patch"]);
    // `show HEAD:file` converts too, whatever is said of patches.
    let blob = matched.operands.iter().any(|operand| operand.contains(':'));
    let plain = matched.has(&["no-textconv"]) || (none && !asked && !blob);
    if plain { Ok(()) } else { Err(GIT_RUNS) }
}

fn git_formats(matched: &Matched<'_>) -> Answer {
    let signs =
        |value: &str| value.contains("%G") || value.contains("%+G") || value.contains("%-G") || value.contains("% G");
    if matched.flags.iter().filter_map(|(_, value)| *value).any(signs) {
        return Err("runs the program that checks signatures");
    }
    Ok(())
}

/// git shortlog: of named history; alone it reads its input.
pub(crate) fn git_shortlog(matched: &Matched<'_>) -> Answer {
    if matched.operands.iter().all(|operand| !operand.contains(':')) { Ok(()) } else { Err(GIT_RUNS) }
}

/// openssl: what a certificate, request or revocation list says. Its flags have one dash.
pub(crate) fn openssl(args: &[&str]) -> Answer {
    const BAD: &str = "an openssl command that is not known to only read";
    const PLAIN: &[&str] = &[
        "-noout",
        "-text",
        "-subject",
        "-issuer",
        "-dates",
        "-startdate",
        "-enddate",
        "-serial",
        "-fingerprint",
        "-sha1",
        "-sha256",
        "-sha512",
        "-purpose",
        "-email",
        "-ocsp_uri",
        "-hash",
        "-issuer_hash",
        "-subject_hash",
        "-modulus",
        "-pubkey",
        "-alias",
        "-lastupdate",
        "-nextupdate",
        "-crlnumber",
        "-verify",
    ];
    let Some((command, rest)) = args.split_first() else { return Err(BAD) };
    match *command {
        "version" => {
            return if rest.iter().all(|arg| matches!(*arg, "-a" | "-v" | "-b" | "-d" | "-o" | "-p")) {
                Ok(())
            } else {
                Err(BAD)
            };
        }
        "x509" | "req" | "crl" => {}
        "s_client" | "ocsp" => return Err("carries a name or data out"),
        _ => return Err(BAD),
    }
    let (mut rest, mut quiet) = (rest.iter(), false);
    while let Some(arg) = rest.next() {
        quiet |= *arg == "-noout";
        match *arg {
            "-in" => {
                let path = rest.next().ok_or(BAD)?;
                // Of a certificate nothing is secret; a file that also holds the key is only read for it.
                let certificate =
                    [".pem", ".crt", ".cer", ".der", ".csr", ".crl"].iter().any(|end| path.ends_with(end));
                if path.contains(':') || paths::is_device(path) || (paths::is_key_file(path) && !certificate) {
                    return Err("a file that holds keys or secrets");
                }
            }
            "-inform" | "-checkend" | "-nameopt" | "-certopt" | "-ext" | "-checkhost" | "-checkip" => {
                rest.next().ok_or(BAD)?;
            }
            flag if PLAIN.contains(&flag) => {}
            _ => return Err(BAD),
        }
    }
    if quiet { Ok(()) } else { Err(BAD) }
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
