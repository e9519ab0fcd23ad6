//! Opening: from what lies in the data folder and what key is configured to a connection that is set up and checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use trcaa_model::env::{Clock, Entropy, Keyring};
use trcaa_model::secret::Secret;

#[cfg(debug_assertions)]
use crate::KeyFileProblem;
use crate::files::{self, Found};
use crate::key_check::Seen;
use crate::key_file::{Kept, KeyFile};
use crate::keys::{DatabaseKey, KeyKind, KeyMaterial, KeySource};
use crate::lock::{FolderLock, Patience};
use crate::rekey::key_from_keyring;
use crate::store::{Opened, Store};
use crate::{StoreError, convert, create, draft, handover, key_check, key_file, migrate};

/// The database's file name.
pub const DATABASE_FILE: &str = "tftsr.db";
/// The key file's name.
pub const KEY_FILE: &str = "tftsr.key";
/// Where either of these is, the store has a key: the second is a new one that was not put in place yet.
pub const KEY_FILES: [&str; 2] = [KEY_FILE, handover::NEXT];
/// Key of the columns where the file itself is plain.
pub(crate) const COLUMN_KEY_FILE: &str = "tftsr.columns.key";

/// How long a writer, or who needs the file alone, waits for other processes before it is told [`StoreError::Locked`].
pub(crate) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// SQLCipher 4's page; tried first.
pub(crate) const PAGE_BYTES_USUAL: u32 = 4096;
/// That of databases of an earlier product version.
const PAGE_BYTES_EARLIER: u32 = 16_384;
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
    /// As `Existing`, and change nothing: what would have to be made, converted, tightened, tidied up or migrated first
    /// is refused with [`StoreError::NotReady`].
    Look,
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
    /// The operating system's keyring, asked only where the key file says so.
    pub keyring: Option<Arc<dyn Keyring>>,
    /// How long opening, and rewriting the file as a whole, wait for other processes [default: 10 s].
    pub wait: Duration,
    /// Tells the time of rows.
    pub clock: Arc<dyn Clock>,
    /// Makes ids, nonces and the key file.
    pub entropy: Arc<dyn Entropy>,
}

impl OpenOptions {
    /// Opens or makes the store in `folder`, with no replaced encryption key.
    pub fn new(folder: impl Into<PathBuf>, key: KeySource, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            folder: folder.into(),
            key,
            encryption_key: None,
            mode: Mode::Create,
            keyring: None,
            wait: BUSY_TIMEOUT,
            clock,
            entropy,
        }
    }

    /// Opens the store: checks the folder, resolves the key, converts a plain file, migrates.
    ///
    /// # Errors
    /// Every way in which that can fail has a [`StoreError`] of its own; none of them changes an existing database.
    pub fn open(self) -> Result<Store, StoreError> {
        let path = self.folder.join(DATABASE_FILE);
        if self.mode != Mode::Create && files::look_at(&path)? == Found::Nothing {
            return Err(StoreError::NoDatabase { path });
        }
        if self.mode != Mode::Look {
            files::prepare_folder(&self.folder, &path)?;
        }
        let mut patience = Patience::new(self.wait);
        let shared = FolderLock::shared(&self.folder, &mut patience)?;
        let found = files::look_at(&path)?;
        let (_lock, found) = if self.is_ready(&path, found) {
            (shared, found)
        } else if self.mode == Mode::Look {
            return Err(StoreError::NotReady {
                what: "it is to be converted, or an interrupted change to be finished",
            });
        } else {
            // Something has to be made or tidied up, by one process at a time; each looks again, as another may have.
            drop(shared);
            let exclusive = FolderLock::exclusive(&self.folder, &mut patience)?;
            draft::clean(&path)?;
            (exclusive, files::look_at(&path)?)
        };
        self.open_locked(path, found, &mut patience)
    }

    /// Whether there is nothing to do but to open what is there.
    fn is_ready(&self, path: &Path, found: Found) -> bool {
        let there = match found {
            Found::Nothing => false,
            Found::Opaque => self.key.encrypts(),
            Found::Plain => !self.key.encrypts() && self.folder.join(COLUMN_KEY_FILE).exists(),
        };
        there && !draft::left_over(path) && !handover::pending(&self.folder)
    }

    /// The caller holds the folder, exclusively where it is not ready.
    fn open_locked(self, path: PathBuf, found: Found, patience: &mut Patience) -> Result<Store, StoreError> {
        let encrypted = self.key.encrypts();
        if !encrypted && found == Found::Opaque {
            return Err(StoreError::EncryptedWherePlain { path });
        }
        let pending = handover::pending(&self.folder);
        if pending && found == Found::Opaque {
            handover::resume(&self.folder, &path)?;
        }
        let ResolvedKey { key, kind, keyring_name } = self.resolve(&path, found)?;
        let material = KeyMaterial::new(&key, self.encryption_key.as_ref());
        let opened = match (found, encrypted) {
            (Found::Nothing, _) => {
                create::create(&path, &key, self.clock.as_ref())?;
                Opened::Created
            }
            (Found::Plain, true) => {
                self.convert(&path, &key, &material, patience)?;
                Opened::Converted
            }
            _ => {
                if self.mode != Mode::Look {
                    files::tighten(&path)?;
                }
                Opened::Existing
            }
        };
        let (mut conn, page_bytes) = connect(&path, &key)?;
        if self.mode == Mode::Look && !migrate::is_current(&conn)? {
            return Err(StoreError::NotReady { what: "it was made by another version, and is to be migrated" });
        }
        if self.mode != Mode::Look && handover::pending(&self.folder) {
            handover::discard(&self.folder, self.keyring.as_deref())?;
        }
        let replaced = self.encryption_key.is_some();
        let columns = key_check::Key::new(&material, replaced, self.entropy.as_ref());
        // What a conversion could not open is not this key's to open.
        let seen = match opened {
            Opened::Converted if !columns.row_fits(&conn)? => Seen::EarlierProduct,
            _ => columns.look(&conn)?,
        };
        if self.mode != Mode::Look {
            migrate::run(&mut conn, self.clock.as_ref())?;
            columns.seal(&conn, seen)?;
        }
        // In WAL mode from here on, which tells others that the file is in use.
        set_up(&conn)?;
        Ok(Store {
            conn,
            path,
            key,
            page_bytes,
            material,
            clock: self.clock,
            entropy: self.entropy,
            opened,
            kind,
            keyring: self.keyring,
            keyring_name,
            replaced,
            wait: self.wait,
        })
    }

    /// Encrypts a plain database, and seals with the new key what our own column key or a replacement of it sealed.
    ///
    /// A replacement that is configured now need not have been when a secret was sealed, so both are tried. The column
    /// key is thrown away only where no ciphertext is left that it may yet be needed for.
    fn convert(
        &self,
        path: &Path,
        key: &DatabaseKey,
        material: &KeyMaterial,
        patience: &mut Patience,
    ) -> Result<(), StoreError> {
        let column_key = self.folder.join(COLUMN_KEY_FILE);
        let old = match key_file::load(&column_key)? {
            Some(KeyFile { kept: Kept::Here(raw), .. }) => Some(KeyMaterial::new(&DatabaseKey::Plain(raw), None)),
            _ => None,
        };
        // `material` is the replacement, or the new key itself, which has sealed nothing yet.
        let old: Vec<&KeyMaterial> = old.iter().chain([material]).collect();
        let columns = key_check::Key::new(material, self.encryption_key.is_some(), self.entropy.as_ref());
        match convert::encrypt_in_place(path, key, (&old, material, &columns), self.entropy.as_ref(), patience)? {
            0 => files::shred(&column_key),
            _ => Ok(()),
        }
    }

    /// Finds the key, or makes its file; not for an encrypted database, which no new key would open.
    pub(crate) fn resolve(&self, database: &Path, found: Found) -> Result<ResolvedKey, StoreError> {
        let given = |key, kind| Ok(ResolvedKey { key, kind, keyring_name: None });
        match &self.key {
            KeySource::Passphrase(secret) if secret.expose().is_empty() => Err(StoreError::KeyRefused("it is empty")),
            KeySource::Passphrase(secret) => given(DatabaseKey::Passphrase(secret.clone()), KeyKind::Passphrase),
            KeySource::RawKey(raw) => given(DatabaseKey::Raw(raw.clone()), KeyKind::RawKey),
            KeySource::KeyFile => {
                let path = self.folder.join(KEY_FILE);
                match key_file::load(&path)?.map(|file| file.kept) {
                    Some(Kept::Here(raw)) => given(DatabaseKey::Raw(raw), KeyKind::KeyFile),
                    Some(Kept::Keyring(name)) => Ok(ResolvedKey {
                        key: DatabaseKey::Raw(key_from_keyring(self.keyring.as_deref(), &name)?),
                        kind: KeyKind::Keyring,
                        keyring_name: Some(name),
                    }),
                    Some(Kept::External) => Err(StoreError::KeyExternal { key_file: path }),
                    None if found == Found::Opaque => {
                        Err(StoreError::KeyFileMissing { database: database.to_owned(), key_file: path })
                    }
                    None => given(DatabaseKey::Raw(key_file::create(&path, self.entropy.as_ref())?), KeyKind::KeyFile),
                }
            }
            #[cfg(debug_assertions)]
            KeySource::Plain => {
                let path = self.folder.join(COLUMN_KEY_FILE);
                let raw = match key_file::load(&path)?.map(|file| file.kept) {
                    Some(Kept::Here(raw)) => raw,
                    Some(_) => return Err(StoreError::KeyFile { path, problem: KeyFileProblem::Malformed }),
                    None => key_file::create(&path, self.entropy.as_ref())?,
                };
                given(DatabaseKey::Plain(raw), KeyKind::None)
            }
        }
    }
}

/// The key, and where it came from.
pub(crate) struct ResolvedKey {
    pub(crate) key: DatabaseKey,
    pub(crate) kind: KeyKind,
    keyring_name: Option<String>,
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

/// Opens the file and reads its first page with each page size.
pub(crate) fn connect(path: &Path, key: &DatabaseKey) -> Result<(Connection, u32), StoreError> {
    match connect_with(path, key, PAGE_BYTES_USUAL) {
        Ok(conn) => Ok((conn, PAGE_BYTES_USUAL)),
        Err(StoreError::WrongKeyOrDamaged { .. }) => {
            Ok((connect_with(path, key, PAGE_BYTES_EARLIER)?, PAGE_BYTES_EARLIER))
        }
        Err(other) => Err(other),
    }
}

/// Opens a connection to a file that exists; the key is set before the first page is read.
pub(crate) fn connect_with(path: &Path, key: &DatabaseKey, page_bytes: u32) -> Result<Connection, StoreError> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // Else SQLCipher writes its errors to stderr, which is the command line's alone.
    silence(&conn)?;
    if let Some(statement) = key.pragma() {
        conn.execute_batch(&statement)?;
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
