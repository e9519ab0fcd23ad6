//! The plugin's side of the world `trcaa:render/document-renderer`.

use trcaa_sdk::render as host;
use trcaa_sdk::{Descriptor, Error};

use crate::{Doc, Kind, Node};

struct RenderHtml;

impl host::Renderer for RenderHtml {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("render-html", "HTML", env!("CARGO_PKG_VERSION"))
    }

    fn formats() -> Vec<host::Format> {
        vec![host::format("html", "text/html", "html")]
    }

    fn render(
        doc: host::Doc,
        format: String,
        _options: Vec<(String, String)>,
        _assets: &host::Assets,
        out: &host::Output,
    ) -> Result<(), Error> {
        if format != "html" {
            return Err(Error::Unsupported(format));
        }
        let nodes = doc.nodes.into_iter().map(|node| Node { parent: node.parent, kind: kind(node.kind) }).collect();
        let doc = Doc { title: doc.title, nodes, metadata: doc.metadata };
        let mut refused = None;
        let written = crate::render(&doc, &mut |piece| {
            out.write(piece).map_err(|error| {
                refused = Some(error);
                "the host took no more".to_owned()
            })
        });
        match (refused, written) {
            (Some(error), _) => Err(error),
            (None, Err(broken)) => Err(Error::InvalidInput(broken.to_string())),
            (None, Ok(())) => Ok(()),
        }
    }
}

fn kind(kind: host::Kind) -> Kind {
    match kind {
        host::Kind::Root => Kind::Root,
        host::Kind::Heading(level) => Kind::Heading(level),
        host::Kind::Paragraph => Kind::Paragraph,
        host::Kind::Text(text) => Kind::Text(text),
        host::Kind::Emphasis => Kind::Emphasis,
        host::Kind::Strong => Kind::Strong,
        host::Kind::Code(text) => Kind::Code(text),
        host::Kind::CodeBlock((language, text)) => Kind::CodeBlock((language, text)),
        host::Kind::BulletList => Kind::BulletList,
        host::Kind::NumberedList => Kind::NumberedList,
        host::Kind::ListItem => Kind::ListItem,
        host::Kind::Link(target) => Kind::Link(target),
        host::Kind::Image(name) => Kind::Image(name),
        host::Kind::Table => Kind::Table,
        host::Kind::TableRow(head) => Kind::TableRow(head),
        host::Kind::TableCell => Kind::TableCell,
        host::Kind::Quote => Kind::Quote,
        host::Kind::Rule => Kind::Rule,
        host::Kind::LineBreak => Kind::LineBreak,
        host::Kind::Other((name, payload)) => Kind::Other((name, payload)),
    }
}

trcaa_sdk::register!(document_renderer: RenderHtml, manifest: include_bytes!("../trcaa-plugin.toml"));
