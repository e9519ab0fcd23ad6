//! Arguments of the author's half of `trcaa plugin …`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum PluginKitCommand {
    /// Make the project of a new plugin: it builds and passes its tests at once
    New {
        /// ai-provider, integration, pii-detector, document-renderer or text-extractor
        kind: String,
        /// Folder to make; its last part becomes the plugin's id
        name: PathBuf,
        /// rust, or javascript for ai-provider and pii-detector
        #[arg(long, value_name = "LANG", default_value = "rust")]
        lang: String,
    },
    /// Build a project into a component with its manifest
    Build {
        /// The project's folder
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Build Rust as people get it: smaller and faster
        #[arg(long)]
        release: bool,
    },
    /// Tell everything that is wrong with a project or component
    Check {
        /// The project's folder, or a .wasm file
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Run a plugin's golden cases and hostile inputs, within the limits it will have
    Test {
        /// The project's folder, or a .wasm file
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Write what comes out as what is expected
        #[arg(long)]
        bless: bool,
    },
    /// Build, strip, and write dist/ID-VERSION.wasm with its SHA-256
    Pack {
        /// The project's folder
        #[arg(default_value = ".")]
        path: PathBuf,
    },
    /// Make a publisher's key in a new file that only you can read
    Keygen {
        /// The file to make
        file: PathBuf,
    },
    /// Sign a component, or what `pack` wrote, in place
    Sign {
        /// The project's folder, or a .wasm file
        #[arg(default_value = ".")]
        path: PathBuf,
        /// The publisher's key file (see `trcaa plugin keygen`)
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// The name you publish under; shown to everybody
        #[arg(long, value_name = "NAME")]
        publisher: String,
        /// Make the key file first
        #[arg(long)]
        new_key: bool,
    },
    /// Build, check and test; with --watch again at every change
    Dev {
        /// The project's folder
        #[arg(default_value = ".")]
        path: PathBuf,
        /// Go on until interrupted
        #[arg(long)]
        watch: bool,
    },
}
