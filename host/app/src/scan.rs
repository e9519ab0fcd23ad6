//! `pii scan`: personal data and secrets in a file or a stream, without any store.
//!
//! Text is read, looked at and told at the same time: what came as whole lines leaves as soon as the input pauses, and a
//! gigabyte takes no more memory than a few windows. Invariants: text leaves only after every detector looked at it; a
//! detector that fails, or an input that can't be read any further, means that nothing behind that place leaves; while
//! the input does not pause, what is told does not depend on how it was cut into chunks, and where it does, nothing
//! stays in clear that would have been hidden, as far as its line and those before tell that it is something.

mod buffer;
mod input;
mod pool;
mod run;
mod settle;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use crate::AppError;
use crate::ingest::LogInput;
use crate::ingest::source::Source;
use crate::redaction::Detectors;
use crate::rules::{Rules, RulesSource};

/// A finding of `pii scan`.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
    /// The placeholder: the same for the same value, as long as it is among the last 32,768.
    pub replacement: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Plugin id.
    pub detector: String,
}

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanWant {
    /// Each finding; overlapping ones united.
    Findings,
    /// The text with placeholders in place of the findings.
    Redacted,
}

/// Gets what is told, in order.
pub trait ScanSink {
    /// The next finding.
    fn finding(&mut self, finding: &ScanSpan);
    /// The next part of the redacted text, not empty.
    fn text(&mut self, redacted: &str);
    /// More may be long in coming: whoever holds something back shows it now.
    fn pause(&mut self);
}

/// What a scan came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScanSummary {
    /// Findings by label.
    pub found: BTreeMap<String, u64>,
    /// Bytes of the text: extracted, and as UTF-8.
    pub text_bytes: u64,
    /// Lines, the last one also if no line end follows.
    pub lines: u64,
}

impl ScanSummary {
    /// Findings of all labels.
    pub fn findings(&self) -> u64 {
        self.found.values().sum()
    }
}

/// Scans a file or a stream of any length with the bundled detectors except those in `without`, and the user's rules.
/// Placeholders are numbered from 1.
///
/// # Errors
/// `not_a_detector` for an id in `without` that is none, `no_detector` if none is left; rules that can't be used, an input that can't be read, a detector that fails; what was told before stays told.
pub fn scan(
    input: &LogInput,
    want: ScanWant,
    rules: &RulesSource,
    without: &[String],
    sink: &mut dyn ScanSink,
) -> Result<ScanSummary, AppError> {
    let detectors = Detectors::from(crate::plugins::bundled_detectors(without)?);
    detectors.expect_any()?;
    let rules = Rules::load(rules)?.map(Arc::new);
    let source = Source::open(input, None)?;
    // A file never pauses; and standard input may be one, which does not matter: its reads do not wait.
    let may_pause = source.length.is_none();
    let pieces = input::read(source)?;
    run::Run::new(detectors.and_rules(rules), run::threads(), want, sink).all(&pieces, may_pause)
}
