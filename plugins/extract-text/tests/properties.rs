//! Whatever the bytes, there is an answer: text or an error, and never a panic.
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Cursor, Write};

use extract_text::{FORMATS, extract};
use proptest::prelude::*;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

const PDF: &str = "%PDF-1.7
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /Resources << /Font << /F 5 0 R /G 6 0 R >> /XObject << /X 7 0 R >> >> /Contents [4 0 R] >> endobj
4 0 obj << /Length 150 >> stream
q 1 0 0 1 20 20 cm BT /F 12 Tf 20 TL 0 700 Td [(Hel) 30 (lo) -300 (again)] TJ T* <0001> Tj /G 9 Tf 1 Tc 2 Tw 90 Tz <00010002> ' ET Q /X Do
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Times /FirstChar 32 /Widths [250 300] /Encoding << /Differences [65 /A /uni0042] >> >> endobj
6 0 obj << /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 8 0 R /DescendantFonts [<< /DW 500 /W [1 [600 700] 5 9 400] >>] >> endobj
7 0 obj << /Subtype /Form /Matrix [1 0 0 1 0 0] /Length 30 >> stream
BT /F 12 Tf (in a form) Tj ET
endstream endobj
8 0 obj << /Length 80 >> stream
1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0001> <0009> <0041> endbfrange
endstream endobj
trailer << /Size 9 /Root 1 0 R >>
startxref
0
%%EOF
";

const DOCUMENT: &str = "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>a &amp; b</w:t><w:tab/></w:r>\
</w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc><w:tc/></w:tr></w:tbl><w:del><w:t>x</w:t></w:del></w:body></w:document>";

fn docx() -> Vec<u8> {
    // Stored, so that a changed byte reaches the XML.
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [
        (
            "[Content_Types].xml",
            "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>",
        ),
        ("word/document.xml", DOCUMENT),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn answers(format: &str, bytes: Vec<u8>) -> Result<String, extract_text::ExtractError> {
    let mut text = Vec::new();
    extract(format, bytes, &mut |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    let text = String::from_utf8(text).unwrap();
    assert!(!text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')));
    Ok(text)
}

/// Some bytes changed, some left out, some said twice.
fn mutated(original: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = original.len();
    let change = (0..length, any::<u8>(), 0..3_u8, 1..40_usize);
    prop::collection::vec(change, 1..12).prop_map(move |changes| {
        let mut bytes = original.clone();
        for (at, byte, kind, count) in changes {
            let at = at.min(bytes.len().saturating_sub(1));
            let end = (at + count).min(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => drop(bytes.drain(at..end)),
                _ => {
                    let again = bytes[at..end].to_vec();
                    bytes.splice(at..at, again);
                }
            }
            if bytes.is_empty() {
                bytes.push(byte);
            }
        }
        bytes
    })
}

#[test]
fn the_originals_are_sound() {
    assert_eq!(answers("pdf", PDF.into()).unwrap().lines().next(), Some("Hello again"));
    assert_eq!(answers("docx", docx()).unwrap(), "a & b\t\nc\t\n");
}

proptest! {
    #[test]
    fn arbitrary_bytes_have_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        for format in FORMATS {
            let _ = answers(format, bytes.clone());
            let _ = answers(format, [b"%PDF-1.7\n".as_slice(), &bytes].concat());
        }
    }

    #[test]
    fn changed_pdfs_have_an_answer(bytes in mutated(PDF.into())) {
        let _ = answers("pdf", bytes);
    }

    #[test]
    fn changed_word_documents_have_an_answer(bytes in mutated(docx())) {
        let _ = answers("docx", bytes);
    }

    #[test]
    fn changed_xml_has_an_answer(xml in mutated(DOCUMENT.into())) {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("word/document.xml", SimpleFileOptions::default()).unwrap();
        zip.write_all(&xml).unwrap();
        let _ = answers("docx", zip.finish().unwrap().into_inner());
    }

    #[test]
    fn any_content_and_any_map_has_an_answer(ops in "[ ()<>\\[\\]/0-9a-zA-Z.'\"*-]{0,400}", map in prop::collection::vec(any::<u8>(), 0..200)) {
        let content = PDF.replace("q 1 0 0 1 20 20 cm", &format!("BT /F 9 Tf {ops} ET q 1 0 0 1 20 20 cm"));
        let _ = answers("pdf", content.into_bytes());
        let at = PDF.find("1 begincodespacerange").unwrap();
        let _ = answers("pdf", [&PDF.as_bytes()[..at], &map, &PDF.as_bytes()[at..]].concat());
    }
}
