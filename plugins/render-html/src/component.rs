//! The plugin's side of the world `trcaa:render/document-renderer`.

use trcaa_sdk::render::{Assets, Doc, Format, Output, Renderer, format, write_pieces};
use trcaa_sdk::{Descriptor, Error};

struct RenderHtml;

impl Renderer for RenderHtml {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("render-html", "HTML", env!("CARGO_PKG_VERSION"))
    }

    fn formats() -> Vec<Format> {
        vec![format("html", "text/html", "html")]
    }

    fn render(doc: Doc, format: String, _: Vec<(String, String)>, _: &Assets, out: &Output) -> Result<(), Error> {
        if format != "html" {
            return Err(Error::Unsupported(format));
        }
        write_pieces(&doc, out, crate::render)
    }
}

trcaa_sdk::register!(document_renderer: RenderHtml, manifest: include_bytes!("../trcaa-plugin.toml"));
