//! Whether the schema in a file is the one that the migrations make.
//!
//! Who has the key can put a trigger into a database or replace a view, and so let rows vanish while they are written.
//! Invariants:
//! 1. What runs or answers by itself (triggers, views, virtual tables) is word for word in a migration of this build,
//!    or the database is not opened, converted or restored: [`expect_own_code`], which costs one query.
//! 2. A check compares every object with a database that was made just now: [`findings`].
//!
//! The ledger is left out: earlier builds and products made it with other columns.

use std::collections::BTreeMap;

use rusqlite::Connection;
use trcaa_model::env::Clock;

use crate::{StoreError, migrate, row};

/// Characters of a foreign object's name that are told.
const NAME_CHARS_MAX: usize = 64;
/// Objects that are looked at; the migrations make some 80.
const OBJECTS_MAX: usize = 4_096;
const LEDGER: &str = "_migrations";

/// Refuses triggers, views and virtual tables that no migration makes.
///
/// # Errors
/// [`StoreError::ForeignSchema`] with the first one, those of SQLite. Nothing is written.
pub(crate) fn expect_own_code(conn: &Connection) -> Result<(), StoreError> {
    // By the text, as SQLite does when it reads a schema: whatever the other columns say, it runs that.
    let sql = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND NOT (
               sql LIKE 'CREATE TABLE %' OR sql LIKE 'CREATE INDEX %' OR sql LIKE 'CREATE UNIQUE INDEX %') LIMIT ?1";
    let found = row::all(conn, sql, [OBJECTS_MAX as i64], |row| {
        Ok((row::lossy(row, 0)?, row::lossy(row, 1)?, row::lossy(row, 2)?))
    })?;
    match found.into_iter().find(|(_, _, sql)| !migrate::contains_statement(&normal(sql), normal)) {
        Some((kind, name, _)) => Err(StoreError::ForeignSchema { kind, name: shown(&name) }),
        None => Ok(()),
    }
}

/// Tells what is more, less or otherwise than in a database that was made just now; at most `findings_max`.
///
/// # Errors
/// Those of SQLite.
pub(crate) fn findings(conn: &Connection, findings_max: usize) -> Result<Vec<String>, StoreError> {
    let mut reference = Connection::open_in_memory()?;
    migrate::run(&mut reference, &Midnight)?;
    let (expected, actual) = (objects(&reference)?, objects(conn)?);
    let named = |(kind, name): &(String, String)| format!("schema: {kind} {:?}", shown(name));
    let missing =
        expected.keys().filter(|key| !actual.contains_key(key)).map(|key| format!("{} is missing", named(key)));
    let other = actual.iter().filter_map(|(key, object)| match expected.get(key) {
        None => Some(format!("{} is none of this program's", named(key))),
        Some(own) if own != object => Some(format!("{} is not as it was made", named(key))),
        Some(_) => None,
    });
    Ok(other.chain(missing).take(findings_max).collect())
}

/// By type and name: the table and the text.
type Objects = BTreeMap<(String, String), (String, String)>;

fn objects(conn: &Connection) -> Result<Objects, StoreError> {
    let sql = "SELECT type, name, tbl_name, COALESCE(sql, '') FROM sqlite_schema LIMIT ?1";
    let all = row::all(conn, sql, [OBJECTS_MAX as i64], |row| {
        let (kind, name, table) = (row::lossy(row, 0)?, row::lossy(row, 1)?, row::lossy(row, 2)?);
        Ok(((kind, name), (table, normal(&row::lossy(row, 3)?))))
    })?;
    let own_ledger = |kind: &str, name: &str, table: &str| {
        table == LEDGER && (kind == "table" || (kind == "index" && name.starts_with("sqlite_autoindex_")))
    };
    Ok(all.into_iter().filter(|((kind, name), (table, _))| !own_ledger(kind, name, table)).collect())
}

/// Without what means nothing: indentation, spaces and empty lines. Line ends stay, as they end comments.
fn normal(sql: &str) -> String {
    let lines = sql.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn shown(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// The reference's rows are never looked at, their moments neither.
struct Midnight;

impl Clock for Midnight {
    fn now_ms(&self) -> u64 {
        0
    }
}
