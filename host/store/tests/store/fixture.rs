//! A store in a temporary folder, with a clock that ticks by a second and seeded entropy.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::TempDir;
use trcaa_model::attachment::{LogFile, NewLogFile};
use trcaa_model::audit::AuditRecord;
use trcaa_model::env::Clock;
use trcaa_model::env::fixed::SeededEntropy;
use trcaa_model::id::IssueId;
use trcaa_model::issue::{Issue, NewIssue, Severity};
use trcaa_store::{KeySource, OpenOptions, Store, StoreError};
use zeroize::Zeroizing;

pub(crate) const RAW_KEY: [u8; 32] = [0x5a; 32];

struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1000, Ordering::Relaxed)
    }
}

pub(crate) fn raw_key() -> KeySource {
    KeySource::RawKey(Zeroizing::new(RAW_KEY))
}

pub(crate) struct Home {
    pub(crate) dir: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub(crate) fn options(&self, key: KeySource) -> OpenOptions {
        static SEED: AtomicU64 = AtomicU64::new(1);
        // Processes that write to one store must not make the same ids.
        let seed = SEED.fetch_add(0x0123_4567_89ab, Ordering::Relaxed) ^ (u64::from(std::process::id()) << 32);
        let entropy = SeededEntropy::new(seed);
        OpenOptions::new(self.folder(), key, Arc::new(Ticking(AtomicU64::new(1_700_000_000_000))), Arc::new(entropy))
    }

    pub(crate) fn try_open(&self, key: KeySource) -> Result<Store, StoreError> {
        self.options(key).open()
    }

    /// Opens without waiting for others, and expects that it fails.
    pub(crate) fn open_refused(&self, key: KeySource) -> StoreError {
        let mut options = self.options(key);
        options.wait = std::time::Duration::ZERO;
        options.open().unwrap_err()
    }

    pub(crate) fn open(&self) -> Store {
        self.try_open(raw_key()).unwrap()
    }

    /// Another client's connection to the same file, to look at and tamper with rows.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        let conn = rusqlite::Connection::open(self.file("tftsr.db")).unwrap();
        conn.pragma_update(None, "key", format!("x'{}'", hex::encode(RAW_KEY))).unwrap();
        conn.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
        conn
    }
}

pub(crate) fn new_issue(title: &str, description: &str) -> NewIssue {
    NewIssue {
        title: title.to_owned(),
        description: Some(description.to_owned()),
        severity: Severity::High,
        category: Some("linux".to_owned()),
        source: None,
        assigned_to: None,
        tags: vec!["disk".to_owned()],
    }
}

pub(crate) fn insert_issue(store: &Store, title: &str, description: &str) -> Issue {
    store.write(|tx| tx.insert_issue(&new_issue(title, description))).unwrap()
}

pub(crate) fn record(entity_id: &str) -> AuditRecord {
    AuditRecord {
        action: "upload_log_file",
        entity_type: "log_file",
        entity_id: entity_id.to_owned(),
        details: serde_json::json!({"n": 1}),
    }
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn new_log(issue: &IssueId, content_compressed: Vec<u8>) -> NewLogFile {
    NewLogFile {
        issue_id: issue.clone(),
        file_name: "app.log".to_owned(),
        file_path: String::new(),
        file_size: 12,
        mime_type: "text/plain".to_owned(),
        content_hash: "00".repeat(32),
        content_compressed,
    }
}

pub(crate) fn insert_log(store: &Store, issue: &IssueId, text: &str) -> LogFile {
    store.write(|tx| tx.insert_log(&new_log(issue, gzip(text.as_bytes())))).unwrap()
}

/// Every byte of every file below a folder.
pub(crate) fn all_bytes(folder: &std::path::Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(all_bytes(&path))
        } else {
            found.push((path.clone(), std::fs::read(&path).unwrap()))
        }
    }
    found
}

pub(crate) fn contains(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle.as_bytes())
}
