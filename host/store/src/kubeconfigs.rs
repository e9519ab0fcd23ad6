//! `kubeconfig_files`: ways into clusters, sealed; at most one is active.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::id::uuid_v7;
use zeroize::Zeroizing;

use crate::{Store, StoreError, Tx, row};

const TABLE: &str = "kubeconfig_files";
const COLUMN: &str = "encrypted_content";
const COLUMNS: &str = "id, name, context, cluster_url, is_active, uploaded_at, contexts, content_sha256";
const WHAT: &str = "kubeconfig";
/// Most of them; a list shows all.
const ROWS_MAX: i64 = 1_000;

/// A row of `kubeconfig_files`, without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kubeconfig {
    /// Row id.
    pub id: String,
    /// Unique name that the user gave.
    pub name: String,
    /// The context that commands run in.
    pub context: String,
    /// Address of that context's cluster.
    pub cluster_url: Option<String>,
    /// Whether commands get it.
    pub is_active: bool,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub uploaded_at: String,
    /// Names of all its contexts; empty for one that an earlier product stored.
    pub contexts: Vec<String>,
    /// SHA-256 hex of its plain text; `None` for one that an earlier product stored.
    pub content_sha256: Option<String>,
}

/// What a kubeconfig's row is made from.
#[derive(Clone, Copy, Debug)]
pub struct NewKubeconfig<'a> {
    /// Unique name that the user gave.
    pub name: &'a str,
    /// Its plain text.
    pub content: &'a [u8],
    /// SHA-256 hex of it.
    pub content_sha256: &'a str,
    /// The context that commands run in.
    pub context: &'a str,
    /// Address of that context's cluster.
    pub cluster_url: Option<&'a str>,
    /// Names of all its contexts.
    pub contexts: &'a [String],
}

fn kubeconfig_of(row: &Row<'_>) -> Result<Kubeconfig, StoreError> {
    let id: String = row.get(0)?;
    let contexts = match row.get::<_, Option<String>>(6)? {
        Some(text) => serde_json::from_str(&text).map_err(|e| StoreError::BadRow {
            table: TABLE,
            id: id.clone(),
            reason: format!("its contexts: {e}"),
        })?,
        None => Vec::new(),
    };
    Ok(Kubeconfig {
        name: row.get(1)?,
        context: row.get(2)?,
        cluster_url: row.get(3)?,
        is_active: row.get::<_, i64>(4)? == 1,
        uploaded_at: row.get(5)?,
        contexts,
        content_sha256: row.get(7)?,
        id,
    })
}

impl Store {
    /// Lists kubeconfigs by name.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn kubeconfigs(&self) -> Result<Vec<Kubeconfig>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM kubeconfig_files ORDER BY name, rowid LIMIT ?1");
        row::all(&self.conn, &sql, [ROWS_MAX], kubeconfig_of)
    }

    /// The one that commands get, if there is one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn active_kubeconfig(&self) -> Result<Option<Kubeconfig>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM kubeconfig_files WHERE is_active = 1");
        row::first(&self.conn, &sql, [], kubeconfig_of)
    }

    /// Finds one by its name, or else by its id or a prefix or suffix of it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], [`StoreError::Ambiguous`], [`StoreError::IdTooShort`].
    pub fn find_kubeconfig(&self, text: &str) -> Result<Kubeconfig, StoreError> {
        let by = |column: &str, value: &str| {
            let sql = format!("SELECT {COLUMNS} FROM kubeconfig_files WHERE {column} = ?1 ORDER BY rowid LIMIT 1");
            row::first(&self.conn, &sql, [value], kubeconfig_of)
        };
        if let Some(found) = by("name", text)? {
            return Ok(found);
        }
        let none = |e| match e {
            // What is too short for a part of an id is a name that nobody gave.
            StoreError::IdTooShort { given, .. } => StoreError::NoSuch { what: WHAT, given },
            other => other,
        };
        let id = self.resolve_kubeconfig(text).map_err(none)?;
        by("id", &id)?.ok_or_else(|| StoreError::NoSuch { what: WHAT, given: text.to_owned() })
    }

    /// Opens the content of one.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::Column`] where it does not open.
    pub fn kubeconfig_content(&self, id: &str) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let sql = "SELECT encrypted_content FROM kubeconfig_files WHERE id = ?1";
        let sealed: String = row::first(&self.conn, sql, [id], |row| Ok(row.get(0)?))?
            .ok_or_else(|| StoreError::NoSuch { what: WHAT, given: id.to_owned() })?;
        self.column_cipher().open(TABLE, COLUMN, id, &sealed).map_err(|source| StoreError::Column {
            table: TABLE,
            column: COLUMN,
            id: id.to_owned(),
            source,
        })
    }
}

impl Tx<'_> {
    /// Inserts a kubeconfig, inactive.
    ///
    /// # Errors
    /// [`StoreError::Invalid`]: the name is empty or taken, or there are too many.
    pub fn insert_kubeconfig(&self, new: &NewKubeconfig<'_>) -> Result<Kubeconfig, StoreError> {
        let invalid = |reason: String| StoreError::Invalid { what: "kubeconfig name", reason };
        if new.name.trim().is_empty() {
            return Err(invalid("it is empty".to_owned()));
        }
        let all = self.kubeconfigs()?;
        if all.iter().any(|other| other.name == new.name) {
            return Err(invalid(format!("{:?} is taken", new.name)));
        }
        if all.len() >= usize::try_from(ROWS_MAX).unwrap_or(usize::MAX) {
            return Err(invalid(format!("there are {ROWS_MAX} of them already")));
        }
        let id = uuid_v7(self.clock(), self.entropy());
        let sealed = self
            .column_cipher()
            .seal(TABLE, COLUMN, &id, new.content)
            .map_err(|source| StoreError::Column { table: TABLE, column: COLUMN, id: id.clone(), source })?;
        let sql = "INSERT INTO kubeconfig_files
                   (id, name, encrypted_content, context, cluster_url, is_active, uploaded_at, contexts, content_sha256)
                   VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, ?8)";
        let contexts = serde_json::Value::from(new.contexts).to_string();
        let values =
            params![id, new.name, sealed, new.context, new.cluster_url, self.now(), contexts, new.content_sha256];
        row::execute(&self.conn, sql, values)?;
        self.find_kubeconfig(new.name)
    }

    /// Makes one active, in a context of it, and every other inactive.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`]; nothing is changed then.
    pub fn activate_kubeconfig(
        &self,
        id: &str,
        context: &str,
        cluster_url: Option<&str>,
    ) -> Result<Kubeconfig, StoreError> {
        row::execute(&self.conn, "UPDATE kubeconfig_files SET is_active = 0 WHERE is_active <> 0 AND id <> ?1", [id])?;
        let sql = "UPDATE kubeconfig_files SET is_active = 1, context = ?2, cluster_url = ?3 WHERE id = ?1";
        match row::execute(&self.conn, sql, params![id, context, cluster_url])? {
            0 => Err(StoreError::NoSuch { what: WHAT, given: id.to_owned() }),
            _ => self.find_kubeconfig(id),
        }
    }

    /// Removes one with its content; executions keep their rows without it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn remove_kubeconfig(&self, id: &str) -> Result<(), StoreError> {
        match row::execute(&self.conn, "DELETE FROM kubeconfig_files WHERE id = ?1", [id])? {
            0 => Err(StoreError::NoSuch { what: WHAT, given: id.to_owned() }),
            _ => Ok(()),
        }
    }
}
