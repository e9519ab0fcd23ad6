//! The one pass over a text: which of its words and signs anybody should look at.
//!
//! Owns: turning 64 bytes at a time into bit masks, and the loop over their bits. Must not know: any rule.
//! Invariants: of a word that a rule may want nothing is left out, and one that is shown needs no reason; words come in
//! order; blocks leave no seam.

use crate::grams::Grams;
use crate::text::Text;
/// What a pass is shown, and the tables that choose it.
pub trait Visit {
    /// The first three letters of words to be shown.
    const HEADS: Option<&'static Grams>;
    /// The last three letters of words to be shown; with them, words with a digit at their end before a value.
    const TAILS: Option<&'static Grams>;
    /// Whether words are shown for what joins them to others, for a dot before them, for the form of an account number
    /// and for digits of a longer number; else digits are shown from seven on.
    const JOINED: bool;

    /// A word (`[A-Za-z0-9_]+`, as long as it goes).
    ///
    /// Shown are words in the tables, with an escape before them, with a digit at their end before a sign of
    /// [`Word::opens_value`], of 16 bytes or more, joined to others, behind a dot, that begin as `GB29` does, and of
    /// digits that may be a part of a longer number.
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

/// Bytes looked at together.
const BLOCK: usize = 64;
/// Bytes of the text on each side of a block that are at hand with it.
const MARGIN: usize = 4;
const VIEW: usize = MARGIN + BLOCK + MARGIN;
/// A word this long is always shown.
const LONG: usize = 16;

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

/// One bit per byte of a block, the first byte's the lowest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Masks {
    /// `[A-Za-z0-9_]`
    word: u64,
    digit: u64,
    colon: u64,
    /// `/` and `\`
    slash: u64,
    hyphen: u64,
    dot: u64,
    plus: u64,
    /// Blanks, `-`, `.`, `/` and `)`, which stand between the groups of a number.
    gap: u64,
    /// The escape character of terminals.
    escape: u64,
    /// `@ $ % & \ ~` and the first bytes of characters that are read as others: `C2 E2 EF`.
    mark: u64,
}

/// The mask as seen from `distance` bytes before; what lies in the next block counts as set.
const fn ahead(mask: u64, distance: u32) -> u64 {
    mask >> distance | !(u64::MAX >> distance)
}

/// What is known of the bytes before a block.
#[derive(Default)]
struct Before {
    masks: Masks,
}

impl Before {
    /// The mask as seen from `distance` bytes behind.
    #[inline]
    fn behind(&self, mask: u64, of: fn(&Masks) -> u64, distance: u32) -> u64 {
        mask << distance | of(&self.masks) >> (64 - distance)
    }
}

/// Where in a block the words are and which of them are to be shown.
struct Plan {
    /// The first byte of each word and the first behind it.
    edges: u64,
    /// What is no digit, in words.
    letters: u64,
    /// Starts of words that are shown whatever they hold.
    starts: u64,
    /// Starts of words of digits that no number goes on in.
    numbers: u64,
    /// Starts behind a plus.
    plus: u64,
    /// Ends of digits with more of them in reach.
    gaps: u64,
    /// Ends of words that may be joined to others.
    joints: u64,
    /// Ends of words whose last byte is a digit.
    digit_ends: u64,
    signs: u64,
}

impl Plan {
    #[inline]
    fn new<V: Visit>(masks: &Masks, before: &Before) -> Self {
        let digit_before = before.behind(masks.digit, |m| m.digit, 1);
        let dot_before = before.behind(masks.dot, |m| m.dot, 1);
        let hyphen_before = before.behind(masks.hyphen, |m| m.hyphen, 1);
        let edges = masks.word ^ before.behind(masks.word, |m| m.word, 1);
        let starts = edges & masks.word;
        let letters = masks.word & !masks.digit;
        // Two letters and two digits.
        let account = letters & ahead(letters, 1) & ahead(masks.digit, 2) & ahead(masks.digit, 3);
        let escaped = before.behind(masks.mark, |m| m.mark, 1) | before.behind(masks.escape, |m| m.escape, 2);
        let label = dot_before & letters;
        let goes_on = (dot_before | hyphen_before) & before.behind(masks.digit, |m| m.digit, 2);
        Self {
            edges,
            letters,
            starts: starts & (if V::JOINED { account | label | escaped } else { escaped }),
            numbers: starts & !goes_on,
            plus: if V::JOINED { before.behind(masks.plus, |m| m.plus, 1) } else { 0 },
            gaps: if V::JOINED { masks.gap & (ahead(masks.digit, 1) | ahead(masks.digit, 2)) } else { 0 },
            joints: if V::JOINED { joints(masks, digit_before) } else { 0 },
            digit_ends: digit_before,
            signs: masks.mark
                | (if V::JOINED { masks.colon & ahead(masks.colon | masks.slash, 1) } else { 0 })
                | masks.hyphen & ahead(masks.hyphen, 1) & !hyphen_before,
        }
    }
}

/// The signs that may join words of an address.
#[inline]
fn joints(masks: &Masks, digit_before: u64) -> u64 {
    /// Whether one follows within five bytes: a group of an IPv6 address has at most four.
    fn within_five(mask: u64) -> u64 {
        let one = mask >> 1;
        let two = one | one >> 1;
        two | two >> 2 | mask >> 5 | !(u64::MAX >> 5)
    }
    let colons = masks.colon & (ahead(masks.colon, 1) | within_five(masks.colon & within_five(masks.colon)));
    let hyphens = masks.hyphen & ahead(masks.hyphen, 3) & ahead(masks.hyphen, 6);
    let quads = masks.dot & ahead(masks.dot, 5);
    let inner = masks.dot & ahead(masks.digit, 1) & digit_before;
    let within_four = |mask: u64| ahead(mask, 2) | ahead(mask, 3) | ahead(mask, 4);
    let octets = inner & within_four(inner & within_four(inner));
    colons | hyphens | quads | octets
}

/// A word that began and has not ended.
struct Open {
    start: usize,
    /// Whether something else than digits was in the blocks before this one.
    letters: bool,
    shown: bool,
    /// Whether it begins as one of the table.
    head: bool,
    number: bool,
    plus: bool,
}

/// Shows the words and signs of `bytes` that may matter to `visitor`.
pub fn pass<V: Visit>(bytes: &[u8], visitor: &mut V) {
    let mut open: Option<Open> = None;
    let mut before = Before::default();
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
        let masks = masks_of(view);
        let plan = Plan::new::<V>(&masks, &before);
        before.masks = masks;
        let mut edges = plan.edges;
        let has = |mask: u64, bit: u32| mask >> bit & 1 != 0;
        if let Some(word) = &mut open {
            if edges == 0 {
                word.letters |= plan.letters != 0;
            } else {
                let to = edges.trailing_zeros();
                edges &= edges - 1;
                let end = base + to as usize;
                let digits_only = !word.letters && plan.letters & ((1 << to) - 1) == 0;
                let long = end - word.start >= LONG;
                let joined = has(plan.joints, to);
                let number = || word.number && (has(plan.gaps, to) || word.plus || end - word.start >= 7);
                let letters = || word.head || long || ends_as_wanted::<V>(view, to, has(plan.digit_ends, to));
                if word.shown || joined || (digits_only && number()) || (!digits_only && letters()) {
                    visitor.on_word(Word { start: word.start, end, digits_only, joined });
                }
                open = None;
            }
        }
        while edges != 0 {
            let from = edges.trailing_zeros();
            edges &= edges - 1;
            if edges == 0 {
                open = Some(Open {
                    start: base + from as usize,
                    letters: plan.letters >> from != 0,
                    shown: has(plan.starts, from),
                    head: begins_as_wanted::<V>(view, from),
                    number: has(plan.numbers, from),
                    plus: has(plan.plus, from),
                });
                break;
            }
            let to = edges.trailing_zeros();
            edges &= edges - 1;
            let (start, end) = (base + from as usize, base + to as usize);
            let digits_only = plan.letters & ((1 << to) - 1) & (u64::MAX << from) == 0;
            let certain = plan.starts >> from | plan.joints >> to;
            let chosen = if digits_only {
                let number = plan.numbers >> from & (plan.gaps >> to | plan.plus >> from | u64::from(end - start >= 7));
                (certain | number) & 1 != 0
            } else {
                certain & 1 != 0
                    || end - start >= LONG
                    || begins_as_wanted::<V>(view, from)
                    || ends_as_wanted::<V>(view, to, has(plan.digit_ends, to))
            };
            if chosen {
                visitor.on_word(Word { start, end, digits_only, joined: has(plan.joints, to) });
            }
        }
        let mut signs = plan.signs;
        while signs != 0 {
            let at = base + signs.trailing_zeros() as usize;
            signs &= signs - 1;
            if let Some(byte) = bytes.get(at) {
                visitor.on_sign(at, *byte);
            }
        }
        base += BLOCK;
    }
    if let Some(Open { start, .. }) = open {
        let digits_only = bytes.get(start..).is_some_and(|word| word.iter().all(u8::is_ascii_digit));
        visitor.on_word(Word { start, end: bytes.len(), digits_only, joined: false });
    }
}

/// A block and its margins where the text does not reach that far.
#[cold]
fn padded_view(bytes: &[u8], base: usize) -> [u8; VIEW] {
    let mut view = [0; VIEW];
    let from = base.saturating_sub(MARGIN);
    let skip = MARGIN.saturating_sub(base);
    let text = bytes.get(from..bytes.len().min(base + BLOCK + MARGIN)).unwrap_or(&[]);
    for (slot, byte) in view.iter_mut().skip(skip).zip(text) {
        *slot = *byte;
    }
    view
}

/// Four bytes of a view as a number.
#[inline]
fn four_at(view: &[u8; VIEW], at: usize) -> u32 {
    // Never cut: it tells the compiler that the four are there.
    let at = at.min(VIEW - 4);
    u32::from_le_bytes([view[at], view[at + 1], view[at + 2], view[at + 3]])
}

/// Tells whether the word that ends at `to` of the block ends as one of the table, or in a digit before a value.
#[inline]
fn ends_as_wanted<V: Visit>(view: &[u8; VIEW], to: u32, ends_with_digit: bool) -> bool {
    let Some(tails) = V::TAILS else { return false };
    let tail = four_at(view, to as usize + MARGIN - 3);
    let opens_value = || OPENS_VALUE.get((tail >> 24) as usize).copied().unwrap_or(true);
    tails.holds(tail) || (ends_with_digit && opens_value())
}

/// Tells whether the word that begins at `from` of the block begins as one of the table.
#[inline]
fn begins_as_wanted<V: Visit>(view: &[u8; VIEW], from: u32) -> bool {
    V::HEADS.is_some_and(|heads| heads.holds(four_at(view, from as usize + MARGIN)))
}

#[cfg(target_arch = "wasm32")]
#[target_feature(enable = "simd128")]
fn masks_of(view: &[u8; VIEW]) -> Masks {
    use core::arch::wasm32::{i8x16_bitmask, u8x16_eq, u8x16_le, u8x16_splat, u8x16_sub, u64x2, v128, v128_or};
    let mut masks = Masks::default();
    for (index, sixteen) in view[MARGIN..MARGIN + BLOCK].as_chunks::<16>().0.iter().enumerate() {
        let (halves, _) = sixteen.as_chunks::<8>();
        let [low, high] = [u64::from_le_bytes(halves[0]), u64::from_le_bytes(halves[1])];
        let bytes = u64x2(low, high);
        let is = |byte: u8| u8x16_eq(bytes, u8x16_splat(byte));
        let within = |bytes: v128, first: u8, last: u8| {
            u8x16_le(u8x16_sub(bytes, u8x16_splat(first)), u8x16_splat(last - first))
        };
        let shift = index * 16;
        let bits = |mask: v128| u64::from(i8x16_bitmask(mask)) << shift;
        let digit = within(bytes, b'0', b'9');
        let letter = within(v128_or(bytes, u8x16_splat(0x20)), b'a', b'z');
        let backslash = is(b'\\');
        masks.digit |= bits(digit);
        masks.word |= bits(v128_or(v128_or(digit, letter), is(b'_')));
        masks.colon |= bits(is(b':'));
        let (hyphen, dot, slash) = (is(b'-'), is(b'.'), is(b'/'));
        masks.hyphen |= bits(hyphen);
        masks.dot |= bits(dot);
        masks.plus |= bits(is(b'+'));
        masks.escape |= bits(is(0x1b));
        masks.gap |= bits(v128_or(v128_or(v128_or(hyphen, dot), v128_or(slash, is(b' '))), is(b')')));
        masks.slash |= bits(v128_or(slash, backslash));
        // `$`, `%` and `&` are 0x24 to 0x26.
        let marks = v128_or(v128_or(v128_or(is(b'@'), is(b'~')), backslash), within(bytes, b'$', b'&'));
        masks.mark |= bits(v128_or(marks, v128_or(is(0xc2), v128_or(is(0xe2), is(0xef)))));
    }
    masks
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn masks_of(view: &[u8; VIEW]) -> Masks {
    // SAFETY: SSE2 is a part of x86-64; there is no processor to run this on that lacks it.
    #[allow(unsafe_code)]
    unsafe {
        sse2_masks_of(view)
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "sse2")]
#[inline]
fn sse2_masks_of(view: &[u8; VIEW]) -> Masks {
    use core::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x, _mm_set1_epi8,
        _mm_sub_epi8,
    };
    let mut masks = Masks::default();
    for (index, sixteen) in view[MARGIN..MARGIN + BLOCK].as_chunks::<16>().0.iter().enumerate() {
        let (halves, _) = sixteen.as_chunks::<8>();
        let [low, high] = [i64::from_le_bytes(halves[0]), i64::from_le_bytes(halves[1])];
        let bytes = _mm_set_epi64x(high, low);
        let all = |byte: u8| _mm_set1_epi8(byte.cast_signed());
        let is = |byte: u8| _mm_cmpeq_epi8(bytes, all(byte));
        let within = |bytes: __m128i, first: u8, last: u8| {
            let from = _mm_sub_epi8(bytes, all(first));
            _mm_cmpeq_epi8(_mm_min_epu8(from, all(last - first)), from)
        };
        let shift = index * 16;
        let bits = |mask: __m128i| u64::from(_mm_movemask_epi8(mask).cast_unsigned()) << shift;
        let digit = within(bytes, b'0', b'9');
        let letter = within(_mm_or_si128(bytes, all(0x20)), b'a', b'z');
        let backslash = is(b'\\');
        masks.digit |= bits(digit);
        masks.word |= bits(_mm_or_si128(_mm_or_si128(digit, letter), is(b'_')));
        masks.colon |= bits(is(b':'));
        let (hyphen, dot, slash) = (is(b'-'), is(b'.'), is(b'/'));
        masks.hyphen |= bits(hyphen);
        masks.dot |= bits(dot);
        masks.plus |= bits(is(b'+'));
        masks.escape |= bits(is(0x1b));
        masks.gap |=
            bits(_mm_or_si128(_mm_or_si128(_mm_or_si128(hyphen, dot), _mm_or_si128(slash, is(b' '))), is(b')')));
        masks.slash |= bits(_mm_or_si128(slash, backslash));
        // `$`, `%` and `&` are 0x24 to 0x26.
        let marks = _mm_or_si128(_mm_or_si128(_mm_or_si128(is(b'@'), is(b'~')), backslash), within(bytes, b'$', b'&'));
        masks.mark |= bits(_mm_or_si128(marks, _mm_or_si128(is(0xc2), _mm_or_si128(is(0xe2), is(0xef)))));
    }
    masks
}

#[cfg(not(any(target_arch = "wasm32", target_arch = "x86_64")))]
fn masks_of(view: &[u8; VIEW]) -> Masks {
    scalar_masks_of(view)
}

/// The same byte by byte, for other processors and as what the fast forms are tested against.
#[cfg(any(test, not(any(target_arch = "wasm32", target_arch = "x86_64"))))]
fn scalar_masks_of(view: &[u8; VIEW]) -> Masks {
    let mask_of = |wanted: fn(u8) -> bool| {
        view[MARGIN..MARGIN + BLOCK]
            .iter()
            .enumerate()
            .fold(0, |mask, (index, byte)| mask | u64::from(wanted(*byte)) << index)
    };
    Masks {
        word: mask_of(crate::text::is_word),
        digit: mask_of(|byte| byte.is_ascii_digit()),
        colon: mask_of(|byte| byte == b':'),
        slash: mask_of(|byte| matches!(byte, b'/' | b'\\')),
        hyphen: mask_of(|byte| byte == b'-'),
        dot: mask_of(|byte| byte == b'.'),
        plus: mask_of(|byte| byte == b'+'),
        gap: mask_of(|byte| matches!(byte, b' ' | b'-' | b'.' | b'/' | b')')),
        escape: mask_of(|byte| byte == 0x1b),
        mark: mask_of(|byte| matches!(byte, b'@' | b'$' | b'%' | b'&' | b'~' | b'\\' | 0xc2 | 0xe2 | 0xef)),
    }
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
            let wanted = if digits_only {
                let goes_on = matches!(before(start, 1), b'-' | b'.') && digit(before(start, 2));
                let gap =
                    matches!(at(end), b' ' | b'-' | b'.' | b'/' | b')') && (digit(at(end + 1)) || digit(at(end + 2)));
                !goes_on && (gap || before(start, 1) == b'+' || word.len() >= 7)
            } else {
                word.len() >= LONG
                    || word.starts_with(b"ghp")
                    || word.ends_with(b"key")
                    || (digit(word[word.len() - 1]) && Word::opens_value(at(end)))
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
            for text in
                ["ghp_x a", "my_key=1", "10.0.0.7 ", "00:1b:44:11:3a:b7 ", "+12 34", "GB29 ", "a7= ", "%41x\\nx .com"]
            {
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

        #[test]
        fn fast_masks_are_the_plain_ones(block in prop::array::uniform32(any::<u8>())) {
            let mut bytes = [0; VIEW];
            bytes[..32].copy_from_slice(&block);
            bytes[40..].copy_from_slice(&block);
            bytes[40..].reverse();
            assert_eq!(masks_of(&bytes), scalar_masks_of(&bytes));
        }
    }
}
