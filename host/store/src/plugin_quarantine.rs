//! `plugin_versions.quarantine`: which bytes were switched off by their failures, and why.
//!
//! Invariant: the mark belongs to the bytes and not to what is active, so that it is still there when somebody goes away
//! from them and comes back; only the user's word about exactly these bytes takes it off.

use rusqlite::params;

use crate::{Store, StoreError, Tx, row};

impl Store {
    /// Reads why these bytes were switched off; `None` where they were not, or are not kept.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_quarantine(&self, plugin: &str, sha256: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT quarantine FROM plugin_versions WHERE plugin_id = ?1 AND sha256 = ?2";
        let found: Option<Option<String>> = row::first(&self.conn, sql, [plugin, sha256], |row| Ok(row.get(0)?))?;
        Ok(found.flatten())
    }
}

impl Tx<'_> {
    /// Marks these bytes as switched off, with the reason, or takes the mark off. Does nothing where they are not kept.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn set_plugin_quarantine(&self, plugin: &str, sha256: &str, reason: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE plugin_versions SET quarantine = ?3 WHERE plugin_id = ?1 AND sha256 = ?2";
        row::execute(&self.conn, sql, params![plugin, sha256, reason])?;
        Ok(())
    }
}
