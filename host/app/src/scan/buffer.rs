//! The part of a stream's text that is still needed, and which window of it is looked at next.
//!
//! Invariants: offsets are those of the whole stream; the cores of all windows are the stream, each byte once; while the
//! stream does not pause, the windows are those of [`trcaa_redact::windows`] over the whole text.

use std::ops::Range;

use trcaa_redact::{CONTEXT_AFTER_BYTES, CONTEXT_BEFORE_BYTES, CORE_BYTES_MAX, next_window};

/// A window of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamWindow {
    /// The part whose spans it owns.
    pub(super) core: Range<u64>,
    /// What is shown.
    pub(super) view: Range<u64>,
    /// Whether the text before the core was let go while what stands behind it was not there yet: a span that goes on
    /// from there into the core was seen by nobody whole.
    pub(super) after_pause: bool,
}

/// Text between the first byte that somebody still needs and the last that came.
#[derive(Default)]
pub(super) struct Buffer {
    text: String,
    /// Offset of the text's first byte.
    base: u64,
    /// Where the next core begins.
    next_core: u64,
    /// Set by a cut at a pause, until the next window is cut.
    after_pause: bool,
    /// Where the view of the next window begins at the latest: at the line of a span that may go on.
    pin: Option<u64>,
    pub(super) ended: bool,
}

impl Buffer {
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// One past the last byte that came.
    pub(super) fn end(&self) -> u64 {
        self.base + self.text.len() as u64
    }

    /// Bytes that are in no window yet.
    pub(super) fn pending_bytes(&self) -> u64 {
        self.end() - self.next_core
    }

    fn index(&self, at: u64) -> usize {
        usize::try_from(at.saturating_sub(self.base)).unwrap_or(usize::MAX).min(self.text.len())
    }

    /// The text of a range; shorter where some of it is not there.
    pub(super) fn slice(&self, range: &Range<u64>) -> &str {
        self.text.get(self.index(range.start)..self.index(range.end)).unwrap_or_default()
    }

    /// The last boundary of a character at or before `at`.
    pub(super) fn boundary_before(&self, at: u64) -> u64 {
        self.base + self.text.floor_char_boundary(self.index(at)) as u64
    }

    /// Where the line of `at` begins, as far as its beginning is there.
    pub(super) fn line_start(&self, at: u64) -> u64 {
        let before = self.text.get(..self.index(at)).unwrap_or_default();
        self.base + before.rfind('\n').map_or(0, |end| end + 1) as u64
    }

    /// Cuts the next window off, if all that it shows is there.
    pub(super) fn next_full(&mut self) -> Option<StreamWindow> {
        let needed = (CORE_BYTES_MAX + CONTEXT_AFTER_BYTES) as u64;
        // Not even a character more: the window is planned as that of a text which ends behind what it shows.
        if !self.ended && self.pending_bytes() <= needed {
            return None;
        }
        let planned = next_window(&self.text, self.index(self.next_core))?;
        let absolute = |at: usize| self.base + at as u64;
        let core = absolute(planned.core.start)..absolute(planned.core.end);
        let start = if self.after_pause { self.view_start() } else { absolute(planned.view.start) };
        let window = StreamWindow { view: start..absolute(planned.view.end), core, after_pause: self.after_pause };
        self.next_core = window.core.end;
        (self.after_pause, self.pin) = (false, None);
        Some(window)
    }

    /// The window of all whole lines that are in none yet, with what follows them as context; leaves them there until
    /// [`Buffer::let_go`]. `None` if there is no whole line.
    pub(super) fn whole_lines(&self) -> Option<StreamWindow> {
        let pending = self.text.get(self.index(self.next_core)..).unwrap_or_default();
        let end = self.next_core + pending.rfind('\n')? as u64 + 1;
        Some(StreamWindow {
            core: self.next_core..end,
            view: self.view_start()..self.end(),
            after_pause: self.after_pause,
        })
    }

    /// Cuts the text off at `end`, a line's start: it was looked at, and may leave. `open_at` is the first byte of a
    /// span that may go on behind it.
    pub(super) fn let_go(&mut self, end: u64, open_at: Option<u64>) {
        self.pin = open_at.map(|at| self.line_start(at));
        self.next_core = end;
        self.after_pause = true;
    }

    /// Where a view after a pause begins: with a whole line, and early enough for what may go on.
    fn view_start(&self) -> u64 {
        let wanted = self.next_core.saturating_sub(CONTEXT_BEFORE_BYTES as u64);
        let from = self.boundary_before(wanted.max(self.base));
        let before = self.slice(&(from..self.next_core));
        let cut = from > 0 && !self.slice(&(self.base..from)).ends_with('\n');
        let whole = if cut { before.find('\n').map_or(from, |at| from + at as u64 + 1) } else { from };
        self.pin.map_or(whole, |pin| pin.max(self.base).min(whole))
    }

    /// Forgets what neither a next window nor anybody else needs, who needs it from `needed` on.
    pub(super) fn forget_before(&mut self, needed: u64) {
        // A byte more than the context, to tell whether a line begins there.
        let context = self.next_core.saturating_sub(CONTEXT_BEFORE_BYTES as u64 + 4);
        let keep = needed.min(context).min(self.pin.unwrap_or(u64::MAX));
        // Moving what is left costs its length: only where more than that is gained.
        let gone = self.text.floor_char_boundary(self.index(keep));
        if gone > CORE_BYTES_MAX.min(self.text.len() / 2) {
            self.text.drain(..gone);
            self.base += gone as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_of_a_stream_are_those_of_the_whole() {
        let text: String = (0..60_000).map(|n| format!("line {n} of a log that is long enough, h\u{e4}lt\n")).collect();
        let whole: Vec<_> = trcaa_redact::windows(&text).collect();
        assert!(whole.len() > 2);
        for size in [1000, 4096, 1 << 20, text.len()] {
            let mut buffer = Buffer::default();
            let mut windows = Vec::new();
            let mut at = 0;
            while at < text.len() {
                let next = text.floor_char_boundary((at + size).min(text.len()));
                buffer.push(&text[at..next]);
                at = next;
                buffer.ended = at == text.len();
                while let Some(window) = buffer.next_full() {
                    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                    assert_eq!(buffer.slice(&window.view), &text[index(window.view.start)..index(window.view.end)]);
                    windows.push(window.clone());
                    buffer.forget_before(window.core.end);
                }
            }
            let expected: Vec<_> = whole
                .iter()
                .map(|w| StreamWindow {
                    core: w.core.start as u64..w.core.end as u64,
                    view: w.view.start as u64..w.view.end as u64,
                    after_pause: false,
                })
                .collect();
            assert_eq!(windows, expected, "{size}");
        }
    }

    #[test]
    fn at_a_pause_whole_lines_are_shown_with_the_lines_before() {
        let mut buffer = Buffer::default();
        buffer.push("one\ntwo\nthr");
        assert_eq!(buffer.next_full(), None);
        let window = buffer.whole_lines();
        assert_eq!(window, Some(StreamWindow { core: 0..8, view: 0..11, after_pause: false }));
        buffer.let_go(8, Some(5));
        assert_eq!(buffer.whole_lines(), None, "the third line is not whole");
        buffer.push("ee\n");
        assert_eq!(buffer.whole_lines(), Some(StreamWindow { core: 8..14, view: 0..14, after_pause: true }));
        buffer.let_go(14, None);
        buffer.ended = true;
        assert_eq!(buffer.next_full(), None);
        buffer.push(&"x\n".repeat(10_000));
        let Some(window) = buffer.next_full() else { unreachable!("there is text") };
        assert_eq!((window.core, window.after_pause), (14..20_014, true));
        buffer.let_go(20_014, Some(15));
        buffer.push("last");
        let Some(window) = buffer.next_full() else { unreachable!("there is text") };
        assert_eq!(window.view, 14..20_018, "the line of what may go on, however far back");
    }
}
