//! The plugin's side of the world `trcaa:render/document-renderer`.

use trcaa_sdk::render::{Assets, Doc, Format, Output, Renderer, format, write_pieces};
use trcaa_sdk::{Descriptor, Error};

struct RenderMarkdown;

impl Renderer for RenderMarkdown {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("render-markdown", "Markdown", env!("CARGO_PKG_VERSION"))
    }

    fn formats() -> Vec<Format> {
        vec![format("md", "text/markdown", "md")]
    }

    fn render(doc: Doc, format: String, _: Vec<(String, String)>, _: &Assets, out: &Output) -> Result<(), Error> {
        if format != "md" {
            return Err(Error::Unsupported(format));
        }
        write_pieces(&doc, out, crate::render)
    }
}

trcaa_sdk::register!(document_renderer: RenderMarkdown, manifest: include_bytes!("../trcaa-plugin.toml"));
