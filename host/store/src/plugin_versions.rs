//! `plugin_versions` and `plugin_publishers`: which versions of a plugin are kept, and whose plugin an id is.
//!
//! Invariant: of one plugin there is at most one version of each role (a unique index holds that).

use rusqlite::{Row, params};
use serde::Serialize;

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "plugin_id, version, sha256, world, publisher, publisher_key, capability_hash, source, role, \
                       manifest, installed_at";

/// What a kept version is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VersionRole {
    /// It runs, if the plugin is enabled.
    Active,
    /// It ran before the active one; a rollback makes it active.
    Previous,
    /// It needs the user's word, and waits for it.
    Pending,
}

impl VersionRole {
    /// The text of `plugin_versions.role`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Previous => "previous",
            Self::Pending => "pending",
        }
    }
}

impl std::str::FromStr for VersionRole {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "active" => Ok(Self::Active),
            "previous" => Ok(Self::Previous),
            "pending" => Ok(Self::Pending),
            _ => Err(format!("unknown role {text:?}")),
        }
    }
}

/// A row of `plugin_versions`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginVersion {
    /// The manifest's id.
    pub plugin_id: String,
    /// The manifest's version.
    pub version: String,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// Its WIT world with its version.
    pub world: String,
    /// The name that its publisher goes by.
    pub publisher: Option<String>,
    /// Who signed it; `None` for an unsigned one.
    pub publisher_key: Option<String>,
    /// SHA-256 hex over everything that it asks for.
    pub capability_hash: String,
    /// Where it came from.
    pub source: String,
    /// What it is kept for.
    pub role: VersionRole,
    /// The manifest, JSON.
    pub manifest: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC. Writing leaves it out of account: a new row gets the present, an old one keeps its.
    pub installed_at: String,
}

/// A row of `plugin_publishers`: whose plugin an id is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PinnedPublisher {
    /// The manifest's id.
    pub plugin_id: String,
    /// The name that the publisher went by.
    pub publisher: Option<String>,
    /// Ed25519 public key; `None`: what the user trusted was unsigned.
    pub publisher_key: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC. Writing leaves it out of account.
    pub pinned_at: String,
}

fn version_of(row: &Row<'_>) -> Result<PluginVersion, StoreError> {
    let plugin_id: String = row.get(0)?;
    let role: String = row.get(8)?;
    Ok(PluginVersion {
        version: row.get(1)?,
        sha256: row.get(2)?,
        world: row.get(3)?,
        publisher: row.get(4)?,
        publisher_key: row.get(5)?,
        capability_hash: row.get(6)?,
        source: row.get(7)?,
        role: row::parsed("plugin_versions", &plugin_id, &role)?,
        manifest: row.get(9)?,
        installed_at: row.get(10)?,
        plugin_id,
    })
}

impl Store {
    /// Lists kept versions: of one plugin, or of all by id; the active one first, then previous, then pending.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_versions(&self, plugin: Option<&str>) -> Result<Vec<PluginVersion>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM plugin_versions WHERE ?1 IS NULL OR plugin_id = ?1
             ORDER BY plugin_id, CASE role WHEN 'active' THEN 0 WHEN 'previous' THEN 1 ELSE 2 END"
        );
        row::all(&self.conn, &sql, [plugin], version_of)
    }

    /// Reads the version of a role, where there is one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_version(&self, plugin: &str, role: VersionRole) -> Result<Option<PluginVersion>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM plugin_versions WHERE plugin_id = ?1 AND role = ?2");
        row::first(&self.conn, &sql, [plugin, role.as_str()], version_of)
    }

    /// Reads whose plugin an id is; `None` where nobody trusted one of that id yet.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn pinned_publisher(&self, plugin: &str) -> Result<Option<PinnedPublisher>, StoreError> {
        let sql = "SELECT publisher, publisher_key, pinned_at FROM plugin_publishers WHERE plugin_id = ?1";
        row::first(&self.conn, sql, [plugin], |row| {
            Ok(PinnedPublisher {
                plugin_id: plugin.to_owned(),
                publisher: row.get(0)?,
                publisher_key: row.get(1)?,
                pinned_at: row.get(2)?,
            })
        })
    }

    /// Whether anything is left of a plugin without a row of its own: a pin, a grant to anybody, a secret, state, a
    /// version or a failure.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_plugin_remnants(&self, plugin: &str) -> Result<bool, StoreError> {
        for table in [
            "plugin_publishers",
            "plugin_grants",
            "plugin_secrets",
            "plugin_state",
            "plugin_versions",
            "plugin_failures",
        ] {
            let sql = format!("SELECT 1 FROM {table} WHERE plugin_id = ?1 LIMIT 1");
            if row::first(&self.conn, &sql, [plugin], |row| Ok(row.get::<_, i64>(0)?))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ids of plugins that a key is pinned for.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugins_of_key(&self, publisher_key: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT plugin_id FROM plugin_publishers WHERE publisher_key = ?1 ORDER BY plugin_id";
        row::all(&self.conn, sql, [publisher_key], |row| Ok(row.get(0)?))
    }
}

impl Tx<'_> {
    /// Writes a version. Whatever else had its role is no longer kept.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn put_plugin_version(&self, version: &PluginVersion) -> Result<(), StoreError> {
        let id = &version.plugin_id;
        let taken = "DELETE FROM plugin_versions WHERE plugin_id = ?1 AND role = ?2 AND sha256 <> ?3";
        row::execute(&self.conn, taken, params![id, version.role.as_str(), version.sha256])?;
        let sql = "INSERT INTO plugin_versions (plugin_id, version, sha256, world, publisher, publisher_key,
                       capability_hash, source, role, manifest, installed_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                   ON CONFLICT (plugin_id, sha256) DO UPDATE SET version = excluded.version, world = excluded.world,
                       publisher = excluded.publisher, publisher_key = excluded.publisher_key,
                       capability_hash = excluded.capability_hash, source = excluded.source, role = excluded.role,
                       manifest = excluded.manifest";
        let values = params![
            id,
            version.version,
            version.sha256,
            version.world,
            version.publisher,
            version.publisher_key,
            version.capability_hash,
            version.source,
            version.role.as_str(),
            version.manifest,
            self.now(),
        ];
        row::execute(&self.conn, sql, values)?;
        Ok(())
    }

    /// Keeps no version of that role any more; says whether there was one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn drop_plugin_version(&self, plugin: &str, role: VersionRole) -> Result<bool, StoreError> {
        let sql = "DELETE FROM plugin_versions WHERE plugin_id = ?1 AND role = ?2";
        Ok(row::execute(&self.conn, sql, [plugin, role.as_str()])? > 0)
    }

    /// Pins whose plugin an id is. A pin that is there stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty key, which would pass for an unsigned plugin's.
    pub fn pin_publisher(&self, plugin: &str, publisher: Option<(&str, &str)>) -> Result<(), StoreError> {
        if publisher.is_some_and(|(_, key)| key.is_empty()) {
            return Err(StoreError::Invalid { what: "publisher key", reason: "it is empty".to_owned() });
        }
        let sql = "INSERT INTO plugin_publishers (plugin_id, publisher, publisher_key, pinned_at)
                   VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
        let values = params![plugin, publisher.map(|(name, _)| name), publisher.map(|(_, key)| key), self.now()];
        row::execute(&self.conn, sql, values)?;
        Ok(())
    }

    /// Takes a pin back; says whether there was one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_publisher(&self, plugin: &str) -> Result<bool, StoreError> {
        Ok(row::execute(&self.conn, "DELETE FROM plugin_publishers WHERE plugin_id = ?1", [plugin])? > 0)
    }

    /// Deletes versions, secrets, state and failures of a plugin. Pin and grants are the user's word and have their
    /// own functions.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_plugin_data(&self, plugin: &str) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM plugin_versions WHERE plugin_id = ?1",
            "DELETE FROM plugin_secrets WHERE plugin_id = ?1",
            "DELETE FROM plugin_state WHERE plugin_id = ?1",
            "DELETE FROM plugin_failures WHERE plugin_id = ?1",
        ] {
            row::execute(&self.conn, sql, [plugin])?;
        }
        Ok(())
    }
}
