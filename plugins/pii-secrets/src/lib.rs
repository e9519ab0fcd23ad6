//! The bundled detector of secrets that are known by their form, or by the command or file that they stand in.
//!
//! Owns: [`detect`] and [`labels`]; the table of vendors' tokens is in `forms`, a test stands beside each row.
//! Must not know: names before values (`pii-base` has them), redaction, storage, the host. Pure: equal text, equal spans.
//!
//! Invariants: those of `pii-base`: whether a span begins somewhere depends on no more than 4 KiB before its start and
//! 16 KiB behind it, and its end is settled 2 KiB behind that end; spans lie on character boundaries, sorted by start.

mod checksum;
mod commands;
mod component;
mod files;
mod forms;
mod kind;
mod pem;
mod scan;
mod tokens;

pub use pii_scan::{LabelInfo, Span};

/// Finds secrets; sorted by start, possibly overlapping, empty where there is nothing.
///
/// Takes time and memory in proportion to the text, whatever it holds.
pub fn detect(text: &str) -> Vec<Span> {
    scan::detect(text)
}

/// Lists what [`detect`] can find.
pub fn labels() -> &'static [LabelInfo] {
    &kind::LABELS
}
