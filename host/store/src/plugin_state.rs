//! `plugin_state`: what a plugin keeps between calls, per connection, within a quota.
//!
//! Invariants: a row past its time is as if it were not there; the quota counts keys and values of what is there; what
//! would go over it changes nothing. Times are milliseconds since the Unix epoch.

use rusqlite::params;

use crate::{Store, StoreError, Tx, row};

/// Longest key in bytes.
pub const STATE_KEY_BYTES_MAX: usize = 256;
/// Most keys of one connection.
pub const STATE_KEYS_MAX: u64 = 1_000;
/// Keys of one page of a list.
const PAGE_KEYS: usize = 100;

/// Whose state it is.
#[derive(Clone, Copy, Debug)]
pub struct StateOwner<'a> {
    /// The manifest's id.
    pub plugin: &'a str,
    /// The connection; empty for a plugin's only one.
    pub connection: &'a str,
}

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateWrite {
    /// It was made.
    Done,
    /// What was there is not what was expected.
    Unexpected,
    /// All keys and values together would have more bytes than allowed.
    OverBytes,
    /// There would be more than [`STATE_KEYS_MAX`] keys.
    OverKeys,
}

/// A value to be written.
#[derive(Clone, Copy, Debug)]
pub struct NewState<'a> {
    /// The value.
    pub value: &'a [u8],
    /// When it goes away; `None` = never.
    pub expires_at_ms: Option<u64>,
    /// Bytes that all keys and values of this owner may have.
    pub bytes_max: u64,
}

impl Store {
    /// Reads a value.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_state(&self, of: StateOwner<'_>, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT value FROM plugin_state WHERE plugin_id = ?1 AND connection = ?2 AND key = ?3
                   AND (expires_at IS NULL OR expires_at > ?4)";
        row::first(&self.conn, sql, params![of.plugin, of.connection, key, self.now_ms()], |row| Ok(row.get(0)?))
    }

    /// Lists at most 100 keys that begin with `prefix` and come after `after`, and tells whether there are more.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_state_keys(
        &self,
        of: StateOwner<'_>,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<(Vec<String>, bool), StoreError> {
        // In the order of bytes all keys of a prefix stand together, from the prefix itself on.
        let sql = "SELECT key FROM plugin_state WHERE plugin_id = ?1 AND connection = ?2 AND key >= ?3
                   AND (?4 IS NULL OR key > ?4) AND (expires_at IS NULL OR expires_at > ?5) ORDER BY key LIMIT ?6";
        let values = params![of.plugin, of.connection, prefix, after, self.now_ms(), PAGE_KEYS as i64 + 1];
        let mut keys: Vec<String> = row::all(&self.conn, sql, values, |row| Ok(row.get(0)?))?;
        keys.retain(|key| key.starts_with(prefix));
        let more = keys.len() > PAGE_KEYS;
        keys.truncate(PAGE_KEYS);
        Ok((keys, more))
    }

    fn now_ms(&self) -> i64 {
        i64::try_from(self.clock().now_ms()).unwrap_or(i64::MAX)
    }
}

impl Tx<'_> {
    /// Writes a value within the owner's quota.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty key or one of more than [`STATE_KEY_BYTES_MAX`] bytes.
    pub fn write_plugin_state(
        &self,
        of: StateOwner<'_>,
        key: &str,
        new: NewState<'_>,
    ) -> Result<StateWrite, StoreError> {
        if key.is_empty() || key.len() > STATE_KEY_BYTES_MAX {
            let reason = format!("a key has 1 to {STATE_KEY_BYTES_MAX} bytes");
            return Err(StoreError::Invalid { what: "state key", reason });
        }
        let expired = "DELETE FROM plugin_state WHERE plugin_id = ?1 AND connection = ?2 AND expires_at <= ?3";
        row::execute(&self.conn, expired, params![of.plugin, of.connection, self.now_ms()])?;
        let sql = "SELECT count(*), COALESCE(sum(length(CAST(key AS BLOB)) + length(value)), 0) FROM plugin_state
                   WHERE plugin_id = ?1 AND connection = ?2 AND key <> ?3";
        let others = row::first(&self.conn, sql, [of.plugin, of.connection, key], |row| {
            Ok((row::unsigned(row.get(0)?), row::unsigned(row.get(1)?)))
        })?;
        let (keys, bytes) = others.unwrap_or_default();
        if keys >= STATE_KEYS_MAX {
            return Ok(StateWrite::OverKeys);
        }
        let added = (key.len() as u64).saturating_add(new.value.len() as u64);
        if bytes.saturating_add(added) > new.bytes_max {
            return Ok(StateWrite::OverBytes);
        }
        let sql = "INSERT INTO plugin_state (plugin_id, connection, key, value, expires_at, updated_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                   ON CONFLICT (plugin_id, connection, key) DO UPDATE SET value = excluded.value,
                       expires_at = excluded.expires_at, updated_at = excluded.updated_at";
        let expires_at = new.expires_at_ms.map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        row::execute(&self.conn, sql, params![of.plugin, of.connection, key, new.value, expires_at, self.now()])?;
        Ok(StateWrite::Done)
    }

    /// Writes (or removes, where `new` is none) if the present value is `expected`.
    ///
    /// # Errors
    /// As [`Tx::write_plugin_state`].
    pub fn swap_plugin_state(
        &self,
        of: StateOwner<'_>,
        key: &str,
        expected: Option<&[u8]>,
        new: Option<NewState<'_>>,
    ) -> Result<StateWrite, StoreError> {
        if self.plugin_state(of, key)?.as_deref() != expected {
            return Ok(StateWrite::Unexpected);
        }
        match new {
            Some(new) => self.write_plugin_state(of, key, new),
            None => self.remove_plugin_state(of, key).map(|()| StateWrite::Done),
        }
    }

    /// Removes a value, if it is there.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_plugin_state(&self, of: StateOwner<'_>, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM plugin_state WHERE plugin_id = ?1 AND connection = ?2 AND key = ?3";
        row::execute(&self.conn, sql, [of.plugin, of.connection, key])?;
        Ok(())
    }

    /// Removes all that a plugin kept, for all its connections or one; returns how many values there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_plugin_state(&self, plugin: &str, connection: Option<&str>) -> Result<usize, StoreError> {
        let sql = "DELETE FROM plugin_state WHERE plugin_id = ?1 AND (?2 IS NULL OR connection = ?2)";
        row::execute(&self.conn, sql, params![plugin, connection])
    }
}
