//! Opening, changing and closing issues.

use trcaa_model::audit::AuditRecord;
use trcaa_model::id::IssueId;
use trcaa_model::issue::{Issue, IssueEdit, NewIssue, Status};
use trcaa_model::timeline::Happening;
use trcaa_store::{StoreError, Tx};

use crate::moments::fitted;
use crate::{App, AppError};

/// Characters of a title.
const TITLE_CHARS_MAX: usize = 300;

impl App {
    /// Opens an issue.
    ///
    /// # Errors
    /// A title that is empty or too long.
    pub fn new_issue(&self, new: &NewIssue) -> Result<Issue, AppError> {
        check_title(&new.title)?;
        Ok(self.store.write(|tx| open_issue(tx, new))?)
    }

    /// Changes fields of an issue.
    ///
    /// # Errors
    /// There is none, or the title is empty or too long.
    pub fn edit_issue(&self, id: &IssueId, edit: &IssueEdit) -> Result<Issue, AppError> {
        if let Some(title) = &edit.title {
            check_title(title)?;
        }
        self.change(id, edit, "edit_issue")
    }

    /// Resolves an issue, naming the root cause if it is known.
    ///
    /// # Errors
    /// There is none, or the confidence is not between 0 and 1.
    pub fn resolve_issue(&self, id: &IssueId, root_cause: Option<(&str, f64)>) -> Result<Issue, AppError> {
        if root_cause.is_some_and(|(text, _)| text.trim().is_empty()) {
            return Err(AppError::usage("empty_answer", "resolving the issue: the root cause is empty"));
        }
        if let Some((_, confidence)) = root_cause
            && !(0.0..=1.0).contains(&confidence)
        {
            return Err(AppError::usage("bad_confidence", format!("confidence {confidence} is not between 0 and 1")));
        }
        let edit = IssueEdit { status: Some(Status::Resolved), ..IssueEdit::default() };
        Ok(self.store.write(|tx| {
            if let Some((text, confidence)) = root_cause {
                record_root_cause(tx, id, text, confidence)?;
            }
            let issue = tx.edit_issue(id, &edit)?;
            tx.audit(&changed(id, "resolve_issue"))?;
            Ok(issue)
        })?)
    }

    /// Closes or reopens an issue.
    ///
    /// # Errors
    /// There is none.
    pub fn set_issue_status(&self, id: &IssueId, status: Status) -> Result<Issue, AppError> {
        let action = if status == Status::Closed { "close_issue" } else { "reopen_issue" };
        self.change(id, &IssueEdit { status: Some(status), ..IssueEdit::default() }, action)
    }

    /// Deletes an issue with everything below it; the audit trail stays.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_issue(&self, id: &IssueId) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            tx.delete_issue(id)?;
            tx.audit(&changed(id, "delete_issue"))?;
            Ok(())
        })?)
    }

    /// Deletes a log.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_log(&self, id: &trcaa_model::id::LogFileId) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            tx.delete_log(id)?;
            tx.audit(&AuditRecord {
                action: "delete_log_file",
                entity_type: "log_file",
                entity_id: id.to_string(),
                details: serde_json::json!({}),
            })?;
            Ok(())
        })?)
    }

    fn change(&self, id: &IssueId, edit: &IssueEdit, action: &'static str) -> Result<Issue, AppError> {
        Ok(self.store.write(|tx| {
            let issue = tx.edit_issue(id, edit)?;
            tx.audit(&changed(id, action))?;
            Ok(issue)
        })?)
    }
}

fn changed(id: &IssueId, action: &'static str) -> AuditRecord {
    AuditRecord { action, entity_type: "issue", entity_id: id.to_string(), details: serde_json::json!({}) }
}

pub(crate) fn check_title(title: &str) -> Result<(), AppError> {
    let length = title.trim().chars().count();
    if (1..=TITLE_CHARS_MAX).contains(&length) && !title.chars().any(char::is_control) {
        return Ok(());
    }
    Err(AppError::usage(
        "bad_title",
        format!("a title is one line of 1 to {TITLE_CHARS_MAX} characters; this one has {length}"),
    ))
}

/// Opens an issue inside a transaction that may do more.
pub(crate) fn open_issue(tx: &Tx<'_>, new: &NewIssue) -> Result<Issue, StoreError> {
    let issue = tx.insert_issue(new)?;
    let happening =
        Happening::TriageStarted { severity: issue.severity.as_str().to_owned(), category: issue.category.clone() };
    let audit = AuditRecord {
        action: "create_issue",
        entity_type: "issue",
        entity_id: issue.id.to_string(),
        details: serde_json::json!({"severity": issue.severity.as_str(), "category": issue.category}),
    };
    tx.happened(&issue.id, &happening, "Triage started", &audit)?;
    Ok(issue)
}

/// Bytes of a root cause in the timeline: its metadata are bounded.
const ROOT_CAUSE_BYTES_MAX: usize = 4_000;

/// Records the root cause in timeline and audit trail. The trail gets no text: it outlives the issue.
pub(crate) fn record_root_cause(tx: &Tx<'_>, id: &IssueId, text: &str, confidence: f64) -> Result<(), StoreError> {
    let text = fitted(trcaa_redact::cut(text, ROOT_CAUSE_BYTES_MAX));
    let happening = Happening::RootCauseIdentified { root_cause: text.to_owned(), confidence };
    let audit = AuditRecord {
        action: "identify_root_cause",
        entity_type: "issue",
        entity_id: id.to_string(),
        details: serde_json::json!({"confidence": confidence}),
    };
    tx.happened(id, &happening, "Root cause identified", &audit)?;
    Ok(())
}
