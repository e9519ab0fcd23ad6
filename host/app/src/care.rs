//! Backups and restoring them, with progress.

use std::path::Path;

use trcaa_store::{Backup, KeySource, OpenOptions, Overwrite, Restored, Unsound};

use crate::{App, AppError, Progress, Setup};

/// Tells what opens a backup that is made now, in words for the user.
pub fn key_advice(setup: &Setup) -> String {
    let key = match setup.key {
        KeySource::Passphrase(_) => "the passphrase that is configured now",
        KeySource::RawKey(_) => "the raw key that is configured now",
        KeySource::KeyFile => "the key file tftsr.key; keep a copy of it, apart from the backup",
        #[cfg(debug_assertions)]
        KeySource::Plain => "no key",
    };
    match setup.encryption_key {
        Some(_) => format!("{key}; secrets in it also need TRCAA_ENCRYPTION_KEY"),
        None => key.to_owned(),
    }
}

impl App {
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
pub fn restore_database(
    setup: Setup,
    file: &Path,
    unsound: Unsound,
    progress: &dyn Progress,
) -> Result<Restored, AppError> {
    let mut options = OpenOptions::new(setup.data_dir, setup.key, setup.clock, setup.entropy);
    options.encryption_key = setup.encryption_key;
    let mut bar = Bar::new(progress, "copying the backup");
    Ok(options.restore(file, unsound, &mut |done, all| bar.at(done, all))?)
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
