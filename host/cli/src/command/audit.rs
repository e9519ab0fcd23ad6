//! `trcaa timeline` and `trcaa audit …`

use serde_json::json;
use trcaa_app::{App, AppError};
use trcaa_model::timeline::TimelineEvent;

use crate::args::AuditCommand;
use crate::output::{Output, short, visible};

pub(super) fn timeline(app: &App, issue: &str, output: &Output) -> Result<(), AppError> {
    let events = app.store().timeline(&app.store().resolve_issue(issue)?)?;
    if output.json {
        return output.object(json!({"timeline_events": events}));
    }
    print_events(&events, output);
    Ok(())
}

pub(super) fn print_events(events: &[TimelineEvent], output: &Output) {
    let row =
        |event: &TimelineEvent| vec![event.created_at.clone(), event.event_type.clone(), visible(&event.description)];
    output.table(&["TIME (UTC)", "EVENT", "WHAT"], &events.iter().map(row).collect::<Vec<_>>());
}

pub(super) fn run(app: &App, command: &AuditCommand, output: &Output) -> Result<(), AppError> {
    match command {
        AuditCommand::List { limit, entity } => {
            let entries = app.store().audit_entries(*limit, entity.as_deref())?;
            if output.json {
                return output.object(json!({"audit_log": entries}));
            }
            let row = |entry: &trcaa_model::audit::AuditEntry| {
                vec![entry.timestamp.clone(), entry.action.clone(), entry.entity_type.clone(), short(&entry.entity_id)]
            };
            output.table(&["TIME (UTC)", "ACTION", "OF", "ID"], &entries.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        AuditCommand::Verify => {
            let verdict = app.store().verify_audit(None)?;
            if !verdict.intact {
                let id = verdict.first_bad_id.clone().unwrap_or_default();
                let reason = verdict.reason.clone().unwrap_or_default();
                return Err(AppError::failed(
                    "audit_broken",
                    format!("verifying the audit trail: entry {id}: {reason}"),
                )
                .hint("the entries before it are as they were written; compare with a backup"));
            }
            if output.json {
                return output.object(&verdict);
            }
            output.text(&format!(
                "intact: {} entries, head {}",
                verdict.entries,
                verdict.head.unwrap_or_else(|| "–".into())
            ));
            Ok(())
        }
    }
}
