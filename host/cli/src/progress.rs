//! Progress bars: on stderr, and only on a terminal.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use trcaa_app::{NoProgress, Progress};

/// One bar at a time.
pub(crate) struct Bars {
    bar: Mutex<Option<ProgressBar>>,
}

impl Bars {
    /// Bars if stderr is a terminal and they are wanted; else silence.
    pub(crate) fn for_terminal(unwanted: bool) -> Box<dyn Progress> {
        if unwanted || !std::io::stderr().is_terminal() {
            Box::new(NoProgress)
        } else {
            Box::new(Self { bar: Mutex::new(None) })
        }
    }
}

impl Progress for Bars {
    fn begin(&self, step: &str, bytes: Option<u64>) {
        let bar = match bytes {
            Some(bytes) => {
                let style = ProgressStyle::with_template("{msg:32} {bar:30} {bytes}/{total_bytes}");
                ProgressBar::new(bytes).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            }
            None => {
                let spinner = ProgressBar::new_spinner();
                spinner.enable_steady_tick(Duration::from_millis(100));
                spinner
            }
        };
        bar.set_message(crate::output::visible(step));
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = Some(bar);
    }

    fn advance(&self, bytes: u64) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.inc(bytes);
        }
    }

    fn note(&self, text: &str) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            bar.set_message(crate::output::visible(text));
        }
    }

    fn end(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }
}
