#![allow(clippy::unwrap_used)]
use std::io::Write as _;

use super::*;

fn file(objects: &[&str]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    for (index, object) in objects.iter().enumerate() {
        out.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    out.extend(b"trailer << /Root 1 0 R >>\n%%EOF\n");
    out
}

fn with_stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n1 0 obj\n".to_vec();
    out.extend(format!("<< {dictionary} /Length {} >>\nstream\n", data.len()).bytes());
    out.extend(data);
    out.extend(b"\nendstream\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n");
    out
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn said(bytes: &[u8]) -> Result<(), String> {
    check(bytes, &Links::from_iter(["https://wiki.example/a"]))
}

#[test]
fn a_document_that_stands_alone_passes() {
    let link = "<< /Type /Annot /Subtype /Link /A << /S /URI /URI (https://wiki.example/a) >> >>";
    assert_eq!(
        said(&file(&["<< /Type /Catalog /Pages 2 0 R >>", link, "[ 1 -2.5 (a \\) /JS b) <414A> true ]"])),
        Ok(())
    );
    assert_eq!(said(&with_stream("", b"BT (hello) Tj ET")), Ok(()));
    assert_eq!(said(&with_stream("/Filter /FlateDecode", &packed(b"BT (/JS) Tj ET"))), Ok(()));
    let objects = packed(b"1 0 2 10 << /Type /Page >> << /A 1 >>");
    assert_eq!(said(&with_stream("/Type /ObjStm /N 2 /First 8 /Filter [/FlateDecode]", &objects)), Ok(()));
}

#[test]
fn what_runs_loads_or_leads_out_is_refused_wherever_it_stands() {
    for object in [
        "<< /OpenAction 2 0 R >>",
        "<< /AA << >> >>",
        "<< /S /JavaScript /JS (app.alert(1)) >>",
        "<< /S /#4aavaScript >>",
        "<< /S /Launch /F (cmd.exe) >>",
        "<< /S /GoToR /F (other.pdf) >>",
        "<< /S /SubmitForm >>",
        "<< /Type /EmbeddedFile >>",
        "<< /Subtype /RichMedia >>",
        "<< /S /URI /URI (https://evil.example/?q=1) >>",
        "<< /S /URI /#55RI (https://evil.example) >>",
        "<< /S /URI /URI <68747470733a2f2f6576696c> >>",
        "<< /S /URI /URI 7 0 R >>",
        "<< /Encrypt 2 0 R >>",
    ] {
        assert!(said(&file(&[object])).is_err(), "{object}");
        let objects = packed(format!("1 0 {object}").as_bytes());
        for kind in ["/Type /ObjStm /N 1 /First 4", "/Type /Whatever /N 1 /First 4", "/#4e 1 /Firs#74 4"] {
            assert!(said(&with_stream(&format!("{kind} /Filter /FlateDecode"), &objects)).is_err(), "{kind} {object}");
        }
    }
}

#[test]
fn what_two_readers_could_read_in_two_ways_is_refused() {
    let hidden = b"9 0 obj << /A 1 >> endobj";
    assert!(said(&with_stream("", hidden)).is_err(), "an object in a stream");
    assert!(said(&file(&["(9 0 obj << >> endobj)"])).is_err(), "an object in a string");
    assert!(said(&file(&["% 9 0 obj << >> endobj\n1"])).is_err(), "an object in a comment");
    assert!(said(&with_stream("/Length 3", b"BT ET")).is_err(), "two lengths");
    assert!(said(&with_stream("", b"a\nendstream b")).is_err(), "an end within");
    assert!(said(&with_stream("/F (elsewhere)", b"x")).is_err(), "data from a file");
    for filter in
        ["/LZWDecode", "/ASCIIHexDecode", "[/FlateDecode /FlateDecode]", "[/ASCIIHexDecode /FlateDecode]", "2 0 R"]
    {
        assert!(said(&with_stream(&format!("/N 1 /First 4 /Filter {filter}"), b"x")).is_err(), "{filter}");
    }
    let mut lie = with_stream("", b"BT ET");
    let at = lie.windows(9).position(|w| w == b"/Length 5").unwrap();
    lie[at + 8] = b'4';
    assert!(said(&lie).is_err(), "a length that is too short");
    for bad in
        [&b""[..], b"%PDF-1.7", b"<html>", b"%PDF-1.7\n1 0 obj << /A", b"%PDF-1.7\n1 0 obj (a", b"%PDF-1.7\n1 0 obj >>"]
    {
        assert!(said(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn object_streams_unpack_under_a_cap() {
    let bomb = packed(&vec![b' '; (64 << 20) + 1]);
    let refusal = said(&with_stream("/N 1 /First 4 /Filter /FlateDecode", &bomb)).unwrap_err();
    assert!(refusal.contains("too much"), "{refusal}");
}

#[test]
fn cut_or_flipped_files_never_panic() {
    let good = with_stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &packed(b"1 0 << /A (b) >>"));
    assert_eq!(said(&good), Ok(()));
    for at in 0..good.len() {
        let _ = said(&good[..at]);
        for flip in [0x01, 0x20, 0x80] {
            let mut flipped = good.clone();
            flipped[at] ^= flip;
            let _ = said(&flipped);
        }
    }
}
