//! Logs and images as they come: packed, pasted, given, lied about, twice at once, and files that are none.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

const LOG: &str = "2026-11-21 10:00:01 INFO db-writer: started\n2026-11-21 10:00:02 ERROR db-writer: disk full\n";

/// One transparent pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

const IMAGE_BYTES_MAX: usize = 10_485_760;

fn args<'a>(words: &[&'a str], file: &'a Path) -> Vec<&'a OsStr> {
    words.iter().copied().map(OsStr::new).chain([file.as_os_str()]).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame of one raw block, without size and checksum.
fn zstd(text: &[u8]) -> Vec<u8> {
    let block = u32::try_from(text.len()).unwrap() << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3], &block.to_le_bytes()[..3], text].concat()
}

/// A zstd frame of `count` letters, in blocks that are one byte each.
fn zstd_of(count: usize) -> Vec<u8> {
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    let mut left = count;
    while left > 0 {
        let now = left.min(128 << 10);
        left -= now;
        let header = u32::try_from(now << 3 | 2).unwrap() | u32::from(left == 0);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b'a');
    }
    frame
}

fn actions(home: &Home) -> Vec<String> {
    list(&home.json(["audit", "list"])["audit_log"]).iter().map(|entry| text(&entry["action"])).collect()
}

fn images(home: &Home) -> Vec<Value> {
    list(&home.json(["image", "list"])["image_attachments"])
}

fn add_image(home: &Home, issue: &str, name: &str, bytes: impl AsRef<[u8]>) -> Value {
    let file = home.file(name, bytes);
    home.json(args(&["image", "add", issue, "--acknowledge-pii"], &file))
}

fn fifo(path: &Path) {
    assert!(Command::new("/usr/bin/mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_log_comes_packed_given_and_piped() {
    let home = Home::new(BINARY);
    let issue = home.issue("ways in");
    let packed = [
        ("a.zst", zstd(LOG.as_bytes()), "application/zstd"),
        ("two.zst", [zstd(&LOG.as_bytes()[..44]), zstd(&LOG.as_bytes()[44..])].concat(), "application/zstd"),
        ("a.gz", [gzip(&LOG.as_bytes()[..44]), gzip(&LOG.as_bytes()[44..])].concat(), "application/gzip"),
        ("named.gz", LOG.as_bytes().to_vec(), "text/plain"),
    ];
    for (name, bytes, mime_type) in &packed {
        let file = home.file(name, bytes);
        let added = home.json(args(&["log", "add", &issue], &file));
        assert_eq!(added["already_there"], false);
        assert_eq!(added["log_file"]["mime_type"], *mime_type, "{name}: by content");
        assert_eq!(added["log_file"]["file_size"], bytes.len(), "the size of the original");
        assert_eq!(home.bytes(["log", "show", "last"]), LOG.as_bytes());
    }
    let given = home.json(["log", "add", &issue, "--content", "-- 3 errors\n", "--name", "note.txt"]);
    assert_eq!((&given["log_file"]["file_name"], &given["log_file"]["file_path"]), (&"note.txt".into(), &"".into()));
    assert_eq!(home.bytes(["log", "show", "last"]), b"-- 3 errors\n");
    home.run_with(["log", "add", &issue, "-"], &zstd(b"piped\n")).ok();
    assert_eq!(home.bytes(["log", "show", "last"]), b"piped\n");
    assert_eq!(home.refused(["log", "add", &issue], 2), "usage", "neither file nor content");
    assert_eq!(home.refused(["log", "add", &issue, "-", "--content", "x"], 2), "usage");
    assert_eq!(home.refused(["log", "add", &issue, "--content", ""], 1), "empty_log");

    let triaged = Home::new(BINARY);
    let file = triaged.file("app.log.zst", zstd(LOG.as_bytes()));
    let report = triaged.json(args(&["triage", "--out", "out"], &file));
    assert_eq!(list(&report["log_file_ids"]).len(), 1);
    let scanned = triaged.json(args(&["pii", "scan"], &triaged.file("p.zst", zstd(b"mail anna.berg@example.com\n"))));
    assert_eq!(scanned["spans"][0]["text"], "anna.berg@example.com");
}

#[test]
fn packed_logs_are_refused_at_the_byte_and_for_what_is_wrong() {
    const TEXT_BYTES_MAX: usize = 104_857_600;
    let home = Home::new(BINARY);
    let issue = home.issue("bounds");
    let refused = |name: &str, bytes: Vec<u8>, code: &str| {
        let run = home.run(args(&["log", "add", &issue, "--json"], &home.file(name, bytes))).fails(1);
        assert_eq!(run.error_code(), code, "{name}");
        assert!(run.stdout.contains(name), "it says which file: {run:#?}");
    };
    let whole = zstd(LOG.as_bytes());
    refused("over.zst", zstd_of(TEXT_BYTES_MAX + 1), "too_large");
    refused("frames.zst", [zstd_of(TEXT_BYTES_MAX), zstd(b"x")].concat(), "too_large");
    refused("cut.zst", whole[..whole.len() - 1].to_vec(), "damaged_zstd");
    refused("behind.zst", [&whole[..], b"more"].concat(), "damaged_zstd");
    refused("claims.zst", b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0\x19\0\0abc".to_vec(), "too_large");
    refused("window.zst", b"\x28\xb5\x2f\xfd\0\xf8\x19\0\0abc".to_vec(), "too_large");
    refused("lies.zst", b"\x28\xb5\x2f\xfd\x20\x09\x19\0\0abc".to_vec(), "damaged_zstd");
    refused("behind.gz", [&gzip(b"x")[..], b"more"].concat(), "damaged_gzip");
    refused("twice.gz", gzip(&gzip(LOG.as_bytes())), "binary_file");
    refused("report.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec(), "damaged_pdf");
    assert_eq!(actions(&home), ["create_issue"]);
    let at = home.file("at.zst", zstd_of(TEXT_BYTES_MAX));
    home.json(args(&["log", "add", &issue], &at));
    assert_eq!(home.bytes(["log", "show", "last"]).len(), TEXT_BYTES_MAX);
    home.expect_sound();
}

#[test]
fn the_same_original_on_the_same_issue_is_one_row() {
    let home = Home::new(BINARY);
    let (issue, other) = (home.issue("one"), home.issue("two"));
    let file = home.file("a.log", LOG);
    let first = home.json(args(&["log", "add", &issue], &file));
    let copy = home.file("copy.log", LOG);
    let again = home.json(args(&["log", "add", &issue], &copy));
    assert_eq!((&again["already_there"], &again["log_file"]), (&Value::Bool(true), &first["log_file"]));
    assert_eq!(home.json(args(&["log", "add", &other], &file))["already_there"], false);
    let packed = home.file("a.log.gz", gzip(LOG.as_bytes()));
    assert_eq!(home.json(args(&["log", "add", &issue], &packed))["already_there"], false, "another original");
    assert_eq!(actions(&home).iter().filter(|action| *action == "upload_log_file").count(), 3);
}

#[test]
fn processes_that_attach_the_same_at_once_make_one_row() {
    let home = Home::new(BINARY);
    let issue = home.issue("race");
    let (log, image) = (home.file("a.log", LOG), home.file("a.png", PNG));
    let start = |words: &[&OsStr]| home.command(words).arg("--json").stdout(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..5)
        .flat_map(|_| {
            [
                start(&args(&["log", "add", &issue], &log)),
                start(&args(&["image", "add", &issue, "--acknowledge-pii"], &image)),
            ]
        })
        .collect();
    let fresh = children.into_iter().map(|child| Run::of(child.wait_with_output().unwrap()).ok().answer());
    assert_eq!(fresh.filter(|answer| answer["already_there"] == false).count(), 2);
    assert_eq!(list(&home.json(["log", "list"])["log_files"]).len(), 1);
    assert_eq!(images(&home).len(), 1);
    home.expect_sound();
}

#[test]
fn lists_search_names_in_any_script_and_page() {
    let home = Home::new(BINARY);
    let issue = home.issue("Störung");
    for name in ["ÜBERSICHT_1.log", "übersicht 100%.log", "app.log"] {
        home.log(&issue, name, name);
        add_image(&home, &issue, &name.replace(".log", ".png"), [PNG, name.as_bytes()].concat());
    }
    for (noun, rows) in [("log", "log_files"), ("image", "image_attachments")] {
        let found = |more: &[&str]| -> Vec<String> {
            let words: Vec<&str> = [noun, "list"].into_iter().chain(more.iter().copied()).collect();
            list(&home.json(words)[rows]).iter().map(|row| text(&row["file_name"])).collect()
        };
        assert_eq!(found(&[]).len(), 3);
        assert!(found(&[])[0].starts_with("app."), "newest first");
        assert_eq!(found(&["--search", "Übersicht"]).len(), 2);
        assert!(found(&["--search", "%"])[0].starts_with("übersicht"));
        assert!(found(&["--search", "_"])[0].starts_with("ÜBERSICHT_"));
        assert!(found(&["--search", "ÜBER", "--limit", "1", "--offset", "1"])[0].starts_with("ÜBERSICHT_"));
        assert_eq!(found(&["--offset", "3"]).len(), 0);
        let table = home.run([noun, "list"]).ok().stdout;
        assert!(table.contains("Störung"), "it tells the issue: {table}");
    }
    let row = home.json(["image", "list", "--issue", &issue, "--limit", "1"])["image_attachments"][0].clone();
    assert_eq!(row["issue_title"], "Störung");
    assert!(row.get("image_data").is_none());
}

#[test]
fn files_that_are_no_files_and_the_stores_own_are_not_read() {
    let home = Home::new(BINARY);
    let issue = home.issue("odd files");
    let secret = home.file("secret.log", LOG);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    let database = home.data().join("tftsr.db");
    let hard = home.path("hard.log");
    fs::hard_link(&database, &hard).unwrap();
    let soft = home.path("soft.log");
    symlink(&database, &soft).unwrap();
    let mut cases = vec![
        (home.dir.path().to_path_buf(), "is_folder"),
        ("/dev/zero".into(), "not_a_file"),
        ("/dev/null".into(), "not_a_file"),
        (home.path("missing"), "unreadable"),
        (database.clone(), "own_file"),
        (hard, "own_file"),
        (soft, "own_file"),
    ];
    // Root reads everything.
    if fs::File::open(&secret).is_err() {
        cases.push((secret, "unreadable"));
    }
    for (file, code) in cases {
        assert_eq!(home.refused(args(&["log", "add", &issue], &file), 1), code, "log {}", file.display());
        let add = args(&["image", "add", &issue, "--acknowledge-pii"], &file);
        assert_eq!(home.refused(add, 1), code, "image {}", file.display());
    }
    assert_eq!(actions(&home), ["create_issue"]);

    // A link to a good file is a good file, and a pipe is read to its end.
    let link = home.path("link.log");
    symlink(home.file("good.log", LOG), &link).unwrap();
    assert_eq!(home.json(args(&["log", "add", &issue], &link))["log_file"]["file_name"], "link.log");
    let pipe = home.path("pipe.png");
    fifo(&pipe);
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, PNG).unwrap()
    });
    let piped = home.json(args(&["image", "add", &issue, "--acknowledge-pii"], &pipe));
    writer.join().unwrap();
    assert_eq!(piped["image_attachment"]["file_size"], PNG.len());
    home.expect_sound();
}

#[test]
fn names_are_one_line_whatever_a_file_is_called() {
    let home = Home::new(BINARY);
    let issue = home.issue("names");
    let odd = home.log(&issue, "a\nb\u{1b}[31m.log", LOG);
    assert_eq!(home.json(["log", "show", &odd])["log_file"]["file_name"], "ab[31m.log");
    let long = "ü".repeat(5_000);
    let named = home.json(["log", "add", &issue, "--content", "x", "--name", &long]);
    assert_eq!(text(&named["log_file"]["file_name"]).chars().count(), 200);
    for (given, kept) in [("../../etc/passwd", "passwd"), ("..", "log"), ("", "log"), ("x\u{202e}gol.exe", "xgol.exe")]
    {
        let named = home.json(
            ["log", "add", &issue, "--content", given, "--name", given].map(|w| if w.is_empty() { " " } else { w }),
        );
        assert_eq!(named["log_file"]["file_name"], kept, "{given:?}");
    }
    let nameless = home.command(["image", "add", &issue, "-", "--acknowledge-pii", "--paste", "--json"]);
    let nameless = fed(nameless, PNG).answer();
    assert_eq!(nameless["image_attachment"]["file_name"], "image.png");
    assert_eq!(nameless["image_attachment"]["is_paste"], 1);
}

fn fed(mut command: Command, input: &[u8]) -> Run {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    Run::of(child.wait_with_output().unwrap()).ok()
}

#[test]
fn an_image_goes_in_and_out_as_it_is() {
    let home = Home::new(BINARY);
    let issue = home.issue("screens");
    let added = add_image(&home, &issue, "shot.jpeg", PNG);
    let image = &added["image_attachment"];
    assert_eq!(added["already_there"], false);
    assert_eq!((&image["mime_type"], &image["file_name"]), (&"image/png".into(), &"shot.jpeg".into()), "by content");
    assert_eq!((&image["pii_warning_acknowledged"], &image["is_paste"]), (&1.into(), &0.into()));
    let id = text(&image["id"]);
    let again = add_image(&home, &issue, "again.png", PNG);
    assert_eq!((&again["already_there"], &again["image_attachment"]), (&true.into(), image));

    let shown = home.json(["image", "show", &id]);
    let url = text(&shown["data_url"]);
    assert!(url.starts_with("data:image/png;base64,iVBORw0KGgo"), "{url}");
    assert_eq!(&shown["image_attachment"], image);
    assert_eq!(home.run(["image", "show", &id]).ok().stdout, format!("{url}\n"));
    let detail = home.json(["issue", "show", &issue]);
    assert_eq!(detail["image_attachments"], serde_json::json!([image]));
    assert!(home.run(["issue", "show", &issue]).ok().stdout.contains("shot.jpeg"));
    assert_eq!(list(&home.json(["timeline", &issue])["timeline_events"]).len(), 1, "the timeline knows no images");

    let out = home.path("out.png");
    let save = ["image", "show", &id, "--out", "out.png"];
    home.json(save);
    assert_eq!(fs::read(&out).unwrap(), PNG);
    assert_eq!(fs::metadata(&out).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&out, "mine").unwrap();
    assert_eq!(home.refused(save, 1), "exists");
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    home.run(save.iter().copied().chain(["--force"])).ok();
    assert_eq!(fs::read(&out).unwrap(), PNG);
    let link = home.path("link.png");
    symlink(home.path("nowhere"), &link).unwrap();
    for more in [&[][..], &["--force"]] {
        let words = ["image", "show", &id, "--out", "link.png"].into_iter().chain(more.iter().copied());
        home.refused(words, 1);
    }
    assert!(!home.path("nowhere").exists() && link.is_symlink());
    let names: Vec<_> = fs::read_dir(home.dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains(".part")), "{names:?}");

    assert_eq!(home.refused(["image", "delete", &id], 2), "needs_yes");
    assert_eq!(home.json(["image", "delete", &id, "--yes"])["deleted"], id.as_str());
    assert_eq!(home.refused(["image", "show", &id], 1), "not_found");
    assert_eq!(actions(&home), ["delete_image_attachment", "upload_image_attachment", "create_issue"]);
    home.expect_sound();
}

#[test]
fn without_acknowledgement_nothing_is_taken_in() {
    let home = Home::new(BINARY);
    let issue = home.issue("unread");
    let file = home.file("a.png", PNG);
    assert_eq!(home.refused(args(&["image", "add", &issue], &file), 2), "pii_not_acknowledged");
    let told = home.run(args(&["image", "add", &issue], &file)).fails(2).stderr;
    assert!(told.contains("--acknowledge-pii") && told.contains("redacted"), "{told}");
    assert!(images(&home).is_empty());
    assert_eq!(actions(&home), ["create_issue"]);
}

#[test]
fn what_is_no_image_is_refused_whatever_it_is_called() {
    let home = Home::new(BINARY);
    let issue = home.issue("no images");
    for (name, bytes, code) in [
        ("empty.png", &b""[..], "empty_image"),
        ("cut.png", &PNG[..20], "not_an_image"),
        ("page.png", b"<html><script>alert(1)</script></html>", "not_an_image"),
        ("page.svg", b"<!DOCTYPE html><svg></svg>", "not_an_image"),
        ("log.bmp", b"BM is how this log begins, and it goes on and on and on", "not_an_image"),
        ("a.jpg", LOG.as_bytes(), "not_an_image"),
    ] {
        let file = home.file(name, bytes);
        let add = args(&["image", "add", &issue, "--acknowledge-pii", "--json"], &file);
        let run = home.run(add).fails(1);
        assert_eq!(run.error_code(), code, "{name}");
        assert!(run.stdout.contains(name), "{run:#?}");
    }
    let mut large = PNG.to_vec();
    large.resize(IMAGE_BYTES_MAX + 1, 0);
    let file = home.file("large.png", &large);
    let add = args(&["image", "add", &issue, "--acknowledge-pii"], &file);
    assert_eq!(home.refused(add.clone(), 1), "too_large");
    let mut piped = home.command(["image", "add", &issue, "-", "--acknowledge-pii", "--json"]);
    let run = Run::of(piped.stdin(fs::File::open(&file).unwrap()).output().unwrap()).fails(1);
    assert_eq!(run.error_code(), "too_large");
    assert!(images(&home).is_empty());
    fs::write(&file, &large[..IMAGE_BYTES_MAX]).unwrap();
    assert_eq!(home.json(add)["image_attachment"]["file_size"], IMAGE_BYTES_MAX);
    home.expect_sound();
}

#[test]
fn an_image_is_data_and_keeps_what_it_carries() {
    let home = Home::new(BINARY);
    let issue = home.issue("data");
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script></svg>";
    let kept = add_image(&home, &issue, "drawing.png", svg);
    assert_eq!(kept["image_attachment"]["mime_type"], "image/svg+xml");
    let polyglot = [PNG, b"PK\x03\x04<html><script>alert(1)</script>"].concat();
    assert_eq!(add_image(&home, &issue, "both.zip", &polyglot)["image_attachment"]["mime_type"], "image/png");
    home.json(["image", "show", "last", "--out", "both.png"]);
    assert_eq!(fs::read(home.path("both.png")).unwrap(), polyglot);
}

#[test]
fn rows_of_earlier_products_are_read_from_their_files() {
    let home = Home::new(BINARY);
    let issue = home.issue("old");
    let log = home.log(&issue, "old.log", LOG);
    let image = text(&add_image(&home, &issue, "old.png", PNG)["image_attachment"]["id"]);
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    conn.execute_batch(
        "UPDATE log_files SET content_compressed = NULL; UPDATE image_attachments SET image_data = NULL;",
    )
    .unwrap();
    assert_eq!(home.bytes(["log", "show", &log]), LOG.as_bytes());
    fs::write(home.path("old.log"), zstd(LOG.as_bytes())).unwrap();
    let run = home.run(["log", "show", &log, "--json"]).fails(1);
    assert!(run.stdout.contains("not the file that was attached"), "{run:#?}");
    conn.execute("UPDATE log_files SET content_hash = NULL", []).unwrap();
    assert_eq!(home.bytes(["log", "show", &log]), LOG.as_bytes(), "unpacked where it lies packed");
    assert!(text(&home.json(["image", "show", &image])["data_url"]).starts_with("data:image/png;base64,iVBOR"));
    conn.execute("UPDATE image_attachments SET mime_type = 'text/html'", []).unwrap();
    assert!(text(&home.json(["image", "show", &image])["data_url"]).starts_with("data:application/octet-stream;"));

    for name in ["old.log", "old.png"] {
        fs::remove_file(home.path(name)).unwrap();
        fifo(&home.path(name));
    }
    let unreadable = |words: &[&str], code: &str, name: &str| {
        let run = home.run(words.iter().copied().chain(["--json"])).fails(1);
        assert_eq!(run.error_code(), code);
        assert!(run.stdout.contains(name) && run.stdout.contains("regular file"), "{run:#?}");
    };
    unreadable(&["log", "show", &log], "log_unreadable", "old.log");
    unreadable(&["image", "show", &image], "image_unreadable", "old.png");
    unreadable(&["image", "show", &image, "--out", "x.png"], "image_unreadable", "old.png");
    assert!(!home.path("x.png").exists());
}
