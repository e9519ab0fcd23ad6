//! Issues and what is reasoned about them.

use serde::Serialize;

use crate::attachment::{ImageAttachment, LogFile};
use crate::chat::Conversation;
use crate::id::{IssueId, StepId};
use crate::timeline::TimelineEvent;

/// A text that is not one of an enum's values.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown {what} {given:?}; allowed: {allowed}")]
pub struct UnknownValue {
    /// The kind of value, such as `severity`.
    pub what: &'static str,
    /// What was given.
    pub given: String,
    /// The allowed ones, separated by commas.
    pub allowed: &'static str,
}

macro_rules! text_enum {
    ($(#[$doc:meta])* $name:ident, $what:literal, $allowed:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal $(| $alias:literal)*),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "lowercase")]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// The text that the store's column holds.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::issue::UnknownValue;
            fn from_str(text: &str) -> Result<Self, $crate::issue::UnknownValue> {
                match text.trim().to_ascii_lowercase().as_str() {
                    $($text $(| $alias)* => Ok(Self::$variant),)*
                    _ => Err($crate::issue::UnknownValue { what: $what, given: text.chars().take(80).collect(), allowed: $allowed }),
                }
            }
        }
    };
}
pub(crate) use text_enum;

text_enum! {
    /// How bad it is.
    Severity, "severity", "critical, high, medium, low (or P1, P2, P3, P4)", {
        /// P1
        Critical = "critical" | "p1",
        /// P2
        High = "high" | "p2",
        /// P3
        Medium = "medium" | "p3",
        /// P4
        Low = "low" | "p4",
    }
}

text_enum! {
    /// Where an issue stands.
    Status, "status", "open, investigating, resolved, closed", {
        /// Not looked at yet.
        Open = "open",
        /// Being looked at.
        Investigating = "investigating",
        /// The cause is known and dealt with.
        Resolved = "resolved",
        /// Done with.
        Closed = "closed",
    }
}

/// The domains that have a prompt of their own; `issues.category` holds one of them.
pub const DOMAINS: [&str; 16] = [
    "linux",
    "windows",
    "network",
    "kubernetes",
    "databases",
    "virtualization",
    "hardware",
    "observability",
    "telephony",
    "security",
    "public_safety",
    "application",
    "automation",
    "hpe_infra",
    "dell_hardware",
    "identity",
];

/// Checks a domain (also called category) against [`DOMAINS`].
///
/// # Errors
/// [`UnknownValue`] with the list of what is allowed.
pub fn parse_domain(text: &str) -> Result<&'static str, UnknownValue> {
    let wanted = text.trim().to_ascii_lowercase().replace('-', "_");
    DOMAINS.into_iter().find(|d| *d == wanted).ok_or_else(|| UnknownValue {
        what: "domain",
        given: text.chars().take(80).collect(),
        allowed: "linux, windows, network, kubernetes, databases, virtualization, hardware, observability, telephony, security, \
                  public_safety, application, automation, hpe_infra, dell_hardware, identity",
    })
}

/// A row of `issues`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    /// Row id.
    pub id: IssueId,
    /// One line.
    pub title: String,
    /// Any length.
    pub description: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub status: Status,
    /// One of [`DOMAINS`], or what an earlier product wrote.
    pub category: Option<String>,
    /// Where the report came from.
    pub source: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub updated_at: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub resolved_at: Option<String>,
    /// Who works on it.
    pub assigned_to: Option<String>,
    /// Free labels, in the order given.
    pub tags: Vec<String>,
}

/// What a new issue is made from.
#[derive(Clone, Debug)]
pub struct NewIssue {
    /// One line, not empty.
    pub title: String,
    /// Any length.
    pub description: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// One of [`DOMAINS`].
    pub category: Option<String>,
    /// Where the report came from.
    pub source: Option<String>,
    /// Who works on it.
    pub assigned_to: Option<String>,
    /// Free labels.
    pub tags: Vec<String>,
}

/// Changes to an issue; `None` keeps a field, `Some(None)` clears it.
#[derive(Clone, Debug, Default)]
pub struct IssueEdit {
    /// New title.
    pub title: Option<String>,
    /// New or cleared description.
    pub description: Option<Option<String>>,
    /// New severity.
    pub severity: Option<Severity>,
    /// New status.
    pub status: Option<Status>,
    /// New or cleared domain.
    pub category: Option<Option<String>>,
    /// New or cleared source.
    pub source: Option<Option<String>>,
    /// New or cleared assignee.
    pub assigned_to: Option<Option<String>>,
    /// New tags, replacing all old ones.
    pub tags: Option<Vec<String>>,
}

/// Which issues a list shows: newest first.
#[derive(Clone, Debug)]
pub struct IssueFilter {
    /// Only this status.
    pub status: Option<Status>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// At most this many, 1 to 10,000.
    pub limit: u32,
    /// Rows to pass over.
    pub offset: u32,
}

/// A row of `resolution_steps`: one level of the 5-Whys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ResolutionStep {
    /// Row id.
    pub id: StepId,
    /// Its issue.
    pub issue_id: IssueId,
    /// Level, 1 to 5.
    pub step_order: u8,
    /// The question.
    pub why_question: String,
    /// The answer, once there is one.
    pub answer: Option<String>,
    /// What shows the answer: log hash and line range with the line, or a text that begins with `assumed`.
    pub evidence: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
}

/// An issue with everything below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IssueDetail {
    /// The issue.
    pub issue: Issue,
    /// Its logs, without their text.
    pub log_files: Vec<LogFile>,
    /// Its images, without their bytes.
    pub image_attachments: Vec<ImageAttachment>,
    /// Its 5-Whys, by level.
    pub resolution_steps: Vec<ResolutionStep>,
    /// Its conversations, oldest first, without messages.
    pub conversations: Vec<Conversation>,
    /// Its timeline, oldest first.
    pub timeline_events: Vec<TimelineEvent>,
}

/// One answer of a search.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SearchHit {
    /// The issue it belongs to.
    pub issue_id: IssueId,
    /// That issue's title.
    pub title: String,
    /// A piece of the text around the match.
    pub snippet: String,
    /// Where it was found: `title`, `description`.
    pub field: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_comes_in_as_word_or_priority() {
        assert_eq!("P1".parse(), Ok(Severity::Critical));
        assert_eq!("low".parse(), Ok(Severity::Low));
        let refused = "urgent".parse::<Severity>().map_err(|e| e.to_string());
        assert_eq!(
            refused,
            Err("unknown severity \"urgent\"; allowed: critical, high, medium, low (or P1, P2, P3, P4)".into())
        );
    }

    #[test]
    fn domains_are_a_closed_list() {
        assert_eq!(parse_domain("Public-Safety"), Ok("public_safety"));
        for domain in DOMAINS {
            let listed = parse_domain("x").map_err(|e| e.allowed.contains(domain));
            assert_eq!(listed, Err(true), "{domain}");
        }
    }
}
