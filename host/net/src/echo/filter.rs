//! Skips what can't be the beginning of a secret, four bytes at a look, whatever the number of secrets.
//!
//! Invariant: every place where a form begins, under any escapes, is a candidate. What is a candidate need not be one:
//! the exact comparison follows.
//!
//! The *gram* of a place is the first four bytes that are read from it, escapes undone. All grams that forms begin with
//! are in a set; a place is a candidate if its gram is. Where the reading isn't known (the text ends; or an escape that
//! can as well be read as it stands, since a form has its lead), the rest of the gram is [`UNKNOWN`], and such grams are
//! in the set for every form. They are rare, and would be most of it: the places before are looked at one by one.
//!
//! Only every second place is looked at: the hashed set also has the grams that follow with the second byte of each
//! form. Where a step leads from a place that isn't looked at to another such, every place is. Only where something is
//! found are all places around looked at in the set itself.
//!
//! SIMD search for substrings (Teddy) was not taken: with all cases and alphabets there are more beginnings than it has
//! room for, and it knows no escapes.

use std::array;
use std::collections::BTreeSet;

use fearless_simd::Level;
use zeroize::Zeroizing;

use super::escape::LEADS;
use super::lanes::{LOOKS, Undone};
use super::needle::Needle;
use super::reading::{Block, Halves, plain};

/// Bytes of a gram. No form is shorter.
pub(super) const GRAM_BYTES: usize = 4;
/// A byte of a gram that isn't known, and with it all that follow. No secret holds it, since it is not in UTF-8.
pub(super) const UNKNOWN: u8 = 0xff;
/// A gram of which nothing is known.
const ALL_UNKNOWN: u32 = u32::from_le_bytes([UNKNOWN; GRAM_BYTES]);
/// A byte that no form holds, since it is not in UTF-8, and is not [`UNKNOWN`].
pub(super) const NO_BYTE: u8 = 0xfe;
/// Set in every byte of a gram, so that letters are equal in both cases, of which hex has any mixture.
pub(super) const CASE: u8 = 0x20;
/// Places of the hashed set, a byte each, which are quicker to look at than bits.
const HASHES: usize = 1 << 16;
/// What the halves of a gram are multiplied with: odd, so that no two of one half fall together.
const NEAR: u16 = 0x9e37;
const FAR: u16 = 0x79b1;

/// The grams that forms begin with.
pub(super) struct Filter {
    /// Whether a gram that is known may be in the set, or be that behind the first byte of a form, by its hash.
    hashed: Box<[u8; HASHES]>,
    /// The set, sorted.
    grams: Zeroizing<Vec<u32>>,
    /// Bytes that a form can begin with.
    begins: [bool; 256],
    undone: Undone,
    level: Level,
    /// Every place is to be looked at: behind the first byte of a form there are too few for a gram.
    every: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Filter {
    pub(super) fn new(needles: &[Needle]) -> Self {
        let (mut begins, mut has) = ([false; 256], [false; 256]);
        let (mut grams, mut whole) = (Zeroizing::new(Vec::new()), Zeroizing::new(Vec::new()));
        for needle in needles {
            debug_assert!(needle.bytes.len() >= GRAM_BYTES, "no form is shorter");
            for (place, &wanted) in needle.bytes.iter().take(GRAM_BYTES + 1).enumerate() {
                has[usize::from(wanted)] = true;
                if place == 0 {
                    spellings(needle, wanted).for_each(|byte| begins[usize::from(byte)] = true);
                }
            }
            let beginning = spell(needle, 0, &mut grams);
            grams.extend_from_slice(&beginning);
            whole.extend_from_slice(&beginning);
            whole.append(&mut spell(needle, 1, &mut Zeroizing::new(Vec::new())));
        }
        if !needles.is_empty() {
            LEADS.iter().for_each(|&lead| begins[usize::from(lead)] = true);
        }
        grams.sort_unstable();
        grams.dedup();
        let mut hashed = Box::new([0; HASHES]);
        whole.iter().for_each(|&gram| hashed[usize::from(hash_of(gram))] = 1);
        let every = needles.iter().any(|needle| needle.bytes.len() == GRAM_BYTES);
        let undone = Undone::new(|byte| has[usize::from(byte)]);
        Self { hashed, grams, begins, undone, level: Level::new(), every }
    }

    /// The vector instructions that this processor has.
    pub(super) fn level(&self) -> Level {
        self.level
    }

    /// Keeps to the instructions that every processor of this kind has.
    #[cfg(test)]
    pub(super) fn on_any_processor(&mut self) {
        self.level = Level::baseline();
    }

    /// How escapes are to be undone.
    pub(super) fn undone(&self) -> Undone {
        self.undone
    }

    /// Whether a form may begin at one of sixteen places without escapes, or right before.
    #[inline(always)]
    pub(super) fn may_hold_plain(&self, text: &[u8; LOOKS + GRAM_BYTES - 1]) -> bool {
        let ([even @ .., _], [_, uneven @ ..]) = (text, text);
        self.may_hold(plain(even)) || (self.every && self.may_hold(plain(uneven)))
    }

    /// The places of such a block at which, or right before which, a form may begin; the last may be told twice.
    pub(super) fn plain_hits(&self, text: &[u8; LOOKS + GRAM_BYTES - 1]) -> impl DoubleEndedIterator<Item = usize> {
        let [even @ .., _] = text;
        let [near, far] = plain(even);
        let hit = move |half: usize| self.hashed[usize::from(hash(near[half], far[half]))] != 0;
        let hits = (0..LOOKS / 2).filter(move |&half| self.every || hit(half)).map(|half| 2 * half);
        // What would tell of the last place is in the next block.
        hits.chain([LOOKS - 1])
    }

    /// Whether a form may begin at one of sixteen places, or before where the reading goes on with one of them.
    #[inline(always)]
    pub(super) fn may_hold_block(&self, block: Block<'_>) -> bool {
        self.may_hold(block.even()) || ((self.every || block.is_uneven()) && self.may_hold_uneven(block))
    }

    #[inline(always)]
    fn may_hold_uneven(&self, block: Block<'_>) -> bool {
        self.may_hold(block.uneven())
    }

    #[inline(always)]
    fn may_hold(&self, [near, far]: Halves) -> bool {
        let hashes: [u16; LOOKS / 2] = array::from_fn(|n| hash(near[n], far[n]));
        hashes.iter().fold(0, |any, &hash| any | self.hashed[usize::from(hash)]) != 0
    }

    /// Whether a place with this byte and this gram is a candidate.
    pub(super) fn holds(&self, byte: u8, gram: u32) -> bool {
        let may_hold = !is_known(gram) || self.hashed[usize::from(hash_of(gram))] != 0;
        may_hold && self.begins[usize::from(byte)] && self.grams.binary_search(&gram).is_ok()
    }
}

/// Whether all bytes of a gram are certain to be known: behind one that isn't none is. (With [`CASE`], 0xdf is as
/// [`UNKNOWN`].)
fn is_known(gram: u32) -> bool {
    let [.., last] = gram.to_le_bytes();
    last != UNKNOWN
}

/// The place of a gram in the hashed set: a linear function of its halves, which processors do eight at a time.
#[inline(always)]
fn hash(near: u16, far: u16) -> u16 {
    near.wrapping_mul(NEAR).wrapping_add(far.wrapping_mul(FAR))
}

/// The same for a whole gram.
fn hash_of(gram: u32) -> u16 {
    let [first, second, third, fourth] = gram.to_le_bytes();
    hash(u16::from_le_bytes([first, second]), u16::from_le_bytes([third, fourth]))
}

/// The gram of a form that begins `from` bytes behind its first, in every spelling; adds those of which only the first
/// bytes are known.
fn spell(needle: &Needle, from: usize, partly: &mut Vec<u32>) -> Vec<u32> {
    let mut spelled = vec![ALL_UNKNOWN];
    for (place, &wanted) in needle.bytes.iter().skip(from).take(GRAM_BYTES).enumerate() {
        partly.extend_from_slice(&spelled);
        let bytes: BTreeSet<u8> = spellings(needle, wanted).map(|byte| byte | CASE).collect();
        spelled = spelled.iter().flat_map(|&gram| bytes.iter().map(move |&byte| with(gram, place, byte))).collect();
    }
    spelled
}

/// A gram with another byte.
fn with(gram: u32, place: usize, byte: u8) -> u32 {
    let mut bytes = gram.to_le_bytes();
    bytes[place] = byte;
    u32::from_le_bytes(bytes)
}

/// The bytes of a text that may stand for one of a form without an escape of several bytes.
pub(super) fn spellings(needle: &Needle, wanted: u8) -> impl Iterator<Item = u8> {
    (0..=u8::MAX).filter(move |&byte| needle.fold.of(byte) == wanted || (byte == b'+' && wanted == b' '))
}
