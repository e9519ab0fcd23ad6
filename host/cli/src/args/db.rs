//! Arguments of `trcaa db …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Show version, migrations, sizes and cipher settings
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
