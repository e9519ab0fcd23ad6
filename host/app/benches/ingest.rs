//! Taking a log of 50 MiB in, beside gzip and SHA-256 of the same bytes alone and one after the other. Aim: ≥ 0.8 of
//! their speed for all of it: reading, checking, hashing, compressing and storing in the encrypted database.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use trcaa_app::{App, Cancel, KeySource, LogInput, NoProgress, Setup};
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::issue::{NewIssue, Severity};
use zeroize::Zeroizing;

const LOG_BYTES: usize = 50 << 20;
const ROUNDS: u32 = 5;
/// As the ingest does.
const GZIP_LEVEL: u32 = 4;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let text = log();
    let files = [("plain", text.clone().into_bytes()), ("gzip", gzip(text.as_bytes()))].map(|(name, bytes)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        (name, path)
    });
    let alone = best(|| {
        black_box(Sha256::digest(text.as_bytes()));
        black_box(gzip(text.as_bytes()));
    });
    let hash = best(|| {
        black_box(Sha256::digest(text.as_bytes()));
    });
    println!("SHA-256 alone              {:>7.0} MB/s", speed(hash));
    println!("gzip -{GZIP_LEVEL}, then SHA-256     {:>7.0} MB/s", speed(alone));
    for (name, path) in files {
        let took =
            (0..ROUNDS).map(|round| ingest(&folder.path().join(format!("{name}-{round}")), &path)).min().unwrap();
        println!(
            "ingest of {name:6}           {:>7.0} MB/s  ratio {:.2}",
            speed(took),
            alone.as_secs_f64() / took.as_secs_f64()
        );
    }
}

fn ingest(data: &Path, log: &Path) -> Duration {
    let setup = Setup {
        data_dir: data.to_owned(),
        key: KeySource::RawKey(Zeroizing::new([7; 32])),
        encryption_key: None,
        clock: Arc::new(FixedClock(1_700_000_000_000)),
        entropy: Arc::new(SeededEntropy::new(1)),
        plugin_log: None,
        cancel: Cancel::default(),
    };
    let app = App::open(setup, Box::new(NoProgress)).unwrap();
    let new = NewIssue {
        title: "t".to_owned(),
        description: None,
        severity: Severity::Low,
        category: None,
        source: None,
        assigned_to: None,
        tags: Vec::new(),
    };
    let issue = app.new_issue(&new).unwrap().id;
    app.set_setting("log.size_bytes_max", "104857600").unwrap();
    let begun = Instant::now();
    app.add_log(&issue, &LogInput::Path(log.to_owned()), None).unwrap();
    begun.elapsed()
}

fn best(work: impl Fn()) -> Duration {
    let once = |_| {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    (0..ROUNDS).map(once).min().unwrap()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for a person")]
fn speed(took: Duration) -> f64 {
    LOG_BYTES as f64 / 1e6 / took.as_secs_f64()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// Lines of a service, no two alike.
fn log() -> String {
    const WHAT: [&str; 4] =
        ["connection received from", "could not write to file for", "checkpoint for", "GET /cart of"];
    let mut text = String::with_capacity(LOG_BYTES + 200);
    let mut state = 7_u64;
    while text.len() < LOG_BYTES {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (a, b, c) = (state >> 33, state >> 45, state >> 57);
        let what = WHAT[usize::try_from(c % 4).unwrap()];
        writeln!(
            text,
            "2026-11-21 10:{:02}:{:02}.{:03} INFO app[{}]: {what} 10.0.{}.{} session={a:08x} took {} ms",
            b % 60,
            c % 60,
            a % 1000,
            b % 9000,
            a % 256,
            b % 256,
            a % 5000
        )
        .unwrap();
    }
    text.truncate(LOG_BYTES);
    text
}
