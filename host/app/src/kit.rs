//! The kit of plugin authors: from nothing to a plugin that is built, checked, tested, packed and signed.
//!
//! Owns: projects (templates, building by the language's own tools), findings about components, golden cases, hostile
//! inputs, replayed HTTP, keys of publishers. Must not know: the store, which none of this opens or makes; the terminal.
//!
//! Invariants: a component is tested by the runtime and within the limits that it will meet in use; a file that is
//! there is never written over, but for what a build makes and what the author asks to have blessed; a publisher's key
//! is in a file that only its owner reads, and in no message.

mod build;
mod case;
mod check;
mod golden;
mod hostile;
mod keys;
mod language;
mod pack;
mod project;
mod replay;
mod sdk;
mod subject;
mod template;
mod test;
mod tools;
mod watch;

use std::ffi::OsString;
use std::path::PathBuf;

pub use build::{Built, Profile};
pub use check::Checked;
pub use keys::{KeyMade, Signed};
pub use language::Language;
pub use pack::Packed;
pub use template::Created;
pub use test::{Golden, Measured, TestLine, Tested};
pub use watch::{Change, Watch};

/// The kit, set up with what is the machine's.
#[derive(Debug, Clone)]
pub struct Kit {
    /// The SDK is unpacked below it; no store is opened or made in it.
    pub data_dir: PathBuf,
    /// The program that builds Rust.
    pub cargo: OsString,
}
