//! The plugin under test, as the runtime sees it in use: each call with the limits of its kind, and what it used.
//!
//! Invariant: each call gets a plugin without a past, so that one failure does not switch the next test off.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use trcaa_model::guard::Redacted;
use trcaa_model::plugin::Manifest;
use trcaa_redact::{Guard, Origin, Pseudonyms};
use trcaa_runtime::ports::{MeterPort, Ports, Usage};
use trcaa_runtime::{CallContext, CodeCache, Engine, Fault, Plugin, PluginError, Source};

use super::replay::Network;
use crate::AppError;

/// A component that is called again and again.
pub(super) struct Subject {
    engine: Engine,
    bytes: Vec<u8>,
    code: MemoryCache,
    meter: Arc<Meter>,
    pub(super) manifest: Manifest,
}

/// What the calls used at most, by function.
#[derive(Default)]
pub(super) struct Meter(Mutex<BTreeMap<&'static str, Usage>>);

impl MeterPort for Meter {
    fn call(&self, function: &'static str, usage: Usage) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let most = all.entry(function).or_default();
        most.memory_bytes = most.memory_bytes.max(usage.memory_bytes);
        most.cpu_ms = most.cpu_ms.max(usage.cpu_ms);
        most.wall_ms = most.wall_ms.max(usage.wall_ms);
    }
}

impl Subject {
    /// Compiles the component, once.
    pub(super) fn new(bytes: Vec<u8>) -> Result<Self, AppError> {
        let engine = Engine::new()?;
        let code = MemoryCache::default();
        let plugin = Plugin::load(&engine, "plugin", &bytes, source(), Some(&code)).map_err(|e| {
            AppError::failed("plugin_refused", e.to_string())
                .hint("see everything that is wrong with it: trcaa plugin check PATH")
        })?;
        Ok(Self { engine, bytes, code, meter: Arc::default(), manifest: plugin.manifest().clone() })
    }

    /// The plugin, with no failure on its record.
    pub(super) fn plugin(&self) -> Result<Arc<Plugin>, PluginError> {
        Plugin::load(&self.engine, &self.manifest.id, &self.bytes, source(), Some(&self.code)).map_err(|e| {
            PluginError {
                plugin: self.manifest.id.clone(),
                version: self.manifest.version.clone(),
                function: "load",
                fault: Fault::Trapped(e.problem),
            }
        })
    }

    /// What a call runs with; a pure plugin gets nothing of `network`.
    pub(super) fn context(&self, network: Option<&Arc<Network>>) -> Arc<CallContext> {
        let mut ports = Ports { meter: Some(Arc::clone(&self.meter) as Arc<dyn MeterPort>), ..Ports::default() };
        if let Some(network) = network {
            ports.http = Some(Arc::clone(network) as _);
            ports.secrets = Some(Arc::clone(network) as _);
            ports.kv = Some(Arc::clone(network) as _);
            ports.settings = Some(Arc::clone(network) as _);
        }
        Arc::new(CallContext { ports, connection: "test".into(), ..CallContext::default() })
    }

    /// What all calls so far used at most, by function.
    pub(super) fn used(&self) -> BTreeMap<&'static str, Usage> {
        self.meter.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn source() -> Source {
    Source::DropIn("test".into())
}

/// The author's own text, through the guard like everything that a plugin gets.
pub(super) fn passed(text: &str) -> Redacted {
    #[expect(clippy::disallowed_methods, reason = "a test of a plugin sends what its author wrote for it, to a replay")]
    let passed = Guard::pass(text, Origin::Redacted, &[], &mut Pseudonyms::default(), usize::MAX);
    passed.expect("without spans there is nothing to refuse")
}

/// Native code for the length of a test run.
#[derive(Default)]
struct MemoryCache(Mutex<Option<Vec<u8>>>);

impl CodeCache for MemoryCache {
    fn read(&self, _name: &str) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, _name: &str, bytes: &[u8]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes.to_vec());
    }

    /// Nobody else gets at this memory.
    fn key(&self) -> &[u8; 32] {
        &[0; 32]
    }
}
