use trcaa_sdk::render::{Assets, Descriptor, Doc, Error, Format, Kind, Output, Renderer};

struct Plugin;

impl Renderer for Plugin {
    fn describe() -> Descriptor {
        trcaa_sdk::descriptor("{{id}}", "{{id}}", "0.1.0")
    }

    fn formats() -> Vec<Format> {
        vec![trcaa_sdk::render::format("text", "text/plain", "txt")]
    }

    fn render(doc: Doc, _: String, _: Vec<(String, String)>, _: &Assets, out: &Output) -> Result<(), Error> {
        let mut text = format!("{}\n", doc.title);
        for node in &doc.nodes {
            match &node.kind {
                Kind::Text(words) | Kind::Code(words) | Kind::CodeBlock((_, words)) => text.push_str(words),
                Kind::Paragraph if text.ends_with("- ") => {}
                Kind::Heading(_) | Kind::Paragraph | Kind::TableRow(_) | Kind::LineBreak => text.push('\n'),
                Kind::ListItem => text.push_str("\n- "),
                _ => {}
            }
        }
        text.push('\n');
        out.write_all(text)
    }
}

trcaa_sdk::register!(document_renderer: Plugin, manifest: include_bytes!("../trcaa-plugin.toml"));
