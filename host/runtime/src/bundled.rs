//! The plugins that are part of this program. Their native code was made by the build script, so that no call of a
//! user compiles anything.

use std::sync::Arc;

use trcaa_model::plugin::Kind;
use wasmtime::component::Component;

use crate::engine::Engine;
use crate::error::LoadError;
use crate::inspect::inspect;
use crate::plugin::{Inspection, Plugin, Source};

struct Bundled {
    id: &'static str,
    wasm: &'static [u8],
    native: &'static [u8],
    sha256: &'static str,
    kind: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// Ids of all bundled plugins, sorted.
pub fn bundled_ids() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|b| b.id)
}

/// The kind of a bundled plugin, without loading it.
pub fn bundled_kind(id: &str) -> Option<Kind> {
    BUNDLED.iter().find(|b| b.id == id).and_then(|b| b.kind.parse().ok())
}

/// Manifest and SHA-256 of a bundled plugin, without an engine; `None` if there is none of that id.
pub fn inspect_bundled(id: &str) -> Option<Inspection> {
    let bundled = BUNDLED.iter().find(|b| b.id == id)?;
    let inspected = inspect(bundled.wasm).ok()?;
    Some(Inspection { manifest: inspected.manifest, publisher: None, sha256: bundled.sha256.to_owned() })
}

/// The component of every bundled plugin, for tests that need real ones.
#[cfg(test)]
pub(crate) fn components() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    BUNDLED.iter().map(|b| (b.id, b.wasm))
}

/// The bytes of a bundled plugin's component.
pub(crate) fn component(id: &str) -> Option<&'static [u8]> {
    BUNDLED.iter().find(|b| b.id == id).map(|b| b.wasm)
}

/// Loads a bundled plugin from its native code; compiles only where this machine's CPU refuses that code.
///
/// # Errors
/// [`LoadError`] if there is none of that id.
pub fn load_bundled(engine: &Engine, id: &str) -> Result<Arc<Plugin>, LoadError> {
    let refuse = |problem: String| LoadError { name: id.chars().take(80).collect(), problem };
    let bundled =
        BUNDLED.iter().find(|b| b.id == id).ok_or_else(|| refuse("there is no such bundled plugin".into()))?;
    let inspected = inspect(bundled.wasm).map_err(refuse)?;
    // SAFETY: the bytes are part of this program, as trustworthy as its own code; the loader refuses other engines'.
    #[expect(unsafe_code, reason = "loading native code that was built into this program")]
    let loaded = unsafe { Component::deserialize(engine.wasmtime(), bundled.native) };
    let component = match loaded {
        Ok(component) => component,
        Err(_) => Component::new(engine.wasmtime(), bundled.wasm)
            .map_err(|e| refuse(format!("it can't be compiled: {e:#}")))?,
    };
    Plugin::link(engine, inspected, bundled.sha256.to_owned(), Source::Bundled, &component).map_err(refuse)
}
