//! Arguments of `trcaa image …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ImageCommand {
    /// Attach a screenshot or another image to an issue
    Add {
        /// Issue: id, prefix or suffix of 6 characters, or `last`
        issue: String,
        /// A PNG, JPEG, GIF, WebP, SVG or BMP; `-` is standard input
        file: PathBuf,
        /// Take note that nothing in an image is found or redacted
        #[arg(long)]
        acknowledge_pii: bool,
        /// It comes from a clipboard
        #[arg(long)]
        paste: bool,
        /// Name it so [default: the file's name]
        #[arg(long)]
        name: Option<String>,
    },
    /// List images, newest first
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
    /// Print an image as a data URL, or write it to a file
    Show {
        /// Image: id, prefix or suffix of 6 characters, or `last`
        image: String,
        /// Write it to this file, which only you may read
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Replace the file if it is there
        #[arg(long, requires = "out")]
        force: bool,
    },
    /// Delete an image; asks
    Delete {
        /// Image: id, prefix or suffix of 6 characters, or `last`
        image: String,
    },
}
