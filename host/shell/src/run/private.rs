//! A folder that one run has to itself, and the kubeconfig as a file that is on no disk.
//!
//! Invariants: a folder is removed with its run, or by [`clear`] when the host was killed; who lives holds a lock on its
//! folder, which the system takes away when the process ends, however it ends.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{MemfdFlags, SealFlags};

use super::{RunError, raw};

/// How the folders of runs begin.
const BEGINNING: &str = "run-";
/// How folders are named that are moved up to be removed; a command can't write where they are.
const MOVED: &str = "moved-";
/// Held, shared, while a folder is made and locked, and alone while folders are removed.
const LOCK: &str = "lock";
/// Most folders that are looked at; more can't come of killed hosts in a lifetime.
const FOLDERS_MAX: usize = 100_000;
/// Most numbers that are tried.
const TRIES_MAX: u64 = 1_000;

/// The folder of one run.
pub(super) struct Private {
    path: PathBuf,
    /// Held as long as the folder is there.
    _lock: File,
}

impl Private {
    /// Makes one in `root`.
    pub(super) fn new(root: &Path) -> Result<Self, RunError> {
        let failed = |source| RunError::Private { folder: root.to_owned(), source };
        make_root(root).map_err(failed)?;
        let making = lock_file(root).map_err(failed)?;
        making.lock_shared().map_err(failed)?;
        let (path, lock) = make(root).map_err(failed)?;
        Ok(Self { path, _lock: lock })
    }

    /// What the command gets as `HOME`.
    pub(super) fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// Makes a file (0600) that the command may read, where there are no files in memory.
    pub(super) fn keep(&self, name: &str, content: &[u8]) -> Result<PathBuf, RunError> {
        let path = self.home().join(name);
        let made = File::options().create_new(true).write(true).mode(0o600).open(&path);
        made.and_then(|mut file| file.write_all(content))
            .map_err(|source| RunError::Private { folder: path.clone(), source })?;
        Ok(path)
    }

    /// What the command gets as `TMPDIR`.
    pub(super) fn temporary(&self) -> PathBuf {
        self.path.join("tmp")
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        // What can't be removed now is tried again at the next start.
        let _ = remove(&self.path);
    }
}

fn make_root(root: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(root)?;
    let found = fs::symlink_metadata(root)?;
    if !found.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
    }
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to somebody else"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(root, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

fn lock_file(root: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(root.join(LOCK))
}

fn make(root: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    for _ in 0..TRIES_MAX {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = root.join(format!("{BEGINNING}{}-{count}", std::process::id()));
        match DirBuilder::new().mode(0o700).create(&path) {
            Ok(()) => {}
            // One of a killed host of the same number.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        let lock = File::open(&path)?;
        lock.lock()?;
        for part in ["home", "tmp"] {
            DirBuilder::new().mode(0o700).create(path.join(part))?;
        }
        return Ok((path, lock));
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "too many folders of killed hosts are in it"))
}

/// Removes a folder with all that a command left in it: folders that can't be listed, and folders in folders without end,
/// which would take the stack of a recursion, and a descriptor each. So every folder is moved to the top before it is
/// emptied.
fn remove(path: &Path) -> io::Result<()> {
    let mut moved: u64 = 0;
    loop {
        let before = moved;
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
                continue;
            }
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700))?;
            for inner in fs::read_dir(entry.path())? {
                let inner = inner?;
                if inner.file_type()?.is_dir() {
                    // To move a folder, its entry for the one above is written.
                    fs::set_permissions(inner.path(), fs::Permissions::from_mode(0o700))?;
                    moved += 1;
                    fs::rename(inner.path(), path.join(format!("{MOVED}{moved}")))?;
                } else {
                    fs::remove_file(inner.path())?;
                }
            }
            fs::remove_dir(entry.path())?;
        }
        if moved == before {
            return fs::remove_dir(path);
        }
    }
}

/// Removes the folders that nobody holds a lock on.
pub(super) fn clear(root: &Path) -> Result<usize, RunError> {
    let failed = |source| RunError::Private { folder: root.to_owned(), source };
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    let making = lock_file(root).map_err(failed)?;
    making.lock().map_err(failed)?;
    let mut removed = 0;
    for entry in entries.take(FOLDERS_MAX) {
        let entry = entry.map_err(failed)?;
        let ours = entry.file_name().to_string_lossy().starts_with(BEGINNING)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        if !ours {
            continue;
        }
        let folder = match File::open(entry.path()) {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        match folder.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        match remove(&entry.path()) {
            // Its host has removed it since.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            other => other.map_err(|source| RunError::Private { folder: entry.path(), source })?,
        }
        removed += 1;
    }
    Ok(removed)
}

/// Makes a file in memory that holds `content`, can be opened again and again, and can't be changed but by being emptied.
pub(super) fn in_memory(content: &[u8]) -> io::Result<OwnedFd> {
    let made = rustix::fs::memfd_create("kubeconfig", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(raw::above_standard(made)?);
    file.write_all(content)?;
    rustix::fs::fchmod(&file, rustix::fs::Mode::from_raw_mode(0o400))?;
    // Not SHRINK: whoever ends the run empties it, so that what is left of the command has no kubeconfig any more.
    rustix::fs::fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SEAL)?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_folder_of_a_living_host_stays_and_one_of_a_killed_host_goes() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("private");
        let living = Private::new(&root).unwrap();
        let left = root.join("run-1-1");
        fs::create_dir_all(left.join("home/.kube")).unwrap();
        fs::write(left.join("home/.kube/x"), "x").unwrap();
        fs::write(root.join("other"), "x").unwrap();
        assert_eq!(clear(&root).unwrap(), 1);
        assert!(!left.exists() && living.home().is_dir() && living.temporary().is_dir() && root.join("other").exists());
        let path = living.path.clone();
        drop(living);
        assert!(!path.exists());
        assert_eq!(clear(&root).unwrap(), 0);
        assert_eq!(clear(&root.join("none")).unwrap(), 0);
    }

    #[test]
    fn whatever_a_command_left_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("private");
        let private = Private::new(&root).unwrap();
        let mut deep = private.temporary();
        for _ in 0..300 {
            deep = deep.join("folder");
            fs::create_dir(&deep).unwrap();
        }
        fs::write(deep.join("file"), "x").unwrap();
        std::os::unix::fs::symlink("/", private.home().join("link")).unwrap();
        for (name, mode) in [("none", 0o000), ("unlistable", 0o300), ("closed", 0o500)] {
            let folder = private.home().join(name);
            fs::create_dir_all(folder.join("inner")).unwrap();
            fs::set_permissions(folder.join("inner"), fs::Permissions::from_mode(mode)).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        }
        drop(private);
        assert_eq!(fs::read_dir(&root).unwrap().count(), 1, "the lock alone is left");
    }

    #[test]
    fn the_folders_are_the_users_alone() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().join("private");
        fs::create_dir(&root).unwrap();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        let private = Private::new(&root).unwrap();
        for path in [root.as_path(), &private.path, &private.home(), &private.temporary()] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
        }
    }

    #[test]
    fn a_link_in_the_place_of_the_folder_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let link = place.path().join("private");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        assert!(matches!(Private::new(&link), Err(RunError::Private { .. })));
    }

    #[test]
    fn a_file_in_memory_is_read_again_and_again_and_is_not_changed() {
        use std::os::fd::AsRawFd;
        let memory = in_memory(b"apiVersion: v1").unwrap();
        let path = format!("/proc/self/fd/{}", memory.as_raw_fd());
        for _ in 0..2 {
            assert_eq!(fs::read(&path).unwrap(), b"apiVersion: v1");
        }
        let mut again = File::from(memory.try_clone().unwrap());
        assert!(again.write_all(b"x").is_err());
        raw::empty(memory.as_raw_fd());
        assert_eq!(fs::read(&path).unwrap(), b"");
    }
}
