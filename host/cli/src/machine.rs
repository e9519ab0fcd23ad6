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
/// Where the leader is outside this container, the process that started this one stands for it; where that can't be told
/// either (it is outside too, or gone; not Linux), each process is a sitting of its own.
pub(crate) fn session() -> String {
    let read = |path: String| std::fs::read_to_string(path).unwrap_or_default();
    let boot = read("/proc/sys/kernel/random/boot_id".to_owned());
    let boot: String = boot.trim().chars().take(8).collect();
    let of = sitting(&read("/proc/self/stat".to_owned())).unwrap_or_else(|| std::process::id().to_string());
    let began = stat_field(&read(format!("/proc/{of}/stat")), STARTED_FIELD).unwrap_or_default();
    format!("{of}.{began}.{boot}")
}

/// Which process stands for the sitting of the one with this `stat`, if one can.
fn sitting(stat: &str) -> Option<String> {
    let leader = stat_field(stat, SESSION_FIELD).filter(|leader| leader != "0");
    // Process 1 takes on those whose parent is gone: it may have nothing to do with this one.
    leader.or_else(|| stat_field(stat, PARENT_FIELD).filter(|parent| parent != "0" && parent != "1"))
}

/// Where a process's parent stands in its `stat`, behind the name.
const PARENT_FIELD: usize = 1;
/// Where its session does.
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

    #[test]
    fn who_has_no_leader_here_sits_with_its_parent_if_that_is_known() {
        assert_eq!(sitting("77 (trcaa) S 70 70 66 0").as_deref(), Some("66"));
        assert_eq!(sitting("77 (trcaa) S 70 70 0 0").as_deref(), Some("70"));
        for parent in [0, 1] {
            assert_eq!(sitting(&format!("77 (trcaa) S {parent} 70 0 0")), None);
        }
    }
}
