//! Rows that wait for the guard: many short texts go to each detector in one call.

use std::collections::HashMap;

use serde_json::{Map, Value};
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::pii::Span;
use trcaa_redact::{CORE_BYTES_MAX, Guard, Origin};
use trcaa_store::StoreError;

use super::ExportForm;
use crate::policy::Rule;
use crate::redaction::{Detectors, IssueValues, blocked, detect, save_pseudonyms};
use crate::{App, AppError, NoProgress};

/// Texts in one call of a detector: the lists of its answer are bounded like its text.
const TEXTS_MAX: usize = 1_000;
/// Bytes of text in one call, and of rows that wait; one more text may go beyond.
const BATCH_BYTES_MAX: usize = 512 << 10;
/// Rows that wait, also where they have no text.
const ROWS_MAX: usize = 2_000;
/// Issues whose pseudonyms are held.
const TABLES_MAX: usize = 32;
/// Times that a batch is done again when another process gave out pseudonyms meanwhile.
const CLASH_TRIES: usize = 10;

/// A column's value on its way out.
pub(super) enum Cell {
    /// May leave as it is.
    Ready(Value),
    /// Has to pass the guard.
    Guard(String),
}

struct Waiting {
    table: String,
    issue: Option<String>,
    cells: Vec<(String, Cell)>,
}

/// A row that may leave, and its table.
pub(super) type ReadyRow = (String, Map<String, Value>);

/// The guard over rows of all issues.
pub(super) struct Guarded<'a> {
    app: &'a App,
    detectors: Detectors,
    waiting: Vec<Waiting>,
    texts: usize,
    bytes: usize,
    /// By issue; `None` is for rows of none, whose placeholders hold within this export.
    tables: HashMap<Option<String>, IssueValues>,
    rule: Rule,
}

/// What was found in one text; of a redacted copy, what it was that it is a copy of.
enum Found<'f> {
    Spans(Vec<Span>),
    Copy(&'f LogFileId),
}

impl<'a> Guarded<'a> {
    /// With the detectors that are enabled; with none, any text is refused.
    pub(super) fn new(app: &'a App, form: ExportForm, rule: Rule) -> Result<Self, AppError> {
        let detectors = match form {
            ExportForm::Redacted => app.detectors()?,
            ExportForm::Clear => Detectors::default(),
        };
        Ok(Self { app, detectors, waiting: Vec::new(), texts: 0, bytes: 0, tables: HashMap::new(), rule })
    }

    /// Takes a row in; true if it is time to [`Guarded::take`].
    pub(super) fn push(&mut self, table: &str, issue: Option<String>, cells: Vec<(String, Cell)>) -> bool {
        for (_, cell) in &cells {
            match cell {
                Cell::Guard(text) => {
                    self.texts += 1;
                    self.bytes += text.len();
                }
                Cell::Ready(Value::String(text)) => self.bytes += text.len(),
                Cell::Ready(_) => {}
            }
        }
        self.waiting.push(Waiting { table: table.to_owned(), issue, cells });
        self.texts >= TEXTS_MAX || self.bytes >= BATCH_BYTES_MAX || self.waiting.len() >= ROWS_MAX
    }

    /// Gives every waiting row with its table, every text of them redacted.
    pub(super) fn take(&mut self) -> Result<Vec<ReadyRow>, AppError> {
        let waiting = std::mem::take(&mut self.waiting);
        (self.texts, self.bytes) = (0, 0);
        let mut texts: Vec<(Option<String>, &str)> = Vec::new();
        for row in &waiting {
            for (_, cell) in &row.cells {
                if let Cell::Guard(text) = cell {
                    texts.push((row.issue.clone(), text));
                }
            }
        }
        let found: Vec<Found<'_>> = self.find(&texts)?.into_iter().map(Found::Spans).collect();
        let mut redacted = self.pass(&texts, &found)?.into_iter();
        let mut rows = Vec::with_capacity(waiting.len());
        for row in waiting {
            let mut fields = Map::new();
            for (column, cell) in row.cells {
                let value = match cell {
                    Cell::Ready(value) => value,
                    Cell::Guard(text) => {
                        let redacted = redacted.next().expect("pass gives one text for each");
                        Value::String(still_json(&text, redacted))
                    }
                };
                fields.insert(column, value);
            }
            rows.push((row.table, fields));
        }
        Ok(rows)
    }

    /// Redacts one long text at once.
    pub(super) fn text(&mut self, issue: Option<&str>, text: String) -> Result<String, AppError> {
        let texts = [(issue.map(str::to_owned), text.as_str())];
        let found = [Found::Spans(detect(&self.detectors, &text, &NoProgress)?)];
        Ok(self.pass(&texts, &found)?.pop().unwrap_or_default())
    }

    /// Passes a redacted copy: what the analyst decided when it was made stays decided; what the issue knows only since
    /// is hidden.
    pub(super) fn copy(&mut self, issue: Option<&str>, log: &LogFileId, copy: &str) -> Result<String, AppError> {
        let texts = [(issue.map(str::to_owned), copy)];
        Ok(self.pass(&texts, &[Found::Copy(log)])?.pop().unwrap_or_default())
    }

    /// The spans of every text: short ones together, long ones by windows.
    fn find(&self, texts: &[(Option<String>, &str)]) -> Result<Vec<Vec<Span>>, AppError> {
        if self.detectors.is_empty() && !texts.is_empty() {
            // Tells what to do about it.
            detect(&self.detectors, "", &NoProgress)?;
        }
        let mut found: Vec<Vec<Span>> = vec![Vec::new(); texts.len()];
        let (mut short, mut places) = (Vec::new(), Vec::new());
        for (place, (_, text)) in texts.iter().enumerate() {
            if text.len() > CORE_BYTES_MAX {
                found[place] = detect(&self.detectors, text, &NoProgress)?;
            } else if !text.is_empty() {
                short.push((*text).to_owned());
                places.push(place);
            }
        }
        if short.is_empty() {
            return Ok(found);
        }
        for (place, spans) in places.iter().zip(self.detectors.look_at_all(&short, 0)?) {
            found[*place] = spans;
        }
        Ok(found)
    }

    /// Replaces the spans by placeholders of each text's issue, and stores the new ones before anything is handed out.
    fn pass(&mut self, texts: &[(Option<String>, &str)], found: &[Found<'_>]) -> Result<Vec<String>, AppError> {
        for _ in 0..CLASH_TRIES {
            let mut redacted = Vec::with_capacity(texts.len());
            for ((issue, text), found) in texts.iter().zip(found) {
                redacted.push(self.pass_one(issue, text, found)?);
            }
            match self.save() {
                Ok(()) => return Ok(redacted),
                Err(StoreError::PseudonymClash { .. }) => self.tables.retain(|issue, _| issue.is_none()),
                Err(other) => return Err(other.into()),
            }
        }
        Err(AppError::failed("busy", "exporting: other processes kept giving out placeholders").hint("try again"))
    }

    fn pass_one(&mut self, issue: &Option<String>, text: &str, found: &Found<'_>) -> Result<String, AppError> {
        let (app, rule) = (self.app, self.rule.clone());
        let values = self.table(issue)?;
        let spans = match found {
            Found::Spans(spans) => values.with_all_places(text, spans.clone(), Origin::Redacted)?,
            Found::Copy(log) => app.places_in_copy(values, log, text)?,
        };
        if let Rule::Block { way_out } = rule {
            let found = values.findings(text, &spans, Origin::Redacted)?;
            if !found.is_empty() {
                return Err(blocked("exporting", "a row", &found, &way_out));
            }
        }
        #[expect(clippy::disallowed_methods, reason = "every detector and every value of the issue was asked above")]
        let passed = Guard::pass(text, Origin::Redacted, &spans, &mut values.pseudonyms, usize::MAX);
        Ok(passed?.into_string())
    }

    fn table(&mut self, issue: &Option<String>) -> Result<&mut IssueValues, AppError> {
        if !self.tables.contains_key(issue) {
            let table = match issue {
                Some(id) => self.app.issue_values(&IssueId::from_stored(id.as_str()))?,
                None => IssueValues::default(),
            };
            self.tables.insert(issue.clone(), table);
        }
        Ok(self.tables.get_mut(issue).expect("it was put in just now"))
    }

    /// Stores new pseudonyms of all issues in one transaction. Those of an issue that is deleted by now are not kept.
    fn save(&mut self) -> Result<(), StoreError> {
        let unsaved = |table: &IssueValues| !table.pseudonyms.unsaved().is_empty();
        if self.tables.iter().any(|(issue, table)| issue.is_some() && unsaved(table)) {
            self.app.store.write(|tx| {
                for (issue, table) in &self.tables {
                    let Some(issue) = issue.as_deref().map(IssueId::from_stored) else { continue };
                    if unsaved(table) {
                        match tx.issue(&issue) {
                            Ok(_) => save_pseudonyms(tx, &issue, &table.pseudonyms)?,
                            Err(StoreError::NoSuch { .. }) => {}
                            Err(other) => return Err(other),
                        }
                    }
                }
                Ok(())
            })?;
        }
        for table in self.tables.values_mut() {
            table.pseudonyms.mark_saved();
        }
        if self.tables.len() > TABLES_MAX {
            // Not that of no issue: its placeholders hold for the whole export.
            self.tables.retain(|issue, _| issue.is_none());
        }
        Ok(())
    }
}

/// JSON stays JSON for whoever reads the column, also where a span went across its quotes.
fn still_json(before: &str, redacted: String) -> String {
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    if before.starts_with(['{', '[']) && before != redacted && is_json(before) && !is_json(&redacted) {
        return serde_json::json!({"redacted": redacted}).to_string();
    }
    redacted
}

#[cfg(test)]
mod tests {
    use super::still_json;

    #[test]
    fn json_stays_json_and_text_stays_text() {
        assert_eq!(still_json(r#"{"a":"b"}"#, r#"{"a":"[X_1]"}"#.into()), r#"{"a":"[X_1]"}"#);
        assert_eq!(still_json(r#"{"a":"b"}"#, r#"{"a":[X_1]"#.into()), r#"{"redacted":"{\"a\":[X_1]"}"#);
        assert_eq!(still_json("[not json", "[X_1]".into()), "[X_1]");
    }
}
