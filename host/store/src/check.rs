//! What `db status` and `db check` tell.

use std::fs;

use serde::Serialize;
use trcaa_model::audit::AuditVerdict;

use crate::open::pragma_text;
use crate::{Store, StoreError, row};

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
    /// `wal`.
    pub journal_mode: String,
    /// `None` for a plain file.
    pub cipher: Option<CipherSettings>,
    /// Rows of some tables.
    pub rows: Vec<(String, u64)>,
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
    /// Of the full-text index against the table.
    pub full_text: Vec<String>,
    /// Of the audit chain.
    pub audit: AuditVerdict,
}

impl CheckReport {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.integrity.is_empty()
            && self.cipher_integrity.is_empty()
            && self.foreign_keys.is_empty()
            && self.full_text.is_empty()
            && self.audit.intact
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
        let mut rows = Vec::new();
        for table in ["issues", "log_files", "pii_spans", "documents", "timeline_events", "audit_log", "plugins"] {
            rows.push((table.to_owned(), number(&format!("SELECT count(*) FROM {table}"))?.unwrap_or(0)));
        }
        Ok(StoreStatus {
            path: self.path.display().to_string(),
            sqlite_version: rusqlite::version().to_owned(),
            migrations: number("SELECT count(*) FROM _migrations")?.unwrap_or(0),
            latest_migration: row::first(&self.conn, "SELECT max(name) FROM _migrations", [], |row| Ok(row.get(0)?))?
                .flatten(),
            file_bytes: bytes(&self.path),
            wal_bytes: bytes(wal.as_ref()),
            free_bytes: free.unwrap_or(0),
            journal_mode: pragma_text(&self.conn, "journal_mode")?,
            cipher: self.cipher_settings()?,
            rows,
        })
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

    /// Reads everything and tells what is not sound: pages, references, full-text index, audit chain.
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
        let index = "INSERT INTO issues_fts (issues_fts, rank) VALUES ('integrity-check', 1)";
        let full_text = findings(row::execute(&self.conn, index, []).map(|_| Vec::new()), damaged)?;
        let audit = self.verify_audit(None).or_else(|e| {
            let reason = Some(findings(Err(e), damaged)?.concat());
            Ok::<_, StoreError>(AuditVerdict { entries: 0, intact: false, first_bad_id: None, reason, head: None })
        })?;
        Ok(CheckReport { integrity, cipher_integrity, foreign_keys, full_text, audit })
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
