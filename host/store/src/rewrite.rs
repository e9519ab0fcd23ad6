//! Copies a whole database into a new file: plain or encrypted with one key, of any page size, into one that is
//! encrypted with another key and has the standard settings.
//!
//! Everything that depends on the key or on row numbers is put right inside the new file, and the new file is compared
//! with the old one and read to its last page, before anybody can see it. The caller holds the folder exclusively and
//! has claimed the source.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::{Connection, ffi};

use crate::keys::DatabaseKey;
use crate::open::{PAGE_BYTES_USUAL, connect_with, pragma_text};
use crate::{StoreError, row};

/// What a database holds, for comparing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Census {
    pub(crate) rows: BTreeMap<String, u64>,
    orphans: u64,
}

/// Counts the rows of every table and those that point nowhere.
///
/// # Errors
/// Those of SQLite, [`StoreError::Damaged`] among them.
pub(crate) fn census(conn: &Connection) -> Result<Census, StoreError> {
    let sql = "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
    let tables = row::all(conn, sql, [], |row| Ok(row.get::<_, String>(0)?))?;
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = conn.query_row(&format!("SELECT count(*) FROM {}", quoted(&table)), [], |row| row.get(0))?;
        rows.insert(table, row::unsigned(count));
    }
    let orphans = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    Ok(Census { rows, orphans: row::unsigned(orphans) })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Copies everything into the empty file `target`, and opens that. Its pages are not flushed yet.
///
/// # Errors
/// Those of SQLite; the source is only read.
pub(crate) fn export(source: &Connection, target: &Path, key: &DatabaseKey) -> Result<Connection, StoreError> {
    let text = key.pragma_text().ok_or(StoreError::KeyRefused("there is none to encrypt with"))?;
    let name = target
        .to_str()
        .ok_or(StoreError::Invalid { what: "data folder", reason: "its name is not UTF-8".to_owned() })?;
    source.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;")?;
    source.execute("ATTACH DATABASE ?1 AS rewritten KEY ?2", [name, text.as_str()])?;
    // Nobody reads the target before it is flushed as a whole: no journal, no flush in between.
    source.execute_batch("PRAGMA rewritten.journal_mode = OFF; PRAGMA rewritten.synchronous = OFF;")?;
    source.query_row("SELECT sqlcipher_export('rewritten')", [], |_| Ok(())).map_err(export_failed)?;
    for number in ["user_version", "application_id"] {
        let value: i64 = source.pragma_query_value(None, number, |row| row.get(0))?;
        source.pragma_update(Some("rewritten"), number, value)?;
    }
    source.execute_batch("DETACH DATABASE rewritten")?;
    let conn = connect_with(target, key, PAGE_BYTES_USUAL)?;
    conn.execute_batch(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;
         PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;",
    )?;
    Ok(conn)
}

/// A function of SQL passes on what went wrong inside it as a text only.
fn export_failed(error: rusqlite::Error) -> StoreError {
    match &error {
        rusqlite::Error::SqliteFailure(failure, Some(text)) if failure.extended_code == ffi::SQLITE_ERROR => {
            match text.as_str() {
                "database disk image is malformed" => StoreError::Damaged { detail: text.clone() },
                "database or disk is full" | "disk I/O error" => StoreError::DiskFull(error),
                _ => error.into(),
            }
        }
        _ => error.into(),
    }
}

/// Rebuilds the full-text indexes, which go by row numbers: a copy closes the gaps in those.
///
/// # Errors
/// Those of SQLite.
pub(crate) fn rebuild_indexes(conn: &Connection) -> Result<(), StoreError> {
    let sql =
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%content=%'";
    for index in row::all(conn, sql, [], |row| Ok(row.get::<_, String>(0)?))? {
        let index = quoted(&index);
        conn.execute(&format!("INSERT INTO {index} ({index}) VALUES ('rebuild')"), [])?;
    }
    Ok(())
}

/// Reads the new file to its last page and compares it with what was counted in the old one, to which `added` rows were
/// added, by table.
///
/// # Errors
/// [`StoreError::Damaged`] with the first thing that is not as it was.
pub(crate) fn verify(conn: &Connection, before: &Census, added: &[(&str, u64)]) -> Result<(), StoreError> {
    let text = |row: &rusqlite::Row<'_>| Ok(row.get::<_, String>(0)?);
    let differs = |detail: String| StoreError::Damaged { detail: format!("its rewritten copy is not sound: {detail}") };
    if let Some(page) = row::all(conn, "PRAGMA cipher_integrity_check", [], text)?.into_iter().next() {
        return Err(differs(page));
    }
    let verdict = pragma_text(conn, "integrity_check")?;
    if verdict != "ok" {
        return Err(differs(verdict));
    }
    let after = census(conn)?;
    if after.orphans > before.orphans {
        return Err(differs(format!("{} rows point nowhere, {} did before", after.orphans, before.orphans)));
    }
    let tables: std::collections::BTreeSet<&String> = before.rows.keys().chain(after.rows.keys()).collect();
    for table in tables {
        let more = added.iter().find(|(name, _)| name == table).map_or(0, |(_, more)| *more);
        let expected = before.rows.get(table).map(|rows| rows + more);
        let found = after.rows.get(table).copied();
        if expected != found {
            return Err(differs(format!("{table} has {found:?} rows, expected {expected:?}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn filled(rows: u32) -> Connection {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE \"a\"\"b\" (x); CREATE TABLE c (y REFERENCES d(z)); CREATE TABLE d (z PRIMARY KEY)",
        )
        .unwrap();
        for n in 0..rows {
            conn.execute("INSERT INTO \"a\"\"b\" VALUES (?1)", [n]).unwrap();
        }
        conn
    }

    #[test]
    fn a_row_too_few_too_many_or_without_its_parent_is_seen() {
        let before = census(&filled(3)).unwrap();
        let outcome =
            |conn: &Connection, added: &[(&str, u64)]| verify(conn, &before, added).map_err(|e| e.to_string());
        outcome(&filled(3), &[]).unwrap();
        outcome(&filled(4), &[("a\"b", 1)]).unwrap();
        assert!(outcome(&filled(2), &[]).unwrap_err().contains("Some(2)"));
        assert!(outcome(&filled(4), &[]).unwrap_err().contains("Some(4)"));
        let orphaned = filled(3);
        orphaned.execute_batch("PRAGMA foreign_keys = OFF; INSERT INTO c VALUES (1)").unwrap();
        assert!(outcome(&orphaned, &[("c", 1)]).unwrap_err().contains("point nowhere"));
        let fewer = filled(3);
        fewer.execute_batch("DROP TABLE c").unwrap();
        assert!(outcome(&fewer, &[]).unwrap_err().contains("c has None"));
    }
}
