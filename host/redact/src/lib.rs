//! Redaction: from spans that detectors found to text that may leave, and back again on this machine.
//!
//! Owns: checking and merging spans, the pseudonyms of an issue and finding their values again, applying and restoring them, cutting to size,
//! the guard that everything outgoing passes, and the windows in which long texts are shown to detectors.
//! Must not know: how anything is found, stored, encrypted or sent. Pure: no I/O, no clock, no randomness.
//!
//! Invariants: a span that cannot be trusted is an error and never skipped; overlapping spans are united and never
//! dropped; text is redacted in full before it is cut; no `Debug` or error text holds a value.

mod apply;
mod coded;
mod cut;
mod guard;
mod known;
mod passing;
mod placeholder;
mod pseudonym;
mod restore;
mod spans;
mod windows;

pub use apply::{Applier, ApplyError, Origin, Stopped, apply};
pub use cut::cut;
pub use guard::{Guard, LocalTarget};
pub use known::{KNOWN_VALUE, KnownValues, Standing, TooManyValues};
pub use passing::PassingNames;
pub use placeholder::{PLACEHOLDER_BYTES_MAX, Placeholder, label_of_name, placeholder_name};
pub use pseudonym::{Numbering, Pseudonym, PseudonymError, Pseudonyms};
pub use restore::restore;
pub use spans::{Merged, SpanError, check_spans, merge};
pub use windows::{
    CONTEXT_AFTER_BYTES, CONTEXT_BEFORE_BYTES, CORE_BYTES_MAX, UNSETTLED_BYTES, VIEW_BYTES_MAX, WIDENING, Window,
    collect, next_window, touches_end, widened, windows,
};
