//! The bundled detector of names of persons in logs.
//!
//! Owns: [`detect`], which finds names, and [`labels`], which explains them. One pass over the bytes stops at words that
//! begin with a capital, at keys and at letters without case; a dictionary says what each word can be, and what stands
//! around a name decides how little of it has to be known. A word that is also an ordinary one (`Mark`, `Page`,
//! `Hunter`) is a name only beside a better one or in such a place.
//! Must not know: redaction, storage, the host. Pure: equal text, equal spans.
//!
//! Invariants: spans lie on character boundaries, are sorted by start, and none lies in another. Whether a span begins
//! somewhere, and where it ends, depends on no more than 2 KiB of text before it and 4 KiB behind its start. All tables are
//! static: a fresh instance has nothing to set up, and a text without names allocates nothing.

mod cased;
mod component;
mod context;
mod dictionary;
mod dotted;
mod flags;
mod fold;
mod judge;
mod keyed;
mod scan;
mod tokens;
mod uncased;
mod word;

/// The one label.
pub const PERSON_NAME: &str = "PersonName";

/// One finding: a range of a text that names a person.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// First byte, on a character boundary.
    pub start: usize,
    /// One past the last byte, on a character boundary, behind `start`.
    pub end: usize,
    /// [`PERSON_NAME`].
    pub label: &'static str,
    /// How sure the rule is, 0 to 1.
    pub confidence: f32,
}

/// What the label means, for people who review findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelInfo {
    /// The stable name that spans carry.
    pub label: &'static str,
    /// One line on what is found.
    pub description: &'static str,
    /// A made-up value of that kind.
    pub example: &'static str,
}

/// Finds names of persons; sorted by start, empty where there is none.
///
/// Takes time in proportion to the text, whatever it holds, and memory in proportion to what it finds.
pub fn detect(text: &str) -> Vec<Span> {
    scan::detect(text)
}

/// Lists what [`detect`] can find.
pub fn labels() -> &'static [LabelInfo] {
    static LABELS: [LabelInfo; 1] = [LabelInfo {
        label: PERSON_NAME,
        description: "the name of a person, with title and suffix",
        example: "Dr. Ada M. Lovelace",
    }];
    &LABELS
}
