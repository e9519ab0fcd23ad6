//! Killed at every write: whatever the moment, the store opens, is sound, and holds a log whole or not at all.
//!
//! A small library is put between the binary and its C library. It counts the calls that change files below the data
//! folder and ends the process with SIGKILL at a chosen one: before the call, or with half of its bytes written. What
//! this does not show is a loss of power, in which written pages may vanish: that is the work of fsync, and of SQLite.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// Stands in a title and a file name, which are stored as they are, and must not be found in any file.
const CANARY: &str = "canary-7f3a9c";
/// More calls than the bounded jobs below make; a loop that gets here has stopped killing.
const CALLS_MAX: usize = 2_000;
/// Points at which a triage is killed, spread evenly over its calls.
const TRIAGE_POINTS: usize = 40;

const SHIM: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static long calls, kill_at = -1;
static int torn;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *at = getenv("SHIM_KILL_AT");
    if (at) kill_at = atol(at);
    torn = getenv("SHIM_TORN") != NULL;
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

static int is_ours(int file) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return below(path);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

/* Whether this call is the chosen one. */
static int counted(void) { return __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == kill_at; }

#define REAL(name) static __typeof__(&name) real; if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *bytes, size_t count) {
    REAL(write);
    if (is_ours(file) && counted()) { if (torn) real(file, bytes, count / 2); die(); }
    return real(file, bytes, count);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
    REAL(writev);
    if (is_ours(file) && counted()) { if (torn && count > 0) real(file, parts, 1); die(); }
    return real(file, parts, count);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) {
    REAL(pwrite);
    if (is_ours(file) && counted()) { if (torn) real(file, bytes, count / 2, at); die(); }
    return real(file, bytes, count, at);
}
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    REAL(pwrite64);
    if (is_ours(file) && counted()) { if (torn) real(file, bytes, count / 2, at); die(); }
    return real(file, bytes, count, at);
}
int fsync(int file) { REAL(fsync); if (is_ours(file) && counted()) die(); return real(file); }
int fdatasync(int file) { REAL(fdatasync); if (is_ours(file) && counted()) die(); return real(file); }
int ftruncate(int file, off_t length) { REAL(ftruncate); if (is_ours(file) && counted()) die(); return real(file, length); }
int ftruncate64(int file, off64_t length) { REAL(ftruncate64); if (is_ours(file) && counted()) die(); return real(file, length); }
int unlink(const char *path) { REAL(unlink); if (below(path) && counted()) die(); return real(path); }
int rename(const char *from, const char *to) { REAL(rename); if (below(from) && counted()) die(); return real(from, to); }
"#;

struct Shim {
    library: PathBuf,
    _dir: tempfile::TempDir,
}

fn shim() -> Shim {
    let dir = tempfile::tempdir().unwrap();
    let (source, library) = (dir.path().join("shim.c"), dir.path().join("shim.so"));
    fs::write(&source, SHIM).unwrap();
    let built =
        Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).args([&library, &source]).arg("-ldl").output();
    let built = built.expect("this test needs a C compiler named cc");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Shim { library, _dir: dir }
}

/// What became of a run.
enum End {
    Killed,
    Itself { calls: usize },
}

impl Shim {
    /// Runs with a kill at call `at` (from 1); the process ends by itself where it makes fewer.
    fn run<A: AsRef<OsStr>>(&self, home: &Home, args: impl IntoIterator<Item = A>, at: usize, torn: bool) -> End {
        let count = home.path("calls");
        let mut command = home.command(args);
        command.env("LD_PRELOAD", &self.library).env("SHIM_FOLDER", home.data()).env("SHIM_COUNT", &count);
        command.env("SHIM_KILL_AT", at.to_string());
        if torn {
            command.env("SHIM_TORN", "1");
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        if std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9) {
            return End::Killed;
        }
        Run::of(output).ok();
        End::Itself { calls: fs::read_to_string(count).unwrap().parse().unwrap() }
    }
}

/// A home whose data folder is a copy of another's.
fn copy_of(prepared: &Home) -> Home {
    let home = Home::new(BINARY);
    copy(&prepared.data(), &home.data());
    home
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

fn content() -> String {
    let line = |n: usize| {
        format!(
            "2026-11-21 10:{:02}:{:02} ERROR writer {}: No space left on device {:x}\n",
            n / 60 % 60,
            n % 60,
            n,
            n * n * 2_654_435_761
        )
    };
    (0..400).map(line).collect()
}

fn count(rows: &[Value], field: &str, value: &str) -> usize {
    rows.iter().filter(|row| row[field] == value).count()
}

/// Looks at the bytes as a thief would, before the store is opened again.
fn expect_no_canary(home: &Home, point: &str) {
    for entry in fs::read_dir(home.data()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!found, "{point}: in clear in {}", path.display());
        }
    }
}

/// Gives whether the log is there; half of one fails the test.
fn expect_whole_or_absent(home: &Home, content: &str, point: &str) -> bool {
    let check = home.run(["db", "check", "--json"]);
    assert_eq!(check.status, 0, "{point}: {check:#?}");
    let detail = home.json(["issue", "show", "last"]);
    let logs = list(&detail["log_files"]);
    let audit = list(&home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    let uploads = count(&audit, "action", "upload_log_file");
    let events = count(&list(&detail["timeline_events"]), "event_type", "log_uploaded");
    assert_eq!((uploads, events), (logs.len(), logs.len()), "{point}: log, timeline and trail tell different stories");
    assert!(logs.len() <= 1, "{point}");
    for log in &logs {
        assert_eq!(home.bytes(["log", "show", &text(&log["id"])]), content.as_bytes(), "{point}");
    }
    !logs.is_empty()
}

fn kill_an_ingest_at_every_call(torn: bool) {
    let shim = shim();
    let prepared = Home::new(BINARY);
    let issue = prepared.issue(CANARY);
    let content = content();
    let (mut absent, mut whole) = (0, 0);
    for at in 1..=CALLS_MAX {
        let home = copy_of(&prepared);
        let log = home.file(&format!("{CANARY}.log"), &content);
        let end = shim.run(&home, ["log".as_ref(), "add".as_ref(), issue.as_ref(), log.as_os_str()], at, torn);
        expect_no_canary(&home, &format!("call {at}, torn: {torn}"));
        let there = expect_whole_or_absent(&home, &content, &format!("call {at}, torn: {torn}"));
        match end {
            End::Killed if there => whole += 1,
            End::Killed => {
                absent += 1;
                // What was killed can be done again.
                home.json(["log".as_ref(), "add".as_ref(), issue.as_ref(), log.as_os_str()]);
            }
            End::Itself { calls } => {
                assert!(there, "a run that was not killed did its work");
                assert!(calls < at, "{calls} calls, and not killed at call {at}");
                assert!(absent >= 3 && whole >= 1, "killed before the commit {absent} times, behind it {whole} times");
                return;
            }
        }
    }
    panic!("still killed at call {CALLS_MAX}");
}

#[test]
fn a_log_killed_before_any_write_is_whole_or_absent() {
    kill_an_ingest_at_every_call(false);
}

#[test]
fn a_log_killed_within_any_write_is_whole_or_absent() {
    kill_an_ingest_at_every_call(true);
}

#[test]
fn a_store_killed_while_it_is_made_opens_the_next_time() {
    let shim = shim();
    let mut killed = 0;
    // Every seventh: making a store runs all migrations, and each kill needs a new one.
    for at in (1..=CALLS_MAX).step_by(7) {
        let home = Home::new(BINARY);
        let end = shim.run(&home, ["issue", "new", "first"], at, at % 2 == 0);
        let issues = list(&home.json(["issue", "list"])["issues"]);
        home.expect_sound();
        match end {
            End::Killed => killed += 1,
            End::Itself { .. } => {
                assert_eq!(issues.len(), 1);
                assert!(killed >= 5, "{killed}");
                return;
            }
        }
    }
    panic!("still killed at call {CALLS_MAX}");
}

#[test]
fn a_triage_killed_anywhere_leaves_only_whole_steps() {
    let shim = shim();
    let prepared = Home::new(BINARY);
    prepared.issue("before");
    let content = format!("{}2026-11-21 11:00:00 INFO mail to anna.berg@example.com from 192.0.2.17\n", content());
    let args = |home: &Home| {
        let log = home.file("a.log", &content);
        ["triage".into(), log.into_os_string(), "--out".into(), home.path("out").into_os_string()]
    };
    let first = copy_of(&prepared);
    let End::Itself { calls } = shim.run(&first, args(&first), usize::MAX >> 1, false) else {
        panic!("killed at no call")
    };
    assert!((TRIAGE_POINTS..CALLS_MAX).contains(&calls), "{calls} calls");
    for point in 0..TRIAGE_POINTS {
        let at = 1 + point * (calls - 1) / (TRIAGE_POINTS - 1);
        let home = copy_of(&prepared);
        let end = shim.run(&home, args(&home), at, point % 2 == 1);
        let place = format!("call {at} of {calls}");
        expect_whole_steps(&home, &content, &place);
        // The number of calls may differ by a few from run to run, as ids and times compress differently.
        assert!(matches!(end, End::Killed) || at + 5 > calls, "{place}: not killed");
    }
}

fn expect_whole_steps(home: &Home, content: &str, place: &str) {
    let check = home.run(["db", "check", "--json"]);
    assert_eq!(check.status, 0, "{place}: {check:#?}");
    let issues = list(&home.json(["issue", "list"])["issues"]);
    let logs = list(&home.json(["log", "list"])["log_files"]);
    assert_eq!(logs.len(), issues.len() - 1, "{place}: the issue comes with its log");
    let audit = list(&home.json(["audit", "list", "--limit", "1000"])["audit_log"]);
    let detail = home.json(["issue", "show", "last"]);
    let events = list(&detail["timeline_events"]);
    assert_eq!(count(&audit, "action", "upload_log_file"), logs.len(), "{place}");
    for log in &logs {
        let id = text(&log["id"]);
        assert_eq!(home.bytes(["log", "show", &id]), content.as_bytes(), "{place}");
        let spans = list(&home.json(["pii", "spans", &id])["spans"]);
        assert!(spans.iter().all(|span| span["original_value"] == ""), "{place}");
        assert_eq!(count(&audit, "action", "apply_redactions"), usize::from(log["redacted"] == 1), "{place}");
        if log["redacted"] == 1 {
            let copy = String::from_utf8(home.bytes(["log", "show", &id, "--redacted"])).unwrap();
            assert!(
                !copy.contains("anna.berg") && !copy.contains("192.0.2.17") && copy.len() > content.len() / 2,
                "{place}"
            );
        } else {
            assert!(spans.is_empty(), "{place}: spans without the copy they belong to");
        }
    }
    let conversations = list(&detail["conversations"]).len();
    assert!(
        count(&audit, "action", "ai_send") >= conversations,
        "{place}: an answer without the record of what was sent"
    );
    let steps = list(&detail["resolution_steps"]).len();
    assert_eq!(count(&events, "event_type", "why_level_advanced"), steps, "{place}");
    let documents = list(&home.json(["doc", "list"])["documents"]).len();
    assert_eq!(count(&events, "event_type", "rca_generated"), documents, "{place}");
    let exported = count(&events, "event_type", "document_exported");
    let files = fs::read_dir(home.path("out")).map(|entries| {
        let names = entries.map(|entry| entry.unwrap().path());
        names.filter(|path| path.extension().is_some_and(|e| e == "md" || e == "html")).collect::<Vec<_>>()
    });
    let files = files.unwrap_or_default();
    assert!(files.len() >= exported, "{place}: recorded and not there");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let whole = if file.extension().is_some_and(|e| e == "html") {
            text.trim_end().ends_with("</html>")
        } else {
            text.contains("Lessons Learned")
        };
        assert!(whole, "{place}: half of {}", file.display());
    }
}
