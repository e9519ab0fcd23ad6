//! `trcaa issue …`

use serde_json::json;
use trcaa_app::{App, AppError};
use trcaa_model::issue::{Issue, IssueDetail, IssueEdit, IssueFilter, NewIssue, Severity, Status, parse_domain};

use super::confirm;
use crate::args::{IssueCommand, IssueFields};
use crate::output::{Output, short, visible, visible_lines};

/// Entries of the trail that are shown with an issue; `trcaa audit list --entity` has them all.
const HISTORY_ROWS: u32 = 20;

pub(super) fn run(app: &App, command: &IssueCommand, yes: bool, output: &Output) -> Result<(), AppError> {
    match command {
        IssueCommand::New { title, fields } => {
            let issue = app.new_issue(&new_issue(title, fields)?)?;
            tell(&issue, "opened", output)
        }
        IssueCommand::List { status, severity, limit, offset } => {
            let filter = IssueFilter {
                status: status.as_deref().map(str::parse).transpose()?,
                severity: severity.as_deref().map(str::parse).transpose()?,
                limit: limit.map_or_else(|| app.list_limit(), Ok)?,
                offset: *offset,
            };
            list(&app.store().issues(&filter)?, output)
        }
        IssueCommand::Show { id } => {
            let detail = app.store().issue_detail(&app.store().resolve_issue(id)?)?;
            if output.json {
                return output.object(&detail);
            }
            show(&detail, output)?;
            let history = app.audit_entries(HISTORY_ROWS, Some(detail.issue.id.as_str()), None);
            // An issue of an earlier product has no entry, which is no failure of showing it.
            if let Ok(history) = history {
                output.text("");
                super::audit::print_entries(&history, output);
            }
            Ok(())
        }
        IssueCommand::Edit { id, title, status, fields } => {
            let id = app.store().resolve_issue(id)?;
            let edit = edit(title.as_deref(), status.as_deref(), fields)?;
            tell(&app.edit_issue(&id, &edit)?, "changed", output)
        }
        IssueCommand::Resolve { id, root_cause, confidence } => {
            let id = app.store().resolve_issue(id)?;
            let cause = root_cause.as_deref().map(|text| (text, *confidence));
            tell(&app.resolve_issue(&id, cause)?, "resolved", output)
        }
        IssueCommand::Close { id } => {
            let id = app.store().resolve_issue(id)?;
            tell(&app.set_issue_status(&id, Status::Closed)?, "closed", output)
        }
        IssueCommand::Reopen { id } => {
            let id = app.store().resolve_issue(id)?;
            tell(&app.set_issue_status(&id, Status::Open)?, "reopened", output)
        }
        IssueCommand::Delete { id } => {
            let issue = app.store().issue(&app.store().resolve_issue(id)?)?;
            confirm(&format!("Delete issue {:?} with all its logs and documents?", visible(&issue.title)), yes)?;
            app.delete_issue(&issue.id)?;
            if output.json {
                output.object(json!({"deleted": issue.id}))
            } else {
                output.last(&format!("deleted {}", issue.id))
            }
        }
    }
}

fn new_issue(title: &str, fields: &IssueFields) -> Result<NewIssue, AppError> {
    Ok(NewIssue {
        title: title.to_owned(),
        description: fields.description.clone(),
        severity: fields.severity.as_deref().map(str::parse).transpose()?.unwrap_or(Severity::Medium),
        category: fields.domain.as_deref().map(parse_domain).transpose()?.map(str::to_owned),
        source: fields.source.clone(),
        assigned_to: fields.assigned_to.clone(),
        tags: fields.tags.clone(),
    })
}

/// An empty text clears a field; an absent one keeps it.
fn edit(title: Option<&str>, status: Option<&str>, fields: &IssueFields) -> Result<IssueEdit, AppError> {
    let field = |given: &Option<String>| given.as_ref().map(|text| Some(text.clone()).filter(|text| !text.is_empty()));
    let category = match fields.domain.as_deref() {
        None => None,
        Some("") => Some(None),
        Some(domain) => Some(Some(parse_domain(domain)?.to_owned())),
    };
    Ok(IssueEdit {
        title: title.map(str::to_owned),
        description: field(&fields.description),
        severity: fields.severity.as_deref().map(str::parse).transpose()?,
        status: status.map(str::parse).transpose()?,
        category,
        source: field(&fields.source),
        assigned_to: field(&fields.assigned_to),
        tags: (!fields.tags.is_empty()).then(|| fields.tags.clone()),
    })
}

fn tell(issue: &Issue, what: &str, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"issue": issue}));
    }
    output.text(&format!("{what} {}  {}", issue.id, visible(&issue.title)));
    Ok(())
}

fn list(issues: &[Issue], output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"issues": issues}));
    }
    let row = |issue: &Issue| {
        vec![
            short(issue.id.as_str()),
            issue.severity.as_str().to_owned(),
            issue.status.as_str().to_owned(),
            issue.created_at.clone(),
            issue.title.clone(),
        ]
    };
    output.table(&["ID", "SEVERITY", "STATUS", "CREATED", "TITLE"], &issues.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

fn show(detail: &IssueDetail, output: &Output) -> Result<(), AppError> {
    let issue = &detail.issue;
    output.text(&format!("{}  ({})", visible(&issue.title), issue.id));
    output.text(&format!("{} · {} · opened {} UTC", issue.severity.as_str(), issue.status.as_str(), issue.created_at));
    let optional = [
        ("domain", &issue.category),
        ("source", &issue.source),
        ("assigned to", &issue.assigned_to),
        ("resolved", &issue.resolved_at),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            output.text(&format!("{name}: {}", visible(value)));
        }
    }
    if !issue.tags.is_empty() {
        output.text(&format!("tags: {}", visible(&issue.tags.join(", "))));
    }
    if let Some(description) = &issue.description {
        output.text("");
        output.text(&visible_lines(description));
    }
    if !detail.log_files.is_empty() {
        output.text("");
        super::log::table(&detail.log_files, output);
    }
    if !detail.image_attachments.is_empty() {
        output.text("");
        super::image::table(&detail.image_attachments, output);
    }
    for step in &detail.resolution_steps {
        output.text("");
        super::investigate::print_step(step, output);
    }
    output.text("");
    super::audit::print_events(&detail.timeline_events, output);
    Ok(())
}
