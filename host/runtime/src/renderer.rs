//! Calls into document renderers, and the checks of what they write.

use std::sync::Arc;

use trcaa_model::document::{Node, NodeKind, RenderFormat, RenderTree};
use trcaa_model::plugin::Kind;
use wasmtime::component::Resource;

use crate::bindings::render::trcaa::render::document as wit;
use crate::bindings::render::{DocumentRenderer, DocumentRendererPre};
use crate::call::{CallContext, CallState, run};
use crate::error::{Fault, LoadError, PluginError, plain};
use crate::host_functions::{AssetsHandle, OutputHandle, Pushed};
use crate::output_check::{Links, check_output};
use crate::plugin::Plugin;

/// Formats of one renderer.
const FORMATS_MAX: usize = 32;

/// A renderer, ready to be called.
#[derive(Clone)]
pub struct Renderer {
    plugin: Arc<Plugin>,
    pre: DocumentRendererPre<CallState>,
    context: Arc<CallContext>,
}

impl Renderer {
    /// Takes a plugin of the right kind.
    ///
    /// # Errors
    /// [`LoadError`] if it is of another kind.
    pub fn new(plugin: &Arc<Plugin>, context: Arc<CallContext>) -> Result<Self, LoadError> {
        plugin.expect_kind(Kind::DocumentRenderer)?;
        let pre = DocumentRendererPre::new(plugin.instance().clone())
            .map_err(|e| LoadError { name: plugin.manifest().id.clone(), problem: format!("{e:#}") })?;
        Ok(Self { plugin: Arc::clone(plugin), pre, context })
    }

    /// Lists the formats that it offers.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn formats(&self) -> Result<Vec<RenderFormat>, PluginError> {
        let (formats, _) = self.run("formats", |guest, store| guest.trcaa_render_renderer().call_formats(store))?;
        let shaped = |text: &str| {
            (1..=80).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'/' | b'+'))
        };
        let bad = formats.iter().find(|f| {
            !shaped(&f.id) || !shaped(&f.media_type) || !shaped(&f.extension) || f.extension.contains(['/', '.'])
        });
        if bad.is_some() || formats.len() > FORMATS_MAX {
            return Err(self.refuse("formats", "a format's id, media type or extension is malformed".into()));
        }
        let convert = |f: crate::bindings::render::exports::trcaa::render::renderer::Format| RenderFormat {
            id: f.id,
            media_type: f.media_type,
            extension: f.extension,
        };
        Ok(formats.into_iter().map(convert).collect())
    }

    /// Renders `tree` in `format`, and checks the bytes against the format's media type.
    ///
    /// # Errors
    /// [`PluginError`]; nothing was written anywhere.
    pub fn render(&self, tree: &RenderTree, format: &RenderFormat) -> Result<Vec<u8>, PluginError> {
        let doc = document(tree);
        let (answer, pushed) = self.run("render", |guest, store| {
            let assets = store.data_mut().table.push(AssetsHandle)?;
            let output = store.data_mut().table.push(OutputHandle)?;
            let lent = (Resource::new_borrow(assets.rep()), Resource::new_borrow(output.rep()));
            guest.trcaa_render_renderer().call_render(store, &doc, &format.id, &Vec::new(), lent.0, lent.1)
        })?;
        answer.map_err(|e| self.plugin.failed("render", Fault::Reported(e.into())))?;
        check_output(&format.media_type, &pushed.bytes, &Links::of(tree))
            .map_err(|problem| self.refuse("render", problem))?;
        Ok(pushed.bytes)
    }

    fn run<R>(
        &self,
        function: &'static str,
        body: impl FnOnce(&DocumentRenderer, &mut wasmtime::Store<CallState>) -> wasmtime::Result<R>,
    ) -> Result<(R, Pushed), PluginError> {
        run(&self.plugin, &self.context, self.plugin.limits(), function, Pushed::default(), |store| {
            let guest = self.pre.instantiate(&mut *store)?;
            body(&guest, store)
        })
    }

    fn refuse(&self, function: &'static str, problem: String) -> PluginError {
        self.plugin.refused(&self.context, function, Fault::BadOutput(plain(&problem, 300)))
    }
}

fn document(tree: &RenderTree) -> wit::Doc {
    wit::Doc {
        title: tree.title.as_str().to_owned(),
        nodes: tree.nodes.iter().map(node).collect(),
        metadata: tree.metadata.clone(),
    }
}

fn node(node: &Node) -> wit::Node {
    let kind = match &node.kind {
        NodeKind::Root => wit::Kind::Root,
        NodeKind::Heading(level) => wit::Kind::Heading(*level),
        NodeKind::Paragraph => wit::Kind::Paragraph,
        NodeKind::Text(text) => wit::Kind::Text(text.clone()),
        NodeKind::Emphasis => wit::Kind::Emphasis,
        NodeKind::Strong => wit::Kind::Strong,
        NodeKind::Code(text) => wit::Kind::Code(text.clone()),
        NodeKind::CodeBlock(language, text) => wit::Kind::CodeBlock((language.clone(), text.clone())),
        NodeKind::BulletList => wit::Kind::BulletList,
        NodeKind::NumberedList => wit::Kind::NumberedList,
        NodeKind::ListItem => wit::Kind::ListItem,
        NodeKind::Link(target) => wit::Kind::Link(target.clone()),
        NodeKind::Table => wit::Kind::Table,
        NodeKind::TableRow(head) => wit::Kind::TableRow(*head),
        NodeKind::TableCell => wit::Kind::TableCell,
        NodeKind::Quote => wit::Kind::Quote,
        NodeKind::Rule => wit::Kind::Rule,
        NodeKind::LineBreak => wit::Kind::LineBreak,
        NodeKind::Other(kind, payload) => wit::Kind::Other((kind.clone(), payload.clone())),
    };
    wit::Node { parent: node.parent, kind }
}
