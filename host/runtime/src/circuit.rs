//! The circuit breaker of one plugin: three misbehaviours within ten minutes, and it is not called any more.
//!
//! Failures are counted by exactly the bytes that failed. They are kept here for this process, and behind
//! [`FailurePort`] over restarts and processes. Invariants: what a plugin reports in good order, cancellation and the
//! host's own failures never count; a port that does not answer never opens a circuit, and never keeps one from opening.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Fault;
use crate::plugin::Plugin;
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
    /// At most [`CIRCUIT_FAILURES`], oldest first: when, and what.
    failures: VecDeque<(Instant, String)>,
}

impl State {
    fn push(&mut self, at: Instant, fault: String) {
        self.failures.push_back((at, fault));
        while self.failures.len() > CIRCUIT_FAILURES {
            self.failures.pop_front();
        }
    }

    /// Takes what the port knows, which is all processes' failures and this one's among them.
    fn take_over(&mut self, mut known: Vec<PastFailure>) {
        let now = Instant::now();
        known.sort_by_key(|failure| std::cmp::Reverse(failure.age_ms));
        self.failures.clear();
        for failure in known {
            // A machine that runs for less than a failure's age has no instant for it: it counts as of now, the
            // stricter reading.
            self.push(now.checked_sub(Duration::from_millis(failure.age_ms)).unwrap_or(now), failure.fault);
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
        let (oldest, newest) = (state.failures.front()?, state.failures.back()?);
        let open = state.failures.len() >= CIRCUIT_FAILURES && oldest.0.elapsed() < CIRCUIT_WINDOW;
        open.then(|| Fault::CircuitOpen { failures: state.failures.len(), last: newest.1.clone() })
    }

    /// Counts a fault if it is misbehaviour.
    pub(crate) fn count(&self, plugin: &Plugin, port: Option<&dyn FailurePort>, function: &'static str, fault: &Fault) {
        // Who can wait, waits for others: a slow network is no misbehaviour of the plugin.
        let waited = matches!(fault, Fault::WallLimit { .. } | Fault::IdleLimit { .. });
        if !fault.is_misbehaviour() || (waited && !plugin.manifest().kind.is_pure()) {
            return;
        }
        let kept = port.map_or_else(Vec::new, |port| {
            port.record(
                &Misbehaviour {
                    plugin: &plugin.manifest().id,
                    version: &plugin.manifest().version,
                    sha256: plugin.sha256(),
                    function,
                    fault: fault.code(),
                },
                CIRCUIT_WINDOW,
                CIRCUIT_FAILURES,
            )
        });
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.push(Instant::now(), fault.code().to_owned());
        if kept.len() >= state.failures.len() {
            state.take_over(kept);
        }
    }
}
