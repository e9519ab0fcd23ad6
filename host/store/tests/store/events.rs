//! The background writer: what it took is there, or told as lost.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use trcaa_model::id::IssueId;
use trcaa_model::timeline::{Happening, METADATA_BYTES_MAX};
use trcaa_store::{EVENT_QUEUE_MAX, Event, EventError, EventWriter, Store, StoreError};

use crate::fixture::{Home, insert_issue, record};

fn event(issue: &IssueId, name: &str) -> Event {
    Event {
        issue: issue.clone(),
        what: Happening::DocumentExported { format: "md".to_owned(), file_path: name.to_owned() },
        description: name.to_owned(),
        audit: record(name),
    }
}

/// Every event has its audit row, and the other way round; the chain holds.
fn expect_pairs(store: &Store, issue: &IssueId, count: usize) {
    let mut events: Vec<String> = store.timeline(issue).unwrap().into_iter().map(|e| e.description).collect();
    assert_eq!(events.len(), count);
    let mut audited: Vec<String> =
        store.audit_entries(10_000, Some("log_file"), None).unwrap().into_iter().map(|e| e.entity_id).collect();
    events.sort();
    audited.sort();
    assert_eq!(events, audited);
    assert!(store.verify_audit(None).unwrap().intact);
}

#[test]
fn ten_thousand_events_of_eight_threads_are_all_there_after_the_drop() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (writer, issue) = (&writer, &issue);
            scope.spawn(move || {
                for n in 0..1_250 {
                    writer.post(event(issue, &format!("{thread}-{n}"))).unwrap();
                }
            });
        }
    });
    drop(writer);
    expect_pairs(&store, &issue, 10_000);
}

#[test]
fn events_come_in_the_order_in_which_they_were_posted() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    let names: Vec<String> = (0..600).map(|n| n.to_string()).collect();
    for name in &names {
        writer.post(event(&issue, name)).unwrap();
    }
    writer.flush().unwrap();
    let written: Vec<String> = store.timeline(&issue).unwrap().into_iter().map(|e| e.description).collect();
    assert_eq!(written, names);
    writer.close().unwrap();
}

#[test]
fn a_panic_elsewhere_still_writes_what_was_posted() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let writer = EventWriter::new(&store);
        for n in 0..500 {
            writer.post(event(&issue, &n.to_string())).unwrap();
        }
        panic!("elsewhere");
    }));
    assert!(unwound.is_err());
    expect_pairs(&store, &issue, 500);
}

#[test]
fn one_bad_event_is_told_and_takes_no_other_with_it() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    for n in 0..20 {
        writer.post(event(&issue, &n.to_string())).unwrap();
    }
    writer.post(event(&IssueId::from_stored("gone"), "x")).unwrap();
    let mut large = event(&issue, "large");
    large.what = Happening::DocumentExported { format: "md".to_owned(), file_path: "x".repeat(METADATA_BYTES_MAX) };
    writer.post(large).unwrap();
    writer.post(event(&issue, "20")).unwrap();
    match writer.flush() {
        Err(EventError::Lost { lost: 2, event_type: "document_exported", source: StoreError::NoSuch { .. } }) => {}
        other => panic!("{other:?}"),
    }
    writer.flush().unwrap();
    drop(writer);
    expect_pairs(&store, &issue, 21);
}

#[test]
fn a_database_that_refuses_is_told_and_the_next_event_is_tried_anew() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    let raw = home.raw();
    // Stands for a full disk or a damaged page: whatever SQLite says is handed on.
    raw.execute_batch("ALTER TABLE timeline_events RENAME TO away").unwrap();
    for n in 0..5 {
        writer.post(event(&issue, &n.to_string())).unwrap();
    }
    match writer.flush() {
        Err(EventError::Lost { lost: 5, source: StoreError::Sql(_), .. }) => {}
        other => panic!("{other:?}"),
    }
    raw.execute_batch("ALTER TABLE away RENAME TO timeline_events").unwrap();
    writer.post(event(&issue, "later")).unwrap();
    writer.close().unwrap();
    expect_pairs(&store, &issue, 1);
}

#[test]
fn a_lock_held_for_long_is_late_for_a_short_wait_and_loses_nothing() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    let raw = home.raw();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    writer.post(event(&issue, "waits")).unwrap();
    let pending = writer.pending();
    assert!(matches!(pending.finish(Duration::from_millis(20)), Err(EventError::Late { pending: 1 })));
    assert!(matches!(writer.post(event(&issue, "refused")), Err(EventError::Stopped)), "the process is ending");
    raw.execute_batch("COMMIT").unwrap();
    drop(writer);
    expect_pairs(&store, &issue, 1);
}

#[test]
fn a_full_queue_makes_the_caller_wait_and_drops_nothing() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    let writer = EventWriter::new(&store);
    let raw = home.raw();
    raw.execute_batch("BEGIN IMMEDIATE").unwrap();
    let count = EVENT_QUEUE_MAX + 600;
    std::thread::scope(|scope| {
        let poster = scope.spawn(|| (0..count).for_each(|n| writer.post(event(&issue, &n.to_string())).unwrap()));
        // More than the queue and one batch hold cannot be taken while nothing can be written.
        std::thread::yield_now();
        assert!(!poster.is_finished());
        raw.execute_batch("COMMIT").unwrap();
    });
    drop(writer);
    expect_pairs(&store, &issue, count);
}
