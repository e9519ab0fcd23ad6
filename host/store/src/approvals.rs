//! `approval_decisions`: what a person allowed or denied, for one run or for a session.
//!
//! Invariants: a decision of a session ends with its time; one for a single run is used up by it, in the transaction that
//! writes the run's row. What a pattern covers is decided elsewhere.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::id::uuid_v7;
use trcaa_model::time::stamp;

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, command_pattern, decision, session_id, decided_at, expires_at, binding, used_at";
/// Most decisions of one session that are looked at; a further one is refused.
const IN_FORCE_MAX: u32 = 1_000;

/// A row of `approval_decisions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApprovalDecision {
    /// Row id.
    pub id: String,
    /// The line, or the pattern of lines.
    pub command_pattern: String,
    /// `allow_once`, `allow_session` or `deny`.
    pub decision: String,
    /// The session that it holds in.
    pub session_id: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub decided_at: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub expires_at: Option<String>,
    /// What it is bound to.
    pub binding: Option<String>,
    /// When it was used up.
    pub used_at: Option<String>,
}

/// What a decision is made from.
#[derive(Clone, Copy, Debug)]
pub struct NewDecision<'a> {
    /// The line, or the pattern of lines.
    pub command_pattern: &'a str,
    /// `allow_once`, `allow_session` or `deny`.
    pub decision: &'static str,
    /// The session that it holds in.
    pub session_id: &'a str,
    /// How long it holds.
    pub lasts_ms: u64,
    /// What it is bound to.
    pub binding: &'a str,
    /// Whether the run that it is for begins with it.
    pub is_used: bool,
}

fn decision_of(row: &Row<'_>) -> Result<ApprovalDecision, StoreError> {
    Ok(ApprovalDecision {
        id: row.get(0)?,
        command_pattern: row.get(1)?,
        decision: row.get(2)?,
        session_id: row.get(3)?,
        decided_at: row.get(4)?,
        expires_at: row.get(5)?,
        binding: row.get(6)?,
        used_at: row.get(7)?,
    })
}

impl Store {
    /// Lists the decisions that still hold, newest first: of one session or of all.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn decisions_in_force(&self, session: Option<&str>) -> Result<Vec<ApprovalDecision>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM approval_decisions
             WHERE used_at IS NULL AND expires_at > ?1 AND (?2 IS NULL OR session_id = ?2)
             ORDER BY decided_at DESC, rowid DESC LIMIT ?3"
        );
        row::all(&self.conn, &sql, params![self.now(), session, IN_FORCE_MAX], decision_of)
    }
}

impl Tx<'_> {
    /// Inserts a decision; returns its id.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] where a session has too many; those of SQLite.
    pub fn insert_decision(&self, new: &NewDecision<'_>) -> Result<String, StoreError> {
        let held =
            "SELECT count(*) FROM approval_decisions WHERE session_id = ?1 AND used_at IS NULL AND expires_at > ?2";
        let held = row::first(&self.conn, held, params![new.session_id, self.now()], |row| Ok(row.get::<_, u32>(0)?))?;
        if !new.is_used && held.unwrap_or(0) >= IN_FORCE_MAX {
            let reason = format!("this session has {IN_FORCE_MAX} of them");
            return Err(StoreError::Invalid { what: "decision", reason });
        }
        let id = uuid_v7(self.clock(), self.entropy());
        let now = self.now();
        let sql = "INSERT INTO approval_decisions
                   (id, command_pattern, decision, session_id, decided_at, expires_at, binding, used_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        let expires = stamp(self.clock().now_ms().saturating_add(new.lasts_ms));
        let used = new.is_used.then_some(&now);
        let NewDecision { command_pattern, decision, session_id, binding, .. } = *new;
        row::execute(&self.conn, sql, params![id, command_pattern, decision, session_id, now, expires, binding, used])?;
        Ok(id)
    }

    /// Ends every decision that still holds; returns how many there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn clear_decisions(&self) -> Result<usize, StoreError> {
        let sql = "UPDATE approval_decisions SET expires_at = ?1 WHERE used_at IS NULL AND expires_at > ?1";
        row::execute(&self.conn, sql, [self.now()])
    }
}
