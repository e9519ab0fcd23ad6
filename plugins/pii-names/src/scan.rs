//! The one pass over a text: words that begin with a capital, keys, and letters without case.
//!
//! Owns: the loop and the cheap questions that decide what is looked at. Must not know: what makes a name.
//! Invariants: what is found never changes where the pass goes on, so windows agree; nothing is allocated before the
//! first finding.

use std::ops::Range;

use crate::context::{before, begins_word};
use crate::fold::letter_at;
use crate::word::Recent;
use crate::{Span, cased, dotted, keyed, uncased};

/// No part of a word.
const OTHER: u8 = 0;
/// A small letter, a digit, `_`.
const SMALL: u8 = 1;
const CAPITAL: u8 = 2;
/// The first byte of a character beyond ASCII.
const HIGH: u8 = 3;

static CLASS: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [OTHER; 256];
    let mut at = 0;
    while at < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let byte = at as u8;
        table[at] = match byte {
            b'A'..=b'Z' => CAPITAL,
            b'a'..=b'z' | b'0'..=b'9' | b'_' => SMALL,
            0xc0.. => HIGH,
            _ => OTHER,
        };
        at += 1;
    }
    table
}

/// Finds everything in a text.
pub(crate) fn detect(text: &str) -> Vec<Span> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut known = Recent::new();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = CLASS[byte as usize];
        if class == OTHER {
            at += 1;
            continue;
        }
        if class == HIGH {
            if uncased::begins(bytes, at) {
                let (end, span) = uncased::name_at(bytes, at);
                found.extend(span);
                at = end;
                continue;
            }
            if letter_at(bytes, at).is_none() {
                at += 1;
                continue;
            }
        }
        let start = at;
        at = word_end(bytes, at);
        on_word(bytes, start..at, class, &mut known, &mut found);
    }
    settle(found)
}

/// Where the run of letters and digits that begins here ends.
#[inline]
fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        match CLASS[byte as usize] {
            OTHER => break,
            HIGH => match letter_at(bytes, at) {
                Some(letter) => at += letter.len,
                None => break,
            },
            _ => at += 1,
        }
    }
    at
}

#[inline]
fn on_word(bytes: &[u8], word: Range<usize>, class: u8, known: &mut Recent, found: &mut Vec<Span>) {
    let Range { start, end } = word;
    let next = bytes.get(end).copied().unwrap_or(b'\n');
    if class != SMALL {
        on_capital(bytes, start, false, known, found);
    } else if let cut @ 1.. = escape_len(bytes, start, end) {
        on_capital(bytes, start + cut, true, known, found);
    } else if next == b'.' && bytes.get(end + 1).is_some_and(u8::is_ascii_lowercase) {
        found.extend(dotted::account_at(bytes, start, end));
    }
    if may_be_key(bytes, end, next) {
        found.extend(keyed::value_of(bytes, end));
    }
}

/// Looks at a word that begins with a capital, or behind an escape.
fn on_capital(bytes: &[u8], start: usize, escaped: bool, known: &mut Recent, found: &mut Vec<Span>) {
    // `Dr.Lovelace`
    let behind_title = || bytes.get(start - 1) == Some(&b'.') && before(bytes, start).titled;
    if (escaped || begins_word(bytes, start) || behind_title())
        && let Some(word) = known.read_word(bytes, start)
    {
        found.extend(cased::name_at(bytes, word, known));
    }
}

/// Whether what follows a word makes it a key.
#[inline]
fn may_be_key(bytes: &[u8], end: usize, next: u8) -> bool {
    match next {
        b'=' | b':' | b'>' => true,
        b'"' | b'\'' | b'\\' => bytes.get(end + 1..end + 4).is_some_and(|next| next.contains(&b':')),
        b' ' => matches!(bytes.get(end + 1), Some(b'=' | b':')),
        _ => false,
    }
}

/// How many bytes of a word belong to an escape before it: `%20`, `\n`.
#[inline]
fn escape_len(bytes: &[u8], start: usize, end: usize) -> usize {
    let before = if start > 0 { bytes.get(start - 1) } else { None };
    match before {
        Some(b'\\') if end - start > 1 && matches!(bytes.get(start), Some(b'n' | b'r' | b't')) => 1,
        Some(b'%')
            if end - start > 2
                && bytes.get(start..start + 2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) =>
        {
            2
        }
        _ => 0,
    }
}

/// Sorts, and leaves out what lies in another finding.
fn settle(mut found: Vec<Span>) -> Vec<Span> {
    found.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut reach = 0;
    found.retain(|span| {
        let new = span.end > reach;
        reach = reach.max(span.end);
        new
    });
    found
}
