//! XML as far as the checks need it: elements with decoded attributes, and nothing that could mean more than it says.

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use crate::error::plain;

/// Elements of one file: a report of a thousand pages has fewer.
const ELEMENTS_MAX: usize = 2_000_000;
/// Elements inside one another.
const DEPTH_MAX: usize = 256;

/// An element as it begins.
pub(super) struct Element {
    /// With its prefix, as written.
    pub(super) name: String,
    /// Names with their prefixes and decoded values.
    pub(super) attributes: Vec<(String, String)>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Shows every element to `judge`, with the name of its parent; a document type, a processing instruction, a comment,
/// an entity that is not predefined, and anything malformed is refused. CDATA stands only in elements named `cdata`.
pub(super) fn walk(
    what: &str,
    text: &str,
    cdata: Option<&str>,
    mut judge: impl FnMut(&Element, Option<&str>) -> Result<(), String>,
) -> Result<(), String> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<String> = Vec::new();
    let mut count = 0_usize;
    loop {
        let event = reader.read_event().map_err(|e| malformed(what, &e))?;
        match event {
            Event::Start(start) => {
                let element = element(what, &start)?;
                judge(&element, open.last().map(String::as_str))?;
                open.push(element.name);
            }
            Event::Empty(start) => judge(&element(what, &start)?, open.last().map(String::as_str))?,
            Event::End(_) => {
                open.pop();
            }
            Event::Text(_) | Event::Decl(_) => {}
            Event::CData(_) if cdata.is_some() && open.last().map(String::as_str) == cdata => {}
            Event::GeneralRef(entity) => {
                let known = ["amp", "lt", "gt", "quot", "apos"].iter().any(|name| *name == &*entity);
                if !known && !entity.starts_with('#') {
                    return Err(format!("{what} with an entity that is not predefined"));
                }
            }
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err(format!("{what} that ends within an element")),
            Event::DocType(_) => return Err(format!("{what} with a document type")),
            Event::PI(_) => return Err(format!("{what} with a processing instruction")),
            Event::Comment(_) => return Err(format!("{what} with a comment")),
            Event::CData(_) => return Err(format!("{what} with CDATA where none may stand")),
        }
        count += 1;
        if count > ELEMENTS_MAX || open.len() > DEPTH_MAX {
            return Err(format!("{what} with too many elements, or too deep"));
        }
    }
}

fn element(what: &str, start: &BytesStart<'_>) -> Result<Element, String> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|e| malformed(what, &e))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|e| malformed(what, &e))?;
        attributes.push((attribute.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: start.name().as_ref().to_owned(), attributes })
}

fn malformed(what: &str, error: &impl std::fmt::Display) -> String {
    plain(&format!("{what} that is malformed: {error}"), 200)
}
