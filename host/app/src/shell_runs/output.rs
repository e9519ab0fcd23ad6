//! What commands put out, kept as it came; whoever else gets it gets it through the guard.

use serde::Serialize;
use trcaa_model::guard::Redacted;
use trcaa_redact::Origin;

use crate::policy::Rule;
use crate::{App, AppError};

/// What a command put out, as far as it is kept; bytes that are no UTF-8 are replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ExecutionOutput {
    /// The standard output.
    pub stdout: String,
    /// The error output.
    pub stderr: String,
}

/// Most bytes of each output that leave: a model reads the beginning of it, not a megabyte.
const REDACTED_BYTES_MAX: usize = 64 << 10;

/// What of an execution may leave.
#[derive(Clone, Debug)]
pub struct RedactedOutput {
    /// The line.
    pub command: Redacted,
    /// Of the standard output.
    pub stdout: Redacted,
    /// Of the error output.
    pub stderr: Redacted,
}

impl App {
    /// What a model would see of an execution: with the placeholders of its issue.
    ///
    /// # Errors
    /// `no_issue`: placeholders belong to an issue, and it has none; a detector fails.
    pub fn redacted_execution(&self, which: &str) -> Result<RedactedOutput, AppError> {
        let (execution, output) = self.execution(which)?;
        let Some(issue) = execution.issue_id else {
            let message = "redacting what a command put out: it was run for no issue, and placeholders belong to one";
            return Err(
                AppError::failed("no_issue", message).hint("run it for one: trcaa shell run LINE --issue ISSUE")
            );
        };
        let mut guard = self.guard_of(&issue, Rule::Redact, "handing on what a command put out")?;
        // A stranger's text: what looks like a placeholder in it is none of ours.
        let mut pass = |what, text: &str| guard.text(what, text, Origin::Raw, REDACTED_BYTES_MAX);
        Ok(RedactedOutput {
            command: pass("a command", &execution.command)?,
            stdout: pass("the output of a command", &output.stdout)?,
            stderr: pass("the error output of a command", &output.stderr)?,
        })
    }
}
