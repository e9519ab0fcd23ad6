//! Plugin calls beside Extism: `xtask/bench/` is a workspace of its own, built here and nowhere else.

use std::path::PathBuf;
use std::process::Command;

use crate::{Outcome, build_product, cargo, product, root, run_with, say, setup, target};

/// Parts of `bench/`, to be measured by themselves.
pub(crate) const PARTS: [&str; 5] = ["calls", "load", "detect", "process", "timeout"];
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
    for log in logs_beside() {
        command.arg("--log").arg(log);
    }
    run_with(&mut command)
}

/// Logs in the folders beside the checkout, for the part `detect`.
fn logs_beside() -> Vec<PathBuf> {
    let entries = ["pii", "logs"]
        .into_iter()
        .filter_map(|folder| std::fs::read_dir(root().join("../shared/data").join(folder)).ok());
    let files = entries.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let mut logs: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    logs.sort();
    logs
}
