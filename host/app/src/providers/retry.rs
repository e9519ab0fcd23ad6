//! Asking again: when, how long after, and how often.
//!
//! Invariants: never after the first event of an answer, since somebody may have seen it; never for what asking again
//! can't change; at most [`TRIES_MAX`] tries, and no wait that ends after the budget.

use std::time::Duration;

use trcaa_model::env::Entropy;
use trcaa_runtime::{Fault, GuestError, PluginError};

/// Most tries of one question.
const TRIES_MAX: u32 = 4;
/// The first wait; each further one is twice as long.
const WAIT_MS: u64 = 500;
/// Longest wait. A server that wants a longer one is not asked again at all: earlier than it said would be rude, and
/// in vain.
const WAIT_MS_MAX: u64 = 60_000;

/// What has happened so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct SoFar {
    /// Tries that were made, 1 after the first.
    pub(super) tries: u32,
    /// Whether the last one gave an event.
    pub(super) emitted: bool,
    /// Since the first try began.
    pub(super) spent: Duration,
    /// For all tries and waits together.
    pub(super) budget: Duration,
}

/// How long to wait before the next try; `None` if there is to be none.
pub(super) fn wait(error: &PluginError, so_far: SoFar, entropy: &dyn Entropy) -> Option<Duration> {
    let Fault::Reported(GuestError { code, retry_after_ms, .. }) = &error.fault else { return None };
    let may_pass = ["rate-limited", "unavailable", "timeout"].contains(&code.as_str());
    if !may_pass || so_far.emitted || so_far.tries >= TRIES_MAX {
        return None;
    }
    let backoff_ms = WAIT_MS << so_far.tries.saturating_sub(1).min(16);
    let wait_ms = match retry_after_ms {
        Some(asked_ms) if *asked_ms > WAIT_MS_MAX => return None,
        // A little later than asked, never earlier: clocks differ, and others were told the same.
        Some(asked_ms) => asked_ms.saturating_add(jitter_ms(backoff_ms / 4, entropy)),
        // From half of it to one and a half.
        None => backoff_ms / 2 + jitter_ms(backoff_ms, entropy),
    };
    let wait = Duration::from_millis(wait_ms);
    (so_far.spent + wait < so_far.budget).then_some(wait)
}

/// 0 to `below_ms`, evenly.
fn jitter_ms(below_ms: u64, entropy: &dyn Entropy) -> u64 {
    let mut bytes = [0; 8];
    entropy.fill(&mut bytes);
    u64::from_le_bytes(bytes) % below_ms.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bits of every byte the same.
    struct Bits(u8);

    impl Entropy for Bits {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0);
        }
    }

    fn reported(code: &str, retry_after_ms: Option<u64>) -> PluginError {
        let fault = Fault::Reported(GuestError { code: code.into(), message: String::new(), retry_after_ms });
        PluginError { plugin: "p".into(), version: "1.0.0".into(), function: "complete", fault }
    }

    fn so_far(tries: u32) -> SoFar {
        SoFar { tries, emitted: false, spent: Duration::ZERO, budget: Duration::from_secs(600) }
    }

    fn wait_ms(error: &PluginError, so_far: SoFar) -> Option<u128> {
        wait(error, so_far, &Bits(0)).map(|wait| wait.as_millis())
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for (code, again) in [
            ("rate-limited", true),
            ("unavailable", true),
            ("timeout", true),
            ("unauthenticated", false),
            ("forbidden", false),
            ("quota", false),
            ("invalid-input", false),
            ("context-too-large", false),
            ("denied", false),
            ("bad-response", false),
            ("cancelled", false),
        ] {
            assert_eq!(wait_ms(&reported(code, None), so_far(1)).is_some(), again, "{code}");
        }
        let trapped = PluginError { fault: Fault::Trapped("x".into()), ..reported("", None) };
        assert_eq!(wait_ms(&trapped, so_far(1)), None);
    }

    #[test]
    fn never_after_the_first_event_nor_after_the_last_try_nor_beyond_the_budget() {
        let error = reported("unavailable", None);
        assert_eq!(wait_ms(&error, SoFar { emitted: true, ..so_far(1) }), None);
        assert!(wait_ms(&error, so_far(3)).is_some());
        assert_eq!(wait_ms(&error, so_far(4)), None);
        let late = SoFar { spent: Duration::from_millis(599_750), ..so_far(1) };
        assert_eq!(wait_ms(&error, late), None, "the wait would end with the budget");
        assert_eq!(wait_ms(&error, SoFar { spent: Duration::from_millis(599_749), ..late }), Some(250));
    }

    #[test]
    fn waits_double_and_spread() {
        let error = reported("unavailable", None);
        let least: Vec<_> = (1..=3).map(|tries| wait_ms(&error, so_far(tries))).collect();
        assert_eq!(least, [Some(250), Some(500), Some(1_000)]);
        let spread = (0..=255).filter_map(|byte| wait(&error, so_far(1), &Bits(byte)));
        assert!(spread.clone().all(|wait| (250..750).contains(&wait.as_millis())));
        assert!(spread.collect::<std::collections::HashSet<_>>().len() > 50);
    }

    #[test]
    fn a_servers_wish_is_honoured_and_capped() {
        assert_eq!(wait_ms(&reported("rate-limited", Some(2_000)), so_far(1)), Some(2_000));
        assert_eq!(wait_ms(&reported("rate-limited", Some(60_000)), so_far(1)), Some(60_000));
        assert_eq!(wait_ms(&reported("rate-limited", Some(60_001)), so_far(1)), None, "never earlier than asked");
        assert_eq!(wait_ms(&reported("rate-limited", Some(u64::MAX)), so_far(1)), None);
        let later = wait(&reported("rate-limited", Some(2_000)), so_far(1), &Bits(0x55)).map(|wait| wait.as_millis());
        assert!(later.is_some_and(|ms| (2_000..2_125).contains(&ms)), "{later:?}");
    }
}
