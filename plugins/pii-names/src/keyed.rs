//! Values of keys that hold a person: `first_name=`, `"author":"ada lovelace"`, `<surname>`.
//!
//! Owns: where such a value begins and ends. Must not know: names with capitals behind keys (`cased` looks back itself).

use crate::context::{NONE, WEAK, flags_of_key};
use crate::dotted::small_pair;
use crate::flags::{CUE, NAME_KEY, ORDINARY, ROLE};
use crate::fold::letter_at;
use crate::word::{Shape, Word, read_word};
use crate::{PERSON_NAME, Span};

/// Bytes of the longest name that is taken as a value.
const VALUE_MAX: usize = 80;
/// Bytes of the longest key that is looked at.
const KEY_MAX: usize = 40;

/// The name behind a key that ends here; `end` is where its word ends.
pub(crate) fn value_of(bytes: &[u8], end: usize) -> Option<Span> {
    let (start, close) = value_start(bytes, end)?;
    let mut key_start = end;
    while key_start > 0
        && end - key_start < KEY_MAX
        && bytes
            .get(key_start - 1)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    {
        key_start -= 1;
    }
    let flags = flags_of_key(bytes.get(key_start..end)?);
    if flags & NAME_KEY != 0 {
        return any_name(bytes, start, close);
    }
    if flags & (ROLE | CUE) != 0 {
        return small_name(bytes, start, if flags & ROLE != 0 { WEAK } else { NONE });
    }
    None
}

/// Where the value of a key begins, and its closing quotation mark.
fn value_start(bytes: &[u8], end: usize) -> Option<(usize, Option<u8>)> {
    let mut at = end;
    let mut assigned = false;
    while at - end < 8 {
        match bytes.get(at)? {
            b'"' | b'\'' if !assigned => at += 1,
            b'\\' => at += 1,
            // A path: `module::Name`.
            b':' if bytes.get(at + 1) == Some(&b':') => return None,
            b':' | b'=' if !assigned => {
                assigned = true;
                at += 1;
            }
            b'>' if !assigned => return Some((at + 1, Some(b'<'))),
            b'>' | b':' | b'=' if assigned => at += 1,
            b' ' => at += 1,
            quote @ (b'"' | b'\'') => return Some((at + 1, Some(*quote))),
            _ => break,
        }
    }
    assigned.then_some((at, None))
}

/// Whatever stands there, if it can be a name: letters, spaces and the signs that names have.
fn any_name(bytes: &[u8], start: usize, close: Option<u8>) -> Option<Span> {
    let (mut at, mut end, mut ordinary, mut words) = (start, start, 0, 0);
    while at < bytes.len() && at - start < VALUE_MAX {
        if let Some(word) = read_word(bytes, at) {
            if word.shape == Shape::Odd || bytes.get(word.end) == Some(&b'@') {
                return None;
            }
            // Without quotation marks the next key ends the value.
            if close.is_none() && matches!(bytes.get(word.end), Some(b'=' | b':')) {
                break;
            }
            if close.is_none()
                && words > 0
                && word.shape == Shape::Lower
                && !bytes.get(start).is_some_and(u8::is_ascii_lowercase)
            {
                break;
            }
            words += 1;
            ordinary += usize::from(word.has(ORDINARY));
            at = word.end;
            end = at;
        } else if bytes.get(at).is_some_and(|byte| *byte >= 0x80) {
            words += 1;
            at += 1;
            while bytes.get(at).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
                at += 1;
            }
            end = at;
        } else {
            let len = match bytes.get(at)? {
                b'.' if end == at => {
                    end += 1;
                    1
                }
                b' ' | b'-' | b'+' => 1,
                b'%' if bytes.get(at + 1..at + 3) == Some(b"20") => 3,
                b',' if close.is_some() => 1,
                _ => break,
            };
            at += len;
            if close.is_none()
                && words > 0
                && !letter_at(bytes, at).is_some_and(|letter| letter.case == crate::fold::Case::Upper)
            {
                break;
            }
        }
    }
    let closed = close.is_none_or(|sign| matches!(bytes.get(at), Some(byte) if *byte == sign || *byte == b'\\'));
    let nothing = words == 0 || ordinary == words || end == start;
    (closed && !nothing).then_some(Span { start, end, label: PERSON_NAME, confidence: 0.9 })
}

/// A given name and a surname in small letters, joined by a space or a sign.
fn small_name(bytes: &[u8], start: usize, level: u8) -> Option<Span> {
    let first = read_word(bytes, start)?;
    // A word before `_` reads as the beginning of an identifier.
    let underscore = first.shape == Shape::Odd && bytes.get(first.end) == Some(&b'_');
    let joined = underscore || matches!(bytes.get(first.end), Some(b' ' | b'.' | b'+'));
    if !joined {
        return None;
    }
    let first = if underscore { Word { shape: Shape::Lower, ..first } } else { first };
    let last = read_word(bytes, first.end + 1)?;
    let ends = !matches!(bytes.get(last.end), Some(b'.' | b'@' | b'(' | b'_' | b'=' | 0x80..))
        || matches!(bytes.get(last.end), Some(b'.')) && !bytes.get(last.end + 1).is_some_and(u8::is_ascii_alphanumeric);
    (ends && small_pair(&first, &last) <= level).then_some(Span {
        start,
        end: last.end,
        label: PERSON_NAME,
        confidence: 0.8,
    })
}
