//! CPU time of the calling thread: what a guest's budget is counted in, so that a busy machine, a wait in a host call
//! or a neighbour on the same core costs a guest nothing.

use std::time::Duration;

/// CPU time that this thread used so far. Only differences within one thread mean anything.
#[cfg(unix)]
pub(crate) fn thread_cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a live timespec of our own, and the call writes nothing else.
    #[expect(unsafe_code, reason = "the standard library has no clock of a thread's CPU time")]
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    debug_assert_eq!(status, 0, "POSIX systems of the last twenty years have this clock");
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Where threads have no such clock, time on the wall stands for it: stricter, and never more generous.
#[cfg(not(unix))]
pub(crate) fn thread_cpu() -> Duration {
    static BEGUN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGUN.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::thread_cpu;

    #[test]
    #[cfg(unix)]
    fn waiting_costs_nothing_and_computing_does() {
        let begun = thread_cpu();
        std::thread::park_timeout(Duration::from_millis(50));
        assert!(thread_cpu() - begun < Duration::from_millis(40), "a wait is no work");
        let begun = (thread_cpu(), Instant::now());
        while thread_cpu() - begun.0 < Duration::from_millis(5) {
            assert!(begun.1.elapsed() < Duration::from_secs(60), "work is counted");
        }
    }
}
