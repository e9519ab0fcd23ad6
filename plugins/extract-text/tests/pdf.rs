//! PDF files made here, byte by byte, and what is read from them.
#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, missing_docs)]

use extract_text::{ExtractError, extract};

fn text_of(pdf: Vec<u8>) -> Result<String, ExtractError> {
    let mut text = Vec::new();
    extract("pdf", pdf, &mut |piece| {
        text.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(String::from_utf8(text).unwrap())
}

/// A file of these objects, numbered from 1; the first is the catalog.
fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", index + 1).bytes());
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    file.extend(offsets.iter().flat_map(|offset| format!("{offset:010} 00000 n \n").into_bytes()));
    file.extend(format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1).bytes());
    file
}

fn stream(entries: &str, content: &str) -> String {
    format!("<< {entries} /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// One page with these resources and this content, and objects from number 4 on.
fn page(resources: &str, content: &str, more: &[String]) -> Vec<u8> {
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Count 1 /Kids [<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] \
             /Resources << {resources} >> /Contents 3 0 R >>] >>"
        ),
        stream("", content),
    ];
    objects.extend_from_slice(more);
    pdf(&objects)
}

const HELVETICA: &str =
    "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >>";

fn shown(content: &str) -> String {
    text_of(page(HELVETICA, content, &[])).unwrap()
}

#[test]
fn strings_lines_words_and_columns_come_out_as_they_look() {
    for (content, text) in [
        (r"BT /F 12 Tf 20 700 Td (Caf\351 \(10 \200\)) Tj ET", "Café (10 €)\n"),
        ("BT /F 12 Tf 20 700 Td (one) Tj 0 -14 Td (two) Tj ET", "one\ntwo\n"),
        ("BT /F 12 Tf 14 TL 20 700 Td (one) Tj T* (two) Tj (three) ' ET", "one\ntwo\nthree\n"),
        ("BT /F 12 Tf 20 700 Td [(Hel) 20 (lo) -280 (wor) -30 (ld)] TJ ET", "Hello world\n"),
        ("BT /F 12 Tf 20 700 Td (host) Tj 200 0 Td (state) Tj ET", "host\tstate\n"),
        // Drawn from right to left, and raised.
        ("BT /F 12 Tf 100 700 Td (down) Tj -80 0 Td (db01) Tj ET", "db01\tdown\n"),
        ("BT /F 12 Tf 20 700 Td (x) Tj 7 Tf /F 7 Tf 4 Ts (2) Tj ET", "x2\n"),
        // Printed twice to look bold.
        ("BT /F 12 Tf 20 700 Td (bold) Tj ET BT /F 12 Tf 20.3 700 Td (bold) Tj ET", "bold\n"),
        // Turned by ninety degrees.
        ("BT /F 12 Tf 0 1 -1 0 300 300 Tm (turned) Tj 0 -14 Td (again) Tj ET", "turned\nagain\n"),
        ("q 0.5 0 0 0.5 0 0 cm BT /F 24 Tf 20 700 Td (small) Tj 0 -28 Td (er) Tj ET Q", "small\ner\n"),
        ("/Span << /ActualText (fi) >> BDC BT /F 12 Tf 20 700 Td (xy) Tj ET EMC", "fi\n"),
    ] {
        assert_eq!(shown(content), text, "{content}");
    }
}

#[test]
fn codes_are_read_by_the_fonts_own_maps() {
    let composite = "/Font << /F << /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /ToUnicode 4 0 R \
                     /DescendantFonts [<< /Subtype /CIDFontType2 /DW 500 /W [1 [600 700] 5 9 400] >>] >> >>";
    let map = stream("", "1 beginbfrange <0001> <0003> <0041> endbfrange 1 beginbfchar <0010> <00480069> endbfchar");
    let content = "BT /F 12 Tf 20 700 Td <000100020003> Tj <0010> Tj <00ff> Tj ET";
    assert_eq!(text_of(page(composite, content, &[map])).unwrap(), "ABCHi\u{fffd}\n");
    let differences = "/Font << /F << /Type /Font /Subtype /Type1 /BaseFont /X /FirstChar 1 /Widths [500 500 500 500] \
                       /Encoding << /Differences [1 /Euro /fi /uni20AC /alpha] >> >> >>";
    assert_eq!(text_of(page(differences, "BT /F 9 Tf <01020304> Tj ET", &[])).unwrap(), "€fi€α\n");
    let roman = HELVETICA.replace("WinAnsi", "MacRoman");
    assert_eq!(text_of(page(&roman, "BT /F 9 Tf <8a> Tj ET", &[])).unwrap(), "ä\n");
}

#[test]
fn forms_fields_and_pages_come_in_their_order() {
    let resources = format!("{HELVETICA} /XObject << /X 4 0 R >>");
    let form = stream(&format!("/Subtype /Form /Resources << {HELVETICA} >>"), "BT /F 12 Tf (in the form) Tj ET");
    let content =
        "BT /F 12 Tf 20 700 Td (before) Tj ET q 1 0 0 1 20 600 cm /X Do Q BT /F 12 Tf 20 500 Td (after) Tj ET";
    assert_eq!(text_of(page(&resources, content, &[form])).unwrap(), "before\nin the form\nafter\n");

    let leaf = |contents: usize| format!("<< /Type /Page /Contents {contents} 0 R >>");
    let field = stream("/Subtype /Form /BBox [0 0 9 9]", "BT /F 12 Tf (typed in) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [3 0 R 4 0 R] /Resources << {HELVETICA} >> >>"),
        leaf(5).replace(" >>", " /Annots [<< /Subtype /Widget /Rect [9 9 99 99] /AP << /N 7 0 R >> >>] >>"),
        leaf(6),
        stream("", "BT /F 12 Tf 20 700 Td (page one) Tj ET"),
        stream("", "BT /F 12 Tf 20 700 Td (page two) Tj ET"),
        field,
    ];
    assert_eq!(text_of(pdf(&objects)).unwrap(), "page one\ntyped in\n\npage two\n");
}

#[test]
fn cross_reference_streams_and_object_streams_are_read() {
    let content = "BT /F 12 Tf 20 700 Td (packed) Tj ET";
    let packed = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count 1 /Kids [<< /Type /Page /Resources << {HELVETICA} >> /Contents 3 0 R >>] >>"),
    ];
    let head = format!("1 0 2 {} ", packed[0].len() + 1);
    let body = format!("{head}{} {}", packed[0], packed[1]);
    let mut file = b"%PDF-1.7\n".to_vec();
    let contents_at = file.len() as u16;
    file.extend(format!("3 0 obj\n{}\nendobj\n", stream("", content)).bytes());
    let packed_at = file.len() as u16;
    let entries = format!("/Type /ObjStm /N 2 /First {}", head.len());
    file.extend(format!("4 0 obj\n{}\nendobj\n", stream(&entries, &body)).bytes());
    let table_at = file.len() as u16;
    let mut rows: Vec<u8> = vec![0, 0, 0, 0];
    for (kind, place, index) in [(2, 4, 0), (2, 4, 1), (1, contents_at, 0), (1, packed_at, 0), (1, table_at, 0)] {
        rows.extend([kind, (place >> 8) as u8, place as u8, index]);
    }
    file.extend(
        format!("5 0 obj\n<< /Type /XRef /Size 6 /W [1 2 1] /Root 1 0 R /Length {} >>\nstream\n", rows.len()).bytes(),
    );
    file.extend(rows);
    file.extend(format!("\nendstream\nendobj\nstartxref\n{table_at}\n%%EOF\n").bytes());
    assert_eq!(text_of(file).unwrap(), "packed\n");
}

#[test]
fn an_update_at_the_end_wins_and_a_broken_table_is_repaired() {
    let file = page(HELVETICA, "BT /F 12 Tf 20 700 Td (first) Tj ET", &[]);
    let before = String::from_utf8(file.clone()).unwrap();
    let previous = before.rsplit("startxref\n").next().unwrap().lines().next().unwrap().to_owned();
    let mut updated = file.clone();
    let at = updated.len();
    updated.extend(format!("3 0 obj\n{}\nendobj\n", stream("", "BT /F 12 Tf (second) Tj ET")).bytes());
    let table = updated.len();
    updated.extend(
        format!("xref\n3 1\n{at:010} 00000 n \ntrailer\n<< /Size 4 /Root 1 0 R /Prev {previous} >>\nstartxref\n{table}\n%%EOF\n")
            .bytes(),
    );
    assert_eq!(text_of(updated).unwrap(), "second\n");
    let broken = before.replace(" 00000 n", " 00007 n").replace("startxref\n", "startxref\n99");
    assert_eq!(text_of(broken.into_bytes()).unwrap(), "first\n");
    let cut = file.len() - 120;
    assert_eq!(text_of(file[..cut].to_vec()).unwrap(), "first\n");
}

#[test]
fn a_password_a_scan_and_damage_are_told_apart() {
    let file = page(HELVETICA, "BT /F 12 Tf (secret) Tj ET", &[]);
    let protected = String::from_utf8(file).unwrap().replace(
        "/Root 1 0 R",
        &format!(
            "/Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >>",
            "11".repeat(32)
        ),
    );
    assert_eq!(text_of(protected.into_bytes()), Err(ExtractError::Password));
    assert_eq!(text_of(include_bytes!("fixtures/empty_password.pdf").to_vec()).unwrap(), "opened without a password\n");
    assert_eq!(text_of(page("", "0 0 100 100 re f", &[])), Err(ExtractError::NoText));
    assert!(matches!(text_of(b"%PDF-1.7\nnothing".to_vec()), Err(ExtractError::Damaged(_))));
    assert!(matches!(text_of(Vec::new()), Err(ExtractError::Damaged(_))));
}

#[test]
fn loops_in_the_file_end() {
    let resources = format!("{HELVETICA} /XObject << /X 4 0 R >>");
    // A form that draws itself, and twice at that.
    let own = stream(&format!("/Subtype /Form /Resources << {resources} >>"), "BT /F 12 Tf (x) Tj ET /X Do /X Do");
    let text = text_of(page(&resources, "/X Do", &[own])).unwrap();
    assert!(text.len() < 100_000);
    // A page tree whose node is its own kid, and an inheritance that runs in a circle.
    let cyclic = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Parent 2 0 R /Kids [2 0 R 3 0 R 2 0 R 3 0 R] >>".to_owned(),
        format!("<< /Type /Page /Parent 3 0 R /Resources << {HELVETICA} >> /Contents 4 0 R >>"),
        stream("", "BT /F 12 Tf (once) Tj ET"),
    ];
    assert_eq!(text_of(pdf(&cyclic)).unwrap(), "once\n");
    // A length that refers to its own stream, and one beyond the file.
    for length in ["3 0 R", "2147483647", "-1"] {
        let file = String::from_utf8(page(HELVETICA, "BT /F 12 Tf (text) Tj ET", &[])).unwrap();
        let lying = file.replace("/Length 24", &format!("/Length {length}"));
        assert_ne!(lying, file);
        let _ = text_of(lying.into_bytes());
    }
    // A reference that leads to itself, an array as deep as the file is long.
    let _ = text_of(pdf(&["<< /Type /Catalog /Pages 2 0 R >>".into(), "2 0 R".into()]));
    let _ = text_of(pdf(&["<< /Type /Catalog /Pages 2 0 R >>".into(), "[".repeat(100_000)]));
    let _ = text_of(page(HELVETICA, &"[".repeat(100_000), &[]));
    let _ = text_of(page(HELVETICA, &"q ".repeat(100_000), &[]));
}

#[test]
fn broken_numbers_and_operands_are_no_reason_to_stop() {
    for content in [
        "BT /F 1e999 Tf (a) Tj 0 0 0 0 0 0 Tm (b) Tj ET",
        "BT /Missing 12 Tf (lost) Tj /F 12 Tf (kept) Tj ET",
        "Q Q Q ET EMC EMC BT /F 12 Tf Tj TJ (kept) Tj ET",
        "99999999999999999999 0 0 1 0 0 cm BT /F 12 Tf (kept) Tj 1 0 0 1 1e30 1e30 Tm (too) Tj ET",
    ] {
        let text = text_of(page(HELVETICA, content, &[]));
        assert!(text.is_ok() || content.contains("1e999"), "{content}: {text:?}");
    }
}
