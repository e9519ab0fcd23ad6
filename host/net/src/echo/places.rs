//! The places of a text where a form of a secret may begin, from the first to the last.
//!
//! Invariant: every place where a form begins, under any escapes, or where more text could make one begin, is a
//! candidate. Long stretches without escapes are looked at as they stand; the rest is read piece by piece.

use std::cmp::Reverse;
use std::ops::Range;

use fearless_simd::{Simd, dispatch};
use memchr::memchr3;

use super::escape::{ESCAPE_BYTES_MAX, LEADS};
use super::filter::{CASE, Filter, GRAM_BYTES};
use super::lanes::LOOKS;
use super::needle::End;
use super::reading::Reading;

/// From so many bytes without escapes on, they are looked at as they stand: reading a piece takes twice as long.
const PLAIN_BYTES_MIN: usize = 256;

/// The candidates of one text.
pub(super) struct Places<'a> {
    filter: &'a Filter,
    text: &'a [u8],
    end: End,
    /// Every candidate before is found.
    at: usize,
    /// The first lead from `at` on, or the text's end; none where it was not looked for.
    lead: Option<usize>,
    /// Candidates that are not yet given out, the last first.
    found: Vec<usize>,
    /// What is read with escapes; made for the first.
    read: Option<Box<Reading>>,
}

impl<'a> Places<'a> {
    pub(super) fn new(filter: &'a Filter, text: &'a [u8], end: End, read: Option<Box<Reading>>) -> Self {
        Self { filter, text, end, at: 0, lead: None, found: Vec::new(), read }
    }

    /// Ends the search and gives its room back, for the next.
    pub(super) fn into_room(self) -> Option<Box<Reading>> {
        self.read
    }

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
            let ends = lead == self.text.len();
            if ends || lead - self.at >= PLAIN_BYTES_MIN {
                dispatch!(self.filter.level(), _ => self.plain(lead));
            }
            if self.found.is_empty() {
                if ends && self.end == End::Final {
                    self.at = lead;
                } else {
                    dispatch!(self.filter.level(), simd => self.piece(simd));
                }
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

    /// Finds candidates from `at` on whose grams end before `end`, before which nothing is escaped; ends with the first
    /// few, or with the last places.
    #[inline(always)]
    fn plain(&mut self, end: usize) {
        let (begin, text) = (self.at, self.text.get(..end).unwrap_or_default());
        while let Some(block) = text.get(self.at..).and_then(<[u8]>::first_chunk) {
            let may_hold = self.filter.may_hold_plain(block);
            self.at += LOOKS;
            if may_hold {
                for place in self.filter.plain_hits(block).rev() {
                    let place = (self.at - LOOKS) + place;
                    self.keep_plain(text, begin.max(place.saturating_sub(1))..place + 1);
                }
                if !self.found.is_empty() {
                    return;
                }
            }
        }
        let last = end.saturating_sub(GRAM_BYTES - 1).max(begin);
        self.keep_plain(text, begin.max(self.at.saturating_sub(1))..last);
        self.at = last;
    }

    /// Keeps the candidates among places without escapes, the last first.
    #[cold]
    fn keep_plain(&mut self, text: &[u8], places: Range<usize>) {
        for place in places.rev() {
            if let Some(gram) = text.get(place..).and_then(<[u8]>::first_chunk::<GRAM_BYTES>) {
                let [byte, ..] = *gram;
                let gram = gram.map(|byte| byte | CASE);
                if self.filter.holds(byte, u32::from_le_bytes(gram)) {
                    self.found.push(place);
                }
            }
        }
    }

    /// Finds the candidates of the next piece.
    #[inline(always)]
    fn piece<S: Simd>(&mut self, simd: S) {
        let mut read = self.read.take().unwrap_or_else(Reading::new);
        let from = self.at;
        self.at = read.read(simd, self.text, from, self.end, self.filter.undone());
        for (begin, block) in read.blocks() {
            if self.filter.may_hold_block(block) {
                // Also the places from which the reading goes on within the block.
                self.keep(&read, from, begin.saturating_sub(ESCAPE_BYTES_MAX)..begin + LOOKS);
            }
        }
        for places in read.unknown() {
            self.keep(&read, from, places);
        }
        if !self.found.is_empty() {
            self.found.sort_unstable_by_key(|&place| Reverse(place));
            self.found.dedup();
        }
        self.read = Some(read);
    }

    /// Keeps the candidates among places of a piece that begins at `from`.
    #[cold]
    fn keep(&mut self, read: &Reading, from: usize, places: Range<usize>) {
        for place in places.filter(|place| from + place < self.at) {
            let byte = self.text.get(from + place);
            if byte.is_some_and(|&byte| self.filter.holds(byte, read.gram(place))) {
                self.found.push(from + place);
            }
        }
    }
}
