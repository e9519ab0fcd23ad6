//! The bundled detector of personal data, and of secrets by their name, in logs.
//!
//! Owns: [`detect`], which finds spans, and [`labels`], which explains them. One pass over the bytes finds candidates,
//! a rule per type checks them (grammar, check digits, alphabets), then what stands around them decides.
//! Must not know: redaction, storage, the host. Pure: equal text, equal spans.
//!
//! Invariants: spans lie on character boundaries and are sorted by start; they may overlap, and whoever redacts unites
//! them. Whether a span begins somewhere depends on no more than 4 KiB of text before its start and 16 KiB behind it; a
//! secret is as long as it is, and where its span ends is settled 2 KiB behind that end. So a long text may be handed
//! over in windows with that context, and with a wider one where a span reaches the end of it. All tables are static: a fresh instance has nothing to set up.

mod address;
mod component;
mod email;
mod headers;
mod host_name;
mod iban;
mod keyed;
mod keys;
mod kind;
mod numbers;
mod scan;
mod url;

pub use pii_scan::{LabelInfo, Span};

/// Finds personal data and secrets; sorted by start, possibly overlapping, empty where there is nothing.
///
/// Takes time and memory in proportion to the text, whatever it holds.
pub fn detect(text: &str) -> Vec<Span> {
    scan::detect(text)
}

/// Lists what [`detect`] can find.
pub fn labels() -> &'static [LabelInfo] {
    &kind::LABELS
}
