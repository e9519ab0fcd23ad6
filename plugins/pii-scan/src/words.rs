//! The one pass over a text: which of its words and signs anybody should look at.
//!
//! Owns: the loop over blocks and the look into the tables of beginnings and ends. Must not know: any rule.
//! Invariants: of a word that a rule may want nothing is left out, and one that is shown needs no reason; words come in
//! order.

use crate::grams::Grams;
use crate::masks::{BLOCK, MARGIN, VIEW, four_at, masks_of, padded_view};
use crate::plan::Carry;
use crate::text::Text;

/// What a pass is shown, and the tables that choose it.
pub trait Visit {
    /// The first three letters of words to be shown.
    const HEADS: Option<&'static Grams>;
    /// The last three letters of words to be shown before what may stand between a name and its value; before a sign of
    /// [`Word::opens_value`] a number of at most [`NUMBER_MAX_BYTES`] may stand behind them.
    const TAILS: Option<&'static Grams>;
    /// Whether words are shown for what joins them to others, for a dot before them, for the form of an account number
    /// and for digits of a longer number; else digits are shown from seven on.
    const JOINED: bool;

    /// A word (`[A-Za-z0-9_]+`, as long as it goes).
    ///
    /// Shown are words in the tables, with an escape before them, of 16 bytes or more, joined to others, behind a dot,
    /// that begin as `GB29` does, and of digits that may be a part of a longer number.
    fn on_word(&mut self, word: Word);
    /// A sign outside words: `@ $ % & \ ~`, a colon before one of `: / \`, the first of two hyphens, a byte of `C2 E2 EF`.
    fn on_sign(&mut self, at: usize, byte: u8);
}

/// A word and what the masks tell about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Its first byte.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// Whether it holds digits only.
    pub digits_only: bool,
    /// Whether the sign behind it may join it to more words of an address: a colon before two more in reach or before
    /// another colon, a hyphen before two more at a distance of three, a dot before another at five, or before two
    /// more with digits around them. True without need near the end of a block, false only where it cannot be.
    pub joined: bool,
}

impl Word {
    /// Tells whether a byte behind a name may open its value.
    #[inline]
    pub const fn opens_value(next: u8) -> bool {
        matches!(next, b'=' | b':' | b'"' | b'\'' | b'\\' | b'`' | b'>' | b'%' | b']')
    }
}

/// The word without the end of an escape that it begins with: `%3D`, `\n`, `\u0022`, `ESC[31m`; none if nothing is left.
#[inline]
pub fn without_escape(text: Text<'_>, word: Word) -> Option<Word> {
    if !matches!(text.before(word.start, 1), b'%' | b'\\' | b'[') {
        return Some(word);
    }
    let start = word.start + escape_len(text, word.start, word.end);
    let digits_only = || text.slice(start, word.end).iter().all(u8::is_ascii_digit);
    (start < word.end).then(|| Word { start, digits_only: word.digits_only || digits_only(), ..word })
}

/// How many bytes of a word belong to an escape before it.
pub fn escape_len(text: Text<'_>, start: usize, end: usize) -> usize {
    let first = text.at(start);
    match text.before(start, 1) {
        b'%' if first.is_ascii_hexdigit() && text.at(start + 1).is_ascii_hexdigit() => 2,
        b'\\' if first == b'u' && text.run(start + 1, 4, |byte| byte.is_ascii_hexdigit()) == start + 5 => 5,
        b'\\' if matches!(first, b'n' | b'r' | b't') => 1,
        b'[' if text.before(start, 2) == 0x1b => {
            let digits = text.run(start, 4, |byte| byte.is_ascii_digit());
            if digits < end && text.at(digits) == b'm' { digits + 1 - start } else { 0 }
        }
        _ => 0,
    }
}

/// The longest number behind a name.
pub const NUMBER_MAX_BYTES: usize = 3;

static OPENS_VALUE: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0u8;
    loop {
        table[byte as usize] = Word::opens_value(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// Shows the words and signs of `bytes` that may matter to `visitor`.
#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
pub fn pass<V: Visit>(bytes: &[u8], visitor: &mut V) {
    if V::JOINED { blocks::<V, true>(bytes, visitor) } else { blocks::<V, false>(bytes, visitor) }
}

#[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
#[inline]
fn blocks<V: Visit, const JOINED: bool>(bytes: &[u8], visitor: &mut V) {
    let mut carry = Carry::default();
    // Where the last word began that did, and whether it may go on.
    let mut open = 0;
    let mut in_word = false;
    let mut base = 0;
    while base < bytes.len() {
        let padded;
        let view = match base.checked_sub(MARGIN).and_then(|from| bytes.get(from..)?.first_chunk::<VIEW>()) {
            Some(view) => view,
            None => {
                padded = padded_view(bytes, base);
                &padded
            }
        };
        let masks = masks_of::<JOINED>(view);
        let plan = carry.plan::<JOINED>(&masks, |starts| begin_as_wanted::<V>(view, starts));
        let mut ends = if V::TAILS.is_some() { plan.shown | plan.perhaps } else { plan.shown };
        while ends != 0 {
            let to = ends.trailing_zeros();
            ends &= ends - 1;
            let has = |mask: u64| mask >> to & 1 != 0;
            if !has(plan.shown) && !ends_as_wanted::<V>(view, to, has(plan.digit_before)) {
                continue;
            }
            let begun = plan.starts & ((1 << to) - 1);
            let start = if begun == 0 { open } else { base + 63 - begun.leading_zeros() as usize };
            let end = base + to as usize;
            visitor.on_word(Word { start, end, digits_only: has(plan.digits), joined: has(plan.joints) });
        }
        let mut signs = plan.signs;
        while signs != 0 {
            let at = base + signs.trailing_zeros() as usize;
            signs &= signs - 1;
            if let Some(byte) = bytes.get(at) {
                visitor.on_sign(at, *byte);
            }
        }
        in_word = masks.word >> 63 != 0;
        if plan.starts != 0 {
            open = base + 63 - plan.starts.leading_zeros() as usize;
        }
        base += BLOCK;
    }
    if in_word {
        let digits_only = bytes.get(open..).is_some_and(|word| word.iter().all(u8::is_ascii_digit));
        visitor.on_word(Word { start: open, end: bytes.len(), digits_only, joined: false });
    }
}

/// Tells whether the word that ends at `to` of the block ends as one of the table, or so before its number and a value.
#[inline]
fn ends_as_wanted<V: Visit>(view: &[u8; VIEW], to: u32, ends_with_digit: bool) -> bool {
    let Some(tails) = V::TAILS else { return false };
    let end = to as usize + MARGIN;
    if !ends_with_digit {
        return tails.holds(four_at(view, end - 3));
    }
    let opens_value = view.get(end).is_none_or(|next| OPENS_VALUE.get(usize::from(*next)).copied().unwrap_or(true));
    opens_value && tails.holds(four_at(view, number_start(view, end) - 3))
}

/// Where the number of a name begins that ends at `end` of a view: `password2`, `API_KEY_1`.
#[inline]
fn number_start(view: &[u8; VIEW], end: usize) -> usize {
    let in_number = |back: usize| matches!(view.get(end - back), Some(b'0'..=b'9' | b'_'));
    let digits = (1..=NUMBER_MAX_BYTES).take_while(|back| in_number(*back)).count();
    end - digits
}

/// Which of the words that begin at `starts` of the block begin as one of the table.
#[inline]
fn begin_as_wanted<V: Visit>(view: &[u8; VIEW], mut starts: u64) -> u64 {
    let Some(heads) = V::HEADS else { return 0 };
    let mut chosen = 0;
    while starts != 0 {
        let from = starts.trailing_zeros();
        if heads.holds(four_at(view, from as usize + MARGIN)) {
            chosen |= 1 << from;
        }
        starts &= starts - 1;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::is_word;

    static HEADS: Grams = Grams::empty().with(*b"ghp");
    static TAILS: Grams = Grams::empty().with(*b"key");

    #[derive(Default)]
    struct Seen {
        words: Vec<Word>,
        signs: Vec<(usize, u8)>,
    }

    impl Visit for Seen {
        const JOINED: bool = true;
        const HEADS: Option<&'static Grams> = Some(&HEADS);
        const TAILS: Option<&'static Grams> = Some(&TAILS);

        fn on_word(&mut self, word: Word) {
            self.words.push(word);
        }
        fn on_sign(&mut self, at: usize, byte: u8) {
            self.signs.push((at, byte));
        }
    }

    /// The words, byte by byte.
    fn words_of(bytes: &[u8]) -> Vec<(usize, usize, bool)> {
        let mut words = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let len = bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
            if len > 0 {
                words.push((at, at + len, bytes[at..at + len].iter().all(u8::is_ascii_digit)));
            }
            at += len.max(1);
        }
        words
    }

    fn agrees(bytes: &[u8]) {
        let mut seen = Seen::default();
        pass(bytes, &mut seen);
        let words = words_of(bytes);
        assert!(seen.words.is_sorted_by_key(|word| word.start));
        for word in &seen.words {
            assert!(words.contains(&(word.start, word.end, word.digits_only)), "{word:?}");
        }
        let at = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let before = |at: usize, distance: usize| at.checked_sub(distance).map_or(0, |at| bytes[at]);
        for (start, end, digits_only) in words {
            let word = &bytes[start..end];
            let digit = |byte: u8| byte.is_ascii_digit();
            let numbered = |word: &[u8]| {
                let number = word.iter().rev().take(3).take_while(|byte| digit(**byte) || **byte == b'_').count();
                word[..word.len() - number].ends_with(b"key") && digit(word[word.len() - 1])
            };
            let wanted = if digits_only {
                let goes_on = matches!(before(start, 1), b'-' | b'.') && digit(before(start, 2));
                let gap =
                    matches!(at(end), b' ' | b'-' | b'.' | b'/' | b')') && (digit(at(end + 1)) || digit(at(end + 2)));
                !goes_on && (gap || before(start, 1) == b'+' || word.len() >= 7)
            } else {
                word.len() >= 16
                    || word.starts_with(b"ghp")
                    || (word.ends_with(b"key") && matches!(at(end), b' ' | b'\n' | b'=' | b':' | b'"'))
                    || (Word::opens_value(at(end)) && numbered(word))
                    || matches!(before(start, 1), b'%' | b'\\')
                    || (before(start, 1) == b'.' && !digit(word[0]))
            };
            let shown = seen.words.iter().find(|word| word.start == start);
            assert!(!wanted || shown.is_some(), "{start}..{end}");
            let clock = at(end) == b':' && at(end + 3) == b':' && at(end + 6) == b':';
            let quad = digits_only && at(end) == b'.' && bytes[end..].starts_with(b".0.0.7");
            assert!(!(clock || quad) || shown.is_some_and(|word| word.joined), "{start}..{end}");
        }
        for (index, byte) in bytes.iter().enumerate() {
            let next = at(index + 1);
            let wanted = match byte {
                b'@' | b'$' | b'%' | b'&' | b'~' | b'\\' | 0xc2 | 0xe2 | 0xef => true,
                b':' => matches!(next, b':' | b'/' | b'\\'),
                b'-' => next == b'-' && before(index, 1) != b'-',
                _ => false,
            };
            assert!(!wanted || seen.signs.contains(&(index, *byte)), "{byte} at {index}");
        }
    }

    #[test]
    fn words_across_blocks_are_whole() {
        for length in [1, 63, 64, 65, 127, 128, 129, 300] {
            for lead in [0, 1, 62, 63, 64, 65] {
                let lead = " ".repeat(lead);
                let digits = "7".repeat(length);
                agrees(format!("{lead}{digits}").as_bytes());
                agrees(format!("{lead}{digits}x ").as_bytes());
                agrees(format!("{lead}x{digits}--::/ @").as_bytes());
                agrees(format!("{lead}{digits}key=").as_bytes());
            }
        }
    }

    #[test]
    fn what_opens_something_is_seen_wherever_the_block_ends() {
        for lead in 0..130 {
            let lead = " ".repeat(lead);
            for text in [
                "ghp_x a",
                "my_key=1",
                "10.0.0.7 ",
                "00:1b:44:11:3a:b7 ",
                "+12 34",
                "GB29 ",
                "api_key_17= ",
                "%41x\\nx .com",
            ] {
                agrees(format!("{lead}{text}").as_bytes());
            }
        }
    }

    proptest! {
        #[test]
        fn the_pass_agrees_with_a_plain_loop(bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"a77 :-/.%+k".to_vec())], 0..400
        )) {
            agrees(&bytes);
        }
    }
}
