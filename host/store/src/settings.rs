//! `settings`: names and values.

use rusqlite::params;

use crate::{Store, StoreError, Tx, row};

impl Store {
    /// Reads a setting.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn setting(&self, key: &str) -> Result<Option<String>, StoreError> {
        row::first(&self.conn, "SELECT value FROM settings WHERE key = ?1", [key], |row| Ok(row.get(0)?))
    }

    /// Lists all settings by name.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn settings(&self) -> Result<Vec<(String, String)>, StoreError> {
        row::all(&self.conn, "SELECT key, value FROM settings ORDER BY key", [], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Tx<'_> {
    /// Writes a setting.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty name.
    pub fn set_setting(&self, key: &str, value: &str) -> Result<(), StoreError> {
        if key.is_empty() {
            return Err(StoreError::Invalid { what: "setting", reason: "its name is empty".to_owned() });
        }
        let sql = "INSERT INTO settings (key, value, updated_at) VALUES (?1, ?2, ?3)
                   ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at";
        row::execute(&self.conn, sql, params![key, value, self.now()])?;
        Ok(())
    }

    /// Removes a setting; says whether it was there.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_setting(&self, key: &str) -> Result<bool, StoreError> {
        Ok(row::execute(&self.conn, "DELETE FROM settings WHERE key = ?1", [key])? > 0)
    }
}
