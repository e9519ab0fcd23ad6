//! HTTP headers and words that carry proof of identity: `Authorization`, `Cookie`, `Set-Cookie`, `Bearer …`, `Basic …`.
//!
//! Owns: schemes and cookie lists. Must not know: how header names are found.

use crate::base64::decode_prefix;
use crate::keys::Key;
use crate::kind::Kind;
use crate::scan::Scanner;
use crate::text::{Text, is_word};
use crate::value::{VALUE_MAX_BYTES, Value};

/// Blanks, and the forms they take in URLs.
fn skip_blanks(text: Text<'_>, at: usize) -> usize {
    let end = text.run(at, 4, |byte| matches!(byte, b' ' | b'\t' | b'+'));
    if end == at && text.starts_with(at, b"%20") { at + 3 } else { end }
}

/// One token of a header (RFC 9110 token68 and what vendors put there).
fn token_end(text: Text<'_>, at: usize) -> usize {
    text.run(at, VALUE_MAX_BYTES, |byte| {
        byte > b' '
            && byte < 0x7f
            && !matches!(byte, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'>' | b'\\' | b'&' | b'}' | b']' | b')')
    })
}

/// Judges the value of an `Authorization` header.
pub(crate) fn on_authorization(scanner: &mut Scanner<'_>, value: Value) {
    let text = scanner.text;
    let scheme_end = text.run(value.start, 24, |byte| is_word(byte) || byte == b'-');
    let scheme = text.slice(value.start, scheme_end);
    let start = skip_blanks(text, scheme_end);
    let is = |name: &str| scheme.eq_ignore_ascii_case(name.as_bytes());
    if start > scheme_end && (is("Digest") || is("AWS4-HMAC-SHA256") || is("OAuth") || is("Hawk")) {
        // A list of parameters, the proof among them; a quoted one may hold blanks.
        let end = if value.quoted { value.end } else { scanner.value_ends.line(text, start) };
        scanner.report(start, end, Kind::ApiKey, 0.9);
        return;
    }
    let schemes = [
        ("Bearer", Kind::BearerToken),
        ("Basic", Kind::BasicAuth),
        ("Token", Kind::ApiKey),
        ("ApiKey", Kind::ApiKey),
        ("Api-Key", Kind::ApiKey),
        ("Key", Kind::ApiKey),
        ("Negotiate", Kind::ApiKey),
        ("NTLM", Kind::ApiKey),
        ("Splunk", Kind::ApiKey),
        ("SharedKey", Kind::ApiKey),
        ("GenieKey", Kind::ApiKey),
        ("SSWS", Kind::ApiKey),
    ];
    let known = schemes.iter().find(|(name, _)| is(name));
    match known {
        Some((_, kind)) if start > scheme_end => {
            let end = token_end(text, start);
            scanner.report(start, end, *kind, 0.95);
        }
        Some(_) => {}
        None => {
            let end = token_end(text, value.start);
            let bytes = text.slice(value.start, end);
            if bytes.len() >= 8 && bytes.iter().any(u8::is_ascii_digit) {
                scanner.report(value.start, end, Kind::ApiKey, 0.8);
            }
        }
    }
}

/// Judges the value of `Cookie` (all pairs) or `Set-Cookie` (the first pair; what follows are attributes).
pub(crate) fn on_cookie(scanner: &mut Scanner<'_>, key: Key, value: Value) {
    const PAIRS_MAX: usize = 64;
    let text = scanner.text;
    let limit = value.start + VALUE_MAX_BYTES;
    let pair_end = |start: usize| {
        text.run(start, limit.saturating_sub(start), |byte| {
            byte > b' ' && !matches!(byte, b';' | b'"' | b'\'' | b'`' | b'\\')
        })
    };
    let sets = text.starts_with_ignoring_case(key.start, b"set");
    let mut end = pair_end(value.start);
    if !text.slice(value.start, end).contains(&b'=') {
        return;
    }
    let mut pairs = 1;
    while !sets && pairs < PAIRS_MAX && text.at(end) == b';' && end < limit {
        let next = text.run(end + 1, 4, |byte| byte == b' ');
        let next_end = pair_end(next);
        if !text.slice(next, next_end).contains(&b'=') {
            break;
        }
        end = next_end;
        pairs += 1;
    }
    scanner.report(value.start, end, Kind::Cookie, 0.9);
}

/// Judges what follows the word `Bearer` or `Basic` anywhere.
pub(crate) fn on_scheme_word(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let word = text.slice(start, end);
    let mut token = skip_blanks(text, end);
    if token == end && matches!(text.at(end), b':' | b'=') {
        token = skip_blanks(text, end + 1);
        token = if token == end { end + 1 } else { token };
    }
    if token == end {
        return;
    }
    let token_end = token_end(text, token);
    let bytes = text.slice(token, token_end);
    if word.eq_ignore_ascii_case(b"bearer") {
        let digits = bytes.iter().any(u8::is_ascii_digit);
        // Padding stands at the end only: `bearer name=value` is no token.
        let unpadded = bytes.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
        let signs =
            bytes.iter().take(unpadded).all(|byte| is_word(*byte) || matches!(byte, b'.' | b'-' | b'~' | b'+' | b'/'));
        if signs && ((bytes.len() >= 8 && digits) || bytes.len() >= 24) {
            scanner.report(token, token_end, Kind::BearerToken, 0.9);
        }
    } else if bytes.len() >= 4 {
        let (decoded, used) = decode_prefix::<96>(bytes);
        let decoded = decoded.get(..used).unwrap_or(&[]);
        if decoded.contains(&b':') && decoded.iter().all(|byte| *byte >= b' ' && *byte != 0x7f) {
            scanner.report(token, token_end, Kind::BasicAuth, 0.9);
        }
    }
}
