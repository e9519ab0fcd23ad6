//! The audit trail's entries.

use serde::Serialize;

/// What is to be written to the audit trail.
#[derive(Clone, Debug)]
pub struct AuditRecord {
    /// What was done, such as `upload_log_file`.
    pub action: &'static str,
    /// What kind of thing it was done to, such as `log_file`.
    pub entity_type: &'static str,
    /// Which one.
    pub entity_id: String,
    /// A JSON object. Holds no secret and no personal data: the trail outlives what it speaks of.
    pub details: serde_json::Value,
}

/// A row of `audit_log`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditEntry {
    /// Row id.
    pub id: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub timestamp: String,
    /// What was done.
    pub action: String,
    /// What kind of thing it was done to.
    pub entity_type: String,
    /// Which one.
    pub entity_id: String,
    /// Who did it.
    pub user_id: String,
    /// JSON.
    pub details: Option<String>,
    /// Hash of the row before; empty for the first of the chain.
    pub prev_hash: Option<String>,
    /// Hash over this row and `prev_hash`, lower-case hex.
    pub entry_hash: Option<String>,
}

/// What a check of the chain found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    /// Rows checked.
    pub entries: u64,
    /// Whether every row is as it was written, in its place.
    pub intact: bool,
    /// The first row that is not, by id.
    pub first_bad_id: Option<String>,
    /// What is wrong with it.
    pub reason: Option<String>,
    /// Hash of the last row.
    pub head: Option<String>,
}
