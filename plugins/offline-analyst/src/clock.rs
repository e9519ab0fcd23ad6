//! Owns putting the stamps of several documents on common time lines.
//! Invariants: moments are compared only within one group; where frames do not fit (no offset against offset, no year
//! against a far year, uptime), documents land in different groups instead of in a wrong order.

use std::collections::BTreeMap;

use crate::calendar;
use crate::line::{self, LineRef};
use crate::record;
use crate::report::Doc;
use crate::stamp::{Frame, STAND_IN_YEAR, Stamp};

/// How many lines of a document's head are looked at to learn its frame and start.
const HEAD_LINES: usize = 300;
/// How much of a document's tail is looked at to learn its end.
const TAIL_BYTES: usize = 32 * 1024;
/// How far the ranges of two documents may lie apart and still be taken for the same days.
const NEAR_MS: i64 = 12 * 3_600_000;
/// A yearless stamp that falls back by more than this is of the next year.
const TURN_OF_YEAR_MS: i64 = 180 * 86_400_000;

/// A line and when it was written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    /// Milliseconds on the time line of `group`; of the last stamped line before, where the line has no stamp.
    pub(crate) at: Option<i64>,
    pub(crate) group: u32,
    /// Which original file: documents of one digest share it.
    pub(crate) file: u32,
    pub(crate) line: LineRef,
    /// The line that `at` stands in: this one, or an earlier one.
    pub(crate) dated: LineRef,
}

impl Event {
    /// Milliseconds from `other` to this event; None where the two cannot be compared.
    /// Within one file, lines without usable times count one millisecond in the order of the lines.
    pub(crate) fn since(&self, other: &Self) -> Option<i64> {
        if let (Some(mine), Some(theirs), true) = (self.at, other.at, self.group == other.group) {
            return Some(mine.saturating_sub(theirs));
        }
        (self.file == other.file).then(|| match self.line.cmp(&other.line) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        })
    }
}

#[derive(Clone, Copy, Debug)]
struct Range {
    frame: Frame,
    first: i64,
    last: i64,
}

/// The clock of one original file.
#[derive(Clone, Copy, Debug)]
struct FileClock {
    frame: Option<Frame>,
    group: u32,
    /// Yearless only: the year of the first stamp.
    year: i64,
    previous: Option<i64>,
}

/// The clocks of all documents.
#[derive(Debug)]
pub(crate) struct Clocks {
    file_of: Vec<u32>,
    files: Vec<FileClock>,
}

impl Clocks {
    /// Learns frames and ranges from heads and tails, and chooses groups and years.
    pub(crate) fn survey(docs: &[Doc<'_>]) -> Self {
        let mut ids: BTreeMap<&str, u32> = BTreeMap::new();
        let mut file_of = Vec::with_capacity(docs.len());
        let mut ranges: Vec<Option<Range>> = Vec::new();
        for doc in docs {
            let next = u32::try_from(ids.len()).unwrap_or(u32::MAX);
            let file = *ids.entry(doc.digest).or_insert(next);
            file_of.push(file);
            let range = range_of(doc.text);
            match ranges.get_mut(file as usize) {
                None => ranges.push(range),
                Some(known) => *known = join(*known, range),
            }
        }
        let dated = |frame: Frame| ranges.iter().flatten().filter(move |range| range.frame == frame);
        let has_offset = dated(Frame::Offset).next().is_some();
        let near = |range: &Range, frame: Frame| {
            dated(frame).map(|other| apart(range, other)).min().filter(|apart| *apart <= NEAR_MS)
        };
        let files = ranges
            .iter()
            .zip(0_u32..)
            .map(|(range, id)| {
                let (group, year) = match range {
                    None => (0, STAND_IN_YEAR),
                    Some(range) => match range.frame {
                        Frame::Offset => (0, STAND_IN_YEAR),
                        Frame::Local => (u32::from(has_offset && near(range, Frame::Offset).is_none()), STAND_IN_YEAR),
                        Frame::Yearless => year_for(range, ranges.iter().flatten(), has_offset),
                        Frame::Uptime => (100 + id, STAND_IN_YEAR),
                    },
                };
                FileClock { frame: range.map(|range| range.frame), group, year, previous: None }
            })
            .collect();
        Self { file_of, files }
    }

    /// The original file that a document is of.
    pub(crate) fn file(&self, doc: u32) -> u32 {
        self.file_of.get(doc as usize).copied().unwrap_or(0)
    }

    /// The time line that a document is on.
    pub(crate) fn group(&self, doc: u32) -> u32 {
        self.files.get(self.file(doc) as usize).map_or(0, |clock| clock.group)
    }

    /// Places a stamp on its document's time line. None for a stamp of another frame than the document's.
    pub(crate) fn place(&mut self, doc: u32, stamp: &Stamp) -> Option<i64> {
        let file = self.file(doc) as usize;
        let clock = self.files.get_mut(file)?;
        match (clock.frame?, stamp.frame) {
            (Frame::Yearless, Frame::Yearless) => {
                let mut ms = with_year(stamp.ms, clock.year);
                if clock.previous.is_some_and(|previous| previous - ms > TURN_OF_YEAR_MS) {
                    clock.year += 1;
                    ms = with_year(stamp.ms, clock.year);
                }
                clock.previous = Some(ms);
                Some(ms)
            }
            (Frame::Uptime, Frame::Uptime) | (Frame::Offset | Frame::Local, Frame::Offset | Frame::Local) => {
                Some(stamp.ms)
            }
            _ => None,
        }
    }
}

fn with_year(stand_in_ms: i64, year: i64) -> i64 {
    let (_, month, day) = calendar::civil(stand_in_ms);
    calendar::to_ms(year, month, day, stand_in_ms.rem_euclid(86_400_000))
}

/// The group and the year of a yearless file: those that bring it nearest to a dated one.
fn year_for<'a>(range: &Range, others: impl Iterator<Item = &'a Range>, has_offset: bool) -> (u32, i64) {
    let mut best: Option<(i64, u32, i64)> = None;
    let mut any_dated = false;
    for other in others.filter(|other| matches!(other.frame, Frame::Offset | Frame::Local)) {
        any_dated = true;
        let (near_year, _, _) = calendar::civil(other.first);
        for year in near_year - 1..=near_year + 1 {
            let moved = Range {
                first: with_year(range.first, year),
                last: with_year(range.last, year + i64::from(range.last < range.first)),
                ..*range
            };
            let group = u32::from(has_offset && other.frame == Frame::Local);
            let candidate = (apart(&moved, other), group, year);
            if best.is_none_or(|best| candidate < best) {
                best = Some(candidate);
            }
        }
    }
    match best {
        Some((distance, group, year)) if distance <= NEAR_MS => (group, year),
        _ if any_dated => (2, STAND_IN_YEAR),
        _ => (0, STAND_IN_YEAR),
    }
}

/// Milliseconds between two ranges, 0 where they overlap.
fn apart(a: &Range, b: &Range) -> i64 {
    (a.first - b.last).max(b.first - a.last).max(0)
}

fn join(known: Option<Range>, more: Option<Range>) -> Option<Range> {
    match (known, more) {
        (Some(known), Some(more)) if known.frame == more.frame => Some(Range { last: more.last, ..known }),
        (known, more) => known.or(more),
    }
}

fn range_of(text: &str) -> Option<Range> {
    let bytes = text.as_bytes();
    let stamp_of = |line: LineRef| record::parse(bytes.get(line.start as usize..line.end as usize)?).stamp;
    let first = line::lines(0, text).take(HEAD_LINES).find_map(stamp_of)?;
    let mut tail = bytes.len().saturating_sub(TAIL_BYTES);
    while !text.is_char_boundary(tail) {
        tail += 1;
    }
    let tail_text = text.get(tail..).unwrap_or("");
    let last = line::lines(0, tail_text)
        .filter_map(|line| record::parse(tail_text.as_bytes().get(line.start as usize..line.end as usize)?).stamp)
        .filter(|stamp| stamp.frame == first.frame)
        .last()
        .unwrap_or(first);
    Some(Range { frame: first.frame, first: first.ms, last: last.ms })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doc<'a>(digest: &'a str, text: &'a str) -> Doc<'a> {
        Doc { name: digest, digest, first_line: 1, text }
    }

    fn placed(clocks: &mut Clocks, doc: u32, line: &str) -> String {
        let stamp = record::parse(line.as_bytes()).stamp.expect("a stamp");
        clocks.place(doc, &stamp).map(calendar::render).unwrap_or_default()
    }

    #[test]
    fn a_missing_year_comes_from_the_document_of_the_same_days() {
        let docs = [doc("a", "Jan  2 03:04:05 h x: y\n"), doc("b", "2026-01-02T03:00:00Z z\n")];
        let mut clocks = Clocks::survey(&docs);
        assert_eq!(clocks.group(0), clocks.group(1));
        assert_eq!(placed(&mut clocks, 0, "Jan  2 03:04:05 h x: y"), "2026-01-02 03:04:05");
    }

    #[test]
    fn far_days_are_not_compared() {
        let docs = [
            doc("a", "Jul  2 03:04:05 h x: y\n"),
            doc("b", "2026-01-02T03:00:00Z z\n"),
            doc("c", "2024-01-02 03:00:00 z\n"),
            doc("d", "[ 1.000] z\n"),
        ];
        let clocks = Clocks::survey(&docs);
        let groups: Vec<u32> = (0..4).map(|doc| clocks.group(doc)).collect();
        assert_eq!(groups, [2, 0, 1, 103]);
    }

    #[test]
    fn december_is_before_january_without_years() {
        let docs = [doc("a", "Dec 31 23:59:59 h x: y\nJan  1 00:00:01 h x: y\n")];
        let mut clocks = Clocks::survey(&docs);
        assert_eq!(placed(&mut clocks, 0, "Dec 31 23:59:59 h x: y"), "2000-12-31 23:59:59");
        assert_eq!(placed(&mut clocks, 0, "Jan  1 00:00:01 h x: y"), "2001-01-01 00:00:01");
        assert_eq!(placed(&mut clocks, 0, "Dec 31 23:59:58 h x: y"), "2001-12-31 23:59:58");
    }

    #[test]
    fn local_time_of_the_same_days_is_compared_with_utc() {
        let docs = [doc("a", "2026-01-02 04:00:00 x\n"), doc("b", "2026-01-02T03:00:00Z z\n")];
        let clocks = Clocks::survey(&docs);
        assert_eq!((clocks.group(0), clocks.group(1)), (0, 0));
    }
}
