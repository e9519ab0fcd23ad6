//! Arguments of `trcaa shell …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum ShellCommand {
    /// Tell the tier of a command line; nothing is run
    Classify {
        /// The line, as one argument
        #[arg(required_unless_present = "file")]
        line: Option<String>,
        /// Judge each line of this file; JSON Lines on stdout
        #[arg(long, value_name = "FILE", conflicts_with = "line")]
        file: Option<PathBuf>,
    },
}
