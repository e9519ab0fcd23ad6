//! Runs what was judged: a tier-1 line as programs in a cage, an approved tier-2 line by a shell.
//!
//! Owns processes, their limits, their environment, what confines them, and what they put out. Must not know tiers,
//! approvals, the store or the terminal; reads neither environment nor home (both are handed in).
//!
//! Invariants:
//! 1. Tier 1 never meets a shell: programs are looked up on a fixed path and started with the arguments that were judged.
//! 2. What confines a program is in force before its first instruction; what can't be put in force refuses the run.
//! 3. Nothing waits for ever: the wall limit ends everything that was started, wherever it hid, and pipes that
//!    somebody holds open hold up nobody.
//! 4. When the host dies, its commands die, and no kubeconfig is left in a file.
//!
//! How: a process beside the host starts the programs and watches them (`supervisor`); the host reads what they put
//! out (`capture`). The cage is `cage` (what), `files` (Landlock), `calls` (seccomp) and `needs` (which program may what).
//! Linux alone; elsewhere every run is refused.

#[cfg(target_os = "linux")]
mod cage;
#[cfg(target_os = "linux")]
mod calls;
#[cfg(target_os = "linux")]
mod capture;
mod environment;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod mounts;
#[cfg(target_os = "linux")]
mod needs;
#[cfg(target_os = "linux")]
mod prepared;
#[cfg(target_os = "linux")]
mod private;
#[cfg(target_os = "linux")]
mod raw;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod steps;
#[cfg(target_os = "linux")]
mod supervisor;
#[cfg(target_os = "linux")]
mod tree;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::plan::Plan;

pub use environment::{For, environment};

/// What is run, and how.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// The programs, or the line.
    pub what: What<'a>,
    /// The folder in which it runs.
    pub folder: &'a Path,
    /// Its environment, from [`environment()`]. `HOME`, `TMPDIR` (tier 1) and `KUBECONFIG` are set here, whatever it says.
    pub environment: Vec<(OsString, OsString)>,
    /// Where folders for single runs are made; made itself (0700) where it is missing.
    pub private: &'a Path,
    /// Folders in which programs are looked up before the fixed ones: by a setting of the user's; else none. They are in
    /// `PATH` too.
    pub programs: &'a [PathBuf],
    /// The content of the active kubeconfig: what kubectl (in tier 1), or the line, finds at `KUBECONFIG`. Without it
    /// there is none, not the user's own.
    pub kubeconfig: Option<&'a [u8]>,
    /// Files and folders whose content can't be read in the cage, however they are reached. A name stays visible.
    pub hidden: Vec<PathBuf>,
    /// What it may use up.
    pub limits: Limits,
    /// What happens where the kernel lacks a part of the cage.
    pub cage: Cage,
    /// What happens to processes that are still there when it is over.
    pub leftovers: Leftovers,
}

/// What is run.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// Tier 1: programs with their arguments, in the cage.
    Argv(&'a Plan),
    /// Tier 2, approved: a line for `/bin/bash`, else `/bin/sh`. Not in the cage.
    Line(&'a str),
}

/// What happens where the kernel lacks a part of the cage (see [`abilities`]). A part that the kernel has and that can't be
/// put in force always refuses the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cage {
    /// The run is refused.
    Whole,
    /// It goes on with what there is, and [`Ran::without`] tells.
    WhatThereIs,
}

/// What happens to processes that a finished line left running, in the background or as daemons. Limits, a stop and the
/// host's death end them in either case, as long as the line itself is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftovers {
    /// They are ended. Tier 1 always does that.
    End,
    /// They go on, without limits, and without the kubeconfig: it is emptied.
    Leave,
}

/// What a run may use up. Where it says so, `u64::MAX` means no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time for all of it.
    pub wall: Duration,
    /// Bytes kept of each stream; what is beyond is counted and dropped.
    pub output_bytes: usize,
    /// Processor time of each process, in seconds, or `u64::MAX`.
    pub cpu_seconds: u64,
    /// Memory of each process, and of all together, or `u64::MAX`. The sum is looked at every 50 ms.
    pub memory_bytes: u64,
    /// Processes at a time, or `u64::MAX`. Looked at every 50 ms; a program of the cage that needs no other starts none.
    pub processes: u64,
    /// Bytes of each file that is written, or `u64::MAX`.
    pub file_bytes: u64,
    /// Files that each process may have open, or `u64::MAX`.
    pub open_files: u64,
}

impl Limits {
    /// For tier 1: 30 s, 1 MiB of each stream, 60 s of processor time, 2 GiB, 64 processes, files of 64 MiB, 1,024 open.
    pub const CAGED: Self = Self {
        wall: Duration::from_secs(30),
        output_bytes: 1 << 20,
        cpu_seconds: 60,
        memory_bytes: 2 << 30,
        processes: 64,
        file_bytes: 64 << 20,
        open_files: 1_024,
    };
    /// For an approved line: 30 s, 1 MiB of each stream, 1,024 processes; the rest is as the user has it.
    pub const APPROVED: Self = Self {
        wall: Duration::from_secs(30),
        output_bytes: 1 << 20,
        cpu_seconds: u64::MAX,
        memory_bytes: u64::MAX,
        processes: 1_024,
        file_bytes: u64::MAX,
        open_files: u64::MAX,
    };
}

/// Which stream something was put out on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Ran {
    /// How it ended.
    pub ended: Ended,
    /// What it put out.
    pub stdout: Captured,
    /// What it put out as errors.
    pub stderr: Captured,
    /// Time from start to end, what it left behind included.
    pub took: Duration,
    /// Processes that it left running when it was over, and that were ended.
    pub left: u32,
    /// Names of the parts of the cage ([`Ability::name`]) that the kernel lacks; empty for a line.
    pub without: Vec<&'static str>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this status: that of the last program of the last step that ran. 126 is one that could not be started.
    Exited(i32),
    /// By this signal, which nobody here sent.
    Signalled(i32),
    /// At the wall limit.
    TimedOut,
    /// By the caller.
    Stopped,
    /// With more processes than it may have.
    TooManyProcesses,
    /// With more memory than it may have.
    TooMuchMemory,
}

/// What came on one stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// The first [`Limits::output_bytes`] of it.
    pub bytes: Vec<u8>,
    /// All bytes that came.
    pub total: u64,
    /// Whether some were dropped.
    pub cut: bool,
}

/// A part of what confines commands, for `doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ability {
    /// Short and stable: `landlock`, `seccomp`, `no_new_privs`, `memfd`, `supervisor`.
    pub name: &'static str,
    /// Whether this kernel has it.
    pub holds: bool,
    /// What it does here, or what is missing without it.
    pub detail: String,
}

/// Why nothing was run, or why it could not be watched.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A plan without steps, or a step without programs.
    #[error("there is nothing to run")]
    Empty,
    /// A program is not where programs are.
    #[error("{program} is not installed: it is in none of {path}")]
    NotFound {
        /// Its name.
        program: String,
        /// The folders that were looked in, separated by colons.
        path: String,
    },
    /// A folder for programs is not absolute, or holds a colon.
    #[error("{} can't be a folder for programs: it has to be an absolute path without a colon", .0.display())]
    Programs(PathBuf),
    /// An argument, or a variable, holds what no program can be given.
    #[error("{what} holds a NUL character, which no program can be given")]
    Nul {
        /// Which.
        what: String,
    },
    /// The folder can't be run in.
    #[error("the folder {folder} can't be opened to run in it")]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The private folder can't be made.
    #[error("the private folder {folder} can't be made; it must belong to the user alone")]
    Private {
        /// Which.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A part of the cage is missing, and the whole of it was asked for.
    #[error("the kernel lacks what would confine this command ({}); it can only run after an approval", .missing.join(", "))]
    Uncaged {
        /// Names of the parts.
        missing: Vec<&'static str>,
    },
    /// A part of the cage could not be put in force.
    #[error("the command could not be confined, so it was not started: {doing}")]
    Cage {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system refused what every run needs.
    #[error("the command could not be started: {doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The process that watched the commands was killed. They were killed too.
    #[error("the process that watched the command was killed from outside; the command was ended")]
    Lost,
    /// Not Linux.
    #[error("commands can be run on Linux only")]
    Platform,
}

/// Runs it, and waits for its end.
///
/// `sink` gets what is put out as it comes, in pieces of at most 64 KiB, up to [`Limits::output_bytes`] of each stream.
/// `stop` is asked some twenty times a second; once it says yes, everything is ended.
///
/// # Errors
///
/// See [`RunError`]. A program that runs and fails is no error; [`Ran::ended`] tells.
#[cfg(target_os = "linux")]
pub fn run(job: &Job<'_>, sink: &mut dyn FnMut(Channel, &[u8]), stop: &dyn Fn() -> bool) -> Result<Ran, RunError> {
    steps::run(job, sink, stop)
}

/// Refuses: there is no way to confine commands here.
///
/// # Errors
///
/// Always.
#[cfg(not(target_os = "linux"))]
pub fn run(_: &Job<'_>, _: &mut dyn FnMut(Channel, &[u8]), _: &dyn Fn() -> bool) -> Result<Ran, RunError> {
    Err(RunError::Platform)
}

/// What this kernel can confine commands with.
#[cfg(target_os = "linux")]
#[must_use]
pub fn abilities() -> Vec<Ability> {
    cage::abilities()
}

/// Nothing: not Linux.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn abilities() -> Vec<Ability> {
    vec![Ability { name: "platform", holds: false, detail: RunError::Platform.to_string() }]
}

/// Removes the private folders that hosts left in `root` when they were killed; answers how many. Those of living hosts
/// stay: each holds a lock. A `root` that does not exist has none.
///
/// # Errors
///
/// [`RunError::Private`] if the folder can't be read, or one of them not be removed.
#[cfg(target_os = "linux")]
pub fn clear_private(root: &Path) -> Result<usize, RunError> {
    private::clear(root)
}

/// Nothing was ever run here.
///
/// # Errors
///
/// None.
#[cfg(not(target_os = "linux"))]
pub fn clear_private(_: &Path) -> Result<usize, RunError> {
    Ok(0)
}
