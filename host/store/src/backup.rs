//! Backups: one encrypted file with everything in it, made while others write, and read back before it gets its name.
//!
//! The copy is of one snapshot: a read transaction is held over all steps, so writers neither wait nor show up in it. It
//! has the store's own key (and a salt of its own), needs no log beside it, and opens from a read-only medium.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rusqlite::backup::StepResult;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::Serialize;
use trcaa_model::audit::AuditRecord;

use crate::files::failed;
use crate::keys::DatabaseKey;
use crate::open::connect_with;
use crate::{DATABASE_FILE, OutFile, Overwrite, Store, StoreError, row};

/// Pages copied between two looks at the progress: 4 MiB.
const STEP_PAGES: i32 = 1_024;
/// Steps that may be refused because of a lock, one after the other; each has waited for the busy timeout.
const LOCKED_STEPS_MAX: u32 = 3;
/// Names in the data folder that are the store's own begin like this.
const OWN_PREFIX: &str = "tftsr.";

/// A backup that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// Where it is.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// `entry_hash` of the last audit row in it; `None` before the first.
    pub audit_head: Option<String>,
    /// Whether everything in it was read back and nothing was found.
    pub verified: bool,
    /// What is wrong with the store's rows, and so with the copy's. Its pages are whole in any case.
    pub findings: Vec<String>,
}

impl Store {
    /// Copies the whole store to a new file with the same key, and checks the copy before it gets its name.
    ///
    /// Other processes may write meanwhile. `progress` gets bytes done and bytes in all. Leaves an audit row.
    ///
    /// # Errors
    /// [`StoreError::TargetExists`], [`StoreError::TargetRefused`], [`StoreError::Damaged`] where pages of the store
    /// cannot be read; nothing is left under the name then.
    pub fn backup(
        &self,
        target: &Path,
        overwrite: Overwrite,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Backup, StoreError> {
        if self.key.pragma_text().is_none() {
            let reason = "the store is not encrypted, and a backup has to be".to_owned();
            return Err(StoreError::Invalid { what: "backup", reason });
        }
        let mut draft = self.new_file(target, overwrite)?;
        let (rows, head) = {
            let snapshot = Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred)?;
            let rows = self.row_counts()?;
            let head = self.audit_head()?.map(|head| head.hash);
            copy_pages(&snapshot, draft.path(), &self.key, self.page_bytes, progress)?;
            (rows, head)
        };
        let copy = self.open_copy(draft.path())?;
        let report = copy.check()?;
        if let Some(detail) = report.page_findings().next() {
            return Err(StoreError::Damaged { detail: format!("the copy is not whole: {detail}") });
        }
        if copy.row_counts()? != rows || copy.audit_head()?.map(|head| head.hash) != head {
            return Err(StoreError::Damaged { detail: "the copy does not have the rows of the store".to_owned() });
        }
        let findings: Vec<String> = report.row_findings().collect();
        copy.conn.close().map_err(|(_, e)| e)?;

        let file = target.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let record = AuditRecord {
            action: "backup_database",
            entity_type: "database",
            entity_id: DATABASE_FILE.to_owned(),
            details: serde_json::json!({"file": file, "audit_head": head, "verified": findings.is_empty()}),
        };
        let bytes = self.publish(&mut draft, &record)?;
        let path = target.display().to_string();
        Ok(Backup { path, bytes, rows, audit_head: head, verified: findings.is_empty(), findings })
    }

    /// Makes a draft of a file that is none of the store's own.
    ///
    /// # Errors
    /// Those of [`OutFile::beside`]; [`StoreError::TargetRefused`] for the database and what belongs to it.
    pub fn new_file(&self, target: &Path, overwrite: Overwrite) -> Result<OutFile, StoreError> {
        refuse_own(&self.path, target)?;
        OutFile::beside(target, overwrite)
    }

    /// Refuses a target of ours: the database, its key, and every other name of that kind in the data folder.
    ///
    /// # Errors
    /// [`StoreError::TargetRefused`].
    pub fn expect_foreign(&self, target: &Path) -> Result<(), StoreError> {
        refuse_own(&self.path, target)
    }

    /// Publishes a draft with its audit row: one is there if the other is. Gives its size in bytes.
    ///
    /// # Errors
    /// Those of both. What cannot be recorded is taken away again, unless it replaced a file.
    pub fn publish(&self, draft: &mut OutFile, record: &AuditRecord) -> Result<u64, StoreError> {
        let done = self.write(|tx| {
            tx.audit(record)?;
            draft.publish()
        });
        done.inspect_err(|_| draft.withdraw())
    }

    /// Rows by table; of virtual tables and their shadows none.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn row_counts(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut counts = BTreeMap::new();
        for table in tables(&self.conn)? {
            let sql = format!("SELECT count(*) FROM \"{}\"", table.replace('"', "\"\""));
            let count = self.conn.query_row(&sql, [], |row| row.get(0))?;
            counts.insert(table, row::unsigned(count));
        }
        Ok(counts)
    }

    /// Opens a closed copy of this store; it needs no log from then on.
    fn open_copy(&self, path: &Path) -> Result<Self, StoreError> {
        let conn = connect_with(path, &self.key, self.page_bytes)?;
        without_log(&conn)?;
        Ok(self.over(conn, path.to_owned()))
    }
}

/// The tables that hold rows of ours.
pub(crate) fn tables(conn: &Connection) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM pragma_table_list
               WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name";
    row::all(conn, sql, [], |row| Ok(row.get(0)?))
}

/// Brings everything of a log into the file and does without one, so that the file stands alone.
pub(crate) fn without_log(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode == "delete" { Ok(()) } else { Err(StoreError::Locked) }
}

/// Copies page by page into an empty file under the same key. The caller holds a read transaction on `from`.
pub(crate) fn copy_pages(
    from: &Connection,
    to: &Path,
    key: &DatabaseKey,
    page_bytes: u32,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), StoreError> {
    let mut target = connect_with(to, key, page_bytes)?;
    // Nobody sees this file before it is flushed as a whole.
    target.execute_batch("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;")?;
    let backup = rusqlite::backup::Backup::new(from, &mut target)?;
    let mut locked = 0;
    loop {
        match backup.step(STEP_PAGES)? {
            StepResult::Done => break,
            StepResult::More => locked = 0,
            _ if locked < LOCKED_STEPS_MAX => locked += 1,
            _ => return Err(StoreError::Locked),
        }
        let state = backup.progress();
        let bytes = |pages: i32| u64::try_from(pages).unwrap_or(0) * u64::from(page_bytes);
        progress(bytes(state.pagecount - state.remaining), bytes(state.pagecount));
    }
    drop(backup);
    target.close().map_err(|(_, e)| e)?;
    Ok(())
}

/// Refuses the database, what SQLite keeps beside it, the key file, and any other name of that kind.
fn refuse_own(database: &Path, target: &Path) -> Result<(), StoreError> {
    let refused = |reason| Err(StoreError::TargetRefused { path: target.to_owned(), reason });
    if is_same(database, target) {
        return refused("it is the database itself");
    }
    let parent = |path: &Path| {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        fs::canonicalize(folder).map_err(failed("find", folder))
    };
    let named_like_ours = target.file_name().is_some_and(|name| name.to_string_lossy().starts_with(OWN_PREFIX));
    if named_like_ours && parent(database)? == parent(target)? {
        return refused("names in the data folder that begin with `tftsr.` are the store's own");
    }
    Ok(())
}

/// Whether two names are one file.
pub(crate) fn is_same(one: &Path, other: &Path) -> bool {
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}

#[cfg(test)]
pub(crate) mod tests;
