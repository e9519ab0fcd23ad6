//! Word documents: a ZIP package; its main part in reading order, then headers, footers, notes and comments.

mod body;

use std::io::{BufRead, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;
use zip::result::ZipError;

use crate::writer::{ExtractError, Writer};

/// Bytes unpacked over all parts: the text at its most, and as much again of markup, and something.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;
/// Entries of a package: real ones have some dozens, those with many pictures some thousands.
const ENTRIES_MAX: usize = 65_536;
/// Parts behind the main one that are read.
const PARTS_MAX: usize = 1_000;
/// Bytes of one part behind the main one that are compared with the others, so that each text comes once.
const REPEATS_BYTES_MAX: usize = 1 << 20;

/// Kinds of parts behind the main one, in the order of the output: ending of the content type, title.
const APPENDED: [(&str, &str); 5] = [
    ("header+xml", "header"),
    ("footer+xml", "footer"),
    ("footnotes+xml", "footnotes"),
    ("endnotes+xml", "endnotes"),
    ("comments+xml", "comments"),
];

type Archive<'b> = ZipArchive<Cursor<&'b [u8]>>;

pub(crate) fn extract(bytes: &[u8], out: &mut Writer<'_>) -> Result<(), ExtractError> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|_| ExtractError::Damaged("its ZIP directory can't be read"))?;
    if archive.len() > ENTRIES_MAX {
        return Err(ExtractError::Damaged("its ZIP directory has more entries than any document"));
    }
    let mut unpacked_bytes_left = UNPACKED_BYTES_MAX;
    let parts = parts(&mut archive, &mut unpacked_bytes_left)?;
    let main = match parts.main {
        Some(name) => name,
        None if archive.index_for_name("word/document.xml").is_some() => "word/document.xml".to_owned(),
        None => return Err(ExtractError::Other(other_kind(&archive))),
    };
    part(&mut archive, &main, &mut unpacked_bytes_left, &mut |piece| out.text(piece))?;
    let mut seen: Vec<String> = Vec::new();
    for (title, name) in parts.appended {
        let mut text = String::new();
        part(&mut archive, &name, &mut unpacked_bytes_left, &mut |piece| {
            text.push_str(piece);
            if text.len() > crate::TEXT_BYTES_MAX { Err(ExtractError::TooLarge(crate::TEXT_BYTES_MAX)) } else { Ok(()) }
        })?;
        if text.trim().is_empty() || seen.contains(&text) {
            continue;
        }
        out.line(&format!("\n--- {title} ---"))?;
        out.text(&text)?;
        if text.len() <= REPEATS_BYTES_MAX {
            seen.push(text);
        }
    }
    if out.has_text() { Ok(()) } else { Err(ExtractError::NoText) }
}

/// What a ZIP is that is no Word document.
fn other_kind(archive: &Archive<'_>) -> &'static str {
    let has = |folder: &[u8]| archive.file_names_raw().any(|name| name.starts_with(folder));
    match () {
        () if has(b"xl/") => "xlsx",
        () if has(b"ppt/") => "pptx",
        () => "zip",
    }
}

#[derive(Default)]
struct Parts {
    main: Option<String>,
    /// Title and name.
    appended: Vec<(&'static str, String)>,
}

/// Reads the package's list of content types; a package without it has no parts but those of the usual names.
fn parts(archive: &mut Archive<'_>, left: &mut u64) -> Result<Parts, ExtractError> {
    let mut parts = Parts::default();
    if archive.index_for_name("[Content_Types].xml").is_none() {
        return Ok(parts);
    }
    let mut named: Vec<(usize, String)> = Vec::new();
    events(archive, "[Content_Types].xml", left, &mut |event| {
        let (Event::Start(element) | Event::Empty(element)) = event else { return Ok(()) };
        if element.local_name().as_ref() != "Override" {
            return Ok(());
        }
        let (Some(name), Some(kind)) = (attribute(element, "PartName"), attribute(element, "ContentType")) else {
            return Ok(());
        };
        let name = name.trim_start_matches('/').to_owned();
        let is_main = kind.ends_with(".main+xml") && (kind.contains("wordprocessingml") || kind.contains("ms-word"));
        if is_main && parts.main.is_none() {
            parts.main = Some(name);
        } else if kind.contains("wordprocessingml")
            && named.len() < PARTS_MAX
            && let Some(order) = APPENDED
                .iter()
                .position(|(ending, _)| kind.strip_suffix(ending).is_some_and(|before| before.ends_with('.')))
        {
            named.push((order, name));
        }
        Ok(())
    })?;
    // header2 before header10
    named.sort_by_key(|(order, name)| (*order, name.len(), name.clone()));
    named.dedup();
    parts.appended = named.into_iter().filter_map(|(order, name)| Some((APPENDED.get(order)?.1, name))).collect();
    Ok(parts)
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    Some(element.try_get_attribute(name).ok()??.value.into_owned())
}

/// Hands the text of one part to `out`. A part that is named and not there has none.
fn part(
    archive: &mut Archive<'_>,
    name: &str,
    left: &mut u64,
    out: &mut dyn FnMut(&str) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    if archive.index_for_name(name).is_none() {
        return Ok(());
    }
    let mut body = body::Body::new(out);
    events(archive, name, left, &mut |event| body.event(event))?;
    body.finish()
}

/// Reads the XML of an entry. Nothing in it is expanded: entities of its own are refused with the whole document.
fn events(
    archive: &mut Archive<'_>,
    name: &str,
    left: &mut u64,
    each: &mut dyn FnMut(&Event<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let entry = archive.by_name(name).map_err(|error| match error {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => ExtractError::Password,
        _ => ExtractError::Damaged("one of its parts can't be unpacked"),
    })?;
    let mut limited = entry.take(*left);
    let outcome = read_xml(BufReader::new(&mut limited), each);
    *left = limited.limit();
    match outcome {
        _ if *left == 0 => Err(ExtractError::TooLarge(usize::try_from(UNPACKED_BYTES_MAX).unwrap_or(usize::MAX))),
        other => other,
    }
}

/// Elements inside elements; real documents stay under a hundred.
const DEPTH_MAX: usize = 1_000;

fn read_xml(
    source: impl BufRead,
    each: &mut dyn FnMut(&Event<'_>) -> Result<(), ExtractError>,
) -> Result<(), ExtractError> {
    let mut reader = Reader::from_reader(source);
    let mut buffer = Vec::new();
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|_| ExtractError::Damaged("the XML of one of its parts is malformed"))?;
        match &event {
            Event::Eof if depth == 0 => return Ok(()),
            Event::Eof => return Err(ExtractError::Damaged("the XML of one of its parts ends too early")),
            Event::DocType(_) => {
                return Err(ExtractError::Damaged("its XML has a document type, which Word documents never have"));
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEPTH_MAX {
            return Err(ExtractError::Damaged("its XML is nested deeper than any document"));
        }
        each(&event)?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn unpacking_stops_at_its_bound_over_all_parts() -> Result<(), Box<dyn std::error::Error>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        let part = format!("<t>{}</t>", " ".repeat(93));
        for name in ["a", "b"] {
            zip.start_file(name, SimpleFileOptions::default())?;
            zip.write_all(part.as_bytes())?;
        }
        let bytes = zip.finish()?.into_inner();
        let mut archive = ZipArchive::new(Cursor::new(bytes.as_slice()))?;
        let mut read = |name: &str, left: &mut u64| events(&mut archive, name, left, &mut |_| Ok(()));
        let mut left = 201;
        assert_eq!(read("a", &mut left), Ok(()));
        assert_eq!((read("b", &mut left), left), (Ok(()), 1));
        let mut left = 200;
        assert_eq!(read("a", &mut left), Ok(()));
        assert!(matches!(read("b", &mut left), Err(ExtractError::TooLarge(_))));
        Ok(())
    }
}
