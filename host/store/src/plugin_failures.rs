//! `plugin_failures`: misbehaviour of plugins, kept over restarts and processes.
//!
//! Invariants: of a plugin at most [`ROWS_MAX`] rows are kept, none older than [`KEPT_MS`]; a row holds no word that a
//! plugin said. What a number of failures means is decided elsewhere.

use rusqlite::params;

use crate::events::Door;
use crate::{Store, StoreError, Tx, row};

/// Rows of one plugin: more than a window of ten minutes can need, and a bound where many processes fail at once.
const ROWS_MAX: u32 = 100;
/// How long a row is kept: a day, so that a person still sees what happened.
const KEPT_MS: u64 = 24 * 60 * 60 * 1000;

/// A row of `plugin_failures`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PluginFailure {
    /// The manifest's id.
    pub plugin_id: String,
    /// SHA-256 hex of the bytes that failed.
    pub sha256: String,
    /// Their version.
    pub version: String,
    /// The exported function.
    pub function: String,
    /// A code such as `cpu_limit`.
    pub fault: String,
    /// SHA-256 hex of the document that it failed on; `None` where failures are counted one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// Milliseconds since the Unix epoch.
    pub failed_at: u64,
}

/// What it takes to open a further connection to a store later and on another thread; opens none by itself.
#[derive(Debug)]
pub struct StoreDoor(Door);

impl StoreDoor {
    /// Opens a connection.
    ///
    /// # Errors
    /// Those of [`Store::reopen`].
    pub fn open(&self) -> Result<Store, StoreError> {
        self.0.open()
    }
}

impl Store {
    /// Gives what it takes to open a further connection later.
    pub fn door(&self) -> StoreDoor {
        StoreDoor(Door::of(self))
    }

    /// Lists failures since a time (milliseconds since the Unix epoch) of one plugin or of all, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_failures(&self, plugin: Option<&str>, since_ms: u64) -> Result<Vec<PluginFailure>, StoreError> {
        let sql = "SELECT plugin_id, sha256, version, function, fault, failed_at, input FROM plugin_failures
                   WHERE failed_at >= ?2 AND (?1 IS NULL OR plugin_id = ?1) ORDER BY failed_at, rowid";
        row::all(&self.conn, sql, params![plugin, i64::try_from(since_ms).unwrap_or(i64::MAX)], |row| {
            Ok(PluginFailure {
                plugin_id: row.get(0)?,
                sha256: row.get(1)?,
                version: row.get(2)?,
                function: row.get(3)?,
                fault: row.get(4)?,
                failed_at: row::unsigned(row.get(5)?),
                input: row.get(6)?,
            })
        })
    }
}

impl Tx<'_> {
    /// Keeps a failure, and lets go of those of its plugin that are too old or too many.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn record_plugin_failure(&self, failure: &PluginFailure) -> Result<(), StoreError> {
        let at = i64::try_from(failure.failed_at).unwrap_or(i64::MAX);
        let sql = "INSERT INTO plugin_failures (plugin_id, sha256, version, function, fault, failed_at, input)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let PluginFailure { plugin_id, sha256, version, function, fault, input, .. } = failure;
        let values = params![plugin_id, sha256, version, function, fault, at, input];
        row::execute(&self.conn, sql, values)?;
        let oldest = i64::try_from(failure.failed_at.saturating_sub(KEPT_MS)).unwrap_or(0);
        row::execute(&self.conn, "DELETE FROM plugin_failures WHERE failed_at < ?1", [oldest])?;
        let sql = "DELETE FROM plugin_failures WHERE plugin_id = ?1 AND rowid NOT IN
                   (SELECT rowid FROM plugin_failures WHERE plugin_id = ?1 ORDER BY failed_at DESC, rowid DESC LIMIT ?2)";
        row::execute(&self.conn, sql, params![failure.plugin_id, ROWS_MAX])?;
        Ok(())
    }

    /// Forgets every failure of a plugin; returns how many there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_plugin_failures(&self, plugin: &str) -> Result<usize, StoreError> {
        row::execute(&self.conn, "DELETE FROM plugin_failures WHERE plugin_id = ?1", [plugin])
    }
}
