//! The scan itself: takes text, cuts windows, hands them out, settles them in order.
//!
//! Invariants: few windows are open at once, and text is taken only while it has room; the windows settle in order,
//! and the first that failed ends the scan.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use trcaa_model::pii::Span;
use trcaa_redact::{CONTEXT_AFTER_BYTES, CORE_BYTES_MAX, UNSETTLED_BYTES, VIEW_BYTES_MAX, WIDENING};

use super::buffer::{Buffer, StreamWindow};
use super::input::Piece;
use super::pool::{Answer, Pool};
use super::settle::Settle;
use super::{ScanSink, ScanSummary, ScanWant};
use crate::AppError;
use crate::redaction::{Detectors, too_long};

/// Windows that are looked at at once: the bound is memory.
const THREADS_MAX: usize = 4;
/// A pipe that gave nothing for so long pauses: its whole lines are let go.
const PAUSE: Duration = Duration::from_millis(50);
/// A whole line waits no longer than this while more lines keep coming, too few to fill a window.
const LINE_WAIT_MAX: Duration = Duration::from_millis(250);
/// How long an answer waits for text that may be there at once.
const GLANCE: Duration = Duration::from_millis(1);
/// A block that is held back is looked at again when it has grown by this part of its length.
const REGROWN: u64 = 8;

/// As many threads as processors, within the bound.
pub(super) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX)
}

/// A window that was handed out.
struct Slot {
    window: StreamWindow,
    state: State,
}

enum State {
    Running,
    /// A finding runs to the end of the view: to be looked at again, once there is text up to here.
    Wider(u64),
    Done(Vec<Span>),
    Failed(AppError),
}

/// A scan while it runs.
pub(super) struct Run<'s> {
    buffer: Buffer,
    pool: Pool,
    threads: usize,
    slots: VecDeque<Slot>,
    /// Number of the first slot.
    first: u64,
    settle: Settle<'s>,
    /// When the first of the whole lines came that wait.
    waiting_since: Option<Instant>,
    /// What was there when a pause let nothing go, and where the buffer ended then.
    held: Option<(u64, u64)>,
}

impl<'s> Run<'s> {
    pub(super) fn new(detectors: Detectors, threads: usize, want: ScanWant, sink: &'s mut dyn ScanSink) -> Self {
        Self {
            buffer: Buffer::default(),
            pool: Pool::new(detectors, threads),
            threads,
            slots: VecDeque::new(),
            first: 0,
            settle: Settle::new(want, sink),
            waiting_since: None,
            held: None,
        }
    }

    /// Takes all pieces to the end.
    pub(super) fn all(mut self, pieces: &Receiver<Piece>, may_pause: bool) -> Result<ScanSummary, AppError> {
        loop {
            self.hand_out()?;
            while let Some(answer) = self.pool.answer_at_hand() {
                self.note(answer);
            }
            if self.settle_ready()? {
                continue;
            }
            if self.buffer.ended && self.slots.is_empty() {
                return self.settle.finish();
            }
            if self.pool.running > 0 && !self.wants_text() {
                self.wait_for_answer();
                continue;
            }
            if self.buffer.ended {
                // Whatever wants text gets it in `hand_out`, since all that will ever come is there.
                continue;
            }
            match self.next_piece(pieces, may_pause) {
                Ok(Piece::Text(text)) => self.push(&text),
                Ok(Piece::End) => self.buffer.ended = true,
                Ok(Piece::Failed(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) if self.pool.running > 0 => self.wait_for_answer(),
                Err(RecvTimeoutError::Timeout) => self.let_lines_go()?,
                Err(RecvTimeoutError::Disconnected) => {
                    let bug = AppError::failed("bug", "reading the input: its thread ended without a word");
                    return Err(AppError { family: crate::Family::Bug, ..bug });
                }
            }
        }
    }

    fn push(&mut self, text: &str) {
        self.buffer.push(text);
        if self.waiting_since.is_none() && text.contains('\n') {
            self.waiting_since = Some(Instant::now());
        }
    }

    /// The next piece, or a time-out: where windows run, after a glance; else when the lines that wait may go.
    fn next_piece(&mut self, pieces: &Receiver<Piece>, may_pause: bool) -> Result<Piece, RecvTimeoutError> {
        if self.pool.running > 0 {
            return pieces.recv_timeout(GLANCE);
        }
        // With windows that want more text there is nothing to be let go: what is held back stands before it.
        let since = self.waiting_since.filter(|_| may_pause && self.slots.is_empty() && self.has_grown());
        let Some(since) = since else {
            if let Ok(piece) = pieces.try_recv() {
                return Ok(piece);
            }
            self.settle.pause();
            return pieces.recv().map_err(|_| RecvTimeoutError::Disconnected);
        };
        pieces.recv_timeout(PAUSE.min(LINE_WAIT_MAX.saturating_sub(since.elapsed())))
    }

    /// Whether a block that was held back is worth another look.
    fn has_grown(&self) -> bool {
        self.held.is_none_or(|(bytes, end)| self.buffer.end() - end > bytes / REGROWN)
    }

    /// Cuts and hands out windows while there is text and room; again those that want a wider view.
    fn hand_out(&mut self) -> Result<(), AppError> {
        for (number, slot) in (self.first..).zip(&mut self.slots) {
            let State::Wider(wanted) = slot.state else { continue };
            if self.buffer.end() > wanted || self.buffer.ended {
                slot.window.view.end = self.buffer.boundary_before(wanted);
                slot.state = State::Running;
                self.pool.submit(number, self.buffer.slice(&slot.window.view).to_owned(), slot.window.view.start);
            }
        }
        while self.slots.len() <= self.threads {
            let Some(window) = self.buffer.next_full() else { break };
            expect_viewable(&window)?;
            self.submit(window);
            (self.waiting_since, self.held) = (None, None);
        }
        Ok(())
    }

    fn submit(&mut self, window: StreamWindow) {
        let number = self.first + self.slots.len() as u64;
        self.pool.submit(number, self.buffer.slice(&window.view).to_owned(), window.view.start);
        self.slots.push_back(Slot { window, state: State::Running });
    }

    fn wants_text(&self) -> bool {
        let full = self.buffer.pending_bytes() > (CORE_BYTES_MAX + CONTEXT_AFTER_BYTES) as u64;
        !self.buffer.ended && (!full || self.slots.iter().any(|slot| matches!(slot.state, State::Wider(_))))
    }

    fn wait_for_answer(&mut self) {
        if let Some(answer) = self.pool.answer() {
            self.note(answer);
        }
    }

    /// Notes an answer at its window.
    fn note(&mut self, answer: Answer) {
        let place = usize::try_from(answer.number - self.first).unwrap_or(usize::MAX);
        let Some(slot) = self.slots.get_mut(place) else { return };
        slot.state = match answer.found {
            Err(error) => State::Failed(error),
            Ok(found) => {
                let spans = owned_by(&slot.window, found);
                let is_all = self.buffer.ended && slot.window.view.end == self.buffer.end();
                let settled = slot.window.view.end.saturating_sub(UNSETTLED_BYTES as u64);
                if is_all || spans.iter().all(|span| span.end <= settled) {
                    State::Done(spans)
                } else {
                    wider(&slot.window)
                }
            }
        };
    }

    /// Settles the first windows that are done; true if there was one.
    fn settle_ready(&mut self) -> Result<bool, AppError> {
        let mut any = false;
        while let Some(slot) = self.slots.pop_front_if(|slot| matches!(slot.state, State::Done(_) | State::Failed(_))) {
            self.first += 1;
            any = true;
            match slot.state {
                State::Failed(error) => return Err(error),
                State::Done(spans) => self.settle.take(slot.window.core.end, spans, &self.buffer)?,
                State::Running | State::Wider(_) => {}
            }
            self.forget();
        }
        Ok(any)
    }

    fn forget(&mut self) {
        let seen = self.slots.iter().map(|slot| slot.window.view.start).min().unwrap_or(u64::MAX);
        self.buffer.forget_before(seen.min(self.settle.left));
    }

    /// At a pause: looks at the whole lines, and lets go what does not belong to a block that may go on.
    fn let_lines_go(&mut self) -> Result<(), AppError> {
        self.waiting_since = None;
        let Some(mut window) = self.buffer.whole_lines() else { return Ok(()) };
        expect_viewable(&window)?;
        self.pool.submit(self.first, self.buffer.slice(&window.view).to_owned(), window.view.start);
        let Some(answer) = self.pool.answer() else { return Ok(()) };
        let found = answer.found?;
        let reaches = |span: &&Span| span.end > window.view.end.saturating_sub(UNSETTLED_BYTES as u64);
        let open = found.iter().filter(reaches).filter(|span| span.end > window.core.start);
        let held_at = open.clone().filter(|span| span.start >= window.core.start && self.is_open_block(span));
        let end = held_at.map(|span| self.buffer.line_start(span.start)).min().unwrap_or(window.core.end);
        let end = end.max(window.core.start);
        if end < window.core.end {
            self.held = Some((window.core.end - end, self.buffer.end()));
        } else {
            self.held = None;
        }
        if end == window.core.start {
            self.settle.pause();
            return Ok(());
        }
        let open_at = open.filter(|span| span.start < end).map(|span| span.start).min();
        window.core.end = end;
        self.settle.take(end, owned_by(&window, found), &self.buffer)?;
        self.buffer.let_go(end, open_at);
        self.forget();
        self.settle.pause();
        Ok(())
    }

    /// Whether a span near the end of what is there may be a block that goes on: armour whose last line did not come, or
    /// several lines with no other line behind them.
    fn is_open_block(&self, span: &Span) -> bool {
        const BEGIN: &str = "-----BEGIN ";
        const END: &str = "-----END ";
        let text = self.buffer.slice(&(span.start..span.end));
        if let Some(begin) = text.rfind(BEGIN) {
            return !text.get(begin..).is_some_and(|armour| armour.contains(END) && armour.ends_with('-'));
        }
        let behind = self.buffer.slice(&(span.end..self.buffer.end()));
        // The rest of its own line is no other line.
        let other = behind.split_once('\n').map_or("", |(_, other)| other);
        text.contains('\n') && other.trim().is_empty()
    }
}

/// A view that a pinned block has made longer than a detector can be shown.
fn expect_viewable(window: &StreamWindow) -> Result<(), AppError> {
    if window.view.end - window.view.start > VIEW_BYTES_MAX as u64 {
        return Err(too_long(window.view.start));
    }
    Ok(())
}

/// The same window with more behind its core, or the refusal if there can be no more.
fn wider(window: &StreamWindow) -> State {
    let context = (window.view.end - window.core.end).max((CONTEXT_AFTER_BYTES / WIDENING) as u64);
    let wanted = window.core.end + context * WIDENING as u64;
    let end = wanted.min(window.view.start + VIEW_BYTES_MAX as u64);
    // A view ends on a character, which may be three bytes before the limit.
    if end > window.view.end + 3 { State::Wider(end) } else { State::Failed(too_long(window.core.start)) }
}

/// The spans that begin in the core; and of what goes on into it from text that was let go, the part in the core.
fn owned_by(window: &StreamWindow, mut found: Vec<Span>) -> Vec<Span> {
    if window.after_pause {
        for span in found.iter_mut().filter(|span| span.end > window.core.start) {
            span.start = span.start.max(window.core.start);
        }
    }
    found.retain(|span| window.core.contains(&span.start));
    found
}

#[cfg(test)]
mod tests;
