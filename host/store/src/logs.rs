//! `log_files`: rows and their stored content. Reading the text is in [`crate::LogText`].

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::attachment::{LogFile, NewLogFile};
use trcaa_model::id::{IssueId, LogFileId};

use crate::fold::{self, Page};
use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str =
    "id, issue_id, file_name, file_path, file_size, mime_type, content_hash, uploaded_at, COALESCE(redacted, 0)";

/// Which logs a list across issues shows: newest first.
#[derive(Clone, Debug)]
pub struct LogFilter {
    /// Only this issue's.
    pub issue_id: Option<IssueId>,
    /// Only names that contain this, as it is written but for upper and lower case (of any script).
    pub search: Option<String>,
    /// At most this many, 1 to 10,000.
    pub limit: u32,
    /// Rows to pass over.
    pub offset: u32,
}

/// A row of `v_log_files_with_issue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogFileListed {
    /// The log.
    #[serde(flatten)]
    pub log_file: LogFile,
    /// Its issue's title.
    pub issue_title: String,
}

/// The redacted copy of a log, made before the transaction opens.
#[derive(Clone, Debug)]
pub struct RedactedCopy {
    /// Gzip of the redacted text.
    pub compressed: Vec<u8>,
    /// SHA-256 hex of the redacted text.
    pub hash: String,
}

fn log_of(row: &Row<'_>) -> Result<LogFile, StoreError> {
    Ok(LogFile {
        id: LogFileId::from_stored(row.get::<_, String>(0)?),
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        file_name: row.get(2)?,
        file_path: row.get(3)?,
        file_size: row::unsigned(row.get(4)?),
        mime_type: row.get(5)?,
        content_hash: row.get(6)?,
        uploaded_at: row.get(7)?,
        redacted: row.get(8)?,
    })
}

impl Store {
    /// Reads one log's row.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn log(&self, id: &LogFileId) -> Result<LogFile, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM log_files WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], log_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "log", given: id.to_string() })
    }

    /// Lists the logs of one issue, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn logs_of(&self, issue: &IssueId) -> Result<Vec<LogFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM log_files WHERE issue_id = ?1 ORDER BY uploaded_at, rowid");
        row::all(&self.conn, &sql, [issue.as_str()], log_of)
    }

    /// Lists logs across issues, newest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn logs(&self, filter: &LogFilter) -> Result<Vec<LogFileListed>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, issue_title FROM v_log_files_with_issue WHERE (:issue IS NULL OR issue_id = :issue)
             ORDER BY uploaded_at DESC, id DESC LIMIT :limit OFFSET :offset"
        );
        let page = Page {
            issue: filter.issue_id.as_ref(),
            search: filter.search.as_deref(),
            limit: filter.limit,
            offset: filter.offset,
        };
        fold::listed(&self.conn, &sql, &page, |row| {
            Ok(LogFileListed { log_file: log_of(row)?, issue_title: row.get(9)? })
        })
    }

    /// Finds a log of this issue by the hash of its original bytes.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn log_by_hash(&self, issue: &IssueId, content_hash: &str) -> Result<Option<LogFile>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM log_files WHERE issue_id = ?1 AND content_hash = ?2 LIMIT 1");
        row::first(&self.conn, &sql, [issue.as_str(), content_hash], log_of)
    }
}

impl Tx<'_> {
    /// Inserts a log with its content.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for its issue.
    pub fn insert_log(&self, new: &NewLogFile) -> Result<LogFile, StoreError> {
        self.expect_issue(&new.issue_id)?;
        let id = LogFileId::generate(self.clock(), self.entropy());
        row::execute(
            &self.conn,
            "INSERT INTO log_files (id, issue_id, file_name, file_path, file_size, mime_type, content_hash, uploaded_at,
                 redacted, content_compressed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0, ?9)",
            params![
                id.as_str(),
                new.issue_id.as_str(),
                new.file_name,
                new.file_path,
                row::signed("file_size", new.file_size)?,
                new.mime_type,
                new.content_hash,
                self.now(),
                new.content_compressed,
            ],
        )?;
        self.log(&id)
    }

    /// Deletes a log, its content and its spans.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn delete_log(&self, id: &LogFileId) -> Result<(), StoreError> {
        match row::execute(&self.conn, "DELETE FROM log_files WHERE id = ?1", [id.as_str()])? {
            0 => Err(StoreError::NoSuch { what: "log", given: id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Stores the redacted copy, marks the log redacted and empties the originals of all its spans.
    ///
    /// The pseudonyms belong into the same transaction: after this, no other place can restore a value.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn apply_redactions(&self, id: &LogFileId, copy: &RedactedCopy) -> Result<(), StoreError> {
        let changed = row::execute(
            &self.conn,
            "UPDATE log_files SET redacted = 1, redacted_compressed = ?2, redacted_hash = ?3 WHERE id = ?1",
            params![id.as_str(), copy.compressed, copy.hash],
        )?;
        if changed == 0 {
            return Err(StoreError::NoSuch { what: "log", given: id.to_string() });
        }
        let empty = "UPDATE pii_spans SET original_value = '' WHERE log_file_id = ?1 AND original_value <> ''";
        row::execute(&self.conn, empty, [id.as_str()])?;
        Ok(())
    }
}
