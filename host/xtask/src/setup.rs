//! What a fresh machine lacks, and only that.

use std::process::Command;

use crate::{Outcome, run, say};

/// Plugins are WebAssembly components.
const TARGET: &str = "wasm32-wasip2";

/// Adds the WebAssembly target of plugins when it is missing.
pub(crate) fn target() -> Outcome {
    target_of(TARGET)
}

/// Adds a compilation target when it is missing.
pub(crate) fn target_of(name: &str) -> Outcome {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    match installed {
        Ok(output) if String::from_utf8_lossy(&output.stdout).lines().any(|line| line == name) => Ok(()),
        Ok(_) => {
            say(&format!("adding the target {name}"));
            run("rustup", &["target", "add", name])
        }
        // A toolchain without rustup has the target or tells that it lacks it when the plugins are built.
        Err(_) => Ok(()),
    }
}

/// Adds rustfmt and clippy when they are missing, as in a minimal toolchain.
pub(crate) fn components() -> Outcome {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let there = Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
        if !there {
            say(&format!("adding the component {component}"));
            run("rustup", &["component", "add", component])?;
        }
    }
    Ok(())
}

/// Whether cargo-nextest is there; `cargo test` runs the same tests without it, only without time limits for each.
pub(crate) fn has_nextest() -> bool {
    Command::new(crate::cargo()).args(["nextest", "--version"]).output().is_ok_and(|output| output.status.success())
}
