//! Arguments of `trcaa plugin …`.

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum PluginCommand {
    /// List bundled and installed plugins and the drop-in folder
    List,
    /// Show what a plugin is, whose it is, what it asks for, what was granted and what limits it has
    Show {
        /// Plugin id
        id: String,
    },
    /// Install a plugin: shows who made it and what it may do, asks, and compiles it
    Install {
        /// A file, a folder with one .wasm in it, https://… or oci://host/repo[:tag|@sha256:…]
        src: String,
        /// What consent grants
        #[arg(long, value_enum, default_value_t = GrantAnswer::All)]
        grant: GrantAnswer,
    },
    /// Let a plugin run: exactly the bytes that are there now; clears a quarantine
    Enable {
        /// Plugin id, or the file name of a drop-in
        id: String,
        /// What consent grants, where it asks for anything
        #[arg(long, value_enum, default_value_t = GrantAnswer::All)]
        grant: GrantAnswer,
    },
    /// Keep a plugin from running, from its next call on
    Disable {
        /// Plugin id
        id: String,
    },
}

/// What consent grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GrantAnswer {
    /// All that was shown
    All,
    /// Nothing yet; give single grants with `trcaa plugin grant`
    None,
}
