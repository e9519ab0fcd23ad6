//! What reading a log takes in the sandbox: base and secrets one after the other, each on a fresh instance, their answers
//! checked, on one processor.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use trcaa_runtime::{Detector, Engine, load_bundled};

use crate::interleaved::{Batch, measure, timed};
use crate::table::{Limit, Table};
use crate::{Options, Outcome};

/// Bytes of a log that are looked at together, so that milliseconds are read as megabytes a second.
const TEXT_BYTES: usize = 1_000_000;
/// 100 MB/s.
const LIMIT: Limit = Limit::Nanoseconds(10e6);
/// What is looked at where no log was given.
const LINE: &str =
    "2026-01-02 03:04:05 INFO web-1 GET /api/v1/orders/4421 from 192.0.2.7 for ada@example.org took 12 ms\n";

/// Measures them on each log that was given.
pub(crate) fn run(table: &mut Table, options: &Options) -> Outcome {
    let engine = Engine::new()?;
    let load = |id| -> Outcome<Detector> { Ok(Detector::new(&load_bundled(&engine, id)?, Arc::default())?) };
    let detectors = [load("pii-base")?, load("pii-secrets")?];
    let mut logs = vec![("one line over and over".to_owned(), LINE.to_owned())];
    for file in &options.logs {
        logs.push((name_of(file), String::from_utf8_lossy(&std::fs::read(file)?).into_owned()));
    }
    for (name, log) in logs.iter().filter(|(_, log)| !log.is_empty()) {
        let mut text = log.repeat(TEXT_BYTES.div_ceil(log.len()));
        text.truncate(text.floor_char_boundary(TEXT_BYTES));
        let text = [text];
        let both: Batch<'_> = Box::new(|calls| {
            timed(calls, || {
                for detector in &detectors {
                    black_box(detector.detect(black_box(&text))?);
                }
                Ok(())
            })
        });
        let times = measure(100, &mut [(1, both)])?;
        table.add(&format!("base + secrets, 1 MB of {name}"), &times[0], None, &LIMIT);
    }
    Ok(())
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).display().to_string()
}
