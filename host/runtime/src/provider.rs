//! Calls into AI providers. What goes in passed the guard by its type; what comes out is not yet believed.

use std::sync::Arc;

use trcaa_model::chat::{ChatAnswer, ChatRequest, Message, Part, Role};
use trcaa_model::plugin::Kind;
use wasmtime::component::Resource;

use crate::bindings::ai::trcaa::ai::chat as wit;
use crate::bindings::ai::{AiProvider, AiProviderPre};
use crate::call::{CallContext, CallState, run};
use crate::error::{LoadError, PluginError};
use crate::host_functions::{ProviderEvent, Pushed, SinkHandle, TextListener};
use crate::plugin::Plugin;

/// A provider, ready to be called.
#[derive(Clone)]
pub struct Provider {
    plugin: Arc<Plugin>,
    pre: AiProviderPre<CallState>,
    context: Arc<CallContext>,
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

    /// Asks; `on_text` gets each piece of the answer as it comes.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn complete(&self, request: &ChatRequest, on_text: Option<TextListener>) -> Result<ChatAnswer, PluginError> {
        let wanted = convert(request);
        let limits = self.plugin.limits();
        let (answer, pushed) = run(&self.plugin, &self.context, limits, "complete", Pushed::to(on_text), |store| {
            let guest: AiProvider = self.pre.instantiate(&mut *store)?;
            let sink = store.data_mut().table.push(SinkHandle)?;
            guest.trcaa_ai_provider().call_complete(store, &wanted, Resource::new_borrow(sink.rep()))
        })?;
        let completion = answer.map_err(|e| self.plugin.failed("complete", self.context.reported(e)))?;
        let mut result = ChatAnswer::default();
        for event in pushed.events {
            match event {
                ProviderEvent::Text(text) => result.text.push_str(&text),
                ProviderEvent::Usage(input, output) => {
                    (result.input_tokens, result.output_tokens) = (Some(input), Some(output));
                }
            }
        }
        if let Some(usage) = completion.usage {
            (result.input_tokens, result.output_tokens) = (Some(usage.input_tokens), Some(usage.output_tokens));
        }
        Ok(result)
    }
}

fn convert(request: &ChatRequest) -> wit::Request {
    wit::Request {
        model: request.model.clone(),
        messages: request.messages.iter().map(message).collect(),
        tools: Vec::new(),
        tool_choice: wit::ToolChoice::None,
        output: request.json_schema.clone().map_or(wit::OutputFormat::Text, wit::OutputFormat::JsonSchema),
        max_output_tokens: None,
        temperature: None,
        top_p: None,
        stop: Vec::new(),
        seed: None,
        extra: request.extra.clone(),
    }
}

fn message(message: &Message) -> wit::Message {
    let role = match message.role {
        Role::System => wit::Role::System,
        Role::User => wit::Role::User,
        Role::Assistant => wit::Role::Assistant,
    };
    let part = |part: &Part| match part {
        Part::Text(text) => wit::Part::Text(text.as_str().to_owned()),
        Part::Log(log) => wit::Part::Document(wit::Document {
            name: log.name.as_str().to_owned(),
            media_type: "text/plain".into(),
            digest: log.digest.clone(),
            first_line: log.first_line,
            text: log.text.as_str().to_owned(),
        }),
    };
    wit::Message { role, parts: message.parts.iter().map(part).collect(), cache_hint: false }
}
