//! E-mail addresses, plain or with the sign written as `%40` or `\u0040`.
//!
//! Owns: what an address is, and what only holds an `@` (units of systemd, package versions, image names).
//! Invariant: reads at most `LOCAL_MAX_BYTES` back and `DOMAIN_MAX_BYTES` forward.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{Text, is_word};

/// RFC 5321 allows 64; letters of two bytes need more.
const LOCAL_MAX_BYTES: usize = 128;
const DOMAIN_MAX_BYTES: usize = 255;

fn in_local(byte: u8) -> bool {
    is_word(byte)
        || byte >= 0x80
        || matches!(
            byte,
            b'.' | b'+'
                | b'-'
                | b'!'
                | b'#'
                | b'$'
                | b'&'
                | b'*'
                | b'/'
                | b'?'
                | b'^'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
                | b'\''
                | b'%'
        )
}

/// Judges an at sign that reaches from `sign` to `domain`.
pub(crate) fn on_at_sign(scanner: &mut Scanner<'_>, sign: usize, domain: usize) {
    let text = scanner.text;
    let Some(end) = domain_end(text, domain) else { return };
    let mut start = text.run_back(sign, LOCAL_MAX_BYTES, in_local);
    // What may stand inside an address but is no part of this one: a parameter, a path, a quote, a bracket.
    let in_name = |at: usize| text.before(at, 1).is_ascii_alphanumeric() && text.at(at + 1).is_ascii_alphanumeric();
    if let Some(cut) = (start..sign).rev().find(|at| match text.at(*at) {
        b'/' | b'?' | b'&' | b'|' | b'{' | b'}' | b'*' | b'#' | b'!' | b'$' | b'^' => true,
        // `o'neil@example.org`, and not the quote before a name.
        b'\'' => !in_name(*at),
        _ => false,
    }) {
        start = cut + 1;
    }
    // `mailto%3Aada%40example.org`: an encoded separator before the name.
    let local = text.slice(start, sign);
    if let Some(cut) = local.windows(3).rposition(|three| {
        three.eq_ignore_ascii_case(b"%3A")
            || three.eq_ignore_ascii_case(b"%3D")
            || three == b"%20"
            || three.eq_ignore_ascii_case(b"%2F")
            || three == b"%26"
            || three == b"%22"
            || three.eq_ignore_ascii_case(b"%3C")
    }) {
        start += cut + 3;
    }
    while start < sign && matches!(text.at(start), b'.' | b'-') {
        start += 1;
    }
    // `\nada@example.org` in a JSON string.
    if text.before(start, 1) == b'\\' && matches!(text.at(start), b'n' | b'r' | b't') && start + 1 < sign {
        start += 1;
    }
    if start == sign || text.before(sign, 1) == b'.' || text.before(start, 1) == b'@' {
        return;
    }
    scanner.report(start, end, Kind::Email, 0.95);
}

/// The end of a domain with at least one dot whose last label is no number and no kind of file.
fn domain_end(text: Text<'_>, start: usize) -> Option<usize> {
    let mut end = text.run(start, DOMAIN_MAX_BYTES, |byte| {
        byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'.' | b'-')
    });
    while end > start && matches!(text.before(end, 1), b'.' | b'-') {
        end -= 1;
    }
    let domain = text.slice(start, end);
    if matches!(domain.first(), Some(b'.' | b'-')) {
        return None;
    }
    let dot = domain.iter().rposition(|byte| *byte == b'.')?;
    let last = domain.get(dot + 1..)?;
    // Units of systemd and files with an at sign in their name.
    const NO_DOMAIN: [&[u8]; 16] = [
        b"service", b"socket", b"slice", b"timer", b"mount", b"scope", b"target", b"device", b"path", b"swap", b"png",
        b"jpg", b"svg", b"js", b"css", b"json",
    ];
    // Sentences run on behind a full stop without a blank; `ada@example.org.Next` stays an address all the same.
    let letters = last.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80) || last.starts_with(b"xn--");
    (last.len() >= 2 && letters && !NO_DOMAIN.iter().any(|name| last.eq_ignore_ascii_case(name))).then_some(end)
}
