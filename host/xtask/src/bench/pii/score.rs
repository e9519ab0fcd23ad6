//! The arithmetic of the report. Must not know: files, programs, the terminal.

use std::collections::BTreeMap;
use std::ops::Range;

/// One labelled range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gold {
    pub(super) range: Range<usize>,
    pub(super) kind: String,
}

/// How much of the gold of one kind was covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Recall {
    pub(super) spans: usize,
    pub(super) spans_full: usize,
    pub(super) bytes: usize,
    pub(super) bytes_covered: usize,
}

/// What one detector did on a log.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Score {
    pub(super) recall: BTreeMap<String, Recall>,
    pub(super) lines_clean: usize,
    pub(super) lines_touched: usize,
    /// Of what was found, overlaps united: bytes, ranges, and those of them that are gold (a range by half its bytes).
    pub(super) bytes_found: usize,
    pub(super) bytes_right: usize,
    pub(super) ranges_found: usize,
    pub(super) ranges_right: usize,
}

/// Holds what was found against what is there.
pub(super) fn score(text: &[u8], gold: &[Gold], found: &[Range<usize>]) -> Score {
    let found = united(found, text.len());
    let is_found = marked(text.len(), found.iter());
    let is_gold = marked(text.len(), gold.iter().map(|gold| &gold.range));
    let count =
        |map: &[bool], range: &Range<usize>| map.get(range.clone()).unwrap_or_default().iter().filter(|b| **b).count();
    let mut score = Score::default();
    for gold in gold {
        let recall = score.recall.entry(gold.kind.clone()).or_default();
        let covered = count(&is_found, &gold.range);
        recall.spans += 1;
        recall.spans_full += usize::from(covered == gold.range.len());
        recall.bytes += gold.range.len();
        recall.bytes_covered += covered;
    }
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let range = at..at + line.len();
        at = range.end;
        if count(&is_gold, &range) == 0 {
            score.lines_clean += 1;
            score.lines_touched += usize::from(count(&is_found, &range) > 0);
        }
    }
    for range in &found {
        let right = count(&is_gold, range);
        score.bytes_found += range.len();
        score.bytes_right += right;
        score.ranges_found += 1;
        score.ranges_right += usize::from(right * 2 >= range.len());
    }
    score
}

impl Score {
    /// The recall of all kinds that a test wants, together.
    pub(super) fn over(&self, wanted: impl Fn(&str) -> bool) -> Recall {
        self.recall.iter().filter(|(kind, _)| wanted(kind)).fold(Recall::default(), |sum, (_, one)| Recall {
            spans: sum.spans + one.spans,
            spans_full: sum.spans_full + one.spans_full,
            bytes: sum.bytes + one.bytes,
            bytes_covered: sum.bytes_covered + one.bytes_covered,
        })
    }
}

/// Ranges in order, overlapping and touching ones as one, cut to the text.
fn united(ranges: &[Range<usize>], len: usize) -> Vec<Range<usize>> {
    let mut sorted: Vec<Range<usize>> =
        ranges.iter().map(|range| range.start.min(len)..range.end.min(len)).filter(|range| !range.is_empty()).collect();
    sorted.sort_by_key(|range| range.start);
    let mut united: Vec<Range<usize>> = Vec::new();
    for range in sorted {
        match united.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => united.push(range),
        }
    }
    united
}

fn marked<'r>(len: usize, ranges: impl Iterator<Item = &'r Range<usize>>) -> Vec<bool> {
    let mut map = vec![false; len];
    for range in ranges {
        if let Some(part) = map.get_mut(range.clone()) {
            part.fill(true);
        }
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gold(range: Range<usize>, kind: &str) -> Gold {
        Gold { range, kind: kind.to_owned() }
    }

    #[test]
    fn what_is_found_is_held_against_what_is_there() {
        let text = b"ada called\nclean line\nbob 10.0.0.1\nclean too\n";
        let all = [gold(0..3, "PERSON"), gold(22..25, "PERSON"), gold(26..34, "IPV4")];
        // Ada in full, half of the address, and a word of a clean line, twice over.
        let score = score(text, &all, &[0..3, 26..30, 11..16, 12..16]);
        assert_eq!(score.recall["PERSON"], Recall { spans: 2, spans_full: 1, bytes: 6, bytes_covered: 3 });
        assert_eq!(score.recall["IPV4"], Recall { spans: 1, spans_full: 0, bytes: 8, bytes_covered: 4 });
        assert_eq!((score.lines_clean, score.lines_touched), (2, 1));
        assert_eq!((score.bytes_found, score.bytes_right), (12, 7));
        assert_eq!((score.ranges_found, score.ranges_right), (3, 2));
        assert_eq!(score.over(|kind| kind == "PERSON").spans, 2);
        assert_eq!(score.over(|_| true).bytes, 14);
    }

    #[test]
    fn ranges_beyond_the_text_are_cut() {
        let score = score(b"ab", &[gold(0..2, "X")], &[1..9, 5..9]);
        assert_eq!((score.bytes_found, score.bytes_right), (1, 1));
    }
}
