//! What a person decides about findings, and taking pseudonyms back on this machine.

use trcaa_model::id::{IssueId, LogFileId, PiiSpanId};
use trcaa_model::pii::{PiiSpan, SpanState};
use trcaa_store::NewSpan;

use crate::redaction::save_pseudonyms;
use crate::{App, AppError};

/// Most spans of one list.
const SPANS_LISTED_MAX: u32 = 100_000;

impl App {
    /// Lists a log's spans, by their offsets.
    ///
    /// # Errors
    /// Those of the store.
    pub fn spans(&self, log: &LogFileId) -> Result<Vec<PiiSpan>, AppError> {
        Ok(self.store.spans(log, SPANS_LISTED_MAX, 0)?)
    }

    /// Returns the text that spans count in, for the analyst's own eyes: every byte that is no UTF-8 is a `?`.
    ///
    /// # Errors
    /// Those of the store.
    pub fn text_in_clear(&self, log: &LogFileId) -> Result<String, AppError> {
        self.log_text(log)
    }

    /// Accepts or rejects some spans of a log, or all (`ids` empty). Gives how many.
    ///
    /// # Errors
    /// A span that is not one of this log's; none is changed then.
    pub fn decide_spans(&self, log: &LogFileId, ids: &[PiiSpanId], state: SpanState) -> Result<usize, AppError> {
        if self.store.log(log)?.redacted {
            return Err(AppError::failed(
                "already_redacted",
                format!("deciding about spans of log {log}: its redacted copy is made"),
            )
            .hint("a value that was missed can still be hidden: trcaa pii add"));
        }
        Ok(self.store.write(|tx| {
            if ids.is_empty() { tx.set_all_span_states(log, state) } else { tx.set_span_state(log, ids, state) }
        })?)
    }

    /// Marks a span by hand, accepted at once.
    ///
    /// # Errors
    /// Offsets that are not within the text and on character boundaries.
    pub fn add_span(&self, log: &LogFileId, start: u64, end: u64, label: &str) -> Result<PiiSpan, AppError> {
        let issue = self.store.log(log)?.issue_id;
        let shaped = (1..=40).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric());
        if !shaped {
            return Err(AppError::usage(
                "bad_type",
                format!("type {label:?} must be 1 to 40 letters and digits, such as Email"),
            ));
        }
        let text = self.log_text(log)?;
        let range = usize::try_from(start).unwrap_or(usize::MAX)..usize::try_from(end).unwrap_or(usize::MAX);
        let value = text.get(range).filter(|value| !value.is_empty()).ok_or_else(|| {
            AppError::usage(
                "bad_span",
                format!("span {start}..{end} is not within the {} bytes of the text, or cuts a character", text.len()),
            )
            .hint("offsets are bytes of what `trcaa log show` prints, the end not included")
        })?;
        let mut pseudonyms = self.pseudonyms(&issue)?;
        let replacement = pseudonyms.placeholder_for(label, value)?.to_string();
        let span = NewSpan {
            pii_type: label,
            start,
            end,
            original: value,
            replacement: &replacement,
            state: SpanState::Accepted,
            confidence: 1.0,
            detector: "manual",
        };
        if self.store.log(log)?.redacted {
            // What was missed is hidden in the copy at once, and kept nowhere in clear.
            self.store.write(|tx| save_pseudonyms(tx, &issue, &pseudonyms))?;
            self.rebuild_copy(log, &text, Some(&NewSpan { original: "", ..span }))?;
            self.hide_in_copies(&issue)?;
            let added = self.spans(log)?.into_iter().find(|s| (s.start_offset, s.end_offset) == (start, end));
            return added.ok_or_else(|| AppError::failed("not_found", "adding the span: it was deleted meanwhile"));
        }
        let added = self.store.write(|tx| {
            save_pseudonyms(tx, &issue, &pseudonyms)?;
            tx.insert_span(log, &span)
        })?;
        self.hide_in_copies(&issue)?;
        Ok(added)
    }

    /// Makes those redacted copies of an issue anew in which a value stands that the issue knows by now. Whatever leaves
    /// is looked through for such values in any case; this is for whoever reads the copy here.
    fn hide_in_copies(&self, issue: &IssueId) -> Result<(), AppError> {
        let mut values = self.issue_values(issue)?;
        for log in self.store.logs_of(issue)?.into_iter().filter(|log| log.redacted) {
            let copy = self.store.read_redacted_text(&log.id)?;
            if !self.places_in_copy(&mut values, &log.id, &copy)?.is_empty() {
                self.rebuild_copy(&log.id, &self.log_text(&log.id)?, None)?;
            }
        }
        Ok(())
    }

    /// Puts the values back in place of an issue's placeholders, for the analyst's own eyes.
    ///
    /// # Errors
    /// Those of the store.
    pub fn restore(&self, issue: &IssueId, text: &str) -> Result<String, AppError> {
        self.store.issue(issue)?;
        Ok(trcaa_redact::restore(text, &self.pseudonyms(issue)?))
    }
}
