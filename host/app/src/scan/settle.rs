//! From the spans of windows, in order, to what is told: findings, or the text with placeholders.
//!
//! Invariants: text leaves in order, and only when every span that may cover it is known; overlapping spans are one,
//! across windows too; nothing is kept of what has left but counts and the last values' placeholders.

use std::collections::BTreeMap;

use trcaa_model::pii::Span;
use trcaa_redact::{Applier, Merged, Numbering, Origin, PassingNames, Stopped, merge};

use super::buffer::Buffer;
use super::{ScanSink, ScanSpan, ScanSummary, ScanWant};
use crate::AppError;
use crate::redaction::detector_of;

/// What has not left yet, and what is known of what has.
pub(super) struct Settle<'s> {
    want: ScanWant,
    sink: &'s mut dyn ScanSink,
    names: PassingNames,
    /// Everything before it has left.
    pub(super) left: u64,
    /// Spans of one union that goes on behind the windows so far.
    carried: Vec<Span>,
    stopped: Stopped,
    found: BTreeMap<String, u64>,
    lines: u64,
    in_line: bool,
}

impl<'s> Settle<'s> {
    pub(super) fn new(want: ScanWant, sink: &'s mut dyn ScanSink) -> Self {
        Self {
            want,
            sink,
            names: PassingNames::default(),
            left: 0,
            carried: Vec::new(),
            stopped: Stopped::default(),
            found: BTreeMap::new(),
            lines: 0,
            in_line: false,
        }
    }

    /// Takes the spans of the next core, which ends at `end`.
    pub(super) fn take(&mut self, end: u64, spans: Vec<Span>, buffer: &Buffer) -> Result<(), AppError> {
        self.carried.extend(spans);
        let mut united = merge(&self.carried, u64::MAX)?;
        self.carried.sort_by_key(|span| span.start);
        // Disjoint and begun before the end: one of them at most goes on behind it, and may grow with what begins there.
        let open = united.pop_if(|last| last.end > end);
        let end = open.as_ref().map_or(end, |open| open.start);
        let text = buffer.slice(&(self.left..end));
        self.tell(text, &united)?;
        self.carried.retain(|span| open.as_ref().is_some_and(|open| span.start >= open.start));
        for span in &united {
            *self.found.entry(span.label.clone()).or_default() += 1;
        }
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        self.lines += breaks;
        if let Some(last) = text.as_bytes().last() {
            self.in_line = *last != b'\n';
        }
        self.left = end;
        Ok(())
    }

    fn tell(&mut self, text: &str, united: &[Merged]) -> Result<(), AppError> {
        match self.want {
            ScanWant::Redacted => {
                let mut out = String::with_capacity(text.len());
                let stopped = std::mem::take(&mut self.stopped);
                let mut applier = Applier::resume(stopped, united, Origin::Raw, &mut self.names);
                applier.push(text, &mut out)?;
                self.stopped = applier.stop()?;
                if !out.is_empty() {
                    self.sink.text(&out);
                }
            }
            ScanWant::Findings => {
                let index = |at: u64| usize::try_from(at.saturating_sub(self.left)).unwrap_or(usize::MAX);
                for span in united {
                    let value = text.get(index(span.start)..index(span.end)).unwrap_or_default();
                    let replacement = self.names.placeholder_for(&span.label, value)?.to_string();
                    self.sink.finding(&ScanSpan {
                        start: span.start,
                        end: span.end,
                        label: span.label.clone(),
                        text: value.to_owned(),
                        replacement,
                        confidence: span.confidence,
                        detector: detector_of(&self.carried, span).to_owned(),
                    });
                }
            }
        }
        Ok(())
    }

    /// What was told so far should be seen: there is a wait before more.
    pub(super) fn pause(&mut self) {
        self.sink.pause();
    }

    /// Tells what was held back, at the end of the text.
    pub(super) fn finish(mut self) -> Result<ScanSummary, AppError> {
        if self.want == ScanWant::Redacted {
            let mut out = String::new();
            Applier::resume(self.stopped, &[], Origin::Raw, &mut self.names).finish(&mut out)?;
            if !out.is_empty() {
                self.sink.text(&out);
            }
        }
        self.sink.pause();
        Ok(ScanSummary { found: self.found, text_bytes: self.left, lines: self.lines + u64::from(self.in_line) })
    }
}
