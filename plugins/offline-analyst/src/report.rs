//! Owns the words in which an investigation is handed over: documents in, analysis and whys out.
//! Knows nothing about how anything is found.

use serde::Serialize;

/// A redacted log, whole or a range of its lines. Several may share one digest: excerpts, in order.
#[derive(Clone, Copy, Debug)]
pub struct Doc<'a> {
    /// File name, shown to people.
    pub name: &'a str,
    /// SHA-256 hex of the original bytes.
    pub digest: &'a str,
    /// 1-based number of the first line of `text` in the original.
    pub first_line: u32,
    /// The redacted text, at most 4 GiB.
    pub text: &'a str,
}

/// Points at lines of a document and quotes the first of them exactly.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// Digest of the document.
    pub digest: String,
    /// 1-based, inclusive.
    pub first_line: u32,
    /// 1-based, inclusive; equal to `first_line` for one line.
    pub last_line: u32,
    /// The text of `first_line`, cut at 300 bytes on a character boundary. Control characters are kept.
    pub quote: String,
}

/// One thing that the lines show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What was found, in one or two sentences.
    pub text: String,
    /// At most four lines that show it.
    pub evidence: Vec<Citation>,
    /// True where the text holds more than its lines show.
    pub assumed: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing broke, or nothing that anyone would notice.
    Low,
    /// Something is wrong and has not hurt yet, or hurts few.
    Medium,
    /// A function is broken.
    High,
    /// A service is down or data are in danger.
    Critical,
}

impl Severity {
    /// The word that the product's database and command line use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The deepest cause that the lines support.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RootCause {
    /// The cause in one or two sentences.
    pub text: String,
    /// 0 to 1: how much of the chain down to it is shown by lines.
    pub confidence: f32,
    /// At most four lines.
    pub evidence: Vec<Citation>,
}

/// One moment of what happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Moment {
    /// As the log writes it; empty where the line has no time.
    pub time: String,
    /// What happened then.
    pub text: String,
    /// The line that shows it.
    pub citation: Citation,
}

/// Everything an `analyze` answer needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Analysis {
    /// Two to four sentences.
    pub summary: String,
    /// Most important first, at most 14.
    pub key_findings: Vec<Finding>,
    /// The question that the five whys start with.
    pub first_why: String,
    /// How bad it is.
    pub severity: Severity,
    /// None where the lines support none.
    pub root_cause: Option<RootCause>,
    /// What to do now, at most 8.
    pub immediate_actions: Vec<String>,
    /// What keeps it from coming back, at most 8.
    pub long_term_actions: Vec<String>,
    /// At most 6.
    pub lessons: Vec<String>,
    /// In order of time, at most 40.
    pub timeline: Vec<Moment>,
}

/// One level of the five whys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Why {
    /// 1 to 5.
    pub level: u8,
    /// Asks for the cause of the answer before.
    pub question: String,
    /// Names the cause, with counts, times and names from the lines.
    pub answer: String,
    /// One to four lines that show the cause.
    pub evidence: Vec<Citation>,
    /// True where the link to the level before is general knowledge that no line shows; the answer says which.
    pub assumed: bool,
}
