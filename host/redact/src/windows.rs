//! Windows: how a text of any length is shown to a detector, so that its cuts change nothing.
//!
//! Owns: the plan and the ownership rule. Must not know: what a detector does with its window.
//! Invariants: the cores of all windows are the text, each byte once; a span belongs to the window in whose core it
//! begins. A detector that needs no more context than windows give finds the same for any cuts; where a span reaches
//! the end of a view, the view is widened until it does not, and a caller must refuse the text if it cannot be.

use std::ops::Range;

use trcaa_model::pii::Span;

use crate::spans::{SpanError, check_spans};

/// Most bytes of a core: one detector call stays far below its limits of time and memory.
pub const CORE_BYTES_MAX: usize = 1 << 20;
/// Text shown before a core.
pub const CONTEXT_BEFORE_BYTES: usize = 4 << 10;
/// Text shown behind a core at first: a span may begin at its last byte and be as long as most private keys.
pub const CONTEXT_AFTER_BYTES: usize = 16 << 10;
/// Most bytes of a view: a detector holds the text and what it finds in 64 MiB, and no secret is this long.
pub const VIEW_BYTES_MAX: usize = 8 << 20;
/// How many times the context behind its core a widened window has.
pub const WIDENING: usize = 4;
/// A span that ends this close to the end of its view may go on behind it: a detector looks that far for more of it.
pub const UNSETTLED_BYTES: usize = 2 << 10;
/// How far before the end of a core a line end is looked for.
const LINE_END_REACH_BYTES: usize = 64 << 10;

/// A part of a text for one detector call; offsets are bytes of the whole text, on character boundaries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// The part whose spans this window owns.
    pub core: Range<usize>,
    /// The core with its context: what the detector sees.
    pub view: Range<usize>,
}

impl Window {
    /// Returns what the detector sees; empty if `text` is not the text the window was planned for.
    pub fn view<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.view.clone()).unwrap_or("")
    }
}

/// Plans the windows of a text in order; none for an empty text. Cores hold at most [`CORE_BYTES_MAX`] bytes.
pub fn windows(text: &str) -> impl Iterator<Item = Window> + '_ {
    windows_of(text, CORE_BYTES_MAX)
}

fn windows_of(text: &str, core_bytes_max: usize) -> impl Iterator<Item = Window> + '_ {
    let mut start = 0;
    std::iter::from_fn(move || {
        let window = window_at(text, start, core_bytes_max)?;
        start = window.core.end;
        Some(window)
    })
}

/// Plans the window whose core begins at `start`, a character boundary; `None` at the end of the text.
///
/// Of a text that goes on behind what is there, the window is as of the whole if [`CORE_BYTES_MAX`] and
/// [`CONTEXT_AFTER_BYTES`] stand behind `start`, and [`CONTEXT_BEFORE_BYTES`] or all that there is before it.
pub fn next_window(text: &str, start: usize) -> Option<Window> {
    window_at(text, start, CORE_BYTES_MAX)
}

fn window_at(text: &str, start: usize, core_bytes_max: usize) -> Option<Window> {
    if start >= text.len() {
        return None;
    }
    let core = start..core_end(text, start, core_bytes_max);
    let view = text.floor_char_boundary(core.start.saturating_sub(CONTEXT_BEFORE_BYTES))
        ..text.floor_char_boundary(core.end.saturating_add(CONTEXT_AFTER_BYTES));
    Some(Window { core, view })
}

/// The end of a core: behind the last line end in reach, else on a character boundary.
fn core_end(text: &str, start: usize, core_bytes_max: usize) -> usize {
    let limit = start.saturating_add(core_bytes_max);
    if limit >= text.len() {
        return text.len();
    }
    let limit = text.floor_char_boundary(limit);
    let from = start.max(limit.saturating_sub(LINE_END_REACH_BYTES));
    let bytes = text.as_bytes().get(from..limit).unwrap_or(&[]);
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(limit, |at| from + at + 1);
    // A core shorter than one character would never advance.
    if end > start { end } else { text.ceil_char_boundary(start + 1) }
}

/// Takes what a detector found in a window: checks it, keeps what begins in the core, with offsets of the whole text.
///
/// # Errors
/// A span that is not believed, wherever in the view it lies.
pub fn collect(window: &Window, text: &str, found: Vec<Span>) -> Result<Vec<Span>, SpanError> {
    check_spans(window.view(text), &found)?;
    let base = window.view.start as u64;
    let core = window.core.start as u64..window.core.end as u64;
    Ok(found
        .into_iter()
        .map(|span| Span { start: span.start + base, end: span.end + base, ..span })
        .filter(|span| core.contains(&span.start))
        .collect())
}

/// Tells whether a span of a window may be longer than the window shows, so that its end is not to be believed.
///
/// Takes the spans as [`collect`] gives them. False where the view reaches the end of the text.
pub fn touches_end(window: &Window, text: &str, spans: &[Span]) -> bool {
    let core = window.core.start as u64..window.core.end as u64;
    let settled = window.view.end.saturating_sub(UNSETTLED_BYTES) as u64;
    window.view.end < text.len() && spans.iter().any(|span| core.contains(&span.start) && span.end > settled)
}

/// Returns the window with four times the context behind its core, at most to the end of the text.
///
/// None if it cannot grow: the view ends with the text or has [`VIEW_BYTES_MAX`] bytes.
pub fn widened(window: &Window, text: &str) -> Option<Window> {
    widened_to(window, text, VIEW_BYTES_MAX)
}

fn widened_to(window: &Window, text: &str, view_bytes_max: usize) -> Option<Window> {
    let context = window.view.end.saturating_sub(window.core.end).max(CONTEXT_AFTER_BYTES / WIDENING);
    let wanted = window.core.end.saturating_add(context.saturating_mul(WIDENING));
    let end = text.floor_char_boundary(wanted.min(window.view.start.saturating_add(view_bytes_max)));
    (end > window.view.end).then(|| Window { core: window.core.clone(), view: window.view.start..end })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Finds every run of `#`, a detector with little need for context.
    fn detect(text: &str) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for (at, _) in text.match_indices('#') {
            let (start, end) = (at as u64, at as u64 + 1);
            match spans.last_mut() {
                Some(last) if last.end == start => last.end = end,
                _ => spans.push(Span {
                    start,
                    end,
                    label: "Hash".to_owned(),
                    confidence: 1.0,
                    detector: "test".to_owned(),
                }),
            }
        }
        spans
    }

    #[test]
    fn cores_end_behind_lines_and_on_characters() {
        let ends = |text: &str, max| windows_of(text, max).map(|window| window.core.end).collect::<Vec<_>>();
        assert_eq!(ends("ab\ncd\nef", 4), [3, 6, 8]);
        assert_eq!(ends("abcdef", 4), [4, 6]);
        assert_eq!(ends("€€", 4), [3, 6]);
        assert_eq!(ends("€", 1), [3]);
        assert_eq!(ends("", 4), [0; 0]);
        assert_eq!(ends("abcd", 4), [4]);
    }

    #[test]
    fn views_have_their_context() {
        let text = "x".repeat(CORE_BYTES_MAX * 2 + 5);
        let all: Vec<_> = windows(&text).collect();
        assert_eq!(all.len(), 3);
        assert_eq!(all[1].view, CORE_BYTES_MAX - CONTEXT_BEFORE_BYTES..CORE_BYTES_MAX * 2 + 5);
        assert_eq!(all[0].view, 0..CORE_BYTES_MAX + CONTEXT_AFTER_BYTES);
    }

    #[test]
    fn a_hostile_span_in_the_context_is_refused_as_well() {
        let text = "ab€";
        let window = windows_of(text, 2).next().unwrap();
        let span = Span { start: 2, end: 4, label: String::new(), confidence: 1.0, detector: String::new() };
        assert!(matches!(collect(&window, text, vec![span]), Err(SpanError::MidCharacter { .. })));
    }

    /// What a caller does: detects, and again with more context while a span reaches the end; none if it must refuse.
    fn detect_widening(text: &str, core_bytes_max: usize, view_bytes_max: usize) -> Option<Vec<Span>> {
        let mut found = Vec::new();
        for mut window in windows_of(text, core_bytes_max) {
            let mut spans = collect(&window, text, detect(window.view(text))).unwrap();
            while touches_end(&window, text, &spans) {
                window = widened_to(&window, text, view_bytes_max)?;
                spans = collect(&window, text, detect(window.view(text))).unwrap();
            }
            found.extend(spans);
        }
        Some(found)
    }

    #[test]
    fn a_widened_window_keeps_its_core_and_grows_up_to_the_end_or_the_limit() {
        let text = "x".repeat(CORE_BYTES_MAX + CONTEXT_AFTER_BYTES * 5);
        let first = windows(&text).next().unwrap();
        let second = widened(&first, &text).unwrap();
        assert_eq!(second, Window { core: first.core.clone(), view: 0..CORE_BYTES_MAX + CONTEXT_AFTER_BYTES * 4 });
        let third = widened(&second, &text).unwrap();
        assert_eq!(third.view, 0..text.len());
        assert_eq!(widened(&third, &text), None);

        let text = "x".repeat(VIEW_BYTES_MAX * 2);
        let widest = std::iter::successors(windows(&text).nth(1), |window| widened(window, &text)).last().unwrap();
        assert_eq!(widest.view.len(), VIEW_BYTES_MAX);
        assert_eq!(widest.core, CORE_BYTES_MAX..CORE_BYTES_MAX * 2);
    }

    #[test]
    fn a_span_that_may_go_on_behind_the_view_is_noticed() {
        let text = "x".repeat(CORE_BYTES_MAX * 2);
        let window = windows(&text).next().unwrap();
        let span = |start: usize, end: usize| Span {
            start: start as u64,
            end: end as u64,
            label: "Hash".to_owned(),
            confidence: 1.0,
            detector: "test".to_owned(),
        };
        let (core, view) = (window.core.end, window.view.end);
        assert!(touches_end(&window, &text, &[span(0, 1), span(core - 1, view)]));
        assert!(touches_end(&window, &text, &[span(core - 1, view - 5)]));
        assert!(!touches_end(&window, &text, &[span(core - 1, view - UNSETTLED_BYTES)]));
        assert!(!touches_end(&window, &text, &[span(core, view)]), "the next window's");
        let last = windows(&text).last().unwrap();
        assert!(!touches_end(&last, &text, &[span(text.len() - 1, text.len())]));
    }

    #[test]
    fn a_run_that_no_view_can_hold_is_refused() {
        let text = "#".repeat(200_000);
        assert_eq!(detect_widening(&text, 1000, 100_000), None);
        assert_eq!(detect_widening(&text, 1000, 300_000), Some(detect(&text)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn runs_longer_than_the_context_come_out_the_same_for_any_cuts(
            runs in prop::collection::vec(("[a€\n]{1,20}", 1usize..90_000), 1..4),
            max in 900usize..30_000,
        ) {
            let text: String = runs.iter().map(|(other, length)| other.clone() + &"#".repeat(*length)).collect();
            prop_assert_eq!(detect_widening(&text, max, VIEW_BYTES_MAX), Some(detect(&text)));
        }
    }

    proptest! {
        #[test]
        fn the_same_spans_come_out_for_any_cuts(text in "[#a€\n]{0,200}", max in 1usize..40) {
            let mut found = Vec::new();
            for window in windows_of(&text, max) {
                found.extend(collect(&window, &text, detect(window.view(&text))).unwrap());
            }
            prop_assert_eq!(found, detect(&text));
        }
    }
}
