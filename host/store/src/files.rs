//! Files of the data folder: modes, durability, and wiping what must not stay.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use rustix::fs::OFlags;

use crate::StoreError;

/// First bytes of a plain SQLite file.
const PLAIN_HEADER: &[u8; 16] = b"SQLite format 3\0";
/// The smallest page that is tried; a file below that holds no page.
const PAGE_BYTES_MIN: u64 = 4096;

/// Wraps an I/O error with what was being done.
pub(crate) fn failed<'p>(doing: &'static str, path: &'p Path) -> impl FnOnce(std::io::Error) -> StoreError + 'p {
    move |source| StoreError::File { doing, path: path.to_owned(), source }
}

/// What lies where the database belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file of that name.
    Nothing,
    /// Plain SQLite.
    Plain,
    /// Encrypted, or garbage: only a key can tell.
    Opaque,
}

/// Looks at the first bytes of the database file. A symbolic link is refused.
pub(crate) fn look_at(path: &Path) -> Result<Found, StoreError> {
    let meta = match fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(e) => return Err(failed("look at", path)(e)),
    };
    if !meta.is_file() {
        let source = std::io::Error::new(ErrorKind::InvalidInput, "it is a link or no regular file");
        return Err(failed("use", path)(source));
    }
    let head = read_head(path)?;
    if head == *PLAIN_HEADER {
        return Ok(Found::Plain);
    }
    // An empty file too: a database is made under another name, so one that is empty was cut by somebody else.
    if meta.len() < PAGE_BYTES_MIN {
        return Err(StoreError::Damaged { detail: format!("{} was cut to {} bytes", path.display(), meta.len()) });
    }
    Ok(Found::Opaque)
}

/// Lets `work` use a handle of the file that is never closed.
///
/// Closing any handle of a file drops all POSIX locks that the process holds on it, those of open SQLite connections
/// too (sqlite.org/howtocorrupt.html, 2.2): another process could then take the write-ahead log away under them.
pub(crate) fn with_handle<T>(path: &Path, work: impl FnOnce(&File) -> T) -> Result<T, StoreError> {
    static HANDLES: Mutex<BTreeMap<(u64, u64), File>> = Mutex::new(BTreeMap::new());
    let mut handles = HANDLES.lock().unwrap_or_else(PoisonError::into_inner);
    let meta = fs::metadata(path).map_err(failed("look at", path))?;
    let file: &File = match handles.entry((meta.dev(), meta.ino())) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => unknown.insert(File::open(path).map_err(failed("read", path))?),
    };
    Ok(work(file))
}

/// Reads the first bytes.
pub(crate) fn read_head(path: &Path) -> Result<[u8; 16], StoreError> {
    let mut head = [0u8; 16];
    match with_handle(path, |file| file.read_exact_at(&mut head, 0))? {
        // Shorter than a header: no plain database, and its length tells the rest.
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => Ok([0; 16]),
        other => other.map(|()| head).map_err(failed("read", path)),
    }
}

/// Makes the data folder with mode 0700; an existing one that holds nothing but our own is tightened to that.
pub(crate) fn prepare_folder(folder: &Path, database: &Path) -> Result<(), StoreError> {
    match fs::metadata(folder) {
        Ok(meta) => {
            let mode = meta.mode() & 0o7777;
            // A folder such as /tmp is not ours to close, even where we could: it has neither our database nor is empty.
            let ours = meta.uid() == rustix::process::geteuid().as_raw()
                && (database.exists()
                    || folder.join(crate::KEY_FILE).exists()
                    || fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none()));
            if mode & 0o077 != 0 && mode & 0o1000 == 0 && ours {
                fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed("close", folder))?;
            }
            Ok(())
        }
        Err(e) if e.kind() == ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed("create", folder))
        }
        Err(e) => Err(failed("look at", folder)(e)),
    }
}

/// Makes an empty file with mode 0600 if there is none, and tightens one that is open to others.
///
/// SQLite gives `-wal` and `-shm` the mode of the database.
pub(crate) fn ensure_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file.sync_all().map_err(failed("write", path)),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => tighten(path),
        Err(e) => Err(failed("create", path)(e)),
    }
}

/// Takes all rights of group and others away.
pub(crate) fn tighten(path: &Path) -> Result<(), StoreError> {
    let meta = fs::symlink_metadata(path).map_err(failed("look at", path))?;
    if meta.mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(failed("close", path))?;
    }
    Ok(())
}

/// Makes renames and new files of a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(failed("flush", folder))
}

/// Wipes a file and removes its name; nothing where there is none.
pub(crate) fn shred(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().read(true).write(true).custom_flags(no_follow()).open(path) {
        Ok(mut file) => wipe(&mut file).map_err(failed("wipe", path))?,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        // A link, or a file that cannot be written: its name can go all the same.
        Err(_) => {}
    }
    fs::remove_file(path).map_err(failed("remove", path))
}

/// Flags that open no link, and do not wait at a named pipe put there.
pub(crate) fn no_follow() -> i32 {
    (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed()
}

/// Overwrites a file with zeros, flushes that, and empties it. The handle may be of a file that has no name any more.
///
/// On copy-on-write file systems and behind wear levelling the old blocks may live on; nothing here can reach them.
pub(crate) fn wipe(file: &mut File) -> std::io::Result<()> {
    static CHUNK: [u8; 65_536] = [0; 65_536];
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let count = usize::try_from(left).unwrap_or(CHUNK.len()).min(CHUNK.len());
        file.write_all(&CHUNK[..count])?;
        left -= count as u64;
    }
    file.sync_all()?;
    file.set_len(0)
}
