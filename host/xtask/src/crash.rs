//! The kill -9 campaign: the end-to-end test of `tests/it/kill.rs`, with as many rounds as asked for.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::{Outcome, cargo, run_with, say, setup};

/// Moments at which a process is killed, unless told otherwise.
const ROUNDS: u64 = 200;

/// Runs the campaign.
pub(crate) fn run(args: &[String]) -> Outcome {
    let mut rounds = ROUNDS;
    // Another one each time, so that each run looks at other moments; it is printed, and can be given.
    let mut seed = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |now| now.as_secs());
    for pair in args.chunks(2) {
        let [name, value] = pair else { return Err(format!("{pair:?}: expected --rounds N or --seed N")) };
        let number = value.parse().map_err(|_| format!("{name} {value:?}: expected a number"))?;
        match name.as_str() {
            "--rounds" => rounds = number,
            "--seed" => seed = number,
            other => return Err(format!("there is no option {other:?}; expected --rounds N or --seed N")),
        }
    }
    setup::target()?;
    say(&format!("{rounds} rounds; the same moments again with: cargo xtask crash --rounds {rounds} --seed {seed}"));
    // Not under nextest, which hides what a test prints while it runs.
    let args = ["test", "--locked", "-p", "trcaa", "--test", "it", "--", "--exact", "--nocapture"];
    run_with(
        Command::new(cargo())
            .args(args)
            .arg("kill::whatever_was_acknowledged_survives_kill_9_under_load")
            .env("TRCAA_CRASH_ROUNDS", rounds.to_string())
            .env("TRCAA_CRASH_SEED", seed.to_string()),
    )
}
