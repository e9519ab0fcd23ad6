//! What the bundled detectors share: reading a text, cutting it into words, finding the value behind a name.
//!
//! Owns: the pass over the bytes ([`words`]), access that cannot panic ([`text`]), values ([`value`], [`lines`]), and
//! the way from findings to spans ([`settle`]). Must not know: what any detector looks for, redaction, the host.
//! Invariant: time and memory in proportion to the text.

pub mod base64;
pub mod decode;
pub mod grams;
pub mod lines;
mod masks;
mod plan;
pub mod settle;
pub mod text;
pub mod value;
pub mod words;

/// One finding: a range of a text and what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// First byte, on a character boundary.
    pub start: usize,
    /// One past the last byte, on a character boundary, behind `start`.
    pub end: usize,
    /// The label of its kind.
    pub label: &'static str,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
}

/// What one label means, for people who review findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelInfo {
    /// The stable name that spans carry, as `Ipv4`.
    pub label: &'static str,
    /// One line on what is found.
    pub description: &'static str,
    /// A made-up value of that kind.
    pub example: &'static str,
}
