//! Ctrl-C and SIGTERM. The store is crash-safe and files appear whole, so ending at once loses nothing that was
//! acknowledged; what has to be said is that nothing else was kept.

use std::io::Write;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ends the process with 128 + the signal's number, and says so.
pub(crate) fn on_interrupt() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    let watch = move || {
        if let Some(signal) = signals.forever().next() {
            let _ = std::io::stderr().write_all(b"\ninterrupted: what was finished is kept, the rest was undone\n");
            signal_hook::low_level::exit(128 + signal);
        }
    };
    // Without the thread the signals end the process all the same, only without a word.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(watch);
}
