//! Why a database is not taken over. None of these changed a byte of it, or of the store.

use std::path::PathBuf;

/// Where the key file beside a database says that its key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyElsewhere {
    /// In the operating system's keyring, which is asked for no other store's key.
    Keyring,
    /// With its user.
    External,
}

/// Errors of taking over another database; what SQLite says of our own is a [`crate::StoreError`].
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// None of the keys that were tried opens it.
    #[error("{}: no key that was tried opens this database ({tried}), or it is no database", path.display())]
    Key {
        /// The source.
        path: PathBuf,
        /// Where the keys came from; never a key.
        tried: String,
        /// Where its key is instead, as far as its key file says.
        elsewhere: Option<KeyElsewhere>,
    },
    /// Neither plain SQLite nor long enough to be encrypted.
    #[error("{}: this is no database", path.display())]
    NotADatabase {
        /// The source.
        path: PathBuf,
    },
    /// SQLite, but nothing of the earlier products is in it.
    #[error("{}: this database holds no table of TFTSR or TRCAA", path.display())]
    Foreign {
        /// The source.
        path: PathBuf,
    },
    /// It cannot be read to its end.
    #[error("{}: the database is damaged: {detail}", path.display())]
    Damaged {
        /// The source.
        path: PathBuf,
        /// What SQLite says.
        detail: String,
    },
    /// It is there, and the system does not let it be opened or read.
    #[error("{}: this database cannot be opened in its folder {}: {detail}", path.display(), folder.display())]
    Unreadable {
        /// The source.
        path: PathBuf,
        /// The folder that it lies in.
        folder: PathBuf,
        /// What SQLite or the system says.
        detail: String,
    },
    /// A rollback journal lies beside it.
    #[error("{}: a program ended while it wrote to this database", path.display())]
    Unfinished {
        /// The source.
        path: PathBuf,
    },
    /// It was written to meanwhile.
    #[error("{}: the database changed while it was read", path.display())]
    Changed {
        /// The source.
        path: PathBuf,
    },
    /// It is the store's own file.
    #[error("{}: this is the store itself", path.display())]
    Itself {
        /// The source.
        path: PathBuf,
    },
    /// Its write-ahead log has to be merged in memory, and the whole is too large for that.
    #[error("{}: with its write-ahead log this database has {bytes} bytes, more than can be merged", path.display())]
    TooLarge {
        /// The source.
        path: PathBuf,
        /// Bytes of both files.
        bytes: u64,
    },
}

impl ImportError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Key { elsewhere: Some(KeyElsewhere::Keyring), .. } => {
                "the file tftsr.key beside it says that its key is in the operating system's keyring, where no other store's key is looked up: give the key on standard input with --key-stdin; nothing was changed"
            }
            Self::Key { elsewhere: Some(KeyElsewhere::External), .. } => {
                "the file tftsr.key beside it says that its key is not kept on its machine: give on standard input with --key-stdin what was given at `trcaa db rekey`; nothing was changed"
            }
            Self::Key { elsewhere: None, .. } => {
                "give its key on standard input with --key-stdin (what TFTSR_DB_KEY or TRCAA_DB_KEY was, the content of the file .dbkey, or the first line of the file tftsr.key, of its folder); nothing was changed"
            }
            Self::NotADatabase { .. } | Self::Foreign { .. } => {
                "name the file tftsr.db or trcaa.db of the earlier product's data folder"
            }
            Self::Damaged { .. } => "import an older copy of it; nothing was taken over",
            Self::Unreadable { .. } => {
                "let yourself read the file and its folder, or copy it, with the -wal file beside it if there is one, to a folder of yours and import the copy; nothing was changed"
            }
            Self::Unfinished { .. } | Self::TooLarge { .. } => {
                "open it once with the program that made it, end that, and import again"
            }
            Self::Changed { .. } => "end the program that uses it, and import again; nothing was taken over",
            Self::Itself { .. } => return None,
        })
    }

    /// A stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Key { .. } => "import_key",
            Self::NotADatabase { .. } => "import_no_database",
            Self::Foreign { .. } => "import_foreign",
            Self::Damaged { .. } => "import_damaged",
            Self::Unreadable { .. } => "import_unreadable",
            Self::Unfinished { .. } => "import_unfinished",
            Self::Changed { .. } => "import_changed",
            Self::Itself { .. } => "import_itself",
            Self::TooLarge { .. } => "import_too_large",
        }
    }
}
