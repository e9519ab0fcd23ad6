//! The audit rows of one connection: what left, how it ended, and what was denied.
//!
//! Invariants: a request is in the chain before a byte of it leaves; once a row could not be written, nothing leaves any
//! more; a row holds no query, header or body, and of a path, or of a host that was denied, only what the scan lets
//! through; a plugin that is denied again and again writes at most [`DENIALS_MAX`] rows, and one with the count of the
//! rest.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use trcaa_model::audit::AuditRecord;
use trcaa_net::{Decision, Observer, Record};
use trcaa_store::{Store, StoreError};

use super::scan::Scan;

/// Denials of one connection that get a row of their own: more tell nothing new.
const DENIALS_MAX: u64 = 50;
/// Most characters of a path or a rule in a row.
const TEXT_CHARS_MAX: usize = 300;

/// A connection to the store that the ports of one plugin connection share.
pub(crate) type Ledger = Arc<Mutex<Store>>;

/// Writes the audit rows of one connection.
pub(crate) struct AuditTrail {
    ledger: Ledger,
    plugin: String,
    connection: String,
    scan: Arc<Scan>,
    requests: AtomicU64,
    denials: AtomicU64,
    broken: AtomicBool,
}

impl AuditTrail {
    pub(crate) fn new(ledger: Ledger, plugin: &str, connection: &str, scan: Arc<Scan>) -> Self {
        let (plugin, connection) = (plugin.to_owned(), connection.to_owned());
        Self {
            ledger,
            plugin,
            connection,
            scan,
            requests: AtomicU64::new(0),
            denials: AtomicU64::new(0),
            broken: AtomicBool::new(false),
        }
    }

    fn write(&self, action: &'static str, details: Value) -> Result<(), StoreError> {
        let row = AuditRecord { action, entity_type: "plugin", entity_id: self.plugin.clone(), details };
        let store = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let written = store.write(|tx| tx.audit(&row).map(|_| ()));
        if written.is_err() {
            self.broken.store(true, Ordering::SeqCst);
        }
        written
    }

    fn details(&self, record: &Record<'_>, path: &str, decision: &str) -> Value {
        let duration_ms = u64::try_from(record.duration.as_millis()).unwrap_or(u64::MAX);
        json!({
            "connection": self.connection,
            "method": record.method.as_str(),
            "host": record.host,
            "port": record.port,
            "path": cut(path),
            "bytes": record.bytes,
            "body_sha256": record.body_sha256.map(hex::encode),
            "secret_ids": record.secret_ids,
            "duration_ms": duration_ms,
            "decision": decision,
        })
    }

    /// A path that was denied may not have been scanned yet.
    fn guarded(&self, path: &str) -> String {
        self.scan.for_trail(path)
    }
}

impl Observer for AuditTrail {
    fn admit(&self, record: &Record<'_>) -> io::Result<()> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(io::Error::other("an earlier row could not be written"));
        }
        let number = self.requests.fetch_add(1, Ordering::SeqCst) + 1;
        let mut details = self.details(record, record.path, "allowed");
        details["request"] = json!(number);
        self.write("plugin_request", details).map_err(io::Error::other)
    }

    fn record(&self, record: &Record<'_>) {
        let (action, details) = match &record.decision {
            Decision::Denied(rule) => {
                if self.denials.fetch_add(1, Ordering::SeqCst) >= DENIALS_MAX {
                    return;
                }
                let mut details = self.details(record, &self.guarded(record.path), "denied");
                // A name that nobody looks up is free to hold anything, and the rule may repeat a header's name.
                details["host"] = json!(self.scan.shown(record.host));
                details["rule"] = json!(cut(&self.scan.shown(rule)));
                ("plugin_denied", details)
            }
            Decision::Allowed => ("plugin_request", self.details(record, record.path, "allowed")),
            Decision::Answered(status) => {
                let mut details = self.details(record, record.path, "answered");
                details["status"] = json!(status);
                details["request"] = json!(self.requests.load(Ordering::SeqCst));
                ("plugin_request", details)
            }
            Decision::Failed(how) => {
                let mut details = self.details(record, record.path, "failed");
                details["failure"] = json!(how);
                ("plugin_request", details)
            }
        };
        // A row that is lost here is told by the next request, which does not leave.
        let _ = self.write(action, details);
    }
}

impl Drop for AuditTrail {
    fn drop(&mut self) {
        let denials = self.denials.load(Ordering::SeqCst);
        if denials > DENIALS_MAX {
            let details = json!({"connection": self.connection, "decision": "denied", "more": denials - DENIALS_MAX});
            let _ = self.write("plugin_denied", details);
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}
