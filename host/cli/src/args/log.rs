//! Arguments of `trcaa log …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Attach a log to an issue
    Add {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// The log; `-` is standard input
        file: PathBuf,
        /// Name it so [default: the file's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// List logs, newest first
    List {
        /// Only this issue's
        #[arg(long)]
        issue: Option<String>,
        /// Only names with this in them
        #[arg(long)]
        search: Option<String>,
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// Print a log's text
    Show {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
        /// Print the redacted copy
        #[arg(long)]
        redacted: bool,
    },
    /// Delete a log
    Delete {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
}
