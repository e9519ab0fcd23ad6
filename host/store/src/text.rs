//! The text of a log as a stream: unpacked from the row or read from its old place, never more than the limit.

use std::fs::File;
use std::io::{self, BufRead as _, Read};

use flate2::read::MultiGzDecoder;
use rusqlite::MAIN_DB;
use rusqlite::blob::Blob;
use trcaa_model::id::LogFileId;
use trcaa_model::limits::EXTRACTED_BYTES_MAX;

use crate::{Packing, Store, StoreError, Unpacking, fallback, row};

/// Bytes taken from the row at a time.
const BLOB_READ_BYTES: usize = 65_536;

/// A log's text, read as it is asked for.
///
/// Yields exactly [`EXTRACTED_BYTES_MAX`] bytes at most; one more is an error, and so is damaged gzip. The errors' text
/// names the file. A write to the same row ends it with an error.
pub struct LogText<'s> {
    source: Source<'s>,
    name: String,
    left: u64,
}

enum Source<'s> {
    Stored(Box<MultiGzDecoder<io::BufReader<Blob<'s>>>>),
    File(io::BufReader<File>),
    Packed(Box<Unpacking<io::BufReader<File>>>),
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Stored(stored) => stored.read(buffer),
            Self::File(file) => file.read(buffer),
            Self::Packed(packed) => packed.read(buffer),
        }
    }
}

impl Read for LogText<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let named = |e: io::Error| io::Error::new(e.kind(), format!("the text of {:?} cannot be read: {e}", self.name));
        if self.left == 0 {
            return match self.source.read(&mut [0u8; 1]).map_err(named)? {
                0 => Ok(0),
                _ => Err(named(io::Error::other(format!("it is longer than {EXTRACTED_BYTES_MAX} bytes")))),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let count = self.source.read(&mut buffer[..most]).map_err(named)?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl Store {
    /// Opens a log's extracted text; one from before content was stored is read from `file_path`, and unpacked where
    /// that file is gzip or zstd.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::LogUnreadable`] with the file and the reason.
    pub fn open_text(&self, id: &LogFileId) -> Result<LogText<'_>, StoreError> {
        self.open_column(id, "content_compressed")?.map_or_else(|| self.open_file(id), Ok)
    }

    /// Opens a log's redacted text.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::LogUnreadable`] where redactions were not applied yet.
    pub fn open_redacted_text(&self, id: &LogFileId) -> Result<LogText<'_>, StoreError> {
        match self.open_column(id, "redacted_compressed")? {
            Some(text) => Ok(text),
            None => Err(StoreError::LogUnreadable {
                file: self.log(id)?.file_name,
                why: "no redacted copy is stored; apply its redactions first".to_owned(),
            }),
        }
    }

    /// Reads a log's extracted text whole.
    ///
    /// # Errors
    /// Those of [`Store::open_text`]; [`StoreError::LogUnreadable`] also for text beyond the limit and for damaged gzip.
    /// Bytes that are no UTF-8, which only a file of an earlier product holds, are replaced by U+FFFD.
    pub fn read_text(&self, id: &LogFileId) -> Result<String, StoreError> {
        self.drain(id, self.open_text(id)?)
    }

    /// Reads a log's redacted text whole.
    ///
    /// # Errors
    /// Those of [`Store::open_redacted_text`] and [`Store::read_text`].
    pub fn read_redacted_text(&self, id: &LogFileId) -> Result<String, StoreError> {
        self.drain(id, self.open_redacted_text(id)?)
    }

    fn drain(&self, id: &LogFileId, mut text: LogText<'_>) -> Result<String, StoreError> {
        let mut bytes = Vec::new();
        if let Err(e) = text.read_to_end(&mut bytes) {
            let why = e.to_string();
            let known = format!("the text of {:?} cannot be read: ", text.name);
            let why = why.strip_prefix(&known).unwrap_or(&why).to_owned();
            return Err(StoreError::LogUnreadable { file: format!("{} ({id})", text.name), why });
        }
        Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn open_column(&self, id: &LogFileId, column: &'static str) -> Result<Option<LogText<'_>>, StoreError> {
        let sql = format!("SELECT rowid, file_name, {column} IS NOT NULL FROM log_files WHERE id = ?1");
        let found = row::first(&self.conn, &sql, [id.as_str()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, bool>(2)?))
        })?;
        let (rowid, name, stored) = found.ok_or_else(|| StoreError::NoSuch { what: "log", given: id.to_string() })?;
        if !stored {
            return Ok(None);
        }
        let blob = self.conn.blob_open(MAIN_DB, "log_files", column, rowid, true)?;
        let decoder = MultiGzDecoder::new(io::BufReader::with_capacity(BLOB_READ_BYTES, blob));
        Ok(Some(LogText { source: Source::Stored(Box::new(decoder)), name, left: EXTRACTED_BYTES_MAX }))
    }

    fn open_file(&self, id: &LogFileId) -> Result<LogText<'_>, StoreError> {
        let log = self.log(id)?;
        let unreadable = |why: String| StoreError::LogUnreadable { file: log.file_path.clone(), why };
        if log.file_path.is_empty() {
            return Err(StoreError::LogUnreadable { file: log.file_name, why: fallback::NOWHERE.to_owned() });
        }
        let mut file = fallback::open(&log.file_path, self.folder()).map_err(unreadable)?;
        fallback::expect_same(&mut file, log.content_hash.as_deref()).map_err(unreadable)?;
        let mut file = io::BufReader::with_capacity(BLOB_READ_BYTES, file);
        let packing = Packing::of(file.fill_buf().map_err(|e| unreadable(e.to_string()))?);
        let source = match packing {
            Some(packing) => Source::Packed(Box::new(Unpacking::new(packing, file))),
            None => Source::File(file),
        };
        Ok(LogText { source, name: log.file_path, left: EXTRACTED_BYTES_MAX })
    }
}
