//! Things that are no database, or may not be written, where the database belongs.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tests::{Home, Run};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
/// Whom a test that runs as root lets the binary run as: root may write anywhere.
const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_is_no_regular_file_is_neither_opened_nor_waited_for() {
    for what in ["fifo", "folder", "link", "dangling link"] {
        let home = Home::new(BINARY);
        home.issue("prepared");
        let database = home.data().join("tftsr.db");
        let elsewhere = home.path("elsewhere");
        fs::rename(&database, &elsewhere).unwrap();
        match what {
            "fifo" => assert!(Command::new("mkfifo").arg(&database).status().unwrap().success()),
            "folder" => fs::create_dir(&database).unwrap(),
            "link" => symlink(&elsewhere, &database).unwrap(),
            _ => symlink(home.path("nowhere"), &database).unwrap(),
        }
        for words in [vec!["issue", "list"], vec!["db", "check"], vec!["db", "restore", "--yes", "elsewhere"]] {
            let code = home.refused(&words, 1);
            // Through the link the file elsewhere is the database itself.
            assert!(code == "file" || (what == "link" && code == "bad_path"), "{what}: {words:?}: {code}");
        }
        let run = home.run(["db", "status"]).fails(1);
        assert!(run.stderr.contains("a link or no regular file"), "{what}: {run:#?}");
        assert!(!home.path("nowhere").exists(), "{what}");
    }
}

#[test]
fn a_backup_is_no_pipe_and_no_folder() {
    let home = Home::new(BINARY);
    home.issue("prepared");
    assert!(Command::new("mkfifo").arg(home.path("pipe")).status().unwrap().success());
    for words in [
        vec!["db", "backup", "--force", "pipe"],
        vec!["db", "backup", "--force", "data"],
        vec!["db", "export", "--force", "pipe"],
        vec!["db", "restore", "--yes", "pipe"],
        vec!["db", "restore", "--yes", "data"],
    ] {
        assert_eq!(home.refused(&words, 1), "bad_path", "{words:?}");
    }
    assert_eq!(home.refused(["db", "backup", "no/such/b"], 1), "file");
    home.expect_sound();
}

#[test]
fn a_folder_that_may_only_be_read_is_told_and_stays_as_it_is() {
    let home = Home::new(BINARY);
    home.issue("prepared");
    let database = home.data().join("tftsr.db");
    let before = fs::read(&database).unwrap();
    let as_root = rustix::process::geteuid().is_root();
    if as_root {
        set_mode(home.dir.path(), 0o755);
        for path in [&home.data(), &database] {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    set_mode(&database, 0o400);
    set_mode(&home.data(), 0o500);
    // Out of the way of folders that nobody may enter.
    let binary = home.path("trcaa");
    fs::copy(BINARY, &binary).unwrap();
    for words in [["issue", "new", "second"].as_slice(), &["db", "check"], &["issue", "list"]] {
        let inner = home.command(words);
        let mut command = Command::new(&binary);
        command.env_clear().args(inner.get_args()).arg("--json").current_dir(home.dir.path()).stdin(Stdio::null());
        command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
        if as_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        let run = Run::of(command.output().unwrap()).fails(1);
        assert_eq!(run.error_code(), "read_only", "{words:?}: {run:#?}");
        assert!(run.stdout.contains("writable"), "{run:#?}");
    }
    assert_eq!(fs::read(&database).unwrap(), before);
    set_mode(&home.data(), 0o700);
    assert_eq!(fs::read_dir(home.data()).unwrap().count(), 1, "nothing was left beside it");
}

#[test]
fn a_folder_that_others_may_read_is_closed() {
    let home = Home::new(BINARY);
    home.issue("prepared");
    set_mode(&home.data(), 0o755);
    set_mode(&home.data().join("tftsr.db"), 0o644);
    home.expect_sound();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&home.data()), mode(&home.data().join("tftsr.db"))), (0o700, 0o600));
}
