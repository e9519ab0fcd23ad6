//! A detector that does what the text tells it: every way in which one can misbehave.
#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use trcaa_sdk::host::log::{self, Level};
use trcaa_sdk::pii::{Detector, LabelInfo, Options, Span, label, span};
use trcaa_sdk::{Descriptor, Error};

struct Hostile;

impl Detector for Hostile {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("hostile-detector", "Hostile", "0.1.0")
    }

    fn labels() -> Vec<LabelInfo> {
        vec![label("X", "anything", "x")]
    }

    fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
        let order = texts.first().map(String::as_str).unwrap_or_default();
        match order.split(' ').next().unwrap_or_default() {
            "trap" => panic!("the text was: {order}"),
            "loop" => loop {
                std::hint::black_box(0);
            },
            "allocate" => {
                let mut kept = Vec::new();
                loop {
                    kept.push(vec![1_u8; 1 << 20]);
                    std::hint::black_box(&kept);
                }
            }
            "recurse" => {
                let depth = recurse(1);
                Ok(vec![vec![span(0, depth, "X", 1.0)]])
            }
            "exit" => std::process::exit(0),
            "flood-log" => {
                for _ in 0..100_000 {
                    log::emit(Level::Info, order, &[]);
                }
                Ok(vec![Vec::new(); texts.len()])
            }
            "flood-log-forever" => loop {
                log::emit(Level::Info, "x", &[]);
            },
            "big-log-line" => {
                log::emit(Level::Info, &"x".repeat(2 << 20), &[]);
                Ok(vec![Vec::new(); texts.len()])
            }
            "huge-output" => Ok(vec![vec![span(0, 1, &"X".repeat(1 << 20), 1.0); 16]; texts.len()]),
            "large-output" => Ok(vec![vec![span(0, 1, "X", 1.0); 4_000]; texts.len()]),
            "spans" => {
                let count = order.split(' ').nth(1).and_then(|count| count.parse().ok()).unwrap_or_default();
                Ok(vec![vec![span(0, 1, "X", 1.0); count]; texts.len()])
            }
            "many-spans" => Ok(vec![vec![span(0, 1, "X", 1.0); 1_000_000]; texts.len()]),
            "beyond" => Ok(vec![vec![span(0, order.len() + 1, "X", 1.0)]]),
            "inverted" => Ok(vec![vec![span(3, 1, "X", 1.0)]]),
            "mid-character" => Ok(vec![vec![span(14, 15, "X", 1.0)]]),
            "no-lists" => Ok(Vec::new()),
            "label" => Ok(vec![vec![span(0, 1, "\u{1b}[31m", 1.0)]]),
            "confidence" => Ok(vec![vec![span(0, 1, "X", f32::NAN)]]),
            "error" => Err(Error::Other(("code\n".into(), order.repeat(100)))),
            "environment" => {
                let seen = std::env::vars().count() + std::env::args().count();
                Ok(vec![vec![span(0, 1 + seen, "X", 1.0)]])
            }
            "state" => {
                // Kept in the instance's memory: a second call must not see the first one's.
                static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(1);
                let calls = CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                Ok(vec![vec![span(0, calls, "X", 1.0)]])
            }
            _ => Ok(vec![Vec::new(); texts.len()]),
        }
    }
}

#[inline(never)]
fn recurse(depth: usize) -> usize {
    let frame = std::hint::black_box([depth; 64]);
    if std::hint::black_box(depth) == usize::MAX {
        return 0;
    }
    recurse(depth + 1) + frame[depth % 64]
}

const MANIFEST: &[u8] = br#"
id = "hostile-detector"
version = "0.1.0"
kind = "pii-detector"
world = "trcaa:pii/pii-detector@0.1.0"
description = "Misbehaves on demand."
[limits]
cpu_ms_max = 200
"#;

trcaa_sdk::register!(pii_detector: Hostile, manifest: MANIFEST);
