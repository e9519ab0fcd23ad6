//! Arguments of `trcaa log …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum LogCommand {
    /// Attach a log to an issue: text, text packed by gzip or zstd, a PDF or a Word document
    Add {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// The log; `-` is standard input
        #[arg(required_unless_present = "content", conflicts_with = "content")]
        file: Option<PathBuf>,
        /// Attach this text instead of a file; others on this machine may see it while the command runs
        #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
        content: Option<String>,
        /// Name it so [default: the file's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// List logs, newest first
    List {
        /// Only this issue's
        #[arg(long)]
        issue: Option<String>,
        /// Only names with this in them, in upper or lower case
        #[arg(long)]
        search: Option<String>,
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Pass over this many
        #[arg(long, default_value_t = 0)]
        offset: u32,
    },
    /// Print a log's text
    Show {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
        /// Print the redacted copy
        #[arg(long)]
        redacted: bool,
    },
    /// Delete a log; asks on a terminal
    Delete {
        /// Log: id, prefix or suffix of 6 characters, or `last`
        log: String,
    },
}
