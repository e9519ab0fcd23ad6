//! PDF and Word documents as logs: through the sandboxed extractor, and nothing else of the host looks into them.

use std::fs;

use serde_json::Value;
use tests::{Home, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// A PDF of one page with these lines.
fn pdf(lines: &[&str]) -> Vec<u8> {
    let shown: String = lines.iter().map(|line| format!("({line}) Tj T* ")).collect();
    let content = format!("BT /F 10 Tf 12 TL 20 780 Td {shown}ET");
    let font = "/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!(
            "<< /Type /Pages /Kids [<< /Type /Page /Resources << /Font << /F << {font} >> >> >> /Contents 3 0 R >>] >>"
        ),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
    ];
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = "xref\n0 4\n0000000000 65535 f \n".to_owned();
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", index + 1));
    }
    let start = file.len();
    format!("{file}{table}trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").into_bytes()
}

/// A ZIP archive of these files, stored as they are.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in files {
        let (place, length) = (u32::try_from(body.len()).unwrap(), u32::try_from(content.len()).unwrap());
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x50];
        common.extend(crc32(content).to_le_bytes());
        common.extend(length.to_le_bytes());
        common.extend(length.to_le_bytes());
        common.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        common.extend([0, 0]);
        body.extend(b"PK\x03\x04");
        body.extend(&common);
        body.extend(name.bytes());
        body.extend(*content);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(place.to_le_bytes());
        directory.extend(name.bytes());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (place, length) = (u32::try_from(body.len()).unwrap(), u32::try_from(directory.len()).unwrap());
    body.extend(directory);
    body.extend(b"PK\x05\x06\x00\x00\x00\x00");
    body.extend([count, count].concat());
    body.extend(length.to_le_bytes());
    body.extend(place.to_le_bytes());
    body.extend([0, 0]);
    body
}

fn crc32(bytes: &[u8]) -> u32 {
    let shifted = |crc: u32| (0..8).fold(crc, |crc, _| crc >> 1 ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1)));
    !bytes.iter().fold(!0, |crc, byte| {
        let low = (crc ^ u32::from(*byte)) & 0xff;
        crc >> 8 ^ shifted(low)
    })
}

fn docx(paragraphs: &[&str]) -> Vec<u8> {
    let body: String = paragraphs.iter().map(|p| format!("<w:p><w:r><w:t>{p}</w:t></w:r></w:p>")).collect();
    let xml = format!("<w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    zip(&[("word/document.xml", xml.as_bytes())])
}

const LINES: [&str; 2] =
    ["2026-11-21 10:00:00 ERROR mail to ada@example.org failed", "2026-11-21 10:00:01 INFO password=hunter2abc"];
const PDF_TYPE: &str = "application/pdf";
const DOCX_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

fn logs(home: &Home) -> Vec<Value> {
    list(&home.json(["log", "list"])["log_files"])
}

#[test]
fn the_text_of_a_document_is_stored_shown_and_redacted() {
    let home = Home::new(BINARY);
    let issue = home.issue("documents");
    for (name, bytes, mime_type) in [("report.pdf", pdf(&LINES), PDF_TYPE), ("report.docx", docx(&LINES), DOCX_TYPE)] {
        let size = bytes.len();
        let log = home.log(&issue, name, &bytes);
        let row = home.json(["log", "show", &log]);
        assert_eq!(text(&row["text"]), format!("{}\n{}\n", LINES[0], LINES[1]), "{name}");
        assert_eq!(row["log_file"]["mime_type"], mime_type);
        assert_eq!(row["log_file"]["file_size"], size);
        assert_eq!(home.log(&issue, "again", &bytes), log, "the hash is that of the document");
        home.run(["pii", "apply", &log]).ok();
        let copy = home.run(["log", "show", &log, "--redacted"]).ok().stdout;
        assert!(
            copy.contains("[Email_1]") && !copy.contains("ada@example.org") && !copy.contains("hunter2abc"),
            "{copy}"
        );
    }
    assert_eq!(logs(&home).len(), 2);
    home.expect_sound();
}

#[test]
fn scans_and_triage_take_documents() {
    let home = Home::new(BINARY);
    for (name, bytes) in [("a.pdf", pdf(&LINES)), ("a.docx", docx(&LINES))] {
        let file = home.file(name, bytes);
        let run = home.run(["pii", "scan", file.to_str().unwrap(), "--redact"]).ok();
        assert!(run.stdout.contains("mail to [Email_1] failed"), "{run:#?}");
    }
    assert!(!home.data().exists(), "a scan needs no store");
    let run = home.run_with(["pii", "scan", "-", "--redact"], &pdf(&LINES)).ok();
    assert!(run.stdout.contains("[Email_1]"));
    let files = [home.path("a.pdf"), home.path("a.docx")];
    let run = home.run(["triage", files[0].to_str().unwrap(), files[1].to_str().unwrap(), "--out", "out"]).ok();
    assert!(!run.stdout.contains("ada@example.org"), "{run:#?}");
    assert_eq!(logs(&home).len(), 2);
}

#[test]
fn what_cannot_be_read_is_told_and_nothing_is_stored() {
    let home = Home::new(BINARY);
    let issue = home.issue("refused");
    let encrypted = String::from_utf8(pdf(&LINES)).unwrap().replace(
        "/Root 1 0 R",
        &format!(
            "/Root 1 0 R /ID [<00> <00>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{0}> /U <{0}> >>",
            "11".repeat(32)
        ),
    );
    for (bytes, code, said) in [
        (encrypted.into_bytes(), "password_protected", "password"),
        (pdf(&[]), "no_text", "a scan?"),
        (b"%PDF-1.7\nnothing in it".to_vec(), "damaged_pdf", "damaged PDF"),
        (docx(&[]), "no_text", "holds no text"),
        (zip(&[("app.log", b"text")]), "binary_file", "a ZIP archive"),
        (zip(&[("xl/workbook.xml", b"<x/>")]), "binary_file", "Excel"),
        (zip(&[("ppt/presentation.xml", b"<x/>")]), "binary_file", "PowerPoint"),
        (zip(&[("word/document.xml", b"<!DOCTYPE x><x/>")]), "binary_file", "damaged Word"),
        (docx(&LINES)[..60].to_vec(), "binary_file", "damaged Word"),
    ] {
        let file = home.file("x", bytes);
        let run = home.run(["log", "add", &issue, file.to_str().unwrap(), "--json"]).fails(1);
        let error = &run.answer()["error"];
        assert_eq!(error["code"], code, "{error}");
        assert!(text(&error["message"]).contains(said) && !list(&error["hints"]).is_empty(), "{error}");
        assert!(!run.stdout.contains("hunter2abc"));
    }
    assert!(logs(&home).is_empty());
}

/// Unpacks to 640 MiB: a run-length code for 128 bytes, five million times. `mark` makes it a document of its own.
fn bomb(mark: &str) -> Vec<u8> {
    let runs = [0x81, b' '].repeat(5 << 20);
    let plain = String::from_utf8(pdf(&["x"])).unwrap();
    let start = plain.find("3 0 obj").unwrap();
    let mut bomb = plain.as_bytes()[..start].to_vec();
    bomb.extend(format!("3 0 obj\n<< /Filter /RunLengthDecode /Length {} >>\nstream\n", runs.len()).bytes());
    bomb.extend(runs);
    bomb.extend(format!("\nendstream\nendobj\n%{mark}\ntrailer\n<< /Size 4 /Root 1 0 R >>\n").bytes());
    bomb
}

#[test]
fn bombs_end_at_the_sandboxs_memory_limit_and_keep_no_other_document_out() {
    let home = Home::new(BINARY);
    let issue = home.issue("bomb");
    for mark in ["one", "two", "three", "four"] {
        let file = home.file("bomb.pdf", bomb(mark));
        let run = home.run(["log", "add", &issue, file.to_str().unwrap(), "--json"]).fails(1);
        assert_eq!(run.error_code(), "too_complex");
        let error = &run.answer()["error"];
        assert!(text(&error["message"]).contains("bytes of memory"), "{error}");
        assert!(text(&error["hints"][0]).contains("other documents are read as before"), "{error}");
    }
    assert!(logs(&home).is_empty());
    assert_eq!(home.json(["plugin", "show", "extract-text"])["plugin"]["recent_faults"], Value::Array(Vec::new()));
    home.log(&issue, "report.pdf", pdf(&LINES));
    assert_eq!(logs(&home).len(), 1);
}

#[test]
fn a_document_that_an_extractor_fails_on_counts_once_however_often_it_is_tried() {
    let home = Home::new(BINARY);
    let issue = home.issue("hostile");
    fs::create_dir_all(home.data().join("plugins")).unwrap();
    fs::write(home.data().join("plugins/extra.wasm"), tests::HOSTILE_EXTRACTOR).unwrap();
    home.run(["plugin", "enable", "hostile-extractor"]).ok();
    home.run(["plugin", "disable", "extract-text"]).ok();
    let add = |order: &str| {
        let file = home.file("x.pdf", format!("%PDF-{order}"));
        home.run(["log", "add", &issue, file.to_str().unwrap(), "--json"])
    };
    for _ in 0..4 {
        assert_eq!(add("trap").fails(1).error_code(), "plugin_failed");
    }
    let faults = home.json(["plugin", "show", "hostile-extractor"])["plugin"]["recent_faults"].clone();
    assert_eq!(list(&faults).len(), 1, "{faults}");
    add("harmless").ok();
    add("trap 2").fails(1);
    add("trap 3").fails(1);
    assert_eq!(add("harmless").fails(1).error_code(), "plugin_quarantined");
}

#[test]
fn a_hostile_extractor_is_contained() {
    let home = Home::new(BINARY);
    let issue = home.issue("hostile");
    fs::create_dir_all(home.data().join("plugins")).unwrap();
    fs::write(home.data().join("plugins/extra.wasm"), tests::HOSTILE_EXTRACTOR).unwrap();
    let add = |order: &str| {
        let file = home.file("x.pdf", format!("%PDF-{order} canary-5e1"));
        home.run(["log", "add", &issue, file.to_str().unwrap(), "--json"])
    };
    assert_eq!(add("harmless").fails(1).error_code(), "damaged_pdf", "the bundled one reads it");
    home.run(["plugin", "enable", "hostile-extractor"]).ok();
    assert_eq!(add("harmless").fails(1).error_code(), "damaged_pdf", "it reads what no bundled one reads");
    home.run(["plugin", "disable", "extract-text"]).ok();
    for (order, code) in [
        ("loop", "too_complex"),
        ("allocate", "too_complex"),
        ("over-limit", "too_large"),
        ("trap", "plugin_failed"),
        ("not-utf8", "plugin_failed"),
        ("half-then-error", "damaged_pdf"),
        ("talkative", "plugin_failed"),
        ("nothing", "no_text"),
    ] {
        let run = add(order).fails(1);
        assert_eq!(run.error_code(), code, "{order}: {run:#?}");
        assert!(!run.stdout.contains("canary") && !run.stderr.contains("canary"), "{run:#?}");
        assert!(logs(&home).is_empty(), "{order}");
        if order == "over-limit" {
            // That was the third within ten minutes, each in a process of its own.
            let off = add("harmless").fails(1);
            assert_eq!(off.error_code(), "plugin_quarantined", "{off:#?}");
            home.run(["plugin", "enable", "hostile-extractor"]).ok();
        }
    }
    add("harmless").ok();
    assert_eq!(home.run(["log", "show", "last"]).ok().stdout, "harmless");
    home.run(["plugin", "disable", "hostile-extractor"]).ok();
    assert_eq!(add("other").fails(1).error_code(), "no_extractor");
    home.expect_sound();
}

#[test]
fn the_extractor_is_listed_with_its_kind_and_limits() {
    let home = Home::new(BINARY);
    home.issue("x");
    let plugin = &home.json(["plugin", "show", "extract-text"])["plugin"];
    assert_eq!((&plugin["kind"], &plugin["state"]), (&Value::from("text-extractor"), &Value::from("enabled")));
    assert_eq!(plugin["limits"]["output_bytes_max"], 104_857_600);
    assert!(home.run(["plugin", "list"]).ok().stdout.contains("text-extractor"));
}
