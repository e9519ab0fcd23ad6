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

/// What tells one sitting at a terminal from another: the session of processes, when its first one began, and the boot.
#[cfg(unix)]
pub(crate) fn session() -> String {
    let leader = rustix::process::getsid(None).map_or(0, |pid| pid.as_raw_nonzero().get());
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    // Behind the name in brackets, which may hold anything: the 20th field is the start, in ticks since the boot.
    let stat = read(format!("/proc/{leader}/stat"));
    let began = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(19)).unwrap_or("0").to_owned();
    let boot = read("/proc/sys/kernel/random/boot_id".to_owned());
    format!("{leader}.{began}.{}", boot.trim().chars().take(8).collect::<String>())
}

/// Without sessions of processes each process is one.
#[cfg(not(unix))]
pub(crate) fn session() -> String {
    std::process::id().to_string()
}
