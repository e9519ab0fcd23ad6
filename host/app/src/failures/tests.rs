#![allow(clippy::unwrap_used)]
use std::sync::atomic::{AtomicU64, Ordering};

use trcaa_model::env::fixed::SeededEntropy;
use trcaa_runtime::CIRCUIT_FAILURES;
use trcaa_store::{KeySource, OpenOptions};
use zeroize::Zeroizing;

use super::*;

struct Hands(AtomicU64);

impl Clock for Hands {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

struct Bench {
    _dir: tempfile::TempDir,
    clock: Arc<Hands>,
    store: Store,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(Hands(AtomicU64::new(1_700_000_000_000)));
        let key = KeySource::RawKey(Zeroizing::new([3; 32]));
        let entropy = Arc::new(SeededEntropy::new(7));
        let store = OpenOptions::new(dir.path().join("d"), key, clock.clone(), entropy).open().unwrap();
        store
            .write(|tx| {
                tx.upsert_plugin(&PluginRow {
                    id: "p-q".into(),
                    version: "1.0.0".into(),
                    kind: Kind::PiiDetector,
                    world: "trcaa:pii/pii-detector@0.1.0".into(),
                    sha256: "aa".into(),
                    source: "p.wasm".into(),
                    state: PluginState::Enabled,
                    reason: None,
                    installed_at: String::new(),
                    manifest: "{}".into(),
                })
            })
            .unwrap();
        Self { _dir: dir, clock, store }
    }

    /// As a process of its own sees it.
    fn log(&self) -> Arc<FailureLog> {
        FailureLog::new(&self.store, self.clock.clone()).unwrap()
    }

    fn state(&self) -> PluginState {
        self.store.plugin("p-q").unwrap().unwrap().state
    }

    fn quarantines(&self) -> usize {
        self.store.audit_entries(10, None, Some("plugin_quarantined")).unwrap().len()
    }
}

fn fail(log: &FailureLog, sha256: &str) -> usize {
    fail_on(log, sha256, None)
}

fn fail_on(log: &FailureLog, sha256: &str, input: Option<&str>) -> usize {
    let what = Misbehaviour { plugin: "p-q", version: "1.0.0", sha256, function: "detect", fault: "trapped", input };
    log.record(&what, CIRCUIT_WINDOW, CIRCUIT_FAILURES).len()
}

#[test]
fn one_document_counts_once_however_often_it_is_tried() {
    let bench = Bench::new();
    for _ in 0..5 {
        assert_eq!(fail_on(&bench.log(), "aa", Some("d1")), 1);
    }
    assert_eq!(bench.log().recent("p-q", "aa", CIRCUIT_WINDOW).len(), 1);
    assert_eq!(fail_on(&bench.log(), "aa", Some("d2")), 2);
    assert_eq!(bench.state(), PluginState::Enabled);
    assert_eq!(fail_on(&bench.log(), "aa", Some("d3")), 3);
    assert_eq!(bench.state(), PluginState::Quarantined);
}

#[test]
fn the_third_failure_switches_off_over_processes_and_is_audited_once() {
    let bench = Bench::new();
    assert_eq!(fail(&bench.log(), "aa"), 1);
    let second = bench.log();
    assert_eq!(second.recent("p-q", "aa", CIRCUIT_WINDOW).len(), 1, "an earlier process is remembered");
    assert_eq!(fail(&second, "aa"), 2);
    assert_eq!((bench.state(), bench.quarantines()), (PluginState::Enabled, 0));
    assert_eq!(fail(&bench.log(), "aa"), 3);
    assert_eq!((bench.state(), bench.quarantines()), (PluginState::Quarantined, 1));
    assert_eq!(fail(&second, "aa"), 4, "another process that was still running");
    assert_eq!(bench.quarantines(), 1);
    let reason = bench.store.plugin("p-q").unwrap().unwrap().reason.unwrap();
    assert_eq!(reason, "3 failures within ten minutes, the last in function detect: trapped");
    assert!(refuse_without(&bench.store.plugins().unwrap(), Kind::PiiDetector).is_err());
    assert!(refuse_without(&bench.store.plugins().unwrap(), Kind::Integration).is_ok());
}

#[test]
fn old_failures_and_those_of_other_bytes_do_not_count() {
    let bench = Bench::new();
    let log = bench.log();
    fail(&log, "aa");
    fail(&log, "bb");
    assert_eq!(fail(&log, "bb"), 2);
    bench.clock.0.fetch_add(600_000, Ordering::Relaxed);
    assert_eq!(fail(&log, "aa"), 2, "exactly ten minutes ago still counts");
    bench.clock.0.fetch_add(600_001, Ordering::Relaxed);
    assert_eq!(fail(&log, "aa"), 1);
    assert_eq!(bench.state(), PluginState::Enabled);
}

#[test]
fn clearing_forgets_and_a_day_and_a_hundred_rows_are_the_most_that_is_kept() {
    let bench = Bench::new();
    let log = bench.log();
    for _ in 0..105 {
        fail(&log, "aa");
    }
    assert_eq!(bench.store.plugin_failures(Some("p-q"), 0).unwrap().len(), 100);
    bench.clock.0.fetch_add(24 * 60 * 60 * 1000 + 1, Ordering::Relaxed);
    fail(&log, "aa");
    assert_eq!(bench.store.plugin_failures(None, 0).unwrap().len(), 1);
    bench.store.write(|tx| tx.clear_plugin_failures("p-q")).unwrap();
    assert!(bench.log().recent("p-q", "aa", CIRCUIT_WINDOW).is_empty());
}
