//! Threads that look at windows, as many as there are processors and no more than memory allows.
//!
//! Invariants: a window's answer comes back exactly once, a panic included; threads start when there is work for them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};

use trcaa_model::pii::Span;
use trcaa_redact::check_spans;

use crate::AppError;
use crate::redaction::Detectors;

/// A window to look at.
struct Job {
    number: u64,
    view: String,
    base: u64,
}

/// What was found in the window of that number, in offsets of the stream.
pub(super) struct Answer {
    pub(super) number: u64,
    pub(super) found: Result<Vec<Span>, AppError>,
}

/// The threads.
pub(super) struct Pool {
    detectors: Detectors,
    threads_max: usize,
    threads: usize,
    jobs: Sender<Job>,
    waiting: Arc<Mutex<Receiver<Job>>>,
    answers: Sender<Answer>,
    answered: Receiver<Answer>,
    /// Handed out and not answered yet.
    pub(super) running: usize,
}

impl Pool {
    pub(super) fn new(detectors: Detectors, threads_max: usize) -> Self {
        let (jobs, waiting) = channel();
        let (answers, answered) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        Self { detectors, threads_max, threads: 0, jobs, waiting, answers, answered, running: 0 }
    }

    /// Hands a window out. The caller keeps the number of those that run small.
    pub(super) fn submit(&mut self, number: u64, view: String, base: u64) {
        self.running += 1;
        let job = Job { number, view, base };
        if self.threads < self.threads_max.min(self.running) && self.start_thread() {
            self.threads += 1;
        }
        if self.threads == 0 {
            // No thread can be started: here, then.
            let _ = self.answers.send(look(&self.detectors, job));
        } else {
            let _ = self.jobs.send(job);
        }
    }

    fn start_thread(&self) -> bool {
        let (waiting, answers, detectors) = (Arc::clone(&self.waiting), self.answers.clone(), self.detectors.clone());
        let work = move || {
            loop {
                let job = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(job) = job else { return };
                if answers.send(look(&detectors, job)).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("scan".into()).spawn(work).is_ok()
    }

    /// The next answer, of any window; waits for it where `running` is not 0, which ends by the limits of the calls.
    pub(super) fn answer(&mut self) -> Option<Answer> {
        if self.running == 0 {
            return None;
        }
        let answer = self.answered.recv().ok()?;
        self.running -= 1;
        Some(answer)
    }

    /// The next answer, if there is one already.
    pub(super) fn answer_at_hand(&mut self) -> Option<Answer> {
        let answer = self.answered.try_recv().ok()?;
        self.running -= 1;
        Some(answer)
    }
}

fn look(detectors: &Detectors, job: Job) -> Answer {
    let Job { number, view, base } = job;
    let work = || {
        let view = [view];
        let spans = detectors.look_at_all(&view, base)?.pop().unwrap_or_default();
        check_spans(&view[0], &spans)?;
        Ok(spans.into_iter().map(|span| Span { start: span.start + base, end: span.end + base, ..span }).collect())
    };
    let found = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_panic| {
        Err(AppError { family: crate::Family::Bug, ..AppError::failed("bug", "looking at a window of text: a bug") })
    });
    Answer { number, found }
}
