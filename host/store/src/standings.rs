//! What was decided about the values of an issue, over all its logs.

use trcaa_model::id::{IssueId, LogFileId};

use crate::{Store, StoreError, row};

/// A value about which something was decided, by what stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueStanding {
    /// The placeholder, such as `[Email_1]`.
    pub replacement: String,
    /// Whether every span of it, in whatever log of the issue, was rejected.
    pub is_rejected: bool,
    /// Whether any was.
    pub is_rejected_somewhere: bool,
    /// Whether a person marked a span of it by hand.
    pub is_by_hand: bool,
}

impl Store {
    /// Lists the values of an issue that were rejected somewhere, and those that were marked by hand.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn value_standings(&self, issue: &IssueId) -> Result<Vec<ValueStanding>, StoreError> {
        let sql = "SELECT s.replacement, min(s.state = 'rejected'), max(s.state = 'rejected'),
                          max(s.detector = 'manual' AND s.state <> 'rejected')
                   FROM pii_spans s JOIN log_files l ON l.id = s.log_file_id WHERE l.issue_id = ?1
                   GROUP BY s.replacement
                   HAVING max(s.state = 'rejected') = 1 OR max(s.detector = 'manual' AND s.state <> 'rejected') = 1";
        row::all(&self.conn, sql, [issue.as_str()], |row| {
            Ok(ValueStanding {
                replacement: row.get(0)?,
                is_rejected: row.get(1)?,
                is_rejected_somewhere: row.get(2)?,
                is_by_hand: row.get::<_, Option<bool>>(3)?.unwrap_or_default(),
            })
        })
    }

    /// Lists what stands for the values that were rejected in a log, and where: (start, end, placeholder).
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn rejected_spans(&self, log: &LogFileId) -> Result<Vec<(u64, u64, String)>, StoreError> {
        let sql = "SELECT start_offset, end_offset, replacement FROM pii_spans
                   WHERE log_file_id = ?1 AND state = 'rejected' ORDER BY start_offset, end_offset";
        row::all(&self.conn, sql, [log.as_str()], |row| {
            Ok((row::unsigned(row.get(0)?), row::unsigned(row.get(1)?), row.get(2)?))
        })
    }
}
