//! Plugins: which there are, whose they are, what they may do, whether they run, and their native code.
//!
//! Invariants: a bundled plugin is part of the program, with what it asks for; any other runs only after the user said
//! so about exactly these bytes (by SHA-256) of exactly this publisher (by the pinned key), and both are checked at
//! every load, cached or not; what it may do is what its manifest asks and the user granted; whatever changes is one
//! transaction with its audit row, behind component files that are whole; the plugin folder is reached through a
//! directory handle, so no name climbs out of it.

mod asked;
mod disk;
mod folder;
mod granting;
mod grants;
mod history;
mod host;
mod install;
mod list;
mod lock_file;
mod locked;
mod native;
mod offer;
mod remove;
mod seen;
mod source;
mod switch;
mod trust;
mod update;
mod verify;

use trcaa_store::PluginRow;

pub use asked::{Audience, Waiting};
pub use granting::{GrantSubject, Granted};
pub use install::GrantChoice;
pub use list::{PluginSummary, PluginView, VersionView, WishView};
pub use locked::LockedPlugin;
pub use offer::{Difference, Offer, OfferedPublisher};
pub use remove::{Keep, RemovedPlugin};
pub use seen::{Consent, DigestPrefix, accepting};
pub use update::{Downgrade, UpdateOutcome};
pub use verify::{PluginFinding, PluginsVerified};

pub(crate) use grants::{capability_hash, granted_to, write_grants};
pub(crate) use host::{PluginHost, bundled_detectors, bundled_extractor};

/// The plugin folder below the data folder; files in it are drop-ins.
const FOLDER: &str = "plugins";
/// Installed components below it, by SHA-256.
const INSTALLED_FOLDER: &str = ".installed";
/// Native code below it.
const CODE_FOLDER: &str = ".code";
/// Source of the plugins that are part of this program.
const BUNDLED: &str = "bundled";
/// The provider that needs no network and no key.
pub(crate) const OFFLINE_PROVIDER: &str = "offline-analyst";

/// Where a plugin's component lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place<'a> {
    /// In this program.
    Bundled,
    /// In the drop-in folder, under this name.
    DropIn(&'a str),
    /// Among the installed ones, by its SHA-256.
    Installed,
}

/// A drop-in's source is a plain file name; what is installed comes from an absolute path or an address.
fn place_of(row: &PluginRow) -> Place<'_> {
    match row.source.as_str() {
        BUNDLED => Place::Bundled,
        source if source::is_plain_name(source) => Place::DropIn(source),
        _ => Place::Installed,
    }
}

/// File name of an installed component.
fn component_name(sha256: &str) -> String {
    format!("{sha256}.wasm")
}
