//! Reads a piece of text into the grams of all its places, escapes undone, sixteen places at a time.
//!
//! A gram is made byte by byte, for all places at once: its first byte is what is read at the place; each further one is
//! the one before of the place where the reading goes on. These are plain loops over arrays, with masks and without
//! branches, so that the compiler does many places in one instruction: in text full of escapes no branch can be
//! foretold. Most escapes stand for one byte (`lanes` reads them). The others are *odd* (those that the text's end may
//! cut, those with a lead that forms have, control characters where forms have any…): each gets a closer look, and its
//! place is mended after each loop.
//!
//! Invariant: if the gram of a place is in the set, then it is here; what is here may be in the set though the true one
//! is not. So a lead that no gram of the set has is taken for an escape, whatever follows: as it stands, it could be part
//! of no form.

use std::fmt;
use std::ops::Range;

use fearless_simd::Simd;
use memchr::memchr_iter;
use zeroize::Zeroize as _;

use super::escape::{ESCAPE_BYTES_MAX, Escape, is_lead, unescape};
use super::filter::{CASE, GRAM_BYTES, NO_BYTE, UNKNOWN};
use super::lanes::{self, Into, LOOKS, Undone};
use super::needle::End;

/// Most places that get grams at a time.
const PIECE_BYTES: usize = 2048;
/// Most places of a piece that are settled: from those behind, the reading may go on out of sight.
const SETTLED_BYTES: usize = PIECE_BYTES - ESCAPE_BYTES_MAX;
/// From so far behind a place nothing is in its gram.
const AHEAD_BYTES: usize = 64;
/// Most places that are read at a time.
const PLACES: usize = PIECE_BYTES + AHEAD_BYTES;
/// With room behind for what is read ahead.
const ROOM: usize = PLACES + LOOKS;

const _: () = assert!(PLACES.is_multiple_of(LOOKS) && LOOKS > ESCAPE_BYTES_MAX && LOOKS > GRAM_BYTES + 3);
const _: () = assert!(PLACES - LOOKS + lanes::SIGHT <= ROOM);
const _: () = assert!(AHEAD_BYTES >= GRAM_BYTES * ESCAPE_BYTES_MAX);

/// An escape that got a closer look: its bytes are the gram's, and behind them what is read behind it.
struct Odd {
    place: usize,
    bytes: [u8; GRAM_BYTES],
    len: usize,
    behind: usize,
}

/// The grams of one piece of a text.
pub(super) struct Reading {
    /// The text, and zeros behind its end.
    text: [u8; ROOM],
    /// All first bytes of the grams, all second ones…
    grams: [[u8; ROOM]; GRAM_BYTES],
    /// So many bytes behind each place the reading goes on.
    steps: [u8; PLACES],
    /// Masks of the odd escapes.
    odd: [u8; PLACES],
    odds: Vec<Odd>,
    /// Where the text ends, if more may come.
    end: Option<usize>,
    /// So many places have grams.
    places: usize,
    /// So much of it was ever used.
    used: usize,
}

impl Drop for Reading {
    /// What was read may have held a secret.
    fn drop(&mut self) {
        for bytes in self.grams.iter_mut().chain([&mut self.text]) {
            bytes.get_mut(..self.used).unwrap_or_default().zeroize();
        }
        self.odds.iter_mut().for_each(|odd| odd.bytes.zeroize());
    }
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reading({} places)", self.places)
    }
}

impl Reading {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            text: [0; ROOM],
            grams: [[0; ROOM]; GRAM_BYTES],
            steps: [0; PLACES],
            odd: [0; PLACES],
            odds: Vec::new(),
            end: None,
            places: 0,
            used: 0,
        })
    }

    /// Reads the text from `from` on; gives the place before which everything is settled.
    #[inline(always)]
    pub(super) fn read<S: Simd>(&mut self, simd: S, text: &[u8], from: usize, end: End, undone: Undone) -> usize {
        let here = text.get(from..).unwrap_or_default();
        // Behind the text's end the reading goes on for as many places as a gram has bytes.
        let places = (here.len() + GRAM_BYTES).next_multiple_of(LOOKS).min(PLACES);
        let room = here.len().min(places + LOOKS);
        let (copied, rest) = self.text.split_at_mut(room);
        copied.copy_from_slice(here.get(..room).unwrap_or_default());
        rest.iter_mut().take(places + LOOKS - room).for_each(|byte| *byte = 0);

        self.odds.clear();
        self.end = None;
        self.used = self.used.max(places + 2 * LOOKS).min(ROOM);
        if self.read_bytes(simd, places, undone) {
            for place in memchr_iter(u8::MAX, self.odd.get(..places).unwrap_or_default()) {
                self.odds.extend(looked_at(here, place, end, undone));
            }
        }
        if here.len() < places {
            self.end_with(here, end, undone);
        }
        self.go_on(simd, places);
        self.places = places.min(PIECE_BYTES);
        if here.len() < PIECE_BYTES { text.len() } else { from + SETTLED_BYTES }
    }

    /// Reads the first bytes of the grams; tells whether any is odd.
    #[inline(always)]
    fn read_bytes<S: Simd>(&mut self, simd: S, places: usize, undone: Undone) -> bool {
        let mut any_odd = [0; LOOKS];
        let texts = self.text.array_windows::<{ lanes::SIGHT }>().step_by(LOOKS).take(places / LOOKS);
        let first = self.grams[0].as_chunks_mut().0.iter_mut();
        let steps = self.steps.as_chunks_mut().0.iter_mut().zip(self.odd.as_chunks_mut().0);
        for ((text, bytes), (steps, odd)) in texts.zip(first).zip(steps) {
            lanes::read(simd, text, undone, Into { bytes, steps, odd });
            any_odd.iter_mut().zip(odd).for_each(|(any, odd)| *any |= *odd);
        }
        any_odd != [0; LOOKS]
    }

    /// Makes the further bytes of the grams.
    #[inline(always)]
    fn go_on<S: Simd>(&mut self, simd: S, places: usize) {
        let Self { grams: [first, second, third, fourth], steps, odds, .. } = self;
        let steps = steps.get(..places).unwrap_or_default();
        mend(odds, &mut [first]);
        go_on(simd, steps, first, second);
        mend(odds, &mut [first, second]);
        go_on(simd, steps, second, third);
        mend(odds, &mut [first, second, third]);
        go_on(simd, steps, third, fourth);
        mend(odds, &mut [first, second, third, fourth]);
    }

    /// Ends the reading with the text: what is behind, and the escapes that its end may cut.
    fn end_with(&mut self, here: &[u8], end: End, undone: Undone) {
        let behind = match end {
            End::Open => UNKNOWN,
            End::Final => NO_BYTE,
        };
        self.end = Some(here.len()).filter(|_| end == End::Open);
        for bytes in &mut self.grams {
            bytes.iter_mut().skip(here.len()).take(2 * LOOKS).for_each(|byte| *byte = behind);
        }
        let from = (here.len() + 1).saturating_sub(ESCAPE_BYTES_MAX);
        self.odds.retain(|odd| odd.place < from);
        let places = here.iter().zip(&mut self.grams[0]).zip(&mut self.steps).zip(&mut self.odd).enumerate();
        for (place, (((byte, first), step), odd)) in places.skip(from) {
            if is_lead(*byte) {
                (*first, *step, *odd) = (byte | CASE, 1, u8::MAX);
                self.odds.extend(looked_at(here, place, end, undone));
            }
        }
    }

    /// The blocks of the piece with their first places, the last first.
    #[inline(always)]
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, Block<'_>)> {
        let steps = self.steps.as_chunks().0.iter().zip(self.odd.as_chunks().0);
        let blocks = steps.take(self.places / LOOKS).enumerate().rev();
        blocks.map(|(number, (steps, odd))| {
            let begin = number * LOOKS;
            (begin, Block { reading: self, begin, steps, odd })
        })
    }

    /// The grams of every second of sixteen places.
    #[inline(always)]
    fn halves(&self, begin: usize) -> Halves {
        let bytes =
            |bytes: &[u8; ROOM]| bytes.get(begin..).and_then(<[u8]>::first_chunk).map(pairs).unwrap_or_default();
        let [first, second, third, fourth] = self.grams.each_ref().map(bytes);
        let (mut near, mut far) = ([0; LOOKS / 2], [0; LOOKS / 2]);
        for place in 0..LOOKS / 2 {
            near[place] = first[place] & 0xff | second[place] << 8;
            far[place] = third[place] & 0xff | fourth[place] << 8;
        }
        [near, far]
    }

    /// The places in whose grams something may not be known, in order; each once.
    pub(super) fn unknown(&self) -> impl Iterator<Item = Range<usize>> {
        let mut from = 0;
        let odd = self.odds.iter().filter(|odd| odd.bytes == [UNKNOWN; GRAM_BYTES]).map(|odd| odd.place);
        odd.chain(self.end).map(move |place| {
            let range = from.max(place.saturating_sub(GRAM_BYTES * ESCAPE_BYTES_MAX))..place + 1;
            from = place + 1;
            range
        })
    }

    /// The gram of a place.
    pub(super) fn gram(&self, place: usize) -> u32 {
        u32::from_le_bytes(self.grams.each_ref().map(|bytes| bytes.get(place).copied().unwrap_or_default()))
    }
}

/// The first two bytes of eight grams, and the last two of each.
pub(super) type Halves = [[u16; LOOKS / 2]; 2];

/// Sixteen places.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    reading: &'a Reading,
    begin: usize,
    steps: &'a [u8; LOOKS],
    odd: &'a [u8; LOOKS],
}

impl Block<'_> {
    /// Whether the reading may go on an even number of bytes behind a place of odd number.
    #[inline(always)]
    pub(super) fn is_uneven(self) -> bool {
        let (steps, odd, mut any) = (pairs(self.steps), pairs(self.odd), 0);
        for place in 0..LOOKS / 2 {
            any |= (!steps[place] | odd[place]) & 0x0100;
        }
        any != 0
    }

    /// The grams of the places of even number.
    #[inline(always)]
    pub(super) fn even(self) -> Halves {
        self.reading.halves(self.begin)
    }

    /// Those of odd number.
    #[inline(always)]
    pub(super) fn uneven(self) -> Halves {
        self.reading.halves(self.begin + 1)
    }
}

/// The grams of the eight places of even number, of sixteen without escapes.
#[inline(always)]
pub(super) fn plain(text: &[u8; LOOKS + 2]) -> Halves {
    let (mut near, mut far) = ([0; LOOKS / 2], [0; LOOKS / 2]);
    for place in 0..LOOKS / 2 {
        near[place] = u16::from_le_bytes([text[2 * place] | CASE, text[2 * place + 1] | CASE]);
        far[place] = u16::from_le_bytes([text[2 * place + 2] | CASE, text[2 * place + 3] | CASE]);
    }
    [near, far]
}

#[inline(always)]
fn pairs(bytes: &[u8; LOOKS]) -> [u16; LOOKS / 2] {
    let mut pairs = [0; LOOKS / 2];
    for place in 0..LOOKS / 2 {
        pairs[place] = u16::from_le_bytes([bytes[2 * place], bytes[2 * place + 1]]);
    }
    pairs
}

/// Makes the next bytes of the grams from those before.
#[inline(always)]
fn go_on<S: Simd>(simd: S, steps: &[u8], before: &[u8; ROOM], next: &mut [u8; ROOM]) {
    let before = before.array_windows::<{ lanes::SIGHT }>().step_by(LOOKS);
    for ((next, before), steps) in next.as_chunks_mut().0.iter_mut().zip(before).zip(steps.as_chunks().0) {
        *next = lanes::choose(simd, before, steps);
    }
}

/// Writes the bytes of odd escapes into the last of these bytes of grams.
fn mend(odds: &[Odd], grams: &mut [&mut [u8; ROOM]]) {
    let Some((last, before)) = grams.split_last_mut() else { return };
    for odd in odds {
        let byte = match before.len().checked_sub(odd.len) {
            None => odd.bytes.get(before.len()).map(|byte| byte | CASE),
            Some(level) => before.get(level).and_then(|bytes| bytes.get(odd.behind)).copied(),
        };
        if let Some((place, byte)) = last.get_mut(odd.place).zip(byte) {
            *place = byte;
        }
    }
}

/// An escape at a place of a text, if it is read otherwise than it stands.
fn looked_at(here: &[u8], place: usize, end: End, undone: Undone) -> Option<Odd> {
    let text = here.get(place..).unwrap_or_default();
    match unescape(text) {
        Escape::Of { bytes, len, taken } if text.first().is_some_and(|&lead| undone.has(lead)) => {
            Some(Odd { place, bytes, len, behind: place + taken })
        }
        Escape::None => None,
        Escape::Cut if end == End::Final => None,
        // It can as well be read as it stands, or isn't known.
        Escape::Of { .. } | Escape::Cut => {
            Some(Odd { place, bytes: [UNKNOWN; GRAM_BYTES], len: GRAM_BYTES, behind: place })
        }
    }
}
