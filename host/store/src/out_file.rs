//! Files that appear whole under their name, or not at all.
//!
//! Owns the temporary name beside the target. Invariants: mode 0600 from the first byte on; a file that is there is
//! replaced only by [`Overwrite::Replace`]; what was not published is removed.

use std::fs::{self, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::process::{Pid, test_kill_process};

use crate::StoreError;
use crate::files::{failed, sync_folder};

/// What the temporary name ends with, behind the file's name and the number of the process.
const SUFFIX: &str = ".part";
/// Names looked through for what killed processes left; a folder of backups has a few.
const ENTRIES_MAX: usize = 10_000;

/// Drafts of this process that have no name yet.
static DRAFTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// Removes all drafts of this process, which is about to end without dropping them: of an export they may hold text in
/// clear.
pub fn remove_drafts() {
    for path in DRAFTS.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
        remove_all(&path);
    }
}

fn remove_all(temporary: &Path) {
    for suffix in ["", "-journal", "-wal", "-shm"] {
        let mut name = temporary.as_os_str().to_owned();
        name.push(suffix);
        let _ = fs::remove_file(name);
    }
}

/// What becomes of a file that has the name already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It stays, and the operation fails.
    Refuse,
    /// It is replaced, at once and as a whole.
    Replace,
}

/// A file on its way to its name; dropped before that, it is gone.
#[derive(Debug)]
pub struct OutFile {
    target: PathBuf,
    temporary: PathBuf,
    folder: PathBuf,
    overwrite: Overwrite,
    published: bool,
}

impl OutFile {
    /// Makes an empty file with mode 0600 beside `target`.
    ///
    /// # Errors
    /// [`StoreError::TargetExists`], [`StoreError::TargetRefused`] for what no regular file can replace, and those of
    /// the file system.
    pub fn beside(target: &Path, overwrite: Overwrite) -> Result<Self, StoreError> {
        let refused = |reason| StoreError::TargetRefused { path: target.to_owned(), reason };
        let name = target.file_name().ok_or_else(|| refused("it names no file"))?;
        match fs::symlink_metadata(target) {
            Ok(meta) if !meta.is_file() => return Err(refused("it is there and no regular file")),
            Ok(_) if overwrite == Overwrite::Refuse => {
                return Err(StoreError::TargetExists { path: target.to_owned() });
            }
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::NotFound => {}
            Err(e) => return Err(failed("look at", target)(e)),
        }
        let folder = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned();
        let prefix = format!(".{}.", name.to_string_lossy());
        clear_left_over(&folder, &prefix);
        let temporary = folder.join(format!("{prefix}{}{SUFFIX}", std::process::id()));
        // What a killed process of the same number left behind is nobody's.
        let _ = fs::remove_file(&temporary);
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&temporary)
            .map_err(failed("create", &temporary))?;
        DRAFTS.lock().unwrap_or_else(PoisonError::into_inner).push(temporary.clone());
        Ok(Self { target: target.to_owned(), temporary, folder, overwrite, published: false })
    }

    /// Where the bytes go until they are published.
    pub fn path(&self) -> &Path {
        &self.temporary
    }

    /// Opens it for writing from its beginning.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(&self) -> Result<File, StoreError> {
        OpenOptions::new().write(true).open(&self.temporary).map_err(failed("open", &self.temporary))
    }

    /// Flushes it to the disk and gives it its name; gives its size in bytes.
    ///
    /// # Errors
    /// [`StoreError::TargetExists`] where another process took the name meanwhile, and those of the file system.
    pub(crate) fn publish(&mut self) -> Result<u64, StoreError> {
        let file = File::open(&self.temporary).map_err(failed("open", &self.temporary))?;
        file.sync_all().map_err(failed("write", &self.target))?;
        let bytes = file.metadata().map_err(failed("look at", &self.temporary))?.len();
        match self.overwrite {
            Overwrite::Replace => fs::rename(&self.temporary, &self.target).map_err(failed("replace", &self.target))?,
            Overwrite::Refuse => self.publish_new()?,
        }
        self.published = true;
        sync_folder(&self.folder)?;
        Ok(bytes)
    }

    /// Takes a published file away again, where its name was free before.
    pub(crate) fn withdraw(&mut self) {
        if self.published && self.overwrite == Overwrite::Refuse {
            let _ = fs::remove_file(&self.target);
        }
    }

    /// A link fails where the name is taken; a rename would replace.
    fn publish_new(&self) -> Result<(), StoreError> {
        let exists = || StoreError::TargetExists { path: self.target.clone() };
        match fs::hard_link(&self.temporary, &self.target) {
            Ok(()) => fs::remove_file(&self.temporary).map_err(failed("remove", &self.temporary)),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(exists()),
            // A file system without hard links: between the look and the rename another program could take the name.
            Err(_) if fs::symlink_metadata(&self.target).is_ok() => Err(exists()),
            Err(_) => fs::rename(&self.temporary, &self.target).map_err(failed("create", &self.target)),
        }
    }
}

/// Removes drafts of the same file whose process was killed: of an export they may hold text in clear.
fn clear_left_over(folder: &Path, prefix: &str) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.take(ENTRIES_MAX).flatten().map(|entry| entry.path()) {
        let process = path.file_name().and_then(|name| {
            let number = name.to_str()?.strip_prefix(prefix)?.strip_suffix(SUFFIX)?;
            Pid::from_raw(number.parse().ok()?)
        });
        if process.is_some_and(|process| test_kill_process(process) == Err(rustix::io::Errno::SRCH)) {
            let _ = fs::remove_file(&path);
        }
    }
}

impl Drop for OutFile {
    fn drop(&mut self) {
        if !self.published {
            remove_all(&self.temporary);
        }
        DRAFTS.lock().unwrap_or_else(PoisonError::into_inner).retain(|path| *path != self.temporary);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_cleared_and_what_a_living_one_writes_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let gone = child.id();
        child.wait().unwrap();
        let living = std::os::unix::process::parent_id();
        for process in [gone, living] {
            fs::write(dir.path().join(format!(".b.{process}.part")), "half").unwrap();
        }
        fs::write(dir.path().join(".other.1.part"), "").unwrap();
        let draft = OutFile::beside(&dir.path().join("b"), Overwrite::Refuse).unwrap();
        assert!(!dir.path().join(format!(".b.{gone}.part")).exists());
        assert!(dir.path().join(format!(".b.{living}.part")).exists() && dir.path().join(".other.1.part").exists());
        let temporary = draft.path().to_owned();
        drop(draft);
        assert!(!temporary.exists());
    }
}
