//! The last refusal of a connection, kept for the person who waits for the call: the plugin is told less.
//!
//! Invariant: what is kept went through the connection's search for secrets.

use std::sync::{Arc, Mutex, PoisonError};

/// What was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Plugin, capability, target and rule, in a sentence.
    pub(crate) message: String,
    /// The command that would allow it; none where nothing can.
    pub(crate) fix: Option<String>,
}

/// Where a connection leaves it; clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct LastDenial(Arc<Mutex<Option<Refusal>>>);

impl LastDenial {
    pub(super) fn keep(&self, refusal: Refusal) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    /// Takes it out.
    pub(crate) fn take(&self) -> Option<Refusal> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
