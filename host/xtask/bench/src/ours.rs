//! Our side: components, engine, and the state port.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use trcaa_model::plugin::{Capability, Grants};
use trcaa_runtime::ports::{Caller, KeyPage, KvPort, PortError, Ports};
use trcaa_runtime::{CallContext, CodeCache, Engine, Integration, Plugin, Source};

use crate::Outcome;
use crate::desk::Desk;

include!(concat!(env!("OUT_DIR"), "/guests.rs"));

/// Loads one of the guests, compiling it.
pub(crate) fn load(engine: &Engine, bytes: &[u8]) -> Outcome<Arc<Plugin>> {
    load_cached(engine, bytes, None)
}

/// Loads one of the guests, from `cache` where its code is there.
pub(crate) fn load_cached(engine: &Engine, bytes: &[u8], cache: Option<&dyn CodeCache>) -> Outcome<Arc<Plugin>> {
    Ok(Plugin::load(engine, "guest", bytes, Source::DropIn("guest.wasm".to_owned()), cache)?)
}

/// Native code kept in memory: a disk is the page cache's business and not measured.
#[derive(Default)]
pub(crate) struct Kept(Mutex<HashMap<String, Vec<u8>>>);

impl CodeCache for Kept {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.0.lock().ok()?.get(name).cloned()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(name.to_owned(), bytes.to_vec());
        }
    }

    fn key(&self) -> &[u8; 32] {
        &[7; 32]
    }
}

/// All that a plugin asks for, granted.
pub(crate) fn grants(plugin: &Plugin) -> Grants {
    let all: Vec<Capability> = plugin.manifest().capabilities();
    Grants::effective(plugin.manifest(), &all, None)
}

/// An integration whose state is behind `desk`.
pub(crate) fn asking(plugin: &Arc<Plugin>, desk: Desk) -> Outcome<Integration> {
    let ports = Ports { kv: Some(Arc::new(State(desk))), ..Ports::default() };
    let context = CallContext { ports, connection: "bench".to_owned(), ..CallContext::default() };
    Ok(Integration::new(plugin, Arc::new(context))?)
}

struct State(Desk);

impl KvPort for State {
    fn get(&self, caller: &Caller<'_>, key: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.0.get(&caller.manifest.id, key).map(Some).ok_or_else(not_measured)
    }

    fn set(&self, _: &Caller<'_>, _: &str, _: &[u8], _: Option<u32>) -> Result<(), PortError> {
        Err(not_measured())
    }

    fn swap(&self, _: &Caller<'_>, _: &str, _: Option<&[u8]>, _: Option<&[u8]>) -> Result<bool, PortError> {
        Err(not_measured())
    }

    fn delete(&self, _: &Caller<'_>, _: &str) -> Result<(), PortError> {
        Err(not_measured())
    }

    fn keys(&self, _: &Caller<'_>, _: &str, _: Option<&str>) -> Result<KeyPage, PortError> {
        Err(not_measured())
    }
}

fn not_measured() -> PortError {
    PortError::Denied { capability: "kv", target: "bench".to_owned(), fix: String::new() }
}
