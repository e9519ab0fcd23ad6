//! Arguments of `trcaa kubeconfig …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum KubeconfigCommand {
    /// Keep a kubeconfig, sealed, with the files that it names; it is not used before `kubeconfig use`
    Add {
        /// Call it this
        name: String,
        /// The file, or `-`
        file: PathBuf,
        /// Take this context of it [default: its current-context]
        #[arg(long)]
        context: Option<String>,
    },
    /// List them
    List,
    /// Make one the one that commands get: of it its context alone, as a file that is gone afterwards
    Use {
        /// Its name or id
        kubeconfig: String,
        /// Take another context of it
        #[arg(long)]
        context: Option<String>,
    },
    /// Remove one with its content
    Delete {
        /// Its name or id
        kubeconfig: String,
    },
}
