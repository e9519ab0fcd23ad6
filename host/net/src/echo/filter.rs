//! Skips what can't be the beginning of a secret, four bytes at a look, whatever the number of secrets.
//!
//! Invariant: every place where a form begins, under any escapes, is a candidate. What is a candidate need not be one:
//! the exact comparison follows.
//!
//! The *gram* of a place is the first four bytes that are read from it, escapes undone. All grams that forms begin with
//! are in a set; a place is a candidate if its gram is. Where nothing is escaped, the gram is what stands there. Around
//! escapes grams are made from the last place to the first: that of a place is its byte before the gram of the place
//! behind it, so that each escape is undone once, and a form that begins within an escape of its neighbour is seen.
//!
//! Where the reading isn't known (the text ends; or an escape that can as well be read as it stands, since a form has
//! its lead), the rest of the gram is [`UNKNOWN`], and such grams are in the set for every form.
//!
//! SIMD search for substrings (Teddy) was not taken: with all cases and alphabets there are more beginnings than it has
//! room for, and it knows no escapes.

use std::hint::select_unpredictable;

use memchr::memchr3;
use zeroize::Zeroizing;

use super::escape::{ESCAPE_BYTES_MAX, Escape, LEADS, is_hex, is_lead, is_named, named, nibble, unescape};
use super::needle::{End, Needle};

/// Bytes of a gram. No form is shorter.
pub(super) const GRAM_BYTES: usize = 4;
/// A byte of a gram that isn't known, and with it all that follow. No secret holds it, since it is not in UTF-8.
const UNKNOWN: u8 = 0xff;
/// A gram of which nothing is known.
const ALL_UNKNOWN: u32 = u32::from_le_bytes([UNKNOWN; GRAM_BYTES]);
/// A byte that no form holds, since it is not in UTF-8, and is not [`UNKNOWN`].
const NO_BYTE: u8 = 0xfe;
/// A gram that no form begins with, nor with a part of it.
const NO_GRAM: u32 = u32::from_le_bytes([NO_BYTE; GRAM_BYTES]);
/// Set in every byte before grams are compared, so that letters are equal in both cases, of which hex has any mixture.
const CASE: u32 = 0x2020_2020;
/// Places of the hashed set, a byte each, which are quicker to look at than bits.
const HASHES: usize = 1 << 16;
/// Places without escapes that are looked at in one step.
const LOOKS: usize = 16;
/// Looks for an escape behind the last: so many bytes without one end the way of reading that knows them.
const CALM_BYTES: usize = 16;
/// Most bytes that are read with escapes at a time.
const READ_BYTES_MAX: usize = 1024;
/// From so far behind a place nothing is in its gram.
const AHEAD_BYTES: usize = 64;

const _: () = assert!(AHEAD_BYTES > GRAM_BYTES * ESCAPE_BYTES_MAX && CALM_BYTES >= ESCAPE_BYTES_MAX + GRAM_BYTES);

/// The grams that forms begin with.
pub(super) struct Filter {
    /// Whether a gram may be in the set, by its hash.
    hashed: Box<[u8; HASHES]>,
    /// The set, sorted.
    grams: Zeroizing<Vec<u32>>,
    /// Bytes that a form can begin with.
    begins: [bool; 256],
    /// Leads that are in a gram of a form as they stand.
    kept: [bool; 256],
    /// Whether a gram of a form has something else than ASCII.
    foreign: bool,
}

impl Default for Filter {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Filter {
    pub(super) fn new(needles: &[Needle]) -> Self {
        let (mut begins, mut kept, mut foreign) = ([false; 256], [false; 256], false);
        let mut grams = Zeroizing::new(Vec::new());
        for needle in needles {
            let first: Vec<u8> = needle.bytes.iter().take(GRAM_BYTES).copied().collect();
            debug_assert_eq!(first.len(), GRAM_BYTES, "no form is shorter");
            // All beginnings of one byte, then of two…, in every spelling; behind each nothing may be known.
            let mut spelled = vec![ALL_UNKNOWN];
            for (place, &wanted) in first.iter().enumerate() {
                grams.extend_from_slice(&spelled);
                let spellings: Vec<u8> = (0..=u8::MAX).filter(|&byte| is_as(needle, byte, wanted)).collect();
                spelled =
                    spelled.iter().flat_map(|&gram| spellings.iter().map(move |&b| with(gram, place, b))).collect();
                if place == 0 {
                    spellings.iter().for_each(|&byte| begins[usize::from(byte)] = true);
                }
                kept[usize::from(wanted)] |= is_lead(wanted);
                foreign |= !wanted.is_ascii();
            }
            grams.extend_from_slice(&spelled);
        }
        if !needles.is_empty() {
            LEADS.iter().for_each(|&lead| begins[usize::from(lead)] = true);
        }
        grams.iter_mut().for_each(|gram| *gram |= CASE);
        grams.sort_unstable();
        grams.dedup();
        let mut hashed = Box::new([0; HASHES]);
        grams.iter().for_each(|&gram| hashed[hash(gram)] = 1);
        Self { hashed, grams, begins, kept, foreign }
    }

    /// Begins the search for candidates in a text.
    pub(super) fn places<'a>(&'a self, text: &'a [u8], end: End) -> Places<'a> {
        let behind = match end {
            End::Open => ALL_UNKNOWN,
            End::Final => NO_GRAM,
        };
        Places { filter: self, text, end, behind, at: 0, lead: None, found: Vec::new(), read: Reading::default() }
    }

    /// Not 0 where the set may hold a gram.
    #[inline]
    fn may_hold(&self, gram: u32) -> u8 {
        self.hashed[hash(gram)]
    }

    /// The first place of a text without escapes whose gram may be in the set.
    fn next_plain(&self, text: &[u8]) -> Option<usize> {
        let mut from = 0;
        // Many looks for one branch.
        while let Some(block) = text.get(from..).and_then(<[u8]>::first_chunk::<{ LOOKS + GRAM_BYTES - 1 }>) {
            let looks = block.array_windows().map(|window| self.may_hold(u32::from_le_bytes(*window)));
            if looks.fold(0, |any, look| any | look) != 0 {
                break;
            }
            from += LOOKS;
        }
        let rest = text.get(from..).unwrap_or_default();
        let found = rest.array_windows().position(|window| self.may_hold(u32::from_le_bytes(*window)) != 0);
        found.map(|found| from + found)
    }

    /// Whether a place with this byte and this gram is a candidate.
    fn holds(&self, byte: u8, gram: u32) -> bool {
        self.begins[usize::from(byte)] && self.grams.binary_search(&(gram | CASE)).is_ok()
    }
}

/// The place of a gram in the hashed set.
#[inline]
fn hash(gram: u32) -> usize {
    // Fibonacci hashing (Knuth, volume 3, section 6.4): the golden ratio's bits, and of the product the highest 16.
    ((gram | CASE).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

/// A gram with another byte.
fn with(gram: u32, place: usize, byte: u8) -> u32 {
    let mut bytes = gram.to_le_bytes();
    bytes[place] = byte;
    u32::from_le_bytes(bytes)
}

/// Whether a byte of a text may stand for one of a form without an escape of several bytes.
fn is_as(needle: &Needle, byte: u8, wanted: u8) -> bool {
    needle.fold.of(byte) == wanted || (byte == b'+' && wanted == b' ')
}

/// The candidates of one text, from the first to the last.
pub(super) struct Places<'a> {
    filter: &'a Filter,
    text: &'a [u8],
    end: End,
    /// The gram behind the text's end.
    behind: u32,
    /// Every candidate before is found.
    at: usize,
    /// The first lead from `at` on, or the text's end; none where it was not looked for.
    lead: Option<usize>,
    /// Candidates that are not yet given out, the last first.
    found: Vec<usize>,
    /// What is read with escapes.
    read: Reading,
}

/// What is read at some places, one after the other.
#[derive(Default)]
struct Reading {
    /// The byte, its escape undone.
    bytes: Vec<u8>,
    /// How far behind the reading goes on; 0 where that takes a closer look.
    steps: Vec<u8>,
    /// The gram.
    grams: Vec<u32>,
}

impl Places<'_> {
    /// The first candidate from `from` on, which is not before that of the last call; the text's length where there is
    /// none.
    pub(super) fn next(&mut self, from: usize) -> usize {
        loop {
            while let Some(place) = self.found.pop() {
                if place >= from {
                    return place;
                }
            }
            self.at = self.at.max(from);
            if self.at >= self.text.len() {
                return self.text.len();
            }
            let lead = self.next_lead();
            if let Some(place) = self.plain(lead) {
                return place;
            }
            if lead == self.text.len() && self.end == End::Final {
                self.at = lead;
            } else {
                self.escaped(lead);
            }
        }
    }

    fn next_lead(&mut self) -> usize {
        if let Some(lead) = self.lead.filter(|&lead| lead >= self.at) {
            return lead;
        }
        let [a, b, c] = LEADS;
        let found = memchr3(a, b, c, self.text.get(self.at..).unwrap_or_default());
        let lead = found.map_or(self.text.len(), |found| self.at + found);
        self.lead = Some(lead);
        lead
    }

    /// The next candidate before `end` whose gram is what stands there.
    fn plain(&mut self, end: usize) -> Option<usize> {
        let text = self.text.get(self.at..end).unwrap_or_default();
        let mut from = 0;
        while let Some(found) = self.filter.next_plain(text.get(from..).unwrap_or_default()) {
            let here = text.get(from + found..).unwrap_or_default();
            from += found + 1;
            let gram = here.first_chunk().map(|bytes| u32::from_le_bytes(*bytes));
            if here.first().zip(gram).is_some_and(|(&byte, gram)| self.filter.holds(byte, gram)) {
                self.at += from;
                return Some(self.at - 1);
            }
        }
        self.at += text.len().saturating_sub(GRAM_BYTES - 1);
        None
    }

    /// Finds the candidates from `at` to behind the escapes that begin with `lead`, or to the text's end.
    fn escaped(&mut self, lead: usize) {
        let (from, text) = (self.at, self.text);
        let longest = text.len().min(from + READ_BYTES_MAX);
        let mut to = lead;
        while to < longest && !is_calm(text, to) {
            to += CALM_BYTES;
        }
        let ahead = if to < longest { CALM_BYTES } else { AHEAD_BYTES };
        let end = text.len().min(to + ahead);
        if end == text.len() {
            to = end;
        }
        self.at = to;
        self.read_bytes(from, end);
        self.read_grams(from, to);
    }

    /// Reads what three bytes tell of each place from `from` to `end`.
    fn read_bytes(&mut self, from: usize, end: usize) {
        let kept = |lead: u8| mask(!self.filter.kept[usize::from(lead)]);
        let undone = Undone { percent: kept(b'%'), backslash: kept(b'\\'), foreign: mask(!self.filter.foreign) };
        let Reading { bytes, steps, grams } = &mut self.read;
        // Behind the text's end everything is read as the gram there.
        let [pad, ..] = self.behind.to_le_bytes();
        let places = (end - from).next_multiple_of(LOOKS);
        bytes.clear();
        bytes.resize(places, pad);
        steps.clear();
        steps.resize(places, 1);
        grams.resize(places, 0);
        let text = self.text.get(from..end).unwrap_or_default();
        let (mut read, ahead) = (0, self.text.get(from..).unwrap_or_default());
        let blocks = bytes.as_chunks_mut::<LOOKS>().0.iter_mut().zip(steps.as_chunks_mut::<LOOKS>().0);
        for (bytes, steps) in blocks.take(text.len() / LOOKS) {
            // Escapes that the text's end may cut are left for a closer look.
            let Some(block) = ahead.get(read..).and_then(<[u8]>::first_chunk) else { break };
            read_block(block, undone, bytes, steps);
            read += LOOKS;
        }
        for ((byte, step), &a) in bytes.iter_mut().zip(steps).zip(text).skip(read) {
            (*byte, *step) = (a, u8::from(!is_lead(a)));
        }
    }

    /// Makes the grams of what was read from `from` on, and keeps the candidates before `to`.
    fn read_grams(&mut self, from: usize, to: usize) {
        let filter = self.filter;
        let (mut first, mut second, mut third) = (self.behind, self.behind, self.behind);
        for block in (0..self.read.bytes.len() / LOOKS).rev() {
            let (bytes, steps) = (self.read.bytes.as_chunks::<LOOKS>().0, self.read.steps.as_chunks::<LOOKS>().0);
            let (Some(bytes), Some(steps)) = (bytes.get(block), steps.get(block)) else { break };
            let (mut grams, mut any) = ([0; LOOKS], 0);
            let begin = block * LOOKS;
            for place in (0..LOOKS).rev() {
                let (byte, step) = (bytes[place], steps[place]);
                let further = select_unpredictable(step == 3, third, second);
                let behind = select_unpredictable(step == 1, first, further);
                let mut gram = behind << 8 | u32::from(byte);
                if step == 0 {
                    gram = self.gram_of_lead(from + begin + place, byte, first, |taken| {
                        let later = || self.read.grams.get(begin + place + taken);
                        grams.get(place + taken).or_else(later).copied().unwrap_or(self.behind)
                    });
                }
                grams[place] = gram;
                (first, second, third) = (gram, first, second);
                any |= filter.may_hold(gram);
            }
            if any != 0 {
                for (place, &gram) in grams.iter().enumerate().rev().map(|(place, gram)| (from + begin + place, gram)) {
                    let byte = self.text.get(place).copied().unwrap_or_default();
                    if place < to && self.filter.may_hold(gram) != 0 && self.filter.holds(byte, gram) {
                        self.found.push(place);
                    }
                }
            }
            if let Some(kept) = self.read.grams.as_chunks_mut::<LOOKS>().0.get_mut(block) {
                *kept = grams;
            }
        }
    }

    /// The gram of a place that a lead is at: `next` is that of the place behind it, `behind` those of all.
    fn gram_of_lead(&self, at: usize, lead: u8, next: u32, behind: impl Fn(usize) -> u32) -> u32 {
        match unescape(self.text.get(at..).unwrap_or_default()) {
            Escape::Of { bytes, len, taken } if !self.filter.kept[usize::from(lead)] => {
                let more = if len < GRAM_BYTES { behind(taken) << (8 * len) } else { 0 };
                more | u32::from_le_bytes(bytes)
            }
            Escape::Cut if self.end == End::Final => next << 8 | u32::from(lead),
            Escape::None => next << 8 | u32::from(lead),
            Escape::Of { .. } | Escape::Cut => ALL_UNKNOWN,
        }
    }
}

/// Which escapes can be undone without a closer look, as masks.
#[derive(Clone, Copy)]
struct Undone {
    percent: u8,
    backslash: u8,
    /// Those of characters that are not ASCII: no form has one in its gram.
    foreign: u8,
}

/// All bits, or none.
#[inline]
fn mask(is: bool) -> u8 {
    0_u8.wrapping_sub(u8::from(is))
}

/// Reads places of which three bytes tell: a byte, a percent escape, or a backslash and a letter. With masks and without
/// branches, so that the compiler does all places at once: in text full of escapes no branch can be foretold.
#[inline]
fn read_block(text: &[u8; LOOKS + ESCAPE_BYTES_MAX], undone: Undone, bytes: &mut [u8; LOOKS], steps: &mut [u8; LOOKS]) {
    for place in 0..LOOKS {
        let (a, b, c) = (text[place], text[place + 1], text[place + 2]);
        let (percent, backslash, entity) = (mask(a == b'%'), mask(a == b'\\'), mask(a == b'&'));
        let is_percent = percent & undone.percent & mask(is_hex(b)) & mask(is_hex(c));
        let is_named = backslash & undone.backslash & mask(is_named(b));
        // \u1000 and above: if it is an escape, no form begins with it, and if it is none, none has the backslash.
        let is_high = mask(b == b'u') & mask(is_hex(c)) & mask(c != b'0');
        let is_foreign = backslash & undone.backslash & undone.foreign & is_high;
        let is_plain = !(is_percent | is_named | is_foreign);
        let coded = (nibble(b) << 4 | nibble(c)) & is_percent;
        bytes[place] = coded | named(b) & is_named | NO_BYTE & is_foreign | a & is_plain;
        let is_near = is_foreign | !(percent | backslash | entity);
        steps[place] = 3 & is_percent | 2 & is_named | 1 & is_near;
    }
}

/// Whether no escape begins in the next bytes.
fn is_calm(text: &[u8], at: usize) -> bool {
    let ahead = text.get(at..).unwrap_or_default();
    match ahead.first_chunk::<CALM_BYTES>() {
        Some(ahead) => !ahead.iter().fold(false, |any, &byte| any | is_lead(byte)),
        None => !ahead.iter().any(|&byte| is_lead(byte)),
    }
}
