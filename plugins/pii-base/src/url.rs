//! URLs that carry credentials, plain, JSON-escaped or percent-encoded.
//!
//! Owns: `scheme://user:password@host…`. Must not know: other parameters of URLs (`keyed`).
//! Invariant: reads at most `SCHEME_MAX_BYTES` back and `CREDENTIALS_MAX_BYTES` to the sign behind the credentials.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::next_hit;
use pii_scan::text::{LETTER, NextHit, Text, class};

const SCHEME_MAX_BYTES: usize = 24;
/// Without their end in view nothing is known to be credentials, so this must fit a window's context.
const CREDENTIALS_MAX_BYTES: usize = 8 * 1024;

/// The remembered searches of this rule.
pub(crate) struct UrlEnds {
    token: NextHit,
    at_sign: NextHit,
    encoded_at_sign: NextHit,
}

impl UrlEnds {
    pub(crate) const fn new() -> Self {
        Self {
            token: next_hit!(|text, at| ends_url(text, at)),
            at_sign: next_hit!(|text, at| is_at_sign(text, at)),
            encoded_at_sign: next_hit!(|text, at| is_encoded_at_sign(text, at)),
        }
    }
}

fn ends_url(text: Text<'_>, at: usize) -> bool {
    let byte = text.at(at);
    byte <= b' '
        || matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | 0x7f)
        || (byte == b'\\' && text.at(at + 1) != b'/' && !text.starts_with(at + 1, b"u0040"))
}

fn is_at_sign(text: Text<'_>, at: usize) -> bool {
    text.at(at) == b'@' || (text.at(at) == b'\\' && text.starts_with(at + 1, b"u0040"))
}

/// In a URL that is encoded as a whole; in a plain one `%40` is a part of the user name or the password.
fn is_encoded_at_sign(text: Text<'_>, at: usize) -> bool {
    text.at(at) == b'%' && text.starts_with(at + 1, b"40")
}

/// Judges the colon of `://` (or `:\/\/`, `%3A%2F%2F`) at `colon`.
pub(crate) fn on_scheme_colon(scanner: &mut Scanner<'_>, colon: usize) {
    let text = scanner.text;
    let Some(start) = authority_start(text, colon) else { return };
    let scheme = text
        .run_back(colon, SCHEME_MAX_BYTES, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if class(text.at(scheme)) & LETTER == 0 && scheme == colon {
        return;
    }
    let limit = start + CREDENTIALS_MAX_BYTES;
    let signs = &mut scanner.url_ends;
    let signs = if text.at(colon) == b'%' { &mut signs.encoded_at_sign } else { &mut signs.at_sign };
    let sign = signs.from(text, start);
    if sign >= limit || sign >= text.len() {
        return;
    }
    let end = scanner.url_ends.token.from(text, start);
    if sign >= end {
        return;
    }
    let slash = text.run(start, sign - start, |byte| !matches!(byte, b'/' | b'?' | b'#'));
    let colon_at = text.find(start, sign - start, if text.at(colon) == b'%' { b"%3A" } else { b":" }).unwrap_or(sign);
    let has_password = match text.at(colon_at) {
        b':' => colon_at + 1 < sign,
        b'%' => text.starts_with_ignoring_case(colon_at + 1, b"3A"),
        _ => false,
    };
    let credentials = if slash < sign {
        // A slash before the sign: a path, unless an unescaped password holds it. A port is digits only.
        has_password && colon_at < slash && !text.slice(colon_at + 1, slash).iter().all(u8::is_ascii_digit)
    } else {
        // A bare user name (`ssh://git@host`) is none; a long one is a token.
        has_password || sign - start >= 20
    };
    if !credentials {
        return;
    }
    let mut end = end;
    while end > sign && matches!(text.before(end, 1), b',' | b';' | b'.' | b')' | b']' | b'}' | b':' | b'!') {
        end -= 1;
    }
    scanner.report(scheme, end, Kind::UrlWithCredentials, 0.98);
}

fn authority_start(text: Text<'_>, colon: usize) -> Option<usize> {
    let forms: [&[u8]; 4] = [b"://", b":\\/\\/", b"%3A%2F%2F", b":\\u002f\\u002f"];
    forms.iter().find(|form| text.starts_with_ignoring_case(colon, form)).map(|form| colon + form.len())
}
