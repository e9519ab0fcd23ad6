//! Arguments of `trcaa db …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum DbCommand {
    /// Show version, migrations, sizes and cipher settings
    Status,
    /// Check pages, references, full-text index and audit chain
    Check,
}
