//! Who may touch the database as a whole: a lock on the data folder, and sole possession of the file.
//!
//! Invariants:
//! 1. A connection is made, up to its first page and its journal mode, while the folder is locked *shared*.
//! 2. Whatever makes, replaces or renames the file as a whole holds the lock *exclusive* from start to end, and has
//!    [`claim`]ed an existing file. So nobody goes on writing to a file that has no name any more.
//! 3. Every wait ends: [`Patience`] is one budget for all waits of an operation.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use crate::StoreError;
use crate::draft::beside;
use crate::files::{failed, with_handle};

/// Time between two looks at a lock that another process holds.
const POLL: Duration = Duration::from_millis(20);

/// How long an operation goes on waiting for other processes: one budget for all of its waits.
pub(crate) struct Patience {
    polls_left: u32,
}

impl Patience {
    /// Of `wait`, in steps of 20 ms.
    pub(crate) fn new(wait: Duration) -> Self {
        Self { polls_left: u32::try_from(wait.as_millis() / POLL.as_millis()).unwrap_or(u32::MAX) }
    }

    /// Waits a moment; [`StoreError::Locked`] once the budget is used up.
    fn wait(&mut self) -> Result<(), StoreError> {
        self.polls_left = self.polls_left.checked_sub(1).ok_or(StoreError::Locked)?;
        std::thread::sleep(POLL);
        Ok(())
    }
}

/// An advisory lock on the data folder itself, so that no lock file stays behind. Dropping it frees it.
///
/// A process must not ask for it while it holds it: each holder is a stranger to the other.
pub(crate) struct FolderLock {
    _folder: File,
}

impl FolderLock {
    /// Held while a connection is made.
    ///
    /// # Errors
    /// [`StoreError::Locked`] once `patience` is used up.
    pub(crate) fn shared(folder: &Path, patience: &mut Patience) -> Result<Self, StoreError> {
        Self::take(folder, FlockOperation::NonBlockingLockShared, patience)
    }

    /// Held while the file is made or replaced.
    ///
    /// # Errors
    /// [`StoreError::Locked`] once `patience` is used up.
    pub(crate) fn exclusive(folder: &Path, patience: &mut Patience) -> Result<Self, StoreError> {
        Self::take(folder, FlockOperation::NonBlockingLockExclusive, patience)
    }

    fn take(folder: &Path, operation: FlockOperation, patience: &mut Patience) -> Result<Self, StoreError> {
        let handle = File::open(folder).map_err(failed("open", folder))?;
        loop {
            match flock(&handle, operation) {
                Ok(()) => return Ok(Self { _folder: handle }),
                Err(Errno::WOULDBLOCK | Errno::INTR) => patience.wait()?,
                Err(e) => return Err(failed("lock", folder)(e.into())),
            }
        }
    }
}

/// Where SQLite locks a database: PENDING, RESERVED and the 510 bytes of SHARED, one of which every connection in WAL
/// mode holds while it is open.
const DATABASE_LOCKS: (u64, u64) = (0x4000_0000, 512);
/// Where it locks a `-shm`: eight locks and the dead man's switch, which every connection in WAL mode holds.
const SHM_LOCKS: (u64, u64) = (120, 9);

/// Waits until no other process has the database open, without its key; the caller holds the folder exclusively, so that
/// nobody comes after this.
///
/// # Errors
/// [`StoreError::Locked`] once `patience` is used up.
pub(crate) fn wait_for_others(database: &Path, patience: &mut Patience) -> Result<(), StoreError> {
    while held(database, DATABASE_LOCKS)? || held(&beside(database, "-shm"), SHM_LOCKS)? {
        patience.wait()?;
    }
    Ok(())
}

/// Whether another process holds a lock on these bytes; nobody does on a file that is not there.
fn held(path: &Path, (start, length): (u64, u64)) -> Result<bool, StoreError> {
    if !path.is_file() {
        return Ok(false);
    }
    let lock = Flock { start, length, pid: None, typ: FlockType::WriteLock, offset_type: FlockOffsetType::Set };
    let found = with_handle(path, |file| fcntl_getlk(file, &lock))?;
    Ok(found.map_err(|e| failed("look for locks of", path)(e.into()))?.is_some())
}

/// Makes a connection the only one to its database, waiting for others to end; the caller holds the folder exclusively.
///
/// Leaving WAL mode fails as long as anybody else has the file open, even idle: nobody else notices otherwise that the
/// file under them was replaced. The write-ahead log is copied into the file by that and removed.
///
/// # Errors
/// [`StoreError::Locked`] once `patience` is used up; the file is as it was then.
pub(crate) fn claim(conn: &Connection, patience: &mut Patience) -> Result<(), StoreError> {
    conn.busy_timeout(Duration::ZERO)?;
    loop {
        match leave_wal(conn) {
            Err(StoreError::Locked) => patience.wait()?,
            other => return other,
        }
    }
}

fn leave_wal(conn: &Connection) -> Result<(), StoreError> {
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreError::Locked);
    }
    Ok(conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;")?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn readers_share_and_a_replacer_is_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = FolderLock::shared(dir.path(), &mut Patience::new(Duration::ZERO)).unwrap();
        let second = FolderLock::shared(dir.path(), &mut Patience::new(Duration::ZERO)).unwrap();
        let refused = || FolderLock::exclusive(dir.path(), &mut Patience::new(Duration::ZERO)).map(|_| ());
        assert!(matches!(refused(), Err(StoreError::Locked)));
        drop(first);
        assert!(matches!(refused(), Err(StoreError::Locked)));
        drop(second);
        let alone = FolderLock::exclusive(dir.path(), &mut Patience::new(Duration::ZERO)).unwrap();
        assert!(matches!(refused(), Err(StoreError::Locked)));
        drop(alone);
        refused().unwrap();
    }

    #[test]
    fn a_file_that_somebody_else_has_open_is_not_claimed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        let other = Connection::open(&path).unwrap();
        other.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
        let conn = Connection::open(&path).unwrap();
        assert!(matches!(claim(&conn, &mut Patience::new(Duration::ZERO)), Err(StoreError::Locked)));
        other.execute_batch("INSERT INTO t VALUES (2)").unwrap();
        drop(other);
        claim(&conn, &mut Patience::new(Duration::ZERO)).unwrap();
        assert!(!dir.path().join("a.db-wal").exists());
        let late = Connection::open(&path).unwrap();
        late.busy_timeout(Duration::ZERO).unwrap();
        assert!(late.query_row("SELECT count(*) FROM t", [], |row| row.get::<_, i64>(0)).is_err());
    }
}
