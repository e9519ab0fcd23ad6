//! `plugins` and `plugin_grants`: what is installed and what the user allowed. What that means is decided elsewhere.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::plugin::Kind;
use zeroize::Zeroizing;

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, version, kind, world, sha256, source, state, reason, installed_at, manifest";

/// Whether a plugin may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PluginState {
    /// It runs when called.
    Enabled,
    /// The user stopped it.
    Disabled,
    /// It failed too often.
    Quarantined,
}

impl PluginState {
    /// The text of `plugins.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Quarantined => "quarantined",
        }
    }
}

impl std::str::FromStr for PluginState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "enabled" => Ok(Self::Enabled),
            "disabled" => Ok(Self::Disabled),
            "quarantined" => Ok(Self::Quarantined),
            _ => Err(format!("unknown state {text:?}")),
        }
    }
}

/// A row of `plugins`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginRow {
    /// The manifest's id.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Which family it is of.
    pub kind: Kind,
    /// Its WIT world with its version.
    pub world: String,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// Where it was installed from.
    pub source: String,
    /// Whether it may run.
    pub state: PluginState,
    /// Why it may not.
    pub reason: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC. Writing leaves it out of account: a new row gets the present, an old one keeps its.
    pub installed_at: String,
    /// The manifest as it was read, JSON.
    pub manifest: String,
}

/// A row of `plugin_grants`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PluginGrant {
    /// The manifest's id.
    pub plugin_id: String,
    /// Who signed it; `None` for an unsigned one.
    pub publisher_key: Option<String>,
    /// SHA-256 hex of the capability's canonical form.
    pub capability_hash: String,
    /// The capability, JSON.
    pub capability: serde_json::Value,
    /// `YYYY-MM-DD HH:MM:SS`, UTC. Writing leaves it out of account.
    pub granted_at: String,
}

fn plugin_of(row: &Row<'_>) -> Result<PluginRow, StoreError> {
    let id: String = row.get(0)?;
    let kind: String = row.get(2)?;
    let state: String = row.get(6)?;
    Ok(PluginRow {
        version: row.get(1)?,
        kind: row::parsed("plugins", &id, &kind)?,
        world: row.get(3)?,
        sha256: row.get(4)?,
        source: row.get(5)?,
        state: row::parsed("plugins", &id, &state)?,
        reason: row.get(7)?,
        installed_at: row.get(8)?,
        manifest: row.get(9)?,
        id,
    })
}

impl Store {
    /// Gives the key that authenticates compiled plugin code outside the database, making it on first use.
    ///
    /// # Errors
    /// Those of SQLite and of [`Store::write`].
    pub fn plugin_code_key(&self) -> Result<Zeroizing<[u8; 32]>, StoreError> {
        let read = |store: &Self| {
            let sql = "SELECT key FROM plugin_code_key";
            row::first(&store.conn, sql, [], |row| Ok(Zeroizing::new(row.get::<_, [u8; 32]>(0)?)))
        };
        if let Some(key) = read(self)? {
            return Ok(key);
        }
        self.write(|tx| {
            // Another process may just have made it.
            if let Some(key) = read(tx)? {
                return Ok(key);
            }
            let mut key = Zeroizing::new([0u8; 32]);
            tx.entropy().fill(key.as_mut_slice());
            row::execute(&tx.conn, "INSERT INTO plugin_code_key (id, key) VALUES (1, ?1)", [key.as_slice()])?;
            Ok(key)
        })
    }

    /// Lists installed plugins by id.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugins(&self) -> Result<Vec<PluginRow>, StoreError> {
        row::all(&self.conn, &format!("SELECT {COLUMNS} FROM plugins ORDER BY id"), [], plugin_of)
    }

    /// Reads one installed plugin.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin(&self, id: &str) -> Result<Option<PluginRow>, StoreError> {
        row::first(&self.conn, &format!("SELECT {COLUMNS} FROM plugins WHERE id = ?1"), [id], plugin_of)
    }

    /// Lists what was granted to a plugin of a publisher (`None`: of nobody in particular, unsigned).
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugin_grants(&self, plugin: &str, publisher_key: Option<&str>) -> Result<Vec<PluginGrant>, StoreError> {
        let sql = "SELECT plugin_id, publisher_key, capability_hash, capability, granted_at FROM plugin_grants
                   WHERE plugin_id = ?1 AND publisher_key IS ?2 ORDER BY rowid";
        row::all(&self.conn, sql, params![plugin, publisher_key], |row| {
            let plugin_id: String = row.get(0)?;
            let capability: String = row.get(3)?;
            Ok(PluginGrant {
                publisher_key: row.get(1)?,
                capability_hash: row.get(2)?,
                capability: row::json("plugin_grants", &plugin_id, &capability)?,
                granted_at: row.get(4)?,
                plugin_id,
            })
        })
    }
}

impl Tx<'_> {
    /// Inserts or replaces an installed plugin.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn upsert_plugin(&self, plugin: &PluginRow) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO plugins (id, version, kind, world, sha256, source, state, reason, installed_at, manifest)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                   ON CONFLICT (id) DO UPDATE SET version = excluded.version, kind = excluded.kind,
                       world = excluded.world, sha256 = excluded.sha256, source = excluded.source,
                       state = excluded.state, reason = excluded.reason, manifest = excluded.manifest";
        let values = params![
            plugin.id,
            plugin.version,
            plugin.kind.as_str(),
            plugin.world,
            plugin.sha256,
            plugin.source,
            plugin.state.as_str(),
            plugin.reason,
            self.now(),
            plugin.manifest,
        ];
        row::execute(&self.conn, sql, values)?;
        Ok(())
    }

    /// Lets a plugin run or stops it, with the reason.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn set_plugin_state(&self, id: &str, state: PluginState, reason: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE plugins SET state = ?2, reason = ?3 WHERE id = ?1";
        match row::execute(&self.conn, sql, params![id, state.as_str(), reason])? {
            0 => Err(StoreError::NoSuch { what: "plugin", given: id.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Removes a plugin; says whether it was there. Its grants stay: they are the user's word, not the file's.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remove_plugin(&self, id: &str) -> Result<bool, StoreError> {
        Ok(row::execute(&self.conn, "DELETE FROM plugins WHERE id = ?1", [id])? > 0)
    }

    /// Writes a grant; one that is there already stays as it is.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty publisher key, which would pass for an unsigned plugin's.
    pub fn grant(&self, grant: &PluginGrant) -> Result<(), StoreError> {
        if grant.publisher_key.as_deref() == Some("") {
            return Err(StoreError::Invalid { what: "publisher key", reason: "it is empty".to_owned() });
        }
        let sql = "INSERT INTO plugin_grants (plugin_id, publisher_key, capability_hash, capability, granted_at)
                   VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let capability = grant.capability.to_string();
        let values = params![grant.plugin_id, grant.publisher_key, grant.capability_hash, capability, self.now()];
        row::execute(&self.conn, sql, values)?;
        Ok(())
    }

    /// Takes grants back: one capability, or all of the plugin whoever signed it; returns how many there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn revoke(&self, plugin: &str, capability_hash: Option<&str>) -> Result<usize, StoreError> {
        let sql = "DELETE FROM plugin_grants WHERE plugin_id = ?1 AND (?2 IS NULL OR capability_hash = ?2)";
        row::execute(&self.conn, sql, params![plugin, capability_hash])
    }
}
