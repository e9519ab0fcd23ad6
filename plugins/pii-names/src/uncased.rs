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

/// The name that begins here and where the run of such letters ends.
pub(crate) fn name_at(bytes: &[u8], start: usize) -> (usize, Option<Span>) {
    let (mut at, mut end, mut words) = (start, start, 0);
    while words < WORDS_MAX && at - start < NAME_MAX {
        let word = word_end(bytes, at, start);
        if word == at {
            break;
        }
        words += 1;
        end = word;
        let space = match bytes.get(word) {
            Some(b' ') => 1,
            // The dots that Chinese and Japanese put between foreign names.
            Some(0xc2) if bytes.get(word + 1) == Some(&0xb7) => 2,
            _ => 0,
        };
        if space == 0 || !begins(bytes, word + space) {
            break;
        }
        at = word + space;
    }
    // A longer run is a sentence in that language, not a value in a log.
    let long = end - start >= NAME_MAX || bytes.get(end).is_some_and(|byte| *byte >= 0x80);
    let letters = bytes.get(start..end).unwrap_or_default().iter().filter(|byte| **byte >= 0xc0).count();
    if letters < 2 || long {
        return (end.max(start + 1), None);
    }
    let around = before(bytes, start);
    let level = if around.quoted_only { NONE } else { around.level }.max(behind(bytes, end));
    let span = Span { start: around.start, end, label: PERSON_NAME, confidence: 0.8 };
    (end, (level > NONE).then_some(span))
}

fn word_end(bytes: &[u8], at: usize, start: usize) -> usize {
    let mut end = at;
    while end - start < NAME_MAX && begins(bytes, end) {
        end += 1;
        while bytes.get(end).is_some_and(|byte| (0x80..0xc0).contains(byte)) {
            end += 1;
        }
    }
    end
}
