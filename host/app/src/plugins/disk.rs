//! Files of installed plugins: written whole, flushed and renamed before any row speaks of them.
//!
//! Invariant: whoever changes them holds the folder's lock, so that nobody clears away what another is about to record.
//! A crash leaves at most a file that no row names; the next change clears it away.

use std::fs::{File, TryLockError};
use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, OpenOptions};
use trcaa_runtime::code_name;

use super::{CODE_FOLDER, INSTALLED_FOLDER, component_name};
use crate::AppError;

/// Name of the lock file, for people and for comparison; never read to decide what runs.
pub(super) const LOCK_FILE: &str = "trcaa.lock";
/// Its draft, until the rows that it tells of are there.
const LOCK_DRAFT: &str = ".trcaa.lock.new";
/// What is locked while files change.
const GUARD: &str = ".changing";
/// Longest wait for another process that changes plugins; a large component compiles for some seconds.
const WAIT: Duration = Duration::from_secs(30);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);
/// Largest lock file that is read.
pub(super) const LOCK_BYTES_MAX: u64 = 4 << 20;

/// The plugin folder while its files change.
pub(super) struct PluginDisk {
    pub(super) folder: Dir,
    path: PathBuf,
    _guard: File,
}

/// A failure of the disk, in one sentence naming plugin and step.
pub(super) fn failed(id: &str, step: &str, error: &Error) -> AppError {
    let full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    let code = if full { "disk_full" } else { "plugin_files" };
    let hint =
        if full { "make room on that disk, then do it again" } else { "see that the data folder can be written" };
    AppError::failed(code, format!("{step} plugin {id}: {error}; nothing was changed")).hint(hint)
}

impl PluginDisk {
    /// Locks the folder, made where it is missing, against other processes that change plugins.
    pub(super) fn lock(path: &Path, id: &str) -> Result<Self, AppError> {
        let step = "locking the plugin folder for";
        let fail = |e: Error| failed(id, step, &e);
        let mut private = DirBuilder::new();
        private.recursive(true);
        #[cfg(unix)]
        cap_std::fs::DirBuilderExt::mode(&mut private, 0o700);
        let parent = path.parent().unwrap_or(Path::new("."));
        let name = path.file_name().ok_or_else(|| fail(ErrorKind::InvalidInput.into()))?;
        let outer = Dir::open_ambient_dir(parent, ambient_authority()).map_err(fail)?;
        outer.create_dir_with(name, &private).or_else(there_already).map_err(fail)?;
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(fail)?;
        folder.create_dir_with(INSTALLED_FOLDER, &private).or_else(there_already).map_err(fail)?;
        for below in [INSTALLED_FOLDER, CODE_FOLDER] {
            // A link would have the files of another folder cleared away.
            if folder.symlink_metadata(below).is_ok_and(|metadata| !metadata.is_dir()) {
                let problem = format!("{} is no folder of its own", path.join(below).display());
                return Err(fail(Error::new(ErrorKind::InvalidInput, problem)));
            }
        }
        let guarded = Path::new(INSTALLED_FOLDER).join(GUARD);
        let mut options = private_file();
        super::folder::never_wait(&mut options);
        let guard = folder.open_with(guarded, &options).map_err(fail)?.into_std();
        let begun = Instant::now();
        loop {
            match guard.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(e)) => return Err(fail(e)),
                Err(TryLockError::WouldBlock) if begun.elapsed() >= WAIT => {
                    return Err(AppError::failed(
                        "plugins_busy",
                        format!("{step} plugin {id}: another trcaa has been changing plugins for {} s", WAIT.as_secs()),
                    )
                    .hint("wait for it, then do it again"));
                }
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            }
        }
        Ok(Self { folder, path: path.to_path_buf(), _guard: guard })
    }

    /// Writes an installed component: whole, flushed, then renamed.
    pub(super) fn put_component(&self, id: &str, sha256: &str, bytes: &[u8]) -> Result<(), AppError> {
        let fail = |e: Error| failed(id, "writing the component of", &e);
        let installed = self.folder.open_dir(INSTALLED_FOLDER).map_err(fail)?;
        put(&installed, &format!("{sha256}.part"), &component_name(sha256), bytes).map_err(fail)
    }

    /// Writes the lock file's draft, so that its room is taken before any row changes.
    pub(super) fn draft_lock_file(&self, id: &str, text: &str) -> Result<(), AppError> {
        let fail = |e: Error| failed(id, "writing the lock file for", &e);
        write_flushed(&self.folder, LOCK_DRAFT, text.as_bytes()).map_err(fail)
    }

    /// Gives the draft its name. What it tells of is done already, so a failure is told as such.
    pub(super) fn publish_lock_file(&self) -> Result<(), AppError> {
        let renamed = self.folder.rename(LOCK_DRAFT, &self.folder, LOCK_FILE).and_then(|()| flush(&self.folder));
        renamed.map_err(|e| {
            let shown = self.path.join(LOCK_FILE);
            AppError::failed("lock_file", format!("the change is done, but writing {}: {e}", shown.display()))
                .hint("the next change of any plugin writes it anew; the store decides what runs, not this file")
        })
    }

    /// Forgets the draft of a change that did not come about.
    pub(super) fn drop_draft(&self) {
        let _ = self.folder.remove_file(LOCK_DRAFT);
    }

    /// Removes a drop-in's file.
    pub(super) fn remove_drop_in(&self, id: &str, file: &str) -> Result<(), AppError> {
        match self.folder.remove_file(file) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(failed(id, "removing the file of", &e)),
            _ => Ok(()),
        }
    }

    /// Clears away components and native code that are not of `kept`. Best effort: what stays costs room only.
    pub(super) fn clear(&self, kept: &[String]) {
        let components: Vec<String> =
            kept.iter().map(|sha256| component_name(sha256)).chain([GUARD.to_owned()]).collect();
        let code: Vec<String> = kept.iter().map(|sha256| code_name(sha256)).collect();
        for (below, names) in [(INSTALLED_FOLDER, components), (CODE_FOLDER, code)] {
            let Ok(folder) = self.folder.open_dir(below) else { continue };
            let Ok(entries) = folder.entries() else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                if !name.to_str().is_some_and(|name| names.iter().any(|kept| kept == name)) {
                    let _ = folder.remove_file(Path::new(&name));
                }
            }
        }
    }
}

/// Text of the lock file; `None` where there is none.
pub(super) fn read_lock_file(folder: &Dir) -> Result<Option<String>, String> {
    match folder.symlink_metadata(LOCK_FILE) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.to_string()),
        Ok(metadata) if !metadata.is_file() => Err("it is no regular file".into()),
        Ok(metadata) if metadata.len() > LOCK_BYTES_MAX => Err(format!("it has {} bytes", metadata.len())),
        Ok(_) => {
            let file = super::folder::open_regular(folder, LOCK_FILE).map_err(|e| e.to_string())?;
            let mut text = String::new();
            file.take(LOCK_BYTES_MAX).read_to_string(&mut text).map_err(|e| e.to_string())?;
            Ok(Some(text))
        }
    }
}

fn there_already(error: Error) -> Result<(), Error> {
    if error.kind() == ErrorKind::AlreadyExists { Ok(()) } else { Err(error) }
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn put(folder: &Dir, draft: &str, name: &str, bytes: &[u8]) -> Result<(), Error> {
    write_flushed(folder, draft, bytes)?;
    let renamed = folder.rename(draft, folder, name).and_then(|()| flush(folder));
    renamed.inspect_err(|_| drop(folder.remove_file(draft)))
}

fn write_flushed(folder: &Dir, name: &str, bytes: &[u8]) -> Result<(), Error> {
    // What a killed process left behind is nobody's: the lock is ours.
    let _ = folder.remove_file(name);
    let mut file = folder.open_with(name, private_file().create_new(true))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(folder.remove_file(name)))
}

/// Makes a rename durable. A system that cannot flush a folder has nothing to offer here.
fn flush(folder: &Dir) -> Result<(), Error> {
    // A handle of its own: the one that names are resolved by can't be flushed.
    let opened = if cfg!(unix) { folder.open(".") } else { return Ok(()) };
    match opened.and_then(|folder| folder.sync_all()) {
        Err(e)
            if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::PermissionDenied | ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        flushed => flushed,
    }
}
