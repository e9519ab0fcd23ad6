//! Arguments of `trcaa settings …`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum SettingsCommand {
    /// List all settings with their values, kinds and defaults
    List,
    /// Print a setting
    Get {
        /// Such as log.size_bytes_max
        key: String,
    },
    /// Change a setting
    Set {
        /// Such as log.size_bytes_max
        key: String,
        /// The new value
        value: String,
    },
    /// Put a setting back to its default
    Unset {
        /// Such as log.size_bytes_max
        key: String,
    },
}
