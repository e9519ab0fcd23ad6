//! Plugin calls beside Extism: `xtask/bench/` is a workspace of its own, built here and nowhere else.

use std::process::Command;

use crate::{Outcome, build_product, cargo, product, root, run_with, say, setup, target};

/// Parts of `bench/`, to be measured by themselves.
pub(crate) const PARTS: [&str; 4] = ["calls", "load", "process", "timeout"];
/// What the peer's guests are built for.
const EXTISM_TARGET: &str = "wasm32-unknown-unknown";

/// Builds `bench/` into the product's target folder and runs `parts` of it, or all.
pub(crate) fn run(parts: &[&str]) -> Outcome {
    setup::target()?;
    setup::target_of(EXTISM_TARGET)?;
    let process = parts.is_empty() || parts.contains(&"process");
    if process {
        build_product()?;
    }
    say(
        "plugin calls beside Extism (the first build brings a second wasmtime; how to read it: host/xtask/bench/README.md)",
    );
    let mut command = Command::new(cargo());
    command
        .args(["run", "--locked", "--release", "--manifest-path"])
        .arg(root().join("host/xtask/bench/Cargo.toml"))
        .arg("--target-dir")
        .arg(target())
        .arg("--")
        .args(parts);
    if process {
        command.arg("--trcaa").arg(product());
    }
    run_with(&mut command)
}
