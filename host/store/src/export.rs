//! Rows as they are, for an export: table by table, parents before children, streamed.
//!
//! Must not know what may leave: the caller says which columns are read at all, and guards what it gets.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::{Store, StoreError, backup, key_check, row};

/// The ledger of migrations, which is about the file and not what is in it.
const LEDGER: &str = "_migrations";

/// A table and its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportTable {
    /// Its name.
    pub name: String,
    /// In the order of the schema.
    pub columns: Vec<String>,
    /// SQL that gives the issue a row belongs to.
    owner: String,
}

/// A column's value.
#[derive(Clone, Debug, PartialEq)]
pub enum ExportValue {
    /// Nothing, or a column that was not asked for.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text; bytes that are no UTF-8 are replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportRow {
    /// The issue that it belongs to; `None` for a row that belongs to none, or to one that is gone.
    pub issue_id: Option<String>,
    /// One per column of the table.
    pub values: Vec<ExportValue>,
}

impl Store {
    /// Runs `work` over one state of the store: nothing that is written meanwhile is seen. `work` must not write through
    /// this store.
    ///
    /// # Errors
    /// What `work` returns, and those of SQLite.
    pub fn read_snapshot<T, E: From<StoreError>>(&self, work: impl FnOnce(&Self) -> Result<T, E>) -> Result<T, E> {
        let transaction =
            Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred).map_err(StoreError::from)?;
        let value = work(self)?;
        drop(transaction);
        Ok(value)
    }

    /// The tables that hold rows of ours, each behind those that it points to.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn export_tables(&self) -> Result<Vec<ExportTable>, StoreError> {
        let mut left: Vec<(String, Vec<String>)> = Vec::new();
        for table in backup::tables(&self.conn)? {
            if table != LEDGER && table != key_check::TABLE {
                let sql = "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list(?1) WHERE \"table\" <> ?1";
                let parents = row::all(&self.conn, sql, [&table], |row| Ok(row.get(0)?))?;
                left.push((table, parents));
            }
        }
        let mut ordered = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let waits = |parents: &[String]| parents.iter().any(|p| left.iter().any(|(name, _)| name == p));
            // Tables that point to each other in a ring, which the schema has none of, come as they are.
            let next = left.iter().position(|(_, parents)| !waits(parents)).unwrap_or(0);
            let (name, _) = left.remove(next);
            let sql = "SELECT name FROM pragma_table_info(?1) ORDER BY cid";
            let columns: Vec<String> = row::all(&self.conn, sql, [&name], |row| Ok(row.get(0)?))?;
            let owner = owner(&name, &columns);
            ordered.push(ExportTable { name, columns, owner });
        }
        Ok(ordered)
    }

    /// Hands over every row of a table, one at a time; columns for which `wanted` is false are not read.
    ///
    /// # Errors
    /// What `each` returns, which ends it, and those of SQLite.
    pub fn export_rows<E: From<StoreError>>(
        &self,
        table: &ExportTable,
        wanted: impl Fn(&str) -> bool,
        mut each: impl FnMut(ExportRow) -> Result<(), E>,
    ) -> Result<u64, E> {
        let columns: Vec<String> =
            table.columns.iter().map(|name| if wanted(name) { quoted(name) } else { "NULL".to_owned() }).collect();
        let sql = format!(
            "SELECT (SELECT id FROM issues WHERE id = ({})), {} FROM {} AS t",
            table.owner,
            columns.join(", "),
            quoted(&table.name)
        );
        stream(&self.conn, &sql, table.columns.len(), &mut each)
    }
}

fn stream<E: From<StoreError>>(
    conn: &Connection,
    sql: &str,
    columns: usize,
    each: &mut impl FnMut(ExportRow) -> Result<(), E>,
) -> Result<u64, E> {
    let sqlite = |e: rusqlite::Error| E::from(StoreError::from(e));
    let mut statement = conn.prepare(sql).map_err(sqlite)?;
    let mut rows = statement.query([]).map_err(sqlite)?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(sqlite)? {
        let mut values = Vec::with_capacity(columns);
        for at in 1..=columns {
            values.push(match row.get_ref(at).map_err(sqlite)? {
                ValueRef::Null => ExportValue::Null,
                ValueRef::Integer(number) => ExportValue::Integer(number),
                ValueRef::Real(number) => ExportValue::Real(number),
                ValueRef::Text(bytes) => ExportValue::Text(String::from_utf8_lossy(bytes).into_owned()),
                ValueRef::Blob(bytes) => ExportValue::Blob(bytes.to_vec()),
            });
        }
        each(ExportRow { issue_id: row.get(0).map_err(sqlite)?, values })?;
        count += 1;
    }
    Ok(count)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// By the column that points to the issue, or to a row that points to it.
fn owner(table: &str, columns: &[String]) -> String {
    let has = |name: &str| columns.iter().any(|column| column == name);
    let through = |parent: &str, column: &str| format!("SELECT issue_id FROM {parent} AS p WHERE p.id = t.{column}");
    match () {
        () if table == "issues" => "t.id".to_owned(),
        () if has("issue_id") => "t.issue_id".to_owned(),
        () if has("log_file_id") => through("log_files", "log_file_id"),
        () if has("conversation_id") => through("ai_conversations", "conversation_id"),
        () if has("document_id") => through("documents", "document_id"),
        () => "NULL".to_owned(),
    }
}

#[cfg(test)]
mod tests;
