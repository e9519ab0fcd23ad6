//! Hostile guests at the borders of the limits, and guests of older versions.
//!
//! `core` holds what no compiler would make: components around hand-written core modules. `networked` is a provider
//! with every grant; `frozen` are guests built against the packages as they were published; `borders` has each limit
//! at, below and above.

use std::sync::{Arc, Mutex};

use trcaa_runtime::{Engine, Plugin, Source};

mod borders;
pub(crate) mod core;
pub(crate) mod frozen;
pub(crate) mod networked;

fn load(engine: &Engine, bytes: &[u8]) -> Arc<Plugin> {
    Plugin::load(engine, "guest", bytes, Source::DropIn("guest.wasm".into()), None).unwrap()
}

/// Log lines as they arrived.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl trcaa_runtime::ports::LogPort for Lines {
    fn line(&self, _plugin: &str, _level: &'static str, message: &str) {
        self.0.lock().unwrap().push(message.to_owned());
    }
}
