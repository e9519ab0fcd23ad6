//! Ctrl-C and SIGTERM. The store is crash-safe and files appear whole, so ending at once loses nothing that is written;
//! what was posted to the background writer of events is waited for, for a bounded time. A second signal does not wait.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use trcaa_app::PendingEvents;

/// How long a signal waits for events; who asked for the end is there and watching.
const SIGNAL_WAIT: Duration = Duration::from_secs(5);
/// How long an early end of our own waits; longer than a busy database is tried for.
const LEAVE_WAIT: Duration = Duration::from_secs(12);

/// How long a signal waits for a run to be ended and written down: longer than its processes have to end by themselves.
const RUN_WAIT: Duration = Duration::from_secs(5);
/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

/// Whether a signal came.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// How many commands are running for the user.
static RUNS: AtomicU32 = AtomicU32::new(0);

/// What has to be written before the process ends. There is one store per process.
static PENDING: Mutex<Option<PendingEvents>> = Mutex::new(None);

/// Ends the process with 128 + the signal's number, after what was posted is written, and says so.
pub fn on_interrupt() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    let watch = move || {
        let mut arrived = signals.forever();
        let Some(signal) = arrived.next() else { return };
        INTERRUPTED.store(true, Ordering::SeqCst);
        let end = move || {
            wait_for_runs();
            crate::secret_input::restore_terminal();
            crate::command::give_back_terminal();
            trcaa_app::remove_drafts();
            let rest = match finish(SIGNAL_WAIT) {
                Ok(()) => "the rest was undone",
                Err(_) => "the rest was undone; not every event could be recorded",
            };
            let _ = writeln!(std::io::stderr(), "\ninterrupted: what was finished is kept, {rest}");
            signal_hook::low_level::exit(128 + signal);
        };
        // On a thread of its own, so that a second signal is heard while this one waits.
        if let Err(_unstarted) = std::thread::Builder::new().name("ending".into()).spawn(end) {
            signal_hook::low_level::exit(128 + signal);
        }
        if let Some(second) = arrived.next() {
            signal_hook::low_level::exit(128 + second);
        }
    };
    // Without the thread the signals end the process all the same, only without a word.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(watch);
}

/// A run of a command for the user: a signal ends it, and waits until what came of it is written down.
pub(crate) struct RunWatch(());

/// Has signals wait for a run.
pub(crate) fn run_begins() -> RunWatch {
    RUNS.fetch_add(1, Ordering::SeqCst);
    RunWatch(())
}

impl RunWatch {
    /// Whether the run is to end now.
    pub(crate) fn stops(&self) -> bool {
        INTERRUPTED.load(Ordering::SeqCst)
    }
}

impl Drop for RunWatch {
    fn drop(&mut self) {
        RUNS.fetch_sub(1, Ordering::SeqCst);
    }
}

fn wait_for_runs() {
    let until = Instant::now() + RUN_WAIT;
    while RUNS.load(Ordering::SeqCst) > 0 && Instant::now() < until {
        std::thread::sleep(LOOK);
    }
}

/// Where a signal came, leaves the end of the process, and its status, to the thread that heard it.
pub(crate) fn leave_if_interrupted() {
    if INTERRUPTED.load(Ordering::SeqCst) {
        std::thread::sleep(RUN_WAIT + SIGNAL_WAIT);
    }
}

/// Names what has to be written before the process ends.
pub fn wait_for(pending: PendingEvents) {
    *PENDING.lock().unwrap_or_else(PoisonError::into_inner) = Some(pending);
}

/// Takes no more events, and waits for those that were taken.
fn finish(limit: Duration) -> Result<(), trcaa_app::AppError> {
    let pending = PENDING.lock().unwrap_or_else(PoisonError::into_inner).clone();
    pending.map_or(Ok(()), |pending| Ok(pending.finish(limit)?))
}

/// What the end of a command comes to: the events that could not be written, if there are any.
pub(crate) fn finish_events() -> Result<(), trcaa_app::AppError> {
    finish(LEAVE_WAIT)
}

/// Ends the process from within a command; nothing that was posted is left behind.
pub(crate) fn leave(status: i32) -> ! {
    let _ = finish(LEAVE_WAIT);
    trcaa_app::remove_drafts();
    signal_hook::low_level::exit(status)
}
