//! Reads a piece of text into the grams of all its places, escapes undone, sixteen places at a time.
//!
//! A gram is made byte by byte, for all places at once: its first byte is what is read at the place; each further one is
//! the one before of the place where the reading goes on. These are plain loops over arrays, with masks and without
//! branches, so that the compiler does sixteen places in one instruction: in text full of escapes no branch can be
//! foretold. Most escapes are two or three bytes that stand for one. The others are *odd* (entities, `\u00XX` of ASCII,
//! those that the text's end may cut, those with a lead that forms have): each gets a closer look, and its place is
//! mended after each loop.
//!
//! Invariant: if the gram of a place is in the set, then it is here; what is here may be in the set though the true one
//! is not. So a lead that no gram of the set has is taken for an escape, whatever follows: as it stands, it could be part
//! of no form.

use std::ops::Range;

use memchr::memchr_iter;

use super::escape::{ESCAPE_BYTES_MAX, Escape, is_lead, unescape};
use super::filter::{CASE, GRAM_BYTES, NO_BYTE, UNKNOWN};
use super::needle::End;

/// Places that are looked at in one step.
pub(super) const LOOKS: usize = 32;
/// Most places that get grams at a time.
const PIECE_BYTES: usize = 512;
/// Most places of a piece that are settled: from those behind, the reading may go on out of sight.
const SETTLED_BYTES: usize = PIECE_BYTES - ESCAPE_BYTES_MAX;
/// From so far behind a place nothing is in its gram.
const AHEAD_BYTES: usize = 64;
/// Most places that are read at a time.
const PLACES: usize = PIECE_BYTES + AHEAD_BYTES;
/// With room behind for what is read ahead.
const ROOM: usize = PLACES + LOOKS;

const _: () = assert!(PLACES.is_multiple_of(LOOKS) && LOOKS > ESCAPE_BYTES_MAX && LOOKS > GRAM_BYTES + 3);
const _: () = assert!(AHEAD_BYTES >= GRAM_BYTES * ESCAPE_BYTES_MAX);

/// How escapes are undone, as masks.
#[derive(Clone, Copy)]
pub(super) struct Undone {
    /// Leads that are undone: no gram has them.
    percent: u8,
    backslash: u8,
    entity: u8,
    /// A backslash needs a closer look: the letter behind it may stand for a control character.
    control: u8,
    /// `\uXXXX` needs a closer look also where it is not ASCII.
    foreign: u8,
}

impl Undone {
    /// `has` tells whether a gram of the set has a byte.
    pub(super) fn new(has: impl Fn(u8) -> bool) -> Self {
        let [percent, backslash, entity] = [b'%', b'\\', b'&'].map(|lead| mask(!has(lead)));
        let (control, foreign) = (mask((0..b' ').any(&has)), mask((0x80..=u8::MAX).any(&has)));
        Self { percent, backslash, entity, control, foreign }
    }

    fn has(self, lead: u8) -> bool {
        let undone = match lead {
            b'%' => self.percent,
            b'\\' => self.backslash,
            _ => self.entity,
        };
        undone != 0
    }
}

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
    /// Masks of the places from which the reading goes on two or three bytes behind; from the others it is one.
    twos: [u8; PLACES],
    threes: [u8; PLACES],
    /// Masks of `\u00XX` of ASCII, behind which it goes on. They are rare, and looked at only where there are any.
    sixes: [u8; PLACES],
    /// Masks of the odd escapes.
    odd: [u8; PLACES],
    odds: Vec<Odd>,
    /// Where the text ends, if more may come.
    end: Option<usize>,
    /// So many places have grams.
    places: usize,
}

impl Reading {
    pub(super) fn new() -> Box<Self> {
        Box::new(Self {
            text: [0; ROOM],
            grams: [[0; ROOM]; GRAM_BYTES],
            twos: [0; PLACES],
            threes: [0; PLACES],
            sixes: [0; PLACES],
            odd: [0; PLACES],
            odds: Vec::new(),
            end: None,
            places: 0,
        })
    }

    /// Reads the text from `from` on; gives the place before which everything is settled.
    #[inline(always)]
    pub(super) fn read(&mut self, text: &[u8], from: usize, end: End, undone: Undone) -> usize {
        let here = text.get(from..).unwrap_or_default();
        // Behind the text's end the reading goes on for as many places as a gram has bytes.
        let places = (here.len() + GRAM_BYTES).next_multiple_of(LOOKS).min(PLACES);
        let room = here.len().min(places + LOOKS);
        let (copied, rest) = self.text.split_at_mut(room);
        copied.copy_from_slice(here.get(..room).unwrap_or_default());
        rest.iter_mut().take(places + LOOKS - room).for_each(|byte| *byte = 0);

        self.odds.clear();
        self.end = None;
        let any = self.read_bytes(places, undone);
        if any.six {
            self.read_sixes(places);
        }
        if any.odd {
            for place in memchr_iter(u8::MAX, self.odd.get(..places).unwrap_or_default()) {
                self.odds.extend(looked_at(here, place, end, undone));
            }
        }
        if here.len() < places {
            self.end_with(here, end, undone);
        }
        if any.six {
            self.go_on::<true>(places)
        } else {
            self.go_on::<false>(places)
        }
        self.places = places.min(PIECE_BYTES);
        if here.len() < PIECE_BYTES { text.len() } else { from + SETTLED_BYTES }
    }

    /// Reads the first bytes of the grams.
    #[inline(always)]
    fn read_bytes(&mut self, places: usize, undone: Undone) -> Any {
        let (mut any_six, mut any_odd) = ([0; LOOKS], [0; LOOKS]);
        let blocks = self.text.array_windows().step_by(LOOKS).take(places / LOOKS);
        let first = self.grams[0].as_chunks_mut().0.iter_mut();
        let steps = self.twos.as_chunks_mut().0.iter_mut().zip(self.threes.as_chunks_mut().0);
        let others = self.sixes.as_chunks_mut().0.iter_mut().zip(self.odd.as_chunks_mut().0);
        for (((text, bytes), (twos, threes)), (sixes, odd)) in blocks.zip(first).zip(steps).zip(others) {
            read_block(text, undone, Into { bytes, twos, threes, sixes, odd });
            for place in 0..LOOKS {
                any_six[place] |= sixes[place];
                any_odd[place] |= odd[place];
            }
        }
        Any { six: any_six != [0; LOOKS], odd: any_odd != [0; LOOKS] }
    }

    /// Reads the first bytes of the grams at `\u00XX`.
    #[inline(always)]
    fn read_sixes(&mut self, places: usize) {
        let blocks = self.text.array_windows::<{ LOOKS + 5 }>().step_by(LOOKS).take(places / LOOKS);
        let first = self.grams[0].as_chunks_mut::<LOOKS>().0.iter_mut();
        for ((text, bytes), sixes) in blocks.zip(first).zip(self.sixes.as_chunks::<LOOKS>().0) {
            for place in 0..LOOKS {
                let coded = nibble(text[place + 4]) << 4 | nibble(text[place + 5]) | CASE;
                bytes[place] ^= (bytes[place] ^ coded) & sixes[place];
            }
        }
    }

    /// Makes the further bytes of the grams.
    #[inline(always)]
    fn go_on<const SIXES: bool>(&mut self, places: usize) {
        let Self { grams: [first, second, third, fourth], odds, .. } = self;
        let steps = Steps { places, twos: &self.twos, threes: &self.threes, sixes: &self.sixes };
        mend(odds, &mut [first]);
        steps.go_on::<SIXES>(first, second);
        mend(odds, &mut [first, second]);
        steps.go_on::<SIXES>(second, third);
        mend(odds, &mut [first, second, third]);
        steps.go_on::<SIXES>(third, fourth);
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
        let steps = self.twos.iter_mut().zip(&mut self.threes).zip(&mut self.sixes);
        let places = here.iter().zip(&mut self.grams[0]).zip(steps).zip(&mut self.odd).enumerate();
        for (place, (((byte, first), ((two, three), six)), odd)) in places.skip(from) {
            if is_lead(*byte) {
                (*first, *two, *three, *six, *odd) = (byte | CASE, 0, 0, 0, u8::MAX);
                self.odds.extend(looked_at(here, place, end, undone));
            }
        }
    }

    /// The blocks of the piece with their first places, the last first.
    #[inline(always)]
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, Block<'_>)> {
        let steps = self.twos.as_chunks().0.iter().zip(self.sixes.as_chunks().0).zip(self.odd.as_chunks().0);
        let blocks = steps.take(self.places / LOOKS).enumerate().rev();
        blocks.map(|(number, ((twos, sixes), odd))| {
            let begin = number * LOOKS;
            (begin, Block { reading: self, begin, uneven: [twos, sixes, odd] })
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
    /// Masks of the places from which the reading may go on an even number of bytes behind.
    uneven: [&'a [u8; LOOKS]; 3],
}

impl Block<'_> {
    /// Whether the reading may go on an even number of bytes behind a place of odd number.
    #[inline(always)]
    pub(super) fn is_uneven(self) -> bool {
        let ([twos, sixes, odd], mut any) = (self.uneven.map(pairs), 0);
        for place in 0..LOOKS / 2 {
            any |= (twos[place] | sixes[place] | odd[place]) & 0xff00;
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

/// All bits, or none.
#[inline(always)]
fn mask(is: bool) -> u8 {
    0_u8.wrapping_sub(u8::from(is))
}

/// Whether any escape of the piece is such.
struct Any {
    six: bool,
    odd: bool,
}

/// Where sixteen places are read into.
struct Into<'a> {
    bytes: &'a mut [u8; LOOKS],
    twos: &'a mut [u8; LOOKS],
    threes: &'a mut [u8; LOOKS],
    sixes: &'a mut [u8; LOOKS],
    odd: &'a mut [u8; LOOKS],
}

/// Reads sixteen places.
#[inline(always)]
fn read_block(text: &[u8; LOOKS + 4], undone: Undone, into: Into<'_>) {
    for place in 0..LOOKS {
        let (a, b, c, d, e) = (text[place], text[place + 1], text[place + 2], text[place + 3], text[place + 4]);
        let (percent, backslash, entity) = (mask(a == b'%'), mask(a == b'\\'), mask(a == b'&'));
        let (named, three) = (backslash & undone.backslash, percent & undone.percent);
        // Of `\uXXXX` that is not ASCII, no gram has anything: it is left as it stands.
        let is_unicode = mask(b == b'u');
        let is_ascii = mask(c == b'0') & mask(d == b'0') & mask(e & 0xf8 == b'0');
        let is_odd = percent & !three | backslash & (!named | undone.control | is_unicode & undone.foreign) | entity;
        let two = named & !is_unicode;
        let coded = nibble(b) << 4 | nibble(c);
        into.bytes[place] = (a ^ (a ^ b) & two ^ (a ^ coded) & three) | CASE;
        into.twos[place] = two;
        into.threes[place] = three;
        into.sixes[place] = named & is_unicode & is_ascii;
        into.odd[place] = is_odd;
    }
}

/// What a hex digit stands for, and anything for what is none.
#[inline(always)]
fn nibble(digit: u8) -> u8 {
    (digit & 0xf) + (mask(digit.cast_signed() >= b'A'.cast_signed()) & 9)
}

/// How the reading goes on from so many places.
struct Steps<'a> {
    places: usize,
    twos: &'a [u8; PLACES],
    threes: &'a [u8; PLACES],
    sixes: &'a [u8; PLACES],
}

impl Steps<'_> {
    /// Makes the next bytes of the grams from those before.
    #[inline(always)]
    fn go_on<const SIXES: bool>(&self, before: &[u8; ROOM], next: &mut [u8; ROOM]) {
        let before = before.array_windows::<{ LOOKS + 6 }>().step_by(LOOKS).take(self.places / LOOKS);
        let steps = self.twos.as_chunks::<LOOKS>().0.iter().zip(self.threes.as_chunks::<LOOKS>().0);
        let steps = steps.zip(self.sixes.as_chunks::<LOOKS>().0);
        for ((next, before), ((twos, threes), sixes)) in
            next.as_chunks_mut::<LOOKS>().0.iter_mut().zip(before).zip(steps)
        {
            for place in 0..LOOKS {
                let (one, two, three) = (before[place + 1], before[place + 2], before[place + 3]);
                let six = if SIXES { (one ^ before[place + 6]) & sixes[place] } else { 0 };
                next[place] = one ^ (one ^ two) & twos[place] ^ (one ^ three) & threes[place] ^ six;
            }
        }
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
