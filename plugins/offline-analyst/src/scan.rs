//! Owns the one pass over all lines that feeds every reader. Knows nothing about causes or wording.
//! Invariants: every collection it fills is bounded; time is linear in the text.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::clock::{Clocks, Event};
use crate::facts::{Class, Fact};
use crate::histogram::Histogram;
use crate::http;
use crate::level::Level;
use crate::line::{self, LineRef, Source};
use crate::record::{self, Record};
use crate::report::Doc;
use crate::sessions::Sessions;
use crate::sighting::Sighting;
use crate::signature::{Hits, Signatures};
use crate::stack::Traces;
use crate::template::{Miner, Mix};
use crate::wal::Wal;

/// Within this time after a line of a cause, a line of its effect counts as preceded by it.
const PRECEDED_MS: i64 = 10_000;
/// Error lines kept as samples over time, to cite bursts.
const SAMPLES_MAX: usize = 1_024;
/// Kinds of start lines told apart.
const STARTS_MAX: usize = 256;
/// Two start lines closer than this are one start.
const SAME_START_MS: i64 = 2_000;
/// Starts farther apart than this are no loop.
const LOOP_MS: i64 = 15 * 60_000;
/// Silences kept.
const GAPS_MAX: usize = 4;
/// Shorter silences are not looked at.
const GAP_MS: i64 = 10 * 60_000;

/// A run of starts of one kind.
#[derive(Debug)]
pub(crate) struct Starts {
    pub(crate) run: u32,
    pub(crate) longest: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
}

/// Nothing was logged between two neighbouring lines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) ms: i64,
    pub(crate) before: LineRef,
    pub(crate) after: LineRef,
}

/// Counts of access lines.
#[derive(Debug, Default)]
pub(crate) struct Requests {
    pub(crate) total: u32,
    pub(crate) server_errors: u32,
    pub(crate) not_found: u32,
    pub(crate) not_found_line: Option<LineRef>,
}

/// Everything that one pass gathers.
#[derive(Debug)]
pub(crate) struct Scan<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) signatures: Signatures,
    pub(crate) sightings: Vec<Option<Sighting>>,
    /// Per fact: lines at DEBUG or INFO level that only speak of it, and the first of them.
    pub(crate) mentions: Vec<Option<(u32, LineRef)>>,
    pub(crate) miner: Miner,
    pub(crate) traces: Traces,
    pub(crate) wal: Wal,
    pub(crate) sessions: Sessions,
    pub(crate) starts: HashMap<u64, Starts, BuildHasherDefault<Mix>>,
    pub(crate) requests: Requests,
    pub(crate) lines: u32,
    pub(crate) stamped: u32,
    pub(crate) error_lines: u32,
    pub(crate) warning_lines: u32,
    pub(crate) first: Option<Event>,
    pub(crate) last: Option<Event>,
    pub(crate) first_error: Option<Event>,
    pub(crate) errors: Histogram,
    pub(crate) samples: Vec<Event>,
    sample_stride_ms: i64,
    pub(crate) gaps: Vec<Gap>,
    /// Lines of a file are left out before, between or behind the documents.
    pub(crate) partial: bool,
    causes: Vec<Vec<Option<usize>>>,
    latest: Vec<Option<Event>>,
    start_fact: Option<usize>,
}

/// Reads all documents.
pub(crate) fn scan<'a>(docs: &'a [Doc<'a>]) -> Scan<'a> {
    let signatures = Signatures::new();
    let positions: std::collections::BTreeMap<&str, usize> =
        signatures.facts.iter().enumerate().map(|(at, fact)| (fact.id, at)).collect();
    let causes = signatures
        .facts
        .iter()
        .map(|fact| fact.causes.iter().map(|cause| positions.get(cause.id).copied()).collect())
        .collect();
    let count = signatures.facts.len();
    let mut scan = Scan {
        source: Source { docs },
        start_fact: signatures.position("service_start"),
        signatures,
        sightings: (0..count).map(|_| None).collect(),
        mentions: vec![None; count],
        miner: Miner::default(),
        traces: Traces::default(),
        wal: Wal::default(),
        sessions: Sessions::default(),
        starts: HashMap::default(),
        requests: Requests::default(),
        lines: 0,
        stamped: 0,
        error_lines: 0,
        warning_lines: 0,
        first: None,
        last: None,
        first_error: None,
        errors: Histogram::default(),
        samples: Vec::new(),
        sample_stride_ms: 1,
        gaps: Vec::new(),
        partial: docs.iter().any(|doc| doc.first_line > 1),
        causes,
        latest: vec![None; count],
    };
    let mut clocks = Clocks::survey(docs);
    let mut hits = Hits::default();
    for (doc, id) in docs.iter().zip(0_u32..) {
        scan.document(doc, id, &mut clocks, &mut hits);
    }
    scan
}

impl Scan<'_> {
    fn document(&mut self, doc: &Doc<'_>, id: u32, clocks: &mut Clocks, hits: &mut Hits) {
        let (file, group) = (clocks.file(id), clocks.group(id));
        let mut current = None;
        let mut previous: Option<LineRef> = None;
        let mut dated = None;
        for line in line::lines(id, doc.text) {
            self.lines = self.lines.saturating_add(1);
            let Some(text) = doc.text.get(line.start as usize..line.end as usize) else { continue };
            if text.trim_ascii().is_empty() {
                continue;
            }
            let record = record::parse(text.as_bytes());
            if let Some(at) = record.stamp.as_ref().and_then(|stamp| clocks.place(id, stamp)) {
                self.stamped = self.stamped.saturating_add(1);
                if let (Some(before), Some(previous)) = (current, previous) {
                    self.gap(at - before, previous, line);
                }
                current = Some(at);
                dated = Some(line);
            }
            previous = Some(line);
            let event = Event { at: current, group, file, line, dated: dated.unwrap_or(line) };
            self.span(event);
            self.line(text, &record, event, hits);
        }
        self.traces.close();
    }

    fn line(&mut self, text: &str, record: &Record, event: Event, hits: &mut Hits) {
        let bytes = text.as_bytes();
        if let Some(request) = http::parse(bytes) {
            self.request(request.status, &String::from_utf8_lossy(request.path), event);
            return;
        }
        if let Some(status) = record.status {
            self.request(status, "", event);
        }
        if record.level == Some(Level::Statement) {
            return;
        }
        self.signatures.find(bytes, hits);
        if matches!(record.level, Some(Level::Debug | Level::Info)) {
            self.mention(event.line, hits);
        }
        let mut worst = false;
        for &fact in &hits.facts {
            let row = self.signatures.facts[fact];
            worst |= matches!(row.class, Class::Failure | Class::Exhaustion | Class::Impact) && row.weight >= 40;
            self.see(fact, event).pick(row, text, &hits.lower);
        }
        // The words of a line that is known to be harmless mean nothing.
        let noted =
            !hits.facts.is_empty() && hits.facts.iter().all(|&fact| self.signatures.facts[fact].class == Class::Note);
        let level = record.level.or(match hits.trouble.filter(|_| !noted) {
            Some(true) => Some(Level::Fatal),
            Some(false) => Some(Level::Error),
            None => None,
        });
        let trouble = level >= Some(Level::Error);
        if level == Some(Level::Warn) {
            self.warning_lines = self.warning_lines.saturating_add(1);
        }
        if trouble || worst {
            self.error(event);
        }
        let fresh = record.stamp.is_some() || record.level.is_some();
        self.traces.feed(text, event, fresh, trouble && !noted);
        if !fresh && bytes.first().is_some_and(u8::is_ascii_whitespace) {
            return;
        }
        let shape = self.miner.learn(bytes, (record.body_start, record.body_end), event, level, !hits.facts.is_empty());
        if self.start_fact.is_some_and(|start| hits.facts.contains(&start)) {
            self.start(shape ^ u64::from(event.file), event);
        }
        if hits.wal {
            self.wal.feed(text, event);
        }
        if hits.sessions {
            self.sessions.feed(text, event);
        }
        if hits.figures {
            self.sessions.count(text, event);
        }
    }

    /// Takes the failures out of the hits of a line that by its own level reports none.
    fn mention(&mut self, line: LineRef, hits: &mut Hits) {
        let Hits { facts, lower, .. } = hits;
        facts.retain(|&fact| {
            let mentioned = self.signatures.only_mentioned(fact, lower);
            if mentioned && let Some(slot) = self.mentions.get_mut(fact) {
                let (count, _) = slot.get_or_insert((0, line));
                *count = count.saturating_add(1);
            }
            !mentioned
        });
    }

    /// Counts a line for a fact.
    fn see(&mut self, fact: usize, event: Event) -> &mut Sighting {
        let causes = self.causes.get(fact).map_or(&[][..], Vec::as_slice);
        let sighting = self.sightings[fact].get_or_insert_with(|| Sighting::new(event));
        sighting.add(event);
        sighting.preceded.resize(causes.len(), 0);
        for (slot, cause) in causes.iter().enumerate() {
            let before = cause
                .and_then(|cause| self.latest[cause])
                .filter(|before| before.file == event.file && before.at.is_some());
            if before.is_some_and(|before| event.since(&before).is_some_and(|ms| (0..=PRECEDED_MS).contains(&ms))) {
                sighting.preceded[slot] += 1;
            }
        }
        self.latest[fact] = Some(event);
        sighting
    }

    fn request(&mut self, status: u16, path: &str, event: Event) {
        self.requests.total = self.requests.total.saturating_add(1);
        let id = match status {
            502 => "http_502",
            503 => "http_503",
            504 => "http_504",
            500..=599 => "http_500",
            429 => "http_429",
            401 | 403 => "http_denied",
            404 => {
                self.requests.not_found = self.requests.not_found.saturating_add(1);
                self.requests.not_found_line.get_or_insert(event.line);
                return;
            }
            _ => return,
        };
        if status >= 500 {
            self.requests.server_errors = self.requests.server_errors.saturating_add(1);
            self.error(event);
        }
        if let Some(fact) = self.signatures.position(id) {
            self.see(fact, event).name("paths", path);
        }
    }

    fn error(&mut self, event: Event) {
        self.error_lines = self.error_lines.saturating_add(1);
        if self.first_error.is_none_or(|first| event.since(&first).is_some_and(|ms| ms < 0)) {
            self.first_error = Some(event);
        }
        let Some(at) = event.at.filter(|_| self.first_error.is_some_and(|first| first.group == event.group)) else {
            return;
        };
        self.errors.add(at);
        let far =
            self.samples.last().and_then(|last| last.at).is_none_or(|last| (at - last).abs() >= self.sample_stride_ms);
        if far {
            if self.samples.len() >= SAMPLES_MAX {
                let mut keep = false;
                self.samples.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.sample_stride_ms = self.sample_stride_ms.saturating_mul(2);
            }
            self.samples.push(event);
        }
    }

    fn span(&mut self, event: Event) {
        if self.first.is_none_or(|first| {
            event.at.is_some() && (first.at.is_none() || event.since(&first).is_some_and(|ms| ms < 0))
        }) {
            self.first = Some(event);
        }
        if self.last.is_none_or(|last| event.since(&last).is_some_and(|ms| ms >= 0)) {
            self.last = Some(event);
        }
    }

    fn start(&mut self, kind: u64, event: Event) {
        if let Some(starts) = self.starts.get_mut(&kind) {
            match event.since(&starts.last) {
                Some(ms) if ms < SAME_START_MS => return,
                Some(ms) if ms <= LOOP_MS => starts.run += 1,
                _ => {
                    if starts.longest < 3 {
                        starts.first = event;
                        starts.kept.clear();
                    }
                    starts.run = 1;
                }
            }
            starts.longest = starts.longest.max(starts.run);
            starts.last = event;
            if starts.kept.len() < 4 {
                starts.kept.push(event.line);
            }
        } else if self.starts.len() < STARTS_MAX && event.at.is_some() {
            self.starts.insert(kind, Starts { run: 1, longest: 1, first: event, last: event, kept: vec![event.line] });
        }
    }

    /// Notes a silence between neighbouring lines of one document. Between excerpts nothing is known.
    fn gap(&mut self, ms: i64, before: LineRef, after: LineRef) {
        if ms < GAP_MS {
            return;
        }
        let at = self.gaps.iter().position(|gap| gap.ms < ms).unwrap_or(self.gaps.len());
        self.gaps.insert(at, Gap { ms, before, after });
        self.gaps.truncate(GAPS_MAX);
    }

    /// Adds a fact that was found by counting, with the lines that show it.
    pub(crate) fn conclude(
        &mut self,
        id: &str,
        first: Event,
        last: Event,
        lines: &[LineRef],
        count: u32,
        detail: String,
    ) -> Option<&mut Sighting> {
        let fact = self.signatures.position(id)?;
        let mut sighting = Sighting::new(first);
        sighting.add(first);
        sighting.add(last);
        sighting.kept = lines.to_vec();
        sighting.kept.truncate(crate::sighting::KEPT_MAX);
        sighting.count = count;
        sighting.detail = detail;
        Some(self.sightings[fact].insert(sighting))
    }

    /// What was seen of a fact.
    pub(crate) fn seen(&self, id: &str) -> Option<&Sighting> {
        self.sightings.get(self.signatures.position(id)?)?.as_ref()
    }

    /// All facts that were seen, in the order of the table.
    pub(crate) fn present(&self) -> impl Iterator<Item = (usize, &'static Fact, &Sighting)> {
        self.sightings
            .iter()
            .enumerate()
            .filter_map(|(at, sighting)| Some((at, *self.signatures.facts.get(at)?, sighting.as_ref()?)))
    }
}
