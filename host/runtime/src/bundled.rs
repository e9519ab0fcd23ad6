//! The plugins that are part of this program. Their native code was made by the build script, so that no call of a
//! user compiles anything.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use trcaa_model::plugin::Kind;
use wasmtime::Engine as Wasmtime;
use wasmtime::component::Component;

use crate::engine::Engine;
use crate::error::LoadError;
use crate::in_place::{self, Aligned};
use crate::inspect::inspect;
use crate::plugin::{Inspection, Plugin, Source};

struct Bundled {
    id: &'static str,
    wasm: &'static [u8],
    /// The whole of it begins on a page, so that it can run where it lies.
    native: &'static Aligned<[u8]>,
    /// The same for processors that have more, where there is such code.
    better: Option<&'static Aligned<[u8]>>,
    sha256: &'static str,
    kind: &'static str,
    /// What was made of the code where it lies: once in a process, because an engine registers code by its place.
    in_place: OnceLock<Component>,
}

impl Bundled {
    /// Its native codes, the best first. Which of them this processor can run, the loader tells.
    fn codes(&self) -> impl Iterator<Item = &'static [u8]> + use<> {
        self.better.into_iter().chain([self.native]).map(|code| &code.0)
    }
}

/// One load in place at a time.
static LOADING: Mutex<()> = Mutex::new(());

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// Ids of all bundled plugins, sorted.
pub fn bundled_ids() -> impl Iterator<Item = &'static str> {
    BUNDLED.iter().map(|b| b.id)
}

/// Where the native code of every bundled plugin lies.
pub(crate) fn native_codes() -> impl Iterator<Item = &'static [u8]> {
    BUNDLED.iter().flat_map(Bundled::codes)
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
    let component = match bundled.codes().find_map(|code| component_of(bundled, code, engine.wasmtime()).ok()) {
        Some(component) => component,
        None => Component::new(engine.wasmtime(), bundled.wasm)
            .map_err(|e| refuse(format!("it can't be compiled: {e:#}")))?,
    };
    Plugin::link(engine, inspected, bundled.sha256.to_owned(), Source::Bundled, &component).map_err(refuse)
}

/// The component of a bundled plugin, from its native code: where it lies for the first engine that asks, which a
/// process has one of, and a copy for any other.
fn component_of(bundled: &'static Bundled, native: &'static [u8], engine: &Wasmtime) -> wasmtime::Result<Component> {
    if let Some(memory) = in_place::raw(native) {
        // SAFETY: the bytes are part of this program, as trustworthy as its own code, and stay as they are until it ends;
        // the loader refuses other engines'. They are loaded once: the cell holds the component for good.
        #[expect(unsafe_code, reason = "running native code that was built into this program")]
        let load = || unsafe { Component::deserialize_raw(engine, memory) };
        let _one_at_a_time = LOADING.lock().unwrap_or_else(PoisonError::into_inner);
        if bundled.in_place.get().is_none() {
            // Where the system refuses, a copy may do.
            if let Ok(component) = load() {
                drop(bundled.in_place.set(component));
            }
        }
        if let Some(component) = bundled.in_place.get().filter(|component| Wasmtime::same(component.engine(), engine)) {
            return Ok(component.clone());
        }
    }
    // SAFETY: as above; the loader copies them.
    #[expect(unsafe_code, reason = "loading native code that was built into this program")]
    let copied = unsafe { Component::deserialize(engine, native) };
    copied
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::call::CallContext;

    #[test]
    fn code_that_two_loads_share_still_runs_when_one_is_gone() {
        let engine = Engine::new().unwrap();
        let kept = load_bundled(&engine, "pii-base").unwrap();
        drop(load_bundled(&engine, "pii-base").unwrap());
        let other = Engine::new().unwrap();
        let beside = load_bundled(&other, "pii-base").unwrap();
        drop(load_bundled(&other, "pii-base").unwrap());
        let found = |plugin: &Arc<Plugin>| {
            let detector = crate::Detector::new(plugin, Arc::<CallContext>::default()).unwrap();
            detector.detect(&["mail ada@example.org".to_owned()]).unwrap().concat().len()
        };
        assert_eq!((found(&kept), found(&beside)), (1, 1));
        drop((kept, engine));
        assert_eq!(found(&beside), 1);
    }

    #[test]
    fn what_one_code_of_a_plugin_finds_the_others_find() {
        let engine = Engine::new().unwrap();
        let text =
            ["ada@example.org from 192.0.2.7, password=hunter2secret, Grace Hopper ran curl -u ada:s3cretword9 x"
                .to_owned()];
        for bundled in BUNDLED.iter().filter(|bundled| bundled.kind == "pii-detector") {
            let inspected = || inspect(bundled.wasm).unwrap();
            let found = |code: &[u8]| {
                // SAFETY: the bytes are part of this program; a processor that can't run them has the loader refuse.
                #[expect(unsafe_code, reason = "loading native code that was built into this program")]
                let component = unsafe { Component::deserialize(engine.wasmtime(), code) }.ok()?;
                let sha256 = bundled.sha256.to_owned();
                let plugin = Plugin::link(&engine, inspected(), sha256, Source::Bundled, &component).unwrap();
                Some(crate::Detector::new(&plugin, Arc::default()).unwrap().detect(&text).unwrap())
            };
            let baseline = found(&bundled.native.0).unwrap();
            assert!(!baseline.concat().is_empty(), "{}", bundled.id);
            assert!(bundled.codes().filter_map(found).all(|spans| spans == baseline), "{}", bundled.id);
            assert_eq!(bundled.codes().count(), 1 + usize::from(cfg!(target_arch = "x86_64")), "{}", bundled.id);
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn code_runs_where_it_lies_and_is_never_writable_there() {
        let engine = Engine::new().unwrap();
        let _plugin = load_bundled(&engine, "pii-base").unwrap();
        let bundled = BUNDLED.iter().find(|b| b.id == "pii-base").unwrap();
        if in_place::raw(&bundled.native.0).is_none() {
            return;
        }
        let ranges: Vec<_> =
            bundled.codes().map(|code| code.as_ptr().addr()..code.as_ptr().addr() + code.len()).collect();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let of_code = |line: &&str| {
            let (from, to) = line.split_whitespace().next().unwrap().split_once('-').unwrap();
            let at = |text| usize::from_str_radix(text, 16).unwrap();
            ranges.iter().any(|range| at(from) < range.end && at(to) > range.start)
        };
        let rights: Vec<&str> =
            maps.lines().filter(of_code).map(|line| line.split_whitespace().nth(1).unwrap()).collect();
        assert!(rights.iter().any(|rights| rights.contains('x')), "{rights:?}");
        assert!(!rights.iter().any(|rights| rights.contains('w')), "{rights:?}");
    }
}
