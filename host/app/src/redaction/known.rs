//! The values of one issue in memory: what stands for them, and where they stand again.
//!
//! Invariant: a value that was found in a text is looked for in all of that text, also where its context is missing.
//!
//! A rejection speaks of its place. The value stays in clear in that log, and in what is taken from that log's copy. A
//! value that was rejected wherever it was found is not searched for anywhere else either; a detector that finds it
//! elsewhere is believed there, until it is rejected there too. A value that counts in one log and was rejected in
//! another is searched for everywhere but in the log that rejected it. The last look at a request's body, which holds
//! what passed already, lets a rejected value through: it can only be there because it stands so in that log.

use std::collections::{BTreeMap, HashMap, HashSet};

use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::pii::Span;
use trcaa_redact::{
    KnownValues, Origin, Placeholder, Pseudonym, Pseudonyms, Standing, TooManyValues, label_of_name, merge,
};
use trcaa_store::ValueStanding;

use super::apply::clear;
use super::guard::is_placeholder;
use crate::{App, AppError};

/// Pseudonyms of an issue with what is known of their values.
#[derive(Default)]
pub(crate) struct IssueValues {
    pub(crate) pseudonyms: Pseudonyms,
    standings: HashMap<String, Standing>,
    /// Values that were rejected in some log.
    rejected: HashSet<String>,
    known: KnownValues,
    /// How many values there were when `known` was made.
    known_of: usize,
}

impl IssueValues {
    /// Of what was stored.
    pub(crate) fn new(pseudonyms: Pseudonyms, standings: Vec<ValueStanding>) -> Self {
        let value = |row: &ValueStanding| value_of(&row.replacement, &pseudonyms).map(str::to_owned);
        let rejected = standings.iter().filter(|row| row.is_rejected_somewhere).filter_map(value).collect();
        let standing = |row: ValueStanding| match (row.is_rejected, row.is_by_hand) {
            (true, _) => (row.replacement, Standing::Rejected),
            (false, true) => (row.replacement, Standing::ByHand),
            (false, false) => (row.replacement, Standing::Found),
        };
        let standings = standings.into_iter().map(standing).collect();
        Self { pseudonyms, standings, rejected, known: KnownValues::default(), known_of: 0 }
    }

    /// The same with what another process gave out meanwhile.
    pub(crate) fn renew(&mut self, pseudonyms: Pseudonyms) {
        self.pseudonyms = pseudonyms;
        self.known = KnownValues::default();
        self.known_of = 0;
    }

    /// Takes a value for marked by hand before the store knows it.
    pub(super) fn mark_by_hand(&mut self, replacement: &str) {
        self.standings.insert(replacement.to_owned(), Standing::ByHand);
        self.known_of = 0;
    }

    fn known(&mut self) -> Result<&KnownValues, AppError> {
        if self.known_of != self.pseudonyms.len() {
            let standing = |row: &Pseudonym| {
                self.standings.get(&row.placeholder().to_string()).copied().unwrap_or(Standing::Found)
            };
            self.known = KnownValues::new(&self.pseudonyms, standing).map_err(too_many)?;
            self.known_of = self.pseudonyms.len();
        }
        Ok(&self.known)
    }

    /// Whether exactly this was rejected in some log of the issue.
    pub(crate) fn is_rejected(&self, value: &str) -> bool {
        self.rejected.contains(value)
    }

    /// Where the issue's values stand in a text.
    pub(crate) fn places(&mut self, text: &str, origin: Origin) -> Result<Vec<Span>, AppError> {
        self.known()?;
        Ok(match origin {
            Origin::Raw => self.known.find(text),
            Origin::Redacted => self.known.find_in_redacted(text, &self.pseudonyms),
        })
    }

    /// Adds to what detectors found in a text every other place of the issue's values, those found just now among them.
    /// Sorted by start.
    pub(crate) fn with_all_places(
        &mut self,
        text: &str,
        mut found: Vec<Span>,
        origin: Origin,
    ) -> Result<Vec<Span>, AppError> {
        if origin == Origin::Redacted {
            // `password=[Password_1]` looks like a password; what is hidden already needs no second name.
            found.retain(|span| !is_placeholder(text, span, &self.pseudonyms));
        }
        for span in merge(&found, text.len() as u64)? {
            self.pseudonyms.placeholder_for(&span.label, clear(text, &span))?;
        }
        found.extend(self.places(text, origin)?);
        // Stable: of spans that begin together, the detector's names the finding.
        found.sort_by_key(|span| span.start);
        Ok(found)
    }
}

impl IssueValues {
    /// What a text holds, by type: what was found, and what was found before and stands as a placeholder.
    pub(crate) fn findings(
        &self,
        text: &str,
        spans: &[Span],
        origin: Origin,
    ) -> Result<BTreeMap<String, u64>, AppError> {
        let mut found = BTreeMap::new();
        for span in merge(spans, text.len() as u64)? {
            *found.entry(span.label).or_default() += 1;
        }
        if origin == Origin::Redacted {
            for placeholder in self.placeholders(text) {
                *found.entry(label_of_name(placeholder.name).to_owned()).or_default() += 1;
            }
        }
        Ok(found)
    }

    /// The issue's own placeholders in a text.
    pub(crate) fn placeholders<'t>(&self, text: &'t str) -> Vec<Placeholder<'t>> {
        let at = text.match_indices('[').map(|(at, _)| at);
        let own = at.filter_map(|at| Placeholder::parse_prefix(text.get(at..)?).map(|(found, _)| found));
        own.filter(|found| self.pseudonyms.find(*found).is_some()).collect()
    }
}

impl App {
    /// Where the values of an issue stand in a log's redacted copy, but for what was rejected in that log.
    pub(crate) fn places_in_copy(
        &self,
        values: &mut IssueValues,
        log: &LogFileId,
        copy: &str,
    ) -> Result<Vec<Span>, AppError> {
        let mut places = values.places(copy, Origin::Redacted)?;
        Rejected::of(self, log, &values.pseudonyms)?.clear_values(copy, &mut places);
        Ok(places)
    }

    /// What is stored of an issue's values.
    pub(crate) fn issue_values(&self, issue: &IssueId) -> Result<IssueValues, AppError> {
        Ok(IssueValues::new(self.pseudonyms(issue)?, self.store.value_standings(issue)?))
    }
}

/// What was rejected in one log.
pub(super) struct Rejected {
    /// Disjoint, in their order.
    places: Vec<(u64, u64)>,
    texts: HashSet<String>,
}

impl Rejected {
    pub(super) fn of(app: &App, log: &LogFileId, pseudonyms: &Pseudonyms) -> Result<Self, AppError> {
        let rows = app.store.rejected_spans(log)?;
        let value = |(_, _, replacement): &(u64, u64, String)| value_of(replacement, pseudonyms).map(str::to_owned);
        let texts: HashSet<String> = rows.iter().filter_map(value).collect();
        let mut places: Vec<(u64, u64)> = Vec::new();
        for (start, end, _) in rows {
            match places.last_mut() {
                Some((_, last)) if start < *last => *last = end.max(*last),
                _ => places.push((start, end)),
            }
        }
        Ok(Self { places, texts })
    }

    /// Takes known values out that lie within what was rejected, in the log's own text.
    pub(super) fn clear_places(&self, spans: &mut Vec<Span>) {
        if !self.places.is_empty() {
            let within = |span: &Span| {
                let after = self.places.partition_point(|(start, _)| *start <= span.start);
                after.checked_sub(1).and_then(|at| self.places.get(at)).is_some_and(|(_, end)| span.end <= *end)
            };
            spans.retain(|span| span.detector != trcaa_redact::KNOWN_VALUE || !within(span));
        }
    }

    /// The same in its copy, where places are others: a value that is a part of a rejected text stays.
    pub(super) fn clear_values(&self, copy: &str, spans: &mut Vec<Span>) {
        if !self.texts.is_empty() {
            let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let value = |span: &Span| copy.get(bound(span.start)..bound(span.end)).unwrap_or_default();
            spans.retain(|span| {
                let value = value(span);
                !self.texts.contains(value) && !self.texts.iter().any(|text| text.contains(value))
            });
        }
    }
}

/// The value behind what a span was given as its replacement.
fn value_of<'p>(replacement: &str, pseudonyms: &'p Pseudonyms) -> Option<&'p str> {
    let (placeholder, length) = Placeholder::parse_prefix(replacement)?;
    pseudonyms.find(placeholder).filter(|_| length == replacement.len())
}

fn too_many(error: TooManyValues) -> AppError {
    AppError::failed("too_many_values", format!("looking for the values of the issue: {error}"))
        .hint("split the issue: fewer logs, or smaller ones")
}
