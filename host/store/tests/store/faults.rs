//! A file that changed under us, bit by bit and cut by cut: told as damage, never answered from, never written to.

use std::fs;

use trcaa_model::issue::IssueFilter;
use trcaa_store::{LogFilter, Store, StoreError};

use crate::fixture::{Home, insert_issue, insert_log, raw_key, record};

const PAGE_BYTES: usize = 4096;
/// One in each part of a page: salt or first cell, content, initialisation vector, HMAC.
const OFFSETS: [usize; 4] = [0, 2_000, PAGE_BYTES - 80, PAGE_BYTES - 1];

/// What a store of a few pages answers.
#[derive(Debug, PartialEq)]
struct Answers {
    issues: String,
    logs: String,
    text: Vec<u8>,
    audit: usize,
}

fn answers(store: &Store) -> Result<Answers, StoreError> {
    let filter = IssueFilter { status: None, severity: None, limit: 100, offset: 0 };
    let logs = store.logs(&LogFilter { issue_id: None, search: None, limit: 10, offset: 0 })?;
    let mut text = Vec::new();
    for log in &logs {
        text.extend(store.read_text(&log.log_file.id)?.into_bytes());
    }
    Ok(Answers {
        issues: format!("{:?}", store.issues(&filter)?),
        logs: format!("{logs:?}"),
        text,
        audit: store.audit_entries(100, None, None)?.len(),
    })
}

fn prepared() -> (Home, Vec<u8>, Answers) {
    let home = Home::new();
    let store = home.open();
    for n in 0..6 {
        let issue = insert_issue(&store, &format!("issue {n}"), &"text ".repeat(200));
        store.write(|tx| tx.audit(&record(issue.id.as_str()))).unwrap();
        if n < 2 {
            insert_log(&store, &issue.id, &format!("line {n}\n").repeat(50));
        }
    }
    let expected = answers(&store).unwrap();
    drop(store);
    let whole = fs::read(home.file("tftsr.db")).unwrap();
    (home, whole, expected)
}

/// Whether the fault is told: at opening, by the check, or both; and nothing is answered that was not so before.
fn expect_told(home: &Home, bytes: &[u8], expected: &Answers, what: &str) {
    fs::write(home.file("tftsr.db"), bytes).unwrap();
    match home.try_open(raw_key()) {
        Ok(store) => {
            match answers(&store) {
                Ok(answered) => assert!(answered == *expected, "{what}: a different answer"),
                Err(StoreError::Damaged { .. } | StoreError::LogUnreadable { .. }) => {}
                Err(other) => panic!("{what}: {other:?}"),
            }
            let report = store.check().unwrap();
            assert!(report.page_findings().next().is_some(), "{what} passed as sound");
        }
        Err(StoreError::WrongKeyOrDamaged { .. } | StoreError::Damaged { .. }) => {}
        Err(other) => panic!("{what}: {other:?}"),
    }
    assert!(fs::read(home.file("tftsr.db")).unwrap() == bytes, "{what}: the file was written to");
}

#[test]
fn a_flipped_bit_anywhere_is_told_and_never_answered_from() {
    let (home, whole, expected) = prepared();
    let pages = whole.len() / PAGE_BYTES;
    assert!((20..200).contains(&pages), "{pages} pages");
    for page in 0..pages {
        for (n, offset) in OFFSETS.into_iter().enumerate() {
            let mut bytes = whole.clone();
            bytes[page * PAGE_BYTES + offset] ^= 1 << ((page + n) % 8);
            expect_told(&home, &bytes, &expected, &format!("page {page}, byte {offset}"));
        }
    }
    fs::write(home.file("tftsr.db"), &whole).unwrap();
    let store = home.open();
    assert!(store.check().unwrap().is_sound());
    assert!(answers(&store).unwrap() == expected);
}

#[test]
fn a_cut_anywhere_is_told() {
    let (home, whole, expected) = prepared();
    let pages = whole.len() / PAGE_BYTES;
    let cuts = (1..pages).map(|page| page * PAGE_BYTES);
    let odd = (0..pages).step_by(5).flat_map(|page| [1, 15, 16, 100, 4_095].map(|more| page * PAGE_BYTES + more));
    for length in cuts.chain(odd) {
        expect_told(&home, &whole[..length], &expected, &format!("cut to {length} of {} bytes", whole.len()));
    }
}

#[test]
fn pages_that_changed_places_are_told() {
    let (home, whole, expected) = prepared();
    let pages = whole.len() / PAGE_BYTES;
    for page in (2..pages).step_by(3) {
        let mut bytes = whole.clone();
        let (one, other) = (page * PAGE_BYTES, (page - 1) * PAGE_BYTES);
        bytes[one..one + PAGE_BYTES].copy_from_slice(&whole[other..other + PAGE_BYTES]);
        bytes[other..other + PAGE_BYTES].copy_from_slice(&whole[one..one + PAGE_BYTES]);
        expect_told(&home, &bytes, &expected, &format!("pages {page} and {}", page - 1));
    }
}

#[test]
fn what_the_schema_lets_through_is_found_in_rows() {
    for (sql, finding) in [
        ("UPDATE issues SET tags = 'disk'", "issues.tags"),
        ("UPDATE issues SET tags = '{}'", "issues.tags"),
        ("UPDATE issues SET severity = 'worst'", "issues.severity"),
        ("UPDATE issues SET status = ''", "issues.status"),
        ("INSERT INTO timeline_events VALUES ('e', (SELECT id FROM issues), 'party', 'd', '{}', '')", "event_type"),
        (
            "INSERT INTO timeline_events VALUES ('e', (SELECT id FROM issues), 'log_uploaded', 'd', '[]', '')",
            "metadata",
        ),
        ("INSERT INTO resolution_steps VALUES ('w', (SELECT id FROM issues), 6, 'Why?', NULL, NULL, '')", "step_order"),
        ("UPDATE log_files SET content_compressed = substr(content_compressed, 1, 12)", "does not unpack"),
        ("UPDATE log_files SET content_compressed = 'text'", "does not unpack"),
        (
            "UPDATE log_files SET redacted_compressed = content_compressed, redacted_hash = 'x'",
            "does not fit its redacted_hash",
        ),
        ("UPDATE audit_log SET details = 'no json'", "audit_log.details"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM issues", "points to a row that is not there"),
        (
            "INSERT INTO issues_fts (issues_fts, rowid, id, title, description) VALUES ('delete', 1, 'a', 'b', 'c')",
            "full-text index",
        ),
        ("DELETE FROM audit_log WHERE rowid = 1", "audit trail"),
    ] {
        let home = Home::new();
        let store = home.open();
        let issue = insert_issue(&store, "t", "d");
        insert_log(&store, &issue.id, "a text of some length to be packed");
        for _ in 0..3 {
            store.write(|tx| tx.audit(&record("x"))).unwrap();
        }
        assert!(store.check().unwrap().is_sound());
        home.raw().execute_batch(sql).unwrap();
        let report = store.check().unwrap();
        assert!(!report.is_sound() && report.page_findings().next().is_none(), "{sql}");
        let found: Vec<String> = report.row_findings().collect();
        assert!(found.iter().any(|found| found.contains(finding)), "{sql}: {found:?}");
    }
}
