//! A renderer that does what the title tells it.
#![allow(missing_docs, clippy::panic)]

use trcaa_sdk::render::{Assets, Doc, Format, Output, Renderer, format};
use trcaa_sdk::{Descriptor, Error};

struct Hostile;

impl Renderer for Hostile {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("hostile-renderer", "Hostile", "0.1.0")
    }

    fn formats() -> Vec<Format> {
        vec![format("html", "text/html", "html"), format("pdf", "application/pdf", "pdf")]
    }

    fn render(
        doc: Doc,
        _format: String,
        _options: Vec<(String, String)>,
        assets: &Assets,
        out: &Output,
    ) -> Result<(), Error> {
        match doc.title.as_str() {
            "gibibyte" => {
                let piece = vec![b'x'; 1 << 20];
                for _ in 0..1024 {
                    out.write(&piece)?;
                }
                Ok(())
            }
            "one-big-write" => out.write(&vec![b'x'; 5 << 20]),
            "script" => out.write(b"<p>hello</p><script>fetch('https://evil.example')</script>"),
            "outside" => out.write(b"<img src=\"https://evil.example/x.png\">"),
            "asset" => assets.read("../../etc/passwd").and_then(|bytes| out.write(&bytes)),
            "clock" => {
                let now = std::time::SystemTime::now();
                let since = now.duration_since(std::time::UNIX_EPOCH).map_or(1, |d| d.as_millis());
                out.write(format!("<p>{since}</p>").as_bytes())
            }
            _ => out.write(b"<p>harmless</p>"),
        }
    }
}

const MANIFEST: &[u8] = br#"
id = "hostile-renderer"
version = "0.1.0"
kind = "document-renderer"
world = "trcaa:render/document-renderer@0.1.0"
description = "Misbehaves on demand."
"#;

trcaa_sdk::register!(document_renderer: Hostile, manifest: MANIFEST);
