//! HTTP headers and words that carry proof of identity: `Authorization`, `Cookie`, `Set-Cookie`, `Bearer …`, `Basic …`.
//!
//! Owns: schemes and cookie lists. Must not know: how header names are found.

use crate::keys::Key;
use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::base64::decode_prefix;
use pii_scan::text::{Text, is_word};
use pii_scan::value::{JUDGED_BYTES, Value, ends_cookie};

/// Blanks, and the forms they take in URLs.
fn skip_blanks(text: Text<'_>, at: usize) -> usize {
    let end = text.run(at, 4, |byte| matches!(byte, b' ' | b'\t' | b'+'));
    if end == at && text.starts_with(at, b"%20") { at + 3 } else { end }
}

/// The part of a token that is judged.
fn judged(text: Text<'_>, start: usize, end: usize) -> &[u8] {
    text.slice(start, end.min(start + JUDGED_BYTES))
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
            let end = scanner.value_ends.token(text, start);
            scanner.report(start, end, *kind, 0.95);
        }
        Some(_) => {}
        None => {
            let end = scanner.value_ends.token(text, value.start);
            let judged_end = end.min(value.start + JUDGED_BYTES);
            if end - value.start >= 8 && scanner.value_ends.digit(text, value.start) < judged_end {
                scanner.report(value.start, end, Kind::ApiKey, 0.8);
            }
        }
    }
}

/// Judges the value of `Cookie` (all pairs) or `Set-Cookie` (the first pair; what follows are attributes).
pub(crate) fn on_cookie(scanner: &mut Scanner<'_>, key: Key, value: Value) {
    let text = scanner.text;
    let is_pair = |start: usize, end: usize| judged(text, start, end).contains(&b'=');
    let first_end = scanner.value_ends.cookie(text, value.start);
    if scanner.value_ends.equals(text, value.start) >= first_end.min(value.start + JUDGED_BYTES) {
        return;
    }
    let list_end = || {
        let mut end = first_end;
        while text.at(end) == b';' {
            let next = text.run(end + 1, 4, |byte| byte == b' ');
            let mut next_end = next;
            while next_end < text.len() && !ends_cookie(text, next_end) {
                next_end += 1;
            }
            if !is_pair(next, next_end) {
                break;
            }
            end = next_end;
        }
        end
    };
    let sets = text.starts_with_ignoring_case(key.start, b"set");
    let end = if sets { first_end } else { scanner.value_ends.cookies(first_end, list_end) };
    scanner.report(value.start, end, Kind::Cookie, 0.9);
}

/// Judges a word that may name a cookie of WordPress: `wordpress_`, perhaps `sec_` or `logged_in_`, and a digest.
pub(crate) fn on_wordpress(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    const DIGEST_BYTES: usize = 32;
    let text = scanner.text;
    let digest = end.saturating_sub(DIGEST_BYTES);
    let kind = text.slice(start + WORDPRESS.len(), digest);
    if !matches!(kind, b"" | b"sec_" | b"logged_in_") || !text.slice(digest, end).iter().all(u8::is_ascii_hexdigit) {
        return;
    }
    let value = end + 1;
    let value_end = scanner.value_ends.cookie(text, value);
    if value_end - value >= 16 {
        scanner.report(value, value_end, Kind::Cookie, 0.95);
    }
}

/// How the names of WordPress's cookies begin.
pub(crate) const WORDPRESS: &[u8] = b"wordpress_";

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
    let token_end = scanner.value_ends.token(text, token);
    let bytes = judged(text, token, token_end);
    if word.eq_ignore_ascii_case(b"bearer") {
        let judged_end = token + bytes.len();
        let digits = scanner.value_ends.digit(text, token) < judged_end;
        // Padding stands at the end only: `bearer name=value` is no token.
        let unpadded = bytes.iter().rposition(|byte| *byte != b'=').map_or(0, |at| at + 1);
        let signs = scanner.value_ends.no_token_sign(text, token) >= token + unpadded;
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
