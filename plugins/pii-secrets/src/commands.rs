//! Secrets that are arguments of well-known programs: `mysql -psecret`, `sshpass -p secret`, `curl -u ada:secret`.
//!
//! Owns: the table of programs, flags and positions. Must not know: long flags that are names (`--password`): those
//! are `pii-base`'s. Invariant: reads at most `COMMAND_MAX_BYTES` behind a program, and never past the next one.

use pii_scan::text::{Text, is_word};
use pii_scan::value::stands_for_value;

use crate::kind::Kind;
use crate::scan::Scanner;

/// How far behind a program its arguments are read.
const COMMAND_MAX_BYTES: usize = 1024;

/// How a value follows its flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `-pSECRET`
    Attached,
    /// `-p SECRET`
    Next,
    Either,
}

/// What the value must hold to carry a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Secret,
    /// `user:secret` and the like, with this sign between.
    Pair(u8),
}

/// Where a program takes a secret.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Behind a flag, given without its hyphens.
    Flag(&'static str, Form, Holds),
    /// The argument at this position behind a word; the word may be the program itself.
    Position(&'static str, usize, Holds),
}

/// A row of the table.
pub(crate) struct Program {
    /// Its name; with a `*` behind, the beginning of its name.
    pub(crate) name: &'static str,
    /// The word that must follow, or nothing.
    after: &'static str,
    places: &'static [Place],
}

const fn row(name: &'static str, after: &'static str, places: &'static [Place]) -> Program {
    Program { name, after, places }
}

use Form::{Attached, Either, Next};
use Holds::{Pair, Secret};
use Place::{Flag, Position};

static HTTP: &[Place] = &[
    Flag("u", Either, Pair(b':')),
    Flag("user", Next, Pair(b':')),
    Flag("U", Either, Pair(b':')),
    Flag("proxy-user", Next, Pair(b':')),
    Flag("a", Next, Pair(b':')),
];
static MONGO: &[Place] = &[Flag("p", Next, Secret)];
static SAMBA: &[Place] = &[Flag("U", Either, Pair(b'%')), Flag("user", Next, Pair(b'%'))];
static ORACLE: &[Place] = &[Position("", 0, Pair(b'/')), Position("", 1, Pair(b'/'))];
static SNMP: &[Place] = &[Flag("A", Next, Secret), Flag("X", Next, Secret)];

/// The programs, sorted by name.
#[rustfmt::skip]
pub(crate) static PROGRAMS: &[Program] = &[
    row("7z*", "", &[Flag("p", Attached, Secret)]),
    row("az", "login", &[Flag("p", Next, Secret)]),
    row("bcp", "", &[Flag("P", Either, Secret)]),
    row("buildah", "login", &[Flag("p", Next, Secret)]),
    row("cqlsh", "", &[Flag("p", Next, Secret)]),
    row("crackmapexec", "", &[Flag("p", Next, Secret)]),
    row("curl", "", HTTP),
    row("docker", "login", &[Flag("p", Next, Secret)]),
    row("evil", "", &[Flag("p", Next, Secret)]),
    row("exp", "", ORACLE),
    row("expdp", "", ORACLE),
    row("helm", "registry", &[Flag("p", Next, Secret)]),
    row("htpasswd", "", &[Position("", 3, Secret)]),
    row("http", "", HTTP),
    row("https", "", HTTP),
    row("imp", "", ORACLE),
    row("impdp", "", ORACLE),
    row("ipmitool", "", &[Flag("P", Next, Secret)]),
    row("keytool", "", &[Flag("storepass", Next, Secret), Flag("keypass", Next, Secret), Flag("deststorepass", Next, Secret), Flag("srcstorepass", Next, Secret)]),
    row("ldap*", "", &[Flag("w", Either, Secret)]),
    row("lftp", "", &[Flag("u", Next, Pair(b','))]),
    row("mariadb*", "", &[Flag("p", Attached, Secret)]),
    row("masterauth", "", &[Position("", 0, Secret)]),
    row("mongo*", "", MONGO),
    row("mosquitto_*", "", &[Flag("P", Next, Secret)]),
    row("mysql*", "", &[Flag("p", Attached, Secret)]),
    row("nerdctl", "login", &[Flag("p", Next, Secret)]),
    row("nmcli", "", &[Position("password", 0, Secret)]),
    row("oc", "login", &[Flag("p", Next, Secret)]),
    row("openssl", "", &[Position("pass", 0, Secret)]),
    row("podman", "login", &[Flag("p", Next, Secret)]),
    row("psexec", "", &[Flag("p", Next, Secret)]),
    row("rabbitmqctl", "", &[Position("add_user", 1, Secret), Position("change_password", 1, Secret)]),
    row("rar", "", &[Flag("hp", Attached, Secret), Flag("p", Attached, Secret)]),
    row("rdesktop", "", &[Flag("p", Next, Secret)]),
    row("redis", "", &[Flag("a", Next, Secret)]),
    row("requirepass", "", &[Position("", 0, Secret)]),
    row("rpcclient", "", SAMBA),
    row("skopeo", "", &[Flag("creds", Next, Pair(b':')), Flag("src-creds", Next, Pair(b':')), Flag("dest-creds", Next, Pair(b':')), Flag("p", Next, Secret)]),
    row("smbclient", "", SAMBA),
    row("snmp*", "", SNMP),
    row("sqlcmd", "", &[Flag("P", Either, Secret)]),
    row("sqlplus", "", ORACLE),
    row("sshpass", "", &[Flag("p", Either, Secret)]),
    row("twine", "", &[Flag("p", Next, Secret)]),
    row("unzip", "", &[Flag("P", Next, Secret)]),
    row("useradd", "", &[Flag("p", Next, Secret)]),
    row("usermod", "", &[Flag("p", Next, Secret)]),
    row("vault", "", &[Position("login", 0, Secret)]),
    row("wget", "", HTTP),
    row("wpa_passphrase", "", &[Position("", 1, Secret)]),
    row("xfreerdp", "", &[Position("p", 0, Secret)]),
    row("zip", "", &[Flag("P", Next, Secret)]),
];

/// The beginning of a program's name.
pub(crate) const fn head_of(program: &Program) -> &[u8] {
    let name = program.name.as_bytes();
    match name.split_last() {
        Some((b'*', beginning)) => beginning,
        _ => name,
    }
}

/// Where in the table the names with a first byte begin, and how many there are.
#[allow(clippy::cast_possible_truncation, reason = "the assertion checks it")]
static BY_FIRST: [(u8, u8); 128] = {
    assert!(PROGRAMS.len() < 256);
    let mut ranges = [(0, 0); 128];
    let mut index = PROGRAMS.len();
    while index > 0 {
        index -= 1;
        let first = PROGRAMS[index].name.as_bytes()[0] as usize;
        ranges[first] = (index as u8, ranges[first].1 + 1);
    }
    ranges
};

/// The program that a word is: its name, an end of the word, and the word that it wants.
fn program_at(text: Text<'_>, start: usize, end: usize) -> Option<&'static Program> {
    let word = text.slice(start, end);
    // `http://` is no program, `curl.exe` and `redis-cli` are.
    let ended = match text.at(end) {
        b' ' | b'"' | b'\'' | b'\t' => true,
        b'.' => text.starts_with(end, b".exe"),
        b'-' => text.starts_with(end, b"-cli") || text.starts_with(end, b"-winrm"),
        _ => false,
    };
    if !ended {
        return None;
    }
    let (from, count) = *BY_FIRST.get(usize::from(text.at(start)))?;
    let second = text.at(start + 1);
    PROGRAMS.iter().skip(usize::from(from)).take(usize::from(count)).find(|program| {
        // Most words are none of the table, which the second letter tells.
        if program.name.as_bytes().get(1).is_some_and(|byte| *byte != second && *byte != b'*') {
            return false;
        }
        let named = match program.name.strip_suffix('*') {
            Some(beginning) => word.starts_with(beginning.as_bytes()),
            None => word == program.name.as_bytes(),
        };
        named && (program.after.is_empty() || text.starts_with(end + 1, program.after.as_bytes()))
    })
}

/// Judges a word that may be a program: reads its line up to the next program.
pub(crate) fn on_program(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let Some(program) = program_at(text, start, end) else { return };
    let limit = (end + COMMAND_MAX_BYTES).min(text.len());
    try_positions(scanner, program, "", end);
    let mut at = end;
    while at < limit {
        let word_end = text.run(at, limit - at, is_word);
        if word_end == at {
            if text.at(at) == b'\n' {
                return;
            }
            // The command ends here, and what follows has flags of its own.
            if matches!(text.at(at), b'|' | b';') && text.at(at + 1) == b' ' {
                return;
            }
            at += 1;
            continue;
        }
        if program_at(text, at, word_end).is_some() {
            return;
        }
        if text.before(at, 1) == b'-' {
            on_flag(scanner, program, at);
        } else if let Ok(word) = core::str::from_utf8(text.slice(at, word_end)) {
            try_positions(scanner, program, word, word_end);
        }
        at = word_end;
    }
}

/// Judges a flag, at its first letter.
fn on_flag(scanner: &mut Scanner<'_>, program: &Program, start: usize) {
    let text = scanner.text;
    let long = text.before(start, 2) == b'-';
    let before = if long { text.before(start, 3) } else { text.before(start, 2) };
    if !matches!(before, b' ' | b'\t' | b'"' | b'\'') {
        return;
    }
    for place in program.places {
        let Flag(name, form, holds) = *place else { continue };
        // `-creds` and `--creds`, `-p` and never `--p`.
        if (long && name.len() == 1) || !text.starts_with(start, name.as_bytes()) {
            continue;
        }
        let end = start + name.len();
        let apart = matches!(text.at(end), b' ' | b'=' | b'\t' | b'"' | b'\'' | b'\n' | 0);
        let attached =
            !apart && name.len() <= 2 && !text.starts_with(start, b"port") && !text.starts_with(start, b"protocol");
        match form {
            Attached if attached => report_value(scanner, end, holds),
            Next if apart => report_value(scanner, skip_gap(text, end), holds),
            Either if apart => report_value(scanner, skip_gap(text, end), holds),
            Either if attached => report_value(scanner, end, holds),
            _ => continue,
        }
        return;
    }
}

/// From the end of a flag or word to the next argument: over a blank, `=`, or the signs between items of a list.
fn skip_gap(text: Text<'_>, end: usize) -> usize {
    text.run(end, 4, |byte| matches!(byte, b' ' | b'\t' | b'=' | b'"' | b'\'' | b','))
}

/// Judges the arguments at fixed places behind a word.
fn try_positions(scanner: &mut Scanner<'_>, program: &Program, word: &str, word_end: usize) {
    let text = scanner.text;
    for place in program.places {
        let Position(wanted, index, holds) = *place else { continue };
        if wanted != word {
            continue;
        }
        let mut at = skip_gap(text, word_end + usize::from(text.at(word_end) == b':'));
        for _ in 0..index {
            at = skip_gap(text, text.run(at, COMMAND_MAX_BYTES, |byte| byte > b' '));
        }
        if at > word_end {
            report_value(scanner, at, holds);
        }
    }
}

fn value_end(text: Text<'_>, start: usize) -> usize {
    let quote = text.before(start, 1);
    if matches!(quote, b'"' | b'\'') {
        return text.run(start, usize::MAX, |byte| byte != quote && byte >= b' ');
    }
    text.run(start, usize::MAX, |byte| byte > b' ' && !matches!(byte, b'"' | b'\''))
}

fn report_value(scanner: &mut Scanner<'_>, start: usize, holds: Holds) {
    let text = scanner.text;
    let start = if matches!(text.at(start), b'"' | b'\'') { start + 1 } else { start };
    let end = value_end(text, start);
    let value = text.slice(start, end);
    let carries = match holds {
        Secret => true,
        Pair(sign) => value.iter().position(|byte| *byte == sign).is_some_and(|at| at > 0 && at + 1 < value.len()),
    };
    // A path holds a slash as well as `user/secret` does.
    let path = holds == Pair(b'/')
        && (value.starts_with(b"/")
            || !value.contains(&b'@') && value.iter().filter(|byte| **byte == b'/').count() > 1);
    if carries && !path && !matches!(text.at(start), b'-' | b'$' | b'<' | b'|' | b'>') && !stands_for_value(value) {
        let kind = if holds == Secret { Kind::Password } else { Kind::BasicAuth };
        scanner.report(start, end, kind, 0.85);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect;

    /// A command of a row with `secret` at a place.
    fn command(program: &Program, place: &Place, secret: &str) -> String {
        let name = match program.name {
            "redis" => "redis-cli".to_owned(),
            "evil" => "evil-winrm".to_owned(),
            name => name.replace('*', "x"),
        };
        let name = if program.after.is_empty() { name } else { format!("{name} {}", program.after) };
        let value = |holds: &Holds| match holds {
            Secret => secret.to_owned(),
            Pair(sign) => format!("ada{}{secret}", char::from(*sign)),
        };
        match place {
            Flag(flag, Attached, holds) => format!("{name} -{flag}{} db", value(holds)),
            Flag(flag, _, holds) if flag.len() > 1 => format!("{name} --{flag} {} db", value(holds)),
            Flag(flag, _, holds) => format!("{name} -{flag} {} db", value(holds)),
            Position(word, index, holds) => format!("{name} {word} {}{} end", "a ".repeat(*index), value(holds)),
        }
    }

    #[test]
    fn each_place_of_each_program_is_found() {
        for program in PROGRAMS {
            for place in program.places {
                let text = command(program, place, "hunter2").replace("  ", " ");
                let at = text.find("hunter2").unwrap_or_default();
                let spans = detect(&text);
                assert!(spans.iter().any(|span| span.start <= at && span.end == at + 7), "{text}: {spans:?}");
                let listed = format!("[\"{}\"]", text.replace(' ', "\",\""));
                if matches!(place, Flag(..)) && program.after.is_empty() {
                    let at = listed.find("hunter2").unwrap_or_default();
                    assert!(detect(&listed).iter().any(|span| span.start <= at && span.end == at + 7), "{listed}");
                }
            }
        }
    }

    #[test]
    fn what_only_stands_for_a_secret_or_belongs_to_another_program_is_left() {
        for program in PROGRAMS {
            for place in program.places {
                let text = command(program, place, "$PW").replace("ada", "$").replace("  ", " ");
                assert_eq!(detect(&text), [], "{text}");
            }
        }
        for text in [
            "myprog -psecret",
            "mysql -h db -P 3306",
            "docker run -p 8080:80 nginx",
            "curl -u ada https://x",
            "curl x | tool -u ada:secret",
            "tar -p mysql",
        ] {
            assert_eq!(detect(text), [], "{text}");
        }
    }

    #[test]
    fn programs_are_sorted_by_name() {
        assert!(PROGRAMS.is_sorted_by_key(|program| program.name));
    }
}
