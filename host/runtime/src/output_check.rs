//! A renderer's bytes are believed only if they are what their media type says, and reach out to nothing.
//!
//! A link may stand in the bytes only if the document that was rendered has the same one: a renderer that could make up
//! an address could write what it read into it, and wait for a click. Where two readers could read a file in two ways,
//! it is refused.

use std::collections::BTreeSet;

use trcaa_model::document::{NodeKind, RenderTree};

mod confluence;
mod docx;
mod drawing;
mod html;
mod pdf;
pub(crate) mod records;
mod svg;
mod xml;
mod zip;

/// Links of the document that was rendered.
pub(crate) struct Links<'a>(BTreeSet<&'a str>);

impl<'a> Links<'a> {
    pub(crate) fn of(tree: &'a RenderTree) -> Self {
        let target = |kind: &'a NodeKind| match kind {
            NodeKind::Link(target) => Some(target.as_str()),
            _ => None,
        };
        Self(tree.nodes.iter().filter_map(|node| target(&node.kind)).collect())
    }

    /// Whether the document has this very link, and it is one of http, https or mailto.
    pub(crate) fn allow(&self, target: &str) -> bool {
        let lower = target.to_ascii_lowercase();
        ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme)) && self.0.contains(target)
    }
}

impl<'a> FromIterator<&'a str> for Links<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(links: I) -> Self {
        Self(links.into_iter().collect())
    }
}

/// Checks `bytes` against `media_type`.
///
/// Text has to be UTF-8; every other type has a strict form of its own. Unknown types are refused: a renderer for one
/// needs a rule here first.
pub(crate) fn check_output(media_type: &str, bytes: &[u8], links: &Links<'_>) -> Result<(), String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    match essence {
        "text/markdown" | "text/plain" => utf8(bytes).map(|_| ()),
        "text/html" => html::check(utf8(bytes)?, links),
        "image/svg+xml" => svg::check(utf8(bytes)?),
        "application/vnd.atlassian.confluence.storage+xml" => confluence::check(utf8(bytes)?, links),
        "application/pdf" => pdf::check(bytes, links),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => docx::check(bytes, links),
        _ => Err(format!("media type {essence:?} is not one that this host exports")),
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|e| format!("its text is not UTF-8 at byte {}", e.valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::{Links, check_output};

    #[test]
    fn bytes_have_to_be_what_the_type_says() {
        let links = Links::from_iter([]);
        let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
        let storage = "application/vnd.atlassian.confluence.storage+xml";
        for (media_type, bytes) in [
            ("application/pdf", &b"<html>"[..]),
            ("application/pdf", b"PK\x03\x04"),
            (word, b"%PDF-1.7"),
            (word, b"PK\x03\x04"),
            ("image/svg+xml", b"%PDF-1.7"),
            ("text/markdown", b"\xff"),
            ("text/html", b"\xff"),
            ("text/html", b"<script>x</script>"),
            ("image/svg+xml", b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>x</script></svg>"),
            (storage, b"\xff"),
            (storage, b"<ac:structured-macro ac:name=\"html\"/>"),
            ("application/x-sh", b"x"),
            ("", b""),
        ] {
            assert!(check_output(media_type, bytes, &links).is_err(), "{media_type}");
        }
        assert_eq!(check_output("text/markdown; charset=utf-8", b"# x", &links), Ok(()));
    }
}
