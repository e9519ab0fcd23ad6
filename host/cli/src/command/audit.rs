//! `trcaa timeline` and `trcaa audit …`

use std::io::Read;
use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError, CHECKPOINT_BYTES_MAX};
use trcaa_model::audit::AuditEntry;
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
        AuditCommand::List { limit, entity, action } => {
            let entries = app.audit_entries(*limit, entity.as_deref(), action.as_deref())?;
            if output.json {
                return output.object(json!({"audit_log": entries}));
            }
            print_entries(&entries, output);
            Ok(())
        }
        AuditCommand::Verify { checkpoint } => {
            let text = checkpoint.as_deref().map(read_checkpoint).transpose()?;
            let proof = app.verify_audit(text.as_deref())?;
            let head = proof.checkpoint.as_ref();
            if output.json {
                let mut answer = json!(proof.verdict);
                if let Some(head) = head {
                    answer["checkpoint"] = json!(head);
                }
                return output.object(answer);
            }
            output.text(&format!(
                "intact: {} entries, head {}",
                proof.verdict.entries,
                proof.verdict.head.unwrap_or_else(|| "–".into())
            ));
            if let Some(head) = head {
                let later = proof.verdict.entries.saturating_sub(head.entries);
                output.text(&format!(
                    "the checkpoint of {} UTC is in it: {} entries, and {later} later ones",
                    visible(&head.created_at),
                    head.entries
                ));
            }
            Ok(())
        }
        AuditCommand::Checkpoint { out } => checkpoint(app, out.as_deref(), output),
    }
}

/// Prints the same line with and without `--json`: it is made to be stored and mailed.
fn checkpoint(app: &App, out: Option<&Path>, output: &Output) -> Result<(), AppError> {
    let checkpoint = app.audit_checkpoint()?;
    if let Some(path) = out {
        let text = format!("{}\n", json!({"checkpoint": checkpoint}));
        app.write_checkpoint(path, &text)?;
    }
    output.object(json!({"checkpoint": checkpoint}))
}

/// Reads one byte more than a checkpoint may have, so that what is too long is told as that and never held.
fn read_checkpoint(file: &Path) -> Result<Vec<u8>, AppError> {
    let failed = |e: std::io::Error| AppError::failed("unreadable", format!("reading {}: {e}", file.display()));
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).map_err(failed)?)
    };
    let mut bytes = Vec::new();
    source.take(CHECKPOINT_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

pub(super) fn print_entries(entries: &[AuditEntry], output: &Output) {
    let row = |entry: &AuditEntry| {
        vec![
            entry.timestamp.clone(),
            entry.action.clone(),
            entry.entity_type.clone(),
            short(&entry.entity_id),
            entry.details.clone().filter(|details| details != "{}").unwrap_or_default(),
        ]
    };
    output.table(&["TIME (UTC)", "ACTION", "OF", "ID", "DETAILS"], &entries.iter().map(row).collect::<Vec<_>>());
}
