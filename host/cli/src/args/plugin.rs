//! Arguments of `trcaa plugin …`.

use clap::{Args, Subcommand, ValueEnum};

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
        /// A file, a folder with one .wasm in it, https://… or oci://host/repo[:tag|@sha256:…]; with --locked a lock file
        #[arg(required_unless_present = "locked")]
        src: Option<String>,
        /// Install exactly what a lock file pins, all of it or nothing [default: trcaa.lock of the plugin folder]
        #[arg(long)]
        locked: bool,
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
    /// Get another version; one that is unsigned, asks for more or is no higher waits for consent beside the running one
    Update {
        /// Plugin id [default: all that have a source]
        id: Option<String>,
        /// Where from [default: where it was installed from]
        src: Option<String>,
        /// Consent to the version of this SHA-256, or of its first 12 or more digits: make it active and grant all that
        /// it asks for [default: show it and ask, on a terminal]
        #[arg(long, requires = "id", value_name = "SHA256", num_args = 0..=1)]
        accept: Option<Option<trcaa_app::DigestPrefix>>,
        /// Let a lower version follow a higher one
        #[arg(long)]
        allow_downgrade: bool,
    },
    /// Go back to the version before
    Rollback {
        /// Plugin id
        id: String,
    },
    /// Remove a plugin: its files, its state, its secrets and its grants
    Remove {
        /// Plugin id
        id: String,
        /// Keep its grants for when the same publisher's plugin of that id comes back
        #[arg(long)]
        keep_grants: bool,
        /// Let another publisher bring a plugin of that id from now on
        #[arg(long)]
        forget_publisher: bool,
    },
    /// Grant what a plugin asks for: all, or a part
    Grant(GrantArgs),
    /// Take grants back: all, or a part
    Revoke(GrantArgs),
    /// Bind, list and remove the secrets that a plugin may use
    Secret(super::PluginSecretArgs),
    /// Check files against signature, publisher, store, lock file and the MAC of native code
    Verify {
        /// Plugin id [default: all]
        id: Option<String>,
    },
    /// Show what was done to and by plugins
    Audit {
        /// Plugin id [default: all]
        id: Option<String>,
        /// Show at most this many
        #[arg(long, default_value_t = 100)]
        limit: u32,
    },
    /// What authors need; opens no store
    #[command(flatten)]
    Kit(super::PluginKitCommand),
}

#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    /// Plugin id
    pub(crate) id: String,
    /// Kind of capability [default: all]
    #[arg(value_enum)]
    pub(crate) capability: Option<CapabilityName>,
    /// http: an address such as https://host:443, or '{base_url}'; secret: its name, or an address that it may go to
    pub(crate) target: Option<String>,
    /// http: methods, separated by commas [default: all that it asks for]
    pub(crate) methods: Option<String>,
    /// http: only below this path [default: all that it asks for]
    pub(crate) path: Option<String>,
}

/// Kinds of capabilities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CapabilityName {
    /// Requests
    Http,
    /// Use of secrets
    Secret,
    /// State between calls
    Kv,
}

/// What consent grants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GrantAnswer {
    /// All that was shown
    All,
    /// Nothing yet; give single grants with `trcaa plugin grant`
    None,
}
