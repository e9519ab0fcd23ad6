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

use memchr::memchr3;
use zeroize::Zeroizing;

use super::escape::{ESCAPE_BYTES_MAX, Escape, LEADS, is_lead, unescape};
use super::needle::Needle;

/// Bytes of a gram. No form is shorter.
pub(super) const GRAM_BYTES: usize = 4;
/// A byte of a gram that isn't known, and with it all that follow. No secret holds it, since it is not in UTF-8.
const UNKNOWN: u8 = 0xff;
/// A gram of which nothing is known.
const ALL_UNKNOWN: u32 = u32::from_le_bytes([UNKNOWN; GRAM_BYTES]);
/// Set in every byte before grams are compared, so that letters are equal in both cases, of which hex has any mixture.
const CASE: u32 = 0x2020_2020;
/// Words of the hashed set, 64 grams each: 8 KiB, a quarter of the fastest cache.
const WORDS: usize = 1024;
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
    bits: Box<[u64; WORDS]>,
    /// The set, sorted.
    grams: Zeroizing<Vec<u32>>,
    /// Bytes that a form can begin with.
    begins: [bool; 256],
    /// Leads that are in a gram of a form as they stand.
    kept: [bool; 256],
}

impl Default for Filter {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl Filter {
    pub(super) fn new(needles: &[Needle]) -> Self {
        let (mut begins, mut kept, mut grams) = ([false; 256], [false; 256], Zeroizing::new(Vec::new()));
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
            }
            grams.extend_from_slice(&spelled);
        }
        if !needles.is_empty() {
            LEADS.iter().for_each(|&lead| begins[usize::from(lead)] = true);
        }
        grams.iter_mut().for_each(|gram| *gram |= CASE);
        grams.sort_unstable();
        grams.dedup();
        let mut bits = Box::new([0; WORDS]);
        for &gram in grams.iter() {
            let (word, bit) = place_of(gram);
            bits[word] |= bit;
        }
        Self { bits, grams, begins, kept }
    }

    /// Begins the search for candidates in a text.
    pub(super) fn places<'a>(&'a self, text: &'a [u8]) -> Places<'a> {
        Places { filter: self, text, at: 0, lead: None, found: Vec::new(), read: Vec::new() }
    }

    #[inline]
    fn may_hold(&self, gram: u32) -> bool {
        let (word, bit) = place_of(gram | CASE);
        self.bits[word] & bit != 0
    }

    /// Whether a place with this byte and this gram is a candidate.
    fn holds(&self, byte: u8, gram: u32) -> bool {
        self.begins[usize::from(byte)] && self.grams.binary_search(&(gram | CASE)).is_ok()
    }
}

/// Where the hashed set has a gram.
#[inline]
fn place_of(gram: u32) -> (usize, u64) {
    // Fibonacci hashing (Knuth, volume 3, section 6.4): the golden ratio's bits, and of the product the highest.
    let hash = gram.wrapping_mul(0x9e37_79b1) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
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
    /// Every candidate before is found.
    at: usize,
    /// The first lead from `at` on, or the text's end; none where it was not looked for.
    lead: Option<usize>,
    /// Candidates that are not yet given out, the last first.
    found: Vec<usize>,
    /// Grams of the places that are read with escapes.
    read: Vec<u32>,
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
            match self.plain(lead) {
                Some(place) => return place,
                None => self.read(lead),
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
        let filter = self.filter;
        let text = self.text.get(self.at..end).unwrap_or_default();
        let mut from = 0;
        while let Some(found) = filter.next_plain(text.get(from..).unwrap_or_default()) {
            let place = from + found;
            let (gram, byte) = (text.get(place..).and_then(first_gram), text.get(place));
            if gram.zip(byte).is_some_and(|(gram, &byte)| filter.holds(byte, gram)) {
                self.at += place + 1;
                return Some(self.at - 1);
            }
            from = place + 1;
        }
        self.at = self.at.max((self.at + text.len()).saturating_sub(GRAM_BYTES - 1));
        None
    }

    /// Finds the candidates from `at` to behind the escapes that begin with `lead`, or to the text's end.
    fn read(&mut self, lead: usize) {
        let (from, text) = (self.at, self.text);
        let longest = text.len().min(from + READ_BYTES_MAX);
        let mut to = lead;
        let is_calm = |at: usize| {
            let ahead = text.get(at..text.len().min(at + CALM_BYTES)).unwrap_or_default();
            !ahead.iter().fold(false, |any, &byte| any | is_lead(byte))
        };
        while to < longest && !is_calm(to) {
            to = text.len().min(to + CALM_BYTES);
        }
        let ahead = if to < longest { CALM_BYTES } else { AHEAD_BYTES };
        let end = text.len().min(to + ahead);
        if end == text.len() {
            to = end;
        }
        self.at = to;
        let mut gram = ALL_UNKNOWN;
        self.read.clear();
        self.read.resize(end + 1 - from, ALL_UNKNOWN);
        for (place, &byte) in text.get(from..end).unwrap_or_default().iter().enumerate().rev() {
            gram = if is_lead(byte) {
                self.gram_of_lead(from + place, place, byte, gram)
            } else {
                gram << 8 | u32::from(byte)
            };
            if let Some(kept) = self.read.get_mut(place) {
                *kept = gram;
            }
            if self.filter.may_hold(gram) && from + place < to && self.filter.holds(byte, gram) {
                self.found.push(from + place);
            }
        }
    }

    /// The gram of a place that a lead is at, `behind` that of the next.
    fn gram_of_lead(&self, at: usize, place: usize, lead: u8, behind: u32) -> u32 {
        match unescape(self.text.get(at..).unwrap_or_default()) {
            Escape::None => behind << 8 | u32::from(lead),
            Escape::Of { bytes, len, taken } if !self.filter.kept[usize::from(lead)] => {
                let after = self.read.get(place + taken).copied().unwrap_or(ALL_UNKNOWN);
                match len {
                    1 => after << 8 | u32::from(bytes[0]),
                    GRAM_BYTES => u32::from_le_bytes(bytes),
                    len => after << (8 * len) | u32::from_le_bytes(bytes),
                }
            }
            Escape::Of { .. } | Escape::Cut => ALL_UNKNOWN,
        }
    }
}

fn first_gram(text: &[u8]) -> Option<u32> {
    text.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

impl Filter {
    /// The first place of a text without escapes whose gram may be in the set.
    fn next_plain(&self, text: &[u8]) -> Option<usize> {
        text.array_windows().position(|window| self.may_hold(u32::from_le_bytes(*window)))
    }
}
