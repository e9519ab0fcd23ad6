//! `pii scan` as a filter: how long to the first finding, how fast on one core and on all, how much memory for a gigabyte.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{cleared, head, row, trcaa, write_large_log};
use crate::{Outcome, build_product, product, say, setup};

/// Bytes that are let through to see the speed.
const SPEED_BYTES: u64 = 256 << 20;
/// Bytes that are let through to see the memory.
const STREAM_BYTES: u64 = 1 << 30;
/// Runs of which the median counts.
const ROUNDS: usize = 31;

pub(super) fn run() -> Outcome {
    setup::target()?;
    build_product()?;
    let place = cleared("scan")?;
    let log = place.join("large.log");
    write_large_log(&log)?;
    let text = std::fs::read(&log).map_err(|e| format!("reading {}: {e}", log.display()))?;
    say("pii scan as a filter");
    head();
    first_finding(&place)?;
    let one = stream(&place, &text, SPEED_BYTES, Some("0"))?;
    let all = stream(&place, &text, SPEED_BYTES, None)?;
    speed("pii scan --redact, one core", &one);
    speed("pii scan --redact, all cores", &all);
    println!("  {:.2} times as fast on all cores", one.took.as_secs_f64() / all.took.as_secs_f64());
    let lines = stream(&place, &text, STREAM_BYTES, None)?;
    row("pii scan of 1 GiB: peak memory", mib(lines.peak_kib), 64.0, "MB");
    let line: Vec<u8> = text.iter().map(|byte| if *byte == b'\n' { b' ' } else { *byte }).collect();
    let one_line = stream(&place, &line, STREAM_BYTES, None)?;
    row("pii scan of 1 GiB in one line: peak memory", mib(one_line.peak_kib), 64.0, "MB");
    Ok(())
}

struct Streamed {
    bytes: u64,
    took: Duration,
    peak_kib: u64,
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn speed(name: &str, streamed: &Streamed) {
    row(name, streamed.bytes as f64 / 1e6 / streamed.took.as_secs_f64(), 100.0, "MB/s");
}

/// From the start of the process to the first byte of its answer.
fn first_finding(place: &Path) -> Outcome {
    let small = place.join("small.log");
    let text = "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n".repeat(20);
    std::fs::write(&small, text).map_err(|e| format!("writing {}: {e}", small.display()))?;
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut command = trcaa(place, &["pii", "scan", "--quiet"]);
        command.arg(&small).stdin(Stdio::null()).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|e| format!("starting {}: {e}", product().display()))?;
        let mut stdout = child.stdout.take().ok_or("its output is not there")?;
        stdout.read_exact(&mut [0]).map_err(|e| format!("reading its answer: {e}"))?;
        times.push(begun.elapsed());
        std::io::copy(&mut stdout, &mut std::io::sink()).map_err(|e| e.to_string())?;
        child.wait().map_err(|e| e.to_string())?;
    }
    times.sort();
    row("pii scan of a small file: first finding", times[times.len() / 2].as_secs_f64() * 1000.0, 30.0, "ms");
    Ok(())
}

/// Writes `text` over and over into a scan, on the processors of that list or on all, and reads all of its answer.
fn stream(place: &Path, text: &[u8], bytes: u64, processors: Option<&str>) -> Result<Streamed, String> {
    let scan = trcaa(place, &["pii", "scan", "-", "--redact", "--quiet"]);
    let mut command = match processors {
        None => scan,
        Some(list) => {
            let mut bound = Command::new("taskset");
            bound.args(["-c", list]).arg(product()).args(scan.get_args());
            bound
        }
    };
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("starting {command:?}: {e}"))?;
    let mut stdin = child.stdin.take().ok_or("its input is not there")?;
    let mut stdout = child.stdout.take().ok_or("its output is not there")?;
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let begun = Instant::now();
    let reader = std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let (mut written, mut peak_kib) = (0, 0);
    while written < bytes {
        for part in text.chunks(1 << 20) {
            stdin.write_all(part).map_err(|e| format!("writing to {command:?}: {e}"))?;
            written += part.len() as u64;
            let shown = std::fs::read_to_string(&status).unwrap_or_default();
            let line = shown.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak_kib = line.and_then(|kib| kib.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(peak_kib);
        }
    }
    drop(stdin);
    let _ = reader.join();
    let status = child.wait().map_err(|e| e.to_string())?;
    if !status.success() {
        return Err(format!("{command:?} failed ({status})"));
    }
    Ok(Streamed { bytes: written, took: begun.elapsed(), peak_kib })
}
