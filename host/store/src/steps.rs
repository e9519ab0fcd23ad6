//! `resolution_steps`: the levels of the 5-Whys.

use rusqlite::{Row, params};
use trcaa_model::id::{IssueId, StepId};
use trcaa_model::issue::ResolutionStep;

use crate::{Store, StoreError, Tx, row};

/// The deepest level.
const LEVEL_MAX: u8 = 5;
const COLUMNS: &str = "id, issue_id, step_order, why_question, answer, evidence, created_at";

fn step_of(row: &Row<'_>) -> Result<ResolutionStep, StoreError> {
    Ok(ResolutionStep {
        id: StepId::from_stored(row.get::<_, String>(0)?),
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        step_order: row.get(2)?,
        why_question: row.get(3)?,
        answer: row.get(4)?,
        evidence: row.get(5)?,
        created_at: row.get(6)?,
    })
}

impl Store {
    /// Lists an issue's steps by level.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn steps(&self, issue: &IssueId) -> Result<Vec<ResolutionStep>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM resolution_steps WHERE issue_id = ?1 ORDER BY step_order, rowid");
        row::all(&self.conn, &sql, [issue.as_str()], step_of)
    }
}

impl Tx<'_> {
    /// Writes one level, 1 to 5: replaces question, answer and evidence where the level exists.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for another level, [`StoreError::NoSuch`] for the issue.
    pub fn upsert_step(
        &self,
        issue: &IssueId,
        step_order: u8,
        why_question: &str,
        answer: Option<&str>,
        evidence: Option<&str>,
    ) -> Result<ResolutionStep, StoreError> {
        if !(1..=LEVEL_MAX).contains(&step_order) {
            let reason = format!("{step_order} is not a level; allowed: 1 to {LEVEL_MAX}");
            return Err(StoreError::Invalid { what: "step_order", reason });
        }
        self.expect_issue(issue)?;
        let level =
            format!("SELECT {COLUMNS} FROM resolution_steps WHERE issue_id = ?1 AND step_order = ?2 ORDER BY rowid");
        let values = params![issue.as_str(), step_order];
        let id = match row::first(&self.conn, &level, values, step_of)? {
            Some(step) => {
                row::execute(
                    &self.conn,
                    "UPDATE resolution_steps SET why_question = ?2, answer = ?3, evidence = ?4 WHERE id = ?1",
                    params![step.id.as_str(), why_question, answer, evidence],
                )?;
                step.id
            }
            None => {
                let id = StepId::generate(self.clock(), self.entropy());
                row::execute(
                    &self.conn,
                    "INSERT INTO resolution_steps (id, issue_id, step_order, why_question, answer, evidence, created_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![id.as_str(), issue.as_str(), step_order, why_question, answer, evidence, self.now()],
                )?;
                id
            }
        };
        let sql = format!("SELECT {COLUMNS} FROM resolution_steps WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], step_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "step", given: id.to_string() })
    }
}
