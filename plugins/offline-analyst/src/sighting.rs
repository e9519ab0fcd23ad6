//! Owns what is kept of each fact that was seen: count, first and last line, names, times. Knows nothing about causes.
//! Invariants: at most [`KEPT_MAX`] lines and [`NAMES_MAX`] names per fact; names keep the order in which they were met.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::clock::Event;
use crate::facts::Fact;
use crate::histogram::Histogram;
use crate::line::LineRef;
use crate::template::{self, Mix};

/// Lines kept per fact, the first ones.
pub(crate) const KEPT_MAX: usize = 8;
/// Distinct names kept per fact.
const NAMES_MAX: usize = 400;
/// Longest name kept.
const NAME_BYTES: usize = 96;

/// A name that a fact's lines mention.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) label: &'static str,
    pub(crate) text: String,
    pub(crate) count: u32,
}

/// Everything kept of one fact.
#[derive(Debug)]
pub(crate) struct Sighting {
    pub(crate) count: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
    pub(crate) names: Vec<Name>,
    index: HashMap<u64, usize, BuildHasherDefault<Mix>>,
    /// Names beyond the bound were met.
    pub(crate) more_names: bool,
    pub(crate) times: Histogram,
    /// Per cause of the fact: how many of its lines came within seconds after a line of that cause.
    pub(crate) preceded: Vec<u32>,
    /// A sentence with figures, for facts found by counting.
    pub(crate) detail: String,
    /// More is claimed than lines show; the sentence says what. Empty otherwise.
    pub(crate) caveat: String,
}

impl Sighting {
    /// Begins with a first line, which is not counted yet.
    pub(crate) fn new(first: Event) -> Self {
        Self {
            count: 0,
            first,
            last: first,
            kept: Vec::new(),
            names: Vec::new(),
            index: HashMap::default(),
            more_names: false,
            times: Histogram::default(),
            preceded: Vec::new(),
            detail: String::new(),
            caveat: String::new(),
        }
    }

    /// Counts one line.
    pub(crate) fn add(&mut self, event: Event) {
        self.count = self.count.saturating_add(1);
        if event.since(&self.first).is_some_and(|ms| ms < 0) {
            self.first = event;
        }
        if event.since(&self.last).is_some_and(|ms| ms >= 0) {
            self.last = event;
        }
        if self.kept.len() < KEPT_MAX && !self.kept.contains(&event.line) {
            self.kept.push(event.line);
        }
        if let Some(at) = event.at.filter(|_| event.group == self.first.group) {
            self.times.add(at);
        }
    }

    /// Notes a name.
    pub(crate) fn name(&mut self, label: &'static str, text: &str) {
        let text = crate::line::cut(text.trim().trim_matches(['"', '\'', '\\']), NAME_BYTES);
        if text.is_empty() || text == "-" {
            return;
        }
        let key = template::hash(label.len(), text.as_bytes());
        let room = self.names.len() < NAMES_MAX;
        match self.index.get(&key).and_then(|&at| self.names.get_mut(at)) {
            Some(name) => name.count = name.count.saturating_add(1),
            None if room => {
                self.index.insert(key, self.names.len());
                self.names.push(Name { label, text: text.to_owned(), count: 1 });
            }
            None => self.more_names = true,
        }
    }

    /// Takes the names that the fact's picks find in a line. `lower` is the line in lower case, as far as it was searched.
    pub(crate) fn pick(&mut self, fact: &Fact, line: &str, lower: &[u8]) {
        let mut done = "";
        for pick in fact.picks {
            // Several ways to find one kind of name: the first that finds something counts.
            if pick.label == done {
                continue;
            }
            let Some(at) = memchr::memmem::find(lower, pick.after.as_bytes()) else { continue };
            let Some(rest) = line.get(at + pick.after.len()..) else { continue };
            let end = rest.find(|byte: char| pick.until.contains(byte) || byte.is_control()).unwrap_or(rest.len());
            if end > 0 && end <= NAME_BYTES {
                self.name(pick.label, &rest[..end]);
                done = pick.label;
            }
        }
    }

    /// The names of one kind, most frequent first.
    pub(crate) fn top(&self, label: &str) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.names.iter().filter(|name| name.label == label).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.count));
        names
    }

    /// The kinds of names, in the order in which they were met.
    pub(crate) fn labels(&self) -> Vec<&'static str> {
        let mut labels = Vec::new();
        for name in &self.names {
            if !labels.contains(&name.label) {
                labels.push(name.label);
            }
        }
        labels
    }
}
