//! Opening: from what lies in the data folder and what key is configured to a connection that is set up and checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use trcaa_model::env::{Clock, Entropy};
use trcaa_model::secret::Secret;

use crate::files::{self, FolderLock, Found};
use crate::keys::{DatabaseKey, KeyMaterial, KeySource};
use crate::store::{Opened, Store};
use crate::{StoreError, convert, key_file, migrate};

/// The database's file name.
pub const DATABASE_FILE: &str = "tftsr.db";
/// The key file's name.
pub const KEY_FILE: &str = "tftsr.key";
/// Key of the columns where the file itself is plain.
const COLUMN_KEY_FILE: &str = "tftsr.columns.key";

/// How long a writer waits for another process before it is told [`StoreError::Locked`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// SQLCipher 4's page, and that of databases of an earlier product version; tried in this order.
const PAGE_BYTES: [u32; 2] = [4096, 16_384];
/// PBKDF2 rounds of SQLCipher 4.
const KDF_ITER: &str = "256000";
/// Pages kept decrypted per connection. SQLite's own 2 MiB are less than the index of 100,000 rows, and here each page
/// that is read again is checked and decrypted again; it is taken as it is needed.
const CACHE_KIB: u32 = 16_384;
/// Statements kept prepared per connection; more than there are in this crate.
const STATEMENTS_MAX: usize = 128;

/// Whether a missing database is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Make it, its folder and its key file.
    Create,
    /// Refuse with [`StoreError::NoDatabase`].
    Existing,
}

/// What a store is opened with.
pub struct OpenOptions {
    /// The data folder; the database is [`DATABASE_FILE`] in it.
    pub folder: PathBuf,
    /// Where the key comes from.
    pub key: KeySource,
    /// Replaces the database key as the input of all derived keys (TRCAA_ENCRYPTION_KEY).
    pub encryption_key: Option<Secret>,
    /// Whether a missing database is made.
    pub mode: Mode,
    /// Tells the time of rows.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, nonces and the key file.
    pub entropy: Arc<dyn Entropy>,
}

impl OpenOptions {
    /// Opens or makes the store in `folder`, with no replaced encryption key.
    pub fn new(folder: impl Into<PathBuf>, key: KeySource, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { folder: folder.into(), key, encryption_key: None, mode: Mode::Create, clock, entropy }
    }

    /// Opens the store: checks the folder, resolves the key, converts a plain file, migrates.
    ///
    /// # Errors
    /// Every way in which that can fail has a [`StoreError`] of its own; none of them changes an existing database.
    pub fn open(self) -> Result<Store, StoreError> {
        let path = self.folder.join(DATABASE_FILE);
        if self.mode == Mode::Existing && files::look_at(&path)? == Found::Nothing {
            return Err(StoreError::NoDatabase { path });
        }
        files::prepare_folder(&self.folder, &path)?;
        let encrypted = self.key.encrypts();
        let mut found = files::look_at(&path)?;
        let ready = matches!((found, encrypted), (Found::Opaque, true) | (Found::Plain, false))
            && (encrypted || self.folder.join(COLUMN_KEY_FILE).exists());
        // Where something has to be made, it is one process at a time; each looks again, as another may just have done it.
        let _lock = if ready {
            None
        } else {
            let lock = FolderLock::take(&self.folder)?;
            found = files::look_at(&path)?;
            Some(lock)
        };
        if !encrypted && found == Found::Opaque {
            return Err(StoreError::EncryptedWherePlain { path });
        }
        let key = resolve(&self.key, &self.folder, &path, found, self.entropy.as_ref())?;
        let opened = match (found, encrypted) {
            (Found::Nothing, _) => {
                files::ensure_private(&path)?;
                Opened::Created
            }
            (Found::Plain, true) => {
                convert::encrypt_in_place(&path, &key)?;
                Opened::Converted
            }
            _ => {
                files::tighten(&path)?;
                Opened::Existing
            }
        };
        let (mut conn, page_bytes) = connect(&path, &key)?;
        migrate::run(&mut conn, self.clock.as_ref())?;
        set_up(&conn)?;
        if opened == Opened::Converted {
            // Row numbers may have changed on the way, and the index goes by them.
            conn.execute_batch("INSERT INTO issues_fts (issues_fts) VALUES ('rebuild')")?;
        }
        let material = KeyMaterial::new(&key, self.encryption_key.as_ref());
        Ok(Store { conn, path, key, page_bytes, material, clock: self.clock, entropy: self.entropy, opened })
    }
}

impl KeySource {
    pub(crate) fn encrypts(&self) -> bool {
        #[cfg(debug_assertions)]
        if matches!(self, Self::Plain) {
            return false;
        }
        true
    }
}

/// Finds the key, or makes its file; not for an encrypted database, which no new key would open.
pub(crate) fn resolve(
    source: &KeySource,
    folder: &Path,
    database: &Path,
    found: Found,
    entropy: &dyn Entropy,
) -> Result<DatabaseKey, StoreError> {
    match source {
        KeySource::Passphrase(secret) if secret.expose().is_empty() => Err(StoreError::KeyRefused("it is empty")),
        KeySource::Passphrase(secret) => Ok(DatabaseKey::Passphrase(secret.clone())),
        KeySource::RawKey(raw) => Ok(DatabaseKey::Raw(raw.clone())),
        KeySource::KeyFile => {
            let path = folder.join(KEY_FILE);
            match key_file::load(&path)? {
                Some(key) => Ok(DatabaseKey::Raw(key)),
                None if found == Found::Opaque => {
                    Err(StoreError::KeyFileMissing { database: database.to_owned(), key_file: path })
                }
                None => key_file::create(&path, entropy).map(DatabaseKey::Raw),
            }
        }
        #[cfg(debug_assertions)]
        KeySource::Plain => {
            let path = folder.join(COLUMN_KEY_FILE);
            match key_file::load(&path)? {
                Some(key) => Ok(DatabaseKey::Plain(key)),
                None => key_file::create(&path, entropy).map(DatabaseKey::Plain),
            }
        }
    }
}

/// Opens the file and reads its first page with each page size.
pub(crate) fn connect(path: &Path, key: &DatabaseKey) -> Result<(Connection, u32), StoreError> {
    let [usual, earlier] = PAGE_BYTES;
    match connect_with(path, key, usual) {
        Ok(conn) => Ok((conn, usual)),
        Err(StoreError::WrongKeyOrDamaged { .. }) => Ok((connect_with(path, key, earlier)?, earlier)),
        Err(other) => Err(other),
    }
}

/// Opens a connection to a file that exists; the key is set before the first page is read.
pub(crate) fn connect_with(path: &Path, key: &DatabaseKey, page_bytes: u32) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Else SQLCipher writes its errors to stderr, which is the command line's alone.
    silence(&conn)?;
    if let Some(text) = key.pragma_text() {
        conn.pragma_update(None, "key", text.as_str())?;
        conn.pragma_update(None, "cipher_page_size", page_bytes)?;
        conn.pragma_update(None, "kdf_iter", KDF_ITER)?;
        conn.pragma_update(None, "cipher_hmac_algorithm", "HMAC_SHA512")?;
        conn.pragma_update(None, "cipher_kdf_algorithm", "PBKDF2_HMAC_SHA512")?;
    }
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)).map_err(|e| {
        match e.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::WrongKeyOrDamaged { path: path.to_owned() },
            _ => e.into(),
        }
    })?;
    if !matches!(key, DatabaseKey::Plain(_)) {
        verify_cipher(&conn, page_bytes)?;
    }
    Ok(conn)
}

/// Turns SQLCipher's own log off.
pub(crate) fn silence(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.pragma_update_and_check(None, "cipher_log_level", "NONE", |_| Ok(())).or_else(|e| match e {
        rusqlite::Error::QueryReturnedNoRows => Ok(()),
        other => Err(other),
    })
}

/// Asks SQLCipher for the settings in force, as it ignores a pragma that it does not know.
fn verify_cipher(conn: &Connection, page_bytes: u32) -> Result<(), StoreError> {
    let page_bytes = page_bytes.to_string();
    for (name, expected) in [
        ("cipher_page_size", page_bytes.as_str()),
        ("kdf_iter", KDF_ITER),
        ("cipher_hmac_algorithm", "HMAC_SHA512"),
        ("cipher_kdf_algorithm", "PBKDF2_HMAC_SHA512"),
    ] {
        let actual = pragma_text(conn, name)?;
        if actual != expected {
            return Err(StoreError::CipherSetting { name, expected: expected.to_owned(), actual });
        }
    }
    Ok(())
}

/// A pragma's value as text; empty where it has none.
pub(crate) fn pragma_text(conn: &Connection, name: &str) -> Result<String, rusqlite::Error> {
    use rusqlite::types::Value;
    let value = match conn.pragma_query_value(None, name, |row| row.get::<_, Value>(0)) {
        Ok(value) => value,
        Err(rusqlite::Error::QueryReturnedNoRows) => return Ok(String::new()),
        Err(e) => return Err(e),
    };
    Ok(match value {
        Value::Text(text) => text,
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Null | Value::Blob(_) => String::new(),
    })
}

/// Settings of every connection after its schema is up to date.
pub(crate) fn set_up(conn: &Connection) -> Result<(), StoreError> {
    conn.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
    conn.pragma_update(None, "cache_size", -i64::from(CACHE_KIB))?;
    conn.execute_batch(
        "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
         PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;",
    )?;
    // No SQL of ours writes a schema or a shadow table; a damaged or hostile file must not make it.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    for (name, expected) in
        [("foreign_keys", "1"), ("secure_delete", "1"), ("temp_store", "2"), ("journal_mode", "wal")]
    {
        let actual = pragma_text(conn, name)?;
        if actual != expected {
            return Err(StoreError::CipherSetting { name, expected: expected.to_owned(), actual });
        }
    }
    Ok(())
}
