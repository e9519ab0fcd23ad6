//! What plugin authors depend on: typed traits for the five kinds of TRCAA plugins, and [`register!`].
//!
//! A plugin is one WebAssembly component. It implements one trait, names it in [`register!`], carries a manifest,
//! and is built with `cargo build --release --target wasm32-wasip2`:
//!
//! ```
//! use trcaa_sdk::pii::{Detector, LabelInfo, Options, Span};
//! use trcaa_sdk::{Descriptor, Error};
//!
//! struct Badges;
//!
//! impl Detector for Badges {
//!     fn describe() -> Descriptor {
//!         trcaa_sdk::descriptor("badges", "Badge numbers", "0.1.0")
//!     }
//!
//!     fn labels() -> Vec<LabelInfo> {
//!         vec![trcaa_sdk::pii::label("Badge", "A badge number", "badge-0042")]
//!     }
//!
//!     fn detect(texts: Vec<String>, _options: Options) -> Result<Vec<Vec<Span>>, Error> {
//!         let find = |text: &String| {
//!             text.match_indices("badge-")
//!                 .filter(|(at, _)| text.len() >= at + 10)
//!                 .map(|(at, _)| trcaa_sdk::pii::span(at, at + 10, "Badge", 0.9))
//!                 .collect()
//!         };
//!         Ok(texts.iter().map(find).collect())
//!     }
//! }
//! # const MANIFEST: &[u8] = b"";
//! trcaa_sdk::register!(pii_detector: Badges, manifest: MANIFEST);
//! # fn main() {}
//! ```
//!
//! In a real plugin the manifest is a file: `manifest: include_bytes!("../trcaa-plugin.toml")`. The host refuses a
//! component whose imports go beyond its world; there is no file system, no socket, no environment and no shell.
//! Each call gets a fresh instance: what a call leaves in memory is gone with it.
//!
//! Off WebAssembly the macro only checks types, so the logic of a plugin is tested with a plain `cargo test`.

pub mod ai;
mod bindings;
pub mod extract;
pub mod host;
pub mod integration;
pub mod pii;
mod register;
pub mod render;

pub use bindings::shared::trcaa::types::types::{Denial, Descriptor, Error};

#[doc(hidden)]
pub mod generated {
    pub use crate::bindings::{ai, extract, integration, pii, render};
}

/// Makes a descriptor without settings.
pub fn descriptor(id: &str, display_name: &str, version: &str) -> Descriptor {
    Descriptor {
        id: id.to_owned(),
        display_name: display_name.to_owned(),
        version: version.to_owned(),
        config_schema: None,
        extra: Vec::new(),
    }
}
