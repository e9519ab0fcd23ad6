//! Opening, changing and closing issues.

use trcaa_model::audit::AuditRecord;
use trcaa_model::id::IssueId;
use trcaa_model::issue::{Issue, IssueEdit, NewIssue, Status, parse_domain};
use trcaa_model::timeline::Happening;
use trcaa_store::{StoreError, Tx};

use crate::moments::fitted;
use crate::{App, AppError};

/// Characters of a title.
const TITLE_CHARS_MAX: usize = 300;
/// Tags of an issue, and characters of one.
const TAGS_MAX: usize = 50;
const TAG_CHARS_MAX: usize = 64;

impl App {
    /// Opens an issue.
    ///
    /// # Errors
    /// A title that is empty or too long.
    pub fn new_issue(&self, new: &NewIssue) -> Result<Issue, AppError> {
        check_title(&new.title)?;
        let new = NewIssue { tags: clean_tags(&new.tags)?, ..new.clone() };
        Ok(self.store.write(|tx| open_issue(tx, &new))?)
    }

    /// Changes fields of an issue.
    ///
    /// # Errors
    /// There is none, or the title is empty or too long.
    pub fn edit_issue(&self, id: &IssueId, edit: &IssueEdit) -> Result<Issue, AppError> {
        if let Some(title) = &edit.title {
            check_title(title)?;
        }
        let edit = IssueEdit { tags: edit.tags.as_deref().map(clean_tags).transpose()?, ..edit.clone() };
        Ok(self.store.write(|tx| change(tx, id, &edit, "edit_issue"))?)
    }

    /// Resolves an issue, naming the root cause if it is known.
    ///
    /// # Errors
    /// There is none, or the confidence is not between 0 and 1.
    pub fn resolve_issue(&self, id: &IssueId, root_cause: Option<(&str, f64)>) -> Result<Issue, AppError> {
        if let Some((text, _)) = root_cause
            && text.len() > ROOT_CAUSE_BYTES_MAX
        {
            return Err(AppError::usage(
                "too_long",
                format!(
                    "resolving the issue: the root cause has {} bytes; at most {ROOT_CAUSE_BYTES_MAX} are kept",
                    text.len()
                ),
            )
            .hint("say it in a sentence or two, and put the rest into the RCA: trcaa doc edit"));
        }
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
            change(tx, id, &edit, "resolve_issue")
        })?)
    }

    /// Closes or reopens an issue.
    ///
    /// # Errors
    /// There is none.
    pub fn set_issue_status(&self, id: &IssueId, status: Status) -> Result<Issue, AppError> {
        let action = if status == Status::Closed { "close_issue" } else { "reopen_issue" };
        let edit = IssueEdit { status: Some(status), ..IssueEdit::default() };
        Ok(self.store.write(|tx| change(tx, id, &edit, action))?)
    }

    /// Deletes an issue with everything below it; the audit trail stays.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_issue(&self, id: &IssueId) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            let gone = tx.counts_below(id)?;
            tx.delete_issue(id)?;
            // How much went with it, and no names: the trail outlives what it speaks of.
            tx.audit(&changed(id, "delete_issue", serde_json::json!({"deleted": gone})))?;
            Ok(())
        })?)
    }

    /// Deletes a log.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_log(&self, id: &trcaa_model::id::LogFileId) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            let log = tx.log(id)?;
            let spans = tx.span_count(id)?;
            tx.delete_log(id)?;
            tx.audit(&AuditRecord {
                action: "delete_log_file",
                entity_type: "log_file",
                entity_id: id.to_string(),
                details: serde_json::json!({
                    "issue_id": log.issue_id, "content_hash": log.content_hash, "file_size": log.file_size, "spans": spans,
                }),
            })?;
            Ok(())
        })?)
    }
}

fn changed(id: &IssueId, action: &'static str, details: serde_json::Value) -> AuditRecord {
    AuditRecord { action, entity_type: "issue", entity_id: id.to_string(), details }
}

/// Changes an issue, and tells the trail which fields: from what to what where the values are of a closed list, the
/// name alone where they are free texts, since the trail outlives the issue and holds no personal data.
fn change(tx: &Tx<'_>, id: &IssueId, edit: &IssueEdit, action: &'static str) -> Result<Issue, StoreError> {
    let old = tx.issue(id)?;
    let new = tx.edit_issue(id, edit)?;
    let category = |issue: &Issue| issue.category.clone().filter(|category| parse_domain(category).is_ok());
    let mut fields = serde_json::Map::new();
    for (name, differs, from, to) in [
        ("severity", old.severity != new.severity, Some(old.severity.as_str()), Some(new.severity.as_str())),
        ("status", old.status != new.status, Some(old.status.as_str()), Some(new.status.as_str())),
        ("category", old.category != new.category, category(&old).as_deref(), category(&new).as_deref()),
    ] {
        if differs {
            fields.insert(name.to_owned(), serde_json::json!({"from": from, "to": to}));
        }
    }
    for (name, differs) in [
        ("title", old.title != new.title),
        ("description", old.description != new.description),
        ("source", old.source != new.source),
        ("assigned_to", old.assigned_to != new.assigned_to),
        ("tags", old.tags != new.tags),
    ] {
        if differs {
            fields.insert(name.to_owned(), serde_json::json!("changed"));
        }
    }
    tx.audit(&changed(id, action, serde_json::json!({"fields": fields})))?;
    Ok(new)
}

/// Trims tags, drops empty ones and doubles, in the order given.
fn clean_tags(tags: &[String]) -> Result<Vec<String>, AppError> {
    let mut clean: Vec<String> = Vec::new();
    for tag in tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()) {
        if tag.chars().count() > TAG_CHARS_MAX || tag.contains(['\n', '\r']) {
            return Err(AppError::usage("bad_tag", format!("a tag is one line of 1 to {TAG_CHARS_MAX} characters")));
        }
        if !clean.iter().any(|known| known == tag) {
            clean.push(tag.to_owned());
        }
    }
    if clean.len() > TAGS_MAX {
        return Err(AppError::usage(
            "bad_tag",
            format!("an issue has at most {TAGS_MAX} tags; these are {}", clean.len()),
        ));
    }
    Ok(clean)
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
