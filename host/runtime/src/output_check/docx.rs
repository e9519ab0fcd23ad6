//! A Word document that stands alone: no macros, no embedded objects, no relationship that leads out but the links
//! that the document itself had, no field that fetches.

use super::xml::walk;
use super::{Links, zip};

/// Parts of names that mean active or embedded content.
const ACTIVE: [&str; 7] = ["vbaproject", "activex", "embeddings", "oleobject", "customui", "afchunk", "webextension"];
/// Field instructions that only count or repeat what is in the document.
const FIELDS: [&str; 7] = ["PAGE", "NUMPAGES", "PAGEREF", "REF", "TOC", "TITLE", "DATE"];
/// Elements of the text part that bring in what is outside of it.
const ELEMENTS: [&str; 7] = ["altChunk", "object", "OLEObject", "control", "subDoc", "attachedTemplate", "instrText"];

/// Checks a whole file. The error names the first thing that is not allowed.
pub(super) fn check(bytes: &[u8], links: &Links<'_>) -> Result<(), String> {
    let entries = zip::read(bytes)?;
    for needed in ["[Content_Types].xml", "_rels/.rels", "word/document.xml"] {
        if !entries.iter().any(|entry| entry.name == needed) {
            return Err(format!("it wrote bytes that are no Word document: {needed} is missing"));
        }
    }
    for entry in &entries {
        let lower = entry.name.to_ascii_lowercase();
        if ACTIVE.iter().any(|word| lower.contains(word)) {
            return Err("a Word document with macros or embedded objects".into());
        }
        let media = lower.starts_with("word/media/") && (lower.ends_with(".png") || lower.ends_with(".jpeg"));
        let font = lower.starts_with("word/fonts/") && lower.ends_with(".odttf");
        if !(lower.ends_with(".xml") || lower.ends_with(".rels") || media || font) {
            return Err("a Word document with a part that is neither XML, image nor font".into());
        }
        if media || font {
            continue;
        }
        let text = std::str::from_utf8(&entry.bytes).map_err(|_| "a Word document with XML that is not UTF-8")?;
        match lower.as_str() {
            _ if lower.ends_with(".rels") => relationships(text, links)?,
            "[content_types].xml" => content_types(text)?,
            _ => body(text)?,
        }
    }
    Ok(())
}

fn relationships(text: &str, links: &Links<'_>) -> Result<(), String> {
    walk("a relationship part", text, None, |element, _| {
        if local(&element.name) != "Relationship" {
            return Ok(());
        }
        let target = element.attribute("Target").unwrap_or_default();
        let kind = element.attribute("Type").unwrap_or_default().rsplit('/').next().unwrap_or_default();
        match element.attribute("TargetMode") {
            Some("External") if kind == "hyperlink" && links.allow(target) => Ok(()),
            Some("External") => Err("a Word document that refers to something outside of it".into()),
            None | Some("Internal") => {
                let climbs = target.starts_with('/') || target.contains(['\\', ':', '%']) || target.starts_with("//");
                let climbs = climbs || target.split('/').filter(|part| *part == "..").count() > 1;
                let active = ["attachedtemplate", "oleobject", "package", "control", "vbaproject", "afchunk", "frame"];
                if climbs || active.contains(&kind.to_ascii_lowercase().as_str()) {
                    Err("a Word document with a relationship that climbs, or to active content".into())
                } else {
                    Ok(())
                }
            }
            Some(_) => Err("a Word document with a relationship of an unknown mode".into()),
        }
    })
}

fn content_types(text: &str) -> Result<(), String> {
    walk("the list of content types", text, None, |element, _| {
        let kind = element.attribute("ContentType").unwrap_or_default().to_ascii_lowercase();
        let active = ["macro", "vba", "ole", "activex"].iter().any(|word| kind.contains(word));
        if active { Err("a Word document with macros or embedded objects".into()) } else { Ok(()) }
    })
}

/// Instructions in `instrText` may be split over elements, so only `fldSimple` is allowed, where they are one value.
fn body(text: &str) -> Result<(), String> {
    walk("a part", text, None, |element, _| {
        let name = local(&element.name);
        if ELEMENTS.contains(&name) {
            return Err(format!("a Word document with the element {name}"));
        }
        if name == "fldSimple" {
            let instruction = element.attributes.iter().find(|(n, _)| local(n) == "instr").map(|(_, v)| v.as_str());
            let verb = instruction.unwrap_or_default().split_whitespace().next().unwrap_or_default();
            if !FIELDS.contains(&verb.to_ascii_uppercase().as_str()) {
                return Err("a Word document with a field that may fetch something".into());
            }
        }
        Ok(())
    })
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
