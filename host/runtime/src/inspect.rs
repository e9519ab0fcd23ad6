//! What a component says of itself, read from its bytes without running or compiling any of it.
//!
//! Invariants: work and memory are linear in the component's bytes, and memory beyond them is bounded by the numbers
//! here; an error is one sentence without control or hidden characters, whatever the component holds.

mod findings;

use trcaa_model::plugin::Manifest;
use wasmparser::{Validator, WasmFeatures};

use crate::error::plain;
use crate::signature::{self, Publisher};

mod parts;
#[cfg(test)]
mod tests;
mod world;

use parts::Parts;

pub use findings::{Finding, Severity, findings};

/// Largest component: the largest that we know of, a typesetter with fonts, has 47 MB.
pub const COMPONENT_BYTES_MAX: usize = 128 << 20;
/// Custom section that holds the manifest.
pub(crate) const MANIFEST_SECTION: &str = "trcaa:manifest";
/// Most characters of what a manifest's reader says.
const PROBLEM_CHARS_MAX: usize = 600;

/// What the engine runs, no more and no less: all of WebAssembly 3 but for what wasmtime is built without (garbage
/// collection, exceptions, threads), and components without async. A test holds engine and list together.
const FEATURES: WasmFeatures = WasmFeatures::WASM3
    .difference(WasmFeatures::GC_TYPES)
    .difference(WasmFeatures::EXCEPTIONS)
    .difference(WasmFeatures::THREADS)
    .union(WasmFeatures::COMPONENT_MODEL);

/// What was read.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) manifest: Manifest,
    /// Who signed it; its signature was checked.
    pub(crate) publisher: Option<Publisher>,
}

/// Reads the manifest and checks kind, world, imports and exports against it. The error is one sentence for a person.
pub(crate) fn inspect(bytes: &[u8]) -> Result<Inspected, String> {
    if bytes.len() > COMPONENT_BYTES_MAX {
        return Err(format!("it has {} bytes, and a component may have at most {COMPONENT_BYTES_MAX}", bytes.len()));
    }
    let parts = Parts::read(bytes)?;
    let manifest = match parts.manifests.as_slice() {
        [one] => Manifest::parse(one).map_err(|e| plain(&e.to_string(), PROBLEM_CHARS_MAX))?,
        [] if parts.has_nested_manifest => {
            return Err("its only manifest lies in a nested component, where it says nothing about this one".into());
        }
        [] => return Err(format!("it has no manifest (custom section {MANIFEST_SECTION}); build it with trcaa-sdk")),
        _ => return Err(format!("it has more than one custom section {MANIFEST_SECTION}")),
    };
    world::check(&manifest, &parts.imports, &parts.exports)?;
    let publisher = parts.signature()?.map(|data| signature::verify(bytes, data)).transpose()?;
    Ok(Inspected { manifest, publisher })
}

/// Validates every type and every function, as the engine would while it compiles: what is invalid is told before
/// anything of it is compiled.
pub(crate) fn validate(bytes: &[u8]) -> Result<(), String> {
    let mut validator = Validator::new_with_features(FEATURES);
    validator.validate_all(bytes).map(|_| ()).map_err(|e| parts::malformed(&e))
}

/// Whether there is a manifest, readable or not.
pub(crate) fn has_manifest(bytes: &[u8]) -> Result<bool, String> {
    Ok(!Parts::read(bytes)?.manifests.is_empty())
}

/// The data of the signature section, where there is one; not checked.
pub(crate) fn signature_data(bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    Parts::read(bytes)?.signature()
}
