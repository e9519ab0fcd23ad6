//! Turns a plain database into an encrypted one, crash-safe, and wipes the plain bytes.
//!
//! At every moment `tftsr.db` is either the whole plain database or the whole encrypted one. The caller holds the
//! folder exclusively.

use std::fs::{File, OpenOptions};
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use trcaa_model::env::Entropy;

use crate::draft::{Draft, beside};
use crate::files::{failed, wipe};
use crate::key_check::Key;
use crate::keys::{DatabaseKey, KeyMaterial};
use crate::lock::{Patience, claim};
use crate::open::silence;
use crate::rewrite::{census, export, rebuild_indexes, verify};
use crate::secret_columns::{Unopenable, reseal};
use crate::{StoreError, migrate};

/// Exports to a new file, checks it, puts it in the plain one's place and wipes what was plain.
///
/// `columns` are the keys that secrets in columns may have been sealed with, and the one they have after. Gives how many
/// opened with none of them: an earlier product's, or those of a key that is not at hand. They stay as they are.
pub(crate) fn encrypt_in_place(
    path: &Path,
    key: &DatabaseKey,
    columns: (&[&KeyMaterial], &KeyMaterial, &Key<'_>),
    entropy: &dyn Entropy,
    patience: &mut Patience,
) -> Result<u64, StoreError> {
    let draft = Draft::new(path)?;
    let mut plain = Plain::claim(path, patience)?;
    let before = census(&plain.conn)?;
    let conn = export(&plain.conn, draft.path(), key)?;
    let tx = conn.unchecked_transaction()?;
    let (old, new, check) = columns;
    let unopened = reseal(&tx, old, new, entropy, Unopenable::Keep)?.unopened;
    // An earlier product's secrets open with no key of ours; but if ours do not, the key is the wrong one.
    check.row_fits(&tx)?;
    rebuild_indexes(&tx)?;
    tx.commit()?;
    verify(&conn, &before, &[])?;
    conn.close().map_err(|(_, e)| e)?;
    draft.publish()?;
    plain.wipe(path)?;
    Ok(unopened)
}

/// A plain database of which this process is the only user.
pub(crate) struct Plain {
    pub(crate) conn: Connection,
    /// Opened before the connection took its locks and closed after it is gone: closing it would drop them.
    file: File,
}

impl Plain {
    /// Opens it, waits until nobody else has it open, and wipes its log.
    pub(crate) fn claim(path: &Path, patience: &mut Patience) -> Result<Self, StoreError> {
        let writable = |path: &Path| OpenOptions::new().read(true).write(true).open(path);
        let file = writable(path).map_err(failed("open", path))?;
        // Held open over the checkpoint or roll-back, which removes a log's name but not its bytes from the disk.
        let logs = ["-wal", "-journal"].map(|log| writable(&beside(path, log)).ok());
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        silence(&conn)?;
        conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;")?;
        migrate::expect_known(&conn)?;
        claim(&conn, patience)?;
        for mut log in logs.into_iter().flatten() {
            wipe(&mut log).map_err(failed("wipe the log of", path))?;
        }
        Ok(Self { conn, file })
    }

    /// Overwrites the file, which has no name any more.
    pub(crate) fn wipe(&mut self, path: &Path) -> Result<(), StoreError> {
        wipe(&mut self.file).map_err(failed("wipe the plain copy of", path))
    }
}
