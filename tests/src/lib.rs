//! The harness of the end-to-end tests: a home of its own per test, a cleared environment, the built binary.
//!
//! This package also holds the guests (`guests/`) that the tests run: hostile ones, and a small integration.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// The key that tests encrypt with: debug builds would use plain SQLite without one.
pub const TEST_KEY: &str = "6b6579206f6620746865207465737473206e6f7420612073656372657420213f";

/// An empty home with a data folder.
pub struct Home {
    /// The whole of it; gone when the test ends.
    pub dir: tempfile::TempDir,
    binary: PathBuf,
}

/// What a run of the binary gave.
#[derive(Debug)]
pub struct Run {
    /// Exit status; -1 after a signal.
    pub status: i32,
    /// As text.
    pub stdout: String,
    /// As text.
    pub stderr: String,
}

impl Home {
    /// Makes a home for runs of `binary` (`env!("CARGO_BIN_EXE_trcaa")` of the test).
    pub fn new(binary: &str) -> Self {
        Self { dir: tempfile::tempdir().unwrap(), binary: PathBuf::from(binary) }
    }

    /// A path in the home.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file into the home.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A command with a cleared environment, this home, its data folder and the tests' key.
    pub fn command<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("HOME", self.dir.path())
            .env("TRCAA_DATA_DIR", self.data())
            .env("TRCAA_DB_KEY", TEST_KEY)
            .current_dir(self.dir.path())
            .args(args);
        command
    }

    /// Runs the binary to its end.
    pub fn run<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Run {
        Run::of(self.command(args).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs the binary with `input` on its standard input.
    pub fn run_with<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, input: &[u8]) -> Run {
        let mut child =
            self.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        // A child that does not read its input to the end closes the pipe, which is its right.
        let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let run = Run::of(child.wait_with_output().unwrap());
        writer.join().unwrap();
        run
    }

    /// Runs with `--json`, expects success, gives the answer.
    pub fn json<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Value {
        let mut command = self.command(args);
        command.arg("--json").stdin(Stdio::null());
        Run::of(command.output().unwrap()).ok().answer()
    }
}

impl Run {
    /// Takes a finished process.
    pub fn of(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Expects success.
    pub fn ok(self) -> Self {
        assert_eq!(self.status, 0, "{self:#?}");
        self
    }

    /// Expects a failure with this status, told without a panic.
    pub fn fails(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        assert!(!self.stderr.contains("panicked") && !self.stderr.contains("this is a bug"), "{self:#?}");
        self
    }

    /// Reads stdout as one JSON answer.
    pub fn answer(&self) -> Value {
        let value: Value = serde_json::from_str(self.stdout.trim()).unwrap_or_else(|e| panic!("{e}: {self:#?}"));
        assert_eq!(value["schema_version"], 1, "{self:#?}");
        value
    }
}

/// The bundled incident.
pub fn incident() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/incident")
}

/// Its logs.
pub fn incident_logs() -> Vec<PathBuf> {
    ["postgresql.log", "app.log", "nginx-access.log", "nginx-error.log"]
        .iter()
        .map(|name| incident().join(name))
        .collect()
}
