//! Arguments of `trcaa audit …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries, newest first
    List {
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only of this thing: id, prefix or suffix of 6 characters, `last` (issue), or a type such as log_file
        #[arg(long)]
        entity: Option<String>,
        /// Only this action, such as ai_send
        #[arg(long)]
        action: Option<String>,
    },
    /// Check the chain; names the first bad entry
    Verify {
        /// Check as well that nothing was cut off since this checkpoint; `-` reads stdin
        #[arg(long, value_name = "FILE")]
        checkpoint: Option<PathBuf>,
    },
    /// Sign the head of the chain; keep what is printed where nobody can change it
    Checkpoint {
        /// Write it to this file too; nothing is overwritten
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}
