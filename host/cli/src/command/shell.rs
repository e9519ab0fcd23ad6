//! `trcaa shell …`

use serde_json::json;
use trcaa_app::AppError;
use trcaa_app::shell::{Verdict, classify};

use super::read_text;
use crate::args::ShellCommand;
use crate::output::{Output, visible};

pub(super) fn run(command: &ShellCommand, output: &Output) -> Result<(), AppError> {
    let ShellCommand::Classify { line, file } = command;
    if let Some(file) = file {
        let bytes = read_text(file)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            // JSON Lines: an object per line of the file, an error object for a line without a command.
            match classify(line) {
                Ok(verdict) => output.object(&verdict)?,
                Err(error) => output
                    .object(json!({"error": {"code": "no_command", "message": error.to_string(), "hints": []}}))?,
            }
        }
        return Ok(());
    }
    let line = line.as_deref().unwrap_or_default();
    let verdict = classify(line).map_err(|e| {
        AppError::failed("no_command", format!("judging the line: {e}")).hint("give the whole line as one argument")
    })?;
    if output.json {
        return output.object(&verdict);
    }
    show(&verdict, output);
    Ok(())
}

fn show(verdict: &Verdict, output: &Output) {
    let meaning = match verdict.tier.number() {
        1 => "runs by itself",
        2 => "asks first",
        _ => "never runs",
    };
    output.text(&format!("tier {}: {meaning}", verdict.tier.number()));
    let row = |part: &trcaa_app::shell::Part| {
        vec![part.tier.number().to_string(), visible(&part.command), visible(&part.reason)]
    };
    output.table(&["TIER", "COMMAND", "REASON"], &verdict.parts.iter().map(row).collect::<Vec<_>>());
}
