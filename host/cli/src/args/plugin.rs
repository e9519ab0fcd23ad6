//! Arguments of `trcaa plugin …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List bundled plugins and the drop-in folder
    List,
    /// Show what a plugin is, what it asks for and what limits it has
    Show {
        /// Plugin id
        id: String,
    },
    /// Let a plugin run: exactly the bytes that are there now
    Enable {
        /// Plugin id
        id: String,
    },
    /// Keep a plugin from running
    Disable {
        /// Plugin id
        id: String,
    },
}
