//! Arguments of `trcaa audit …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List entries, newest first
    List {
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
        /// Only of this thing, by id
        #[arg(long)]
        entity: Option<String>,
    },
    /// Check the chain; names the first bad entry
    Verify,
}
