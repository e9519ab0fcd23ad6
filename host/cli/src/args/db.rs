//! Arguments of `trcaa db …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Show version, migrations, sizes, key source and cipher settings
    Status,
    /// Check pages, references, full-text index, audit chain and rows
    Check,
    /// Copy the whole store to one encrypted file, and verify the copy; others may write meanwhile
    Backup {
        /// The file to make
        file: PathBuf,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
    /// Put a backup in the place of the database, which is kept under another name
    Restore {
        /// The backup
        file: PathBuf,
        /// Read the key it was made with from standard input (on a terminal: asked for); it moves to the present key
        #[arg(long)]
        key_stdin: bool,
        /// Restore it even if its rows do not fit together; damaged pages are refused all the same
        #[arg(long)]
        force: bool,
    },
    /// Write all rows as JSON Lines, redacted
    Export {
        /// The file to make
        file: PathBuf,
        /// Write everything as it is stored, personal data and all; secrets in columns stay out
        #[arg(long)]
        clear: bool,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
    /// Take over a database of an earlier product (tftsr.db, trcaa.db), or of another store
    Import(ImportArgs),
    /// Move the store to another key, all secrets in it included
    Rekey(RekeyArgs),
    /// Write the store anew without the gaps that deleting left
    Compact,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The database file; it is only read, and what its write-ahead log holds is read with it
    pub(crate) file: PathBuf,
    /// Tell what would come over, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Read its key from the first line of standard input
    /// [default: .dbkey or tftsr.key beside it, TFTSR_DB_KEY, the store's own key]
    #[arg(long)]
    pub(crate) key_stdin: bool,
    /// Read the key of its sealed columns from the next line of standard input
    /// [default: .enckey beside it, TRCAA_ENCRYPTION_KEY, TFTSR_ENCRYPTION_KEY]
    #[arg(long)]
    pub(crate) encryption_key_stdin: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RekeyArgs {
    /// Keep the key there [default: as it is kept now]; a key file or keyring gets a fresh random key, a passphrase or raw
    /// key is the first line of standard input (on a terminal: asked for)
    #[arg(long, value_name = "WHERE")]
    pub(crate) to: Option<RekeyTo>,
    /// Derive the key of secrets in columns from what it is now, from the next line of standard input
    /// (TRCAA_ENCRYPTION_KEY from then on), or from the database key
    #[arg(long, value_name = "WHAT", default_value = "keep")]
    pub(crate) encryption_key: RekeyColumns,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RekeyTo {
    /// The file tftsr.key in the data folder
    KeyFile,
    /// The keyring of the desktop session
    Keyring,
    /// A passphrase, in TRCAA_DB_KEY from then on
    Passphrase,
    /// 64 hex digits, in TRCAA_DB_KEY from then on
    RawKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RekeyColumns {
    /// As it is now
    Keep,
    /// A line of standard input
    Stdin,
    /// The database key
    None,
}
