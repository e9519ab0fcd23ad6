//! Arguments of `trcaa db …`.

use std::path::PathBuf;

use clap::Subcommand;

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
}
