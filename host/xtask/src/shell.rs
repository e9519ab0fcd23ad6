//! Bash as the judge of our judge: random lines over harmless stand-ins.

use crate::{Outcome, cargo, run as step, say};

/// Runs `--lines N` lines (default: 100,000) from `--seed N` on.
pub(crate) fn differential(arguments: &[String]) -> Outcome {
    say("what bash runs of a tier-1 line, beside its plan");
    let mut all =
        vec!["run", "--locked", "--quiet", "--release", "-p", "trcaa-shell", "--example", "differential", "--"];
    all.extend(arguments.iter().map(String::as_str));
    step(&cargo(), &all)
}
