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
    let (mut hash, mut alone) = (Cost::MAX, Cost::MAX);
    let mut ingests = files.each_ref().map(|_| Cost::MAX);
    // In turns, so that what else the machine does meets all of them.
    for round in 0..ROUNDS {
        hash = hash.least(Cost::of(|| {
            black_box(Sha256::digest(text.as_bytes()));
        }));
        alone = alone.least(Cost::of(|| {
            black_box(gzip(text.as_bytes()));
            black_box(Sha256::digest(text.as_bytes()));
        }));
        for (least, (name, path)) in ingests.iter_mut().zip(&files) {
            *least = least.least(ingest(&folder.path().join(format!("{name}-{round}")), path));
        }
    }
    println!("{:24} {:>10} {:>6} {:>14} {:>6}", "50 MiB", "wall MB/s", "ratio", "processor MB/s", "ratio");
    let row = |name: &str, cost: &Cost| {
        let (wall, processor) =
            (alone.wall.div_duration_f64(cost.wall), alone.processor.div_duration_f64(cost.processor));
        println!("{name:24} {:>10.0} {wall:>6.2} {:>14.0} {processor:>6.2}", speed(cost.wall), speed(cost.processor));
    };
    row("SHA-256 alone", &hash);
    row("gzip -4, then SHA-256", &alone);
    for (cost, (name, _)) in ingests.iter().zip(&files) {
        row(&format!("ingest of {name}"), cost);
    }
}

/// What a round took: time on the wall, and time of all threads on a processor, which a busy machine changes less.
#[derive(Clone, Copy)]
struct Cost {
    wall: Duration,
    processor: Duration,
}

impl Cost {
    const MAX: Self = Self { wall: Duration::MAX, processor: Duration::MAX };

    fn of(work: impl FnOnce()) -> Self {
        let (begun, before) = (Instant::now(), processor_time());
        work();
        Self { wall: begun.elapsed(), processor: processor_time().saturating_sub(before) }
    }

    fn least(self, other: Self) -> Self {
        Self { wall: self.wall.min(other.wall), processor: self.processor.min(other.processor) }
    }
}

/// Of this process so far, in steps of 10 ms (Linux; elsewhere none).
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

fn ingest(data: &Path, log: &Path) -> Cost {
    let setup = Setup {
        data_dir: data.to_owned(),
        key: KeySource::RawKey(Zeroizing::new([7; 32])),
        encryption_key: None,
        keyring: None,
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
    Cost::of(|| {
        app.add_log(&issue, &LogInput::Path(log.to_owned()), None).unwrap();
    })
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
