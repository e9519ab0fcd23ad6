//! A loaded plugin: its manifest, its code, and its record of failures in this process.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use trcaa_model::plugin::{Kind, Limits, Manifest};
use wasmtime::component::{Component, InstancePre};

use crate::cache::CodeCache;
use crate::call::{CallContext, CallState};
use crate::circuit::Circuit;
use crate::engine::Engine;
use crate::error::{Fault, LoadError, PluginError, plain};
use crate::inspect::{Inspected, inspect};
use crate::signature::Publisher;

/// Where a plugin came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Part of this program.
    Bundled,
    /// A file of the drop-in folder, by name.
    DropIn(String),
    /// Installed, from where the user named: a path or an address.
    Installed(String),
}

/// What is known of a component without running it.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Who signed it, by a signature that was checked; `None` where nobody did.
    pub publisher: Option<Publisher>,
    /// SHA-256 hex of all its bytes.
    pub sha256: String,
}

/// A plugin whose code is ready to run.
pub struct Plugin {
    manifest: Manifest,
    publisher: Option<Publisher>,
    sha256: String,
    source: Source,
    engine: Engine,
    instance: InstancePre<CallState>,
    circuit: Circuit,
}

impl Plugin {
    /// Reads manifest, publisher and SHA-256 of a component without compiling or running any of it.
    ///
    /// # Errors
    /// [`LoadError`] says in one sentence why it is refused.
    pub fn inspect(name: &str, bytes: &[u8]) -> Result<Inspection, LoadError> {
        match inspect(bytes) {
            Ok(Inspected { manifest, publisher }) => {
                Ok(Inspection { manifest, publisher, sha256: hex::encode(Sha256::digest(bytes)) })
            }
            Err(problem) => Err(LoadError { name: plain(name, 100), problem }),
        }
    }

    /// Loads a component from its bytes: inspects, compiles (or takes authenticated code from `cache`), links.
    ///
    /// # Errors
    /// [`LoadError`] says in one sentence why it is refused.
    pub fn load(
        engine: &Engine,
        name: &str,
        bytes: &[u8],
        source: Source,
        cache: Option<&dyn CodeCache>,
    ) -> Result<Arc<Self>, LoadError> {
        let refuse = |problem: String| LoadError { name: plain(name, 100), problem };
        let inspected = inspect(bytes).map_err(refuse)?;
        let sha256 = hex::encode(Sha256::digest(bytes));
        let component = crate::cache::component(engine, bytes, &sha256, cache).map_err(refuse)?;
        Self::link(engine, inspected, sha256, source, &component).map_err(refuse)
    }

    /// Takes a component whose native code was made when this program was built.
    pub(crate) fn link(
        engine: &Engine,
        inspected: Inspected,
        sha256: String,
        source: Source,
        component: &Component,
    ) -> Result<Arc<Self>, String> {
        let Inspected { manifest, publisher } = inspected;
        let linker = engine.linker(manifest.kind).map_err(|e| e.to_string())?;
        let instance =
            linker.instantiate_pre(component).map_err(|e| plain(&format!("it does not fit its world: {e:#}"), 400))?;
        let circuit = Circuit::default();
        Ok(Arc::new(Self { manifest, publisher, sha256, source, engine: engine.clone(), instance, circuit }))
    }

    /// What it says of itself.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Who signed it, by a signature that was checked when it was loaded; `None` where nobody did.
    pub fn publisher(&self) -> Option<&Publisher> {
        self.publisher.as_ref()
    }

    /// SHA-256 hex of the component.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Where it came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The limits of its calls: its kind's, tightened by its manifest.
    pub fn limits(&self) -> Limits {
        self.manifest.kind.limits().tightened(self.manifest.limits)
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(crate) fn instance(&self) -> &InstancePre<CallState> {
        &self.instance
    }

    pub(crate) fn expect_kind(&self, kind: Kind) -> Result<(), LoadError> {
        if self.manifest.kind == kind {
            return Ok(());
        }
        let problem =
            format!("it is of kind {}, and one of kind {} is needed", self.manifest.kind.as_str(), kind.as_str());
        Err(LoadError { name: self.manifest.id.clone(), problem })
    }

    pub(crate) fn failed(&self, function: &'static str, fault: Fault) -> PluginError {
        PluginError { plugin: self.manifest.id.clone(), version: self.manifest.version.clone(), function, fault }
    }

    /// The error of a call whose fault the host found in the answer; counts it.
    pub(crate) fn refused(&self, context: &CallContext, function: &'static str, fault: Fault) -> PluginError {
        self.refused_on(context, function, fault, None)
    }

    /// The same, where it was called with a document that came from strangers.
    pub(crate) fn refused_on(
        &self,
        context: &CallContext,
        function: &'static str,
        fault: Fault,
        document: Option<&[u8]>,
    ) -> PluginError {
        self.circuit.count(self, context.ports.failures.as_deref(), function, &fault, document);
        self.failed(function, fault)
    }

    /// The refusal while the plugin is switched off.
    pub(crate) fn circuit_open(&self, context: &CallContext) -> Option<Fault> {
        self.circuit.open(self, context.ports.failures.as_deref())
    }
}
