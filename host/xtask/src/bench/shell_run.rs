//! What running a command in the cage costs.

use crate::{Outcome, cargo, run as step, say};

/// Measures a run beside a plain spawn.
pub(crate) fn run() -> Outcome {
    say("a command in the cage (`true`, medians in turns; limit 5 ms over a plain spawn)");
    step(&cargo(), &["bench", "--locked", "-p", "trcaa-shell", "--bench", "run"])
}
