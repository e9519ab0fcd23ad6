//! What can go wrong, told apart so that the caller can say what to do.

use std::path::PathBuf;

use rusqlite::{Error as Sql, ErrorCode, ffi};

/// Why a key file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFileProblem {
    /// Its mode lets group or others read or write it.
    OpenToOthers,
    /// It is a symbolic link.
    Symlink,
    /// It is no regular file.
    NotAFile,
    /// It belongs to another user.
    ForeignOwner,
    /// It holds neither 64 hexadecimal digits nor where else the key is.
    Malformed,
}

impl KeyFileProblem {
    fn text(self) -> &'static str {
        match self {
            Self::OpenToOthers => "group or others may access it; its mode has to be 0600",
            Self::Symlink => "it is a symbolic link",
            Self::NotAFile => "it is not a regular file",
            Self::ForeignOwner => "it belongs to another user",
            Self::Malformed => "it holds neither 64 hexadecimal digits nor `keyring NAME` nor `external`",
        }
    }
}

/// Why a file is not restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupProblem {
    /// There is no such file, or nothing in it.
    Missing,
    /// It is no regular file.
    NotAFile,
    /// It is the database that would be replaced.
    Itself,
    /// It is plain SQLite.
    Plain,
    /// The configured key does not open it.
    OtherKey,
    /// It is not whole; what was found first.
    Damaged(String),
    /// Its pages are whole, but its rows do not fit together; what was found first.
    Unsound(String),
}

impl std::fmt::Display for BackupProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such file, or nothing in it"),
            Self::NotAFile => f.write_str("it is no regular file"),
            Self::Itself => f.write_str("it is the database itself"),
            Self::Plain => f.write_str("it is a plain database and no backup"),
            Self::OtherKey => {
                f.write_str("the key does not open it: it was made with another key, or its first page is damaged")
            }
            Self::Damaged(found) => write!(f, "it is damaged: {found}"),
            Self::Unsound(found) => write!(f, "its rows do not fit together: {found}"),
        }
    }
}

/// Errors of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file is there already and was not to be replaced.
    #[error("{}: it is there already", path.display())]
    TargetExists {
        /// The file.
        path: PathBuf,
    },
    /// A file must not be written there.
    #[error("{} cannot be written: {reason}", path.display())]
    TargetRefused {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
    /// A file is not restored; the present database was not touched.
    #[error("{}: {problem}", path.display())]
    BackupRefused {
        /// The file.
        path: PathBuf,
        /// Why not.
        problem: BackupProblem,
    },
    /// SQLCipher cannot tell a wrong key from a damaged first page, so both are said.
    #[error("{}: the key does not open this database, or the file is damaged", path.display())]
    WrongKeyOrDamaged {
        /// The database.
        path: PathBuf,
    },
    /// The key fits, or none is needed, but the content is not whole.
    #[error("the database is damaged: {detail}")]
    Damaged {
        /// What SQLite or the check says.
        detail: String,
    },
    /// No key is configured, and the file is not plain SQLite.
    #[error("{}: this database is encrypted (or no database at all), and no key is configured", path.display())]
    EncryptedWherePlain {
        /// The database.
        path: PathBuf,
    },
    /// [`crate::Mode::Existing`] was asked for and there is none.
    #[error("{}: there is no database", path.display())]
    NoDatabase {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// [`crate::Mode::Look`] was asked for, and opening would change something.
    #[error("the database was not opened, as it was only to be looked at: {what}")]
    NotReady {
        /// What has to be done first.
        what: &'static str,
    },
    /// The database was made by a later version.
    #[error("the database holds migration {name:?}, which this version does not know")]
    NewerSchema {
        /// The first unknown migration.
        name: String,
    },
    /// The database was made by an earlier product, at a version that cannot be used as it is.
    #[error("the database holds migration {name:?} of an earlier product (TFTSR or TRCAA)")]
    EarlierProduct {
        /// The first unknown migration.
        name: String,
    },
    /// The database holds something that runs by itself and that no migration makes.
    #[error(
        "the database holds the {kind} {name:?}, which is none of this program's and could change what it reads or writes"
    )]
    ForeignSchema {
        /// `trigger`, `view` or `table`.
        kind: String,
        /// Its name, or the beginning of it.
        name: String,
    },
    /// The text of an applied migration is not what was applied.
    #[error("migration {name:?} was changed after it had been applied to this database")]
    MigrationChanged {
        /// Which one.
        name: &'static str,
    },
    /// A migration could not be applied; nothing of it was kept.
    #[error("migration {name:?} could not be applied")]
    MigrationFailed {
        /// Which one.
        name: &'static str,
        /// Why.
        #[source]
        source: Box<StoreError>,
    },
    /// A migration would leave rows that point nowhere; nothing of it was kept.
    #[error("migration {name:?} would leave {violations} rows without the row they belong to")]
    MigrationOrphans {
        /// Which one.
        name: &'static str,
        /// How many.
        violations: u64,
    },
    /// Another process holds the database for longer than the wait.
    #[error("the database is locked by another process")]
    Locked,
    /// No room, or the disk refuses to write.
    #[error("the disk is full or refuses to write")]
    DiskFull(#[source] Sql),
    /// The folder or the file cannot be written.
    #[error("the database cannot be opened for writing")]
    ReadOnly(#[source] Sql),
    /// The key file is there and cannot be trusted.
    #[error("key file {}: {}", path.display(), problem.text())]
    KeyFile {
        /// The key file.
        path: PathBuf,
        /// Why not.
        problem: KeyFileProblem,
    },
    /// There is an encrypted database and its key file is gone.
    #[error("{} exists, but its key file {} does not", database.display(), key_file.display())]
    KeyFileMissing {
        /// The database.
        database: PathBuf,
        /// Where the key should be.
        key_file: PathBuf,
    },
    /// The key file says that the key is given from outside, and none was.
    #[error("{}: the key of this store is not kept on this machine, and none is configured", key_file.display())]
    KeyExternal {
        /// The key file.
        key_file: PathBuf,
    },
    /// The operating system's keyring did not do what was asked.
    #[error("could not {doing} the operating system's keyring: {reason}")]
    Keyring {
        /// Verb and preposition, such as `read the key from`.
        doing: &'static str,
        /// What the keyring says.
        reason: String,
    },
    /// The key is one that must not be used.
    #[error("this key is refused: {0}")]
    KeyRefused(&'static str),
    /// SQLCipher did not take a setting.
    #[error("cipher setting {name} is {actual:?}, expected {expected:?}")]
    CipherSetting {
        /// Which pragma.
        name: &'static str,
        /// What it has to be.
        expected: String,
        /// What it is.
        actual: String,
    },
    /// A file operation failed.
    #[error("could not {doing} {}", path.display())]
    File {
        /// Verb, such as `create`.
        doing: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// No row has this id.
    #[error("there is no {what} {given:?}")]
    NoSuch {
        /// Kind of row, such as `issue`.
        what: &'static str,
        /// What was asked for.
        given: String,
    },
    /// More than one row fits.
    #[error("{given:?} fits more than one {what}: {}", matches.join(", "))]
    Ambiguous {
        /// Kind of row.
        what: &'static str,
        /// What was asked for.
        given: String,
        /// The first few that fit.
        matches: Vec<String>,
    },
    /// Too few characters of an id.
    #[error("{given:?} is too short: give {what} ids with at least {min} characters, or `last`", min = crate::ID_FRAGMENT_CHARS_MIN)]
    IdTooShort {
        /// Kind of row.
        what: &'static str,
        /// What was asked for.
        given: String,
    },
    /// A value that must not be stored.
    #[error("{what}: {reason}")]
    Invalid {
        /// Table and column, or the argument.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// Two processes gave out placeholders of one issue at once; the caller reads them again.
    #[error("pseudonym: {reason}")]
    PseudonymClash {
        /// Which one.
        reason: String,
    },
    /// A stored row does not read as what it should be.
    #[error("{table} row {id:?}: {reason}")]
    BadRow {
        /// Table.
        table: &'static str,
        /// Row id.
        id: String,
        /// What is wrong.
        reason: String,
    },
    /// A log's text cannot be read.
    #[error("the text of {file:?} cannot be read: {why}")]
    LogUnreadable {
        /// File name or path.
        file: String,
        /// Why.
        why: String,
    },
    /// An image's bytes cannot be read.
    #[error("the image {file:?} cannot be read: {why}")]
    ImageUnreadable {
        /// File name or path.
        file: String,
        /// Why.
        why: String,
    },
    /// The database key fits, and the key of columns does not.
    #[error("the secrets in columns were sealed with another TRCAA_ENCRYPTION_KEY than {}", if *configured { "this one, or without one" } else { "none" })]
    EncryptionKey {
        /// Whether one is configured.
        configured: bool,
    },
    /// A column's ciphertext does not open.
    #[error("{table}.{column} of row {id:?} does not open")]
    Column {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Row id.
        id: String,
        /// Why.
        #[source]
        source: crate::CipherError,
    },
    /// A database that was to be taken over.
    #[error(transparent)]
    Import(#[from] crate::ImportError),
    /// Anything else that SQLite says.
    #[error("the database refused")]
    Sql(#[source] Sql),
}

impl StoreError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::WrongKeyOrDamaged { .. } => Some(
                "check the configured key (TRCAA_DB_KEY goes before the key file), nothing was changed; if it is the right one, restore a backup: trcaa db restore FILE",
            ),
            Self::Damaged { .. } => {
                Some("restore a backup: trcaa db restore FILE; the damaged database is kept beside it")
            }
            Self::TargetExists { .. } => Some("choose another name, or --force to replace it"),
            Self::BackupRefused { problem, .. } => match problem {
                BackupProblem::Plain => Some("take its rows over with: trcaa db import FILE"),
                BackupProblem::OtherKey => Some(
                    "give the key it was made with: trcaa db restore FILE --key-stdin; it moves to the present key then",
                ),
                BackupProblem::Damaged(_) => Some("take another backup; nothing was changed"),
                BackupProblem::Unsound(_) => Some("restore it all the same with --force; nothing was changed"),
                _ => None,
            },
            Self::EncryptedWherePlain { .. } => Some("configure the key that it was made with"),
            Self::NewerSchema { .. } => {
                Some("use the version of trcaa that made it, or a later one; nothing was changed")
            }
            Self::EarlierProduct { .. } => Some(
                "move it out of the data folder, then take it over with `trcaa db import FILE`; nothing was changed",
            ),
            Self::ForeignSchema { .. } => Some(
                "somebody who has the key put it there, and may have changed rows too: restore a backup from before that \
                 (trcaa db restore FILE); nothing was changed",
            ),
            Self::Locked => Some("another process has the store open: wait for it to finish, or end it"),
            _ if self.is_full_disk() => {
                Some("free some space in the data folder's file system; what was acknowledged is kept")
            }
            Self::ReadOnly(_) => Some("make the data folder writable, or choose another with --data-dir"),
            Self::KeyFile { problem: KeyFileProblem::OpenToOthers, .. } => {
                Some("chmod 600 it, if nobody else has read it")
            }
            Self::KeyFileMissing { .. } => Some(
                "put the key file back, or set TRCAA_DB_KEY if the store was made with that; no new key is made, as it \
                 could not open the database",
            ),
            Self::KeyExternal { .. } => {
                Some("set TRCAA_DB_KEY to the passphrase or raw key that was given at `trcaa db rekey`")
            }
            Self::Keyring { .. } => Some(
                "unlock the keyring (Secret Service) of your desktop session, and see that DBUS_SESSION_BUS_ADDRESS is \
                 set; no new key is made, and nothing was changed",
            ),
            Self::EncryptionKey { configured: true } => {
                Some("set TRCAA_ENCRYPTION_KEY as it was, or unset it if there was none; nothing was changed")
            }
            Self::EncryptionKey { configured: false } => {
                Some("set TRCAA_ENCRYPTION_KEY as it was; nothing was changed")
            }
            Self::Column { .. } => Some(
                "set TRCAA_ENCRYPTION_KEY as it was when this was stored, or remove or replace the row; nothing was changed",
            ),
            Self::Import(error) => error.hint(),
            Self::NoSuch { what, .. } => Some(match *what {
                "issue" => "list them with: trcaa issue list",
                "log" => "list them with: trcaa log list",
                "image" => "list them with: trcaa image list",
                "document" => "list them with: trcaa doc list",
                "span" => "list them with: trcaa pii spans LOG",
                _ => "look whether the id belongs to something else",
            }),
            Self::Ambiguous { .. } | Self::IdTooShort { .. } => {
                Some("give more characters of the id; lists show its end")
            }
            Self::MigrationChanged { .. } => Some("use the version of trcaa that made this store; nothing was changed"),
            Self::MigrationFailed { .. } | Self::MigrationOrphans { .. } => Some(
                "nothing of it was kept; restore a backup, or take the rows over: trcaa db import FILE into a new store",
            ),
            Self::KeyFile { .. } => {
                Some("put the key file back as it was made; no new key is made, and nothing was changed")
            }
            Self::LogUnreadable { .. } => Some("attach the log again from where it is now: trcaa log add"),
            Self::ImageUnreadable { .. } => Some("attach the image again from where it is now: trcaa image add"),
            Self::File { .. } => Some("check the path, its permissions, and what is there"),
            _ => None,
        }
    }

    /// Whether there was no room, whoever said so: SQLite, or the system about a file that is none of SQLite's.
    fn is_full_disk(&self) -> bool {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match self {
            Self::DiskFull(_) => true,
            Self::File { source, .. } => matches!(source.kind(), StorageFull | QuotaExceeded),
            _ => false,
        }
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongKeyOrDamaged { .. } => "wrong_key",
            Self::Damaged { .. } => "damaged",
            Self::EncryptedWherePlain { .. } => "encrypted",
            Self::NoDatabase { .. } => "no_database",
            Self::NotReady { .. } => "not_ready",
            Self::NewerSchema { .. } => "newer_schema",
            Self::EarlierProduct { .. } => "earlier_product",
            Self::MigrationChanged { .. } => "migration_changed",
            Self::ForeignSchema { .. } => "foreign_schema",
            Self::MigrationFailed { .. } | Self::MigrationOrphans { .. } => "migration_failed",
            Self::Locked => "locked",
            Self::TargetExists { .. } => "exists",
            Self::TargetRefused { .. } => "bad_path",
            Self::BackupRefused { problem, .. } => match problem {
                BackupProblem::Missing => "not_found",
                BackupProblem::NotAFile | BackupProblem::Itself => "bad_path",
                BackupProblem::Plain => "plain_database",
                BackupProblem::OtherKey => "wrong_key",
                BackupProblem::Damaged(_) => "damaged",
                BackupProblem::Unsound(_) => "unsound",
            },
            _ if self.is_full_disk() => "disk_full",
            Self::DiskFull(_) => "disk_full",
            Self::ReadOnly(_) => "read_only",
            Self::KeyFile { .. } | Self::KeyFileMissing { .. } | Self::KeyExternal { .. } | Self::KeyRefused(_) => {
                "key"
            }
            Self::Keyring { .. } => "keyring",
            Self::CipherSetting { .. } => "cipher_setting",
            Self::File { .. } => "file",
            Self::NoSuch { .. } => "not_found",
            Self::Ambiguous { .. } => "ambiguous",
            Self::IdTooShort { .. } | Self::Invalid { .. } => "invalid",
            Self::PseudonymClash { .. } => "pseudonym_clash",
            Self::BadRow { .. } => "bad_row",
            Self::LogUnreadable { .. } => "log_unreadable",
            Self::ImageUnreadable { .. } => "image_unreadable",
            Self::Column { .. } => "column_cipher",
            Self::EncryptionKey { .. } => "encryption_key",
            Self::Import(error) => error.code(),
            Self::Sql(_) => "sql",
        }
    }
}

impl From<Sql> for StoreError {
    fn from(error: Sql) -> Self {
        let Sql::SqliteFailure(failure, detail) = &error else { return Self::Sql(error) };
        match (failure.code, failure.extended_code) {
            (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => Self::Locked,
            // Another process put another database in its place after this one had opened it.
            (_, ffi::SQLITE_READONLY_DBMOVED) => Self::Locked,
            (ErrorCode::DiskFull, _)
            | (_, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC)
            | (_, ffi::SQLITE_IOERR_TRUNCATE | ffi::SQLITE_IOERR_SHMSIZE) => Self::DiskFull(error),
            (ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied, _) => Self::ReadOnly(error),
            (ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt, _)
            | (_, ffi::SQLITE_IOERR_SHORT_READ | ffi::SQLITE_IOERR_DATA | ffi::SQLITE_IOERR_CORRUPTFS) => {
                Self::Damaged { detail: detail.clone().unwrap_or_else(|| failure.to_string()) }
            }
            _ => Self::Sql(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_disk_and_the_lock_say_is_told_apart() {
        for (code, expected) in [
            (ffi::SQLITE_FULL, "disk_full"),
            (ffi::SQLITE_IOERR_WRITE, "disk_full"),
            (ffi::SQLITE_IOERR_FSYNC, "disk_full"),
            (ffi::SQLITE_IOERR_SHMSIZE, "disk_full"),
            (ffi::SQLITE_BUSY, "locked"),
            (ffi::SQLITE_BUSY_SNAPSHOT, "locked"),
            (ffi::SQLITE_LOCKED, "locked"),
            (ffi::SQLITE_READONLY_DIRECTORY, "read_only"),
            (ffi::SQLITE_READONLY_DBMOVED, "locked"),
            (ffi::SQLITE_CANTOPEN, "read_only"),
            (ffi::SQLITE_CORRUPT_VTAB, "damaged"),
            (ffi::SQLITE_NOTADB, "damaged"),
            (ffi::SQLITE_IOERR_SHORT_READ, "damaged"),
            (ffi::SQLITE_IOERR_READ, "sql"),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, "sql"),
        ] {
            let error = StoreError::from(Sql::SqliteFailure(ffi::Error::new(code), None));
            assert_eq!(error.code(), expected, "{code}");
        }
    }
}
