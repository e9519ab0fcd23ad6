//! The connection, and the one door to writing.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use trcaa_model::env::{Clock, Entropy, Keyring};
use trcaa_model::time::stamp;
use zeroize::Zeroizing;

use crate::keys::{DatabaseKey, KeyKind, KeyMaterial, Purpose};
use crate::lock::{FolderLock, Patience};
use crate::{ColumnCipher, StoreError, open};

/// How a store came to be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was there.
    Existing,
    /// It was made.
    Created,
    /// It was plain and is encrypted now.
    Converted,
}

/// An open store: one connection, for one thread at a time.
pub struct Store {
    pub(crate) conn: Connection,
    pub(crate) path: PathBuf,
    pub(crate) key: DatabaseKey,
    pub(crate) page_bytes: u32,
    pub(crate) material: KeyMaterial,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) opened: Opened,
    pub(crate) kind: KeyKind,
    pub(crate) keyring: Option<Arc<dyn Keyring>>,
    /// Under which name the keyring has the key in use.
    pub(crate) keyring_name: Option<String>,
    /// Whether something replaces the database key as the input of derived keys.
    pub(crate) replaced: bool,
    /// How long to wait for other processes.
    pub(crate) wait: Duration,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

/// A write transaction. It reads like the store it belongs to, and sees its own writes.
pub struct Tx<'s> {
    store: &'s Store,
}

impl Deref for Tx<'_> {
    type Target = Store;

    fn deref(&self) -> &Store {
        self.store
    }
}

impl Store {
    /// Runs `work` in one transaction: all of it is kept if it returns `Ok`, else nothing.
    ///
    /// The write lock is taken at the start, waiting up to 10 s for other processes. Must not be nested.
    ///
    /// # Errors
    /// What `work` returns, and those of beginning and committing, [`StoreError::Locked`] and
    /// [`StoreError::DiskFull`] among them.
    pub fn write<T>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let transaction = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let value = work(&Tx { store: self })?;
        transaction.commit()?;
        Ok(value)
    }

    /// Opens another connection to the same database with the same keys, for another thread.
    ///
    /// # Errors
    /// Those of opening, the migrations left out. With a passphrase this takes PBKDF2's 110 ms again.
    pub fn reopen(&self) -> Result<Self, StoreError> {
        let lock = FolderLock::shared(self.path.parent().unwrap_or(Path::new(".")), &mut Patience::new(self.wait))?;
        let conn = open::connect_with(&self.path, &self.key, self.page_bytes)?;
        open::set_up(&conn)?;
        drop(lock);
        Ok(self.over(conn, self.path.clone()))
    }

    /// A store over another connection, with the same keys.
    pub(crate) fn over(&self, conn: Connection, path: PathBuf) -> Self {
        Self {
            conn,
            path,
            key: self.key.clone(),
            page_bytes: self.page_bytes,
            material: self.material.clone(),
            clock: Arc::clone(&self.clock),
            entropy: Arc::clone(&self.entropy),
            opened: Opened::Existing,
            kind: self.kind,
            keyring: self.keyring.clone(),
            keyring_name: self.keyring_name.clone(),
            replaced: self.replaced,
            wait: self.wait,
        }
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that the database, its key file and its locks lie in.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// How the store came to be open.
    pub fn opened(&self) -> Opened {
        self.opened
    }

    /// Where the key in use comes from.
    pub fn key_kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether secrets in columns have a key of their own (TRCAA_ENCRYPTION_KEY).
    pub fn has_encryption_key(&self) -> bool {
        self.replaced
    }

    /// The clock that rows are stamped by.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    /// The entropy that ids are made from.
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Derives the key of one purpose from the database key, or from what replaces it.
    pub fn derived_key(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        self.material.derive(purpose)
    }

    /// Seals and opens secrets in columns.
    pub fn column_cipher(&self) -> ColumnCipher<'_> {
        ColumnCipher::new(&self.derived_key(Purpose::Columns), self.entropy.as_ref())
    }

    /// Now, as rows hold it.
    pub(crate) fn now(&self) -> String {
        stamp(self.clock.now_ms())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trcaa_model::env::fixed::{FixedClock, SeededEntropy};

    use super::*;
    use crate::{KeySource, OpenOptions};

    #[test]
    fn a_full_disk_is_told_and_keeps_what_was_acknowledged() {
        let dir = tempfile::tempdir().unwrap();
        let key = KeySource::RawKey(Zeroizing::new([1; 32]));
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = OpenOptions::new(dir.path().join("d"), key, Arc::new(FixedClock(0)), entropy).open().unwrap();
        store.write(|tx| tx.set_setting("kept", "yes")).unwrap();
        // SQLite answers as it does when the disk has no room for another page.
        let pages: i64 = store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        store.conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(())).unwrap();
        let refused = store.write(|tx| {
            tx.set_setting("lost", "yes")?;
            tx.set_setting("big", &"x".repeat(100_000))
        });
        assert!(matches!(refused, Err(StoreError::DiskFull(_))), "{refused:?}");
        store.conn.pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(())).unwrap();
        assert_eq!(store.settings().unwrap(), [("kept".to_owned(), "yes".to_owned())]);
        store.write(|tx| tx.set_setting("again", "yes")).unwrap();
        assert!(store.check().unwrap().is_sound());
    }

    #[test]
    fn a_write_inside_a_write_is_an_error_and_spoils_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let key = KeySource::RawKey(Zeroizing::new([1; 32]));
        let entropy = Arc::new(SeededEntropy::new(1));
        let store = OpenOptions::new(dir.path().join("d"), key, Arc::new(FixedClock(0)), entropy).open().unwrap();
        store
            .write(|tx| {
                tx.set_setting("outer", "yes")?;
                assert!(tx.write(|inner| inner.set_setting("inner", "yes")).is_err());
                Ok(())
            })
            .unwrap();
        assert_eq!(store.settings().unwrap().len(), 1);
    }
}
