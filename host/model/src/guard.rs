//! The type of text that may leave: made by the guard in `trcaa-redact`, asked for by everything that sends.
//!
//! `net`, `runtime` (for every kind of plugin but detectors) and exports take [`Redacted`], never `String`. The one
//! way to make it, [`Redacted::from_guard`], is on clippy's list of disallowed methods, which only the guard
//! lifts; so "nothing leaves unguarded" is checked by the compiler and the linter and not by good will.
//!
//! A part of guarded text, and guarded texts put together, are guarded text: neither needs the guard again.
//!
//! What is sent asks for the type, so that a text that did not pass is a compile error:
//!
//! ```
//! # use trcaa_model::{chat::Part, guard::Redacted};
//! fn goes(text: Redacted) -> Part {
//!     Part::Text(text)
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use trcaa_model::chat::Part;
//! fn does_not_go(text: String) -> Part {
//!     Part::Text(text)
//! }
//! ```
//!
//! Nothing turns text into it by the way:
//!
//! ```compile_fail,E0277
//! # use trcaa_model::guard::Redacted;
//! let made: Redacted = String::from("anna@example.com").into();
//! ```
//!
//! ```compile_fail,E0423
//! # use trcaa_model::guard::Redacted;
//! let made = Redacted(String::from("anna@example.com"));
//! ```
//!
//! ```compile_fail,E0277
//! # use trcaa_model::guard::Redacted;
//! let made: Redacted = serde_json::from_str("\"anna@example.com\"").unwrap();
//! ```

use std::fmt;
use std::ops::Range;

/// Text in which every finding was replaced before it was cut to size.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Redacted(String);

impl Redacted {
    /// Declares that `text` passed the guard. For `trcaa_redact` alone.
    #[doc(hidden)]
    pub fn from_guard(text: String) -> Self {
        Self(text)
    }

    /// A part of it; `None` where the range leaves the text or cuts a character.
    pub fn part(&self, range: Range<usize>) -> Option<Self> {
        self.0.get(range).map(|part| Self(part.to_owned()))
    }

    /// Guarded texts one after another.
    pub fn join<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        Self(parts.into_iter().map(Self::as_str).collect())
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
