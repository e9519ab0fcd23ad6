//! The rows that everybody inserts, made by a formula that `peer.py` has, too.

use std::sync::atomic::{AtomicU64, Ordering};

use trcaa_model::attachment::NewLogFile;
use trcaa_model::env::Clock;
use trcaa_model::id::LogFileId;
use trcaa_model::issue::{IssueEdit, NewIssue, Severity, Status};
use trcaa_model::pii::SpanState;
use trcaa_store::{NewSpan, Store};

/// A clock on which each look takes 40 ms, so that 100,000 issues spread over hours as in life.
pub(crate) struct Ticking(AtomicU64);

impl Default for Ticking {
    fn default() -> Self {
        Self(AtomicU64::new(1_700_000_000_000))
    }
}

impl Clock for Ticking {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(40, Ordering::Relaxed)
    }
}

pub(crate) fn title(n: usize) -> String {
    let what = if n % 10 == 3 { "timeout" } else { "failure" };
    format!("incident {n}: {what} on node{}", n % 1_000)
}

pub(crate) fn description(n: usize) -> String {
    format!("the payroll queue of site {} has been stuck since deployment {n} of the evening before", n % 50)
}

pub(crate) fn severity(n: usize) -> Severity {
    match n {
        n if n % 5_000 == 0 => Severity::Critical,
        n if n % 3 == 0 => Severity::High,
        _ => Severity::Low,
    }
}

pub(crate) fn issue(n: usize) -> NewIssue {
    NewIssue {
        title: title(n),
        description: Some(description(n)),
        severity: severity(n),
        category: Some("databases".to_owned()),
        source: None,
        assigned_to: None,
        tags: vec!["night".to_owned()],
    }
}

pub(crate) fn resolved() -> IssueEdit {
    IssueEdit { status: Some(Status::Resolved), ..IssueEdit::default() }
}

pub(crate) fn log_of(store: &Store) -> LogFileId {
    let log = store.write(|tx| {
        let issue = tx.insert_issue(&issue(0))?;
        tx.insert_log(&NewLogFile {
            issue_id: issue.id,
            file_name: "a.log".to_owned(),
            file_path: String::new(),
            file_size: 1,
            mime_type: "text/plain".to_owned(),
            content_hash: String::new(),
            content_compressed: Vec::new(),
        })
    });
    log.unwrap().id
}

pub(crate) fn span_values(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("user{n}@example.org")).collect()
}

pub(crate) fn spans(values: &[String]) -> Vec<NewSpan<'_>> {
    values
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
        .collect()
}

/// An id of the form that the host's have, growing with `n`.
pub(crate) fn id(n: usize) -> String {
    format!("018bcfe5-6800-7000-8000-{n:012x}")
}
