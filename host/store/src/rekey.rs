//! Rewriting the store on purpose: another key, or the same one and no gaps.
//!
//! Invariants: every secret is opened before anything is replaced, so one that does not open stops it all; the new key
//! is durable, and was read back from where it is kept, before the database is put in place; the audit row is part of
//! the new database.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::json;
use trcaa_model::audit::AuditRecord;
use trcaa_model::env::Keyring;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use crate::convert::Plain;
use crate::draft::Draft;
use crate::key_file::{Kept, fresh_key};
use crate::keys::{DatabaseKey, KeyKind, KeyMaterial, parse_raw};
use crate::lock::{FolderLock, Patience, claim};
use crate::open::{COLUMN_KEY_FILE, connect};
use crate::rewrite::{census, export, rebuild_indexes, verify};
use crate::secret_columns::{Unopenable, reseal};
use crate::store::Opened;
use crate::{Store, StoreError, files, handover};

/// Where the key is from now on.
pub enum KeyTarget {
    /// A fresh one in the key file.
    KeyFile,
    /// A fresh one in the operating system's keyring.
    Keyring,
    /// This one, given from outside each time.
    Passphrase(Secret),
    /// This one, given from outside each time.
    RawKey(Zeroizing<[u8; 32]>),
}

/// What the keys of columns are derived from, from now on.
pub enum EncryptionKey {
    /// From what they are derived now: a replacement stays, else it is the (new) database key.
    Keep,
    /// From this one (TRCAA_ENCRYPTION_KEY).
    Replace(Secret),
    /// From the database key.
    Remove,
}

/// What is to change.
pub struct Rekey {
    /// Where the key is from now on.
    pub target: KeyTarget,
    /// What the keys of columns are derived from.
    pub encryption_key: EncryptionKey,
}

/// What a rekey did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rekeyed {
    /// Where the key was.
    pub from: KeyKind,
    /// Where it is.
    pub to: KeyKind,
    /// Secrets in columns that were sealed anew.
    pub resealed: u64,
    /// Whether the old key's entry in the keyring could not be removed.
    pub old_entry_left: bool,
}

/// What compacting did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compacted {
    /// Bytes of the database and its log before.
    pub bytes_before: u64,
    /// Bytes of the database after.
    pub bytes_after: u64,
}

impl Store {
    /// Moves the whole store to another key. Nobody else may have it open; waits up to 10 s for that.
    ///
    /// # Errors
    /// [`StoreError::Locked`], [`StoreError::Column`] for a secret that does not open, [`StoreError::Keyring`] and those of
    /// the file system; the store is as it was, with its old key.
    pub fn rekey(self, change: Rekey) -> Result<Rekeyed, StoreError> {
        let from = self.kind;
        let (key, kept, to) = new_key(&change.target, &self)?;
        // A keyring entry for a rekey that fails would stay for ever.
        let entry = Entry::of(&kept, self.keyring.as_ref());
        let material = match &change.encryption_key {
            EncryptionKey::Keep if self.replaced => self.material.clone(),
            EncryptionKey::Keep | EncryptionKey::Remove => KeyMaterial::new(&key, None),
            EncryptionKey::Replace(secret) => KeyMaterial::new(&key, Some(secret)),
        };
        let record = AuditRecord {
            action: "rekey_database",
            entity_type: "database",
            entity_id: crate::DATABASE_FILE.to_owned(),
            details: json!({
                "from": from,
                "to": to,
                "encryption_key": match change.encryption_key {
                    EncryptionKey::Keep => "keep",
                    EncryptionKey::Replace(_) => "replace",
                    EncryptionKey::Remove => "remove",
                },
            }),
        };
        let old_entry = self.keyring_name.clone();
        let keyring = self.keyring.clone();
        let resealed = self.replace_with(key, material, Some((kept, entry)), &record)?;
        let old_entry_left = match (old_entry, keyring) {
            (Some(name), Some(keyring)) => keyring.delete(&name).is_err(),
            _ => false,
        };
        Ok(Rekeyed { from, to, resealed, old_entry_left })
    }

    /// Writes the whole store anew with the same key, without the gaps that deleting left. Nobody else may have it open;
    /// waits up to 10 s for that.
    ///
    /// # Errors
    /// [`StoreError::Locked`] and those of the file system; the store is as it was.
    pub fn compact(self) -> Result<Compacted, StoreError> {
        let path = self.path.clone();
        let bytes = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
        let bytes_before = bytes(&path) + bytes(&crate::draft::beside(&path, "-wal"));
        let record = AuditRecord {
            action: "compact_database",
            entity_type: "database",
            entity_id: crate::DATABASE_FILE.to_owned(),
            details: json!({"bytes_before": bytes_before}),
        };
        if matches!(self.key, DatabaseKey::Plain(_)) {
            return Err(StoreError::Invalid {
                what: "compacting",
                reason: "a plain database is not rewritten; encrypt it first, with `trcaa db rekey`".to_owned(),
            });
        }
        let (key, material) = (self.key.clone(), self.material.clone());
        self.replace_with(key, material, None, &record)?;
        Ok(Compacted { bytes_before, bytes_after: bytes(&path) })
    }

    /// Rewrites the database for `key`; `new_file` is the new key file, if that changes. Gives how many secrets were resealed.
    fn replace_with(
        self,
        key: DatabaseKey,
        material: KeyMaterial,
        new_file: Option<(Kept, Entry)>,
        record: &AuditRecord,
    ) -> Result<u64, StoreError> {
        let Self { conn, path, key: old_key, material: old_material, clock, entropy, kind, wait, .. } = self;
        conn.close().map_err(|(_, e)| e)?;
        let folder: PathBuf = path.parent().unwrap_or(Path::new(".")).to_owned();
        let mut patience = Patience::new(wait);
        let _lock = FolderLock::exclusive(&folder, &mut patience)?;
        let mut source = match old_key {
            DatabaseKey::Plain(_) => Source::Plain(Plain::claim(&path, &mut patience)?),
            _ => {
                let (conn, _) = connect(&path, &old_key)?;
                claim(&conn, &mut patience)?;
                Source::Encrypted(conn)
            }
        };
        let before = census(source.conn())?;
        let draft = Draft::new(&path)?;
        let conn = export(source.conn(), draft.path(), &key)?;
        // A store over the new file, so that the audit row is written by what writes all of them.
        let copy = Self {
            conn,
            path: draft.path().to_owned(),
            key,
            page_bytes: crate::open::PAGE_BYTES_USUAL,
            material,
            clock,
            entropy: Arc::clone(&entropy),
            opened: Opened::Existing,
            kind,
            keyring: None,
            keyring_name: None,
            replaced: false,
            wait,
        };
        let resealed = copy.write(|tx| {
            // Where the key stays, so does what it cannot open; where it changes, the old one is about to be thrown away.
            let resealed = match new_file.is_some() {
                true => {
                    let entropy = entropy.as_ref();
                    reseal(&tx.conn, &[&old_material], &copy.material, entropy, Unopenable::Refuse)?.resealed
                }
                false => 0,
            };
            rebuild_indexes(&tx.conn)?;
            tx.audit(record)?;
            Ok(resealed)
        })?;
        // The first row of a trail marks where its chain begins.
        let begun = u64::from(before.rows.get("audit_chain_start") == Some(&0));
        verify(&copy.conn, &before, &[("audit_log", 1), ("audit_chain_start", begun)])?;
        copy.conn.close().map_err(|(_, e)| e)?;
        let hands_over = new_file.is_some();
        if let Some((kept, entry)) = new_file {
            handover::prepare(&folder, kept, draft.path())?;
            // From here on an error may come after the commit, so the next opening judges what the entry is for.
            entry.keep();
        }
        // The commit. Where it fails, the next opening sees that the new key is for another database and drops it.
        draft.publish()?;
        if hands_over {
            handover::finish(&folder)?;
        }
        if let Source::Plain(plain) = &mut source {
            plain.wipe(&path)?;
            files::shred(&folder.join(COLUMN_KEY_FILE))?;
        }
        Ok(resealed)
    }
}

/// What is copied; open, and nobody else's, until its successor is in place.
enum Source {
    Plain(Plain),
    Encrypted(Connection),
}

impl Source {
    fn conn(&self) -> &Connection {
        match self {
            Self::Plain(plain) => &plain.conn,
            Self::Encrypted(conn) => conn,
        }
    }
}

/// Makes or takes the new key, and puts it where it is kept if that is the keyring.
fn new_key(target: &KeyTarget, store: &Store) -> Result<(DatabaseKey, Kept, KeyKind), StoreError> {
    let entropy = store.entropy.as_ref();
    Ok(match target {
        KeyTarget::KeyFile => {
            let raw = fresh_key(entropy);
            (DatabaseKey::Raw(raw.clone()), Kept::Here(raw), KeyKind::KeyFile)
        }
        KeyTarget::Keyring => {
            let raw = fresh_key(entropy);
            let mut name = [0u8; 16];
            entropy.fill(&mut name);
            let name = hex::encode(name);
            put_into_keyring(store.keyring.as_deref(), &name, &raw)?;
            (DatabaseKey::Raw(raw), Kept::Keyring(name), KeyKind::Keyring)
        }
        KeyTarget::Passphrase(secret) if secret.expose().trim().is_empty() => {
            return Err(StoreError::KeyRefused("it is empty"));
        }
        KeyTarget::Passphrase(secret) => (DatabaseKey::Passphrase(secret.clone()), Kept::External, KeyKind::Passphrase),
        KeyTarget::RawKey(raw) => (DatabaseKey::Raw(raw.clone()), Kept::External, KeyKind::RawKey),
    })
}

/// Stores a key and reads it back.
fn put_into_keyring(keyring: Option<&dyn Keyring>, name: &str, raw: &[u8; 32]) -> Result<(), StoreError> {
    let failed = |doing| move |reason| StoreError::Keyring { doing, reason };
    let keyring = keyring.ok_or_else(|| failed("use")("there is none on this system".to_owned()))?;
    let digits = Secret::new(hex::encode(raw));
    keyring.set(name, &digits).map_err(failed("write the key to"))?;
    match keyring.get(name) {
        Ok(Some(read)) if read == digits => Ok(()),
        Ok(_) => Err(failed("write the key to")("it does not give back what was stored".to_owned())),
        Err(reason) => Err(failed("read the key back from")(reason)),
    }
}

/// Reads a key from the keyring.
pub(crate) fn key_from_keyring(keyring: Option<&dyn Keyring>, name: &str) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let failed = |reason| StoreError::Keyring { doing: "read the key from", reason };
    let keyring = keyring.ok_or_else(|| failed("there is none on this system".to_owned()))?;
    let digits = keyring
        .get(name)
        .map_err(failed)?
        .ok_or_else(|| failed(format!("it has no entry {name}, which the key file names")))?;
    parse_raw(digits.expose().trim()).ok_or_else(|| failed(format!("its entry {name} is no key")))
}

/// A new entry in the keyring, removed again unless its database is in place.
struct Entry(Option<(String, Arc<dyn Keyring>)>);

impl Entry {
    fn of(kept: &Kept, keyring: Option<&Arc<dyn Keyring>>) -> Self {
        Self(match (kept, keyring) {
            (Kept::Keyring(name), Some(keyring)) => Some((name.clone(), Arc::clone(keyring))),
            _ => None,
        })
    }

    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some((name, keyring)) = self.0.take() {
            let _ = keyring.delete(&name);
        }
    }
}

#[cfg(test)]
mod tests;
