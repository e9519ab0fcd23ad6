//! `command_executions`: every command that was proposed, what was decided, and what came of it.
//!
//! Invariants: the row is there before anything runs; one whose `ended` is NULL and that was not refused ran, or was about
//! to, when its host ended. No list reads an output.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::id::{IssueId, uuid_v7};

use crate::{Store, StoreError, Tx, row};

const TABLE: &str = "command_executions";
const HEAD: &str = "id, issue_id, command, tier, approval_status, kubeconfig_id, exit_code, execution_time_ms, executed_at, \
                    proposed_by, binding, ended, output_cut, COALESCE(length(CAST(stdout AS BLOB)), 0), \
                    COALESCE(length(CAST(stderr AS BLOB)), 0)";

/// Most rows of one list.
const LIST_MAX: u32 = 10_000;

/// A row of `command_executions` without what was put out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Execution {
    /// Row id.
    pub id: String,
    /// The issue that it was run for.
    pub issue_id: Option<IssueId>,
    /// The line.
    pub command: String,
    /// 1, 2 or 3.
    pub tier: u8,
    /// `auto`, `approved`, `denied` or `timed_out` (nobody answered).
    pub approval_status: String,
    /// The kubeconfig that was active.
    pub kubeconfig_id: Option<String>,
    /// Status of what ran; `None` where nothing ran to its end.
    pub exit_code: Option<i32>,
    /// How long it ran.
    pub execution_time_ms: Option<u64>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC: when it was proposed.
    pub executed_at: String,
    /// `person` or `model`.
    pub proposed_by: String,
    /// SHA-256 hex over line, folder, environment and kube context.
    pub binding: Option<String>,
    /// `exited`, `signalled`, `timed_out`, `stopped`, `over_limit` or `not_started`; `None` where it was refused, or its host ended first.
    pub ended: Option<String>,
    /// Whether more was put out than is kept.
    pub output_cut: bool,
    /// Bytes of the standard output that are kept.
    pub stdout_bytes: u64,
    /// Bytes of the error output that are kept.
    pub stderr_bytes: u64,
}

/// What a proposal's row is made from.
#[derive(Clone, Debug)]
pub struct NewExecution<'a> {
    /// The issue that it is for.
    pub issue_id: Option<&'a IssueId>,
    /// The line.
    pub command: &'a str,
    /// 1, 2 or 3.
    pub tier: u8,
    /// `auto`, `approved`, `denied` or `timed_out`.
    pub approval_status: &'static str,
    /// The kubeconfig that is active.
    pub kubeconfig_id: Option<&'a str>,
    /// `person` or `model`.
    pub proposed_by: &'static str,
    /// SHA-256 hex over line, folder, environment and kube context.
    pub binding: &'a str,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ExecutionEnd<'a> {
    /// `exited`, `signalled`, `timed_out`, `stopped`, `over_limit` or `not_started`.
    pub ended: &'static str,
    /// Status of what ran.
    pub exit_code: Option<i32>,
    /// What is kept of the standard output.
    pub stdout: &'a str,
    /// What is kept of the error output.
    pub stderr: &'a str,
    /// Whether more was put out than is kept.
    pub output_cut: bool,
    /// How long it ran.
    pub execution_time_ms: u64,
}

fn execution_of(row: &Row<'_>) -> Result<Execution, StoreError> {
    let id: String = row.get(0)?;
    let tier: i64 = row.get(3)?;
    Ok(Execution {
        issue_id: row.get::<_, Option<String>>(1)?.map(IssueId::from_stored),
        command: row::lossy(row, 2)?,
        tier: u8::try_from(tier).map_err(|_| StoreError::BadRow {
            table: TABLE,
            id: id.clone(),
            reason: format!("its tier is {tier}"),
        })?,
        approval_status: row.get(4)?,
        kubeconfig_id: row.get(5)?,
        exit_code: row.get(6)?,
        execution_time_ms: row.get::<_, Option<i64>>(7)?.and_then(|ms| u64::try_from(ms).ok()),
        executed_at: row.get(8)?,
        proposed_by: row.get(9)?,
        binding: row.get(10)?,
        ended: row.get(11)?,
        output_cut: row.get(12)?,
        stdout_bytes: row::unsigned(row.get(13)?),
        stderr_bytes: row::unsigned(row.get(14)?),
        id,
    })
}

impl Store {
    /// Lists executions, newest first, of one issue or of all.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn executions(&self, issue: Option<&IssueId>, limit: u32) -> Result<Vec<Execution>, StoreError> {
        let sql = format!(
            "SELECT {HEAD} FROM command_executions WHERE ?1 IS NULL OR issue_id = ?1
             ORDER BY executed_at DESC, rowid DESC LIMIT ?2"
        );
        row::all(&self.conn, &sql, params![issue.map(IssueId::as_str), limit.min(LIST_MAX)], execution_of)
    }

    /// Reads one execution.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn execution(&self, id: &str) -> Result<Execution, StoreError> {
        let sql = format!("SELECT {HEAD} FROM command_executions WHERE id = ?1");
        row::first(&self.conn, &sql, [id], execution_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "execution", given: id.to_owned() })
    }

    /// Reads what an execution put out: standard output and error output.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn execution_output(&self, id: &str) -> Result<(String, String), StoreError> {
        let sql = "SELECT stdout, stderr FROM command_executions WHERE id = ?1";
        row::first(&self.conn, sql, [id], |row| Ok((row::lossy(row, 0)?, row::lossy(row, 1)?)))?
            .ok_or_else(|| StoreError::NoSuch { what: "execution", given: id.to_owned() })
    }
}

impl Tx<'_> {
    /// Inserts a proposal; returns its id.
    ///
    /// # Errors
    /// Those of SQLite; an issue that is not there is one of them.
    pub fn insert_execution(&self, new: &NewExecution<'_>) -> Result<String, StoreError> {
        let id = uuid_v7(self.clock(), self.entropy());
        let sql = "INSERT INTO command_executions
                   (id, issue_id, command, tier, approval_status, kubeconfig_id, executed_at, proposed_by, binding)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let values = params![
            id,
            new.issue_id.map(IssueId::as_str),
            new.command,
            new.tier,
            new.approval_status,
            new.kubeconfig_id,
            self.now(),
            new.proposed_by,
            new.binding
        ];
        row::execute(&self.conn, sql, values)?;
        Ok(id)
    }

    /// Writes down what was decided on a proposal: it was inserted as refused.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`]: there is none of this id that is still refused and did not run.
    pub fn decide_execution(&self, id: &str, approval_status: &str) -> Result<(), StoreError> {
        let sql = "UPDATE command_executions SET approval_status = ?2
                   WHERE id = ?1 AND approval_status = 'denied' AND ended IS NULL";
        match row::execute(&self.conn, sql, params![id, approval_status])? {
            0 => Err(StoreError::NoSuch { what: "open proposal", given: id.to_owned() }),
            _ => Ok(()),
        }
    }

    /// Writes down what came of an execution, once.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`]: there is none of this id that has not ended.
    pub fn end_execution(&self, id: &str, end: &ExecutionEnd<'_>) -> Result<(), StoreError> {
        let sql = "UPDATE command_executions SET ended = ?2, exit_code = ?3, stdout = ?4, stderr = ?5, output_cut = ?6,
                       execution_time_ms = ?7 WHERE id = ?1 AND ended IS NULL";
        let took = i64::try_from(end.execution_time_ms).unwrap_or(i64::MAX);
        let values = params![id, end.ended, end.exit_code, end.stdout, end.stderr, end.output_cut, took];
        match row::execute(&self.conn, sql, values)? {
            0 => Err(StoreError::NoSuch { what: "running execution", given: id.to_owned() }),
            _ => Ok(()),
        }
    }
}
