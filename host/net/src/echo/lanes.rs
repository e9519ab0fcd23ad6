//! What is read at thirty-two places at once. Pure; plain loops with masks and without branches, which the compiler
//! makes into vector instructions, and one table look-up per sixteen bytes that it would not make itself.
//!
//! Invariant: what is read at a lead that no gram of the set has is right if it is an escape, and anything if it is none:
//! as it stands, it could be part of no form. So nothing here asks whether an escape is well formed.

use fearless_simd::{Select as _, Simd, SimdBase as _, SimdCombine as _, SimdFrom as _, u8x16, u8x32};

use super::escape::{ESCAPE_BYTES_MAX, ESCAPED_BYTES_MAX};
use super::filter::CASE;

/// Places that are looked at in one step.
pub(super) const LOOKS: usize = 32;
/// Bytes of which one is chosen for each place: vectors look up sixteen bytes.
pub(super) const SIGHT: usize = LOOKS + LANES.len();
/// The bytes that a vector looks up, by their numbers.
const LANES: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
const LAST_LANE: u8 = 15;
/// So many bytes behind `&` the `;` of an entity may stand, from `&#00065;` down to `&lt;` and `&#9;`.
const ENTITY_ENDS: [u8; 7] = [9, 8, 7, 6, 5, 4, 3];

const _: () = assert!(ESCAPED_BYTES_MAX == 10 && ESCAPE_BYTES_MAX <= LANES.len());

/// How escapes are undone, as masks.
#[derive(Clone, Copy)]
pub(super) struct Undone {
    /// Leads that are undone: no gram has them.
    percent: u8,
    backslash: u8,
    entity: u8,
    /// A backslash needs a closer look: the letter behind it may stand for a control character.
    control: u8,
    /// `\uXXXX` and `&#XX;` need a closer look also where they are not ASCII.
    foreign: u8,
}

impl Undone {
    /// `has` tells whether a gram of the set has a byte.
    pub(super) fn new(has: impl Fn(u8) -> bool) -> Self {
        let [percent, backslash, entity] = [b'%', b'\\', b'&'].map(|lead| mask(!has(lead)));
        let (control, foreign) = (mask((0..b' ').any(&has)), mask((0x80..=u8::MAX).any(&has)));
        Self { percent, backslash, entity, control, foreign }
    }

    pub(super) fn has(self, lead: u8) -> bool {
        let undone = match lead {
            b'%' => self.percent,
            b'\\' => self.backslash,
            _ => self.entity,
        };
        undone != 0
    }
}

/// What is read at thirty-two places.
pub(super) struct Into<'a> {
    /// The first bytes of their grams.
    pub(super) bytes: &'a mut [u8; LOOKS],
    /// So many bytes behind each the reading goes on.
    pub(super) steps: &'a mut [u8; LOOKS],
    /// Masks of the odd escapes.
    pub(super) odd: &'a mut [u8; LOOKS],
}

/// Reads what is at thirty-two places.
#[inline(always)]
pub(super) fn read<S: Simd>(simd: S, text: &[u8; SIGHT], undone: Undone, into: Into<'_>) {
    let Into { bytes, steps, odd } = into;
    let (mut sixes, mut entities) = ([0; LOOKS], [0; LOOKS]);
    for place in 0..LOOKS {
        let (a, b, c, d, e) = (text[place], text[place + 1], text[place + 2], text[place + 3], text[place + 4]);
        let (percent, backslash, entity) = (mask(a == b'%'), mask(a == b'\\'), mask(a == b'&'));
        let (named, three) = (backslash & undone.backslash, percent & undone.percent);
        // Of `\uXXXX` that is not ASCII, no gram has anything: it is left as it stands.
        let is_unicode = mask(b == b'u');
        let is_ascii = mask(c == b'0') & mask(d == b'0') & mask(e & 0xf8 == b'0');
        let two = named & !is_unicode;
        let coded = nibble(b) << 4 | nibble(c);
        bytes[place] = (a ^ (a ^ b) & two ^ (a ^ coded) & three) | CASE;
        steps[place] = 1 + (two & 1) + (three & 2);
        odd[place] = percent & !three
            | backslash & (!named | undone.control | is_unicode & !is_ascii & undone.foreign)
            | entity & !undone.entity;
        sixes[place] = named & is_unicode & is_ascii;
        entities[place] = entity & undone.entity;
    }
    // Both are rare in most texts.
    if sixes != [0; LOOKS] {
        read_sixes(text, &sixes, bytes, steps);
    }
    if entities != [0; LOOKS] {
        read_entities(simd, text, &entities, undone, Into { bytes, steps, odd });
    }
}

/// Reads `\u00XX` at the masked places.
#[inline(always)]
fn read_sixes(text: &[u8; SIGHT], sixes: &[u8; LOOKS], bytes: &mut [u8; LOOKS], steps: &mut [u8; LOOKS]) {
    for place in 0..LOOKS {
        let coded = nibble(text[place + 4]) << 4 | nibble(text[place + 5]) | CASE;
        bytes[place] ^= (bytes[place] ^ coded) & sixes[place];
        steps[place] += 5 & sixes[place];
    }
}

/// Reads entities at the masked places.
#[inline(always)]
fn read_entities<S: Simd>(simd: S, text: &[u8; SIGHT], entities: &[u8; LOOKS], undone: Undone, into: Into<'_>) {
    // The first `;` behind, as far as an entity may reach; one nearer to `&` ends none.
    let mut end = [0_u8; LOOKS];
    for place in 0..LOOKS {
        for behind in ENTITY_ENDS {
            let is_end = mask(text[place + usize::from(behind)] == b';');
            end[place] = end[place] & !is_end | behind & is_end;
        }
    }
    let (mut ones_at, mut tens_at, mut hundreds_at) = ([0; LOOKS], [0; LOOKS], [0; LOOKS]);
    for place in 0..LOOKS {
        ones_at[place] = end[place].saturating_sub(1);
        tens_at[place] = end[place].saturating_sub(2);
        hundreds_at[place] = end[place].saturating_sub(3);
    }
    let last = choose(simd, text, &ones_at);
    let second = choose(simd, text, &tens_at);
    let third = choose(simd, text, &hundreds_at);
    for place in 0..LOOKS {
        let (a, b) = (text[place + 1], text[place + 2]);
        // The last digits alone make an ASCII character; a sign, `x` and `#` count as no digit.
        let (ones, tens) = (digit(last[place]), digit(second[place]));
        let hundred = mask(third[place] == b'1') & 100;
        let twice = tens.wrapping_add(tens);
        let decimal = ones.wrapping_add(twice).wrapping_add(twice << 2).wrapping_add(hundred);
        let hex = (ones | letter(last[place])) | (tens | letter(second[place])) << 4;
        let is_hex = mask(b | 0x20 == b'x');
        let name = mask(a == b'l') & b'<'
            | mask(a == b'g') & b'>'
            | mask(a == b'q') & b'"'
            | mask(a == b'a') & (b'&' | mask(b == b'p') & b'\'');
        let is_number = mask(a == b'#');
        let means = (decimal ^ (decimal ^ hex) & is_hex) & is_number | name & !is_number;
        let here = entities[place] & !mask(end[place] == 0);
        into.bytes[place] ^= (into.bytes[place] ^ (means | CASE)) & here;
        into.steps[place] = into.steps[place].wrapping_add(end[place] & here);
        // Of more digits the value isn't known; with leading zeros it can be ASCII.
        let end = end[place];
        let is_short = mask(end < 5 + (is_hex & 1)) | mask(end == 5) & mask(third[place] == b'1');
        let is_ascii = is_short & mask(means < 0x80);
        into.odd[place] |= here & is_number & !is_ascii & undone.foreign;
    }
}

/// The byte that stands so many bytes, at most sixteen, behind each place.
#[inline(always)]
pub(super) fn choose<S: Simd>(simd: S, bytes: &[u8; SIGHT], behind: &[u8; LOOKS]) -> [u8; LOOKS] {
    let [near @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = bytes;
    let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, far @ ..] = bytes;
    let (near, far) = (u8x32::load_array_ref(simd, near), u8x32::load_array_ref(simd, far));
    let lanes = u8x16::simd_from(simd, LANES);
    let index = u8x32::load_array_ref(simd, behind) + lanes.combine(lanes);
    let within = index & LAST_LANE;
    let is_far = index.simd_gt(LAST_LANE);
    is_far.select(far.swizzle_dyn_within_blocks(within), near.swizzle_dyn_within_blocks(within)).to_array()
}

/// What a decimal digit stands for; nothing for what is none.
#[inline(always)]
fn digit(byte: u8) -> u8 {
    let value = byte.wrapping_sub(b'0');
    value & mask(value < 10)
}

/// What a hex digit that is a letter stands for; nothing for what is none.
#[inline(always)]
fn letter(byte: u8) -> u8 {
    let value = (byte | 0x20).wrapping_sub(b'a');
    value.wrapping_add(10) & mask(value < 6)
}

/// What a hex digit stands for, and anything for what is none.
#[inline(always)]
fn nibble(digit: u8) -> u8 {
    (digit & 0xf) + (mask(digit.cast_signed() >= b'A'.cast_signed()) & 9)
}

/// All bits, or none.
#[inline(always)]
fn mask(is: bool) -> u8 {
    0_u8.wrapping_sub(u8::from(is))
}
