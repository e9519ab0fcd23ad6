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

    /// Runs with `--json`, expects a failure with this status; gives its code. Checks the shape of the error.
    pub fn refused<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>, status: i32) -> String {
        let mut command = self.command(args);
        command.arg("--json").stdin(Stdio::null());
        Run::of(command.output().unwrap()).fails(status).error_code()
    }

    /// Runs to success and gives the bytes of stdout as they are.
    pub fn bytes<A: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = A>) -> Vec<u8> {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Opens an issue; gives its id.
    pub fn issue(&self, title: &str) -> String {
        text(&self.json(["issue", "new", title])["issue"]["id"])
    }

    /// Attaches `content` as a log of that name; gives its id.
    pub fn log(&self, issue: &str, name: &str, content: impl AsRef<[u8]>) -> String {
        let file = self.file(name, content);
        text(&self.json(["log".as_ref(), "add".as_ref(), issue.as_ref(), file.as_os_str()])["log_file"]["id"])
    }

    /// Expects that nothing is wrong with the store.
    pub fn expect_sound(&self) {
        assert_eq!(self.json(["db", "check"])["sound"], true);
    }
}

/// A JSON text.
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A JSON array.
pub fn list(value: &Value) -> Vec<Value> {
    value.as_array().unwrap_or_else(|| panic!("no array: {value}")).clone()
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

    /// Reads stdout as one JSON error and gives its code.
    pub fn error_code(&self) -> String {
        let answer = self.answer();
        let error = &answer["error"];
        assert!(!text(&error["message"]).is_empty() && error["hints"].is_array(), "{self:#?}");
        assert_eq!(answer.as_object().unwrap().len(), 2, "{self:#?}");
        text(&error["code"])
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
