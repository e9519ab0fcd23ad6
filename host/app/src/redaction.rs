//! From a stored log to its redacted copy: windows to every detector, the union of what they find, placeholders.
//!
//! Invariants: a detector that fails means that nothing is applied or sent; a span is redacted unless a person rejected
//! it; spans, copy and pseudonyms are stored in one transaction.

mod apply;
mod detect;
mod detectors;
mod guard;
mod known;
mod names;
mod text;

pub(crate) use apply::detector_of;
pub(crate) use detect::{detect, too_long};
pub(crate) use detectors::Detectors;
pub(crate) use guard::{IssueGuard, blocked};
pub(crate) use known::IssueValues;
pub(crate) use names::{CLASH_CODE, CLASH_TRIES, pseudonyms_of, save_pseudonyms};
pub(crate) use text::masked;
