//! The system calls that no safe crate here offers, each behind the smallest function that is safe to call.
//!
//! Owns every `unsafe` of this crate. Whatever runs in a process started by [`apart`] is made of these functions and of
//! plain arithmetic: no memory is asked for, no lock is taken, nothing panics.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_ulong, c_void};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

/// Turns the answer of a call into a result, with `errno`.
fn answered(answer: libc::c_long) -> Result<libc::c_long, i32> {
    if answer < 0 { Err(errno()) } else { Ok(answer) }
}

/// The error of the last call that failed on this thread.
pub(super) fn errno() -> i32 {
    io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// Memory that a process started by [`apart`] has as its stack, with a page below that nobody may touch.
pub(super) struct Stack {
    base: *mut c_void,
}

/// Bytes of a stack. A scan of `/proc` takes 10 KiB; unoptimised code takes more than it says.
const STACK_BYTES: usize = 256 * 1024;
/// At least a page everywhere.
const GUARD_BYTES: usize = 64 * 1024;

impl Stack {
    pub(super) fn new() -> Result<Self, i32> {
        let (access, flags) =
            (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK);
        // SAFETY: asks for new memory, at a place of the kernel's choice.
        #[expect(unsafe_code, reason = "memory for a stack")]
        let base = unsafe { libc::mmap(ptr::null_mut(), GUARD_BYTES + STACK_BYTES, access, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(errno());
        }
        let made = Self { base };
        // SAFETY: the first part of the memory that was just made, which nobody uses.
        #[expect(unsafe_code, reason = "a guard below the stack")]
        let answer = unsafe { libc::mprotect(base, GUARD_BYTES, libc::PROT_NONE) };
        answered(answer.into()).map(|_| made)
    }

    /// One past its last byte: stacks grow downwards.
    fn top(&self) -> *mut c_void {
        self.base.wrapping_byte_add(GUARD_BYTES + STACK_BYTES)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: memory that `new` made; who ran on it has ended or is a program of its own, since `apart` waited.
        #[expect(unsafe_code, reason = "giving a stack back")]
        unsafe {
            libc::munmap(self.base, GUARD_BYTES + STACK_BYTES);
        }
    }
}

/// Runs `body` in a process of its own, whose status is what it answers; goes on once that has ended or become a program. Answers
/// its number.
///
/// The process shares this one's memory (as with `vfork`: to copy the page tables of a host that holds 256 MiB takes 60 ms)
/// and nothing else: descriptors, folder, signals, credentials are copies. Every signal is blocked in it. It may call
/// what this module offers, and ends by [`leave`] or [`become_program`].
pub(super) fn apart(stack: &Stack, body: &mut dyn FnMut() -> c_int) -> Result<i32, i32> {
    extern "C" fn enter(body: *mut c_void) -> c_int {
        // SAFETY: the pointer below, to a reference that lives until this process is done with it.
        #[expect(unsafe_code, reason = "the argument of a thread function is an untyped pointer")]
        let body = unsafe { &mut *body.cast::<&mut dyn FnMut() -> c_int>() };
        body()
    }
    let mut body = body;
    let before = block_signals();
    // SAFETY: CLONE_VFORK holds this thread until the child is done with its memory, so the child alone uses `body`, the
    // stack, and this thread's `errno`. The stack is valid, is used by nobody else, and its top is aligned to a page.
    #[expect(unsafe_code, reason = "starting a process")]
    let answer = unsafe {
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(enter, stack.top(), flags, (&raw mut body).cast::<c_void>())
    };
    let answer = if answer < 0 { Err(errno()) } else { Ok(answer) };
    set_signals(&before);
    answer
}

fn block_signals() -> libc::sigset_t {
    // SAFETY: both sets are memory of this frame, and all-zero bytes are a valid (empty) set.
    #[expect(unsafe_code, reason = "signal masks")]
    unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

fn set_signals(mask: &libc::sigset_t) {
    // SAFETY: the set is valid for the call, and the old one is not asked for.
    #[expect(unsafe_code, reason = "signal masks")]
    unsafe {
        libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut());
    }
}

/// Lets every signal in again.
pub(super) fn unblock_signals() {
    // SAFETY: all-zero bytes are a valid set, which `sigemptyset` empties.
    #[expect(unsafe_code, reason = "signal masks")]
    let mut none: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is memory of this frame.
    #[expect(unsafe_code, reason = "signal masks")]
    unsafe {
        libc::sigemptyset(&raw mut none);
    }
    set_signals(&none);
}

/// Gives every signal its usual meaning: Rust ignores SIGPIPE, and the host has handlers.
///
/// By the system call, since the C library keeps the first two real-time signals to itself.
pub(super) fn usual_signals() {
    /// The kernel's `struct sigaction` with nothing in it: SIG_DFL, no flags, an empty mask.
    const USUAL: [u64; 4] = [0; 4];
    const MASK_BYTES: usize = 8;
    for signal in 1..=64 {
        // SAFETY: the structure is at most 32 bytes and all zero, the old one is not asked for; numbers that can't be
        // changed are refused.
        #[expect(unsafe_code, reason = "signal dispositions")]
        unsafe {
            libc::syscall(libc::SYS_rt_sigaction, signal, USUAL.as_ptr(), ptr::null::<u64>(), MASK_BYTES);
        }
    }
}

/// A descriptor that can be read when a child has ended. SIGCHLD has to be blocked.
pub(super) fn child_signals() -> Result<RawFd, i32> {
    // SAFETY: the set is memory of this frame, made empty before it is used.
    #[expect(unsafe_code, reason = "signalfd")]
    let answer = unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGCHLD);
        libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK)
    };
    if answer < 0 { Err(errno()) } else { Ok(answer) }
}

/// Ends this process at once, without anything that the host would do at its end.
pub(super) fn leave(status: c_int) -> ! {
    // SAFETY: takes a number and does not return.
    #[expect(unsafe_code, reason = "leaving a process without the host's exit handlers")]
    unsafe {
        libc::_exit(status)
    }
}

/// The texts of a program's arguments or environment, as `exec` takes them.
pub(super) struct Texts {
    /// Keeps alive what `pointers` points to.
    _owned: Vec<CString>,
    /// Ends with a null pointer.
    pointers: Vec<*const c_char>,
}

// SAFETY: the pointers are to texts on the heap that the same value owns, and are only read.
#[expect(unsafe_code, reason = "a list of pointers to what it owns may go to another thread")]
unsafe impl Send for Texts {}

impl Texts {
    pub(super) fn new(owned: Vec<CString>) -> Self {
        // The texts are on the heap, so that they stay where they are when the list is moved.
        let pointers = owned.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect();
        Self { _owned: owned, pointers }
    }
}

/// Makes this process the program; returns only if that fails, with the error.
pub(super) fn become_program(path: &CStr, arguments: &Texts, environment: &Texts) -> i32 {
    // SAFETY: the path ends with 0; both lists end with a null pointer, and their texts live as long as `Texts`.
    #[expect(unsafe_code, reason = "exec")]
    unsafe {
        libc::execve(path.as_ptr(), arguments.pointers.as_ptr(), environment.pointers.as_ptr());
    }
    errno()
}

/// `prctl` with numbers alone.
fn control(option: c_int, one: c_ulong, two: c_ulong) -> Result<(), i32> {
    // SAFETY: each of the options used here takes numbers, never a pointer.
    #[expect(unsafe_code, reason = "prctl")]
    let answer = unsafe { libc::prctl(option, one, two, 0 as c_ulong, 0 as c_ulong) };
    answered(answer.into()).map(drop)
}

/// Nothing that is started from here on gains rights by being started.
pub(super) fn no_new_privileges() -> Result<(), i32> {
    control(libc::PR_SET_NO_NEW_PRIVS, 1, 0)
}

/// Whether the kernel knows that promise.
pub(super) fn knows_no_new_privileges() -> bool {
    // SAFETY: asks for a number of this thread.
    #[expect(unsafe_code, reason = "prctl")]
    let answer = unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) };
    answer >= 0
}

/// Whoever loses its parent among the descendants becomes a child of this process.
pub(super) fn adopt_orphans() -> Result<(), i32> {
    control(libc::PR_SET_CHILD_SUBREAPER, 1, 0)
}

/// This process is killed when its parent ends.
pub(super) fn die_with_parent() -> Result<(), i32> {
    control(libc::PR_SET_PDEATHSIG, libc::SIGKILL.unsigned_abs().into(), 0)
}

/// A session of its own: no terminal, and no way to give input to one.
pub(super) fn own_session() -> Result<(), i32> {
    // SAFETY: takes nothing.
    #[expect(unsafe_code, reason = "setsid")]
    let answer = unsafe { libc::setsid() };
    answered(answer.into()).map(drop)
}

/// Puts a process (0: this one) into a group (0: one of its own).
pub(super) fn set_group(process: i32, group: i32) -> Result<(), i32> {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "setpgid")]
    let answer = unsafe { libc::setpgid(process, group) };
    answered(answer.into()).map(drop)
}

/// The number of this process.
pub(super) fn own_number() -> i32 {
    // SAFETY: takes nothing, can't fail.
    #[expect(unsafe_code, reason = "getpid")]
    unsafe {
        libc::getpid()
    }
}

/// The number of this process's parent.
pub(super) fn parent_number() -> i32 {
    // SAFETY: takes nothing, can't fail.
    #[expect(unsafe_code, reason = "getppid")]
    unsafe {
        libc::getppid()
    }
}

/// Sends a signal; a negative number means a group. Never to 0, -1 or 1, which would be far more than was meant.
pub(super) fn signal(process: i32, signal: c_int) {
    if matches!(process, -1..=1) {
        return;
    }
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "kill")]
    unsafe {
        libc::kill(process, signal);
    }
}

/// What [`reap`] found.
pub(super) enum Reaped {
    /// A child ended: its number, and its status as `wait` gives it.
    Ended(i32, c_int),
    /// There are children, and all of them live.
    None,
    /// There is no child.
    Childless,
}

/// Takes the status of one ended child (-1: any), without waiting.
pub(super) fn reap(process: i32) -> Reaped {
    let mut status = 0;
    loop {
        // SAFETY: the status is memory of this frame.
        #[expect(unsafe_code, reason = "waitpid")]
        let answer = unsafe { libc::waitpid(process, &raw mut status, libc::WNOHANG | libc::__WALL) };
        match answer {
            0 => return Reaped::None,
            ended if ended > 0 => return Reaped::Ended(ended, status),
            _ if errno() == libc::EINTR => {}
            _ => return Reaped::Childless,
        }
    }
}

/// Waits for a child of the host, which was killed or has said that it is ending.
pub(super) fn wait(process: i32) {
    let mut status = 0;
    // SAFETY: the status is memory of this frame.
    #[expect(unsafe_code, reason = "waitpid")]
    while unsafe { libc::waitpid(process, &raw mut status, 0) } < 0 && errno() == libc::EINTR {}
}

/// Makes `to` a second name of `from`, without close-on-exec.
pub(super) fn double_onto(from: RawFd, to: RawFd) -> Result<(), i32> {
    // SAFETY: takes numbers; what `to` was is closed, and in a process apart nobody else holds it.
    #[expect(unsafe_code, reason = "dup2")]
    let answer = unsafe { libc::dup2(from, to) };
    answered(answer.into()).map(drop)
}

/// Closes a descriptor of a process apart.
pub(super) fn close(descriptor: RawFd) {
    // SAFETY: takes a number; only called in a process apart, whose copies of the host's owners never run.
    #[expect(unsafe_code, reason = "close")]
    unsafe {
        libc::close(descriptor);
    }
}

/// Lets a descriptor live through `exec`.
pub(super) fn keep_open(descriptor: RawFd) -> Result<(), i32> {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "fcntl")]
    let answer = unsafe { libc::fcntl(descriptor, libc::F_SETFD, 0) };
    answered(answer.into()).map(drop)
}

/// Highest descriptor that is looked for where the kernel has no `close_range` (before 5.9).
const DESCRIPTORS_SEARCHED: RawFd = 65_536;

/// Closes the descriptors from `first` to `last`.
fn close_between(first: RawFd, last: RawFd) {
    if first > last {
        return;
    }
    // SAFETY: takes numbers; only called in a process apart, see `close`.
    #[expect(unsafe_code, reason = "close_range")]
    let answer = unsafe { libc::syscall(libc::SYS_close_range, first.unsigned_abs(), last.unsigned_abs(), 0) };
    if answer < 0 {
        for descriptor in first..=last.min(DESCRIPTORS_SEARCHED) {
            close(descriptor);
        }
    }
}

/// Closes every descriptor from 3 on but `kept`, which has to be sorted.
pub(super) fn close_all_but(kept: &[RawFd]) {
    let mut first = 3;
    for descriptor in kept {
        close_between(first, descriptor.saturating_sub(1));
        first = descriptor.saturating_add(1);
    }
    close_between(first, RawFd::MAX);
}

/// Has every descriptor from 3 on closed by `exec`.
pub(super) fn close_all_at_exec() {
    const AT_EXEC: c_uint = 4;
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "close_range")]
    let answer = unsafe { libc::syscall(libc::SYS_close_range, 3 as c_uint, c_uint::MAX, AT_EXEC) };
    if answer < 0 {
        for descriptor in 3..=DESCRIPTORS_SEARCHED {
            // SAFETY: takes numbers; what is not open is refused.
            #[expect(unsafe_code, reason = "fcntl")]
            unsafe {
                libc::fcntl(descriptor, libc::F_SETFD, libc::FD_CLOEXEC);
            }
        }
    }
}

/// Goes into an opened folder.
pub(super) fn enter(folder: RawFd) -> Result<(), i32> {
    // SAFETY: takes a number.
    #[expect(unsafe_code, reason = "fchdir")]
    let answer = unsafe { libc::fchdir(folder) };
    answered(answer.into()).map(drop)
}

/// Files that are made from here on are this user's alone.
pub(super) fn private_files() {
    // SAFETY: takes a number, can't fail.
    #[expect(unsafe_code, reason = "umask")]
    unsafe {
        libc::umask(0o077);
    }
}

/// Has reading from a descriptor wait again.
pub(super) fn wait_for_input(descriptor: RawFd) {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "fcntl")]
    unsafe {
        libc::fcntl(descriptor, libc::F_SETFL, 0);
    }
}

/// Opens a file or folder for reading, in a process apart.
pub(super) fn open(path: &CStr, flags: c_int) -> Result<RawFd, i32> {
    // SAFETY: the path ends with 0.
    #[expect(unsafe_code, reason = "open")]
    let answer = unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC | flags) };
    if answer < 0 { Err(errno()) } else { Ok(answer) }
}

/// Reads once; 0 at the end.
pub(super) fn read(descriptor: RawFd, buffer: &mut [u8]) -> Result<usize, i32> {
    // SAFETY: the buffer is valid for its length.
    #[expect(unsafe_code, reason = "read")]
    let answer = unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), buffer.len()) };
    usize::try_from(answer).map_err(|_| errno())
}

/// Writes once.
pub(super) fn write(descriptor: RawFd, bytes: &[u8]) -> Result<usize, i32> {
    // SAFETY: the bytes are valid for their length.
    #[expect(unsafe_code, reason = "write")]
    let answer = unsafe { libc::write(descriptor, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(answer).map_err(|_| errno())
}

/// Reads entries of a folder as `getdents64` gives them; 0 at the end.
pub(super) fn entries(folder: RawFd, buffer: &mut [u8]) -> Result<usize, i32> {
    // SAFETY: the buffer is valid for its length; the kernel writes bytes and answers how many.
    #[expect(unsafe_code, reason = "getdents64")]
    let answer = unsafe { libc::syscall(libc::SYS_getdents64, folder, buffer.as_mut_ptr(), buffer.len()) };
    usize::try_from(answer).map_err(|_| errno())
}

/// Empties a file in memory.
pub(super) fn empty(descriptor: RawFd) {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "ftruncate")]
    unsafe {
        libc::ftruncate(descriptor, 0);
    }
}

/// Waits until one of the descriptors is ready or the time is over; an interruption counts as ready.
pub(super) fn poll(descriptors: &mut [libc::pollfd], milliseconds: c_int) {
    let count = libc::nfds_t::try_from(descriptors.len()).unwrap_or(0);
    // SAFETY: the list is valid for its length.
    #[expect(unsafe_code, reason = "poll")]
    unsafe {
        libc::poll(descriptors.as_mut_ptr(), count, milliseconds);
    }
}

/// Milliseconds of a clock that only goes forward.
pub(super) fn milliseconds() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is memory of this frame.
    #[expect(unsafe_code, reason = "clock_gettime")]
    unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now);
    }
    now.tv_sec.saturating_mul(1_000).saturating_add(now.tv_nsec / 1_000_000)
}

/// Sets a limit of this process, soft and hard, never above the hard one that it has.
pub(super) fn limit(resource: i64, most: u64) -> Result<(), i32> {
    // Its type differs between C libraries.
    let Ok(resource) = resource.try_into() else { return Err(libc::EINVAL) };
    let mut limits = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limits are memory of this frame.
    #[expect(unsafe_code, reason = "getrlimit")]
    let answer = unsafe { libc::getrlimit(resource, &raw mut limits) };
    answered(answer.into())?;
    let most = most.min(limits.rlim_max);
    limits = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: as above.
    #[expect(unsafe_code, reason = "setrlimit")]
    let answer = unsafe { libc::setrlimit(resource, &raw const limits) };
    answered(answer.into()).map(drop)
}

/// Highest number of a capability that is tried; Linux 6.18 has 0 to 40.
const CAPABILITY_MAX: u32 = 63;

/// Gives up every capability but those in `kept` (a bit for each), for good.
pub(super) fn give_up_capabilities(kept: u64) -> Result<(), i32> {
    #[repr(C)]
    struct Header {
        version: u32,
        process: c_int,
    }
    #[repr(C)]
    #[derive(Clone, Copy, Default)]
    struct Sets {
        effective: u32,
        permitted: u32,
        inheritable: u32,
    }
    /// `_LINUX_CAPABILITY_VERSION_3`: two words for each set.
    const VERSION: u32 = 0x2008_0522;
    // `PR_CAP_AMBIENT`, `PR_CAP_AMBIENT_CLEAR_ALL`; a kernel before 4.3 has none to clear.
    let _ = control(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL as c_ulong, 0);
    for capability in (0..=CAPABILITY_MAX).filter(|capability| kept & (1 << capability) == 0) {
        // Without CAP_SETPCAP it is refused, and then there is nothing to win by a set-uid program either: `no_new_privs`.
        // An invalid number is one past the last.
        if control(libc::PR_CAPBSET_DROP, capability.into(), 0).is_err() {
            break;
        }
    }
    let mut header = Header { version: VERSION, process: 0 };
    let mut sets = [Sets::default(); 2];
    // SAFETY: version 3 fills two `Sets`, which is what there is.
    #[expect(unsafe_code, reason = "capget")]
    let answer = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, sets.as_mut_ptr()) };
    answered(answer)?;
    let words = [kept & 0xffff_ffff, kept >> 32];
    for (set, word) in sets.iter_mut().zip(words) {
        let word = u32::try_from(word).unwrap_or(0);
        set.permitted &= word;
        set.effective = set.permitted;
        set.inheritable = 0;
    }
    // SAFETY: version 3 reads two `Sets`.
    #[expect(unsafe_code, reason = "capset")]
    let answer = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, sets.as_ptr()) };
    answered(answer).map(drop)
}

/// Puts this thread, and what it starts, under a ruleset of Landlock.
pub(super) fn restrict(ruleset: RawFd) -> Result<(), i32> {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "landlock_restrict_self")]
    let answer = unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0_u32) };
    answered(answer).map(drop)
}

/// The version of Landlock that the kernel has; 0 for none, or where it is off.
pub(super) fn landlock_version() -> u32 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes no pointer and no size, and only gives a number.
    #[expect(unsafe_code, reason = "landlock_create_ruleset")]
    let answer = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<u8>(), 0_usize, VERSION) };
    u32::try_from(answer).unwrap_or(0)
}

/// Puts this thread, and what it starts, under a filter of system calls.
pub(super) fn filter(program: &[libc::sock_filter]) -> Result<(), i32> {
    let Ok(length) = u16::try_from(program.len()) else { return Err(libc::E2BIG) };
    let head = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut() };
    // SAFETY: the program is valid for its length, and the kernel copies it.
    #[expect(unsafe_code, reason = "seccomp")]
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const head) };
    answered(answer).map(drop)
}

/// Whether the kernel has filters of system calls that answer with an error.
pub(super) fn knows_filters() -> bool {
    let action: u32 = libc::SECCOMP_RET_ERRNO;
    // SAFETY: the action is memory of this frame.
    #[expect(unsafe_code, reason = "seccomp")]
    let answer = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const action) };
    answer == 0
}

/// A pipe, both ends closed by `exec`, neither of them 0, 1 or 2.
pub(super) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends: [RawFd; 2] = [-1; 2];
    // SAFETY: the two numbers are memory of this frame.
    #[expect(unsafe_code, reason = "pipe2")]
    let answer = unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) };
    if answer < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has just made both, and nobody else owns them.
    #[expect(unsafe_code, reason = "owning what pipe2 made")]
    let (read, write) = unsafe { (OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])) };
    Ok((above_standard(read)?, above_standard(write)?))
}

/// The same thing under a number from 3 on: 0 to 2 are set up anew in every child.
pub(super) fn above_standard(descriptor: OwnedFd) -> io::Result<OwnedFd> {
    if descriptor.as_raw_fd() > 2 {
        return Ok(descriptor);
    }
    // `try_clone` asks for a number from 3 on.
    descriptor.try_clone()
}

/// Makes reading or writing give up instead of waiting.
pub(super) fn never_wait(descriptor: &OwnedFd) -> io::Result<()> {
    // SAFETY: takes numbers.
    #[expect(unsafe_code, reason = "fcntl")]
    let answer = unsafe { libc::fcntl(descriptor.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    if answer < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Bytes of a page of memory.
pub(super) fn page_bytes() -> u64 {
    // SAFETY: takes a number.
    #[expect(unsafe_code, reason = "sysconf")]
    let answer = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    u64::try_from(answer).unwrap_or(4096).max(1)
}
