//! The type of text that may leave: made by the guard in `trcaa-redact`, asked for by everything that sends.
//!
//! `net`, `runtime` (for every kind of plugin but detectors) and exports take [`Redacted`], never `String`. The one
//! way to make it, [`Redacted::from_guard`], is on clippy's list of disallowed methods, which only the guard
//! lifts; so "nothing leaves unguarded" is checked by the compiler and the linter and not by good will.

use std::fmt;

/// Text in which every finding was replaced before it was cut to size.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Redacted(String);

impl Redacted {
    /// Declares that `text` passed the guard. For `trcaa_redact` alone.
    #[doc(hidden)]
    pub fn from_guard(text: String) -> Self {
        Self(text)
    }

    /// The text, for reading and sending.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, for a receiver that needs to own it.
    pub fn into_string(self) -> String {
        self.0
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redacted({} bytes)", self.0.len())
    }
}
