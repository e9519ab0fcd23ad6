//! The database that is taken over: opened so that nothing in it can run and no byte of it, or beside it, changes.
//!
//! Without a write-ahead log it is opened as immutable, which makes no file beside it. With one, the committed pages are
//! merged in memory: a plain database stays there, and never reaches a disk in clear; an encrypted one is put, encrypted
//! as it is, into a file of the store's private folder that loses its name as soon as it is open.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, ErrorCode, MAIN_DB, OpenFlags};
use trcaa_model::env::{Clock, Entropy};
use trcaa_model::id::uuid_v7;

use super::error::ImportError;
use super::keys::{Candidate, Candidates, FileKey};
use super::wal;
use crate::StoreError;
use crate::files::failed;
use crate::lock::{FolderLock, Patience};
use crate::open::{BUSY_TIMEOUT, silence};

/// First bytes of a plain SQLite file.
const PLAIN_HEADER: &[u8; 16] = b"SQLite format 3\0";
/// First bytes of a rollback journal that still counts.
const JOURNAL_HEADER: &[u8; 8] = &[0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
/// Pages of SQLCipher 4 and of an earlier product's version.
const PAGE_BYTES: [u32; 2] = [4096, 16_384];
/// The smallest SQLCipher page that is tried; a file below that holds none.
const ENCRYPTED_BYTES_MIN: u64 = 4096;
/// Most bytes that are merged in memory: above, the product that made it has to merge its log.
const MERGED_BYTES_MAX: u64 = 2 << 30;
/// Most bytes of one value of the source, by SQLite's own limit; a log's text is the largest.
const VALUE_BYTES_MAX: i32 = 112 << 20;
/// Tables, views and indexes of which names are read.
const SCHEMA_ROWS_MAX: i64 = 2_000;
/// Name of an encrypted copy while it is being opened.
const COPY_PREFIX: &str = "import-";
const COPY_SUFFIX: &str = ".tmp";
/// Bytes of the smallest row, its pointer not counted.
const ROW_BYTES_MIN: u64 = 4;
/// Columns of one table that are looked at.
const COLUMNS_MAX: usize = 256;

/// A table of the source.
#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    /// Columns that can be read, as the source spells them.
    pub(super) columns: Vec<String>,
    /// Columns that are computed, and therefore not read.
    pub(super) generated: Vec<String>,
}

/// The source, open.
pub(super) struct Source {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    pub(super) encrypted: bool,
    /// What opened it, where it is encrypted.
    pub(super) key: Option<Candidate>,
    /// Most rows that a table of so many bytes can hold. A damaged or hostile tree of pages can lead back into itself.
    pub(super) rows_max: u64,
    seen: [Option<FileState>; 2],
}

/// What changes when a file is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileState {
    place: (u64, u64),
    bytes: u64,
    modified: (i64, i64),
}

impl Source {
    /// Opens `path`; `store` is the store's own database file, which is refused.
    pub(super) fn open(
        path: &Path,
        store: &Path,
        Candidates { keys: candidates, elsewhere }: Candidates,
        (clock, entropy): (&dyn Clock, &dyn Entropy),
    ) -> Result<Self, StoreError> {
        let path = fs::canonicalize(path).map_err(not_read(path))?;
        let no_database = || ImportError::NotADatabase { path: path.clone() };
        if !fs::metadata(&path).map_err(not_read(&path))?.is_file() {
            return Err(no_database().into());
        }
        let seen = [state(&path), state(&beside(&path, "-wal"))];
        if seen[0].map(|own| own.place) == state(store).map(|own| own.place) {
            return Err(ImportError::Itself { path }.into());
        }
        let mut head = [0u8; 16];
        let bytes = seen[0].map_or(0, |own| own.bytes);
        File::open(&path).and_then(|mut file| file.read_exact(&mut head)).map_err(|e| match e.kind() {
            std::io::ErrorKind::UnexpectedEof => StoreError::from(no_database()),
            _ => not_read(&path)(e),
        })?;
        let encrypted = head != *PLAIN_HEADER;
        if encrypted && bytes < ENCRYPTED_BYTES_MIN {
            return Err(no_database().into());
        }
        if is_unfinished(&beside(&path, "-journal")) {
            return Err(ImportError::Unfinished { path }.into());
        }
        let merged = merge_log(&path, bytes)?;
        let folder = store.parent().unwrap_or(Path::new("."));
        // Whoever holds the lock is the only one that has a copy with a name.
        let lock = FolderLock::exclusive(folder, &mut Patience::new(BUSY_TIMEOUT))?;
        remove_left_over(folder);
        let place = match (&merged, encrypted) {
            (None, _) => Place::File(path.clone()),
            (Some(image), false) => Place::Memory(image),
            (Some(image), true) => Place::Private(private_copy(folder, image, clock, entropy)?),
        };
        let opened = if encrypted {
            let tried = if candidates.is_empty() {
                "there was none".to_owned()
            } else {
                candidates.iter().map(|candidate| candidate.from).collect::<Vec<_>>().join(", ")
            };
            let no_key = || ImportError::Key { path: path.clone(), tried, elsewhere }.into();
            open_encrypted(&place, &path, candidates)
                .and_then(|found| found.ok_or_else(no_key).map(|(conn, key)| (conn, Some(key))))
        } else {
            open_plain(&place, &path).map(|conn| (conn, None))
        };
        if let Place::Private(copy) = &place {
            let _ = fs::remove_file(copy);
        }
        drop(lock);
        let (conn, key) = opened?;
        let rows_max = merged.as_ref().map_or(bytes, |image| image.len() as u64) / ROW_BYTES_MIN;
        Ok(Self { conn, path, encrypted, key, rows_max, seen })
    }

    /// Whether nobody wrote to the files since they were opened.
    pub(super) fn expect_unchanged(&self) -> Result<(), StoreError> {
        if self.seen == [state(&self.path), state(&beside(&self.path, "-wal"))] {
            return Ok(());
        }
        Err(ImportError::Changed { path: self.path.clone() }.into())
    }

    /// What SQLite says of the source is about the source.
    pub(super) fn failed(&self, error: rusqlite::Error) -> StoreError {
        damaged(&self.path, &error)
    }

    /// A table that has more rows than there is room for.
    pub(super) fn impossible(&self, table: &str) -> StoreError {
        let detail = format!("table {:?} has more rows than the file has room for", super::report::named(table));
        ImportError::Damaged { path: self.path.clone(), detail }.into()
    }

    /// The tables whose rows can be read, and the names of the views and virtual tables.
    pub(super) fn shapes(&self) -> Result<(BTreeMap<String, Shape>, Vec<String>), StoreError> {
        let mut statement = self
            .conn
            .prepare(
                "SELECT name, type, COALESCE(sql, '') FROM sqlite_schema WHERE type IN ('table', 'view')
                 AND typeof(name) = 'text' ORDER BY rowid LIMIT ?1",
            )
            .map_err(|e| self.failed(e))?;
        let mut rows = statement.query([SCHEMA_ROWS_MAX]).map_err(|e| self.failed(e))?;
        let (mut tables, mut others) = (BTreeMap::new(), Vec::new());
        while let Some(row) = rows.next().map_err(|e| self.failed(e))? {
            let part = |index: usize| -> Result<String, StoreError> {
                let value = row.get_ref(index).map_err(|e| self.failed(e))?;
                Ok(String::from_utf8_lossy(value.as_bytes_or_null().ok().flatten().unwrap_or_default()).into_owned())
            };
            let (name, kind, sql) = (part(0)?, part(1)?, part(2)?);
            let is_virtual = sql.trim_start().get(..14).is_some_and(|head| head.eq_ignore_ascii_case("CREATE VIRTUAL"));
            if kind == "view" || is_virtual {
                others.push(name);
            } else {
                let shape = self.shape(&name)?;
                tables.insert(name, shape);
            }
        }
        Ok((tables, others))
    }

    fn shape(&self, table: &str) -> Result<Shape, StoreError> {
        let mut shape = Shape::default();
        let mut statement = self
            .conn
            .prepare("SELECT name, hidden FROM pragma_table_xinfo(?1) LIMIT ?2")
            .map_err(|e| self.failed(e))?;
        let mut rows = statement.query(rusqlite::params![table, COLUMNS_MAX as i64]).map_err(|e| self.failed(e))?;
        while let Some(row) = rows.next().map_err(|e| self.failed(e))? {
            let name = row.get_ref(0).map_err(|e| self.failed(e))?;
            // A name that is no UTF-8 is none of ours, and could not be asked for.
            let Ok(name) = name.as_str() else { continue };
            match row.get::<_, i64>(1).map_err(|e| self.failed(e))? {
                0 => shape.columns.push(name.to_owned()),
                _ => shape.generated.push(name.to_owned()),
            }
        }
        Ok(shape)
    }

    /// Counts rows of a table; with a column, those that hold something there.
    pub(super) fn count(&self, table: &str, column: Option<&str>) -> Result<u64, StoreError> {
        let (what, held) = column.map_or_else(
            || ("1".to_owned(), ""),
            |column| (format!("octet_length({})", quoted(column)), " WHERE held > 0"),
        );
        let (table_name, most) = (quoted(table), self.rows_max.saturating_add(1));
        let sql =
            format!("SELECT count(*) FROM (SELECT {what} AS held FROM {table_name} NOT INDEXED LIMIT {most}){held}");
        let count: i64 = self.conn.query_row(&sql, [], |row| row.get(0)).map_err(|e| self.failed(e))?;
        let count = crate::row::unsigned(Some(count));
        if count > self.rows_max { Err(self.impossible(table)) } else { Ok(count) }
    }
}

/// An identifier as SQL takes it, whatever is in it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Where the bytes are that are opened.
enum Place<'i> {
    File(PathBuf),
    Memory(&'i [u8]),
    Private(PathBuf),
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn state(path: &Path) -> Option<FileState> {
    let meta = fs::metadata(path).ok()?;
    Some(FileState { place: (meta.dev(), meta.ino()), bytes: meta.len(), modified: (meta.mtime(), meta.mtime_nsec()) })
}

/// Whether a rollback journal lies there that SQLite would undo from. One that ended well is empty, cut or zeroed.
fn is_unfinished(journal: &Path) -> bool {
    let mut head = [0u8; 8];
    File::open(journal).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == *JOURNAL_HEADER
}

/// The database with what its write-ahead log has committed; `None` where there is nothing to merge.
fn merge_log(path: &Path, bytes: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let log_path = beside(path, "-wal");
    let log_bytes = match fs::metadata(&log_path) {
        Ok(meta) if meta.is_file() => meta.len(),
        _ => 0,
    };
    if log_bytes == 0 {
        return Ok(None);
    }
    if bytes.saturating_add(log_bytes) > MERGED_BYTES_MAX {
        return Err(ImportError::TooLarge { path: path.to_owned(), bytes: bytes.saturating_add(log_bytes) }.into());
    }
    let read = |path: &Path| -> Result<Vec<u8>, StoreError> {
        let mut content = Vec::new();
        let file = File::open(path).map_err(not_read(path))?;
        file.take(MERGED_BYTES_MAX).read_to_end(&mut content).map_err(not_read(path))?;
        Ok(content)
    };
    let log = read(&log_path)?;
    let mut image = read(path)?;
    Ok(wal::merge(&mut image, &log).then_some(image))
}

/// Removes copies that a killed import left; they are encrypted, and of no use.
fn remove_left_over(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with(COPY_PREFIX) && name.ends_with(COPY_SUFFIX) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Writes encrypted bytes into the store's folder, for this user alone.
fn private_copy(folder: &Path, image: &[u8], clock: &dyn Clock, entropy: &dyn Entropy) -> Result<PathBuf, StoreError> {
    let copy = folder.join(format!("{COPY_PREFIX}{}{COPY_SUFFIX}", uuid_v7(clock, entropy)));
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&copy)
        .and_then(|mut file| file.write_all(image));
    if let Err(e) = written {
        let _ = fs::remove_file(&copy);
        return Err(failed("write", &copy)(e));
    }
    Ok(copy)
}

fn open_plain(place: &Place<'_>, path: &Path) -> Result<Connection, StoreError> {
    let said = |error: rusqlite::Error| damaged(path, &error);
    let conn = match place {
        Place::File(file) | Place::Private(file) => connect(file).map_err(said)?,
        Place::Memory(image) => {
            let mut conn = Connection::open_in_memory().map_err(said)?;
            // In memory there is no log; the header's two version bytes say that none is wanted.
            let head = image.get(..18).unwrap_or_default();
            let rest = image.get(20..).unwrap_or_default();
            let legacy: &[u8] = &[1, 1];
            let stream = head.chain(legacy).chain(rest);
            conn.deserialize_read_exact(MAIN_DB, stream, image.len(), true).map_err(said)?;
            conn
        }
    };
    harden(&conn).map_err(said)?;
    read_schema(&conn).map_err(said)?;
    Ok(conn)
}

/// Tries each key with each page size. `None` if none fits.
fn open_encrypted(
    place: &Place<'_>,
    path: &Path,
    candidates: Vec<Candidate>,
) -> Result<Option<(Connection, Candidate)>, StoreError> {
    let (Place::File(file) | Place::Private(file)) = place else { return Ok(None) };
    let mut tried: Vec<FileKey> = Vec::new();
    for candidate in candidates {
        for form in candidate.forms() {
            // Each try of a passphrase takes a tenth of a second.
            if tried.contains(&form) {
                continue;
            }
            tried.push(form.clone());
            for page_bytes in PAGE_BYTES {
                match open_with(file, &form, page_bytes) {
                    Ok(conn) => return Ok(Some((conn, candidate))),
                    Err(e) if e.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {}
                    Err(e) => return Err(damaged(path, &e)),
                }
            }
        }
    }
    Ok(None)
}

fn open_with(file: &Path, key: &FileKey, page_bytes: u32) -> Result<Connection, rusqlite::Error> {
    let conn = connect(file)?;
    conn.pragma_update(None, "key", key.as_str())?;
    conn.pragma_update(None, "cipher_page_size", page_bytes)?;
    conn.pragma_update(None, "kdf_iter", "256000")?;
    conn.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA512")?;
    conn.pragma_update(None, "cipher_kdf_algorithm", "PBKDF2_HMAC_SHA512")?;
    harden(&conn)?;
    read_schema(&conn)?;
    Ok(conn)
}

fn connect(file: &Path) -> Result<Connection, rusqlite::Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(immutable_uri(file), flags)?;
    silence(&conn)?;
    Ok(conn)
}

/// `file:…?immutable=1`, every byte escaped that means something in a URI.
fn immutable_uri(file: &Path) -> PathBuf {
    let mut uri = b"file:".to_vec();
    for byte in file.as_os_str().as_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => uri.push(*byte),
            other => uri.extend(format!("%{other:02X}").bytes()),
        }
    }
    uri.extend(b"?mode=ro&immutable=1");
    OsString::from_vec(uri).into()
}

/// A foreign schema can hold triggers, views, and expressions that call functions: none of that runs.
fn harden(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for off in [
        DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER,
        DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW,
        DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA,
        DbConfig::SQLITE_DBCONFIG_DQS_DML,
        DbConfig::SQLITE_DBCONFIG_DQS_DDL,
    ] {
        conn.set_db_config(off, false)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        conn.set_limit(limit, most)?;
    }
    conn.execute_batch(
        "PRAGMA query_only = ON; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY;",
    )
}

fn read_schema(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map(|_| ())
}

/// What SQLite says of the source. That it cannot be opened says nothing of its content, nor of the data folder.
fn damaged(path: &Path, error: &rusqlite::Error) -> StoreError {
    let detail = match error {
        rusqlite::Error::SqliteFailure(failure, detail) => {
            detail.as_deref().map_or_else(|| failure.to_string(), super::report::named)
        }
        other => other.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => unreadable(path, detail),
        _ => ImportError::Damaged { path: path.to_owned(), detail }.into(),
    }
}

fn unreadable(path: &Path, detail: String) -> StoreError {
    let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
    ImportError::Unreadable { path: path.to_owned(), folder, detail }.into()
}

/// What the system says of the source: one that is not there, or cannot be opened.
fn not_read(path: &Path) -> impl FnOnce(std::io::Error) -> StoreError + '_ {
    move |error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("read", path)(error),
        _ => unreadable(path, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use rusqlite::ffi;

    use super::*;

    #[test]
    fn a_source_that_cannot_be_opened_is_not_called_damaged_and_is_not_the_data_folder() {
        let path = Path::new("/media/cd/tftsr.db");
        let said = |code: i32| damaged(path, &rusqlite::Error::SqliteFailure(ffi::Error::new(code), None));
        for code in [ffi::SQLITE_CANTOPEN, ffi::SQLITE_READONLY, ffi::SQLITE_READONLY_DIRECTORY, ffi::SQLITE_PERM] {
            let error = said(code);
            assert_eq!(error.code(), "import_unreadable", "{code}");
            assert!(error.to_string().contains("in its folder /media/cd:"), "{error}");
            assert!(!error.hint().unwrap().contains("data folder"));
        }
        for code in [ffi::SQLITE_CORRUPT, ffi::SQLITE_IOERR_READ, ffi::SQLITE_ERROR] {
            assert_eq!(said(code).code(), "import_damaged", "{code}");
        }
        let denied = not_read(path)(std::io::ErrorKind::PermissionDenied.into());
        assert_eq!(denied.code(), "import_unreadable");
        assert_eq!(not_read(path)(std::io::ErrorKind::NotFound.into()).code(), "file");
    }
}
