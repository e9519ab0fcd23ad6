//! Arguments of `trcaa doc …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DocCommand {
    /// Write an RCA from what is known now
    Rca {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
    },
    /// List documents, newest first
    List {
        /// Only this issue's
        #[arg(long)]
        issue: Option<String>,
    },
    /// Print a document's Markdown
    Show {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
    },
    /// Replace a document's text; the old one is kept as a revision
    Edit {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
        /// The new Markdown; `-` is standard input
        #[arg(long, value_name = "FILE", default_value = "-")]
        file: PathBuf,
    },
    /// Write a document to a file, redacted
    Export {
        /// Document: id, prefix or suffix of 6 characters, or `last`
        doc: String,
        /// md or html
        #[arg(long)]
        format: String,
        /// The file
        #[arg(long, value_name = "PATH")]
        out: PathBuf,
        /// Replace the file if it is there
        #[arg(long)]
        force: bool,
    },
}
