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
/// Where that can't be told (the leader is outside this container; not Linux), each process is a sitting of its own.
pub(crate) fn session() -> String {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let boot = read("/proc/sys/kernel/random/boot_id".to_owned());
    let boot: String = boot.trim().chars().take(8).collect();
    let leader = stat_field(&read("/proc/self/stat".to_owned()), SESSION_FIELD).filter(|leader| leader != "0");
    let of = leader.unwrap_or_else(|| std::process::id().to_string());
    let began = stat_field(&read(format!("/proc/{of}/stat")), STARTED_FIELD).unwrap_or_default();
    format!("{of}.{began}.{boot}")
}

/// Where a process's session stands in its `stat`, behind the name.
const SESSION_FIELD: usize = 3;
/// Where the moment of its start does, in ticks since the boot.
const STARTED_FIELD: usize = 19;

/// A field behind the name in brackets, which may hold anything (proc_pid_stat(5)).
fn stat_field(stat: &str, field: usize) -> Option<String> {
    stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(field)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_stat_moves_no_field() {
        let stat = "77 (a) b (c 1 2 3) S 1 70 66 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 4242 0";
        assert_eq!(stat_field(stat, SESSION_FIELD).as_deref(), Some("66"));
        assert_eq!(stat_field(stat, STARTED_FIELD).as_deref(), Some("4242"));
        assert_eq!(stat_field("", SESSION_FIELD), None);
        assert_eq!(session(), session());
    }
}
