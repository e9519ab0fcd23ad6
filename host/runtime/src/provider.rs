//! Calls into AI providers. What goes in passed the guard by its type; what comes out is not yet believed.

use std::sync::Arc;

use trcaa_model::chat::{ChatAnswer, ChatRequest, ModelInfo};
use trcaa_model::plugin::Kind;
use wasmtime::component::Resource;

use crate::bindings::ai::{AiProvider, AiProviderPre};
use crate::call::{CallContext, CallState, run};
use crate::error::{LoadError, PluginError};
use crate::host_functions::{EventListener, Pushed, SinkHandle};
use crate::plugin::Plugin;
use crate::{canonical, chat};

/// A provider, ready to be called.
#[derive(Clone)]
pub struct Provider {
    plugin: Arc<Plugin>,
    pre: AiProviderPre<CallState>,
    context: Arc<CallContext>,
}

/// A question in the very form that goes into the guest, with its digest.
pub struct Question {
    wanted: crate::bindings::ai::trcaa::ai::chat::Request,
    sha256: String,
}

impl Question {
    /// Makes it from what passed the guard.
    pub fn new(request: &ChatRequest) -> Self {
        let wanted = chat::request(request);
        let sha256 = canonical::sha256(&wanted);
        Self { wanted, sha256 }
    }

    /// SHA-256 of what the guest is given (`runtime/canonical` has the form), in hex.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The bytes of which that is the digest.
    pub fn canonical(&self) -> Vec<u8> {
        canonical::bytes(&self.wanted)
    }
}

impl Provider {
    /// Takes a plugin of the right kind.
    ///
    /// # Errors
    /// [`LoadError`] if it is of another kind.
    pub fn new(plugin: &Arc<Plugin>, context: Arc<CallContext>) -> Result<Self, LoadError> {
        plugin.expect_kind(Kind::AiProvider)?;
        let pre = AiProviderPre::new(plugin.instance().clone())
            .map_err(|e| LoadError { name: plugin.manifest().id.clone(), problem: format!("{e:#}") })?;
        Ok(Self { plugin: Arc::clone(plugin), pre, context })
    }

    /// The plugin behind it.
    pub fn plugin(&self) -> &Arc<Plugin> {
        &self.plugin
    }

    /// Asks; `on_event` gets each event as it comes. Whatever it got before an error is not an answer.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn complete(&self, question: &Question, on_event: Option<EventListener>) -> Result<ChatAnswer, PluginError> {
        let limits = self.plugin.limits();
        let (answer, pushed) = run(&self.plugin, &self.context, limits, "complete", Pushed::to(on_event), |store| {
            let guest: AiProvider = self.pre.instantiate(&mut *store)?;
            let sink = store.data_mut().table.push(SinkHandle)?;
            guest.trcaa_ai_provider().call_complete(store, &question.wanted, Resource::new_borrow(sink.rep()))
        })?;
        let completion = answer.map_err(|e| self.plugin.failed("complete", self.context.reported(e)))?;
        chat::answer(&self.context, completion, pushed.events)
            .map_err(|fault| self.plugin.refused(&self.context, "complete", fault))
    }

    /// Lists the models of its connection.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn models(&self) -> Result<Vec<ModelInfo>, PluginError> {
        let limits = self.plugin.limits();
        let (answer, _) = run(&self.plugin, &self.context, limits, "models", Pushed::default(), |store| {
            let guest: AiProvider = self.pre.instantiate(&mut *store)?;
            guest.trcaa_ai_provider().call_models(store)
        })?;
        let models = answer.map_err(|e| self.plugin.failed("models", self.context.reported(e)))?;
        chat::models(&self.context, models).map_err(|fault| self.plugin.refused(&self.context, "models", fault))
    }
}
