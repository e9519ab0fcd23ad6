//! What a plugin call costs: a fresh instance and its first call, and loading from native code.
#![allow(missing_docs, clippy::unwrap_used)]

use std::sync::Arc;

use divan::Bencher;
use trcaa_runtime::{Detector, Engine, bundled_ids, load_bundled};

fn main() {
    divan::main();
}

fn detector() -> Detector {
    let engine = Engine::new().unwrap();
    Detector::new(&load_bundled(&engine, "pii-base").unwrap(), Arc::default()).unwrap()
}

/// A fresh instance of the bundled detector and its first call, on one short line.
#[divan::bench]
fn fresh_instance_and_first_call(bencher: Bencher<'_, '_>) {
    let detector = detector();
    let text = ["x".to_owned()];
    bencher.bench_local(|| detector.detect(divan::black_box(&text)).unwrap());
}

/// 1 MiB of log through the sandbox.
#[divan::bench]
fn one_mebibyte_of_log(bencher: Bencher<'_, '_>) {
    let detector = detector();
    let line = "2026-01-02 03:04:05 INFO web-1 GET /api/v1/orders/4421 from 192.0.2.7 for ada@example.org took 12 ms\n";
    let text = [line.repeat((1 << 20) / line.len())];
    bencher
        .counter(divan::counter::BytesCount::of_str(&text[0]))
        .bench_local(|| detector.detect(divan::black_box(&text)).unwrap());
}

/// A bundled plugin from its native code.
#[divan::bench(args = bundled_ids())]
fn load_from_native_code(bencher: Bencher<'_, '_>, id: &str) {
    let engine = Engine::new().unwrap();
    load_bundled(&engine, id).unwrap();
    bencher.bench_local(|| load_bundled(&engine, id).unwrap());
}
