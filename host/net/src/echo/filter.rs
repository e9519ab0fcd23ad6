//! Skips what can't be the beginning of a secret, three bytes at a look.
//!
//! Invariant: every place where a form begins, under any escapes, is a candidate. What is a candidate need not be one:
//! the exact comparison follows.
//!
//! Each byte has a word of bits for the first, the second and the third place; a place is a candidate if the three
//! words of its bytes have a bit in common. The lowest bits stand for forms as they are, the highest for those that
//! begin with an escape or whose second byte is one. Searching for substrings with SIMD (Teddy) was not taken: with
//! all cases, alphabets and escapes there are more beginnings than it has room for.

use super::escape::{Escape, is_lead, unescape};
use super::needle::Needle;

/// Bits for forms as they stand; more forms than bits share them.
const PLAIN_BITS: usize = 27;
/// A form's first byte as it stands, then an escape, then whatever.
const SECOND_ESCAPED: u32 = 1 << 27;
/// A percent escape comes first.
const PERCENT: u32 = 1 << 28;
/// `\uXXXX` comes first.
const UNICODE: u32 = 1 << 29;
/// A backslash and one character come first.
const BACKSLASH: u32 = 1 << 30;
/// An entity comes first.
const ENTITY: u32 = 1 << 31;

/// The words of all bytes in each place.
pub(super) struct Filter {
    places: Box<[[u32; 256]; 3]>,
    /// Bytes that anything can begin with, for the end of a text.
    begins: [bool; 256],
}

impl Default for Filter {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Filter {
    pub(super) fn new(needles: &[Needle]) -> Self {
        let mut places = Box::new([[0; 256]; 3]);
        let mut begins = [false; 256];
        let byte_places = || (0..=u8::MAX).map(|byte| (byte, usize::from(byte)));
        for (at, needle) in needles.iter().enumerate() {
            let bit = 1 << (at % PLAIN_BITS);
            let (first, more) =
                needle.bytes.split_first().map_or((None, &[][..]), |(first, more)| (Some(*first), more));
            // What comes in the second and third place: the form's byte, an escape, or anything past its end.
            let follows = |byte: u8, wanted: Option<&u8>| {
                wanted.is_none_or(|&wanted| is_as(needle, byte, wanted) || is_lead(byte))
            };
            for (byte, index) in byte_places() {
                if first.is_some_and(|first| is_as(needle, byte, first)) {
                    places[0][index] |= bit | SECOND_ESCAPED;
                    begins[index] = true;
                }
                // A second place that is an escape has a bit of its own, since its third place is a part of it.
                if more.first().is_none_or(|&wanted| is_as(needle, byte, wanted)) {
                    places[1][index] |= bit;
                }
                if follows(byte, more.get(1)) {
                    places[2][index] |= bit;
                }
                if let (Some(first), Escape::Of { bytes, .. }) = (first, unescape(&[b'\\', byte])) {
                    let means = needle.fold.of(bytes[0]) == first;
                    places[1][index] |= if means { BACKSLASH } else { 0 };
                }
            }
        }
        if !needles.is_empty() {
            for (byte, index) in byte_places() {
                places[0][index] |= match byte {
                    b'%' => PERCENT,
                    b'\\' => UNICODE | BACKSLASH,
                    b'&' => ENTITY,
                    _ => 0,
                };
                begins[index] |= is_lead(byte);
                let hex = byte.is_ascii_hexdigit();
                places[1][index] |= if is_lead(byte) { SECOND_ESCAPED } else { 0 }
                    | if hex { PERCENT } else { 0 }
                    | if byte == b'u' { UNICODE } else { 0 }
                    | if byte.is_ascii_alphabetic() || byte == b'#' { ENTITY } else { 0 };
                places[2][index] |= SECOND_ESCAPED | BACKSLASH | ENTITY | if hex { PERCENT | UNICODE } else { 0 };
            }
        }
        Self { places, begins }
    }

    /// The first candidate from `from` on; the text's length where there is none.
    pub(super) fn next(&self, text: &[u8], from: usize) -> usize {
        let [first, second, third] = &*self.places;
        let rest = text.get(from..).unwrap_or_default();
        let word = |table: &[u32; 256], byte: u8| table[usize::from(byte)];
        let found = rest.windows(3).position(|w| word(first, w[0]) & word(second, w[1]) & word(third, w[2]) != 0);
        if let Some(found) = found {
            return from + found;
        }
        // The last two bytes have no window of their own.
        let tail = text.len().saturating_sub(2).max(from);
        let last = text.get(tail..).unwrap_or_default().iter().position(|&byte| self.begins[usize::from(byte)]);
        last.map_or(text.len(), |last| tail + last)
    }
}

/// Whether a byte of a text may stand for one of a form without an escape of several bytes.
fn is_as(needle: &Needle, byte: u8, wanted: u8) -> bool {
    needle.fold.of(byte) == wanted || (byte == b'+' && wanted == b' ')
}
