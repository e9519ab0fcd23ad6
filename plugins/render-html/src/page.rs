//! The page around the document: head, policy, style, header, contents.
//!
//! Invariant: the policy names the style sheet by its hash and allows nothing else but data images.

use crate::body::Body;
use crate::escape::{escaped, has_right_to_left, label};
use crate::outline::{Heading, Outline};
use crate::writer::Writer;
use trcaa_sdk::render::{Doc, RenderError, Tree};

/// The one style sheet.
const STYLE: &str = include_str!("style.css");
/// SHA-256 of [`STYLE`] in base64; a test tells the new one when the style changes.
const STYLE_SHA256: &str = "ACPCyOU1vwKu0gMFR9Xb3yRBuRH+3Zwslw1ZgaxzNTA=";
/// What the tab of a document without a title says.
const UNTITLED: &str = "Document";

/// Writes the whole page.
pub(crate) fn write_page(doc: &Doc, tree: &Tree<'_>, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let outline = Outline::new(tree, &doc.title);
    let contents = outline.contents();
    let title = doc.title.trim();
    writer.markup(&format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{STYLE_SHA256}'; \
         img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n",
        language(doc),
        escaped(if title.is_empty() { UNTITLED } else { title }),
    ))?;
    writer.markup(if contents.is_empty() { "<body>\n" } else { "<body class=\"has-contents\">\n" })?;
    if !contents.is_empty() {
        writer.markup("<a class=\"skip\" href=\"#content\">Skip to the document</a>\n")?;
    }
    write_header(doc, title, writer)?;
    write_contents(&contents, writer)?;
    writer.markup("<main id=\"content\">\n")?;
    let nodes: Vec<u32> = tree.children(0).filter(|node| !outline.is_title(*node)).collect();
    Body { tree, outline: &outline, writer, section: String::new() }.blocks(&nodes)?;
    writer.markup("</main>\n</body>\n</html>\n")
}

/// The metadatum `lang`, if it has the form of a language tag (BCP 47); else English, which the page itself speaks.
fn language(doc: &Doc) -> &str {
    let is_part = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    doc.metadata
        .iter()
        .find(|(name, _)| name == "lang")
        .map(|(_, language)| language.as_str())
        .filter(|language| language.len() <= 35 && language.len() >= 2 && language.split('-').all(is_part))
        .unwrap_or("en")
}

fn write_header(doc: &Doc, title: &str, writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let shown: Vec<&(String, String)> = doc.metadata.iter().filter(|(name, _)| name != "lang").collect();
    if title.is_empty() && shown.is_empty() {
        return Ok(());
    }
    let severity = shown.iter().find(|(name, _)| name.eq_ignore_ascii_case("severity"));
    let severity = severity.map_or("none", |(_, value)| level(value));
    writer.markup(&format!("<header class=\"level-{severity}\">\n"))?;
    if !title.is_empty() {
        let direction = if has_right_to_left(title) { " dir=\"auto\"" } else { "" };
        writer.markup(&format!("<h1{direction}>{}</h1>\n", escaped(title)))?;
    }
    if !shown.is_empty() {
        writer.markup("<dl>\n")?;
    }
    for (name, value) in &shown {
        writer.markup(&format!("<div><dt>{}<span class=\"unseen\">:</span> </dt>", escaped(&label(name))))?;
        let direction = if has_right_to_left(value) { " dir=\"auto\"" } else { "" };
        let badge = match name.to_ascii_lowercase().as_str() {
            "severity" => Some(level(value)),
            "status" => Some(status(value)),
            _ => None,
        };
        match badge {
            Some(badge) => writer
                .markup(&format!("<dd><span class=\"badge badge-{badge}\">{}</span></dd></div>\n", escaped(value)))?,
            None => writer.markup(&format!("<dd{direction}>{}</dd></div>\n", escaped(value)))?,
        }
    }
    if !shown.is_empty() {
        writer.markup("</dl>\n")?;
    }
    writer.markup("</header>\n")
}

/// The four levels of severity, by either of their names.
fn level(severity: &str) -> &'static str {
    match severity.trim().to_ascii_lowercase().as_str() {
        "critical" | "p1" => "critical",
        "high" | "p2" => "high",
        "medium" | "p3" => "medium",
        "low" | "p4" => "low",
        _ => "none",
    }
}

fn status(status: &str) -> &'static str {
    match status.trim().to_ascii_lowercase().as_str() {
        "resolved" | "closed" | "done" => "done",
        "open" | "investigating" => "open",
        _ => "none",
    }
}

fn write_contents(contents: &[&Heading], writer: &mut Writer<'_>) -> Result<(), RenderError> {
    let Some(upper) = contents.iter().map(|heading| heading.level).min() else { return Ok(()) };
    writer.markup("<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol>\n")?;
    let mut item_open = false;
    let mut nested = false;
    for heading in contents {
        let lower = heading.level > upper;
        if lower && !nested {
            // One that comes before any of the upper level hangs below an item of its own.
            writer.markup(if item_open { "\n<ol>\n" } else { "<li>\n<ol>\n" })?;
        } else if nested {
            writer.markup("</li>\n")?;
            if !lower {
                writer.markup("</ol>\n</li>\n")?;
            }
        } else if item_open {
            writer.markup("</li>\n")?;
        }
        nested = lower;
        item_open = true;
        let direction = if has_right_to_left(&heading.text) { " dir=\"auto\"" } else { "" };
        writer.markup(&format!(
            "<li><a href=\"#{}\"{direction}>{}</a>",
            escaped(&heading.anchor),
            escaped(&heading.text)
        ))?;
    }
    writer.markup(if nested { "</li>\n</ol>\n</li>\n" } else { "</li>\n" })?;
    writer.markup("</ol>\n</nav>\n")
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_policy_names_the_style_that_is_there() {
        assert_eq!(STYLE_SHA256, STANDARD.encode(Sha256::digest(STYLE)));
        assert!(
            !STYLE.contains("</") && !STYLE.contains("url(") && !STYLE.contains("@import") && !STYLE.contains('\r')
        );
    }

    #[test]
    fn the_language_is_a_tag_or_english() {
        let doc = |lang: &str| Doc { metadata: vec![("lang".to_owned(), lang.to_owned())], ..Doc::default() };
        assert_eq!(language(&doc("de-AT")), "de-AT");
        assert_eq!(language(&doc("\" onload=x")), "en");
        assert_eq!(language(&doc("de--x")), "en");
        assert_eq!(language(&Doc::default()), "en");
    }
}
