//! `ai_providers`: connections to AI providers, their keys sealed.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::id::uuid_v7;
use trcaa_model::secret::Secret;

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, name, plugin, api_url, model, max_tokens, temperature, options, supports_tool_calling, \
                       created_at, updated_at, encrypted_api_key IS NOT NULL";
const TABLE: &str = "ai_providers";
const COLUMN: &str = "encrypted_api_key";

/// A row of `ai_providers`, without its key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Provider {
    /// Row id.
    pub id: String,
    /// Unique name that the user gave.
    pub name: String,
    /// Id of the plugin that serves it.
    pub plugin: String,
    /// Base URL.
    pub api_url: String,
    /// Model name.
    pub model: String,
    /// Most tokens of an answer.
    pub max_tokens: Option<i64>,
    /// As the provider defines it.
    pub temperature: Option<f64>,
    /// JSON object of further settings.
    pub options: serde_json::Value,
    /// Whether it can call tools; `None` where nobody tried.
    pub supports_tool_calling: Option<bool>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub updated_at: String,
    /// Whether a key is stored.
    pub has_api_key: bool,
}

/// What a provider is made from, or changed to.
#[derive(Clone, Debug)]
pub struct NewProvider {
    /// Unique name that the user gave.
    pub name: String,
    /// Id of the plugin that serves it.
    pub plugin: String,
    /// Base URL.
    pub api_url: String,
    /// `None` keeps a stored key.
    pub api_key: Option<Secret>,
    /// Model name.
    pub model: String,
    /// Most tokens of an answer.
    pub max_tokens: Option<i64>,
    /// As the provider defines it.
    pub temperature: Option<f64>,
    /// JSON object of further settings.
    pub options: serde_json::Value,
    /// Whether it can call tools.
    pub supports_tool_calling: Option<bool>,
}

fn provider_of(row: &Row<'_>) -> Result<Provider, StoreError> {
    let id: String = row.get(0)?;
    let options: String = row.get(7)?;
    Ok(Provider {
        name: row.get(1)?,
        plugin: row.get(2)?,
        api_url: row.get(3)?,
        model: row.get(4)?,
        max_tokens: row.get(5)?,
        temperature: row.get(6)?,
        options: row::json(TABLE, &id, &options)?,
        supports_tool_calling: row.get(8)?,
        created_at: row.get(9)?,
        updated_at: row.get(10)?,
        has_api_key: row.get(11)?,
        id,
    })
}

impl Store {
    /// Lists providers by name.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn providers(&self) -> Result<Vec<Provider>, StoreError> {
        row::all(&self.conn, &format!("SELECT {COLUMNS} FROM ai_providers ORDER BY name"), [], provider_of)
    }

    /// Reads one provider by name.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn provider(&self, name: &str) -> Result<Provider, StoreError> {
        row::first(&self.conn, &format!("SELECT {COLUMNS} FROM ai_providers WHERE name = ?1"), [name], provider_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "provider", given: name.to_owned() })
    }

    /// What tells one key of a provider from any other of it, without opening it; empty where it has none.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn provider_key_mark(&self, name: &str) -> Result<String, StoreError> {
        // The sealed text: a nonce of its own makes it another one each time that a key is set.
        let sql = "SELECT COALESCE(encrypted_api_key, '') FROM ai_providers WHERE name = ?1";
        Ok(row::first(&self.conn, sql, [name], |row| Ok(row.get(0)?))?.unwrap_or_default())
    }

    /// Opens a provider's key, for the one place that writes it into a request.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::Column`] where it does not open.
    pub fn provider_api_key(&self, name: &str) -> Result<Option<Secret>, StoreError> {
        let sql = "SELECT id, encrypted_api_key FROM ai_providers WHERE name = ?1";
        let (id, sealed): (String, Option<String>) =
            row::first(&self.conn, sql, [name], |row| Ok((row.get(0)?, row.get(1)?)))?
                .ok_or_else(|| StoreError::NoSuch { what: "provider", given: name.to_owned() })?;
        let Some(sealed) = sealed else { return Ok(None) };
        let bytes = self.column_cipher().open(TABLE, COLUMN, &id, &sealed).map_err(|source| StoreError::Column {
            table: TABLE,
            column: COLUMN,
            id,
            source,
        })?;
        Ok(Some(Secret::new(String::from_utf8_lossy(&bytes))))
    }
}

impl Tx<'_> {
    /// Inserts a provider, or changes the one of that name.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty name or options that are no JSON object.
    pub fn upsert_provider(&self, new: &NewProvider) -> Result<Provider, StoreError> {
        if new.name.trim().is_empty() {
            return Err(StoreError::Invalid { what: "provider name", reason: "it is empty".to_owned() });
        }
        if !new.options.is_object() {
            return Err(StoreError::Invalid { what: "provider options", reason: "they are no JSON object".to_owned() });
        }
        let existing = row::first(&self.conn, "SELECT id FROM ai_providers WHERE name = ?1", [&new.name], |row| {
            Ok(row.get::<_, String>(0)?)
        })?;
        let id = existing.unwrap_or_else(|| uuid_v7(self.clock(), self.entropy()));
        let sealed = new
            .api_key
            .as_ref()
            .map(|key| self.column_cipher().seal(TABLE, COLUMN, &id, key.expose().as_bytes()))
            .transpose()
            .map_err(|source| StoreError::Column { table: TABLE, column: COLUMN, id: id.clone(), source })?;
        let sql =
            "INSERT INTO ai_providers (id, name, plugin, api_url, encrypted_api_key, model, max_tokens, temperature,
                       options, supports_tool_calling, created_at, updated_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11)
                   ON CONFLICT (id) DO UPDATE SET plugin = excluded.plugin, api_url = excluded.api_url,
                       encrypted_api_key = COALESCE(excluded.encrypted_api_key, encrypted_api_key),
                       model = excluded.model, max_tokens = excluded.max_tokens, temperature = excluded.temperature,
                       options = excluded.options, supports_tool_calling = excluded.supports_tool_calling,
                       updated_at = excluded.updated_at";
        let values = params![
            id,
            new.name,
            new.plugin,
            new.api_url,
            sealed,
            new.model,
            new.max_tokens,
            new.temperature,
            new.options.to_string(),
            new.supports_tool_calling,
            self.now(),
        ];
        row::execute(&self.conn, sql, values)?;
        self.provider(&new.name)
    }

    /// Removes a provider with its key.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn remove_provider(&self, name: &str) -> Result<(), StoreError> {
        match row::execute(&self.conn, "DELETE FROM ai_providers WHERE name = ?1", [name])? {
            0 => Err(StoreError::NoSuch { what: "provider", given: name.to_owned() }),
            _ => Ok(()),
        }
    }
}
