//! Secrets known by their name: from `DB_PASSWORD=…` to `{"api_key":"…"}` and `--token …`.
//!
//! Owns: whether the value behind a known name is a secret. Must not know: how values are written (`value`).

use crate::keys::{Key, Meaning, Strength};
use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::lines::{Below, value_below};
use pii_scan::text::{LETTER, Text, Words, class};
use pii_scan::value::{JUDGED_BYTES, PairBehind, Separator, Value, find_value, stands_for_value};

/// Judges the value behind a known name.
pub(crate) fn on_key(scanner: &mut Scanner<'_>, key: Key, name_end: usize) {
    let text = scanner.text;
    if let Meaning::Secret(kind, strength @ (Strength::Strong | Strength::Weak)) = key.meaning
        && let Some(below) = value_below(text, key.start, name_end)
    {
        on_value_below(scanner, key, kind, strength, below);
        return;
    }
    if key.meaning == Meaning::Hardware {
        crate::address::on_named_hardware(scanner, name_end);
        return;
    }
    let pair = if key.meaning == Meaning::CookieHeader { PairBehind::Value } else { PairBehind::Next };
    let Some(value) = find_value(text, &mut scanner.value_ends, key.start, name_end, pair) else {
        if let Meaning::Secret(Kind::Password, _) = key.meaning {
            password_in_prose(scanner, name_end);
        }
        return;
    };
    let bytes = text.slice(value.start, value.end);
    match key.meaning {
        Meaning::Secret(kind, strength) => {
            if is_secret(text, kind, strength, key, value, bytes) {
                let in_list = kind == Kind::Password && text.before(key.start, 1) == b';';
                let kind = if in_list { Kind::ConnectionString } else { kind };
                scanner.report(value.start, value.end, kind, 0.95);
            }
        }
        Meaning::Digits(kind) => {
            let range = if kind == Kind::CreditCard { 3..=4 } else { 4..=8 };
            if range.contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
                scanner.report(value.start, value.end, kind, 0.8);
            }
        }
        Meaning::Hardware => {}
        Meaning::Authorization => crate::headers::on_authorization(scanner, value),
        Meaning::CookieHeader => crate::headers::on_cookie(scanner, key, value),
        Meaning::Host => crate::host_name::on_named_host(scanner, name_end, value),
    }
}

/// Judges what stands in the lines below a known name.
fn on_value_below(scanner: &mut Scanner<'_>, key: Key, kind: Kind, strength: Strength, below: Below) {
    let text = scanner.text;
    let first = text.slice(below.start, below.first_end);
    let value = Value { start: below.start, end: below.first_end, separator: Separator::Colon, quoted: below.quoted };
    // A name in a sentence announces nothing by itself: the next line may be the reason or a trace of calls.
    let announced = below.block || below.name_opens_line || (random_looking(first) && first.len() >= 6);
    let secret = is_secret(text, kind, strength, key, value, first)
        || (below.block && strength == Strength::Strong && !stands_for_value(first));
    if announced && secret {
        scanner.report(below.start, below.end, kind, 0.9);
    }
}

fn is_secret(text: Text<'_>, kind: Kind, strength: Strength, key: Key, value: Value, bytes: &[u8]) -> bool {
    if stands_for_value(bytes) || is_path(kind, bytes) || is_working_folder(text, key, value, bytes) {
        return false;
    }
    let in_query = matches!(text.before(key.start, 1), b'?' | b'&') || text.before(key.start, 3) == b'%';
    let plain_word = bytes.iter().all(|byte| class(*byte) & LETTER != 0);
    match strength {
        Strength::Query => in_query && bytes.len() >= 6 && (kind != Kind::ApiKey || random_looking(bytes)),
        Strength::Strong => match value.separator {
            Separator::Equals | Separator::Tag => true,
            Separator::Colon => value.quoted || !(plain_word && is_state(bytes)),
            Separator::Blank => !matches!(bytes.first(), Some(b'[' | b'|')),
        },
        Strength::Weak if kind == Kind::Cookie => bytes.len() >= 16 && random_looking(bytes) && !is_uuid(bytes),
        Strength::Weak if kind == Kind::Password => match value.separator {
            Separator::Equals if !value.quoted => {
                bytes.len() >= 4 && !(is_number(bytes) && bytes.len() < 6) && !is_state(bytes)
            }
            Separator::Colon if !value.quoted => bytes.len() >= 6 && random_looking(bytes) && !is_number(bytes),
            _ => bytes.len() >= 4 && !is_state(bytes) && !is_number(bytes),
        },
        Strength::Weak => match value.separator {
            _ if in_query || value.separator == Separator::Blank => bytes.len() >= 4 && !is_state(bytes),
            Separator::Equals => bytes.len() >= 6 && (random_looking(bytes) || bytes.len() >= 16),
            _ => {
                bytes.len() >= 8 && random_looking(bytes) && !bytes.iter().take(JUDGED_BYTES).any(|byte| *byte == b' ')
            }
        },
    }
}

/// What stands before a password that is given, the name of the password behind it.
const PREPOSITIONS: [&[u8]; 4] = [b"with password", b"using password", b"and password", b"new password"];

fn behind_preposition(line: &[u8]) -> bool {
    let at_name = |at: &usize| line.get(*at) == Some(&b' ') && line.get(*at..*at + 9) == Some(b" password");
    let names = (0..line.len()).filter(at_name);
    names.filter_map(|at| line.get(..at + 9)).any(|given| PREPOSITIONS.iter().any(|word| given.ends_with(word)))
}

/// A password in a sentence or in SQL: `PASSWORD 'x'`, `password is x1`, `password for ada: x1`.
fn password_in_prose(scanner: &mut Scanner<'_>, name_end: usize) {
    let text = scanner.text;
    if text.at(name_end) != b' ' {
        return;
    }
    let behind = name_end + 1;
    let quote = text.at(behind);
    if matches!(quote, b'\'' | b'"') {
        let end = text.run(behind + 1, usize::MAX, |byte| byte > b' ' && byte != quote);
        let bytes = text.slice(behind + 1, end);
        if bytes.len() >= 3
            && (text.at(end) == quote || end == text.len())
            && !is_state(bytes)
            && !stands_for_value(bytes)
        {
            scanner.report(behind + 1, end, Kind::Password, 0.7);
        }
        return;
    }
    let links: [&[u8]; 4] = [b"is ", b"was ", b"is: ", b"was: "];
    let start = match links.iter().find(|link| text.starts_with(behind, link)) {
        Some(link) => behind + link.len(),
        None if text.starts_with_ignoring_case(behind, b"for ") => {
            let user = text.run(behind + 4, 64, |byte| byte > b' ' && byte != b':');
            match text.slice(user, user + 3) {
                [b':', b' ', ..] => user + 2,
                // SQL: `SET PASSWORD FOR ada = 'x'`.
                b" = " => user + 3,
                _ => return,
            }
        }
        // `with password x1y2z3`, and not `with password authentication`.
        None if behind_preposition(text.line_before(name_end, 32)) => behind,
        None => return,
    };
    let start = start + usize::from(matches!(text.at(start), b'"' | b'\''));
    let mut end = text.run(start, usize::MAX, |byte| byte > b' ' && !matches!(byte, b'"' | b'\'' | b','));
    end -= usize::from(text.before(end, 1) == b'.' && end > start);
    let bytes = text.slice(start, end);
    let mixed = bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic);
    if bytes.len() >= 6 && mixed {
        scanner.report(start, end, Kind::Password, 0.6);
    }
}

/// Words that tell the state of a secret instead of being one: `password: expired`, `token=invalid`.
fn is_state(bytes: &[u8]) -> bool {
    static STATES: Words = Words::new(&[
        b"required",
        b"invalid",
        b"expired",
        b"incorrect",
        b"wrong",
        b"missing",
        b"changed",
        b"updated",
        b"failed",
        b"failure",
        b"accepted",
        b"rejected",
        b"not",
        b"is",
        b"was",
        b"for",
        b"must",
        b"cannot",
        b"can",
        b"should",
        b"has",
        b"authentication",
        b"auth",
        b"unknown",
        b"set",
        b"unset",
        b"reset",
        b"enabled",
        b"disabled",
        b"ok",
        b"denied",
        b"error",
        b"prompt",
        b"mismatch",
        b"too",
        b"hidden",
        b"protected",
        b"encrypted",
        b"masked",
        b"removed",
        b"verified",
        b"valid",
        b"generated",
        b"created",
        b"found",
        b"loaded",
        b"string",
        b"the",
        b"and",
        b"or",
        b"rotated",
        b"revoked",
        b"refreshed",
        b"retrieved",
        b"provided",
        b"unexpected",
        b"got",
        b"expected",
        b"present",
        b"absent",
        b"basic",
        b"bearer",
        b"default",
        b"optional",
        b"pending",
        b"from",
        b"using",
        b"secret",
        b"unable",
        b"could",
        b"login",
        b"plain",
        b"success",
        b"successful",
        b"blank",
        b"new",
        b"old",
        b"file",
        b"env",
    ]);
    bytes.eq_ignore_ascii_case(b"a") || STATES.hold(bytes)
}

/// Tells whether a value looks made by chance rather than by a writer: digits among letters, mixed case, or signs.
fn random_looking(bytes: &[u8]) -> bool {
    // Nobody writes a word this long, and keys may stand inside: each must not be read to its end.
    if bytes.len() > JUDGED_BYTES {
        return true;
    }
    let digit = bytes.iter().any(u8::is_ascii_digit);
    let upper = bytes.iter().skip(1).any(u8::is_ascii_uppercase);
    let lower = bytes.iter().any(u8::is_ascii_lowercase);
    digit || (upper && lower)
}

fn is_number(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
}

pub(crate) fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `private_key=/etc/ssl/private.pem` names a file; an AWS secret may begin with a slash as well.
fn is_path(kind: Kind, bytes: &[u8]) -> bool {
    const ROOTS: [&[u8]; 12] = [
        b"/etc/", b"/var/", b"/home/", b"/usr/", b"/opt/", b"/run/", b"/root/", b"/tmp/", b"/mnt/", b"/srv/", b"./",
        b"~/",
    ];
    kind != Kind::Password
        && matches!(bytes.first(), Some(b'/' | b'.' | b'~'))
        && ROOTS.iter().any(|root| bytes.starts_with(root))
}

/// `PWD=/srv/app` in a dump of the environment is the working folder.
fn is_working_folder(text: Text<'_>, key: Key, value: Value, bytes: &[u8]) -> bool {
    value.separator == Separator::Equals
        && bytes.first() == Some(&b'/')
        && text.starts_with_ignoring_case(key.start, b"PWD")
}
