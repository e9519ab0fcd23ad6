//! A distinctive text goes in by every path that takes text, and is looked for on the disk after each command: in the
//! data folder, the temporary folder, the home and the working folder; in clear, and in the forms that text is kept in.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{Home, Run, TEST_KEY, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
/// Letters and digits alone, so that no escaping changes it, and no word of any language.
const CANARY: &str = "Qx7canaryVw3Zt9";
/// Most bytes that are unpacked from one place of a file.
const UNPACKED_BYTES_MAX: u64 = 1 << 20;
/// Bytes of a log that is still coming in when its reader is killed; more than any buffer on the way.
const HALF_A_LOG_BYTES: usize = 4 << 20;

/// A text in the forms in which it might lie on a disk.
fn forms(text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = text.as_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![
        ("as it is", bytes.to_vec()),
        ("in lower case", text.to_lowercase().into_bytes()),
        ("reversed", bytes.iter().rev().copied().collect()),
        ("in UTF-16, little end first", text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("in UTF-16, big end first", text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ("in hex", hex.clone().into_bytes()),
        ("in upper-case hex", hex.to_uppercase().into_bytes()),
    ];
    // Base64 depends on where in a group of three the text begins; what its neighbours change is left out.
    for shift in 0..3 {
        let whole = (bytes.len() + shift) / 3 * 3 - shift;
        let encoded = base64(&[vec![0; shift], bytes[..whole].to_vec()].concat());
        let before = if shift == 0 { 0 } else { shift + 1 };
        forms.push(("in base64", encoded.into_bytes().split_off(before)));
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = |group: &[u8]| {
        let number = group.iter().fold(0usize, |number, byte| number << 8 | usize::from(*byte));
        [18, 12, 6, 0].map(|shift| char::from(DIGITS[number >> shift & 63]))
    };
    bytes.chunks_exact(3).flat_map(digits).collect()
}

/// What is looked for.
struct Hunt(Vec<(String, Vec<u8>)>);

impl Hunt {
    fn new() -> Self {
        let key: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&TEST_KEY[2 * n..2 * n + 2], 16).unwrap()).collect();
        let mut wanted: Vec<(String, Vec<u8>)> =
            forms(CANARY).into_iter().map(|(form, bytes)| (format!("the canary {form}"), bytes)).collect();
        wanted.push(("the key".to_owned(), key));
        wanted.push(("the key in hex".to_owned(), TEST_KEY.as_bytes().to_vec()));
        Self(wanted)
    }

    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let clear = |bytes: &[u8]| {
            let hit = self.0.iter().find(|(_, wanted)| memchr::memmem::find(bytes, wanted).is_some());
            hit.map(|(what, _)| what.clone())
        };
        clear(bytes).or_else(|| {
            let packed = [[0x1f, 0x8b], [0x78, 0x01], [0x78, 0x9c], [0x78, 0xda]];
            let starts = packed.iter().flat_map(|mark| memchr::memmem::find_iter(bytes, mark));
            starts.map(|at| unpacked(&bytes[at..])).find_map(|text| clear(&text).map(|what| format!("packed: {what}")))
        })
    }

    /// Looks through every file below a folder, and at its name.
    fn found_below(&self, folder: &Path) -> Option<String> {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().as_encoded_bytes();
            let found = self.found_in(name).or_else(|| match path.is_dir() {
                true => self.found_below(&path),
                false => self.found_in(&fs::read(&path).unwrap()),
            });
            if let Some(what) = found {
                return Some(format!("{what} in {}", path.display()));
            }
        }
        None
    }
}

/// As much as unpacks, from the start of what looks like gzip or zlib.
fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // What fails on the way is no stream, or was cut; what came before still counts.
    let _ = match bytes.first() {
        Some(0x1f) => flate2::read::GzDecoder::new(bytes).take(UNPACKED_BYTES_MAX).read_to_end(&mut text),
        _ => flate2::read::ZlibDecoder::new(bytes).take(UNPACKED_BYTES_MAX).read_to_end(&mut text),
    };
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A home in which nothing is written outside the data folder, and nothing in clear inside.
struct Watched {
    home: Home,
    hunt: Hunt,
}

impl Watched {
    fn new() -> Self {
        let watched = Self { home: Home::new(BINARY), hunt: Hunt::new() };
        watched.empty_folders().iter().for_each(|folder| fs::create_dir(folder).unwrap());
        watched
    }

    fn empty_folders(&self) -> [PathBuf; 3] {
        ["temporary", "house", "work"].map(|name| self.home.path(name))
    }

    fn command(&self, args: &[&str]) -> Command {
        let [temporary, house, work] = self.empty_folders();
        let mut command = self.home.command(args);
        command.env("TMPDIR", temporary).env("HOME", house).current_dir(work);
        command
    }

    fn look(&self, when: &str) {
        assert_eq!(self.hunt.found_below(&self.home.data()), None, "{when}");
        for folder in self.empty_folders() {
            let left: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
            assert!(left.is_empty(), "{when}: left behind: {left:?}");
        }
    }

    /// Runs a command with something on its standard input, and looks.
    fn run_with(&self, args: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let run = std::thread::scope(|scope| {
            // Who refuses does not read to the end.
            scope.spawn(move || drop(stdin.write_all(input)));
            Run::of(child.wait_with_output().unwrap())
        });
        self.look(&format!("after {args:?}"));
        run
    }

    fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, b"")
    }

    fn answer(&self, args: &[&str]) -> Value {
        self.run(&[args, &["--json"]].concat()).ok().answer()
    }

    /// A command that is refused: with a message, and without a panic.
    fn refused(&self, args: &[&str]) {
        let run = self.run(args);
        assert!([1, 2].contains(&run.status), "{run:#?}");
        assert!(!run.stderr.contains("this is a bug"), "{run:#?}");
    }

    fn has(&self, command: &[&str]) -> bool {
        self.run(&[command, &["--help"]].concat()).status == 0
    }

    /// A file that a person has, outside all that is watched.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        self.home.file(name, bytes).display().to_string()
    }
}

fn log() -> String {
    format!(
        "2026-11-21 10:00:01 ERROR {CANARY}: login of {CANARY}@example.org with password={CANARY}pw failed\n\
         2026-11-21 10:00:02 FATAL {CANARY}: No space left on device\n"
    )
}

/// An issue with the canary in everything that hangs below it; gives its id and a log's.
fn filled(watched: &Watched) -> (String, String) {
    let c = CANARY;
    let fields = ["--description", c, "--domain", "linux", "--source", c, "--assigned-to", c, "--tag", c];
    let id = text(&watched.answer(&[&["issue", "new", c], &fields[..]].concat())["issue"]["id"]);
    watched.answer(&["issue", "edit", &id, "--title", &format!("{c} again"), "--tag", c]);
    let path = watched.file(&format!("{c}.log"), log());
    let added = watched.answer(&["log", "add", &id, &path]);
    let log_id = text(&added["log_file"]["id"]);
    let stdin = watched.run_with(&["log", "add", &id, "-", "--name", c], format!("{}from stdin\n", log()).as_bytes());
    stdin.ok();
    let packed = watched.file("packed.log.gz", gzip(format!("{}packed\n", log()).as_bytes()));
    watched.answer(&["log", "add", &id, &packed, "--name", &format!("{c}.gz")]);
    watched.answer(&["pii", "detect", &log_id]);
    let at = log().find(c).unwrap();
    let (start, end) = (at.to_string(), (at + c.len()).to_string());
    watched.answer(&["pii", "add", &log_id, "--start", &start, "--end", &end, "--type", "Hostname"]);
    watched.answer(&["pii", "spans", &log_id]);
    watched.answer(&["pii", "accept", &log_id, "--all"]);
    for log in list(&watched.answer(&["log", "list", "--issue", &id])["log_files"]) {
        watched.answer(&["pii", "apply", &text(&log["id"])]);
    }
    watched.run_with(&["pii", "restore", &id, "-"], b"who is [Email_1]?").ok();
    watched.answer(&["analyze", &id]);
    watched.answer(&["why", &id]);
    watched.answer(&["why", &id, "--answer", c, "--evidence", c, "--question", c]);
    let document = text(&watched.answer(&["doc", "rca", &id])["document"]["id"]);
    let edited = watched.file("edited.md", format!("# {c}\n\n{c}\n"));
    watched.answer(&["doc", "edit", &document, "--file", &edited]);
    let out = watched.home.path("exported.md").display().to_string();
    watched.answer(&["doc", "export", &document, "--format", "md", "--out", &out]);
    watched.answer(&["search", c]);
    watched.answer(&["log", "list", "--search", c]);
    watched.refused(&["audit", "list", "--entity", c]);
    watched.answer(&["issue", "resolve", &id, "--root-cause", c, "--confidence", "0.5"]);
    if watched.has(&["image", "add"]) {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82".to_vec();
        png.extend_from_slice(c.as_bytes());
        let image = watched.file(&format!("{c}.png"), png);
        watched.answer(&["image", "add", &id, &image, "--acknowledge-pii"]);
        watched.refused(&["image", "add", &id, &image]);
    }
    (id, log_id)
}

/// What fails on the way, with the canary in what was given.
fn refuse_all(watched: &Watched, id: &str, log_id: &str) {
    let c = CANARY;
    let torn = watched.file("torn.log.gz", &gzip(log().repeat(100).as_bytes())[..60]);
    watched.answer(&["settings", "set", "log.size_bytes_max", "100"]);
    let large = watched.file("large.log", log().repeat(10));
    for args in [
        &["log", "add", id, &large][..],
        &["log", "add", id, &torn],
        &["log", "add", id, &format!("/nowhere/{c}")],
        &["log", "add", c, &torn],
        &["issue", "new", &format!("{c}\n{c}")],
        &["issue", "new", c, "--severity", c],
        &["issue", "edit", c, "--title", c],
        &["pii", "add", log_id, "--start", "0", "--end", "99999", "--type", c],
        &["doc", "edit", c, "--file", &torn],
        &["settings", "set", "log.size_bytes_max", c],
        &["settings", "set", c, c],
        &["plugin", "enable", c],
        &["plugin", "show", c],
        &["timeline", c],
        &["analyze", id, "--provider", c],
    ] {
        watched.refused(args);
    }
    watched.answer(&["settings", "set", "log.size_bytes_max", "52428800"]);
}

#[test]
fn no_text_is_in_clear_on_the_disk_whatever_was_done_with_it() {
    let watched = Watched::new();
    let (id, log_id) = filled(&watched);
    refuse_all(&watched, &id, &log_id);
    let other = watched.home.path("out").display().to_string();
    let log = watched.file("triage.log", log());
    watched.answer(&["triage", &log, "--title", CANARY, "--out", &other]);
    // A backup is a file of the same kind, wherever it lies.
    if watched.has(&["db", "backup"]) {
        let backups = watched.home.path("backups");
        fs::create_dir(&backups).unwrap();
        watched.run(&["db", "backup", backups.join("b.db").to_str().unwrap()]).ok();
        assert!(fs::metadata(backups.join("b.db")).unwrap().len() > 0);
        assert_eq!(watched.hunt.found_below(&backups), None);
    }
    watched.answer(&["log", "delete", &log_id]);
    watched.answer(&["issue", "delete", &id, "--yes"]);
    if watched.has(&["db", "compact"]) {
        watched.run(&["db", "compact"]).ok();
    }
    assert_eq!(watched.answer(&["db", "check"])["sound"], true);
    watched.look("in the end");
}

#[test]
fn a_log_that_is_still_coming_in_is_nowhere_in_clear_and_neither_is_what_kill_9_leaves() {
    let watched = Watched::new();
    watched.answer(&["issue", "new", CANARY]);
    let mut child =
        watched.command(&["log", "add", "last", "-"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let half = log().repeat(HALF_A_LOG_BYTES / log().len());
    // Returns once the other side has read nearly all of it.
    child.stdin.as_mut().unwrap().write_all(half.as_bytes()).unwrap();
    watched.look("while a log comes in");
    child.kill().unwrap();
    child.wait().unwrap();
    watched.look("after kill -9");
    assert_eq!(watched.answer(&["db", "check"])["sound"], true);
    assert_eq!(watched.answer(&["log", "list"])["log_files"], serde_json::json!([]));
}

#[test]
fn the_hunt_finds_every_form() {
    let hunt = Hunt::new();
    let noise = |inner: &[u8]| [&[7u8; 1000][..], inner, &[9u8; 1000]].concat();
    assert_eq!(hunt.found_in(&noise(b"nothing")), None);
    let around = |n: usize| format!("{}{CANARY} and more", "x".repeat(n));
    for form in [
        CANARY.to_owned().into_bytes(),
        CANARY.to_lowercase().into_bytes(),
        around(1).encode_utf16().flat_map(u16::to_le_bytes).collect(),
        around(2).encode_utf16().flat_map(u16::to_be_bytes).collect(),
        base64(around(0).as_bytes()).into_bytes(),
        base64(around(1).as_bytes()).into_bytes(),
        base64(around(2).as_bytes()).into_bytes(),
        gzip(around(3).as_bytes()),
        TEST_KEY.as_bytes().to_vec(),
    ] {
        assert!(hunt.found_in(&noise(&form)).is_some(), "{form:?}");
    }
    // And a whole store that is not encrypted, which only a debug build makes.
    if cfg!(debug_assertions) {
        let watched = Watched::new();
        let made = watched.command(&["issue", "new", CANARY]).env_remove("TRCAA_DB_KEY").output().unwrap();
        assert!(made.status.success());
        assert!(watched.hunt.found_below(&watched.home.data()).is_some());
    }
}
