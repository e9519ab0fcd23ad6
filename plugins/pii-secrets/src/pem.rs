//! Private keys in PEM form, also cut off, escaped (`\n`) or with a log prefix on every line.
//!
//! Owns: `-----BEGIN … PRIVATE KEY-----` up to its end. Must not know: any other rule.
//! Invariants: a key ends where its lines end, however long it is; what decides that stands at most `GAP_BYTES` and a
//! line behind its end, or `NEAR_BYTES` behind its start.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{Text, is_base64};

/// How far behind the start a closing line counts whatever stands between; the context of a window is 16 KiB.
const NEAR_BYTES: usize = 16 * 1024 - 256;
/// How much that is no key may stand between two lines of one: other messages of the same log.
const GAP_BYTES: usize = 1024;
const DASHES: &[u8] = b"-----";
const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";

fn in_name(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' '
}

/// Judges five dashes at `start`.
pub(crate) fn on_dashes(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    if !text.starts_with(start, BEGIN) {
        return;
    }
    let name_start = start + BEGIN.len();
    let name_end = text.run(name_start, 48, in_name);
    let name = text.slice(name_start, name_end);
    if !text.starts_with(name_end, DASHES) || !name.windows(11).any(|window| window == b"PRIVATE KEY") {
        return;
    }
    let body = name_end + DASHES.len();
    let end = closing_line(text, start, body).unwrap_or_else(|| follow(text, body));
    scanner.report(start, end, Kind::PrivateKey, 1.0);
}

/// The end of the `-----END …-----` that belongs to the key, if it is near the start whatever stands between.
fn closing_line(text: Text<'_>, start: usize, body: usize) -> Option<usize> {
    let limit = start + NEAR_BYTES;
    let mut at = body;
    while let Some(dashes) = text.find(at, limit.saturating_sub(at), DASHES) {
        if text.starts_with(dashes, END) {
            return Some(end_of_end(text, dashes));
        }
        if text.starts_with(dashes, BEGIN) {
            return None;
        }
        at = text.run(dashes, limit - dashes, |byte| byte == b'-');
    }
    None
}

/// One past the `-----END …-----` at `dashes`.
fn end_of_end(text: Text<'_>, dashes: usize) -> usize {
    let name_end = text.run(dashes + END.len(), 48, in_name);
    if text.starts_with(name_end, DASHES) { name_end + DASHES.len() } else { name_end }
}

/// Follows a key line by line to its closing line, else to its last line, however long it is.
///
/// Stops at the next `-----BEGIN `, so that all keys of a text together are read once.
fn follow(text: Text<'_>, body: usize) -> usize {
    const LINE_MAX: usize = 512;
    let mut end = body;
    let mut at = body;
    let mut in_gap = false;
    while at < text.len() && at <= end + GAP_BYTES {
        let line_end = text.run(at, LINE_MAX, |byte| byte != b'\n');
        // A sign that begins in this piece of a line may end in the next one.
        let mut from = at;
        while let Some(dashes) = text.find(from, line_end + DASHES.len() - 1 - from, DASHES) {
            if text.starts_with(dashes, END) {
                return end_of_end(text, dashes);
            }
            if text.starts_with(dashes, BEGIN) {
                return end;
            }
            from = text.run(dashes, line_end.saturating_sub(dashes).max(DASHES.len()), |byte| byte == b'-');
            if from >= line_end {
                break;
            }
        }
        let line = text.slice(at, line_end).trim_ascii();
        if line.is_empty() {
            // A blank line belongs to the key if more of it follows.
        } else if if in_gap { is_sure_line(line) } else { is_key_line(line, end > body) } {
            end = line_end - usize::from(text.before(line_end, 1) == b'\r');
            in_gap = false;
        } else {
            in_gap = true;
        }
        at = line_end + usize::from(text.at(line_end) == b'\n');
    }
    end
}

fn last_word(line: &[u8]) -> &[u8] {
    line.rsplit(|byte| *byte == b' ' || *byte == b'\t').next().unwrap_or(&[])
}

/// `\` and `n` for a key that was written into a JSON string.
fn is_encoded(word: &[u8]) -> bool {
    word.iter().all(|byte| is_base64(*byte) || matches!(byte, b'=' | b'\\' | b'|' | b'"' | b','))
}

/// Tells whether a trimmed line directly behind a part of the key is a part of it as well.
fn is_key_line(line: &[u8], has_lines: bool) -> bool {
    let word = last_word(line);
    line.starts_with(b"Proc-Type:")
        || line.starts_with(b"DEK-Info:")
        || (is_encoded(word) && (word.len() >= 16 || (has_lines && word == line && is_short_last_line(word))))
}

/// Tells whether a trimmed line is a part of the key even though something else stood between: nothing but a full
/// line of base64 looks like this.
fn is_sure_line(line: &[u8]) -> bool {
    let word = last_word(line);
    word.len() >= 48
        && is_encoded(word)
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_uppercase)
        && word.iter().any(u8::is_ascii_lowercase)
}

/// The last line of base64 is a multiple of four long; a word of prose that is so too has no digit, capital or padding.
fn is_short_last_line(word: &[u8]) -> bool {
    word.len().is_multiple_of(4) && word.iter().any(|byte| !byte.is_ascii_lowercase())
}
