//! The programs of others that build plugins, and what to install where one is missing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Kit;
use super::project::Project;
use crate::AppError;

/// The target of every plugin.
pub(super) const TARGET: &str = "wasm32-wasip2";
/// The npm package that makes components of JavaScript.
pub(super) const COMPONENTIZE_JS: &str = "@bytecodealliance/componentize-js";

impl Kit {
    /// cargo, once it is known that it can build for [`TARGET`].
    pub(super) fn cargo_command(&self, project: &Project) -> Result<Command, AppError> {
        let rustc = match Path::new(&self.cargo).parent() {
            Some(folder) if folder.join("rustc").is_file() => folder.join("rustc").into_os_string(),
            _ => OsString::from("rustc"),
        };
        let asked = Command::new(rustc)
            .args(["--print", "target-libdir", "--target", TARGET])
            .current_dir(&project.folder)
            .stdin(Stdio::null())
            .output();
        match asked {
            Err(_) => return Err(no_rust()),
            Ok(output) => {
                let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
                if !output.status.success() || !folder.is_dir() {
                    return Err(AppError::failed(
                        "no_target",
                        format!("building for {TARGET}: this Rust toolchain has no {TARGET}"),
                    )
                    .hint(format!("install it with: rustup target add {TARGET} (needs Rust 1.95 or newer)")));
                }
            }
        }
        let mut command = Command::new(&self.cargo);
        command.current_dir(&project.folder).stdin(Stdio::null());
        Ok(command)
    }
}

fn no_rust() -> AppError {
    AppError::failed("no_cargo", "building Rust: there is no cargo and rustc on the PATH")
        .hint("install Rust from https://rustup.rs, then: rustup target add wasm32-wasip2")
}

/// componentize-js as npm installed it into the project.
pub(super) fn componentize_js(project: &Project) -> Result<Command, AppError> {
    let script = project.folder.join("node_modules").join(COMPONENTIZE_JS).join("src/cli.js");
    if !script.is_file() {
        return Err(AppError::failed(
            "no_componentize_js",
            format!("building JavaScript: {COMPONENTIZE_JS} is not installed in {}", project.folder.display()),
        )
        .hint(format!(
            "install it there with: npm install --prefix {} (Node.js 20 or newer brings npm: https://nodejs.org)",
            project.folder.display()
        )));
    }
    let mut command = Command::new("node");
    command.arg(std::path::absolute(script).unwrap_or_default()).current_dir(&project.folder).stdin(Stdio::null());
    Ok(command)
}

/// Runs a tool to its end. What it says goes to stderr as it is; its stdout is handed back.
pub(super) fn run(mut command: Command, what: &str, missing: impl FnOnce() -> AppError) -> Result<Vec<u8>, AppError> {
    let child = command.stderr(Stdio::inherit()).stdout(Stdio::piped()).spawn();
    let output = match child.and_then(std::process::Child::wait_with_output) {
        Ok(output) => output,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(missing()),
        Err(e) => return Err(AppError::failed("build_failed", format!("{what}: starting the tool: {e}"))),
    };
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(AppError::failed(
        "build_failed",
        format!("{what}: the tool ended with {}; what it said is above", output.status),
    ))
}

pub(super) fn no_cargo() -> AppError {
    no_rust()
}

pub(super) fn no_node() -> AppError {
    AppError::failed("no_node", "building JavaScript: there is no node on the PATH")
        .hint("install Node.js 20 or newer: https://nodejs.org")
}
