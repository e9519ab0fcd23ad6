//! Which words and signs of a block may matter: arithmetic on the masks of 64 bytes, and what goes on from the block before.
//!
//! Owns: words as runs of bits, and the conditions of [`crate::words::Visit`] as masks. Must not know: the text, any rule.
//! Invariant: blocks leave no seam: what a block needs of the one before is carried, what it needs of the next counts as
//! there.

use crate::masks::Masks;

/// What one block tells.
pub(crate) struct Plan {
    /// The first byte of each word.
    pub(crate) starts: u64,
    /// One past the last byte of words to be shown.
    pub(crate) shown: u64,
    /// One past the last byte of words to be shown if they end as the visitor wants.
    pub(crate) perhaps: u64,
    /// One past the last byte of words of digits.
    pub(crate) digits: u64,
    /// The signs that may join the word before them to others.
    pub(crate) joints: u64,
    /// Behind digits.
    pub(crate) digit_before: u64,
    /// The signs to be shown.
    pub(crate) signs: u64,
}

/// What goes on from one block into the next.
#[derive(Default)]
pub(crate) struct Carry {
    before: Masks,
    /// Bytes that are at least the second, the fourth and so on of their word.
    second: u64,
    fourth: u64,
    seventh: u64,
    eighth: u64,
    sixteenth: u64,
    /// What is known of the word that the block ended in.
    digits: bool,
    number: bool,
    chosen: bool,
}

/// The mask as seen from `distance` bytes before; what lies in the next block counts as set.
const fn ahead(mask: u64, distance: u32) -> u64 {
    mask >> distance | !(u64::MAX >> distance)
}

/// The mask as seen from `distance` bytes behind, with that of the block before.
const fn behind(mask: u64, before: u64, distance: u32) -> u64 {
    mask << distance | before >> (64 - distance)
}

/// One past the end of each run of `runs` whose first byte is in `firsts`; `open` tells of a run from the block before,
/// and in the end of one that goes on into the next.
#[inline]
fn ends_of(runs: u64, firsts: u64, open: &mut bool) -> u64 {
    // A one added to the first of a run of ones carries to behind its last.
    let (sum, over) = runs.overflowing_add(firsts);
    let (sum, over_again) = sum.overflowing_add(u64::from(*open));
    *open = over | over_again;
    sum & !runs
}

impl Carry {
    /// Plans a block; `chosen` names words to be shown by their first byte.
    #[inline]
    pub(crate) fn plan<const JOINED: bool>(&mut self, masks: &Masks, chosen: impl FnOnce(u64) -> u64) -> Plan {
        let before = self.before;
        let Masks { word, digit, .. } = *masks;
        let digit_before = behind(digit, before.digit, 1);
        let dot_before = behind(masks.dot, before.dot, 1);
        let hyphen_before = behind(masks.hyphen, before.hyphen, 1);
        let edges = word ^ behind(word, before.word, 1);
        let (starts, ends) = (edges & word, edges & !word);

        let second = word & behind(word, before.word, 1);
        let fourth = second & behind(second, self.second, 2);
        let seventh = fourth & behind(fourth, self.fourth, 3);
        let eighth = fourth & behind(fourth, self.fourth, 4);
        let sixteenth = eighth & behind(eighth, self.eighth, 8);
        let of_seven = behind(seventh, self.seventh, 1);
        let of_sixteen = behind(sixteenth, self.sixteenth, 1);

        let escaped = behind(masks.mark, before.mark, 1) | behind(masks.escape, before.escape, 2);
        let goes_on = (dot_before | hyphen_before) & behind(digit, before.digit, 2);
        let mut certain = escaped;
        let (mut joints, mut signs) = (0, masks.mark | masks.hyphen & ahead(masks.hyphen, 1) & !hyphen_before);
        let mut number_goes_on = of_seven;
        if JOINED {
            let letters = word & !digit;
            // Two letters and two digits.
            let account = letters & ahead(letters, 1) & ahead(digit, 2) & ahead(digit, 3);
            let plus = behind(masks.plus, before.plus, 1) & digit;
            certain |= account | dot_before & letters | plus;
            joints = joints_of(masks, digit_before);
            signs |= masks.colon & ahead(masks.colon | masks.slash, 1);
            number_goes_on |= masks.gap & (ahead(digit, 1) | ahead(digit, 2));
        }
        let certain = starts & certain;
        let digits = ends_of(digit, starts & digit, &mut self.digits) & ends;
        let numbers = ends_of(word, starts & !goes_on, &mut self.number) & digits & number_goes_on;
        let chosen = ends_of(word, certain | chosen(starts & !certain), &mut self.chosen) & ends;

        self.before = *masks;
        (self.second, self.fourth, self.seventh) = (second, fourth, seventh);
        (self.eighth, self.sixteenth) = (eighth, sixteenth);
        Plan {
            starts,
            shown: joints & ends | numbers | chosen | of_sixteen & ends & !digits,
            perhaps: ends & !digits & masks.value,
            digits,
            joints,
            digit_before,
            signs,
        }
    }
}

/// The signs that may join words of an address.
#[inline]
fn joints_of(masks: &Masks, digit_before: u64) -> u64 {
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
