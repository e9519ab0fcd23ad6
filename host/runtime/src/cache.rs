//! Native code of components, kept so that no call has to compile.
//!
//! Native code runs with all rights of the host, so what lies on a disk is loaded only if its MAC is right: over the
//! component's digest, the engine's compatibility and the code itself, with a key that only the store holds.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::hash::{Hash, Hasher};
use wasmtime::component::Component;

use crate::engine::Engine;
use crate::error::plain;

/// Bytes of the MAC before the code.
const MAC_BYTES: usize = 32;

/// Where authenticated code is kept. `app` plugs a folder.
pub trait CodeCache: Send + Sync {
    /// What was kept under `name`, if anything.
    fn read(&self, name: &str) -> Option<Vec<u8>>;
    /// Keeps `bytes`, all or nothing. A failure costs the next start some seconds, and nothing else.
    fn write(&self, name: &str, bytes: &[u8]);
    /// The key of the MAC, 32 bytes.
    fn key(&self) -> &[u8; 32];
}

/// Code from the cache if it is there and authentic, compiled (and kept) if not.
pub(crate) fn component(
    engine: &Engine,
    bytes: &[u8],
    sha256: &str,
    cache: Option<&dyn CodeCache>,
) -> Result<Component, String> {
    let name = code_name(sha256);
    if let Some(cache) = cache
        && let Some(kept) = cache.read(&name)
        && let Some(code) = authentic(engine, cache.key(), sha256, &kept)
    {
        // SAFETY: the MAC shows that this process's user made these bytes with this engine from this component.
        #[expect(unsafe_code, reason = "loading authenticated native code")]
        let loaded = unsafe { Component::deserialize(engine.wasmtime(), code) };
        if let Ok(component) = loaded {
            return Ok(component);
        }
    }
    let refuse = |e: wasmtime::Error| format!("it can't be compiled: {}", plain(&format!("{e:#}"), 300));
    crate::inspect::validate(bytes)?;
    let component = Component::new(engine.wasmtime(), bytes).map_err(refuse)?;
    if let Some(cache) = cache {
        let code = component.serialize().map_err(refuse)?;
        let mut kept = mac(engine, cache.key(), sha256, &code).finalize().into_bytes().to_vec();
        kept.extend_from_slice(&code);
        cache.write(&name, &kept);
    }
    Ok(component)
}

/// What is kept of a component's native code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptCode {
    /// Nothing: the next load compiles.
    Missing,
    /// Code that this store's key made for this engine.
    Authentic,
    /// Something else: changed, of another engine or of another store. A load would compile anew and replace it.
    Foreign,
}

/// Says what a cache holds of the component with this SHA-256, without loading it.
pub fn kept_code(engine: &Engine, sha256: &str, cache: &dyn CodeCache) -> KeptCode {
    match cache.read(&code_name(sha256)) {
        None => KeptCode::Missing,
        Some(kept) if authentic(engine, cache.key(), sha256, &kept).is_some() => KeptCode::Authentic,
        Some(_) => KeptCode::Foreign,
    }
}

/// Under which name a cache keeps the native code of the component with this SHA-256.
pub fn code_name(sha256: &str) -> String {
    format!("{sha256}.cwasm")
}

fn authentic<'a>(engine: &Engine, key: &[u8; 32], sha256: &str, kept: &'a [u8]) -> Option<&'a [u8]> {
    let (found, code) = kept.split_at_checked(MAC_BYTES)?;
    mac(engine, key, sha256, code).verify_slice(found).is_ok().then_some(code)
}

fn mac(engine: &Engine, key: &[u8; 32], sha256: &str, code: &[u8]) -> Hmac<Sha256> {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"trcaa native code v1\0");
    mac.update(sha256.as_bytes());
    mac.update(&compatibility(engine).to_le_bytes());
    mac.update(code);
    mac
}

fn compatibility(engine: &Engine) -> u64 {
    let mut hasher = std::collections::hash_map::DefaultHasher::new();
    engine.wasmtime().precompile_compatibility_hash().hash(&mut hasher);
    hasher.finish()
}
