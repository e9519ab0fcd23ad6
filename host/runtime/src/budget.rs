//! The time that one call has: CPU of the guest, time on the wall, time without progress.
//!
//! Invariants: CPU is that of the calling thread in guest code and in host functions that cannot wait (a loop of tiny
//! host calls is the guest's own work); what a port uses that waits for others is left out. A call that waits makes progress only when
//! something arrives or an event is pushed.

use std::time::{Duration, Instant};

use trcaa_model::plugin::Limits;

use crate::cpu_clock::thread_cpu;
use crate::error::Fault;

/// What a call has used, against its limits.
pub(crate) struct Budget {
    limits: Limits,
    started: Instant,
    cpu_started: Duration,
    /// CPU spent behind ports, on this thread.
    port_cpu: Duration,
    progress: Instant,
}

impl Budget {
    /// Starts now, on the calling thread, which has to be the one that runs the guest.
    pub(crate) fn start(limits: Limits) -> Self {
        let now = Instant::now();
        Self { limits, started: now, cpu_started: thread_cpu(), port_cpu: Duration::ZERO, progress: now }
    }

    /// Milliseconds until the wall limit.
    pub(crate) fn wall_left_ms(&self) -> u64 {
        self.limits.wall_ms_max.saturating_sub(whole_ms(self.started.elapsed()))
    }

    /// Milliseconds of the guest's CPU and on the wall so far.
    pub(crate) fn used_ms(&self) -> (u64, u64) {
        let cpu = thread_cpu().saturating_sub(self.cpu_started).saturating_sub(self.port_cpu);
        (whole_ms(cpu), whole_ms(self.started.elapsed()))
    }

    /// Something arrived or was pushed.
    pub(crate) fn progressed(&mut self) {
        self.progress = Instant::now();
    }

    /// Runs a port's work and leaves its CPU out of the guest's.
    pub(crate) fn leave_out(&mut self, port_cpu: Duration) {
        self.port_cpu = self.port_cpu.saturating_add(port_cpu);
    }

    /// The limit that is used up, if one is.
    pub(crate) fn exceeded(&self) -> Option<Fault> {
        self.waited_too_long().or_else(|| {
            let cpu = thread_cpu().saturating_sub(self.cpu_started).saturating_sub(self.port_cpu);
            (whole_ms(cpu) >= self.limits.cpu_ms_max).then_some(Fault::CpuLimit { limit_ms: self.limits.cpu_ms_max })
        })
    }

    /// The limit of waiting that is used up, if one is; cheaper than [`Self::exceeded`].
    pub(crate) fn waited_too_long(&self) -> Option<Fault> {
        let now = Instant::now();
        if whole_ms(now - self.started) >= self.limits.wall_ms_max {
            return Some(Fault::WallLimit { limit_ms: self.limits.wall_ms_max });
        }
        let idle = whole_ms(now.saturating_duration_since(self.progress));
        (idle >= self.limits.idle_ms_max).then_some(Fault::IdleLimit { limit_ms: self.limits.idle_ms_max })
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
