//! Prints what the detector finds in a log and how long that takes: `pii-base-spans LOG`, read by `cargo xtask bench --pii`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::time::Instant;

/// So many times the log is looked at: the best of them was not disturbed.
const RUNS: usize = 15;

fn main() {
    let path = std::env::args().nth(1).expect("usage: pii-base-spans LOG");
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let timed = || {
        let begun = Instant::now();
        (pii_base::detect(&text), begun.elapsed())
    };
    let (spans, best) = (0..RUNS).map(|_| timed()).min_by_key(|(_, took)| *took).unwrap();
    let spans: Vec<[usize; 2]> = spans.iter().map(|span| [span.start, span.end]).collect();
    // A list of pairs of numbers is written alike in Rust and in JSON.
    println!("{{\"spans\": {spans:?}, \"seconds\": {}}}", best.as_secs_f64());
}
