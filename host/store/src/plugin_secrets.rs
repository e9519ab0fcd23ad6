//! `plugin_secrets`: secrets that the user bound to a name of a plugin's manifest, sealed.
//!
//! Invariants: a row's secret leaves this module through [`Store::plugin_secret`] and [`Store::plugin_secrets_of`] only;
//! lists carry its name and the beginning of its digest; a row's id is that of one binding by the user, which renewed
//! tokens keep.

use rusqlite::{Row, params};
use serde::Serialize;
use sha2::{Digest, Sha256};
use trcaa_model::id::uuid_v7;
use trcaa_model::secret::Secret;

use crate::{Store, StoreError, Tx, row};

const TABLE: &str = "plugin_secrets";
const COLUMN: &str = "encrypted_value";
const COLUMNS: &str = "id, plugin_id, connection, name, encrypted_value, created_at, updated_at";
/// Hex digits of the digest that are shown: enough to compare two, too few to try passwords against.
const DIGEST_DIGITS: usize = 8;
/// Most bytes of a secret, an OAuth record with two tokens among them.
pub const PLUGIN_SECRET_BYTES_MAX: usize = 64 << 10;

/// A row of `plugin_secrets`, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PluginSecret {
    /// Row id: another after each binding.
    pub id: String,
    /// The manifest's id.
    pub plugin_id: String,
    /// The connection it belongs to; empty for a plugin's only one.
    pub connection: String,
    /// The name in the manifest.
    pub name: String,
    /// The first 8 hex digits of the secret's SHA-256; empty where it does not open.
    pub sha256_prefix: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub updated_at: String,
}

/// What is in a row, the secret still sealed.
struct Sealed {
    row: PluginSecret,
    value: String,
}

fn sealed_of(row: &Row<'_>) -> Result<Sealed, StoreError> {
    Ok(Sealed {
        row: PluginSecret {
            id: row.get(0)?,
            plugin_id: row.get(1)?,
            connection: row.get(2)?,
            name: row.get(3)?,
            sha256_prefix: String::new(),
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
        },
        value: row.get(4)?,
    })
}

fn check(plugin: &str, name: &str, secret: &Secret) -> Result<(), StoreError> {
    let length = secret.expose().len();
    if !plugin.is_empty() && !name.is_empty() && (1..=PLUGIN_SECRET_BYTES_MAX).contains(&length) {
        return Ok(());
    }
    let reason =
        format!("names and value must not be empty, and the value has at most {PLUGIN_SECRET_BYTES_MAX} bytes");
    Err(StoreError::Invalid { what: "plugin secret", reason })
}

impl Store {
    fn open_secret(&self, sealed: &Sealed) -> Result<Secret, StoreError> {
        let id = &sealed.row.id;
        let bytes = self
            .column_cipher()
            .open(TABLE, COLUMN, id, &sealed.value)
            .map_err(|source| StoreError::Column { table: TABLE, column: COLUMN, id: id.clone(), source })?;
        Ok(Secret::new(String::from_utf8_lossy(&bytes)))
    }

    /// Lists the secrets of a plugin by connection and name.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_secrets(&self, plugin: &str) -> Result<Vec<PluginSecret>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM plugin_secrets WHERE plugin_id = ?1 ORDER BY connection, name");
        let rows = row::all(&self.conn, &sql, [plugin], sealed_of)?;
        Ok(rows
            .into_iter()
            .map(|sealed| {
                let digest = self.open_secret(&sealed).map(|s| hex::encode(Sha256::digest(s.expose())));
                let sha256_prefix = digest.unwrap_or_default().chars().take(DIGEST_DIGITS).collect();
                PluginSecret { sha256_prefix, ..sealed.row }
            })
            .collect())
    }

    /// Opens one secret.
    ///
    /// # Errors
    /// [`StoreError::Column`] where it does not open.
    pub fn plugin_secret(&self, plugin: &str, connection: &str, name: &str) -> Result<Option<Secret>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM plugin_secrets WHERE plugin_id = ?1 AND connection = ?2 AND name = ?3");
        let sealed = row::first(&self.conn, &sql, [plugin, connection, name], sealed_of)?;
        sealed.map(|sealed| self.open_secret(&sealed)).transpose()
    }

    /// Opens all secrets of one connection, with their names.
    ///
    /// # Errors
    /// [`StoreError::Column`] where one does not open.
    pub fn plugin_secrets_of(&self, plugin: &str, connection: &str) -> Result<Vec<(String, Secret)>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM plugin_secrets WHERE plugin_id = ?1 AND connection = ?2 ORDER BY name");
        let rows = row::all(&self.conn, &sql, [plugin, connection], sealed_of)?;
        rows.into_iter().map(|sealed| Ok((sealed.row.name.clone(), self.open_secret(&sealed)?))).collect()
    }
}

impl Tx<'_> {
    /// Binds a secret. One that was bound to that name is gone, and so is its row's id: by that, whoever works with the
    /// old one sees that the user took it back.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty name or secret, or one of more than [`PLUGIN_SECRET_BYTES_MAX`].
    pub fn set_plugin_secret(
        &self,
        plugin: &str,
        connection: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<(), StoreError> {
        check(plugin, name, secret)?;
        let sql = "SELECT created_at FROM plugin_secrets WHERE plugin_id = ?1 AND connection = ?2 AND name = ?3";
        let created: Option<String> = row::first(&self.conn, sql, [plugin, connection, name], |row| Ok(row.get(0)?))?;
        self.remove_plugin_secret(plugin, connection, name)?;
        let id = uuid_v7(self.clock(), self.entropy());
        let sealed = self.seal_secret(&id, secret)?;
        let sql =
            "INSERT INTO plugin_secrets (id, plugin_id, connection, name, encrypted_value, created_at, updated_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, COALESCE(?6, ?7), ?7)";
        row::execute(&self.conn, sql, params![id, plugin, connection, name, sealed, created, self.now()])?;
        Ok(())
    }

    /// Puts renewed tokens in the place of those that they were given for: the same secret, so its row keeps its id and
    /// nobody who works with it is stopped. Says whether it was there.
    ///
    /// # Errors
    /// As [`Tx::set_plugin_secret`].
    pub fn renew_plugin_secret(
        &self,
        plugin: &str,
        connection: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<bool, StoreError> {
        check(plugin, name, secret)?;
        let sql = "SELECT id FROM plugin_secrets WHERE plugin_id = ?1 AND connection = ?2 AND name = ?3";
        let known: Option<String> = row::first(&self.conn, sql, [plugin, connection, name], |row| Ok(row.get(0)?))?;
        let Some(id) = known else { return Ok(false) };
        let sealed = self.seal_secret(&id, secret)?;
        let sql = "UPDATE plugin_secrets SET encrypted_value = ?2, updated_at = ?3 WHERE id = ?1";
        Ok(row::execute(&self.conn, sql, params![id, sealed, self.now()])? > 0)
    }

    fn seal_secret(&self, id: &str, secret: &Secret) -> Result<String, StoreError> {
        let sealed = self.column_cipher().seal(TABLE, COLUMN, id, secret.expose().as_bytes());
        sealed.map_err(|source| StoreError::Column { table: TABLE, column: COLUMN, id: id.to_owned(), source })
    }

    /// Removes one secret; says whether it was there.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_plugin_secret(&self, plugin: &str, connection: &str, name: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM plugin_secrets WHERE plugin_id = ?1 AND connection = ?2 AND name = ?3";
        Ok(row::execute(&self.conn, sql, [plugin, connection, name])? > 0)
    }

    /// Removes all secrets of a plugin, of all its connections or of one; returns how many there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_plugin_secrets(&self, plugin: &str, connection: Option<&str>) -> Result<usize, StoreError> {
        let sql = "DELETE FROM plugin_secrets WHERE plugin_id = ?1 AND (?2 IS NULL OR connection = ?2)";
        row::execute(&self.conn, sql, params![plugin, connection])
    }
}
