//! Total read access to the bytes of a text, and the byte classes the scanner works with.
//!
//! Owns: byte access that cannot panic (an offset outside the text reads as NUL), the class table, remembered searches.
//! Must not know: what any rule looks for.
//! Invariant: nothing here looks further than it is told to, so that a rule's reach is visible in the rule.

/// `0`–`9`.
pub const DIGIT: u8 = 1;
/// `a`–`f`.
pub const LOWER_HEX: u8 = 2;
/// `g`–`z`.
pub const LOWER_REST: u8 = 4;
/// `A`–`F`.
pub const UPPER_HEX: u8 = 8;
/// `G`–`Z`.
pub const UPPER_REST: u8 = 16;
/// `_`.
pub const UNDERSCORE: u8 = 32;
/// Bytes outside words that start a rule of their own: `@ : - % \`.
pub const TRIGGER: u8 = 64;

/// How far before a place [`Text::may_hold_before`] looks.
pub const HELD_BEFORE_BYTES: usize = 48;
/// Everything a word consists of.
pub const WORD: u8 = DIGIT | LETTER | UNDERSCORE;
/// Every ASCII letter.
pub const LETTER: u8 = LOWER | UPPER;
/// Lower-case letters.
pub const LOWER: u8 = LOWER_HEX | LOWER_REST;
/// Upper-case letters.
pub const UPPER: u8 = UPPER_HEX | UPPER_REST;
/// What a word must not hold to be a hexadecimal number.
pub const NOT_HEX: u8 = LOWER_REST | UPPER_REST | UNDERSCORE;

#[allow(clippy::cast_possible_truncation, reason = "the index of a table of 256 is a byte")]
/// The class of each byte value; zero for what only separates.
pub static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut byte = 0usize;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' => LOWER_HEX,
            b'g'..=b'z' => LOWER_REST,
            b'A'..=b'F' => UPPER_HEX,
            b'G'..=b'Z' => UPPER_REST,
            b'_' => UNDERSCORE,
            b'@' | b':' | b'-' | b'%' | b'\\' => TRIGGER,
            _ => 0,
        };
        byte += 1;
    }
    table
};

/// Blanks, quotes and signs between a name and what it names.
static BEHIND_NAME: [bool; 256] = {
    let mut table = [false; 256];
    let signs = b" \t=:\"'(#[";
    let mut index = 0;
    while index < signs.len() {
        table[signs[index] as usize] = true;
        index += 1;
    }
    table
};

/// Returns the class of a byte.
#[inline]
pub fn class(byte: u8) -> u8 {
    CLASS[byte as usize]
}

/// Tells whether a byte belongs to a word (`[A-Za-z0-9_]`).
#[inline]
pub fn is_word(byte: u8) -> bool {
    class(byte) & WORD != 0
}

/// Tells whether a byte may be part of base64, standard or URL-safe, padding excluded.
#[inline]
pub fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

/// A text whose every offset can be read.
#[derive(Clone, Copy)]
pub struct Text<'a> {
    bytes: &'a [u8],
}

impl<'a> Text<'a> {
    /// Reads a text.
    #[inline]
    pub fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    /// Bytes of the text.
    #[allow(clippy::len_without_is_empty, reason = "an empty text reads as any other: as NUL")]
    #[inline]
    pub fn len(self) -> usize {
        self.bytes.len()
    }

    /// The byte at `at`, NUL outside the text.
    #[inline]
    pub fn at(self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// The byte `distance` before `at`, NUL before the text.
    #[inline]
    pub fn before(self, at: usize, distance: usize) -> u8 {
        at.checked_sub(distance).map_or(0, |index| self.at(index))
    }

    /// The bytes of a range, empty where the range is not inside the text.
    #[inline]
    pub fn slice(self, start: usize, end: usize) -> &'a [u8] {
        self.bytes.get(start..end.min(self.bytes.len())).unwrap_or(&[])
    }

    /// Tells whether the bytes at `at` are the wanted ones.
    #[inline]
    pub fn starts_with(self, at: usize, wanted: &[u8]) -> bool {
        self.bytes.get(at..at + wanted.len()) == Some(wanted)
    }

    /// As [`Text::starts_with`], ASCII letters without their case.
    #[inline]
    pub fn starts_with_ignoring_case(self, at: usize, wanted: &[u8]) -> bool {
        self.bytes.get(at..at + wanted.len()).is_some_and(|found| found.eq_ignore_ascii_case(wanted))
    }

    /// The first offset from `start` whose byte is not wanted, at most `max` further.
    #[inline]
    pub fn run(self, start: usize, max: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let bytes = self.slice(start, start.saturating_add(max));
        start + bytes.iter().position(|byte| !wanted(*byte)).unwrap_or(bytes.len())
    }

    /// The first offset of the wanted bytes that end at `end`, at most `max` before it.
    #[inline]
    pub fn run_back(self, end: usize, max: usize, wanted: impl Fn(u8) -> bool) -> usize {
        let floor = end.saturating_sub(max);
        let bytes = self.slice(floor, end);
        bytes.iter().rposition(|byte| !wanted(*byte)).map_or(floor, |at| floor + at + 1).min(end)
    }

    /// The first place of `needle` in the `max` bytes from `start`.
    #[inline]
    pub fn find(self, start: usize, max: usize, needle: &[u8]) -> Option<usize> {
        let hay = self.slice(start, start.saturating_add(max));
        hay.windows(needle.len()).position(|window| window == needle).map(|at| start + at)
    }

    /// The part of the same line that lies in the `max` bytes before `at`.
    #[inline]
    pub fn line_before(self, at: usize, max: usize) -> &'a [u8] {
        self.slice(self.run_back(at, max, |byte| byte != b'\n'), at)
    }

    /// Tells whether one of the words occurs in the same line in the `max` bytes before `at`.
    #[inline]
    pub fn line_before_holds(self, at: usize, max: usize, words: &Words) -> bool {
        words.occur_in(self.line_before(at, max))
    }

    /// Tells whether the [`HELD_BEFORE_BYTES`] before `at` may hold one of two words of four small letters, in any case: at little
    /// cost, sixteen places at a time.
    #[inline]
    pub fn may_hold_before(self, at: usize, words: [&[u8; 4]; 2]) -> bool {
        let view =
            at.checked_sub(HELD_BEFORE_BYTES).and_then(|from| self.slice(from, at).first_chunk::<HELD_BEFORE_BYTES>());
        let window = |view: &[u8; HELD_BEFORE_BYTES], from: usize| {
            view.get(from..).and_then(|part| part.first_chunk()).is_none_or(|part| holds_four(part, words))
        };
        // The fourth letter of the last place is the last byte.
        view.is_none_or(|view| [0, 16, 29].into_iter().any(|from| window(view, from)))
    }

    /// Where the word before `at` ends, over at most four blanks, quotes and key separators; `at` if there are none.
    #[inline]
    pub fn word_end_before(self, at: usize) -> usize {
        self.run_back(at, 4, |byte| BEHIND_NAME[usize::from(byte)])
    }

    /// The word before `at`, over at most four blanks, quotes and key separators.
    #[inline]
    pub fn word_before(self, at: usize) -> &'a [u8] {
        let end = self.word_end_before(at);
        if end == at {
            return &[];
        }
        self.slice(self.run_back(end, 24, is_word), end)
    }
}

/// Tells whether one of two words of four letters begins at one of sixteen places.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
fn holds_four(window: &[u8; 19], words: [&[u8; 4]; 2]) -> bool {
    let mut found = 0;
    for at in 0..16 {
        for word in words {
            let mut equal = u8::MAX;
            for letter in 0..4 {
                equal &= if window[at + letter] | 0x20 == word[letter] { u8::MAX } else { 0 };
            }
            found |= equal;
        }
    }
    found != 0
}

/// A search that remembers its last answer, so that asking for the same place again and again costs one pass.
///
/// Without it a text like `password=password=…` would be read to its end from each of its keys.
pub struct NextHit {
    search: fn(Text<'_>, usize, usize) -> usize,
    from: usize,
    hit: usize,
}

/// Makes a [`NextHit`] of a question of the place alone: `next_hit!(|text, at| text.at(at) == b'"')`.
///
/// The loop is made with the question in it, since many texts are little else than such searches.
#[macro_export]
macro_rules! next_hit {
    (|$text:ident, $at:ident| $stops:expr) => {
        $crate::text::NextHit::new(|$text, from, until| {
            let mut $at = from;
            while $at < until && !$stops {
                $at += 1;
            }
            $at
        })
    };
}

impl NextHit {
    /// Remembers what `search` finds in the range that it is given, or else its end.
    pub const fn new(search: fn(Text<'_>, usize, usize) -> usize) -> Self {
        Self { search, from: 1, hit: 0 }
    }

    /// The first offset from `start` where the search stops, the end of the text if it does not.
    #[inline]
    pub fn from(&mut self, text: Text<'_>, start: usize) -> usize {
        if self.from <= start && start <= self.hit {
            return self.hit;
        }
        // A question from just before the known stretch only reads up to it.
        let known = start < self.from && self.from <= self.hit;
        let until = if known { self.from } else { text.len().max(start) };
        let found = (self.search)(text, start, until);
        if !(known && found == until) {
            self.hit = found;
        }
        self.from = start;
        self.hit
    }
}

/// A set of byte pairs, built at compile time: the cheap question before an expensive one.
pub struct PairSet([u64; 16]);

impl PairSet {
    const fn slot(first: u8, second: u8) -> usize {
        ((first as usize & 31) << 5) | (second as usize & 31)
    }

    /// A set of nothing.
    pub const fn empty() -> Self {
        Self([0; 16])
    }

    /// Adds a pair; letters count without case, and different pairs may share a slot.
    pub const fn with(mut self, first: u8, second: u8) -> Self {
        let slot = Self::slot(first, second);
        self.0[slot / 64] |= 1 << (slot % 64);
        self
    }

    /// Both sets in one.
    pub const fn or(mut self, other: &Self) -> Self {
        let mut index = 0;
        while index < self.0.len() {
            self.0[index] |= other.0[index];
            index += 1;
        }
        self
    }

    /// Tells whether the pair may be in the set.
    #[inline]
    pub fn may_hold(&self, first: u8, second: u8) -> bool {
        let slot = Self::slot(first, second);
        self.0[slot / 64] & (1 << (slot % 64)) != 0
    }
}

/// A list of words that are compared and searched for without case.
pub struct Words {
    words: &'static [&'static [u8]],
    beginnings: PairSet,
}

impl Words {
    /// Words of two bytes or more.
    pub const fn new(words: &'static [&'static [u8]]) -> Self {
        let mut beginnings = PairSet::empty();
        let mut index = 0;
        while index < words.len() {
            beginnings = beginnings.with(words[index][0], words[index][1]);
            index += 1;
        }
        Self { words, beginnings }
    }

    /// The last two letters of each.
    #[must_use]
    pub const fn ends(&self) -> PairSet {
        let mut ends = PairSet::empty();
        let mut index = 0;
        while index < self.words.len() {
            let word = self.words[index];
            ends = ends.with(word[word.len() - 2], word[word.len() - 1]);
            index += 1;
        }
        ends
    }

    /// Tells whether a word is in the list.
    #[inline]
    pub fn hold(&self, word: &[u8]) -> bool {
        matches!(word, [first, second, ..] if self.beginnings.may_hold(*first, *second))
            && self.words.iter().any(|known| word.eq_ignore_ascii_case(known))
    }

    /// Tells whether one of the list occurs in a line.
    fn occur_in(&self, line: &[u8]) -> bool {
        let may_begin = |(_, pair): &(usize, &[u8; 2])| self.beginnings.may_hold(pair[0], pair[1]);
        line.array_windows::<2>().enumerate().filter(may_begin).any(|(from, _)| {
            let rest = line.get(from..).unwrap_or(&[]);
            self.words.iter().any(|word| rest.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word)))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn two_words_are_seen_wherever_they_stand(
            lead in "[a-g ]{0,60}", word in prop::sample::select(vec!["ersi", "GRAD", "grae", ""]), tail in "[a-g ]{0,60}"
        ) {
            let text = format!("{lead}{word}{tail}");
            let at = text.len();
            let reach = text.as_bytes()[at.saturating_sub(48)..].to_ascii_lowercase();
            let holds = reach.windows(4).any(|four| four == b"ersi" || four == b"grad");
            let may_hold = Text::new(&text).may_hold_before(at, [b"ersi", b"grad"]);
            // Where less stands before, nothing is told.
            prop_assert_eq!(may_hold, holds || at < 48);
        }
    }
}
