//! The engine that all plugins share: settings, the ticker of the deadlines, one linker per world.
//!
//! Invariants: the ticker runs at a fixed rate as long as an engine lives; a deadline belongs to a store, so one
//! plugin's time-out never shortens another's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use trcaa_model::plugin::Kind;
use wasmtime::component::Linker;
use wasmtime::{Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::call::CallState;
use crate::in_place;
use crate::linker;

include!("engine_config.rs");

/// Length of a tick. A time-out is noticed within two of them.
pub(crate) const TICK: Duration = Duration::from_millis(5);
/// Instances alive at once. Every call takes one; calls come from a handful of threads.
const INSTANCES_MAX: u32 = 64;
/// The largest memory that any kind of plugin may have (a renderer's, an extractor's).
const MEMORY_BYTES_MAX: usize = 512 << 20;

/// The engine. Cheap to clone; made once per process and only when a plugin is needed.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    engine: wasmtime::Engine,
    linkers: [OnceLock<Linker<CallState>>; 5],
    stop: Arc<AtomicBool>,
}

/// The engine could not be made.
#[derive(Debug, thiserror::Error)]
#[error("starting the plugin engine: {0}")]
pub struct EngineError(String);

impl Engine {
    /// Makes an engine and starts its ticker.
    ///
    /// # Errors
    /// [`EngineError`] when the machine refuses what the engine needs (address space, a thread).
    pub fn new() -> Result<Self, EngineError> {
        let config = || {
            let mut config = base_config();
            in_place::allow(&mut config);
            config
        };
        let mut pooled = config();
        pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        // A machine with little address space (ulimit -v) has no room for the pool; single instances still work.
        let engine = wasmtime::Engine::new(&pooled)
            .or_else(|_| wasmtime::Engine::new(&config()))
            .map_err(|e| EngineError(format!("{e:#}")))?;
        let stop = Arc::new(AtomicBool::new(false));
        let (weak, ended) = (engine.weak(), Arc::clone(&stop));
        std::thread::Builder::new()
            .name("trcaa-ticker".into())
            .spawn(move || {
                // Each tick is due at a time of its own: sleeping a tick's length each time would add what the work and
                // the late wake-ups take. One that is missed, as when the machine slept, is not made up for.
                let mut due = Instant::now();
                while !ended.load(Ordering::Relaxed) {
                    due = (due + TICK).max(Instant::now());
                    std::thread::sleep(due.saturating_duration_since(Instant::now()));
                    match weak.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => break,
                    }
                }
            })
            .map_err(|e| EngineError(format!("starting the ticker thread: {e}")))?;
        Ok(Self { inner: Arc::new(Inner { engine, linkers: Default::default(), stop }) })
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner.engine
    }

    /// The linker of a kind: exactly the imports that its world has, and nothing else.
    pub(crate) fn linker(&self, kind: Kind) -> Result<&Linker<CallState>, EngineError> {
        let place = match kind {
            Kind::AiProvider => &self.inner.linkers[0],
            Kind::Integration => &self.inner.linkers[1],
            Kind::PiiDetector => &self.inner.linkers[2],
            Kind::DocumentRenderer => &self.inner.linkers[3],
            Kind::TextExtractor => &self.inner.linkers[4],
        };
        if let Some(linker) = place.get() {
            return Ok(linker);
        }
        let linker = linker::build(&self.inner.engine, kind).map_err(|e| EngineError(format!("{e:#}")))?;
        Ok(place.get_or_init(|| linker))
    }
}

/// An engine that differs in where instances live only, for tests of what is compiled at all.
#[cfg(test)]
pub(crate) fn unpooled() -> wasmtime::Engine {
    wasmtime::Engine::new(&base_config()).expect("the settings are those of every engine")
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Bytes of an instance's memory that stay mapped: where only what was written is wiped, what a detector needs for a
/// window of text; elsewhere all of it is wiped after each call.
fn resident() -> usize {
    if PoolingAllocationConfig::is_pagemap_scan_available() { 4 << 20 } else { 64 << 10 }
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(INSTANCES_MAX)
        .total_core_instances(INSTANCES_MAX * 4)
        .max_core_instances_per_component(16)
        .total_memories(INSTANCES_MAX)
        .max_memories_per_component(4)
        .max_memory_size(MEMORY_BYTES_MAX)
        .total_tables(INSTANCES_MAX * 4)
        .max_tables_per_component(16)
        .table_elements(100_000)
        // What an instance used is kept mapped up to here, so that the next one need not fault it in again.
        .linear_memory_keep_resident(resident())
        .table_keep_resident(16 << 10)
        // Where Linux can tell which pages were written (6.7 and later), those alone are put back to what they were. A
        // Rust guest writes in the middle of its memory, the end of its stack: without this the first 64 KiB are wiped,
        // which it never touched, and the rest is unmapped, to be faulted in again. Halves a fresh instance.
        .pagemap_scan(Enabled::Auto);
    pool
}
