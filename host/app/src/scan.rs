//! `pii scan`: personal data and secrets in a text, without any store.

use serde::Serialize;
use trcaa_redact::{Origin, Pseudonyms, merge};

use crate::ingest::LogInput;
use crate::redaction::{Detectors, clear, detect, detector_of, masked};
use crate::{AppError, Progress};

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

/// Scans text without any store, with the bundled detectors. Placeholders are numbered from 1.
///
/// # Errors
/// A detector that fails.
pub fn scan_input(input: &LogInput) -> Result<ScanResult, AppError> {
    let text = masked(crate::ingest::text_of(input)?);
    scan(&crate::plugins::bundled_detectors()?.into(), &text, &crate::NoProgress)
}

fn scan(detectors: &Detectors, text: &str, progress: &dyn Progress) -> Result<ScanResult, AppError> {
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
