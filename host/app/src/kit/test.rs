//! `plugin test`: golden cases, hostile inputs, and what the calls used of their limits.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use serde_json::Value;
use trcaa_model::plugin::Limits;

use super::build::write;
use super::case::{self, CaseFile, FILE_BYTES_MAX};
use super::project::{Named, look, read_bounded};
use super::replay::compare;
use super::subject::Subject;
use super::{Kit, Profile, golden, hostile};
use crate::{AppError, Progress};

/// What is done with what comes out of golden cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Golden {
    /// It is held against what is expected.
    Compare,
    /// It becomes what is expected.
    Bless,
}

/// One test.
#[derive(Debug, Clone, Serialize)]
pub struct TestLine {
    /// `case`, `hostile` or `limit`.
    pub group: &'static str,
    /// Of the case, the input or the limit.
    pub name: String,
    /// Whether all is as it should be.
    pub passed: bool,
    /// Why not, or what was blessed; differences one a line.
    pub reason: Option<String>,
    /// How long it took.
    pub duration_ms: u64,
}

/// What the calls used at most of one limit.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    /// The limit's name in a manifest.
    pub limit: &'static str,
    /// The most that a call used.
    pub peak: u64,
    /// The function that did.
    pub function: &'static str,
    /// The limit, where a function's is the same for every input.
    pub most: u64,
}

/// What came of all of it.
#[derive(Debug, Clone, Serialize)]
pub struct Tested {
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// The component.
    pub path: PathBuf,
    /// Each test.
    pub tests: Vec<TestLine>,
    /// Limits and what was used of them.
    pub measured: Vec<Measured>,
    /// How many passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
}

/// Runs one test.
pub(super) fn line(group: &'static str, name: &str, test: impl FnOnce() -> Result<Option<String>, String>) -> TestLine {
    let began = Instant::now();
    let outcome = test();
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let (passed, reason) = match outcome {
        Ok(note) => (true, note),
        Err(problem) => (false, Some(problem)),
    };
    TestLine { group, name: name.to_owned(), passed, reason, duration_ms }
}

impl Kit {
    /// Builds a project (or takes a component, with the cases of the folder it lies in) and runs every test.
    ///
    /// # Errors
    /// What keeps the tests from running; a test that fails is in the answer.
    pub fn test(&self, path: &Path, golden: Golden, progress: &dyn Progress) -> Result<Tested, AppError> {
        let (folder, component, bytes) = match look(path)? {
            Named::Project(project) => {
                let built = self.build_project(&project, Profile::Release)?;
                (Some(project.folder), built.path, built.bytes)
            }
            Named::Component(path, bytes) => (path.parent().map(Path::to_path_buf), path, bytes),
        };
        progress.begin("compiling it for this machine", None);
        let subject = Subject::new(bytes);
        progress.end();
        let subject = subject?;
        let cases = folder.as_deref().map(case::files).transpose()?.unwrap_or_default();
        let mut tests = Vec::new();
        for case in &cases {
            progress.begin(&format!("case {}", case.name), None);
            tests.push(line("case", &case.name, || run_case(&subject, case, golden)));
            progress.end();
        }
        progress.begin("hostile inputs", None);
        tests.extend(hostile::run(&subject, &cases));
        progress.end();
        let failed = tests.iter().filter(|test| !test.passed).count();
        Ok(Tested {
            id: subject.manifest.id.clone(),
            version: subject.manifest.version.clone(),
            kind: subject.manifest.kind.as_str().to_owned(),
            path: component,
            passed: tests.len() - failed,
            failed,
            measured: measured(&subject),
            tests,
        })
    }
}

/// What was used at most of each limit that is the same for every call.
fn measured(subject: &Subject) -> Vec<Measured> {
    let limits: Limits = subject.manifest.kind.limits().tightened(subject.manifest.limits);
    let used = subject.used();
    let peak = |limit, most, figure: fn(&trcaa_runtime::ports::Usage) -> u64| {
        let (function, peak) = used.iter().map(|(f, u)| (*f, figure(u))).max_by_key(|(_, n)| *n).unwrap_or(("", 0));
        Measured { limit, peak, function, most }
    };
    vec![
        peak("memory_bytes_max", limits.memory_bytes_max, |usage| usage.memory_bytes),
        peak("cpu_ms_max", limits.cpu_ms_max, |usage| usage.cpu_ms),
        peak("wall_ms_max", limits.wall_ms_max, |usage| usage.wall_ms),
    ]
}

fn run_case(subject: &Subject, case: &CaseFile, golden: Golden) -> Result<Option<String>, String> {
    let (came, ending) = golden::run(subject, case)?;
    let expected = case.expected();
    let path = expected.clone().unwrap_or_else(|| case.beside(&format!("expected.{ending}")));
    let shown = path.display();
    if expected.is_none() && golden == Golden::Compare {
        return Err(format!("there is no {shown}; look at what comes out and keep it with: trcaa plugin test --bless"));
    }
    let differs = match &expected {
        None => vec![String::new()],
        Some(path) => differences(&read_bounded(path, FILE_BYTES_MAX).map_err(|e| e.message)?, &came, &ending),
    };
    match (golden, differs.is_empty()) {
        (_, true) => Ok(None),
        (Golden::Compare, false) => Err(differs.join("\n")),
        (Golden::Bless, false) => {
            write(&path, &came).map_err(|e| e.message)?;
            Ok(Some(format!("wrote {shown}")))
        }
    }
}

/// Tells where what came out is not what is expected.
fn differences(expected: &[u8], came: &[u8], ending: &str) -> Vec<String> {
    if expected == came {
        return Vec::new();
    }
    if ending == "json"
        && let (Ok(wanted), Ok(got)) =
            (serde_json::from_slice::<Value>(expected), serde_json::from_slice::<Value>(came))
    {
        let mut all = Vec::new();
        compare("answer", &wanted, &got, &mut all);
        return all;
    }
    let (wanted, got) = (String::from_utf8_lossy(expected), String::from_utf8_lossy(came));
    let lines = wanted
        .lines()
        .map(Some)
        .chain(std::iter::repeat(None))
        .zip(got.lines().map(Some).chain(std::iter::repeat(None)));
    let first = lines.take(wanted.lines().count().max(got.lines().count())).enumerate().find(|(_, (a, b))| a != b);
    match first {
        Some((at, (a, b))) => {
            let shown = |line: Option<&str>| {
                line.map_or("nothing more".to_owned(), |l| format!("{:?}", l.chars().take(120).collect::<String>()))
            };
            vec![format!("line {}: expected {}, got {}", at + 1, shown(a), shown(b))]
        }
        None => vec![format!("expected {} bytes, got {}: they differ in line ends alone", expected.len(), came.len())],
    }
}
