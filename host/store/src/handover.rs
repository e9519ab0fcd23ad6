//! The moment between two keys: `tftsr.key.next`, which makes a rekey whole over a kill.
//!
//! ```text
//! new database under another name, whole and flushed      (a kill here: draft removed, old key)
//!   → tftsr.key.next written and flushed                  (a kill here: both removed, old key)
//!   → database renamed into place        the commit
//!   → tftsr.key.next renamed to tftsr.key                 (a kill here: the next opening does this)
//!   → the old key file's bytes wiped
//! ```
//!
//! Invariants: `tftsr.key.next` names the database it is for by its salt, so that which side of the commit a kill fell
//! on is read off the database and not guessed. It is thrown away only once another key has opened the database.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use trcaa_model::env::Keyring;

use crate::files::{self, failed, no_follow, sync_folder, wipe};
use crate::key_file::{self, Kept, KeyFile};
use crate::{KEY_FILE, StoreError};

/// The key file of a database that is about to be put in place.
pub(crate) const NEXT: &str = "tftsr.key.next";

fn next(folder: &Path) -> PathBuf {
    folder.join(NEXT)
}

/// Whether a rekey was killed, or is at work.
pub(crate) fn pending(folder: &Path) -> bool {
    next(folder).symlink_metadata().is_ok()
}

/// Makes the new key durable, before the database `draft` that it opens is put in place.
pub(crate) fn prepare(folder: &Path, kept: Kept, draft: &Path) -> Result<(), StoreError> {
    KeyFile { kept, salt: Some(files::read_head(draft)?) }.write(&next(folder))
}

/// Does what a killed rekey did not come to, if the database is the one that the new key is for.
pub(crate) fn resume(folder: &Path, database: &Path) -> Result<(), StoreError> {
    match key_file::load(&next(folder)) {
        Ok(Some(KeyFile { salt: Some(salt), .. })) if files::read_head(database)? == salt => finish(folder),
        // Torn, and so from before the commit.
        Ok(_) | Err(StoreError::KeyFile { problem: crate::KeyFileProblem::Malformed, .. }) => Ok(()),
        Err(other) => Err(other),
    }
}

/// Puts the new key file in the old one's place, and wipes the old one.
pub(crate) fn finish(folder: &Path) -> Result<(), StoreError> {
    let current = folder.join(KEY_FILE);
    let old = OpenOptions::new().read(true).write(true).custom_flags(no_follow()).open(&current);
    fs::rename(next(folder), &current).map_err(failed("replace", &current))?;
    sync_folder(folder)?;
    if let Ok(mut old) = old {
        // It opens nothing any more, and the rekey is done: no reason to call it failed.
        let _ = wipe(&mut old);
    }
    Ok(())
}

/// Throws the new key away: another one has just opened the database.
pub(crate) fn discard(folder: &Path, keyring: Option<&dyn Keyring>) -> Result<(), StoreError> {
    if let (Ok(Some(KeyFile { kept: Kept::Keyring(name), .. })), Some(keyring)) =
        (key_file::load(&next(folder)), keyring)
    {
        // It opens nothing; a keyring that is locked just keeps it.
        let _ = keyring.delete(&name);
    }
    files::shred(&next(folder))?;
    sync_folder(folder)
}
