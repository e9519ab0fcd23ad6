//! Short flags of well-known programs: `mysql -psecret`, `sshpass -p secret`, `curl -u ada:secret`.
//!
//! Owns: which programs take a secret behind which flag. Must not know: long flags, which are names (`keyed`).

use crate::kind::Kind;
use crate::scan::Scanner;
use crate::text::{PairSet, Text};

/// How far before the flag its program may stand.
const COMMAND_MAX_BYTES: usize = 160;

/// A program whose short flags are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The clients of MySQL and MariaDB: `-pPASSWORD`.
    Database,
    /// `sshpass`: `-p PASSWORD` and `-pPASSWORD`.
    SshPass,
    /// `docker login` and its kind: `-p PASSWORD`.
    Registry,
    /// `curl` and its kind: `-u USER:PASSWORD`.
    Http,
}

/// The first two bytes of every program.
pub(crate) static BEGINNINGS: PairSet = PairSet::empty()
    .with(b'm', b'y')
    .with(b'm', b'a')
    .with(b's', b's')
    .with(b'd', b'o')
    .with(b'p', b'o')
    .with(b'c', b'u')
    .with(b'w', b'g')
    .with(b'h', b't');

/// Notes a program, so that a flag behind it need not search for one.
pub(crate) fn on_program(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let program = match text.slice(start, end) {
        word if word.starts_with(b"mysql") || word.starts_with(b"mariadb") => Program::Database,
        b"sshpass" => Program::SshPass,
        b"docker" | b"podman" if text.starts_with(end, b" login") => Program::Registry,
        b"curl" | b"wget" | b"http" | b"https" => Program::Http,
        _ => return,
    };
    scanner.last_program = Some((program, start));
}

/// The program before a flag, in the same line and in reach.
fn program_before(scanner: &Scanner<'_>, at: usize) -> Option<Program> {
    let (program, start) = scanner.last_program?;
    let line = scanner.text.run_back(at, COMMAND_MAX_BYTES, |byte| byte != b'\n');
    (start >= line).then_some(program)
}

/// Judges a word that begins with `p` or `u` behind a hyphen.
pub(crate) fn on_flag(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let long = text.before(start, 2) == b'-';
    let blank_before = if long { text.before(start, 3) } else { text.before(start, 2) };
    if blank_before != b' ' {
        return;
    }
    let Some(program) = program_before(scanner, start) else { return };
    let word = text.slice(start, end);
    let next = text.at(end);
    let alone = word == b"p" && next <= b' ';
    match program {
        Program::Database if !long && text.at(start) == b'p' && !alone && !matches!(word, b"port" | b"protocol") => {
            report_value(scanner, start + 1, Kind::Password);
        }
        Program::SshPass if !long && text.at(start) == b'p' => {
            report_value(scanner, if alone { end + 1 } else { start + 1 }, Kind::Password);
        }
        Program::Registry if !long && alone => report_value(scanner, end + 1, Kind::Password),
        Program::Http if matches!(next, b' ' | b'=') && ((!long && word == b"u") || (long && word == b"user")) => {
            let value = end + 1;
            if text.slice(value, value_end(text, value)).contains(&b':') {
                report_value(scanner, value, Kind::BasicAuth);
            }
        }
        _ => {}
    }
}

fn value_end(text: Text<'_>, start: usize) -> usize {
    let quote = text.at(start);
    if matches!(quote, b'"' | b'\'') {
        return text.run(start + 1, usize::MAX, |byte| byte != quote && byte >= b' ');
    }
    text.run(start, usize::MAX, |byte| byte > b' ' && !matches!(byte, b'"' | b'\''))
}

fn report_value(scanner: &mut Scanner<'_>, start: usize, kind: Kind) {
    let text = scanner.text;
    let end = value_end(text, start);
    let start = if matches!(text.at(start), b'"' | b'\'') { start + 1 } else { start };
    if !matches!(text.at(start), b'-' | b'$' | b'<') {
        scanner.report(start, end, kind, 0.85);
    }
}
