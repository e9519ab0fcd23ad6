//! The circuit breaker of one plugin: three misbehaviours within ten minutes, and it is not called any more.
//!
//! Failures are counted by exactly the bytes that failed. They are kept here for this process, and behind
//! [`FailurePort`] over restarts and processes. Invariants: what a plugin reports in good order, cancellation and the
//! host's own failures never count; a port that does not answer never opens a circuit, and never keeps one from opening.
//!
//! Text extractors are handed what strangers send, so that whoever sends documents could switch the reading of documents
//! off for everybody. Therefore one document counts once, however often it is tried; and where the extractor is part of
//! this program, a limit that it reaches is the document's doing and does not count: the limit itself is what keeps the
//! host safe there, and a bomb says nothing about the next document. A crash of it counts still, for it is a defect, and
//! three documents that find one are a reason to stop. Of any other extractor nobody can tell whether it or the document
//! is to blame, and all of it counts.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use trcaa_model::plugin::Kind;

use crate::error::Fault;
use crate::plugin::{Plugin, Source};
use crate::ports::{FailurePort, Misbehaviour, PastFailure};

/// Failures within [`CIRCUIT_WINDOW`] that switch a plugin off.
pub const CIRCUIT_FAILURES: usize = 3;
/// How long a failure counts.
pub const CIRCUIT_WINDOW: Duration = Duration::from_secs(600);

/// Failures of one plugin that still count.
#[derive(Default)]
pub(crate) struct Circuit(Mutex<State>);

#[derive(Default)]
struct State {
    /// The port was asked for what happened before this process.
    asked: bool,
    /// At most [`CIRCUIT_FAILURES`], oldest first.
    failures: VecDeque<Failure>,
}

struct Failure {
    at: Instant,
    fault: String,
    /// Digest of the document; a second failure on the same one takes the place of the first.
    input: Option<String>,
}

impl State {
    fn push(&mut self, failure: Failure) {
        if failure.input.is_some() {
            self.failures.retain(|known| known.input != failure.input);
        }
        self.failures.push_back(failure);
        while self.failures.len() > CIRCUIT_FAILURES {
            self.failures.pop_front();
        }
    }

    fn open_at(&self, now: Instant) -> Option<Fault> {
        let (oldest, newest) = (self.failures.front()?, self.failures.back()?);
        let open = self.failures.len() >= CIRCUIT_FAILURES && now.duration_since(oldest.at) < CIRCUIT_WINDOW;
        open.then(|| Fault::CircuitOpen { failures: self.failures.len(), last: newest.fault.clone() })
    }

    /// Takes what the port knows, which is all processes' failures and this one's among them.
    fn take_over(&mut self, mut known: Vec<PastFailure>) {
        let now = Instant::now();
        known.sort_by_key(|failure| std::cmp::Reverse(failure.age_ms));
        self.failures.clear();
        for failure in known {
            // A machine that runs for less than a failure's age has no instant for it: it counts as of now, the
            // stricter reading.
            let at = now.checked_sub(Duration::from_millis(failure.age_ms)).unwrap_or(now);
            self.push(Failure { at, fault: failure.fault, input: failure.input });
        }
    }
}

impl Circuit {
    /// The refusal while the plugin is switched off.
    pub(crate) fn open(&self, plugin: &Plugin, port: Option<&dyn FailurePort>) -> Option<Fault> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.asked {
            state.asked = true;
            if let Some(port) = port {
                state.take_over(port.recent(&plugin.manifest().id, plugin.sha256(), CIRCUIT_WINDOW));
            }
        }
        state.open_at(Instant::now())
    }

    /// Counts a fault if it is misbehaviour. `document`: what it was called with, where that came from strangers.
    pub(crate) fn count(
        &self,
        plugin: &Plugin,
        port: Option<&dyn FailurePort>,
        function: &'static str,
        fault: &Fault,
        document: Option<&[u8]>,
    ) {
        // Who can wait, waits for others: a slow network is no misbehaviour of the plugin.
        let waited = matches!(fault, Fault::WallLimit { .. } | Fault::IdleLimit { .. });
        if !fault.is_misbehaviour() || (waited && !plugin.manifest().kind.is_pure()) {
            return;
        }
        let is_ours = *plugin.source() == Source::Bundled && plugin.manifest().kind == Kind::TextExtractor;
        if is_ours && document.is_some() && fault.is_limit_of_input() {
            return;
        }
        let input = document.map(|bytes| hex::encode(Sha256::digest(bytes)));
        let kept = port.map_or_else(Vec::new, |port| {
            port.record(
                &Misbehaviour {
                    plugin: &plugin.manifest().id,
                    version: &plugin.manifest().version,
                    sha256: plugin.sha256(),
                    function,
                    fault: fault.code(),
                    input: input.as_deref(),
                },
                CIRCUIT_WINDOW,
                CIRCUIT_FAILURES,
            )
        });
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.push(Failure { at: Instant::now(), fault: fault.code().to_owned(), input });
        if kept.len() >= state.failures.len() {
            state.take_over(kept);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(input: Option<&str>) -> Failure {
        Failure { at: Instant::now(), fault: "trapped".into(), input: input.map(str::to_owned) }
    }

    #[test]
    fn one_document_counts_once_and_what_has_no_document_each_time() {
        let mut state = State::default();
        ["a", "b", "a", "a"].iter().for_each(|input| state.push(failure(Some(input))));
        assert_eq!(state.failures.len(), 2);
        let mut state = State::default();
        (0..5).for_each(|_| state.push(failure(None)));
        assert_eq!(state.failures.len(), CIRCUIT_FAILURES);
    }

    #[test]
    fn three_failures_within_ten_minutes_open_it_and_an_older_one_does_not_count() {
        let begun = Instant::now();
        let after = |seconds: u64, state: &State| state.open_at(begun + Duration::from_secs(seconds)).is_some();
        let at = |at: Instant| Failure { at, ..failure(None) };
        let mut state = State::default();
        for seconds in [0, 300] {
            state.push(at(begun + Duration::from_secs(seconds)));
        }
        assert!(!after(301, &state), "two are not three");
        state.push(at(begun + Duration::from_secs(599)));
        assert!(after(599, &state) && !after(600, &state));
        // A fourth pushes the oldest out: the three newest count.
        state.push(at(begun + Duration::from_secs(700)));
        assert!(after(899, &state) && !after(900, &state));
    }
}
