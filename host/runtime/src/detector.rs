//! Calls into detectors of personal data, and the checks of what they answer.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use trcaa_model::pii::Span;
use trcaa_model::plugin::{Kind, Limits};

use crate::bindings::pii::exports::trcaa::pii::detector as wit;
use crate::bindings::pii::{PiiDetector, PiiDetectorPre};
use crate::call::{CallContext, CallState, run};
use crate::error::{Fault, GuestError, LoadError, PluginError};
use crate::host_functions::Pushed;
use crate::plugin::Plugin;

/// Text that the CPU limit is meant for.
const CPU_LIMIT_PER_BYTES: u64 = 8 << 20;
/// Output per byte of input.
const OUTPUT_PER_INPUT: u64 = 8;
/// Output that even an empty text may give.
const OUTPUT_BYTES_MIN: u64 = 64 << 10;
/// Bytes that a span counts beside its label: two offsets, a confidence, a pointer and a length.
const SPAN_BYTES: usize = 20;
/// Characters of a label.
const LABEL_CHARS_MAX: usize = 32;
/// Labels of one detector.
const LABELS_MAX: usize = 256;

/// A detector, ready to be called from any thread.
#[derive(Clone)]
pub struct Detector {
    plugin: Arc<Plugin>,
    pre: PiiDetectorPre<CallState>,
    context: Arc<CallContext>,
    labels: Arc<OnceLock<BTreeSet<String>>>,
}

impl Detector {
    /// Takes a plugin of the right kind.
    ///
    /// # Errors
    /// [`LoadError`] if it is of another kind.
    pub fn new(plugin: &Arc<Plugin>, context: Arc<CallContext>) -> Result<Self, LoadError> {
        plugin.expect_kind(Kind::PiiDetector)?;
        let pre = PiiDetectorPre::new(plugin.instance().clone())
            .map_err(|e| LoadError { name: plugin.manifest().id.clone(), problem: format!("{e:#}") })?;
        Ok(Self { plugin: Arc::clone(plugin), pre, context, labels: Arc::default() })
    }

    /// The plugin behind it.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Finds spans in each text: one list per text, sorted by start, every span checked.
    ///
    /// The texts are in clear; detectors are the one kind of plugin that may see them, and they can reach nothing.
    ///
    /// # Errors
    /// [`PluginError`]; the caller must not use the texts for anything that leaves.
    pub fn detect(&self, texts: &[String]) -> Result<Vec<Vec<Span>>, PluginError> {
        let options =
            wit::Options { languages: Vec::new(), labels: Vec::new(), min_confidence: 0.0, extra: Vec::new() };
        let known = self.labels()?;
        let limits = self.limits_for(texts);
        let (answer, _) = run(&self.plugin, &self.context, limits, "detect", Pushed::default(), |store| {
            let guest = self.instantiate(store)?;
            guest.trcaa_pii_detector().call_detect(store, texts, &options)
        })?;
        let lists = answer.map_err(|e| self.plugin.failed("detect", Fault::Reported(without_words(e.into()))))?;
        let refuse = |fault: Fault| self.plugin.refused(&self.context, "detect", fault);
        let bytes: usize = lists.iter().flatten().map(|span| span.label.len() + SPAN_BYTES).sum();
        if bytes as u64 > limits.output_bytes_max {
            return Err(refuse(Fault::OutputLimit { limit_bytes: limits.output_bytes_max }));
        }
        check(&self.plugin.manifest().id, known, texts, lists).map_err(|problem| refuse(Fault::BadOutput(problem)))
    }

    /// The labels that it declares, asked once, before it has seen any text: a label ends up in placeholders, and a
    /// detector that could make one up at will could write what it read into them.
    fn labels(&self) -> Result<&BTreeSet<String>, PluginError> {
        if let Some(known) = self.labels.get() {
            return Ok(known);
        }
        let limits = self.plugin.limits();
        let (list, _) = run(&self.plugin, &self.context, limits, "labels", Pushed::default(), |store| {
            let guest = self.instantiate(store)?;
            guest.trcaa_pii_detector().call_labels(store)
        })?;
        let shaped = |label: &str| {
            (1..=LABEL_CHARS_MAX).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if list.len() > LABELS_MAX || !list.iter().all(|info| shaped(&info.label)) {
            let problem = format!(
                "it declares more than {LABELS_MAX} labels, or one that is not 1 to {LABEL_CHARS_MAX} letters and digits"
            );
            return Err(self.plugin.refused(&self.context, "labels", Fault::BadOutput(problem)));
        }
        Ok(self.labels.get_or_init(|| list.into_iter().map(|info| info.label).collect()))
    }

    fn instantiate(&self, store: &mut wasmtime::Store<CallState>) -> wasmtime::Result<PiiDetector> {
        self.pre.instantiate(store)
    }

    /// 2 s of CPU per 8 MiB or part of it; output in proportion to the input.
    fn limits_for(&self, texts: &[String]) -> Limits {
        let bytes: u64 = texts.iter().map(|t| t.len() as u64).sum();
        let mut limits = self.plugin.limits();
        let shares = bytes.div_ceil(CPU_LIMIT_PER_BYTES).max(1);
        limits.cpu_ms_max = limits.cpu_ms_max.saturating_mul(shares);
        limits.output_bytes_max = limits.output_bytes_max.min((bytes * OUTPUT_PER_INPUT).max(OUTPUT_BYTES_MIN));
        limits
    }
}

/// Leaves a code that this host's own code wrote, and none of the guest's words: it sees clear text, and could say it.
fn without_words(error: GuestError) -> GuestError {
    const CASES: [&str; 6] = ["invalid-input", "too-large", "unsupported", "unavailable", "timeout", "cancelled"];
    let known = CASES.iter().find(|code| **code == error.code);
    GuestError { code: (*known.unwrap_or(&"other")).to_owned(), message: String::new(), retry_after_ms: None }
}

/// Believes an answer only if it has a list per text and every span lies inside it, on character boundaries.
pub(crate) fn check(
    detector: &str,
    known: &BTreeSet<String>,
    texts: &[String],
    lists: Vec<Vec<wit::Span>>,
) -> Result<Vec<Vec<Span>>, String> {
    if lists.len() != texts.len() {
        return Err(format!("{} lists of spans for {} texts", lists.len(), texts.len()));
    }
    let mut checked = Vec::with_capacity(lists.len());
    let mut seen: Vec<&str> = Vec::new();
    for (text, list) in texts.iter().zip(lists) {
        let mut spans: Vec<Span> = Vec::with_capacity(list.len());
        for span in list {
            let (start, end) = (span.start as usize, span.end as usize);
            if start >= end || end > text.len() {
                return Err(format!("span {start}..{end} of a text of {} bytes", text.len()));
            }
            if !text.is_char_boundary(start) || !text.is_char_boundary(end) {
                return Err(format!("span {start}..{end} cuts a character"));
            }
            // Few labels are many: those of this text that are known are not looked up again.
            let label = span.label.as_str();
            if !seen.contains(&label) {
                let Some(label) = known.get(label) else {
                    // Never the label itself: a detector sees clear text, and could say a word of it here.
                    return Err("a label is none of those that it declares".into());
                };
                seen.push(label);
            }
            if !(0.0..=1.0).contains(&span.confidence) {
                return Err(format!("confidence {} is not between 0 and 1", span.confidence));
            }
            spans.push(Span {
                start: start as u64,
                end: end as u64,
                label: span.label,
                confidence: span.confidence,
                detector: detector.to_owned(),
            });
        }
        if !spans.is_sorted_by_key(|span| (span.start, span.end)) {
            spans.sort_by_key(|span| (span.start, span.end));
        }
        checked.push(spans);
    }
    Ok(checked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, start: u32, end: u32, label: &str, confidence: f32) -> String {
        let span = wit::Span { start, end, label: label.into(), confidence };
        match check("d", &BTreeSet::from(["Email".to_owned()]), &[text.to_owned()], vec![vec![span]]) {
            Ok(_) => "believed".into(),
            Err(problem) => problem,
        }
    }

    #[test]
    fn only_spans_inside_the_text_are_believed() {
        assert_eq!(said("añb", 0, 4, "Email", 1.0), "believed");
        for (start, end, part) in [
            (0, 5, "of 4 bytes"),
            (2, 4, "cuts"),
            (0, 2, "cuts"),
            (1, 1, "1..1"),
            (3, 1, "3..1"),
            (0, u32::MAX, "of 4 bytes"),
        ] {
            assert!(said("añb", start, end, "Email", 1.0).contains(part), "{start}..{end}");
        }
        for label in ["", "email", "Email2", "x\n"] {
            assert!(said("abc", 0, 1, label, 1.0).contains("label"), "{label:?}");
        }
        for confidence in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
            assert!(said("abc", 0, 1, "Email", confidence).contains("confidence"), "{confidence}");
        }
        assert!(check("d", &BTreeSet::new(), &["a".into()], vec![]).is_err());
    }
}
