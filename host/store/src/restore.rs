//! Restoring: a backup takes the place of the present database, which is kept.
//!
//! Works where the present database is missing, damaged, or made with another key. Invariants:
//! 1. Nothing is touched before the backup was copied into the folder, migrated, checked and flushed under another name.
//! 2. The present database, with what it has in a log, has a second name before its first one is given away.
//! 3. No log of another database ever lies beside the new one: logs go before the new file comes, and the new one needs
//!    none.
//!
//! What a kill -9 leaves, by step: (copy, migrate, check, link) the old database and a draft or second name, which the
//! next restore clears away; (rename) the new one. Where the old database could not be opened, its log goes just before
//! the rename; a kill between the two leaves the old file without it, and both under their kept names.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use serde::Serialize;
use trcaa_model::audit::AuditRecord;
use trcaa_model::time::stamp;

use crate::backup::{copy_pages, is_same, without_log};
use crate::draft::{Draft, beside};
use crate::error::BackupProblem;
use crate::files::{self, Found, failed, sync_folder};
use crate::keys::{DatabaseKey, KeyKind, KeyMaterial, KeySource};
use crate::lock::{FolderLock, Patience, wait_for_others};
use crate::open::ResolvedKey;
use crate::rewrite::{census, export, rebuild_indexes, verify};
use crate::secret_columns::{Unopenable, reseal};
use crate::store::Opened;
use crate::{DATABASE_FILE, OpenOptions as Options, Store, StoreError, handover, key_check, migrate, open};

/// What SQLite keeps beside a database and reads when it opens it.
const LOGS: [&str; 2] = ["-wal", "-journal"];
/// Bytes copied at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// First part of the names of databases that a restore kept.
pub(crate) const KEPT: &str = "tftsr.db.kept-";
/// Numbers tried for the kept database's name within one second.
const KEPT_NAMES_MAX: u32 = 100;

/// What becomes of a backup whose pages are whole and whose rows do not fit together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// It is refused.
    Refuse,
    /// It is restored as it is.
    Accept,
}

/// What is restored, and how.
pub struct Restore<'b> {
    /// The backup.
    pub file: &'b Path,
    /// The key it was made with, where that is another one than the store's: its pages and secrets move to the store's
    /// key. A passphrase or a raw key.
    pub key: Option<KeySource>,
    /// What becomes of a backup that is not sound.
    pub unsound: Unsound,
}

/// A restore that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// The database.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Where the database is that was there before, or its log's name without `-wal`; `None` if there was none.
    pub kept: Option<String>,
    /// Migrations that the backup did not have yet.
    pub migrated: u64,
    /// Whether everything was read and nothing was found.
    pub verified: bool,
    /// What was found in rows and accepted.
    pub findings: Vec<String>,
}

impl Options {
    /// Puts a backup in the place of the database. Never makes a key; `mode` does not matter.
    ///
    /// `progress` gets bytes done and bytes in all.
    ///
    /// # Errors
    /// [`StoreError::BackupRefused`] with the reason, [`StoreError::NewerSchema`], [`StoreError::MigrationChanged`],
    /// [`StoreError::Locked`] where another process has the database open; nothing was changed then.
    pub fn restore(self, what: &Restore<'_>, progress: &mut dyn FnMut(u64, u64)) -> Result<Restored, StoreError> {
        let database = self.folder.join(DATABASE_FILE);
        let backup = look_at_backup(what.file, &database)?;
        if !self.key.encrypts() {
            return Err(StoreError::EncryptedWherePlain { path: backup });
        }
        files::prepare_folder(&self.folder, &database)?;
        let mut patience = Patience::new(self.wait);
        let _lock = FolderLock::exclusive(&self.folder, &mut patience)?;
        if handover::pending(&self.folder) && files::look_at(&database).is_ok_and(|found| found == Found::Opaque) {
            handover::resume(&self.folder, &database)?;
        }
        let there = present(&database)?;
        // With the backup's own key at hand a new machine may make a key of its own.
        let found = if what.key.is_some() && !there { Found::Nothing } else { Found::Opaque };
        let ResolvedKey { key, kind, .. } = self.resolve(&backup, found)?;
        let other_key = what.key.as_ref().map(given_key).transpose()?;

        let copy = if other_key.is_some() { Draft::material(&database)? } else { Draft::new(&database)? };
        let copy_key = other_key.as_ref().unwrap_or(&key);
        fill(&backup, copy.path(), copy_key, progress)?;
        let (store, migrated) = self.open_copy(&backup, copy.path(), copy_key, kind)?;
        let report = store.check()?;
        let refused = |problem| StoreError::BackupRefused { path: backup.clone(), problem };
        if let Some(found) = report.page_findings().next() {
            return Err(refused(BackupProblem::Damaged(found)));
        }
        let findings: Vec<String> = report.row_findings().collect();
        if let (Some(first), Unsound::Refuse) = (findings.first(), what.unsound) {
            return Err(refused(BackupProblem::Unsound(first.clone())));
        }
        // A log without its database, which somebody deleted, is kept too.
        let logs = LOGS.iter().any(|log| beside(&database, log).exists());
        let kept = if there || logs { Some(kept_name(&self.folder, self.clock.now_ms())?) } else { None };
        let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let details = serde_json::json!({
            "file": name(&backup), "kept": kept.as_deref().and_then(name), "verified": findings.is_empty(),
        });
        store.write(|tx| {
            let entity_id = DATABASE_FILE.to_owned();
            tx.audit(&AuditRecord { action: "restore_database", entity_type: "database", entity_id, details })
        })?;
        let rows = store.row_counts()?;
        without_log(&store.conn)?;
        let draft = if other_key.is_some() { self.move_over(&database, &store, &key)? } else { copy };
        store.conn.close().map_err(|(_, e)| e)?;

        let held = settle(&database, &key, &mut patience)?;
        if let Some(kept) = &kept {
            drop_aliases(&self.folder, &database);
            keep(&database, kept)?;
            sync_folder(&self.folder)?;
        }
        draft.publish()?;
        drop(held);
        let bytes = fs::metadata(&database).map_err(failed("look at", &database))?.len();
        let shown = |path: PathBuf| path.display().to_string();
        let verified = findings.is_empty();
        Ok(Restored { path: shown(database), bytes, rows, kept: kept.map(shown), migrated, verified, findings })
    }

    /// Rewrites a copy that has another key for the store's key, its secrets with it.
    fn move_over(&self, database: &Path, copy: &Store, key: &DatabaseKey) -> Result<Draft, StoreError> {
        let draft = Draft::new(database)?;
        let before = census(&copy.conn)?;
        let conn = export(&copy.conn, draft.path(), key)?;
        let tx = conn.unchecked_transaction()?;
        let material = KeyMaterial::new(key, self.encryption_key.as_ref());
        reseal(&tx, &[&copy.material], &material, self.entropy.as_ref(), Unopenable::Refuse)?;
        rebuild_indexes(&tx)?;
        tx.commit()?;
        verify(&conn, &before, &[])?;
        conn.close().map_err(|(_, e)| e)?;
        Ok(draft)
    }

    /// Opens the copy and brings its schema up to date; gives the number of migrations that it lacked.
    fn open_copy(
        &self,
        backup: &Path,
        copy: &Path,
        key: &DatabaseKey,
        kind: KeyKind,
    ) -> Result<(Store, u64), StoreError> {
        let refused = |problem| StoreError::BackupRefused { path: backup.to_owned(), problem };
        let told = |error| match error {
            StoreError::WrongKeyOrDamaged { .. } => refused(BackupProblem::OtherKey),
            StoreError::Damaged { detail } => refused(BackupProblem::Damaged(detail)),
            foreign @ StoreError::ForeignSchema { .. } => refused(BackupProblem::Damaged(foreign.to_string())),
            other => other,
        };
        let (mut conn, page_bytes) = open::connect(copy, key).map_err(told)?;
        without_log(&conn).map_err(told)?;
        let applied = "SELECT count(*) FROM sqlite_schema WHERE name = '_migrations'";
        if conn.query_row(applied, [], |row| row.get::<_, i64>(0)).map_err(|e| told(e.into()))? == 0 {
            return Err(refused(BackupProblem::Damaged("it holds no store".to_owned())));
        }
        let count = |conn: &Connection| {
            conn.query_row("SELECT count(*) FROM _migrations", [], |row| row.get::<_, i64>(0))
                .map_err(|e| told(e.into()))
        };
        let before = count(&conn)?;
        let material = KeyMaterial::new(key, self.encryption_key.as_ref());
        let columns = key_check::Key::new(&material, self.encryption_key.is_some(), self.entropy.as_ref());
        let seen = columns.look(&conn).map_err(told)?;
        migrate::run(&mut conn, self.clock.as_ref()).map_err(told)?;
        columns.seal(&conn, seen).map_err(told)?;
        let migrated = crate::row::unsigned(Some(count(&conn)? - before));
        if migrated > 0 {
            conn.execute_batch("INSERT INTO issues_fts (issues_fts) VALUES ('rebuild')").map_err(|e| told(e.into()))?;
            without_log(&conn).map_err(told)?;
        }
        let store = Store {
            conn,
            path: copy.to_owned(),
            key: key.clone(),
            page_bytes,
            material,
            clock: std::sync::Arc::clone(&self.clock),
            entropy: std::sync::Arc::clone(&self.entropy),
            opened: Opened::Existing,
            kind,
            keyring: None,
            keyring_name: None,
            replaced: self.encryption_key.is_some(),
            wait: self.wait,
        };
        Ok((store, migrated))
    }
}

/// A key that is given and kept nowhere.
fn given_key(key: &KeySource) -> Result<DatabaseKey, StoreError> {
    match key {
        KeySource::Passphrase(secret) => Ok(DatabaseKey::Passphrase(secret.clone())),
        KeySource::RawKey(raw) => Ok(DatabaseKey::Raw(raw.clone())),
        _ => Err(StoreError::KeyRefused("a backup's key is a passphrase or a raw key")),
    }
}

/// Resolves links of the backup's name and looks at its first bytes.
fn look_at_backup(backup: &Path, database: &Path) -> Result<PathBuf, StoreError> {
    let refused = |problem| Err(StoreError::BackupRefused { path: backup.to_owned(), problem });
    let real = match fs::canonicalize(backup) {
        Ok(real) => real,
        Err(e) if e.kind() == ErrorKind::NotFound => return refused(BackupProblem::Missing),
        Err(e) => return Err(failed("find", backup)(e)),
    };
    if !fs::metadata(&real).map_err(failed("look at", backup))?.is_file() {
        return refused(BackupProblem::NotAFile);
    }
    if is_same(&real, database) {
        return refused(BackupProblem::Itself);
    }
    match files::look_at(&real) {
        Ok(Found::Nothing) => refused(BackupProblem::Missing),
        Ok(Found::Plain) => refused(BackupProblem::Plain),
        Ok(Found::Opaque) => Ok(real),
        Err(StoreError::Damaged { .. }) => refused(BackupProblem::Damaged("it is shorter than a page".to_owned())),
        Err(other) => Err(other),
    }
}

/// Whether there is a database to be kept. What is no regular file is refused.
fn present(database: &Path) -> Result<bool, StoreError> {
    match files::look_at(database) {
        Ok(found) => Ok(found != Found::Nothing),
        Err(StoreError::Damaged { .. }) => Ok(true),
        Err(other) => Err(other),
    }
}

/// Copies the backup: as it lies there, or, where it has a log, what SQLite sees in both.
fn fill(backup: &Path, draft: &Path, key: &DatabaseKey, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError> {
    let has_log = LOGS.iter().any(|log| fs::metadata(beside(backup, log)).is_ok_and(|meta| meta.len() > 0));
    if has_log {
        let (source, page_bytes) = open::connect(backup, key).map_err(|error| match error {
            StoreError::WrongKeyOrDamaged { .. } => {
                StoreError::BackupRefused { path: backup.to_owned(), problem: BackupProblem::OtherKey }
            }
            other => other,
        })?;
        // The backup stays as it is, its log with it.
        source.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let snapshot = Transaction::new_unchecked(&source, TransactionBehavior::Deferred)?;
        snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
        return copy_pages(&snapshot, draft, key, page_bytes, progress);
    }
    let mut from = File::open(backup).map_err(failed("read", backup))?;
    let total = from.metadata().map_err(failed("look at", backup))?.len();
    let mut to = OpenOptions::new().write(true).open(draft).map_err(failed("open", draft))?;
    let mut chunk = vec![0u8; CHUNK_BYTES];
    let mut done = 0;
    loop {
        let count = from.read(&mut chunk).map_err(failed("read", backup))?;
        if count == 0 {
            return Ok(());
        }
        to.write_all(chunk.get(..count).unwrap_or_default()).map_err(failed("write", draft))?;
        done += count as u64;
        progress(done, total);
    }
}

/// Brings the present database's log into it, where its key and its pages allow that, and holds it against others.
///
/// Without a log it is in rollback mode, and held it stays so: whoever opens it by its name now has to wait, and finds
/// then that its file was moved ([`StoreError::Locked`]) instead of starting a log beside the new one.
fn settle(database: &Path, key: &DatabaseKey, patience: &mut Patience) -> Result<Option<Connection>, StoreError> {
    if !present(database)? {
        return Ok(None);
    }
    let held = open::connect(database, key).and_then(|(conn, _)| {
        without_log(&conn)?;
        conn.execute_batch("BEGIN EXCLUSIVE")?;
        Ok(conn)
    });
    match held {
        Ok(conn) => Ok(Some(conn)),
        Err(StoreError::Locked) => Err(StoreError::Locked),
        Err(StoreError::DiskFull(e)) => Err(StoreError::DiskFull(e)),
        // Damaged, or of another key: kept as it lies there, its log with it. Somebody may have it open all the same.
        Err(_) => wait_for_others(database, patience).map(|()| None),
    }
}

/// A free name, told by the second.
fn kept_name(folder: &Path, now_ms: u64) -> Result<PathBuf, StoreError> {
    let digits: String = stamp(now_ms).chars().filter(char::is_ascii_digit).collect();
    let (day, time) = digits.split_at_checked(8).unwrap_or((&digits, ""));
    for number in 1..=KEPT_NAMES_MAX {
        let more = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{KEPT}{day}T{time}Z{more}"));
        if fs::symlink_metadata(&path).is_err() {
            return Ok(path);
        }
    }
    let reason = "a hundred databases of this second are kept already";
    Err(StoreError::TargetRefused { path: folder.join(DATABASE_FILE), reason })
}

/// Removes second names that a killed restore gave the database.
fn drop_aliases(folder: &Path, database: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let of_ours = ["", LOGS[0], LOGS[1]].iter().any(|log| is_same(&path, &beside(database, log)));
        if name.starts_with(KEPT) && of_ours {
            let _ = fs::remove_file(&path);
        }
    }
}

/// Gives the database and its logs second names; where the file system knows no links, copies.
fn keep(database: &Path, kept: &Path) -> Result<(), StoreError> {
    for suffix in [LOGS[0], LOGS[1], ""] {
        let (from, to) = (beside(database, suffix), beside(kept, suffix));
        match fs::hard_link(&from, &to) {
            Ok(()) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(_) => {
                let mut source = File::open(&from).map_err(failed("read", &from))?;
                let mut target = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&to)
                    .map_err(failed("create", &to))?;
                let copied = std::io::copy(&mut source, &mut target).and_then(|_| target.sync_all());
                copied.map_err(failed("write", &to)).inspect_err(|_| drop(fs::remove_file(&to)))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
