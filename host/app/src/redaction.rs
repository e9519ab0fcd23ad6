//! From a stored log to its redacted copy: windows to every detector, the union of what they find, placeholders.
//!
//! Invariants: a detector that fails means that nothing is applied or sent; a span is redacted unless a person rejected
//! it; spans, copy and pseudonyms are stored in one transaction.

use std::io::{Read, Write};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};
use trcaa_model::audit::AuditRecord;
use trcaa_model::guard::Redacted;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::pii::{Span, SpanState};
use trcaa_redact::{
    Applier, Guard, Merged, Origin, Placeholder, Pseudonym, Pseudonyms, VIEW_BYTES_MAX, Window, collect, merge,
    touches_end, widened, windows,
};
use trcaa_runtime::Detector;
use trcaa_store::{NewSpan, RedactedCopy, StoreError, Tx};

use crate::ingest::{GZIP_LEVEL, LogInput};
use crate::{App, AppError, Progress};

/// Threads that detect at once: the bound is memory, 64 MiB per running guest.
const WORKERS_MAX: usize = 4;
/// Rows read at a time where all spans of a log are needed.
const SPAN_PAGE: u32 = 50_000;
/// Most findings in one log: beyond it the log is data and no text, and rows would outgrow memory.
const SPANS_MAX: usize = 2_000_000;
/// Times that an apply is tried when another process gave out pseudonyms meanwhile.
const CLASH_TRIES: usize = 10;
/// What the store calls that.
const CLASH_CODE: &str = "pseudonym_clash";
/// What stands for a byte that is no UTF-8 while text is looked at: one byte, so that offsets stay.
const STAND_IN: u8 = b'?';

/// A finding of `pii scan`.
#[derive(Debug, Clone, Serialize)]
pub struct ScanSpan {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Label, such as `Email`.
    #[serde(rename = "type")]
    pub label: String,
    /// The text in clear.
    pub text: String,
    /// The placeholder.
    pub replacement: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Plugin id.
    pub detector: String,
}

/// What `pii scan` found.
#[derive(Debug, Clone)]
pub struct ScanResult {
    /// By their start, overlapping ones united.
    pub spans: Vec<ScanSpan>,
    /// The text with placeholders.
    pub redacted: String,
}

/// A log's text, fit for detectors: same length as the stored bytes, every byte that is no UTF-8 a `?`.
pub(crate) fn masked(bytes: Vec<u8>) -> String {
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let mut bytes = error.into_bytes();
            let mut at = 0;
            while let Err(bad) = std::str::from_utf8(&bytes[at..]) {
                let start = at + bad.valid_up_to();
                let end = bad.error_len().map_or(bytes.len(), |length| start + length);
                bytes[start..end].fill(STAND_IN);
                at = end;
            }
            String::from_utf8(bytes).expect("every invalid sequence was overwritten with ASCII")
        }
    }
}

/// Lets every detector look at every window, several at a time. Spans come back by window, in the text's offsets.
pub(crate) fn detect(detectors: &[Detector], text: &str, progress: &dyn Progress) -> Result<Vec<Span>, AppError> {
    if detectors.is_empty() {
        return Err(AppError::failed("no_detector", "detecting personal data: no detector is enabled")
            .hint("enable one: trcaa plugin enable pii-base"));
    }
    let plan: Vec<Window> = windows(text).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX).min(plan.len().max(1));
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, Vec<Span>)>> = Mutex::new(Vec::with_capacity(plan.len()));
    let failure: Mutex<Option<AppError>> = Mutex::new(None);
    let work = || {
        while let Some(window) = plan.get(next.fetch_add(1, Ordering::Relaxed)) {
            if failure.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                return;
            }
            for detector in detectors {
                match detect_window(detector, window, text) {
                    Ok(spans) => found.lock().unwrap_or_else(PoisonError::into_inner).push((window.core.start, spans)),
                    Err(error) => {
                        failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                        return;
                    }
                }
            }
            progress.advance(window.core.len() as u64);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..workers {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(start, _)| *start);
    let count: usize = found.iter().map(|(_, spans)| spans.len()).sum();
    if count > SPANS_MAX {
        return Err(AppError::failed(
            "too_many_spans",
            format!("detecting personal data: {count} findings; at most {SPANS_MAX} are taken"),
        )
        .hint("split the log: split -b 10m -d FILE part-"));
    }
    let mut spans: Vec<Span> = Vec::with_capacity(count);
    spans.extend(found.into_iter().flat_map(|(_, spans)| spans));
    Ok(spans)
}

/// Lets one detector look at one window, and again with a wider view while a finding runs to the end of what it sees:
/// of a secret that is longer than the view, the rest would stay in clear.
fn detect_window(detector: &Detector, window: &Window, text: &str) -> Result<Vec<Span>, AppError> {
    let mut window = window.clone();
    loop {
        let mut lists = detector.detect(&[window.view(text).to_owned()])?;
        let spans = collect(&window, text, lists.pop().unwrap_or_default())?;
        if !touches_end(&window, text, &spans) {
            return Ok(spans);
        }
        window = widened(&window, text).ok_or_else(|| {
            let message = format!(
                "detecting personal data: a finding near byte {} is longer than {VIEW_BYTES_MAX} bytes",
                window.core.start
            );
            AppError::failed("too_long_span", message).hint("such a blob is no log text; cut it out of the log first")
        })?;
    }
}

/// Scans text without any store, with the bundled detectors. Placeholders are numbered from 1.
///
/// # Errors
/// A detector that fails.
pub fn scan_input(input: &LogInput) -> Result<ScanResult, AppError> {
    let text = masked(crate::ingest::text_of(input)?);
    scan(&crate::plugins::bundled_detectors()?, &text, &crate::NoProgress)
}

fn scan(detectors: &[Detector], text: &str, progress: &dyn Progress) -> Result<ScanResult, AppError> {
    let found = detect(detectors, text, progress)?;
    let united = merge(&found, text.len() as u64)?;
    let mut pseudonyms = Pseudonyms::default();
    let redacted = trcaa_redact::apply(text, &found, Origin::Raw, &mut pseudonyms)?;
    let mut spans = Vec::with_capacity(united.len());
    for span in &united {
        let value = clear(text, span);
        spans.push(ScanSpan {
            start: span.start,
            end: span.end,
            label: span.label.clone(),
            text: value.to_owned(),
            replacement: pseudonyms.placeholder_for(&span.label, value)?.to_string(),
            confidence: span.confidence,
            detector: detector_of(&found, span).to_owned(),
        });
    }
    Ok(ScanResult { spans, redacted })
}

fn clear<'t>(text: &'t str, span: &Merged) -> &'t str {
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    text.get(bound(span.start)..bound(span.end)).unwrap_or_default()
}

/// The detector of the first span inside a union. `found` is sorted by start.
fn detector_of<'s>(found: &'s [Span], union: &Merged) -> &'s str {
    let first = found.partition_point(|span| span.start < union.start);
    found.get(first).map_or("", |span| span.detector.as_str())
}

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
        let united = merge(&found, text.len() as u64)?;
        let mut pseudonyms = self.pseudonyms(&issue)?;
        let replacements = replacements(&text, &united, &mut pseudonyms)?;
        // Once a copy is made, no value comes back into the spans; and what is found only now is hidden in the copy.
        let rows = span_rows(&text, &found, &united, &replacements, !row.redacted);
        let count = self.store.write(|tx| {
            save_pseudonyms(tx, &issue, &pseudonyms)?;
            tx.replace_undecided_spans(log, &rows)
        })?;
        if row.redacted {
            self.rebuild_copy(log, &text, None)?;
        }
        Ok(count)
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
        let united = merge(&wanted, text.len() as u64)?;
        let mut pseudonyms = self.pseudonyms(&issue)?;
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
        let united = merge(&found, text.len() as u64)?;
        let mut pseudonyms = self.pseudonyms(&row.issue_id)?;
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

    /// Passes text of an issue through the guard: every detector, the issue's pseudonyms, then the cut. What is new in
    /// `pseudonyms` is stored before the text is handed back.
    ///
    /// # Errors
    /// A detector that fails; the text must not leave then.
    pub(crate) fn guard(
        &self,
        issue: &IssueId,
        pseudonyms: &mut Pseudonyms,
        text: &str,
        origin: Origin,
        bytes_max: usize,
    ) -> Result<Redacted, AppError> {
        let detectors = self.plugins.detectors(&self.store)?;
        let mut spans = detect(&detectors, text, &crate::NoProgress)?;
        if origin == Origin::Redacted {
            // `password=[Password_1]` looks like a password; what is hidden already needs no second name.
            spans.retain(|span| !is_placeholder(text, span, pseudonyms));
        }
        for _ in 0..CLASH_TRIES {
            let redacted = Guard::pass(text, origin, &spans, pseudonyms, bytes_max)?;
            if pseudonyms.unsaved().is_empty() {
                return Ok(redacted);
            }
            match self.store.write(|tx| save_pseudonyms(tx, issue, pseudonyms)) {
                Ok(()) => {
                    pseudonyms.mark_saved();
                    return Ok(redacted);
                }
                Err(error) if error.code() == CLASH_CODE => *pseudonyms = self.pseudonyms(issue)?,
                Err(error) => return Err(error.into()),
            }
        }
        Err(AppError::failed("busy", "redacting text: other processes kept giving out placeholders of this issue")
            .hint("try again"))
    }

    /// Passes lines of a stored redacted copy: they went through the detectors and the analyst's review when the copy
    /// was made, and a finding that the analyst rejected stays in clear.
    pub(crate) fn guard_copy(&self, lines: &str, pseudonyms: &mut Pseudonyms) -> Result<Redacted, AppError> {
        Ok(Guard::pass(lines, Origin::Redacted, &[], pseudonyms, usize::MAX)?)
    }

    pub(crate) fn pseudonyms(&self, issue: &IssueId) -> Result<Pseudonyms, AppError> {
        let rows = self.store.pseudonyms(issue)?.into_iter().map(|row| Pseudonym {
            label: row.label,
            ordinal: row.ordinal,
            value: row.value.expose().to_owned(),
        });
        Ok(Pseudonyms::from_rows(rows)?)
    }

    pub(crate) fn log_text(&self, log: &LogFileId) -> Result<String, AppError> {
        let mut bytes = Vec::new();
        let mut text = self.store.open_text(log)?;
        text.read_to_end(&mut bytes).map_err(|e| AppError::failed("unreadable", format!("reading log {log}: {e}")))?;
        Ok(masked(bytes))
    }

    fn detect_with_progress(&self, text: &str, step: &str) -> Result<Vec<Span>, AppError> {
        let detectors = self.plugins.detectors(&self.store)?;
        self.progress.begin(step, Some(text.len() as u64));
        let found = detect(&detectors, text, self.progress.as_ref());
        self.progress.end();
        found
    }
}

pub(crate) fn is_placeholder(text: &str, span: &Span, pseudonyms: &Pseudonyms) -> bool {
    let bound = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let mut rest = text.get(bound(span.start)..bound(span.end)).unwrap_or_default();
    while let Some((placeholder, length)) = Placeholder::parse_prefix(rest) {
        if pseudonyms.find(placeholder).is_none() {
            return false;
        }
        rest = &rest[length..];
    }
    rest.is_empty()
}

/// Does `work` again when another process gave out pseudonyms of the same issue meanwhile: it reads them anew.
fn retrying<T>(work: impl Fn() -> Result<T, AppError>) -> Result<T, AppError> {
    for _ in 1..CLASH_TRIES {
        match work() {
            Err(error) if error.code == CLASH_CODE => {}
            done => return done,
        }
    }
    work()
}

fn applied(log: &LogFileId, issue: &IssueId, spans: usize) -> AuditRecord {
    AuditRecord {
        action: "apply_redactions",
        entity_type: "log_file",
        entity_id: log.to_string(),
        details: serde_json::json!({"issue_id": issue, "spans": spans}),
    }
}

pub(crate) fn save_pseudonyms(tx: &Tx<'_>, issue: &IssueId, pseudonyms: &Pseudonyms) -> Result<(), StoreError> {
    let given: Vec<(&str, u32, &str)> =
        pseudonyms.unsaved().iter().map(|p| (p.label.as_str(), p.ordinal, p.value.as_str())).collect();
    tx.insert_pseudonyms(issue, &given)?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn masking_keeps_every_offset() {
        for bytes in [&b"a\xffb"[..], b"\xe2\x82", b"\xf0\x9f\x98 x\xc3(", "añb😀".as_bytes(), b""] {
            let text = masked(bytes.to_vec());
            assert_eq!(text.len(), bytes.len());
            assert_eq!(
                text.bytes().filter(u8::is_ascii_alphabetic).count(),
                bytes.iter().filter(|b| b.is_ascii_alphabetic()).count()
            );
        }
        assert_eq!(masked(b"caf\xe9 x".to_vec()), "caf? x");
    }
}
