//! The seven things that a timeline tells, and their metadata.

use serde::Serialize;

use crate::id::{IssueId, TimelineEventId};

/// Most bytes of one event's metadata as JSON (behaviour.md).
pub const METADATA_BYTES_MAX: usize = 10_240;

/// Something that happened to an issue. The host records each at its moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Happening {
    /// An issue was opened.
    TriageStarted {
        /// As stored.
        severity: String,
        /// Domain; null when none was given.
        category: Option<String>,
    },
    /// A log was attached.
    LogUploaded {
        /// Name without folders.
        file_name: String,
        /// Bytes of the original.
        file_size: u64,
    },
    /// One why was answered.
    WhyLevelAdvanced {
        /// 0 to 4.
        from_level: u8,
        /// 1 to 5.
        to_level: u8,
        /// The question that was answered.
        question: String,
    },
    /// The root cause was named.
    RootCauseIdentified {
        /// In a sentence.
        root_cause: String,
        /// 0 to 1.
        confidence: f64,
    },
    /// An RCA was written.
    RcaGenerated {
        /// The document.
        doc_id: String,
        /// Counted in the Markdown.
        section_count: usize,
    },
    /// A post-mortem was written.
    PostmortemGenerated {
        /// The document.
        doc_id: String,
        /// Events that its timeline shows.
        timeline_events_count: usize,
    },
    /// A document was written to a file.
    DocumentExported {
        /// `md`, `html` and so on.
        format: String,
        /// Where to.
        file_path: String,
    },
}

impl Happening {
    /// The text of `timeline_events.event_type`.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::TriageStarted { .. } => "triage_started",
            Self::LogUploaded { .. } => "log_uploaded",
            Self::WhyLevelAdvanced { .. } => "why_level_advanced",
            Self::RootCauseIdentified { .. } => "root_cause_identified",
            Self::RcaGenerated { .. } => "rca_generated",
            Self::PostmortemGenerated { .. } => "postmortem_generated",
            Self::DocumentExported { .. } => "document_exported",
        }
    }
}

/// A row of `timeline_events`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimelineEvent {
    /// Row id.
    pub id: TimelineEventId,
    /// Its issue.
    pub issue_id: IssueId,
    /// One of the seven types.
    pub event_type: String,
    /// For a person.
    pub description: String,
    /// A JSON object.
    pub metadata: serde_json::Value,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
}
