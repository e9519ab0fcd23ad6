//! What CI runs, in the order in which it fails fastest.

use std::process::Command;

use crate::{Outcome, cargo, peers, run as step, run_with, say, setup};

/// Runs all of it.
pub(crate) fn run() -> Outcome {
    setup::target()?;
    setup::components()?;
    peers::run_all()?;
    let cargo = cargo();
    say("format");
    step(&cargo, &["fmt", "--all", "--check"])?;
    say("lints");
    step(&cargo, &["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    say("tests");
    if setup::has_nextest() {
        step(&cargo, &["nextest", "run", "--locked", "--workspace"])?;
    } else {
        eprintln!("cargo-nextest is not installed; running the tests with cargo test");
        step(&cargo, &["test", "--locked", "--workspace", "--lib", "--bins", "--tests"])?;
    }
    say("the examples in the documentation, and what of it must not compile");
    step(&cargo, &["test", "--locked", "-p", "trcaa-sdk", "-p", "trcaa-model", "--doc"])?;
    say("documentation");
    run_with(
        Command::new(&cargo)
            .args(["doc", "--locked", "--workspace", "--no-deps", "--exclude", "tests"])
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    say("all passed");
    Ok(())
}
