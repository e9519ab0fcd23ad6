//! Ends the binary at a chosen write.
//!
//! A small library is put between the binary and its C library. It counts the calls that change files below the data
//! folder and ends the process with SIGKILL at a chosen one: before the call, or with half of its bytes written. What
//! this does not show is a loss of power, in which written pages may vanish: that is the work of fsync, and of SQLite.
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Home, Run};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

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

pub(crate) struct Shim {
    library: PathBuf,
    _dir: tempfile::TempDir,
}

/// Compiles it.
pub(crate) fn shim() -> Shim {
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
pub(crate) enum End {
    Killed,
    Itself { calls: usize },
}

impl Shim {
    /// Runs with a kill at call `at` (from 1); the process ends by itself where it makes fewer.
    pub(crate) fn run<A: AsRef<OsStr>>(
        &self,
        home: &Home,
        args: impl IntoIterator<Item = A>,
        at: usize,
        torn: bool,
    ) -> End {
        self.run_command(home, home.command(args), b"", at, torn)
    }

    /// As [`Shim::run`], for a command that was prepared, with `input` on its standard input.
    pub(crate) fn run_command(&self, home: &Home, mut command: Command, input: &[u8], at: usize, torn: bool) -> End {
        let count = home.path("calls");
        command.env("LD_PRELOAD", &self.library).env("SHIM_FOLDER", home.data()).env("SHIM_COUNT", &count);
        command.env("SHIM_KILL_AT", at.to_string());
        if torn {
            command.env("SHIM_TORN", "1");
        }
        let input = fs::File::open(home.file("input", input)).unwrap();
        let output = command.stdin(input).output().unwrap();
        if std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9) {
            return End::Killed;
        }
        Run::of(output).ok();
        End::Itself { calls: fs::read_to_string(count).unwrap().parse().unwrap() }
    }
}

/// A home whose data folder is a copy of another's.
pub(crate) fn copy_of(prepared: &Home) -> Home {
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
