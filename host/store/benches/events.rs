//! What events cost their caller, and what a search costs. Aims: an event within 50 µs, 200 MB/s of log text looked
//! through, a search of 100,000 issues within 10 ms and a page of their list within 5 ms.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::Write as _;
use std::sync::Arc;

use divan::Bencher;
use divan::counter::BytesCount;
use trcaa_model::attachment::NewLogFile;
use trcaa_model::audit::AuditRecord;
use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::id::IssueId;
use trcaa_model::issue::{IssueFilter, NewIssue, Severity, Status};
use trcaa_model::timeline::Happening;
use trcaa_store::{DeepProgress, Event, EventWriter, KeySource, OpenOptions, Store};
use zeroize::Zeroizing;

fn main() {
    divan::main();
}

fn open(folder: &std::path::Path) -> Store {
    let key = KeySource::RawKey(Zeroizing::new([7; 32]));
    OpenOptions::new(folder, key, Arc::new(FixedClock(1_700_000_000_000)), Arc::new(SeededEntropy::new(1)))
        .open()
        .unwrap()
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

fn event(issue: &IssueId) -> Event {
    Event {
        issue: issue.clone(),
        what: Happening::DocumentExported { format: "md".to_owned(), file_path: "/tmp/x.md".to_owned() },
        description: "Document exported as md".to_owned(),
        audit: AuditRecord {
            action: "document_exported",
            entity_type: "document",
            entity_id: "x".to_owned(),
            details: serde_json::json!({"format": "md", "file": "x.md", "bytes": 1000}),
        },
    }
}

/// The event is made before the clock starts; the queue has room.
#[divan::bench(sample_count = 100, sample_size = 20)]
fn post(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = store.write(|tx| tx.insert_issue(&issue("t"))).unwrap().id;
    let writer = EventWriter::new(&store);
    writer.post(event(&id)).unwrap();
    writer.flush().unwrap();
    bencher.with_inputs(|| event(&id)).bench_local_values(|event| writer.post(event).unwrap());
}

/// What an event and its audit row add to a transaction that is open anyway.
#[divan::bench(sample_count = 100, sample_size = 10)]
fn happened_within_a_transaction(bencher: Bencher) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let id = store.write(|tx| tx.insert_issue(&issue("t"))).unwrap().id;
    let event = event(&id);
    store
        .write(|tx| {
            bencher.bench_local(|| tx.happened(&id, &event.what, &event.description, &event.audit).unwrap());
            Ok(())
        })
        .unwrap();
}

fn hundred_thousand(folder: &std::path::Path) -> Store {
    let store = open(folder);
    store
        .write(|tx| {
            for n in 0..100_000 {
                tx.insert_issue(&issue(&format!("incident {n} on node{}", n % 97)))?;
            }
            Ok(())
        })
        .unwrap();
    store
}

/// A rare word, one that a hundredth of all has, one that all have, and two of which one is rare.
#[divan::bench(args = ["99999", "node13", "payroll", "node13 payroll", "c++ payroll", "pay"], sample_count = 10, sample_size = 1)]
fn search_hundred_thousand_issues(bencher: Bencher, query: &str) {
    let dir = tempfile::tempdir().unwrap();
    let store = hundred_thousand(dir.path());
    bencher.bench_local(|| store.search(query, 20).unwrap());
}

#[divan::bench(args = [(0, false), (0, true), (50_000, false)], sample_count = 10, sample_size = 1)]
fn page_of_hundred_thousand_issues(bencher: Bencher, (offset, filtered): (u32, bool)) {
    let dir = tempfile::tempdir().unwrap();
    let store = hundred_thousand(dir.path());
    let status = filtered.then_some(Status::Open);
    let filter = IssueFilter { status, severity: filtered.then_some(Severity::High), limit: 50, offset };
    bencher.bench_local(|| store.issues(&filter).unwrap());
}

struct Quiet;

impl DeepProgress for Quiet {
    fn logs(&self, _bytes: u64) {}
    fn log_done(&self, _bytes: u64) {}
}

/// 50 MB of lines of which none holds all words: reading, unpacking and looking.
#[divan::bench(args = ["nowhere", "request zebra", "größe"], sample_count = 5, sample_size = 1)]
fn deep_search_of_a_log(bencher: Bencher, query: &str) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let mut text = String::new();
    for n in 0_u64.. {
        text.push_str(&format!(
            "2024-05-01T12:{:02}:{:02}Z INFO api[{}] request {:x} handled in {} ms\n",
            n / 60 % 60,
            n % 60,
            n % 991,
            n.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            n * 7 % 1_000
        ));
        if text.len() >= 50_000_000 {
            break;
        }
    }
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(text.as_bytes()).unwrap();
    let content_compressed = gzip.finish().unwrap();
    store
        .write(|tx| {
            let issue = tx.insert_issue(&issue("t"))?;
            tx.insert_log(&NewLogFile {
                issue_id: issue.id,
                file_name: "a.log".to_owned(),
                file_path: String::new(),
                file_size: text.len() as u64,
                mime_type: "text/plain".to_owned(),
                content_hash: String::new(),
                content_compressed,
            })
        })
        .unwrap();
    bencher.counter(BytesCount::new(text.len())).bench_local(|| store.search_deep(query, 20, &Quiet).unwrap());
}
