//! What was asked of whom, kept for the audit trail.

use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use trcaa_net::{Decision, Observer, Record};

/// Most requests of one source: manifest, login and component, each twice with three redirects, are half of that.
const REQUESTS_MAX: usize = 64;

/// One request and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exchange {
    /// Host name or address literal.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path without query.
    pub path: String,
    /// Whether it carried a login or a token.
    pub authenticated: bool,
    /// Time until the answer's head, in milliseconds.
    pub duration_ms: u64,
    /// `answered 200`, `denied: RULE`, `failed: WORD`.
    pub outcome: String,
}

/// Hears of requests.
pub(super) struct Trace<'a> {
    outer: Option<&'a dyn Observer>,
    seen: Mutex<Vec<Exchange>>,
}

impl<'a> Trace<'a> {
    pub(super) fn new(outer: Option<&'a dyn Observer>) -> Self {
        Self { outer, seen: Mutex::new(Vec::new()) }
    }

    pub(super) fn into_requests(self) -> Vec<Exchange> {
        self.seen.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Trace<'_> {
    fn record(&self, record: &Record<'_>) {
        if let Some(outer) = self.outer {
            outer.record(record);
        }
        let outcome = match &record.decision {
            // What it came to is told next.
            Decision::Allowed => return,
            Decision::Answered(status) => format!("answered {status}"),
            Decision::Denied(rule) => format!("denied: {rule}"),
            Decision::Failed(word) => format!("failed: {word}"),
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < REQUESTS_MAX {
            seen.push(Exchange {
                host: record.host.to_owned(),
                port: record.port,
                path: record.path.to_owned(),
                authenticated: !record.secret_ids.is_empty(),
                duration_ms: u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX),
                outcome,
            });
        }
    }
}
