//! How long it takes to judge a shell line: usual ones, and the slowest of some thousand hostile shapes.

use crate::{Outcome, cargo, run as step, say};

pub(super) fn run() -> Outcome {
    say("judging a shell line (limits: 50 µs for a usual one, 5 ms for 64 KiB of anything)");
    step(&cargo(), &["run", "--locked", "--quiet", "--release", "-p", "trcaa-shell", "--example", "bench"])
}
