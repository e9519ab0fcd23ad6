//! Word documents made here, part by part, and what is read from them.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::io::{Cursor, Write};

use extract_text::{ExtractError, extract};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

fn text_of(bytes: Vec<u8>) -> Result<String, ExtractError> {
    let mut text = Vec::new();
    extract("docx", bytes, &mut |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(String::from_utf8(text).unwrap())
}

fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn document(body: &str) -> String {
    format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>")
}

fn body_text(body: &str) -> Result<String, ExtractError> {
    text_of(package(&[("word/document.xml", document(body).as_bytes())]))
}

fn paragraph(text: &str) -> String {
    format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>")
}

#[test]
fn paragraphs_runs_tabs_and_breaks_become_lines() {
    let body = "<w:p><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr><w:r><w:rPr><w:b/></w:rPr><w:t>Error </w:t></w:r>\
        <w:r><w:t xml:space=\"preserve\">&lt;500&gt; &amp; &#x20AC;&#8364;</w:t><w:tab/><w:t>x</w:t><w:br/><w:t>next</w:t></w:r></w:p>\
        <w:p/><w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>";
    assert_eq!(body_text(body).unwrap(), "Error <500> & €€\tx\nnext\n\nlink\n");
}

#[test]
fn a_row_is_a_line_and_its_cells_stand_between_tabs() {
    let cell = |inner: &str| format!("<w:tc><w:tcPr/>{inner}</w:tc>");
    let inner = format!("<w:tbl><w:tr>{}{}</w:tr></w:tbl>", cell(&paragraph("in")), cell(&paragraph("side")));
    let body = format!(
        "{}<w:tbl><w:tr>{}{}</w:tr><w:tr>{}{}{}</w:tr></w:tbl>{}",
        paragraph("before"),
        cell(&paragraph("host")),
        cell(&(paragraph("one") + &paragraph("two"))),
        cell(""),
        cell(&paragraph("line\nbroken")),
        cell(&inner),
        paragraph("after")
    );
    assert_eq!(body_text(&body).unwrap(), "before\nhost\tone two\n\tline broken\tin side\nafter\n");
}

#[test]
fn what_was_deleted_or_is_said_twice_is_left_out() {
    let body = "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText><w:t>old</w:t></w:r></w:del>\
        <w:moveFrom><w:r><w:t>old</w:t></w:r></w:moveFrom></w:p><w:p><w:r><w:t>with</w:t></w:r><w:r><mc:AlternateContent>\
        <mc:Choice><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent></mc:Choice>\
        <mc:Fallback><w:txbxContent><w:p><w:r><w:t>in a box</w:t></w:r></w:p></w:txbxContent></mc:Fallback>\
        </mc:AlternateContent></w:r></w:p>";
    let text = body_text(body).unwrap();
    assert_eq!(text.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>(), ["new", "with", "in a box"]);
}

#[test]
fn headers_notes_and_comments_follow_each_once() {
    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let over = |name: &str, kind: &str| format!("<Override PartName=\"/{name}\" ContentType=\"{WORD}.{kind}+xml\"/>");
    let types = format!(
        "<Types>{}{}{}{}{}</Types>",
        over("word/main2.xml", "document.main"),
        over("word/header2.xml", "header"),
        over("word/header1.xml", "header"),
        over("word/footnotes.xml", "footnotes"),
        over("word/gone.xml", "comments"),
    );
    let header = format!("<w:hdr>{}</w:hdr>", paragraph("confidential"));
    let notes = format!("<w:footnotes><w:footnote>{}</w:footnote></w:footnotes>", paragraph("see the log"));
    let file = package(&[
        ("[Content_Types].xml", types.as_bytes()),
        ("word/main2.xml", document(&paragraph("main")).as_bytes()),
        ("word/header1.xml", header.as_bytes()),
        ("word/header2.xml", header.as_bytes()),
        ("word/footnotes.xml", notes.as_bytes()),
    ]);
    assert_eq!(text_of(file).unwrap(), "main\n\n--- header ---\nconfidential\n\n--- footnotes ---\nsee the log\n");
}

#[test]
fn other_packages_are_told_by_what_they_are() {
    for (name, kind) in [("xl/workbook.xml", "xlsx"), ("ppt/presentation.xml", "pptx"), ("app.log", "zip")] {
        assert_eq!(text_of(package(&[(name, b"x")])), Err(ExtractError::Other(kind)));
    }
    assert!(matches!(text_of(b"PK\x03\x04 cut off".to_vec()), Err(ExtractError::Damaged(_))));
    assert_eq!(body_text("<w:p/>"), Err(ExtractError::NoText));
    assert_eq!(extract("odt", Vec::new(), &mut |_| Ok(())), Err(ExtractError::UnknownFormat));
}

#[test]
fn entities_are_not_expanded() {
    let bomb =
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:document><w:t>&b;</w:t></w:document>";
    assert!(matches!(text_of(package(&[("word/document.xml", bomb.as_bytes())])), Err(ExtractError::Damaged(_))));
    assert_eq!(body_text("<w:p><w:t>a&b;c&#0;&#xD800;</w:t></w:p>").unwrap(), "ac\n", "unknown ones are left out");
}

#[test]
fn depth_and_size_are_bounded() {
    let deep = "<w:p>".repeat(100_000);
    assert!(matches!(body_text(&deep), Err(ExtractError::Damaged(_))));
    let cut = document(&paragraph("x")).replace("</w:body></w:document>", "");
    assert!(matches!(text_of(package(&[("word/document.xml", cut.as_bytes())])), Err(ExtractError::Damaged(_))));
    let many = paragraph("x").repeat(2_000);
    assert_eq!(body_text(&many).unwrap().len(), 4_000);
}

#[test]
fn an_output_that_refuses_ends_it() {
    let file = package(&[("word/document.xml", document(&paragraph("some text")).as_bytes())]);
    assert_eq!(extract("docx", file, &mut |_| Err(())), Err(ExtractError::Refused));
}
