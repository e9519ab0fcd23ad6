//! The last refusal or failure of a connection, kept for the person who waits for the call: the plugin is told less.
//!
//! Invariant: what is kept went through the connection's search for secrets.

use std::sync::{Arc, Mutex, PoisonError};

/// What was refused, or failed on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Plugin, capability, target and rule; or host and cause.
    pub(crate) message: String,
    /// The command that would allow it; none where nothing can.
    pub(crate) fix: Option<String>,
}

/// Where a connection leaves it; clones are the same place.
#[derive(Debug, Clone, Default)]
pub struct LastFailure(Arc<Mutex<Option<Failure>>>);

impl LastFailure {
    pub(super) fn keep(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Takes it out.
    pub(crate) fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
