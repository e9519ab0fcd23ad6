//! Taking secrets out of what a plugin says: log lines, errors, answers.
//!
//! Invariant: a text is searched whole before it is cut, shown, counted as a reason or kept; where a connection has no
//! secrets nothing is searched.

use crate::bindings::shared::trcaa::types::types::{Denial, Error};
use crate::call::{CallContext, CallState};
use crate::error::Fault;
use crate::ports::{Ports, TextScrub};

/// The searches that go over several pieces of one call.
#[derive(Default)]
pub(crate) struct Scrubs {
    log: Option<Box<dyn TextScrub>>,
    answer: Option<Box<dyn TextScrub>>,
}

impl Scrubs {
    pub(crate) fn new(ports: &Ports) -> Self {
        match &ports.scrub {
            Some(scrub) => Self { log: Some(scrub.pieces()), answer: Some(scrub.stream()) },
            None => Self::default(),
        }
    }

    /// A line that is logged, or a part of one.
    pub(crate) fn piece(&mut self, piece: String) -> String {
        match &mut self.log {
            Some(scrub) => scrub.push(&piece),
            None => piece,
        }
    }

    /// The next piece of the answer's text; what may be the beginning of a secret comes with a later one.
    pub(crate) fn delta(&mut self, text: String) -> String {
        match &mut self.answer {
            Some(scrub) => scrub.push(&text),
            None => text,
        }
    }
}

impl CallState {
    /// Gives the end of the answer's text that was held back.
    pub(crate) fn finish_scrubbing(&mut self) {
        if let Some(mut scrub) = self.scrubs.answer.take() {
            self.pushed.take_text(scrub.finish());
        }
    }
}

impl CallContext {
    /// A text of the plugin's without the connection's secrets.
    pub(crate) fn scrubbed(&self, text: String) -> String {
        match &self.ports.scrub {
            Some(scrub) => scrub.text(&text),
            None => text,
        }
    }

    /// What a guest reported, searched before it is cut.
    pub(crate) fn reported(&self, error: Error) -> Fault {
        let clean = |text: String| self.scrubbed(text);
        Fault::Reported(
            match error {
                Error::InvalidInput(text) => Error::InvalidInput(clean(text)),
                Error::Denied(Denial { capability, target, fix }) => {
                    Error::Denied(Denial { capability: clean(capability), target: clean(target), fix: clean(fix) })
                }
                Error::Unauthenticated(text) => Error::Unauthenticated(clean(text)),
                Error::Forbidden(text) => Error::Forbidden(clean(text)),
                Error::NotFound(text) => Error::NotFound(clean(text)),
                Error::Conflict(text) => Error::Conflict(clean(text)),
                Error::Unavailable(text) => Error::Unavailable(clean(text)),
                Error::Unsupported(text) => Error::Unsupported(clean(text)),
                Error::Other((code, text)) => Error::Other((clean(code), clean(text))),
                wordless @ (Error::RateLimited(_) | Error::Timeout | Error::Cancelled | Error::TooLarge(_)) => wordless,
            }
            .into(),
        )
    }

    /// A fault whose words may be the plugin's.
    pub(crate) fn scrubbed_fault(&self, fault: Fault) -> Fault {
        match fault {
            Fault::Trapped(text) => Fault::Trapped(self.scrubbed(text)),
            Fault::BadOutput(text) => Fault::BadOutput(self.scrubbed(text)),
            other => other,
        }
    }
}
