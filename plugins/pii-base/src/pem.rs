//! Private keys in PEM form, also cut off, escaped (`\n`) or with a log prefix on every line.
//!
//! Owns: `-----BEGIN … PRIVATE KEY-----` up to its end. Must not know: any other rule.
//! Invariant: reads at most `KEY_MAX_BYTES` behind the start, which lies inside the context a window has.

use crate::kind::Kind;
use crate::scan::Scanner;
use crate::text::{Text, is_base64};

/// A 16,384-bit RSA key takes 12.7 KiB; the window gives 16 KiB.
const KEY_MAX_BYTES: usize = 16 * 1024 - 256;
const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"-----BEGIN ";

/// Judges five dashes at `start`.
pub(crate) fn on_dashes(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    if !text.starts_with(start, BEGIN) {
        return;
    }
    let name_start = start + BEGIN.len();
    let name_end = text.run(name_start, 48, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    let name = text.slice(name_start, name_end);
    if !text.starts_with(name_end, DASHES) || !name.windows(11).any(|window| window == b"PRIVATE KEY") {
        return;
    }
    let body = name_end + DASHES.len();
    let end = closing_line(text, start, body).unwrap_or_else(|| last_key_line(text, start, body));
    scanner.report(start, end, Kind::PrivateKey, 1.0);
}

/// The end of the `-----END …-----` that belongs to the key, if it is in reach.
fn closing_line(text: Text<'_>, start: usize, body: usize) -> Option<usize> {
    let limit = start + KEY_MAX_BYTES;
    let mut at = body;
    while let Some(dashes) = text.find(at, limit.saturating_sub(at), DASHES) {
        if text.starts_with(dashes, b"-----END ") {
            let name_end =
                text.run(dashes + 9, 48, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
            return Some(if text.starts_with(name_end, DASHES) { name_end + DASHES.len() } else { name_end });
        }
        if text.starts_with(dashes, BEGIN) {
            return None;
        }
        at = text.run(dashes, limit - dashes, |byte| byte == b'-');
    }
    None
}

/// The end of the last line in view that still looks like a part of the key.
fn last_key_line(text: Text<'_>, start: usize, body: usize) -> usize {
    const LINE_MAX: usize = 512;
    let limit = (start + KEY_MAX_BYTES).min(text.len());
    let mut end = body;
    let mut at = body;
    while at < limit {
        let line_end = text.run(at, LINE_MAX.min(limit - at), |byte| byte != b'\n');
        let line = text.slice(at, line_end);
        let trimmed = line.trim_ascii();
        let last_word = trimmed.rsplit(|byte| *byte == b' ' || *byte == b'\t').next().unwrap_or(&[]);
        // `\` and `n` for a key that was written into a JSON string.
        let encoded =
            last_word.iter().all(|byte| is_base64(*byte) || matches!(byte, b'=' | b'\\' | b'|' | b'"' | b','));
        let belongs = trimmed.is_empty()
            || trimmed.starts_with(b"Proc-Type:")
            || trimmed.starts_with(b"DEK-Info:")
            || (encoded
                && (last_word.len() >= 16 || (end > body && last_word == trimmed && is_short_last_line(last_word))));
        if !belongs || trimmed.starts_with(DASHES) {
            break;
        }
        if !trimmed.is_empty() {
            end = line_end - usize::from(text.before(line_end, 1) == b'\r');
        }
        at = line_end + 1;
    }
    end
}

/// The last line of base64 is a multiple of four long; a word of prose that is so too has no digit, capital or padding.
fn is_short_last_line(word: &[u8]) -> bool {
    word.len().is_multiple_of(4) && word.iter().any(|byte| !byte.is_ascii_lowercase())
}
