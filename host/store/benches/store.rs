//! Speed of what a person waits for. Aims: opening with a raw key within 1 ms, 300,000 spans a second.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;

use divan::Bencher;
use divan::counter::ItemsCount;
use trcaa_model::attachment::NewLogFile;
use trcaa_model::audit::AuditRecord;
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::id::LogFileId;
use trcaa_model::issue::{NewIssue, Severity};
use trcaa_model::pii::SpanState;
use trcaa_store::{KeySource, NewSpan, OpenOptions, Store};
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

fn open(folder: &std::path::Path) -> Store {
    let key = KeySource::RawKey(Zeroizing::new([7; 32]));
    let clock = Arc::new(FixedClock(1_700_000_000_000));
    OpenOptions::new(folder, key, clock, Arc::new(SeededEntropy::new(1))).open().unwrap()
}

fn issue(title: &str) -> NewIssue {
    NewIssue {
        title: title.to_owned(),
        description: Some("the payroll queue has been stuck since the last deployment".to_owned()),
        severity: Severity::High,
        category: None,
        source: None,
        assigned_to: None,
        tags: Vec::new(),
    }
}

fn with_log(folder: &std::path::Path) -> (Store, LogFileId) {
    let store = open(folder);
    let log = store
        .write(|tx| {
            let issue = tx.insert_issue(&issue("t"))?;
            tx.insert_log(&NewLogFile {
                issue_id: issue.id,
                file_name: "a.log".to_owned(),
                file_path: String::new(),
                file_size: 1,
                mime_type: "text/plain".to_owned(),
                content_hash: String::new(),
                content_compressed: Vec::new(),
            })
        })
        .unwrap();
    (store, log.id)
}

#[divan::bench]
fn open_with_a_raw_key(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    drop(open(dir.path()));
    bencher.bench(|| open(dir.path()));
}

/// As while another process has it open: no log to set up and none to clear away.
#[divan::bench]
fn open_beside_another(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let _other = open(dir.path());
    bencher.bench(|| open(dir.path()));
}

#[divan::bench(sample_count = 20)]
fn create(bencher: Bencher) {
    bencher.with_inputs(|| tempfile::tempdir().unwrap()).bench_refs(|dir| open(dir.path()));
}

#[divan::bench(sample_count = 10)]
fn insert_spans(bencher: Bencher) {
    const SPANS: usize = 100_000;
    let values: Vec<String> = (0..SPANS).map(|n| format!("user{n}@example.org")).collect();
    let spans: Vec<NewSpan<'_>> = values
        .iter()
        .enumerate()
        .map(|(n, value)| NewSpan {
            pii_type: "Email",
            start: n as u64 * 80,
            end: n as u64 * 80 + 20,
            original: value,
            replacement: "[Email_1]",
            state: SpanState::Undecided,
            confidence: 0.9,
            detector: "pii-base",
        })
        .collect();
    bencher
        .counter(ItemsCount::new(SPANS))
        .with_inputs(|| {
            let dir = tempfile::tempdir().unwrap();
            let (store, log) = with_log(dir.path());
            (dir, store, log)
        })
        .bench_refs(|(_, store, log)| store.write(|tx| tx.replace_undecided_spans(log, &spans)).unwrap());
}

#[divan::bench]
fn append_to_the_audit_trail(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let record = AuditRecord {
        action: "ai_send",
        entity_type: "issue",
        entity_id: "x".to_owned(),
        details: serde_json::json!({"sha256": "0".repeat(64)}),
    };
    bencher.bench_local(|| store.write(|tx| tx.audit(&record)).unwrap());
}

#[divan::bench]
fn search_ten_thousand_issues(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store
        .write(|tx| {
            for n in 0..10_000 {
                tx.insert_issue(&issue(&format!("incident {n} on node{}", n % 97)))?;
            }
            Ok(())
        })
        .unwrap();
    bencher.bench_local(|| store.search("node13 payroll", 20).unwrap());
}
