//! Taking logs in: read once, hashed, unpacked, compressed; then stored in one transaction.
//!
//! Invariants: the hash is of the original bytes; the stored text is the extracted bytes as they were, so that offsets
//! into it are offsets into what the analyst has; no more than the limits is ever held; nothing is stored unless all
//! of it was read; the same original on the same issue is one row, whoever else writes at the time.

pub(crate) mod decode;
pub(crate) mod document;
mod gzip;
pub(crate) mod nuls;
pub(crate) mod source;
pub(crate) mod wide;

use trcaa_model::attachment::{LogFile, NewLogFile};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::IssueId;
use trcaa_model::timeline::Happening;
use trcaa_store::{StoreError, Tx};

use self::decode::{Extracted, Limits, extract, too_large};
use self::document::Documents;
use self::gzip::Gzip;
pub use self::source::LogInput;
use self::source::Source;
pub(crate) use self::source::safe_name;
use crate::{App, AppError};

/// zlib's level 4: two thirds of level 6's time for 5 % more bytes on logs.
pub(crate) const GZIP_LEVEL: u32 = 4;

/// A log that was read and is not stored yet.
pub(crate) struct ReadLog {
    pub(crate) name: String,
    path: String,
    size: u64,
    mime_type: &'static str,
    hash: String,
    compressed: Vec<u8>,
}

impl ReadLog {
    pub(crate) fn into_new(self, issue_id: IssueId) -> NewLogFile {
        NewLogFile {
            issue_id,
            file_name: self.name,
            file_path: self.path,
            file_size: self.size,
            mime_type: self.mime_type.to_owned(),
            content_hash: self.hash,
            content_compressed: self.compressed,
        }
    }
}

/// An attachment, and whether it was made just now.
#[derive(Clone, Debug, PartialEq)]
pub struct Attached<T> {
    /// Its row.
    pub row: T,
    /// Whether the issue had the same bytes before; nothing was written then.
    pub already_there: bool,
}

impl App {
    /// Reads a log and attaches it to an issue. The same bytes on the same issue are one log.
    ///
    /// # Errors
    /// Says what can't be read and why; nothing is stored then.
    pub fn add_log(
        &self,
        issue: &IssueId,
        input: &LogInput,
        name: Option<&str>,
    ) -> Result<Attached<LogFile>, AppError> {
        self.store.issue(issue)?;
        let new = self.read_log(input, name)?.into_new(issue.clone());
        // Looked up with the write lock held: two processes that add the same file make one row.
        Ok(self.store.write(|tx| match tx.log_by_hash(issue, &new.content_hash)? {
            Some(row) => Ok(Attached { row, already_there: true }),
            None => Ok(Attached { row: store_log(tx, &new)?, already_there: false }),
        })?)
    }

    /// Reads a log without storing anything.
    pub(crate) fn read_log(&self, input: &LogInput, name: Option<&str>) -> Result<ReadLog, AppError> {
        let source = Source::open(input, Some(self.store.path()))?;
        let (path, name) = (source.path.clone(), safe_name(name.unwrap_or(&source.name), "log"));
        self.progress.begin(&format!("reading {name}"), None);
        let sink = Gzip::new(GZIP_LEVEL);
        let advance = |bytes| self.progress.advance(bytes);
        let outcome = read(source, self.log_size_max()?, self, sink, advance);
        self.progress.end();
        let extracted = outcome?;
        Ok(ReadLog {
            name,
            path,
            size: extracted.original_bytes,
            mime_type: extracted.mime_type,
            hash: extracted.hash,
            compressed: extracted.text,
        })
    }
}

fn read(
    source: Source,
    limit: u64,
    documents: &dyn Documents,
    sink: Gzip,
    on_bytes: impl FnMut(u64),
) -> Result<Extracted, AppError> {
    if let Some(length) = source.length.filter(|length| *length > limit) {
        return Err(too_large(&source.shown, &format!("{length} bytes"), limit));
    }
    extract(source.reader, &source.shown, Limits::of_original(limit), documents, sink, on_bytes)
}

/// Writes a log with its timeline event and audit row.
pub(crate) fn store_log(tx: &Tx<'_>, new: &NewLogFile) -> Result<LogFile, StoreError> {
    let log = tx.insert_log(new)?;
    let happening = Happening::LogUploaded {
        file_name: crate::moments::fitted(&log.file_name).to_owned(),
        file_size: log.file_size,
    };
    let audit = AuditRecord {
        action: "upload_log_file",
        entity_type: "log_file",
        entity_id: log.id.to_string(),
        details: serde_json::json!({"issue_id": log.issue_id, "content_hash": log.content_hash, "file_size": log.file_size}),
    };
    tx.happened(&log.issue_id, &happening, &format!("Log {} attached", log.file_name), &audit)?;
    Ok(log)
}
