//! `trcaa log …`

use std::io::Read;

use serde_json::json;
use trcaa_app::{App, AppError, LogFilter};
use trcaa_model::attachment::LogFile;

use super::log_input;
use crate::args::LogCommand;
use crate::output::{Output, short, visible};

/// Bytes of text held while it is printed.
const CHUNK_BYTES: usize = 256 << 10;

pub(super) fn run(app: &App, command: &LogCommand, output: &Output) -> Result<(), AppError> {
    let store = app.store();
    match command {
        LogCommand::Add { issue, file, name } => {
            let issue = store.resolve_issue(issue)?;
            let log = app.add_log(&issue, &log_input(file), name.as_deref())?;
            if output.json {
                return output.object(json!({"log_file": log}));
            }
            output.text(&format!("attached {}  {} ({} bytes)", log.id, visible(&log.file_name), log.file_size));
        }
        LogCommand::List { issue, search, limit } => {
            let issue_id = issue.as_deref().map(|issue| store.resolve_issue(issue)).transpose()?;
            let filter = LogFilter { issue_id, search: search.clone(), limit: *limit, offset: 0 };
            let logs = store.logs(&filter)?;
            if output.json {
                return output.object(json!({"log_files": logs}));
            }
            table(&logs.into_iter().map(|listed| listed.log_file).collect::<Vec<_>>(), output);
        }
        LogCommand::Show { log, redacted } => {
            let id = store.resolve_log(log)?;
            if output.json {
                let text = if *redacted { store.read_redacted_text(&id)? } else { store.read_text(&id)? };
                return output.object(json!({"log_file": store.log(&id)?, "text": text}));
            }
            let mut text = if *redacted { store.open_redacted_text(&id)? } else { store.open_text(&id)? };
            let mut chunk = vec![0; CHUNK_BYTES];
            loop {
                let count = text
                    .read(&mut chunk)
                    .map_err(|e| AppError::failed("unreadable", format!("printing log {id}: {e}")))?;
                if count == 0 {
                    break;
                }
                output.foreign(&chunk[..count]);
            }
        }
        LogCommand::Delete { log } => {
            let id = store.resolve_log(log)?;
            app.delete_log(&id)?;
            if output.json {
                return output.object(json!({"deleted": id}));
            }
            output.text(&format!("deleted {id}"));
        }
    }
    Ok(())
}

pub(super) fn table(logs: &[LogFile], output: &Output) {
    let row = |log: &LogFile| {
        vec![
            short(log.id.as_str()),
            log.file_name.clone(),
            log.file_size.to_string(),
            log.uploaded_at.clone(),
            if log.redacted { "yes" } else { "no" }.to_owned(),
        ]
    };
    output.table(&["LOG", "NAME", "BYTES", "ATTACHED", "REDACTED"], &logs.iter().map(row).collect::<Vec<_>>());
}
