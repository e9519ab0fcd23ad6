//! What `db status` and `db check` tell.

use std::fs;

use serde::Serialize;
use trcaa_model::audit::AuditVerdict;

use crate::open::pragma_text;
use crate::restore::KEPT;
use crate::{KeyKind, Store, StoreError, row, schema};

/// Most findings of one kind that a check lists.
const FINDINGS_MAX: u32 = 100;

/// The cipher settings in force, by pragma.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CipherSettings {
    /// SQLCipher's version.
    pub version: String,
    /// Bytes of a page.
    pub page_bytes: u32,
    /// PBKDF2 rounds; not used with a raw key.
    pub kdf_iter: String,
    /// Of pages.
    pub hmac_algorithm: String,
    /// Of passphrases.
    pub kdf_algorithm: String,
}

/// What there is, and how it is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStatus {
    /// The database.
    pub path: String,
    /// SQLite's version.
    pub sqlite_version: String,
    /// How many migrations are applied.
    pub migrations: u64,
    /// The last one's name.
    pub latest_migration: Option<String>,
    /// Bytes of the database.
    pub file_bytes: u64,
    /// Bytes of its log.
    pub wal_bytes: u64,
    /// Bytes that compacting would free.
    pub free_bytes: u64,
    /// Where the key comes from.
    pub key_source: KeyKind,
    /// `wal`.
    pub journal_mode: String,
    /// `None` for a plain file.
    pub cipher: Option<CipherSettings>,
    /// Rows of every table.
    pub rows: Vec<(String, u64)>,
    /// Bytes of every table with its indexes, largest first.
    pub table_bytes: Vec<(String, u64)>,
    /// When the last backup was made, by the audit trail; `None` if never.
    pub last_backup_at: Option<String>,
}

/// What a check found; every list is empty in a sound store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckReport {
    /// Of `integrity_check`.
    pub integrity: Vec<String>,
    /// Of `cipher_integrity_check`: pages whose HMAC does not fit.
    pub cipher_integrity: Vec<String>,
    /// Table and row number of rows that point nowhere.
    pub foreign_keys: Vec<String>,
    /// Tables, indexes, triggers and views that are not those that the migrations make.
    pub schema: Vec<String>,
    /// Of the full-text index against the table.
    pub full_text: Vec<String>,
    /// Of the audit chain.
    pub audit: AuditVerdict,
    /// Of single rows: JSON, enums, compressed text, secrets that do not open. They name the row, never its value.
    pub content: Vec<String>,
}

impl CheckReport {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.findings().next().is_none()
    }

    /// Everything that was found, the worst first.
    pub fn findings(&self) -> impl Iterator<Item = String> + '_ {
        self.page_findings().chain(self.row_findings())
    }

    /// What is wrong with the file: only a backup brings that back.
    pub fn page_findings(&self) -> impl Iterator<Item = String> + '_ {
        self.cipher_integrity.iter().chain(&self.integrity).cloned()
    }

    /// What is wrong with rows of a file that is whole.
    pub fn row_findings(&self) -> impl Iterator<Item = String> + '_ {
        let audit = (!self.audit.intact).then(|| {
            let reason = self.audit.reason.as_deref().unwrap_or("it cannot be read");
            match &self.audit.first_bad_id {
                Some(id) => format!("audit trail, row {id:?}: {reason}"),
                None => format!("audit trail: {reason}"),
            }
        });
        let orphans = self.foreign_keys.iter().map(|row| format!("{row} points to a row that is not there"));
        let index = self.full_text.iter().map(|found| format!("full-text index: {found}"));
        self.schema.iter().cloned().chain(orphans).chain(index).chain(audit).chain(self.content.iter().cloned())
    }
}

impl Store {
    /// Tells what there is.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn status(&self) -> Result<StoreStatus, StoreError> {
        let number = |sql: &str| row::first(&self.conn, sql, [], |row| Ok(row::unsigned(row.get(0)?)));
        let mut wal = self.path.as_os_str().to_owned();
        wal.push("-wal");
        let bytes = |path: &std::path::Path| fs::metadata(path).map_or(0, |meta| meta.len());
        let free = number("SELECT freelist_count * page_size FROM pragma_freelist_count, pragma_page_size")?;
        let rows = self.row_counts()?.into_iter().collect();
        // Backups that another store made, by a trail that was taken over, hold nothing of this one.
        let last_backup = "SELECT max(timestamp) FROM audit_log
            WHERE action = 'backup_database' AND user_id = 'local' AND typeof(timestamp) = 'text'";
        Ok(StoreStatus {
            path: self.path.display().to_string(),
            sqlite_version: rusqlite::version().to_owned(),
            migrations: number("SELECT count(*) FROM _migrations")?.unwrap_or(0),
            latest_migration: row::first(&self.conn, "SELECT max(name) FROM _migrations", [], |row| Ok(row.get(0)?))?
                .flatten(),
            file_bytes: bytes(&self.path),
            wal_bytes: bytes(wal.as_ref()),
            free_bytes: free.unwrap_or(0),
            key_source: self.kind,
            journal_mode: pragma_text(&self.conn, "journal_mode")?,
            cipher: self.cipher_settings()?,
            rows,
            table_bytes: self.table_bytes()?,
            last_backup_at: row::first(&self.conn, last_backup, [], |row| row::lossy(row, 0))?
                .filter(|at| !at.is_empty()),
        })
    }

    /// Whether there is a reason to keep the present key: a backup was made, or a database kept by a restore lies beside
    /// this one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_copies(&self) -> Result<bool, StoreError> {
        let backup = "SELECT 1 FROM audit_log WHERE action = 'backup_database' LIMIT 1";
        if row::first(&self.conn, backup, [], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
        let Some(entries) = self.path.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return Ok(false) };
        let kept = |name: std::ffi::OsString| name.to_string_lossy().starts_with(KEPT);
        Ok(entries.flatten().any(|entry| kept(entry.file_name())))
    }

    /// Pages of each table and its indexes, in bytes. Reads every page.
    fn table_bytes(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let sql = "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_schema AS s ON s.name = d.name
                   WHERE d.aggregate = TRUE GROUP BY s.tbl_name ORDER BY 2 DESC, 1";
        row::all(&self.conn, sql, [], |row| Ok((row.get(0)?, row::unsigned(row.get(1)?))))
    }

    fn cipher_settings(&self) -> Result<Option<CipherSettings>, StoreError> {
        if self.key.pragma_text().is_none() {
            return Ok(None);
        }
        Ok(Some(CipherSettings {
            version: pragma_text(&self.conn, "cipher_version")?,
            page_bytes: self.page_bytes,
            kdf_iter: pragma_text(&self.conn, "kdf_iter")?,
            hmac_algorithm: pragma_text(&self.conn, "cipher_hmac_algorithm")?,
            kdf_algorithm: pragma_text(&self.conn, "cipher_kdf_algorithm")?,
        }))
    }

    /// Reads everything and tells what is not sound: pages, schema, references, full-text index, audit chain, rows.
    ///
    /// # Errors
    /// Those of SQLite that are no finding, [`StoreError::Locked`] among them.
    pub fn check(&self) -> Result<CheckReport, StoreError> {
        let text = |row: &rusqlite::Row<'_>| Ok(row.get::<_, String>(0)?);
        let cipher_integrity = if self.key.pragma_text().is_some() {
            // This pragma reads the file past the log. A page that a killed process was copying may be torn there and
            // whole in the log, which is the copy that counts: it is copied first.
            row::all(&self.conn, "PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
            let mut found = row::all(&self.conn, "PRAGMA cipher_integrity_check", [], text)?;
            found.truncate(FINDINGS_MAX as usize);
            found
        } else {
            Vec::new()
        };
        let lines = row::all(&self.conn, &format!("PRAGMA integrity_check({FINDINGS_MAX})"), [], text);
        let mut integrity = findings(lines, !cipher_integrity.is_empty())?;
        integrity.retain(|line| line != "ok");
        let damaged = !(cipher_integrity.is_empty() && integrity.is_empty());
        let orphans = "SELECT \"table\" || ' row ' || COALESCE(rowid, '?') FROM pragma_foreign_key_check LIMIT ?1";
        let foreign_keys = findings(row::all(&self.conn, orphans, [FINDINGS_MAX], text), damaged)?;
        let schema = findings(schema::findings(&self.conn, FINDINGS_MAX as usize), damaged)?;
        let index = "INSERT INTO issues_fts (issues_fts, rank) VALUES ('integrity-check', 1)";
        let full_text = findings(row::execute(&self.conn, index, []).map(|_| Vec::new()), damaged)?;
        let audit = self.verify_audit(None).or_else(|e| {
            let reason = Some(findings(Err(e), damaged)?.concat());
            Ok::<_, StoreError>(AuditVerdict { entries: 0, intact: false, first_bad_id: None, reason, head: None })
        })?;
        let mut content = findings(self.check_rows(FINDINGS_MAX), damaged)?;
        content.extend(findings(self.check_secrets(FINDINGS_MAX), damaged)?);
        Ok(CheckReport { integrity, cipher_integrity, foreign_keys, schema, full_text, audit, content })
    }
}

/// Damage is what a check looks for, so it is a finding and no error; and on a file known to be damaged, so is whatever
/// SQLite says next (SQLCipher leaves a connection read-only that met a bad page).
fn findings(found: Result<Vec<String>, StoreError>, damaged: bool) -> Result<Vec<String>, StoreError> {
    match found {
        Err(StoreError::Damaged { detail }) => Ok(vec![detail]),
        Err(other) if damaged => Ok(vec![format!("could not be checked: {other}")]),
        other => other,
    }
}
