//! What a detector found, before and after a person has looked at it.

use serde::{Deserialize, Serialize};

use crate::id::{LogFileId, PiiSpanId};

/// One finding of one detector: bytes `start..end` of the extracted text.
///
/// Offsets are UTF-8 bytes, on character boundaries, `start < end`. Whoever takes spans from a plugin
/// checks that before it believes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
    /// Type of personal data or secret, such as `Email`.
    pub label: String,
    /// 0 to 1.
    pub confidence: f32,
    /// Plugin id of the detector, or `manual` for a span that a person added.
    pub detector: String,
}

/// What the analyst decided about a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SpanState {
    /// Found, not looked at. Redacted when the spans are applied: silence is not consent.
    Undecided,
    /// Confirmed; survives detecting again.
    Accepted,
    /// Declared harmless; stays in clear and survives detecting again.
    Rejected,
}

impl SpanState {
    /// The text stored in `pii_spans.state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the stored text; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "undecided" => Some(Self::Undecided),
            "accepted" => Some(Self::Accepted),
            "rejected" => Some(Self::Rejected),
            _ => None,
        }
    }
}

/// A row of `pii_spans`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PiiSpan {
    /// Row id.
    pub id: PiiSpanId,
    /// The log file whose extracted text the offsets count in.
    pub log_file_id: LogFileId,
    /// Label, such as `Email`.
    pub pii_type: String,
    /// First byte.
    pub start_offset: u64,
    /// One past the last byte.
    pub end_offset: u64,
    /// The text in clear until the spans are applied, then empty.
    pub original_value: String,
    /// The placeholder, such as `[Email_1]`.
    pub replacement: String,
    /// What the analyst decided.
    pub state: SpanState,
    /// 0 to 1.
    pub confidence: f64,
    /// Plugin id of the detector, or `manual`.
    pub detector: String,
}
