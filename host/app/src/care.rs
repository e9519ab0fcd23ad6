//! Backups and restoring them, with progress.

use std::path::Path;

use trcaa_store::{Backup, KeyKind, Overwrite, Restore, Restored};

use crate::keys::open_options;
use crate::{App, AppError, Progress, Setup};

impl App {
    /// Tells what opens a backup that is made now, in words for the user.
    pub fn key_advice(&self) -> String {
        let key = match self.store.key_kind() {
            KeyKind::Passphrase => "the passphrase that is configured now",
            KeyKind::RawKey => "the raw key that is configured now",
            KeyKind::KeyFile => "the key file tftsr.key; keep a copy of it, apart from the backup",
            KeyKind::Keyring => {
                "the key in this desktop's keyring, which does not leave it; move to a passphrase with `trcaa db rekey` before a backup that has to open elsewhere"
            }
            KeyKind::None => "no key",
        };
        match self.store.has_encryption_key() {
            true => format!("{key}; secrets in it also need TRCAA_ENCRYPTION_KEY"),
            false => key.to_owned(),
        }
    }

    /// Copies the whole store to one encrypted file and verifies the copy, while others may write.
    ///
    /// # Errors
    /// The file is there already, cannot be written, or the store is damaged; nothing is left then.
    pub fn backup_database(&self, file: &Path, overwrite: Overwrite) -> Result<Backup, AppError> {
        let mut bar = Bar::new(self.progress.as_ref(), "copying the store");
        Ok(self.store.backup(file, overwrite, &mut |done, all| bar.at(done, all))?)
    }
}

/// Puts a backup in the place of the database, which is kept. Works where the database does not open.
///
/// # Errors
/// The file is no whole backup of this key and version, or the database is in use; nothing was changed then.
pub fn restore_database(setup: Setup, what: &Restore<'_>, progress: &dyn Progress) -> Result<Restored, AppError> {
    let options = open_options(&setup);
    let mut bar = Bar::new(progress, "copying the backup");
    Ok(options.restore(what, &mut |done, all| bar.at(done, all))?)
}

/// From "so far of so much" to steps, and to an end in every case.
struct Bar<'p> {
    progress: &'p dyn Progress,
    step: &'static str,
    done: Option<u64>,
}

impl<'p> Bar<'p> {
    fn new(progress: &'p dyn Progress, step: &'static str) -> Self {
        Self { progress, step, done: None }
    }

    fn at(&mut self, done: u64, all: u64) {
        if self.done.is_none() {
            self.progress.begin(self.step, Some(all));
        }
        self.progress.advance(done.saturating_sub(self.done.unwrap_or(0)));
        self.done = Some(done);
    }
}

impl Drop for Bar<'_> {
    fn drop(&mut self) {
        if self.done.is_some() {
            self.progress.end();
        }
    }
}
