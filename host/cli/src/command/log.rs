//! `trcaa log …`

use std::io::{self, IsTerminal, Read};
use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError, LogFileListed, LogFilter, LogInput};
use trcaa_model::attachment::LogFile;

use super::{confirm, log_input};
use crate::args::LogCommand;
use crate::output::{Output, short, visible};

/// Bytes of text held while it is printed.
const CHUNK_BYTES: usize = 256 << 10;

pub(super) fn run(app: &App, command: &LogCommand, yes: bool, output: &Output) -> Result<(), AppError> {
    let store = app.store();
    match command {
        LogCommand::Add { issue, file, content, name } => {
            let issue = store.resolve_issue(issue)?;
            let input = match content {
                Some(text) => LogInput::Content { name: "content.log".to_owned(), text: text.clone() },
                None => log_input(file.as_deref().unwrap_or(Path::new("-"))),
            };
            let added = app.add_log(&issue, &input, name.as_deref())?;
            if output.json {
                return output.object(json!({"log_file": added.row, "already_there": added.already_there}));
            }
            let log = added.row;
            let what = if added.already_there { "already there:" } else { "attached" };
            output.text(&format!("{what} {}  {} ({} bytes)", log.id, visible(&log.file_name), log.file_size));
        }
        LogCommand::List { issue, search, limit, offset } => {
            let issue_id = issue.as_deref().map(|issue| store.resolve_issue(issue)).transpose()?;
            let filter = LogFilter { issue_id, search: search.clone(), limit: *limit, offset: *offset };
            let logs = store.logs(&filter)?;
            if output.json {
                return output.object(json!({"log_files": logs}));
            }
            listed(&logs, output);
        }
        LogCommand::Show { log, redacted } => {
            let id = store.resolve_log(log)?;
            if output.json {
                let text = if *redacted { store.read_redacted_text(&id)? } else { store.read_text(&id)? };
                return output.object(json!({"log_file": store.log(&id)?, "text": text}));
            }
            let text = if *redacted { store.open_redacted_text(&id)? } else { store.open_text(&id)? };
            print(text, output)?;
        }
        LogCommand::Delete { log } => {
            let id = store.resolve_log(log)?;
            // Scripts that clean up are not asked, as they never were; a person at a terminal is.
            if io::stdin().is_terminal() {
                let name = store.log(&id)?.file_name;
                confirm(&format!("Delete log {:?} with its spans and redacted copy?", visible(&name)), yes)?;
            }
            app.delete_log(&id)?;
            if output.json {
                return output.object(json!({"deleted": id}));
            }
            output.text(&format!("deleted {id}"));
        }
    }
    Ok(())
}

/// Prints a text as it is read. What is made visible for a terminal is whole lines, or characters of a very long one.
fn print(mut text: impl Read, output: &Output) -> Result<(), AppError> {
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut kept = 0;
    loop {
        let free = chunk.get_mut(kept..).unwrap_or_default();
        let count = text.read(free).map_err(|e| AppError::failed("log_unreadable", e.to_string()))?;
        let held = chunk.get(..kept + count).unwrap_or_default();
        let ready = if count == 0 { held.len() } else { printable(held) };
        output.foreign(held.get(..ready).unwrap_or_default());
        if count == 0 {
            return Ok(());
        }
        let end = held.len();
        chunk.copy_within(ready..end, 0);
        kept = end - ready;
    }
}

/// Bytes that can be printed now: up to the last line's end; of a line that fills the room, up to the last whole character.
fn printable(held: &[u8]) -> usize {
    if let Some(end) = held.iter().rposition(|byte| *byte == b'\n') {
        return end + 1;
    }
    if held.len() < CHUNK_BYTES {
        return 0;
    }
    // A character has at most three bytes that continue it; what has more is no UTF-8.
    let starts = |byte: &u8| *byte & 0xc0 != 0x80;
    let tail = held.len().saturating_sub(4);
    held.get(tail..).and_then(|last| last.iter().rposition(starts)).map_or(held.len(), |at| tail + at)
}

fn cells(log: &LogFile) -> Vec<String> {
    vec![
        short(log.id.as_str()),
        log.file_name.clone(),
        log.file_size.to_string(),
        log.uploaded_at.clone(),
        if log.redacted { "yes" } else { "no" }.to_owned(),
    ]
}

pub(super) fn table(logs: &[LogFile], output: &Output) {
    output.table(&["LOG", "NAME", "BYTES", "ATTACHED", "REDACTED"], &logs.iter().map(cells).collect::<Vec<_>>());
}

/// The same with the issue that each belongs to.
fn listed(logs: &[LogFileListed], output: &Output) {
    let row = |listed: &LogFileListed| {
        let mut cells = cells(&listed.log_file);
        cells.extend([short(listed.log_file.issue_id.as_str()), listed.issue_title.clone()]);
        cells
    };
    let heads = ["LOG", "NAME", "BYTES", "ATTACHED", "REDACTED", "ISSUE", "TITLE"];
    output.table(&heads, &logs.iter().map(row).collect::<Vec<_>>());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_characters_stay_whole() {
        assert_eq!(printable(b"one\ntw"), 4);
        assert_eq!(printable(b"on"), 0, "the rest of the line comes next");
        let mut long = vec![b'x'; CHUNK_BYTES - 1];
        long.push(0xc3);
        assert_eq!(printable(&long), CHUNK_BYTES - 1);
        let mut broken = vec![b'x'; CHUNK_BYTES - 8];
        broken.extend([0x80; 8]);
        assert_eq!(printable(&broken), CHUNK_BYTES, "no UTF-8 at all does not stop the printing");
        assert!(printable(&vec![b'x'; CHUNK_BYTES]) >= CHUNK_BYTES - 1);
    }
}
