// Building WebAssembly guests from a build script. Shared, by `include!`, between this crate's build script and that
// of the `tests` package.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Runs cargo for wasm32-wasip2 with `selection` (package and target flags) and returns the built components as
/// (target name, file). The target directory is one of its own: sharing the outer cargo's would wait for its lock.
fn build_guests(workspace: &Path, selection: &[&str]) -> Result<Vec<(String, PathBuf)>, String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(["build", "--locked", "--profile", "guest", "--target", "wasm32-wasip2", "--message-format", "json"])
        .arg("--target-dir")
        .arg(guest_target_dir(workspace))
        .args(selection)
        .stderr(Stdio::inherit());
    // What the outer cargo set for the host's compiler must not reach the guests'.
    for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"] {
        command.env_remove(name);
    }
    command.env("TRCAA_BUILDING_GUESTS", "1");
    let output = command.output().map_err(|e| format!("starting cargo for the guests: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "building {selection:?} for wasm32-wasip2 failed; is the target there? (rustup target add wasm32-wasip2)"
        ));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let artifacts = text.lines().filter(|line| line.contains("\"compiler-artifact\"")).filter_map(|line| {
        let file = between(line, "\"filenames\":[\"", "\"]")?.split("\",\"").find(|f| f.ends_with(".wasm"))?;
        let name = Path::new(file).file_stem()?.to_str()?.replace('_', "-");
        Some((name, PathBuf::from(file)))
    });
    Ok(artifacts.collect())
}

/// Beside the outer target directory of this build, wherever that is.
fn guest_target_dir(workspace: &Path) -> PathBuf {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    // OUT_DIR is {target}/{profile}/build/{package}/out.
    out.ancestors().nth(4).map_or_else(|| workspace.join("target/guests"), |target| target.join("guests"))
}

/// cargo's messages are one JSON object a line, and no path that we build under holds a quote.
fn between<'a>(line: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let start = line.find(from)? + from.len();
    let end = line[start..].find(to)? + start;
    Some(&line[start..end])
}
