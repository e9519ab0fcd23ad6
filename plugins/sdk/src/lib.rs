//! What plugin authors depend on: typed traits for the five kinds of TRCAA plugins, and [`register!`].
//!
#![doc = include_str!("../README.md")]

pub mod ai;
mod bindings;
pub mod call;
mod chat;
pub mod extract;
pub mod host;
pub mod integration;
mod items;
mod pieces;
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
