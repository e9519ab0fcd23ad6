//! A disk that fills up at any write: told as such, with advice, and the store is whole and goes on.
//!
//! A small library between the binary and its C library answers ENOSPC to every write below one folder from a chosen
//! call on, as a full file system does: what would need new room fails, what was written stays. The same library ends
//! the process at a chosen call, for the commands that put whole files in the place of others.
#![cfg(target_os = "linux")]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// More writes than any of the commands below makes.
const WRITES_MAX: usize = 3_000;
/// Writes at which each command is failed, spread evenly over those it makes.
const POINTS: usize = 8;

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls, full_at = -1, kill_at = -1;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("SHIM_FULL_AT");
    if (at) full_at = atol(at);
    at = getenv("SHIM_KILL_AT");
    if (at) kill_at = atol(at);
    folder = getenv("SHIM_FOLDER");
}

__attribute__((destructor)) static void end(void) {
    const char *name = getenv("SHIM_COUNT");
    if (!name) return;
    char text[32];
    int length = snprintf(text, sizeof text, "%ld", calls);
    int file = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    syscall(SYS_write, file, text, length);
    close(file);
}

static int below(const char *path) { return folder && strncmp(path, folder, strlen(folder)) == 0; }

/* Ends the process at the chosen call that changes a file of ours. */
static void pass(int ours) {
    if (kill_at < 0 || !ours) return;
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == kill_at) { kill(getpid(), SIGKILL); for (;;) pause(); }
}

static int is_ours(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return below(path);
}

/* Whether there is no room any more. */
static int full(int file) {
    pass(is_ours(file));
    return is_ours(file) && full_at >= 0 && __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) >= full_at;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define REFUSE(file) do { if (full(file)) { errno = ENOSPC; return -1; } } while (0)

ssize_t write(int file, const void *bytes, size_t count) { REAL(write); REFUSE(file); return real(file, bytes, count); }
ssize_t writev(int file, const struct iovec *parts, int count) { REAL(writev); REFUSE(file); return real(file, parts, count); }
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { REAL(pwrite); REFUSE(file); return real(file, bytes, count, at); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) { REAL(pwrite64); REFUSE(file); return real(file, bytes, count, at); }
int fsync(int file) { REAL(fsync); pass(is_ours(file)); return real(file); }
int fdatasync(int file) { REAL(fdatasync); pass(is_ours(file)); return real(file); }
int ftruncate(int file, off_t length) { REAL(ftruncate); pass(is_ours(file)); return real(file, length); }
int ftruncate64(int file, off64_t length) { REAL(ftruncate64); pass(is_ours(file)); return real(file, length); }
int unlink(const char *path) { REAL(unlink); pass(below(path)); return real(path); }
int rename(const char *from, const char *to) { REAL(rename); pass(below(to)); return real(from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) { REAL(linkat); pass(below(to)); return real(a, from, b, to, flags); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags) {
    REAL(copy_file_range); REFUSE(to); return real(from, from_at, to, to_at, count, flags);
}
"#;

struct Shim {
    library: PathBuf,
    _dir: tempfile::TempDir,
}

fn shim() -> Shim {
    let dir = tempfile::tempdir().unwrap();
    let (source, library) = (dir.path().join("full.c"), dir.path().join("full.so"));
    fs::write(&source, SHIM).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl").output();
    let built = built.expect("this test needs a C compiler named cc");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Shim { library, _dir: dir }
}

impl Shim {
    /// Runs on a disk that is full from write `at` (from 1) on; gives the run and the number of writes.
    fn run(&self, home: &Home, args: &[OsString], folder: &Path, at: usize) -> (Run, usize) {
        let count = home.path("calls");
        let mut command = home.command(args);
        command.arg("--json").stdin(Stdio::null());
        command.env("LD_PRELOAD", &self.library).env("SHIM_FOLDER", folder).env("SHIM_COUNT", &count);
        command.env("SHIM_FULL_AT", at.to_string());
        let run = Run::of(command.output().unwrap());
        (run, fs::read_to_string(count).unwrap().parse().unwrap())
    }

    /// Runs with a kill at call `at` (from 1); gives the number of calls if it came to its end before.
    fn kill(&self, home: &Home, args: &[OsString], at: usize) -> Option<usize> {
        let count = home.path("calls");
        let mut command = home.command(args);
        command.arg("--json").stdin(Stdio::null()).env("LD_PRELOAD", &self.library);
        command.env("SHIM_FOLDER", home.data()).env("SHIM_COUNT", &count).env("SHIM_KILL_AT", at.to_string());
        let output = command.output().unwrap();
        if std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9) {
            return None;
        }
        Run::of(output).ok();
        Some(fs::read_to_string(count).unwrap().parse().unwrap())
    }
}

fn copy_of(prepared: &Home) -> Home {
    let home = Home::new(BINARY);
    fs::create_dir(home.data()).unwrap();
    for entry in fs::read_dir(prepared.data()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, home.data().join(path.file_name().unwrap())).unwrap();
    }
    home
}

fn content() -> String {
    let line =
        |n: u32| format!("2026-11-21 10:00:{:02} anna{n}@example.com {:08x}\n", n % 60, n.wrapping_mul(2_654_435_761));
    (0..2_000).map(line).collect()
}

/// One issue with one log, and a backup of that beside it.
struct Prepared {
    home: Home,
    backup: PathBuf,
    log: PathBuf,
}

fn prepared() -> Prepared {
    let home = Home::new(BINARY);
    let issue = home.issue("first");
    home.log(&issue, "first.log", content());
    let backup = home.path("made-before");
    home.json([OsStr::new("db"), OsStr::new("backup"), backup.as_os_str()]);
    let log = home.file("second.log", content().replace("anna", "bert"));
    Prepared { home, backup, log }
}

/// Everything that a person sees of the store.
fn seen(home: &Home) -> [String; 4] {
    let issues = home.json(["issue", "list"]);
    let logs = home.json(["log", "list"]);
    let audit = home.json(["audit", "list", "--limit", "1000"]);
    let events = home.json(["timeline", "last"]);
    [issues, logs, audit, events].map(|value| value.to_string())
}

/// Fails a command at writes spread over all that it makes; `below` is the folder whose disk is full.
fn fill_up(args: impl Fn(&Prepared, &Home) -> Vec<OsString>, below: impl Fn(&Home) -> PathBuf) {
    let shim = shim();
    let prepared = prepared();
    let first = copy_of(&prepared.home);
    let (run, writes) = shim.run(&first, &args(&prepared, &first), &below(&first), WRITES_MAX);
    run.ok();
    assert!((1..WRITES_MAX).contains(&writes), "{writes} writes");
    let mut refused = 0;
    for point in 0..POINTS.min(writes) {
        let at = 1 + point * (writes - 1) / (POINTS.min(writes) - 1).max(1);
        let home = copy_of(&prepared.home);
        let before = seen(&home);
        let (run, _) = shim.run(&home, &args(&prepared, &home), &below(&home), at);
        let place = format!("full from write {at} of {writes} on");
        home.expect_sound();
        if run.status == 0 {
            // Writes behind the commit, such as those of bringing the log into the file, are put off and not lost.
            continue;
        }
        refused += 1;
        assert_eq!(run.status, 1, "{place}: {run:#?}");
        assert_eq!(run.error_code(), "disk_full", "{place}: {run:#?}");
        let error = run.answer()["error"].clone();
        assert!(
            !list(&error["hints"]).is_empty() && text(&error["message"]).matches("disk I/O").count() == 0,
            "{error}"
        );
        assert_eq!(seen(&home), before, "{place}: something was kept of what was said to have failed");
        let left: Vec<_> = fs::read_dir(home.data()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let odd =
            |name: &OsString| ["part", "restoring", "kept"].iter().any(|odd| name.to_string_lossy().contains(odd));
        assert!(!left.iter().any(odd), "{place}: {left:?}");
        home.issue("goes on");
    }
    assert!(refused >= 1, "never refused in {writes} writes");
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

fn named(given: &[&str], file: impl Into<OsString>) -> Vec<OsString> {
    let mut args = words(given);
    args.push(file.into());
    args
}

#[test]
fn opening_an_issue() {
    fill_up(|_, _| words(&["issue", "new", "second"]), Home::data);
}

#[test]
fn attaching_a_log() {
    fill_up(|prepared, _| named(&["log", "add", "last"], &prepared.log), Home::data);
}

#[test]
fn a_backup_onto_a_full_data_disk() {
    fill_up(|_, home| named(&["db", "backup"], home.path("b")), Home::data);
}

#[test]
fn a_backup_onto_a_full_backup_disk() {
    fill_up(
        |_, home| {
            let _ = fs::create_dir(home.path("disk"));
            named(&["db", "backup"], home.path("disk/b"))
        },
        |home| home.path("disk"),
    );
}

#[test]
fn a_restore() {
    fill_up(|prepared, _| named(&["db", "restore", "--yes"], &prepared.backup), Home::data);
}

#[test]
fn an_export_onto_a_full_disk() {
    fill_up(
        |_, home| {
            let _ = fs::create_dir(home.path("disk"));
            named(&["db", "export", "--clear", "--yes"], home.path("disk/e"))
        },
        |home| home.path("disk"),
    );
}

#[test]
fn redactions_are_applied_whole_or_not_at_all() {
    let shim = shim();
    let prepared = prepared();
    let args = words(&["pii", "apply", "last"]);
    let first = copy_of(&prepared.home);
    let (run, writes) = shim.run(&first, &args, &first.data(), WRITES_MAX);
    run.ok();
    let mut refused = 0;
    for point in 0..POINTS {
        let at = 1 + point * (writes - 1) / (POINTS - 1);
        let home = copy_of(&prepared.home);
        let (run, _) = shim.run(&home, &args, &home.data(), at);
        home.expect_sound();
        let log = list(&home.json(["log", "list"])["log_files"])[0].clone();
        if run.status == 0 {
            assert_eq!(log["redacted"], 1);
            continue;
        }
        refused += 1;
        assert_eq!(run.fails(1).error_code(), "disk_full", "full from write {at} of {writes} on");
        // What was found before may be kept, as undecided spans; the copy is there with all of it or not at all.
        assert_eq!(log["redacted"], 0, "full from write {at} of {writes} on");
        home.json(["pii", "apply", "last"]);
    }
    assert!(refused >= 3, "{refused}");
}

/// The calls around the moment at which one database takes the other's place: all of them are tried.
const LAST_CALLS: usize = 20;

/// Kills a restore at calls spread over all, and at each of the last ones; the store is the old or the new one.
fn kill_a_restore(leave_a_log: bool) {
    let shim = shim();
    let prepared = prepared();
    prepared.home.issue("after");
    if leave_a_log {
        // Killed just when its write is acknowledged: what it wrote is in the log alone.
        let args = words(&["issue", "new", "in the log"]);
        let calls = shim.kill(&copy_of(&prepared.home), &args, WRITES_MAX).unwrap();
        let log = |home: &Home| fs::metadata(home.data().join("tftsr.db-wal")).map_or(0, |meta| meta.len());
        let at = (1..=calls).find(|at| {
            let home = copy_of(&prepared.home);
            shim.kill(&home, &args, *at).is_none()
                && log(&home) > 0
                && list(&copy_of(&home).json(["issue", "list"])["issues"]).len() == 3
        });
        assert!(shim.kill(&prepared.home, &args, at.unwrap()).is_none());
        assert!(log(&prepared.home) > 0);
    }
    let issues = if leave_a_log { 3 } else { 2 };
    let args = named(&["db", "restore", "--yes"], &prepared.backup);
    let calls = shim.kill(&copy_of(&prepared.home), &args, WRITES_MAX).unwrap();
    let spread = (0..POINTS).map(|point| 1 + point * calls / POINTS);
    let (mut old, mut new) = (0, 0);
    for at in spread.chain(calls.saturating_sub(LAST_CALLS)..=calls) {
        let home = copy_of(&prepared.home);
        if shim.kill(&home, &args, at.max(1)).is_some() {
            continue;
        }
        let place = format!("killed at call {at} of {calls}");
        home.expect_sound();
        match list(&home.json(["issue", "list"])["issues"]).len() {
            1 => new += 1,
            n if n == issues => old += 1,
            n => panic!("{place}: {n} issues"),
        }
        // Done again, it brings the one and keeps the other, in whatever state it found the folder.
        let restored = home.json(&args)["restored"].clone();
        assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 1, "{place}");
        home.json(["db".as_ref(), "restore".as_ref(), "--yes".as_ref(), OsStr::new(&text(&restored["kept"]))]);
        home.expect_sound();
    }
    assert!(old >= 3 && new >= 1, "{old} times the old one, {new} times the new one");
}

#[test]
fn a_restore_killed_anywhere_leaves_the_old_store_or_the_new_one() {
    kill_a_restore(false);
}

#[test]
fn a_restore_over_a_store_with_a_log_killed_anywhere_leaves_the_old_or_the_new_one() {
    kill_a_restore(true);
}

#[test]
fn installing_a_plugin() {
    fill_up(|_, home| named(&["plugin", "install", "--yes"], home.file("d.wasm", tests::HOSTILE_DETECTOR)), Home::data);
}

#[test]
fn an_installation_killed_anywhere_leaves_no_plugin_or_a_whole_one() {
    let shim = shim();
    let prepared = prepared();
    let file = prepared.home.file("d.wasm", tests::HOSTILE_DETECTOR);
    let args = named(&["plugin", "install", "--yes"], &file);
    let calls = shim.kill(&copy_of(&prepared.home), &args, WRITES_MAX).unwrap();
    let (mut without, mut with) = (0, 0);
    for at in (0..POINTS).map(|point| 1 + point * calls / POINTS).chain(calls.saturating_sub(LAST_CALLS)..=calls) {
        let home = copy_of(&prepared.home);
        if shim.kill(&home, &args, at).is_some() {
            continue;
        }
        let place = format!("killed at call {at} of {calls}");
        home.expect_sound();
        let listed = list(&home.json(["plugin", "list"])["plugins"]);
        match listed.iter().find(|plugin| plugin["id"] == "hostile-detector") {
            None => without += 1,
            Some(plugin) => {
                assert_eq!(plugin["state"], "enabled", "{place}");
                with += 1;
                // At most the lock file is behind, which is told.
                let verified = home.run(["plugin", "verify", "--json"]).answer();
                for finding in verified["error"]["findings"].as_array().into_iter().flatten() {
                    assert_eq!(finding["subject"], "lock_file", "{place}: {finding}");
                }
            }
        }
        // Done again, it is whole, and what was left behind is gone.
        home.json(&args);
        assert_eq!(home.json(["plugin", "verify"])["findings"], serde_json::json!([]), "{place}");
        let left = fs::read_dir(home.data().join("plugins/.installed")).unwrap();
        let left = left.filter(|entry| entry.as_ref().unwrap().file_name() != ".changing").count();
        assert_eq!(left, 1, "{place}");
    }
    assert!(without >= 3 && with >= 1, "{without} times without, {with} times with it");
}
