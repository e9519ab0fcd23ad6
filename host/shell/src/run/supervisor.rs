//! The process between the host and the commands: starts one pipeline, waits for it, and leaves nothing of it behind.
//!
//! It shares the host's memory and never becomes a program, so everything here keeps to what `raw` allows. Why a process:
//! whoever is started and loses its parent becomes its child (`adopt_orphans`), so that no daemon escapes by double fork
//! and `setsid`, and none is taken for one of another run; and it outlives a host that is killed, by the moment that it
//! takes to kill the commands.
//!
//! Invariants:
//! 1. It holds nothing of the host's but the three standard streams at `/dev/null` and the descriptors in `kept`.
//! 2. It ends: by the pipeline's end, by a word of the host, or when the host's end of the leash closes.
//! 3. When it ends, the file with the kubeconfig is empty.

use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};

use super::prepared::Pipeline;
use super::raw::{self, Reaped, Stack};
use super::{report, tree};

/// What the host writes into the leash to have everything ended.
pub(super) const END: u8 = b'e';

/// Time between a polite signal and SIGKILL.
const GRACE_MS: i64 = 500;
/// Time after which what can't be killed (another user's, by sudo) is left.
const KILL_MS: i64 = 2_000;
/// Shortest time between two looks at how many processes there are.
const WATCH_MS: i64 = 50;
/// Looks take at most this part of the time.
const WATCH_SHARE: i64 = 10;

/// Supervises `pipeline` in a process of its own; goes on when that has ended. Answers its number, which stays taken until
/// somebody waits for it. `number` is set before any program starts.
pub(super) fn start(pipeline: &mut Pipeline, number: &AtomicI32) -> Result<i32, i32> {
    let stacks = [Stack::new()?, Stack::new()?];
    let [own, of_stages] = &stacks;
    let number = raw::apart(own, &mut || {
        number.store(raw::own_number(), Ordering::SeqCst);
        supervise(pipeline, of_stages)
    });
    if !pipeline.over {
        // It was killed. Whoever was about to become a program is killed too, but may not have noticed yet.
        std::mem::forget(stacks);
    }
    number
}

fn supervise(pipeline: &mut Pipeline, stack: &Stack) -> ! {
    let own = raw::own_number();
    raw::usual_signals();
    for standard in 0..=2 {
        let _ = raw::double_onto(pipeline.null, standard);
    }
    raw::close_all_but(&pipeline.kept);
    report::write(pipeline.report, report::STARTED, 0, 0, 0);
    let signals = match raw::own_session().and_then(|()| raw::adopt_orphans()).and_then(|()| raw::child_signals()) {
        Ok(signals) => signals,
        Err(error) => {
            report::write(pipeline.report, report::SETUP, 0, report::SUPERVISOR, error);
            raw::leave(1);
        }
    };
    let mut group = 0;
    for index in 0..pipeline.stages.len() {
        let Some(stage) = pipeline.stages.get(index) else { break };
        match raw::apart(stack, &mut || stage.start(index, group, own, pipeline.folder, pipeline.report)) {
            Ok(number) => {
                group = if group == 0 { number } else { group };
                if let Some(place) = pipeline.numbers.get_mut(index) {
                    *place = number;
                }
            }
            Err(error) => {
                report::write(pipeline.report, report::SETUP, number_of(index), report::FORK, error);
                end_all(own, signals, 0);
                raw::leave(1);
            }
        }
    }
    // Pipes end only when nobody else holds them.
    for descriptor in &pipeline.kept {
        let needed = [pipeline.leash, pipeline.report].contains(descriptor) || pipeline.kubeconfig == Some(*descriptor);
        if !needed {
            raw::close(*descriptor);
        }
    }
    let cause = watch(pipeline, own, signals);
    let left = match cause {
        report::HOST_GONE => end_all(own, signals, 0),
        report::FINISHED if pipeline.leave => 0,
        report::FINISHED => end_rest(own, signals, pipeline.grace),
        _ => end_all(own, signals, GRACE_MS),
    };
    if let Some(kubeconfig) = pipeline.kubeconfig {
        raw::empty(kubeconfig);
    }
    pipeline.over = true;
    report::write(pipeline.report, cause, pipeline.status, i32::try_from(left).unwrap_or(i32::MAX), 0);
    raw::leave(0)
}

/// Waits until the pipeline is over or has to be; answers why.
fn watch(pipeline: &mut Pipeline, own: i32, signals: RawFd) -> i32 {
    let watched = pipeline.processes_max.is_some() || pipeline.pages_max.is_some();
    let end = raw::milliseconds().saturating_add(pipeline.wall_ms);
    let mut next_look = if watched { raw::milliseconds().saturating_add(WATCH_MS) } else { i64::MAX };
    loop {
        if take_ended(pipeline) {
            return report::FINISHED;
        }
        let mut ready = [readable(pipeline.leash), readable(signals)];
        // One more: time that is not a whole millisecond is not waited for in a circle.
        let wait = next_look.min(end).saturating_sub(raw::milliseconds()).saturating_add(1);
        raw::poll(&mut ready, i32::try_from(wait.max(0)).unwrap_or(i32::MAX));
        if ready[0].revents != 0 {
            let mut word = [0_u8; 1];
            return match raw::read(pipeline.leash, &mut word) {
                Ok(0) => report::HOST_GONE,
                _ => report::ENDED_BY_HOST,
            };
        }
        drain(signals);
        let now = raw::milliseconds();
        if now >= end {
            // What ended in the same moment has ended by itself.
            return if take_ended(pipeline) { report::FINISHED } else { report::TIMED_OUT };
        }
        if now >= next_look {
            let used = tree::count(own, &mut pipeline.members);
            if pipeline.processes_max.is_some_and(|most| used.processes > most) {
                return report::PROCESSES;
            }
            if pipeline.pages_max.is_some_and(|most| used.pages > most) {
                return report::MEMORY;
            }
            let after = raw::milliseconds();
            next_look = after.saturating_add(WATCH_MS.max(after.saturating_sub(now).saturating_mul(WATCH_SHARE)));
        }
    }
}

/// Takes the status of whatever has ended; answers whether all stages have.
fn take_ended(pipeline: &mut Pipeline) -> bool {
    let last = pipeline.numbers.last().copied();
    while let Reaped::Ended(number, status) = raw::reap(-1) {
        if Some(number) == last {
            pipeline.status = status;
        }
        // What is not ours by number is an orphan, of which nobody wants to know.
        for place in pipeline.numbers.iter_mut().filter(|place| **place == number) {
            *place = 0;
        }
    }
    pipeline.numbers.iter().all(|number| *number == 0)
}

/// Ends what a finished pipeline left running; answers how many processes that were.
fn end_rest(own: i32, signals: RawFd, grace: bool) -> u32 {
    loop {
        match raw::reap(-1) {
            Reaped::Childless => return 0,
            Reaped::Ended(..) => {}
            Reaped::None => return end_all(own, signals, if grace { GRACE_MS } else { 0 }),
        }
    }
}

/// Ends all descendants: politely for `grace_ms`, then by force. Answers how many processes there were.
fn end_all(own: i32, signals: RawFd, grace_ms: i64) -> u32 {
    let mut most = 0;
    if grace_ms > 0 {
        most = tree::signal_all(own, Some(own), &[libc::SIGTERM, libc::SIGCONT]);
        let until = raw::milliseconds().saturating_add(grace_ms);
        while raw::milliseconds() < until {
            if childless() {
                return most;
            }
            raw::poll(&mut [readable(signals)], 20);
            drain(signals);
        }
    }
    let until = raw::milliseconds().saturating_add(KILL_MS);
    loop {
        // Each round reaches those whose parents the last one killed: they are children of this process now.
        most = most.max(tree::signal_all(own, Some(own), &[libc::SIGKILL]));
        if childless() || raw::milliseconds() >= until {
            return most;
        }
        raw::poll(&mut [readable(signals)], 5);
        drain(signals);
    }
}

fn childless() -> bool {
    loop {
        match raw::reap(-1) {
            Reaped::Ended(..) => {}
            Reaped::None => return false,
            Reaped::Childless => return true,
        }
    }
}

fn drain(signals: RawFd) {
    let mut buffer = [0_u8; 1024];
    while raw::read(signals, &mut buffer).is_ok_and(|read| read > 0) {}
}

fn readable(descriptor: RawFd) -> libc::pollfd {
    libc::pollfd { fd: descriptor, events: libc::POLLIN, revents: 0 }
}

fn number_of(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}
