//! What the store owns is written by nothing but the store, and what it says of keys is never half heard.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tests::{Home, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

#[test]
fn no_output_takes_the_place_of_a_file_of_the_store() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    let png = home.file("a.png", PNG);
    let add = ["image".as_ref(), "add".as_ref(), issue.as_ref(), png.as_os_str(), "--acknowledge-pii".as_ref()];
    home.json(add);
    home.json(["doc", "rca", &issue]);
    for name in ["tftsr.db", "tftsr.key", "tftsr.key.next", "tftsr.db-wal", "tftsr.db.new"] {
        let target = home.data().join(name).into_os_string();
        let before = fs::read(&target).ok();
        for command in [
            &["doc", "export", "last", "--format", "md", "--force", "--out"][..],
            &["image", "show", "last", "--force", "--out"],
            &["audit", "checkpoint", "--out"],
        ] {
            let args: Vec<&OsStr> = command.iter().map(OsStr::new).chain([target.as_os_str()]).collect();
            assert_eq!(home.refused(args, 1), "bad_path", "{command:?} {name}");
        }
        if name != "tftsr.db-wal" && name != "tftsr.db" {
            assert_eq!(fs::read(&target).ok(), before, "{name}");
        }
    }
    home.expect_sound();
}

#[test]
fn a_key_that_is_no_text_is_refused_and_a_folder_is_taken_as_it_is() {
    let home = Home::new(BINARY);
    let odd = OsString::from_vec(b"p\xffss phrase".to_vec());
    for name in ["TRCAA_DB_KEY", "TFTSR_DB_KEY", "TRCAA_ENCRYPTION_KEY", "TFTSR_ENCRYPTION_KEY"] {
        let mut command = home.command(["issue", "new", "t", "--json"]);
        if name == "TFTSR_DB_KEY" {
            command.env_remove("TRCAA_DB_KEY");
        }
        let run = tests::Run::of(command.env(name, &odd).stdin(Stdio::null()).output().unwrap()).fails(2);
        assert_eq!(run.error_code(), "key", "{name}");
        assert!(run.stdout.contains(name), "{run:#?}");
    }
    assert!(!home.data().exists(), "nothing was made");
    let folder = home.dir.path().join(PathBuf::from(OsString::from_vec(b"d\xffta".to_vec())));
    let mut command = home.command(["issue", "new", "t"]);
    let run = tests::Run::of(command.env("TRCAA_DATA_DIR", &folder).stdin(Stdio::null()).output().unwrap());
    // SQLite attaches files by names that are text; what matters is that no other folder is taken instead.
    assert!(run.status == 0 && folder.join("tftsr.db").exists() || run.status == 1, "{run:#?}");
    assert!(!home.dir.path().join(".local").exists());
}

#[test]
fn an_export_in_clear_that_is_ended_leaves_nothing_behind() {
    let home = Home::new(BINARY);
    let issue = home.issue("t");
    let line = "2026-11-21 10:00:00 INFO anna.berg@example.com logged in\n";
    home.log(&issue, "big.log", line.repeat(400_000));
    let out = home.path("out");
    fs::create_dir(&out).unwrap();
    let target = out.join("dump.jsonl");
    let mut command = home.command(["db", "export", "--clear", "--yes"]);
    let mut child =
        command.arg(&target).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let written =
        || fs::read_dir(&out).unwrap().flatten().any(|entry| entry.metadata().is_ok_and(|meta| meta.len() > 0));
    while !written() && child.try_wait().unwrap().is_none() {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was written");
        std::thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).ok();
    let status = child.wait().unwrap();
    let left: Vec<String> =
        fs::read_dir(&out).unwrap().map(|entry| text(&entry.unwrap().file_name().to_string_lossy().into())).collect();
    // Where it was quicker than the signal, the whole file is there and nothing else.
    assert_eq!(left, if status.success() { vec!["dump.jsonl".to_owned()] } else { Vec::new() }, "{status}");
}
