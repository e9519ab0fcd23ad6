//! Names as accounts and addresses write them: `ada.lovelace`, `ada_lovelace`, or small words behind a key.
//!
//! Owns: pairs in small letters. Must not know: keys (`keyed` asks here for its values).

use crate::context::{NONE, WEAK};
use crate::flags::{GIVEN, SURNAME, WEAK_GIVEN, WEAK_SURNAME};
use crate::word::{Shape, Word, read_word};
use crate::{PERSON_NAME, Span};

/// A pair of small words around a full stop, standing alone: neither a package, a file, a host name nor an e-mail address.
pub(crate) fn account_at(bytes: &[u8], start: usize, end: usize) -> Option<Span> {
    let alone_before = start == 0
        || matches!(
            bytes.get(start - 1),
            Some(b' ' | b'"' | b'\'' | b'=' | b':' | b'/' | b'\\' | b'(' | b'[' | b'<' | b',' | b'`')
        );
    if !alone_before || end - start < 3 {
        return None;
    }
    let last = read_word(bytes, end + 1)?;
    let joined =
        matches!(bytes.get(last.end), Some(b'.' | b'@' | b'(' | b'-' | b'_' | b':' | b'=' | b'0'..=b'9' | 0x80..));
    let sentence_ends =
        bytes.get(last.end) == Some(&b'.') && !bytes.get(last.end + 1).is_some_and(u8::is_ascii_alphanumeric);
    let colon_ends = bytes.get(last.end) == Some(&b':') && bytes.get(last.end + 1).is_none_or(|byte| *byte == b' ');
    if last.end - last.start < 4 || joined && !sentence_ends && !colon_ends {
        return None;
    }
    let first = read_word(bytes, start).filter(|word| word.end == end)?;
    (small_pair(&first, &last) == NONE).then_some(Span { start, end: last.end, label: PERSON_NAME, confidence: 0.7 })
}

/// What two small words need to be a name.
pub(crate) fn small_pair(first: &Word, last: &Word) -> u8 {
    if first.shape != Shape::Lower || last.shape != Shape::Lower || !first.has(GIVEN) || !last.has(SURNAME) {
        return u8::MAX;
    }
    if first.has(WEAK_GIVEN) || last.has(WEAK_SURNAME) { WEAK } else { NONE }
}
