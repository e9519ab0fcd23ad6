//! This machine's clock, randomness and process settings.

use std::time::{SystemTime, UNIX_EPOCH};

use trcaa_model::env::{Clock, Entropy};

/// The system's clock.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    fn now_ms(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }
}

/// The system's random number generator.
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        getrandom::fill(buffer)
            .expect("the system has a random number generator; without one nothing may be encrypted");
    }
}

/// A core dump would hold keys and log text.
#[cfg(unix)]
pub(crate) fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    // The limit does not hold where dumps go to a program; this does, and keeps other processes of the user out too.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
pub(crate) fn forbid_core_dumps() {}

/// The version of Landlock that the kernel has, 0 where it has none or it is off.
#[cfg(target_os = "linux")]
pub(crate) fn landlock_abi() -> Option<u32> {
    /// `LANDLOCK_CREATE_RULESET_VERSION` of linux/landlock.h: asks for the version and makes nothing.
    const VERSION: u32 = 1;
    // SAFETY: with this flag the call takes no pointer and no size (both have to be 0), and only gives a number.
    #[expect(unsafe_code, reason = "no safe crate of ours asks for the version; the call touches no memory")]
    let answer = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<u8>(), 0_usize, VERSION) };
    Some(u32::try_from(answer).unwrap_or(0))
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn landlock_abi() -> Option<u32> {
    None
}
