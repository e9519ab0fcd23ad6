//! Somebody who can write in the plugin folder, and has no key of the database.
#![cfg(unix)]

use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::*;

/// Longest that a command may take here; the slowest compiles a small component in a debug build.
const PATIENCE: Duration = Duration::from_secs(60);

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Runs to its end, which has to come.
fn ends(home: &Home, args: &[&str]) -> Run {
    let mut child = home
        .command(args)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Run::of(child.wait_with_output().unwrap())
}

fn with_detector() -> Home {
    let home = Home::new(BINARY);
    let file = home.file("d.wasm", tests::HOSTILE_DETECTOR);
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    home
}

fn only(folder: &Path, end: &str) -> PathBuf {
    let mut entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.to_string_lossy().ends_with(end)).unwrap()
}

const TRIAGE: [&str; 4] = ["triage", "a.log", "--out", "out"];

#[test]
fn pipes_in_the_place_of_files_hold_nothing_up() {
    let home = with_detector();
    let plugins = home.data().join("plugins");
    pipe(&plugins.join("x.wasm"));
    ends(&home, &["issue", "list"]).ok();
    let listed = list(&ends(&home, &["plugin", "list"]).ok().answer()["plugins"]);
    assert!(listed.iter().any(|p| p["source"] == "x.wasm" && p["reason"] == "it is no regular file"), "{listed:#?}");
    ends(&home, &["plugin", "enable", "x.wasm"]).fails(1);

    // Native code is compiled anew where what is kept is no file.
    let code = only(&plugins.join(".code"), ".cwasm");
    fs::remove_file(&code).unwrap();
    pipe(&code);
    ends(&home, &TRIAGE).ok();
    ends(&home, &TRIAGE).ok();
    fs::remove_file(&code).unwrap();
    pipe(&code);
    let found = ends(&home, &["plugin", "verify"]).fails(1).answer();
    assert_eq!(found["error"]["findings"][0]["subject"], "native_code");

    let lock = plugins.join("trcaa.lock");
    fs::remove_file(&lock).unwrap();
    pipe(&lock);
    let found = ends(&home, &["plugin", "verify"]).fails(1).answer();
    assert!(list(&found["error"]["findings"]).iter().any(|f| f["subject"] == "lock_file"), "{found}");

    let component = only(&plugins.join(".installed"), ".wasm");
    fs::remove_file(&component).unwrap();
    pipe(&component);
    assert_eq!(ends(&home, &TRIAGE).fails(1).error_code_of(), "plugin_missing");

    let guard = plugins.join(".installed/.changing");
    fs::remove_file(&guard).unwrap();
    pipe(&guard);
    assert_eq!(
        ends(&home, &["plugin", "remove", "hostile-detector", "--yes"]).fails(1).error_code_of(),
        "plugin_files"
    );
}

#[test]
fn links_lead_nowhere_and_what_they_lead_to_stays_as_it_is() {
    let home = with_detector();
    let plugins = home.data().join("plugins");
    let precious = home.file("precious.txt", "mine");
    // The lock file: replaced, not written through.
    let lock = plugins.join("trcaa.lock");
    fs::remove_file(&lock).unwrap();
    symlink(&precious, &lock).unwrap();
    let found = ends(&home, &["plugin", "verify"]).fails(1).answer();
    assert!(list(&found["error"]["findings"]).iter().any(|f| f["subject"] == "lock_file"), "{found}");
    install(&home, &demo("1.0.0", READS));
    assert!(!lock.symlink_metadata().unwrap().is_symlink());
    // A component.
    let component = only(&plugins.join(".installed"), ".wasm");
    let kept = home.path("kept.wasm");
    fs::rename(&component, &kept).unwrap();
    symlink(&kept, &component).unwrap();
    let found = ends(&home, &["plugin", "verify"]).fails(1).answer();
    assert!(text(&found["error"]["findings"][0]["problem"]).contains("symbolic link"), "{found}");
    fs::remove_file(&component).unwrap();
    fs::rename(&kept, &component).unwrap();
    // The folders, which are cleared of what is not theirs.
    for (below, elsewhere) in [(".code", "drop"), (".installed", "drop"), (".code", ".installed")] {
        let (place, aside, drop) = (plugins.join(below), home.path("aside"), plugins.join("drop"));
        fs::create_dir_all(&drop).unwrap();
        fs::write(drop.join("precious.txt"), "mine").unwrap();
        fs::rename(&place, &aside).unwrap();
        symlink(elsewhere, &place).unwrap();
        let file = home.file("next.wasm", demo("1.1.0", READS));
        let run = ends(&home, &["plugin", "update", "demo", file.to_str().unwrap()]).fails(1);
        assert_eq!(run.error_code_of(), "plugin_files", "{below}");
        assert_eq!(fs::read(drop.join("precious.txt")).unwrap(), b"mine");
        fs::remove_file(&place).unwrap();
        fs::rename(&aside, &place).unwrap();
    }
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    assert_eq!(fs::read(&precious).unwrap(), b"mine");
}

#[test]
fn a_folder_that_everybody_can_write_in_is_found() {
    let home = with_detector();
    let plugins = home.data().join("plugins");
    fs::set_permissions(&plugins, fs::Permissions::from_mode(0o777)).unwrap();
    let found = home.run(["plugin", "verify", "--json"]).fails(1).answer();
    assert_eq!(found["error"]["findings"][0]["subject"], "folder");
    fs::set_permissions(&plugins, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
}

#[test]
fn a_flooded_folder_stops_no_other_command_and_no_switching_off() {
    let home = with_detector();
    let plugins = home.data().join("plugins");
    for n in 0..2_000 {
        fs::write(plugins.join(format!("{n}.txt")), b"").unwrap();
    }
    home.json(["plugin", "list"]);
    for n in 0..300 {
        fs::write(plugins.join(format!("{n}\u{1b}[2J\u{202e}.wasm")), b"").unwrap();
    }
    let run = home.run(["issue", "list"]).ok();
    assert!(run.stderr.contains("more than 256 plugins") && !run.stderr.contains('\u{1b}'), "{run:#?}");
    assert_eq!(home.refused(["plugin", "list"], 1), "plugin_folder");
    ends(&home, &TRIAGE).ok();
    assert_eq!(home.json(["plugin", "disable", "hostile-detector"])["plugin"]["state"], "disabled");
    home.run(["plugin", "remove", "hostile-detector", "--yes"]).ok();
    for n in 10..300 {
        fs::remove_file(plugins.join(format!("{n}\u{1b}[2J\u{202e}.wasm"))).unwrap();
    }
    for args in [&["issue", "list"][..], &["plugin", "list"]] {
        let run = home.run(args).ok();
        assert!(!(run.stdout + &run.stderr).contains(['\u{1b}', '\u{202e}']), "{args:?}");
    }
}

#[test]
fn a_version_whose_file_was_changed_is_not_gone_back_to() {
    let home = Home::new(BINARY);
    let before = install(&home, &demo("1.0.0", READS));
    update(&home, &demo("1.1.0", READS), &[]).ok();
    let file = home.data().join(format!("plugins/.installed/{}.wasm", text(&before["sha256"])));
    fs::write(&file, signed(&component("demo", "1.0.0", WRITES), &ADA)).unwrap();
    let run = home.run(["plugin", "rollback", "demo", "--json"]).fails(1);
    assert!(text(&run.answer()["error"]["message"]).contains("changed since it was installed"), "{run:#?}");
    assert_eq!(show(&home)["version"], "1.1.0");
    let found = home.run(["plugin", "verify", "--json"]).fails(1).answer();
    assert_eq!(found["error"]["findings"][0]["subject"], "file");
}

#[test]
fn two_processes_that_install_switch_and_update_at_once_leave_one_plugin_whole() {
    let home = Home::new(BINARY);
    home.issue("x");
    let first = home.file("one.wasm", demo("1.0.0", READS));
    let second = home.file("two.wasm", demo("1.1.0", READS));
    let start = |args: &[&str]| {
        home.command(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [&first, &second].map(|file| start(&["plugin", "install", file.to_str().unwrap(), "--yes", "--json"]));
    let mut codes = both.map(|child| {
        let run = Run::of(child.wait_with_output().unwrap());
        if run.status == 0 { "installed".to_owned() } else { run.error_code_of() }
    });
    codes.sort();
    assert_eq!(codes, ["already_installed", "installed"]);
    assert_eq!((installed_files(&home), home.json(["plugin", "verify"])["findings"].clone()), (1, json!([])));

    for round in 2..6 {
        let next = home.file("next.wasm", demo(&format!("{round}.0.0"), READS));
        let updating = start(&["plugin", "update", "demo", next.to_str().unwrap(), "--json"]);
        let switching: Vec<_> =
            ["disable", "enable", "disable", "enable"].map(|word| start(&["plugin", word, "demo", "--json"])).into();
        assert!(updating.wait_with_output().unwrap().status.success());
        for child in switching {
            child.wait_with_output().unwrap();
        }
        assert_eq!(show(&home)["version"], format!("{round}.0.0"));
        assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    }
}
