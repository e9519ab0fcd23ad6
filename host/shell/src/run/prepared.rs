//! A pipeline with everything that it needs made ready, so that nothing has to be asked for in the process that starts it.

use std::ffi::CString;
use std::os::fd::RawFd;

use super::raw::{self, Texts};
use super::report;

/// One pipeline. The descriptors belong to the host, which holds them until the supervisor has its copies.
pub(super) struct Pipeline {
    pub(super) stages: Vec<Prepared>,
    /// Numbers of the running stages, by place; 0 for one that has ended.
    pub(super) numbers: Vec<i32>,
    /// Room for the numbers of its processes, one more than it may have.
    pub(super) members: Vec<i32>,
    /// How the last stage ended, as `wait` gives it.
    pub(super) status: i32,
    /// Whether the supervisor has come to its end by itself, so that nobody uses this any more.
    pub(super) over: bool,
    /// Where all of it runs.
    pub(super) folder: RawFd,
    /// `/dev/null`.
    pub(super) null: RawFd,
    /// The host holds the other end for as long as it lives, and writes one byte to have everything ended.
    pub(super) leash: RawFd,
    /// Where records of [`report`] go.
    pub(super) report: RawFd,
    /// The file in memory that is emptied at the end.
    pub(super) kubeconfig: Option<RawFd>,
    /// Every descriptor that is not to be closed, sorted.
    pub(super) kept: Vec<RawFd>,
    /// Time that it has.
    pub(super) wall_ms: i64,
    /// Most processes at a time.
    pub(super) processes_max: Option<u64>,
    /// Most memory of all processes, in pages.
    pub(super) pages_max: Option<u64>,
    /// Whether what is left at the end goes on.
    pub(super) leave: bool,
    /// Whether what is left at the end is asked to end before it is killed.
    pub(super) grace: bool,
}

/// One program of it.
pub(super) struct Prepared {
    pub(super) program: CString,
    pub(super) arguments: Texts,
    pub(super) environment: Texts,
    pub(super) stdin: Input,
    pub(super) stdout: RawFd,
    pub(super) stderr: RawFd,
    /// What it inherits besides.
    pub(super) kubeconfig: Option<RawFd>,
    /// Resource and its most.
    pub(super) limits: Vec<(i64, u64)>,
    /// `None` for a line that was approved.
    pub(super) cage: Option<Caged>,
    /// What it says on its error output, before the number of the error, when the program can't be started.
    pub(super) not_started: Vec<u8>,
    /// The same for its input.
    pub(super) not_opened: Vec<u8>,
}

/// Where standard input comes from.
pub(super) enum Input {
    From(RawFd),
    /// Opened inside the cage, so that a hidden file stays hidden.
    File(CString),
}

/// What confines a program; `None` where the kernel does not have it and the caller goes on all the same.
pub(super) struct Caged {
    pub(super) no_new_privileges: bool,
    pub(super) ruleset: Option<RawFd>,
    pub(super) filter: Option<Vec<libc::sock_filter>>,
    /// Bits of the capabilities that it keeps, if the host has them.
    pub(super) capabilities: u64,
}

/// Status of a stage that could not be set up.
const NOT_SET_UP: i32 = 125;
/// Status of a program that could not be started, as in a shell.
const NOT_STARTED: i32 = 126;

impl Prepared {
    /// Becomes the program. Runs in the process that becomes it.
    pub(super) fn start(&self, index: usize, group: i32, supervisor: i32, folder: RawFd, report: RawFd) -> ! {
        let failed = |(doing, error): (i32, i32)| -> ! {
            report::write(report, report::SETUP, i32::try_from(index).unwrap_or(i32::MAX), doing, error);
            raw::leave(NOT_SET_UP)
        };
        if let Err(failure) = self.set_up(group, supervisor, folder) {
            failed(failure);
        }
        if let Input::File(path) = &self.stdin {
            // A named pipe must not hold anybody up.
            match raw::open(path, libc::O_NOCTTY | libc::O_NONBLOCK).and_then(|file| raw::double_onto(file, 0)) {
                Ok(()) => raw::wait_for_input(0),
                Err(error) => complain(&self.not_opened, error, 1),
            }
        }
        if let Err(failure) = self.close_in() {
            failed(failure);
        }
        let error = raw::become_program(&self.program, &self.arguments, &self.environment);
        complain(&self.not_started, error, NOT_STARTED)
    }

    fn set_up(&self, group: i32, supervisor: i32, folder: RawFd) -> Result<(), (i32, i32)> {
        raw::die_with_parent().map_err(|error| (report::PARENT, error))?;
        if raw::parent_number() != supervisor {
            return Err((report::PARENT, libc::ESRCH));
        }
        raw::set_group(0, group).map_err(|error| (report::STREAMS, error))?;
        if let Input::From(descriptor) = self.stdin {
            raw::double_onto(descriptor, 0).map_err(|error| (report::STREAMS, error))?;
        }
        raw::double_onto(self.stdout, 1).map_err(|error| (report::STREAMS, error))?;
        raw::double_onto(self.stderr, 2).map_err(|error| (report::STREAMS, error))?;
        raw::enter(folder).map_err(|error| (report::FOLDER, error))?;
        for (resource, most) in &self.limits {
            raw::limit(*resource, *most).map_err(|error| (report::LIMITS, error))?;
        }
        let Some(cage) = &self.cage else { return Ok(()) };
        raw::private_files();
        raw::give_up_capabilities(cage.capabilities).map_err(|error| (report::PRIVILEGES, error))?;
        if cage.no_new_privileges {
            raw::no_new_privileges().map_err(|error| (report::PRIVILEGES, error))?;
        }
        if let Some(ruleset) = cage.ruleset {
            raw::restrict(ruleset).map_err(|error| (report::FILES, error))?;
        }
        Ok(())
    }

    /// The last steps: what `exec` would undo or the filter would refuse comes before it.
    fn close_in(&self) -> Result<(), (i32, i32)> {
        raw::close_all_at_exec();
        if let Some(kubeconfig) = self.kubeconfig {
            raw::keep_open(kubeconfig).map_err(|error| (report::STREAMS, error))?;
        }
        raw::unblock_signals();
        if let Some(filter) = self.cage.as_ref().and_then(|cage| cage.filter.as_ref()) {
            raw::filter(filter).map_err(|error| (report::CALLS, error))?;
        }
        Ok(())
    }
}

/// Says on the error output what failed, and ends.
fn complain(text: &[u8], error: i32, status: i32) -> ! {
    let mut digits = *b"0000000000)\n";
    let mut rest = error.unsigned_abs();
    let mut first = 10;
    while first > 0 && (rest > 0 || first == 10) {
        first -= 1;
        if let Some(place) = digits.get_mut(first) {
            *place = b'0'.saturating_add(u8::try_from(rest % 10).unwrap_or(0));
        }
        rest /= 10;
    }
    let _ = raw::write(2, text);
    let _ = raw::write(2, digits.get(first..).unwrap_or_default());
    raw::leave(status)
}
