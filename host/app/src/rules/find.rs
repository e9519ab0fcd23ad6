//! Finding: every rule over a view, line by line, and of long lines piece by piece.
//!
//! A rule looks at one line at a time. A line of more than [`LINE_BYTES_MAX`] is looked at in pieces that begin at
//! multiples of [`PIECE_BYTES`] of the whole text, so that windows, which show any part of such a line, have the same
//! pieces; each shows [`PIECE_BYTES`] more than it owns. What a search costs is so bounded by a constant per byte, also
//! for expressions that find a match after each byte and read on to the end each time.

use std::ops::Range;

use regex_automata::Input;
use trcaa_model::pii::Span;

use super::{DETECTOR, Rule, Rules};

/// A longer line is looked at in pieces. Less than what a window shows before its core, so that every window sees that a
/// line is long.
const LINE_BYTES_MAX: usize = 4 << 10;
/// Length of a piece, and of the longest match in a long line that is found whole wherever it begins.
const PIECE_BYTES: usize = 2 << 10;
/// Text that is searched for a first match at a time, whole lines of it: an expression may read over line ends in vain.
const BLOCK_BYTES: usize = 8 << 10;

impl Rules {
    /// Finds all that any rule finds in a view whose first byte has the offset `base` in its text; in the view's offsets.
    pub(crate) fn find(&self, view: &str, base: u64) -> Vec<Span> {
        let mut spans = Vec::new();
        for rule in &self.rules {
            rule.find(view, base, &mut spans);
        }
        spans
    }
}

impl Rule {
    /// Looks for the line in which a match may begin first, looks at that line alone, and goes on behind it.
    pub(super) fn find(&self, view: &str, base: u64, spans: &mut Vec<Span>) {
        let mut at = 0;
        while at < view.len() {
            let block = block_from(view, at);
            let Some(first) = self.regex.search(&Input::new(view).range(at..block)) else {
                // Nothing that a piece could show begins before; whole lines end there anyway.
                let cut = block < view.len() && view.as_bytes().get(block) != Some(&b'\n');
                let next =
                    if cut { view.floor_char_boundary(block.saturating_sub(2 * PIECE_BYTES)) } else { block + 1 };
                at = next.max(at + 1);
                continue;
            };
            let line = line_around(view, first.start());
            if line.len() > LINE_BYTES_MAX || (line.start == 0 && base > 0) {
                let piece = piece_at(view, base, first.start());
                let piece = piece.start.max(line.start)..piece.end.min(line.end);
                let shown = view.floor_char_boundary(piece.end.saturating_add(PIECE_BYTES)).min(line.end);
                self.find_in(view, piece.start..shown, piece.end, spans);
                at = piece.end.max(first.start() + 1);
            } else {
                self.find_in(view, line.clone(), line.end, spans);
                at = line.end + 1;
            }
            at = view.ceil_char_boundary(at.min(view.len()));
        }
    }

    /// Takes the matches within `shown` that begin before `owned_end`.
    fn find_in(&self, view: &str, shown: Range<usize>, owned_end: usize, spans: &mut Vec<Span>) {
        let mut at = shown.start;
        while at < owned_end {
            let input = Input::new(view).range(at..shown.end);
            let Some((all, value)) = self.next_match(&input) else { return };
            if all.start >= owned_end {
                return;
            }
            if self.counts(view, &value) {
                spans.push(Span {
                    start: value.start as u64,
                    end: value.end as u64,
                    label: self.label.clone(),
                    confidence: 1.0,
                    detector: DETECTOR.to_owned(),
                });
            }
            at = all.end;
        }
    }

    /// The next match, and the part of it that is the value.
    fn next_match(&self, input: &Input<'_>) -> Option<(Range<usize>, Range<usize>)> {
        let all = self.regex.search(input)?.range();
        let Some(group) = self.group else { return Some((all.clone(), all)) };
        let mut captures = self.regex.create_captures();
        self.regex.search_captures(input, &mut captures);
        let value = captures.get_group(group).map(|span| span.range()).filter(|value| !value.is_empty());
        Some((all.clone(), value.unwrap_or(all)))
    }

    /// Whether the value passes its check and stands in its context.
    fn counts(&self, view: &str, value: &Range<usize>) -> bool {
        if !self.validator.accepts(view.get(value.clone()).unwrap_or_default()) {
            return false;
        }
        if self.context.is_empty() {
            return true;
        }
        let from = view.floor_char_boundary(value.start.saturating_sub(self.context_bytes));
        let before = view.get(from..value.start).unwrap_or_default().to_lowercase();
        self.context.iter().any(|word| before.contains(word.as_str()))
    }
}

/// The end of the text that is searched at a time from `at` on: behind a line, if one ends within twice its length.
fn block_from(view: &str, at: usize) -> usize {
    let bytes = view.as_bytes();
    let (wanted, most) = (at.saturating_add(BLOCK_BYTES), at.saturating_add(2 * BLOCK_BYTES).min(bytes.len()));
    if wanted >= bytes.len() {
        return bytes.len();
    }
    let rest = bytes.get(wanted..most).unwrap_or_default();
    memchr::memchr(b'\n', rest).map_or_else(|| view.floor_char_boundary(most), |length| wanted + length)
}

/// The piece of the whole text that holds the character at `at`, as far as the view shows it.
fn piece_at(view: &str, base: u64, at: usize) -> Range<usize> {
    let length = PIECE_BYTES as u64;
    let bound = |number: u64| {
        let at = usize::try_from((number * length).saturating_sub(base)).unwrap_or(usize::MAX);
        view.floor_char_boundary(at.min(view.len()))
    };
    let number = (base + at as u64) / length;
    // A bound moves to the beginning of a character that it would cut.
    let number = if bound(number + 1) <= at { number + 1 } else { number };
    bound(number)..bound(number + 1)
}

/// The line that the byte is in, or ends; without its end.
fn line_around(view: &str, at: usize) -> Range<usize> {
    let bytes = view.as_bytes();
    let start = memchr::memrchr(b'\n', bytes.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
    let rest = bytes.get(at..).unwrap_or_default();
    start..memchr::memchr(b'\n', rest).map_or(bytes.len(), |length| at + length)
}
