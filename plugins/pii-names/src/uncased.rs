//! Names in scripts without capitals, where what stands around them is all there is to go by.
//!
//! Owns: runs of such letters beside a word that speaks for a person. Must not know: names in those scripts.

use crate::context::{NONE, before, behind};
use crate::{PERSON_NAME, Span};

/// Bytes of the longest such name.
const NAME_MAX: usize = 96;
/// Words of the longest such name.
const WORDS_MAX: usize = 6;

/// Whether letters without case begin here: Hebrew and Arabic, India's, Thai, Georgian, Chinese, Japanese, Korean.
#[inline]
pub(crate) fn begins(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(0xd7..=0xdf | 0xe0 | 0xe3..=0xed) => true,
        // Behind Armenian, which has case, and before the Latin letters of Vietnam.
        Some(0xd6) => bytes.get(at + 1).is_some_and(|next| *next >= 0x90),
        Some(0xe1) => bytes.get(at + 1).is_some_and(|next| *next < 0xb8),
        _ => false,
    }
}

/// The name that begins here, and where the run of such letters and the spaces between them ends: a run is a name as a whole
/// or holds none, so that it does not matter where a text is cut.
pub(crate) fn name_at(bytes: &[u8], start: usize) -> (usize, Option<Span>) {
    let (mut end, mut words) = (word_end(bytes, start), 1);
    while let Some(next) = next_word(bytes, end) {
        end = word_end(bytes, next);
        words += 1;
    }
    // A longer run is a sentence in that language, not a value in a log.
    let long = words > WORDS_MAX || end - start > NAME_MAX;
    let letters = bytes.get(start..end).unwrap_or_default().iter().filter(|byte| **byte >= 0xc0).count();
    if letters < 2 || long {
        return (end.max(start + 1), None);
    }
    let around = before(bytes, start);
    let level = if around.quoted_only { NONE } else { around.level }.max(behind(bytes, end));
    let span = Span { start: around.start, end, label: PERSON_NAME, confidence: 0.8 };
    (end, (level > NONE).then_some(span))
}

/// Where the next word begins, if one space, or the dot that Chinese and Japanese put between foreign names, is between.
fn next_word(bytes: &[u8], end: usize) -> Option<usize> {
    let space = match bytes.get(end)? {
        b' ' => 1,
        0xc2 if bytes.get(end + 1) == Some(&0xb7) => 2,
        _ => return None,
    };
    begins(bytes, end + space).then_some(end + space)
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let mut end = start;
    loop {
        while begins(bytes, end) {
            end += 1;
            while bytes.get(end).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
                end += 1;
            }
        }
        // A mark within a word.
        let mark = match bytes.get(end) {
            Some(b'\'' | b'-') => 1,
            Some(0xe2) if bytes.get(end + 1..end + 3) == Some(&[0x80, 0x99]) => 3,
            _ => 0,
        };
        if mark == 0 || !begins(bytes, end + mark) {
            return end;
        }
        end += mark;
    }
}
