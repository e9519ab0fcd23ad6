//! Migrations: embedded, numbered, applied one transaction each, and remembered with their text's checksum.
//!
//! Everything that can be refused is refused before the first write.

use std::collections::HashMap;

use rusqlite::{Connection, TransactionBehavior, params};
use trcaa_model::env::Clock;
use trcaa_model::time::stamp;

use crate::{StoreError, schema};

struct Migration {
    name: &'static str,
    sql: &'static str,
    checksum: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

const CREATE_LEDGER: &str = "CREATE TABLE IF NOT EXISTS _migrations (name TEXT UNIQUE, applied_at TEXT, checksum TEXT)";

/// The names of all migrations of this build, in order; their number is the schema's version.
pub fn migration_names() -> impl ExactSizeIterator<Item = &'static str> {
    MIGRATIONS.iter().map(|m| m.name)
}

/// Brings the schema up to date; does not write a byte if it is.
pub(crate) fn run(conn: &mut Connection, clock: &dyn Clock) -> Result<(), StoreError> {
    run_up_to(conn, clock, MIGRATIONS.len())
}

/// As [`run`], but stops after the first `count`: so tests make databases of every earlier version.
pub(crate) fn run_up_to(conn: &mut Connection, clock: &dyn Clock, count: usize) -> Result<(), StoreError> {
    let wanted = MIGRATIONS.get(..count).unwrap_or(MIGRATIONS);
    let applied = load_ledger(conn)?;
    check(&applied)?;
    schema::expect_own_code(conn)?;
    let ours = |m: &Migration| matches!(applied.get(m.name), Some(Some(_)));
    if wanted.iter().all(ours) {
        return Ok(());
    }
    // From here on the file is written to. In the old journal mode each migration would wait for the disk three times.
    conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
    // Rebuilding a table drops the old one, which would cascade; every migration is checked for orphans instead.
    conn.pragma_update(None, "foreign_keys", false)?;
    let before = orphans(conn)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    prepare_ledger(&tx)?;
    tx.commit()?;
    for migration in wanted {
        apply(conn, clock, migration, before).map_err(|source| match source {
            StoreError::MigrationOrphans { .. } | StoreError::MigrationChanged { .. } => source,
            StoreError::DiskFull(_) | StoreError::Locked | StoreError::Damaged { .. } => source,
            other => StoreError::MigrationFailed { name: migration.name, source: Box::new(other) },
        })?;
    }
    Ok(())
}

/// Reads what was applied: name → checksum, which databases of earlier products do not have.
fn load_ledger(conn: &Connection) -> Result<HashMap<String, Option<String>>, StoreError> {
    let mut columns = conn.prepare("SELECT name FROM pragma_table_info('_migrations')")?;
    let columns: Vec<String> = columns.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    if columns.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = if columns.iter().any(|c| c == "checksum") {
        "SELECT name, checksum FROM _migrations ORDER BY name"
    } else {
        "SELECT name, NULL FROM _migrations ORDER BY name"
    };
    let mut rows = conn.prepare(sql)?;
    let ledger = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    Ok(ledger)
}

/// Whether there is nothing to be done; refuses, without a write, what [`run`] would refuse.
pub(crate) fn is_current(conn: &Connection) -> Result<bool, StoreError> {
    let applied = load_ledger(conn)?;
    check(&applied)?;
    schema::expect_own_code(conn)?;
    Ok(MIGRATIONS.iter().all(|m| matches!(applied.get(m.name), Some(Some(_)))))
}

/// Whether this product, or nobody, has migrated the database before: the earlier ones kept no checksums.
pub(crate) fn is_ours(conn: &Connection) -> Result<bool, StoreError> {
    let applied = load_ledger(conn)?;
    Ok(applied.is_empty() || applied.values().any(Option::is_some))
}

/// Refuses, without a write, a database that [`run`] would refuse: before it is converted, not after.
pub(crate) fn expect_known(conn: &Connection) -> Result<(), StoreError> {
    check(&load_ledger(conn)?)?;
    schema::expect_own_code(conn)
}

/// Whether a migration holds this statement, and ends it there; `normal` makes texts comparable.
pub(crate) fn contains_statement(statement: &str, normal: impl Fn(&str) -> String) -> bool {
    let whole = format!("{statement};");
    // Most migrations only make tables, and need not be normalised at each opening.
    let kinds = ["CREATE TRIGGER", "CREATE VIEW", "CREATE VIRTUAL"];
    let mut candidates = MIGRATIONS.iter().filter(|m| kinds.iter().any(|kind| m.sql.contains(kind)));
    !statement.is_empty() && candidates.any(|m| normal(m.sql).contains(&whole))
}

/// Refuses unknown migrations and changed texts.
fn check(applied: &HashMap<String, Option<String>>) -> Result<(), StoreError> {
    if let Some(name) = applied.keys().filter(|name| !MIGRATIONS.iter().any(|m| m.name == **name)).min() {
        // The earlier products kept no checksums; every version of this one does.
        return Err(match applied.values().all(Option::is_none) {
            true => StoreError::EarlierProduct { name: name.clone() },
            false => StoreError::NewerSchema { name: name.clone() },
        });
    }
    for migration in MIGRATIONS {
        if let Some(Some(checksum)) = applied.get(migration.name)
            && checksum != migration.checksum
        {
            return Err(StoreError::MigrationChanged { name: migration.name });
        }
    }
    Ok(())
}

/// Makes the ledger, or gives an earlier product's the column it lacks and the checksums of equal names.
fn prepare_ledger(conn: &Connection) -> Result<(), StoreError> {
    conn.execute_batch(CREATE_LEDGER)?;
    let has_checksum: bool =
        conn.query_row("SELECT count(*) FROM pragma_table_info('_migrations') WHERE name = 'checksum'", [], |row| {
            row.get(0)
        })?;
    if !has_checksum {
        conn.execute_batch("ALTER TABLE _migrations ADD COLUMN checksum TEXT")?;
    }
    for migration in MIGRATIONS {
        conn.execute(
            "UPDATE _migrations SET checksum = ?2 WHERE name = ?1 AND checksum IS NULL",
            [migration.name, migration.checksum],
        )?;
    }
    Ok(())
}

/// Applies one migration unless another process just has.
fn apply(conn: &mut Connection, clock: &dyn Clock, migration: &Migration, before: u64) -> Result<(), StoreError> {
    let name = migration.name;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if tx.query_row("SELECT count(*) FROM _migrations WHERE name = ?1", [name], |row| row.get(0))? {
        return Ok(());
    }
    tx.execute_batch(migration.sql)?;
    let after = orphans(&tx)?;
    if after > before {
        return Err(StoreError::MigrationOrphans { name, violations: after - before });
    }
    tx.execute(
        "INSERT INTO _migrations (name, applied_at, checksum) VALUES (?1, ?2, ?3)",
        params![name, stamp(clock.now_ms()), migration.checksum],
    )?;
    Ok(tx.commit()?)
}

/// Rows whose foreign key points nowhere. Databases of earlier products, which did not check, may hold some.
fn orphans(conn: &Connection) -> Result<u64, StoreError> {
    let count = conn.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))?;
    Ok(crate::row::unsigned(count))
}

#[cfg(test)]
mod tests;
