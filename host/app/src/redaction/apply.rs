//! From the spans of a log to its redacted copy, in the store.
//!
//! Invariants: a span is redacted unless a person rejected it; spans, copy and pseudonyms are stored in one transaction.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::pii::{Span, SpanState};
use trcaa_redact::{Applier, Merged, Origin, Pseudonyms, merge};
use trcaa_store::{NewSpan, RedactedCopy};

use super::known::{IssueValues, Rejected};
use super::names::{retrying, save_pseudonyms};
use crate::ingest::GZIP_LEVEL;
use crate::{App, AppError};

/// Rows read at a time where all spans of a log are needed.
const SPAN_PAGE: u32 = 50_000;

impl App {
    /// Finds personal data in a log and stores the spans as undecided, replacing earlier undecided ones. Gives the number.
    ///
    /// # Errors
    /// A detector that fails; the spans stay as they were.
    pub fn detect_log(&self, log: &LogFileId) -> Result<usize, AppError> {
        retrying(|| self.try_detect_log(log))
    }

    fn try_detect_log(&self, log: &LogFileId) -> Result<usize, AppError> {
        let row = self.store.log(log)?;
        let issue = row.issue_id;
        let text = self.log_text(log)?;
        let found = self.detect_with_progress(&text, "detecting")?;
        let mut values = self.issue_values(&issue)?;
        let found = self.with_known(log, &text, found, &mut values)?;
        let united = merge(&found, text.len() as u64)?;
        let replacements = replacements(&text, &united, &mut values.pseudonyms)?;
        // Once a copy is made, no value comes back into the spans; and what is found only now is hidden in the copy.
        let rows = span_rows(&text, &found, &united, &replacements, !row.redacted);
        let count = self.store.write(|tx| {
            save_pseudonyms(tx, &issue, &values.pseudonyms)?;
            tx.replace_undecided_spans(log, &rows)
        })?;
        if row.redacted {
            self.rebuild_copy(log, &text, None)?;
        }
        Ok(count)
    }

    /// Adds every place of the issue's values to what detectors found in a log, but not within what was rejected there.
    fn with_known(
        &self,
        log: &LogFileId,
        text: &str,
        found: Vec<Span>,
        values: &mut IssueValues,
    ) -> Result<Vec<Span>, AppError> {
        let mut spans = values.with_all_places(text, found, Origin::Raw)?;
        Rejected::of(self, log, &values.pseudonyms)?.clear_places(&mut spans);
        Ok(spans)
    }

    /// Makes the redacted copy of a log from its spans, rejected ones left out. Gives the number of values hidden.
    ///
    /// # Errors
    /// Nothing is stored then.
    pub fn apply_log(&self, log: &LogFileId) -> Result<usize, AppError> {
        if self.store.log(log)?.redacted {
            return Err(AppError::failed(
                "already_redacted",
                format!("applying the redactions of log {log}: they were applied already"),
            )
            .hint("see the copy with: trcaa log show LOG --redacted"));
        }
        // Without this, a log that nobody looked at would count as redacted. Decisions are kept.
        self.detect_log(log)?;
        self.rebuild_copy(log, &self.log_text(log)?, None)
    }

    /// Makes the redacted copy anew from the stored spans, rejected ones left out, and `added`, which is stored with it.
    pub(crate) fn rebuild_copy(
        &self,
        log: &LogFileId,
        text: &str,
        added: Option<&NewSpan<'_>>,
    ) -> Result<usize, AppError> {
        retrying(|| self.try_rebuild_copy(log, text, added))
    }

    fn try_rebuild_copy(&self, log: &LogFileId, text: &str, added: Option<&NewSpan<'_>>) -> Result<usize, AppError> {
        let issue = self.store.log(log)?.issue_id;
        let mut spans = Vec::new();
        loop {
            let page = self.store.spans(log, SPAN_PAGE, u32::try_from(spans.len()).unwrap_or(u32::MAX))?;
            let last = page.len() < SPAN_PAGE as usize;
            spans.extend(page);
            if last {
                break;
            }
        }
        let mut wanted: Vec<Span> = spans
            .iter()
            .filter(|span| span.state != SpanState::Rejected)
            .map(|span| Span {
                start: span.start_offset,
                end: span.end_offset,
                label: span.pii_type.clone(),
                confidence: 1.0,
                detector: span.detector.clone(),
            })
            .collect();
        wanted.extend(added.map(|span| Span {
            start: span.start,
            end: span.end,
            label: span.pii_type.to_owned(),
            confidence: 1.0,
            detector: span.detector.to_owned(),
        }));
        let mut values = self.issue_values(&issue)?;
        if let Some(span) = added {
            values.mark_by_hand(span.replacement);
        }
        // What is known by now is hidden as well, wherever it stands: also what is added, in all of its places.
        let wanted = self.with_known(log, text, wanted, &mut values)?;
        let mut pseudonyms = values.pseudonyms;
        let united = merge(&wanted, text.len() as u64)?;
        let copy = redacted_copy(text, &united, &mut pseudonyms)?;
        self.store.write(|tx| {
            save_pseudonyms(tx, &issue, &pseudonyms)?;
            if let Some(span) = added {
                tx.insert_span(log, span)?;
            }
            tx.apply_redactions(log, &copy)?;
            tx.audit(&applied(log, &issue, united.len()))?;
            Ok(())
        })?;
        Ok(united.len())
    }

    /// Detects and applies in one go, without review: what `triage` does. Gives the number of spans.
    ///
    /// # Errors
    /// A detector that fails; nothing is stored then.
    pub(crate) fn redact_log(&self, log: &LogFileId) -> Result<usize, AppError> {
        retrying(|| self.try_redact_log(log))
    }

    fn try_redact_log(&self, log: &LogFileId) -> Result<usize, AppError> {
        let row = self.store.log(log)?;
        let text = self.log_text(log)?;
        let found = self.detect_with_progress(&text, &format!("redacting {}", row.file_name))?;
        let mut values = self.issue_values(&row.issue_id)?;
        let found = self.with_known(log, &text, found, &mut values)?;
        let mut pseudonyms = values.pseudonyms;
        let united = merge(&found, text.len() as u64)?;
        let copy = redacted_copy(&text, &united, &mut pseudonyms)?;
        let replacements = replacements(&text, &united, &mut pseudonyms)?;
        let rows = span_rows(&text, &found, &united, &replacements, false);
        self.store.write(|tx| {
            save_pseudonyms(tx, &row.issue_id, &pseudonyms)?;
            tx.replace_undecided_spans(log, &rows)?;
            tx.apply_redactions(log, &copy)?;
            tx.audit(&applied(log, &row.issue_id, united.len()))?;
            Ok(())
        })?;
        Ok(united.len())
    }
}

fn applied(log: &LogFileId, issue: &IssueId, spans: usize) -> AuditRecord {
    AuditRecord {
        action: "apply_redactions",
        entity_type: "log_file",
        entity_id: log.to_string(),
        details: serde_json::json!({"issue_id": issue, "spans": spans}),
    }
}

fn replacements(text: &str, united: &[Merged], pseudonyms: &mut Pseudonyms) -> Result<Vec<String>, AppError> {
    let mut placeholders = Vec::with_capacity(united.len());
    for span in united {
        placeholders.push(pseudonyms.placeholder_for(&span.label, clear(text, span))?.to_string());
    }
    Ok(placeholders)
}

fn span_rows<'a>(
    text: &'a str,
    found: &'a [Span],
    united: &'a [Merged],
    replacements: &'a [String],
    keep_original: bool,
) -> Vec<NewSpan<'a>> {
    let row = |(span, replacement): (&'a Merged, &'a String)| NewSpan {
        pii_type: &span.label,
        start: span.start,
        end: span.end,
        original: if keep_original { clear(text, span) } else { "" },
        replacement,
        state: SpanState::Undecided,
        confidence: f64::from(span.confidence),
        detector: detector_of(found, span),
    };
    united.iter().zip(replacements).map(row).collect()
}

pub(super) fn clear<'t>(text: &'t str, span: &Merged) -> &'t str {
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    text.get(bound(span.start)..bound(span.end)).unwrap_or_default()
}

/// The detector of the first span inside a union. `found` is sorted by start.
pub(crate) fn detector_of<'s>(found: &'s [Span], union: &Merged) -> &'s str {
    let first = found.partition_point(|span| span.start < union.start);
    found.get(first).map_or("", |span| span.detector.as_str())
}

/// Writes the redacted text straight into the compressor: no second copy of a large log.
fn redacted_copy(text: &str, united: &[Merged], pseudonyms: &mut Pseudonyms) -> Result<RedactedCopy, AppError> {
    struct Copy {
        encoder: GzEncoder<Vec<u8>>,
        hasher: Sha256,
        buffer: Vec<u8>,
    }
    impl Copy {
        fn flush(&mut self) -> std::fmt::Result {
            self.hasher.update(&self.buffer);
            let written = self.encoder.write_all(&self.buffer).map_err(|_| std::fmt::Error);
            self.buffer.clear();
            written
        }
    }
    impl std::fmt::Write for Copy {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.buffer.extend_from_slice(text.as_bytes());
            if self.buffer.len() >= 64 << 10 { self.flush() } else { Ok(()) }
        }
    }
    let mut copy = Copy {
        encoder: GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL)),
        hasher: Sha256::new(),
        buffer: Vec::with_capacity(128 << 10),
    };
    let mut applier = Applier::new(united, Origin::Raw, pseudonyms);
    applier.push(text, &mut copy)?;
    applier.finish(&mut copy)?;
    copy.flush().map_err(trcaa_redact::ApplyError::from)?;
    let compressed = copy
        .encoder
        .finish()
        .map_err(|e| AppError::failed("redaction_failed", format!("compressing the redacted copy: {e}")))?;
    Ok(RedactedCopy { compressed, hash: hex::encode(copy.hasher.finalize()) })
}
