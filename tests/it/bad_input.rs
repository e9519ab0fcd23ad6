//! Input that is missing, broken, hostile or endless, and stores and disks that fail: told in words, nothing half done.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::process::{Pid, Signal, kill_process};
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

const SMALL: &str = "2026-11-21 10:00:01 INFO db-writer: started for anna.berg@example.com\n\
                     2026-11-21 10:00:02 ERROR db-writer: No space left on device\n";

/// Bytes that a log's text may have.
const TEXT_BYTES_MAX: usize = 104_857_600;

fn args<'a>(words: &[&'a str], file: &'a Path) -> Vec<&'a OsStr> {
    words.iter().copied().map(OsStr::new).chain([file.as_os_str()]).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn expect_no_log(home: &Home) {
    assert_eq!(list(&home.json(["log", "list"])["log_files"]).len(), 0);
    let audit = list(&home.json(["audit", "list"])["audit_log"]);
    assert!(audit.iter().all(|entry| entry["action"] != "upload_log_file"), "{audit:#?}");
    home.expect_sound();
}

fn expect_nothing_written(home: &Home) {
    assert_eq!(fs::read_dir(home.path("out")).map_or(0, Iterator::count), 0);
}

/// Every way a log comes in refuses the file with the same code, and nothing is stored.
fn expect_refused(home: &Home, file: &Path, code: &str) {
    let issue = home.issue("bad");
    assert_eq!(home.refused(args(&["log", "add", &issue], file), 1), code, "log add {}", file.display());
    let issues = list(&home.json(["issue", "list"])["issues"]).len();
    assert_eq!(home.refused(args(&["triage", "--out", "out"], file), 1), code, "triage {}", file.display());
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), issues, "triage of a bad file opens no issue");
    let run = home.run(args(&["log", "add", &issue], file)).fails(1);
    assert!(run.stderr.contains(&*file.file_name().unwrap().to_string_lossy()), "it says which file: {run:#?}");
    expect_nothing_written(home);
    expect_no_log(home);
}

#[test]
fn files_that_are_no_logs_are_refused_by_what_they_are() {
    let home = Home::new(BINARY);
    expect_refused(&home, &home.path("missing.log"), "unreadable");
    expect_refused(&home, home.dir.path(), "is_folder");
    expect_refused(&home, &home.file("empty.log", ""), "empty_log");
    expect_refused(&home, &home.file("program", b"\x7fELF\x02\x01\x01\0\0\0\0\0"), "binary_file");
    let noise: Vec<u8> = (0..10_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    expect_refused(&home, &home.file("noise", noise), "binary_file");
    expect_refused(&home, Path::new("/dev/zero"), "not_a_file");
    expect_refused(&home, Path::new("/dev/null"), "not_a_file");
    let loop_link = home.path("loop");
    symlink(&loop_link, &loop_link).unwrap();
    expect_refused(&home, &loop_link, "unreadable");
}

#[test]
fn one_bad_log_among_good_ones_leaves_nothing() {
    let home = Home::new(BINARY);
    let good = home.file("good.log", SMALL);
    let missing = home.path("missing.log");
    let mut all = args(&["triage", "--out", "out"], &good);
    all.push(missing.as_os_str());
    assert_eq!(home.refused(all, 1), "unreadable");
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 0);
    expect_no_log(&home);
}

#[test]
fn bytes_that_are_no_utf8_are_kept_and_offsets_count_them() {
    let home = Home::new(BINARY);
    let issue = home.issue("latin");
    let mut content =
        b"caf\xe9 \xff\xfe\x80 cut \xe2\x82 x from 192.0.2.17 and M\xfcller <anna.berg@example.com>\r\n".to_vec();
    content.extend_from_slice("ok ä €\n".as_bytes());
    let log = home.log(&issue, "latin.log", &content);
    assert_eq!(home.bytes(["log", "show", &log]), content);
    home.json(["pii", "detect", &log]);
    let spans = list(&home.json(["pii", "spans", &log])["spans"]);
    let found: Vec<String> = spans.iter().map(|span| text(&span["original_value"])).collect();
    assert!(found.contains(&"192.0.2.17".into()) && found.contains(&"anna.berg@example.com".into()), "{found:?}");
    for span in &spans {
        let bound = |name: &str| usize::try_from(span[name].as_u64().unwrap()).unwrap();
        let covered = &content[bound("start_offset")..bound("end_offset")];
        assert_eq!(covered, text(&span["original_value"]).as_bytes());
    }
    home.json(["pii", "apply", &log]);
    let redacted = home.bytes(["log", "show", &log, "--redacted"]);
    let redacted = String::from_utf8(redacted).unwrap();
    assert!(
        !redacted.contains("192.0.2.17") && !redacted.contains("anna.berg") && redacted.ends_with("ok ä €\n"),
        "{redacted}"
    );
    assert_eq!(home.bytes(["log", "show", &log]), content, "still, after applying");
}

#[test]
fn a_huge_sparse_file_is_refused_before_it_is_read() {
    let home = Home::new(BINARY);
    let file = home.file("huge.log", "");
    fs::OpenOptions::new().write(true).open(&file).unwrap().set_len(2 << 30).unwrap();
    let issue = home.issue("huge");
    // One second of processor time: reading 2 GB in a debug build takes longer.
    let mut command = limited(&home, "ulimit -t 1", &args(&["log", "add", &issue], &file));
    let run = Run::of(command.output().unwrap()).fails(1);
    assert!(run.stderr.contains("2147483648") && run.stderr.contains("52428800"), "{run:#?}");
    expect_refused(&home, &file, "too_large");
}

#[test]
fn gzip_is_unpacked_within_its_bound_and_damage_is_told() {
    let home = Home::new(BINARY);
    let issue = home.issue("packed");
    let packed = gzip(SMALL.as_bytes());
    let log = home.log(&issue, "a.log.gz", &packed);
    assert_eq!(home.bytes(["log", "show", &log]), SMALL.as_bytes());
    let listed = home.json(["log", "list"])["log_files"][0].clone();
    assert_eq!(listed["file_size"], packed.len(), "the size of the original");
    assert_eq!(listed["mime_type"], "application/gzip");
    home.json(["log", "delete", &log]);

    let damaged = Home::new(BINARY);
    for (name, bytes) in [
        ("cut.gz", packed[..packed.len() - 4].to_vec()),
        ("head.gz", packed[..5].to_vec()),
        (
            "flipped.gz",
            packed.iter().enumerate().map(|(at, byte)| if at == packed.len() - 6 { byte ^ 1 } else { *byte }).collect(),
        ),
    ] {
        expect_refused(&damaged, &damaged.file(name, bytes), "damaged_gzip");
    }
    expect_refused(&damaged, &damaged.file("nothing.gz", gzip(b"")), "empty_log");
}

#[test]
fn a_gzip_bomb_is_refused_at_the_byte_and_never_held() {
    let home = Home::new(BINARY);
    let issue = home.issue("bomb");
    let mut line =
        "2026-11-21 10:00:01 INFO nothing of note happened, and this line fills the file\n".repeat(TEXT_BYTES_MAX / 80);
    line.truncate(TEXT_BYTES_MAX);
    while line.len() < TEXT_BYTES_MAX {
        line.push('x');
    }
    line.push('\n');
    let bomb = home.file("bomb.gz", gzip(line.as_bytes()));
    // Half of what the text would take: 64 MiB of address space over what a process of this size maps anyway.
    let mut command = limited(&home, "ulimit -v 300000", &args(&["log", "add", &issue, "--json"], &bomb));
    assert_eq!(Run::of(command.output().unwrap()).fails(1).error_code(), "too_large");
    expect_no_log(&home);
    // Zeros are no text, however few bytes hold them.
    let zeros = home.file("zeros.gz", gzip(&vec![0; TEXT_BYTES_MAX + 1]));
    assert_eq!(home.refused(args(&["log", "add", &issue], &zeros), 1), "binary_file");
    expect_no_log(&home);
}

#[test]
fn endless_input_ends_at_the_limit() {
    let home = Home::new(BINARY);
    let issue = home.issue("endless");
    home.json(["settings", "set", "log.size_bytes_max", "1000000"]);
    let mut child = spawn(&home, &["log", "add", &issue, "-", "--json"]);
    let mut stdin = child.stdin.take().unwrap();
    let chunk = "2026-11-21 10:00:01 the same again and again\n".repeat(1_000);
    while stdin.write_all(chunk.as_bytes()).is_ok() {}
    let run = Run::of(child.wait_with_output().unwrap()).fails(1);
    assert_eq!(run.error_code(), "too_large");
    expect_no_log(&home);
}

#[test]
fn logs_without_times_and_of_one_long_line_are_worked_on() {
    let home = Home::new(BINARY);
    let timeless = home.file("timeless.log", "something failed\nNo space left on device\nit stopped\n".repeat(50));
    let report = home.json(args(&["triage", "--out", "out"], &timeless));
    assert_eq!(list(&report["exported"]).len(), 2);

    let mut line = "x".repeat(4 << 20);
    line.replace_range(2_000_000..2_000_030, " from anna.berg@example.com to");
    let long = home.file("long.log", &line);
    let report = home.json(args(&["triage", "--out", "out"], &long));
    let log = text(&report["log_file_ids"][0]);
    assert_eq!(home.bytes(["log", "show", &log]), line.as_bytes());
    let redacted = String::from_utf8(home.bytes(["log", "show", &log, "--redacted"])).unwrap();
    assert!(!redacted.contains("anna.berg") && redacted.len() > 4_000_000);
    for path in list(&report["exported"]) {
        let content = fs::read_to_string(home.path(&text(&path))).unwrap();
        assert!(!content.contains("anna.berg") && content.len() < 200_000, "the document quotes, it does not copy");
    }
    home.expect_sound();
}

/// All files of a folder with their bytes.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

fn prepared() -> (Home, String) {
    let home = Home::new(BINARY);
    let issue = home.issue("prepared");
    home.log(&issue, "first.log", SMALL);
    (home, issue)
}

#[test]
fn a_wrong_key_is_told_and_changes_nothing() {
    let (home, _) = prepared();
    let before = snapshot(&home.data());
    let digits = "0".repeat(64);
    for key in ["wrong", &digits, &format!("x'{digits}'"), "x'", "\u{fffd}"] {
        let mut command = home.command(["db", "check", "--json"]);
        let run = Run::of(command.env("TRCAA_DB_KEY", key).output().unwrap()).fails(1);
        assert_eq!(run.error_code(), "wrong_key");
        assert!(run.stdout.contains("key") && run.stderr.is_empty(), "{run:#?}");
    }
    // Neither of the two ways without a key opens it or makes a new one.
    let mut command = home.command(["issue", "list", "--json"]);
    let run = Run::of(command.env_remove("TRCAA_DB_KEY").output().unwrap()).fails(1);
    assert_eq!(run.error_code(), "encrypted");
    assert_eq!(snapshot(&home.data()), before);
    home.expect_sound();
}

#[test]
fn a_cut_or_garbled_database_is_told_and_left_as_it_is() {
    let (home, _) = prepared();
    let file = home.data().join("tftsr.db");
    let whole = fs::read(&file).unwrap();
    assert!(whole.len() > 10 * 4096);
    let noise: Vec<u8> = (0..20_000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut plain_head = b"SQLite format 3\0".to_vec();
    plain_head.extend_from_slice(&noise);
    let mut flipped = whole.clone();
    flipped[9_000] ^= 1;
    let cases = [
        ("one byte", whole[..1].to_vec()),
        ("below a page", whole[..4095].to_vec()),
        ("one page", whole[..4096].to_vec()),
        ("half", whole[..whole.len() / 2 / 4096 * 4096].to_vec()),
        ("within a page", whole[..whole.len() - 100].to_vec()),
        ("noise", noise),
        ("noise under a plain head", plain_head),
        ("one bit", flipped),
    ];
    for (name, bytes) in cases {
        fs::write(&file, &bytes).unwrap();
        let run = home.run(["db", "check"]).fails(1);
        assert!(
            run.stderr.contains("key") || run.stderr.contains("damaged") || run.stderr.contains("checking"),
            "{name}: {run:#?}"
        );
        home.run(["db", "check", "--json"]).fails(1).answer();
        assert_eq!(fs::read(&file).unwrap(), bytes, "{name}: it was changed");
        let listed = home.run(["issue", "list"]);
        assert!(listed.status == 0 || listed.status == 1, "{name}: {listed:#?}");
    }
    fs::write(&file, &whole).unwrap();
    home.expect_sound();
}

#[test]
fn a_key_file_that_others_could_read_or_swap_is_refused() {
    let home = Home::new(BINARY);
    let folder = home.data();
    fs::create_dir(&folder).unwrap();
    let key = folder.join("tftsr.key");
    let list_issues = || {
        let mut command = home.command(["issue", "list", "--json"]);
        Run::of(command.env_remove("TRCAA_DB_KEY").output().unwrap())
    };
    fs::write(&key, "ab".repeat(32)).unwrap();
    for mode in [0o644, 0o640, 0o606] {
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).unwrap();
        let run = list_issues().fails(1);
        assert_eq!(run.error_code(), "key", "{mode:o}");
        assert!(run.stdout.contains("tftsr.key") && run.stdout.contains("chmod"), "{run:#?}");
    }
    for content in ["", "short", &"zz".repeat(32), &"ab".repeat(33)] {
        fs::write(&key, content).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(list_issues().fails(1).error_code(), "key", "{content:?}");
    }
    let elsewhere = home.file("elsewhere", "ab".repeat(32));
    fs::set_permissions(&elsewhere, fs::Permissions::from_mode(0o600)).unwrap();
    fs::remove_file(&key).unwrap();
    symlink(&elsewhere, &key).unwrap();
    assert_eq!(list_issues().fails(1).error_code(), "key");
    assert!(!folder.join("tftsr.db").exists(), "nothing was made with it");

    fs::remove_file(&key).unwrap();
    fs::write(&key, "ab".repeat(32)).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let run = list_issues().ok();
    assert_eq!(run.stderr, "", "encrypted with the key file, so nothing to warn of");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder.join("tftsr.db")), 0o600);
    assert_eq!(mode(&folder), 0o700);
    assert!(!fs::read(folder.join("tftsr.db")).unwrap().starts_with(b"SQLite format 3"));

    fs::rename(&key, home.path("moved")).unwrap();
    let mut command = home.command(["issue", "list", "--json"]);
    let run = Run::of(command.env_remove("TRCAA_DB_KEY").output().unwrap()).fails(1);
    assert_eq!(run.error_code(), "encrypted");
    assert!(!key.exists(), "no new key is made beside an encrypted database");
}

/// A run under a shell's limits.
pub(crate) fn limited(home: &Home, limits: &str, arguments: &[&OsStr]) -> Command {
    let inner = home.command(arguments);
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", &format!("{limits}; trap '' XFSZ; exec \"$0\" \"$@\"")])
        .arg(inner.get_program())
        .args(inner.get_args());
    shell.env_clear().current_dir(home.dir.path()).stdin(Stdio::null());
    for (name, value) in inner.get_envs() {
        shell.env(name, value.unwrap_or_default());
    }
    shell
}

#[test]
fn a_full_disk_is_told_and_leaves_no_half_log() {
    let (home, issue) = prepared();
    let prepared = snapshot(&home.data());
    // Hardly compresses, so that it needs room of its own: some 150 KiB.
    let mut state = 7_u64;
    let mut content = String::new();
    while content.len() < 300_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        content.push_str(&format!("{:016x}\n", state ^ (state >> 29)));
    }
    let log = home.file("big.log", &content);
    let (mut full, mut done) = (0, 0);
    for blocks in [1, 40, 64, 100, 200, 400, 600, 800, 1_000, 1_200, 4_000] {
        fs::remove_dir_all(home.data()).unwrap();
        fs::create_dir(home.data()).unwrap();
        for (path, bytes) in &prepared {
            fs::write(path, bytes).unwrap();
        }
        let mut command =
            limited(&home, &format!("ulimit -f {blocks}"), &args(&["log", "add", &issue, "--json"], &log));
        let run = Run::of(command.output().unwrap());
        let logs = list(&home.json(["log", "list"])["log_files"]);
        let audit = list(&home.json(["audit", "list"])["audit_log"]);
        let events = list(&home.json(["timeline", &issue])["timeline_events"]);
        let uploads = audit.iter().filter(|entry| entry["action"] == "upload_log_file").count();
        let shown = events.iter().filter(|event| event["event_type"] == "log_uploaded").count();
        assert_eq!((uploads, shown), (logs.len(), logs.len()), "{blocks} blocks");
        home.expect_sound();
        if run.status == 0 {
            done += 1;
            assert_eq!(logs.len(), 2);
            assert_eq!(home.bytes(["log", "show", "last"]), content.as_bytes());
        } else {
            full += 1;
            assert_eq!(run.fails(1).error_code(), "disk_full", "{blocks} blocks");
            assert_eq!(logs.len(), 1, "{blocks} blocks: said to have failed, and there");
        }
    }
    assert!(full >= 3 && done >= 1, "{full} runs met the limit, {done} did not");
}

fn spawn(home: &Home, words: &[&str]) -> Child {
    home.command(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Sends a signal when the command is in the middle of reading its input, which stays open.
fn interrupted(home: &Home, words: &[&str], signal: Signal) -> Run {
    let mut child = spawn(home, words);
    let mut stdin = child.stdin.take().unwrap();
    // More than a pipe holds: when this returns, the command has begun to read, long after it began to listen.
    stdin.write_all(SMALL.repeat(4_000).as_bytes()).unwrap();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let mut run = Run { status: 0, stdout: String::new(), stderr: String::new() };
    child.stdout.take().unwrap().read_to_string(&mut run.stdout).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut run.stderr).unwrap();
    run.status = child.wait().unwrap().code().unwrap_or(-1);
    drop(stdin);
    run
}

#[test]
fn an_interrupt_ends_with_130_and_keeps_nothing_unfinished() {
    let home = Home::new(BINARY);
    let issue = home.issue("interrupted");
    for words in [&["log", "add", &issue, "-"][..], &["triage", "-", "--out", "out"]] {
        let run = interrupted(&home, words, Signal::INT);
        assert_eq!(run.status, 130, "{run:#?}");
        assert!(run.stderr.contains("interrupted") && run.stdout.is_empty(), "{run:#?}");
        assert_eq!(interrupted(&home, words, Signal::TERM).status, 143);
    }
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 1);
    expect_nothing_written(&home);
    expect_no_log(&home);
}

#[test]
fn an_output_folder_that_cannot_be_made_is_told_before_the_work() {
    let home = Home::new(BINARY);
    let log = home.file("a.log", SMALL);
    home.file("out", "a file in its place");
    for out in ["out", "out/below", "/proc/no-such-folder"] {
        let run = home.run(args(&["triage", "--json", "--out", out], &log)).fails(1);
        assert_eq!(run.error_code(), "unwritable");
        assert!(run.stdout.contains(out), "{run:#?}");
    }
    assert_eq!(fs::read_to_string(home.path("out")).unwrap(), "a file in its place");
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 0);
    expect_no_log(&home);
}

#[test]
#[cfg(target_os = "linux")]
fn an_export_that_fails_after_the_work_keeps_the_work() {
    let home = Home::new(BINARY);
    let log = home.file("a.log", SMALL);
    // A folder in which no file can be made, for root either.
    let run = home.run(args(&["triage", "--json", "--out", "/proc/self"], &log)).fails(1);
    assert_eq!(run.error_code(), "unwritable");
    assert!(run.stdout.contains("trcaa issue show"), "{run:#?}");
    home.expect_sound();
    let exported = home.json(["doc", "export", "last", "--format", "md", "--out", "kept.md"]);
    assert!(home.path(&text(&exported["path"])).exists());
}

#[test]
fn a_name_in_the_way_is_not_followed_out_of_the_folder() {
    let home = Home::new(BINARY);
    let log = home.file("a.log", SMALL);
    let target = home.file("precious", "mine");
    fs::create_dir(home.path("out")).unwrap();
    for name in ["rca-x.md", "rca-x.html"] {
        symlink(&target, home.path("out").join(name)).unwrap();
    }
    let report = home.json(args(&["triage", "--title", "x", "--out", "out"], &log));
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
    for path in list(&report["exported"]) {
        let meta = fs::symlink_metadata(home.path(&text(&path))).unwrap();
        assert!(meta.is_file(), "{path}");
    }
    let out = home.path("out").join("rca-x.md");
    assert_eq!(home.refused(args(&["doc", "export", "last", "--format", "md", "--out"], &out), 1), "exists");
    assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
}

#[test]
fn titles_are_one_line_without_control_characters() {
    let home = Home::new(BINARY);
    let log = home.file("a.log", SMALL);
    for title in ["a\u{1b}[31mb", "two\nlines", "\t", "bell\u{7}", "", "   ", &"x".repeat(301), "c1 \u{9b}31m"] {
        assert_eq!(home.refused(["issue", "new", title], 2), "bad_title", "{title:?}");
        assert_eq!(home.refused(args(&["triage", "--title", title], &log), 2), "bad_title", "{title:?}");
    }
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 0);
    home.issue(&"x".repeat(300));
    assert_eq!(home.refused(["issue", "edit", "last", "--title", "a\u{1b}b"], 2), "bad_title");
}

fn expect_harmless(run: &Run, of: &str) {
    for stream in [&run.stdout, &run.stderr] {
        let bad = stream
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        assert_eq!(bad, None, "{of}: {run:#?}");
    }
}

#[test]
fn escapes_in_a_file_name_reach_no_terminal() {
    let home = Home::new(BINARY);
    let issue = home.issue("names");
    let name = "evil\u{1b}]0;owned\u{7}\u{1b}[31m\u{202e}gol.txt";
    let file = home.file(name, SMALL);
    expect_harmless(&home.run(args(&["log", "add", &issue], &file)).ok(), "log add");
    expect_harmless(
        &home.run(args(&["log", "add", &issue], &home.path("gone\u{1b}[2J.log"))).fails(1),
        "log add of none",
    );
    expect_harmless(&home.run(args(&["triage", "--out", "out"], &file)).ok(), "triage");
    for words in [
        &["log", "list"][..],
        &["issue", "show", "last"],
        &["issue", "list"],
        &["timeline", "last"],
        &["audit", "list"],
        &["search", "evil"],
        &["doc", "list"],
    ] {
        expect_harmless(&home.run(words).ok(), &words.join(" "));
    }
    for entry in fs::read_dir(home.path("out")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name.chars().all(|c| c.is_alphanumeric() || "-.".contains(c)), "{name:?}");
    }
    // Values that are not text at all are still names of files.
    let odd = home.dir.path().join(OsString::from_vec(b"odd\xff.log".to_vec()));
    fs::write(&odd, "2026-11-21 10:00:09 another\n").unwrap();
    let added = home.json(args(&["log", "add", &issue], &odd));
    assert_eq!(added["log_file"]["file_name"], "odd\u{fffd}.log");
}

#[test]
fn descriptions_and_documents_are_shown_without_escapes() {
    let home = Home::new(BINARY);
    let issue = home.json([
        "issue",
        "new",
        "x",
        "--description",
        "a\u{1b}[31mred\nsecond \u{202e}line",
        "--tag",
        "t\u{1b}[0m",
        "--source",
        "s\u{7}",
    ]);
    let id = text(&issue["issue"]["id"]);
    expect_harmless(&home.run(["issue", "show", &id]).ok(), "issue show");
    home.json(["why", &id, "--question", "why\u{1b}[1m?", "--answer", "be\u{1b}cause", "--evidence", "l\u{9b}ine"]);
    expect_harmless(&home.run(["why", "list", &id]).ok(), "why list");
    expect_harmless(&home.run(["issue", "resolve", &id, "--root-cause", "x\u{1b}[2Jy"]).ok(), "resolve");
    expect_harmless(&home.run(["timeline", &id]).ok(), "timeline");
    expect_harmless(&home.run(["issue", "show", "no\u{1b}[31msuch"]).fails(1), "no such id");
    expect_harmless(&home.run(["settings", "get", "no\u{1b}[31msuch"]).fails(2), "no such setting");
    expect_harmless(&home.run(["plugin", "show", "no\u{1b}[31msuch"]), "no such plugin");
    expect_harmless(&home.run(["shell", "classify", "echo \u{1b}[31m\u{202e}"]).ok(), "classify");
}
