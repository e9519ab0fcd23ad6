//! Detection: windows of a text to every detector, and the union of what they find.
//!
//! Must not know: what becomes of the spans. Invariants: a detector that fails means that there is no result; a finding
//! that is longer than it can be shown is an error.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use trcaa_model::pii::Span;
use trcaa_redact::{VIEW_BYTES_MAX, Window, collect, touches_end, widened, windows};

use super::detectors::Detectors;
use crate::{App, AppError, Progress};

/// Threads that detect at once: the bound is memory, 64 MiB per running guest.
const WORKERS_MAX: usize = 4;
/// Most findings in one log: beyond it the log is data and no text, and rows would outgrow memory.
const SPANS_MAX: usize = 2_000_000;

/// Lets every detector look at every window, several at a time. Spans come back by window, in the text's offsets.
pub(crate) fn detect(detectors: &Detectors, text: &str, progress: &dyn Progress) -> Result<Vec<Span>, AppError> {
    detectors.expect_any()?;
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
            match detect_window(detectors, window, text) {
                Ok(spans) => found.lock().unwrap_or_else(PoisonError::into_inner).push((window.core.start, spans)),
                Err(error) => {
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    return;
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

/// Lets all detectors look at one window, and again with a wider view while a finding runs to the end of what they
/// see: of a secret that is longer than the view, the rest would stay in clear.
fn detect_window(detectors: &Detectors, window: &Window, text: &str) -> Result<Vec<Span>, AppError> {
    let mut window = window.clone();
    loop {
        let found = detectors.look(window.view(text).to_owned(), window.view.start as u64)?;
        let spans = collect(&window, text, found)?;
        if !touches_end(&window, text, &spans) {
            return Ok(spans);
        }
        window = widened(&window, text).ok_or_else(|| too_long(window.core.start as u64))?;
    }
}

/// A finding that no view can show whole.
pub(crate) fn too_long(near: u64) -> AppError {
    let message = format!("detecting personal data: a finding near byte {near} is longer than {VIEW_BYTES_MAX} bytes");
    AppError::failed("too_long_span", message).hint("such a blob is no log text; cut it out of the log first")
}

impl App {
    pub(super) fn detect_with_progress(&self, text: &str, step: &str) -> Result<Vec<Span>, AppError> {
        let detectors = self.detectors()?;
        self.progress.begin(step, Some(text.len() as u64));
        let found = detect(&detectors, text, self.progress.as_ref());
        self.progress.end();
        let found = found?;
        self.still_all(&detectors)?;
        Ok(found)
    }
}
