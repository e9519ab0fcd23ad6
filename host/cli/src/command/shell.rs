//! `trcaa shell …`

mod ask;
mod run;
mod show;

use serde_json::json;
use trcaa_app::shell::{Verdict, judge};
use trcaa_app::shell_runs::load_shell_rules;
use trcaa_app::{App, AppError};

use super::{Opened, read_text};
use crate::args::{Global, ShellCommand};
use crate::output::{Output, visible};

pub(super) fn run(
    open: impl FnOnce() -> Opened,
    command: &ShellCommand,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    match command {
        ShellCommand::Classify { line, file } => classify(line.as_deref(), file.as_deref(), global, output),
        ShellCommand::Run(args) => run::run(&open()?, args, global, output),
        ShellCommand::History { issue, limit } => show::history(&open()?, issue.as_deref(), *limit, output),
        ShellCommand::Show { execution, redacted } => show::one(&open()?, execution, *redacted, output),
        ShellCommand::Approvals { clear } => approvals(&open()?, *clear, output),
        ShellCommand::Templates => templates(&open()?, output),
    }
}

/// Needs no store: the user's own table is a file.
fn classify(
    line: Option<&str>,
    file: Option<&std::path::Path>,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    let rules = load_shell_rules(&crate::settings::data_dir(global, output)?)?;
    if let Some(file) = file {
        let bytes = read_text(file)?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            // JSON Lines: an object per line of the file, an error object for a line without a command.
            match judge(line, &rules) {
                Ok(judged) => output.object(&judged.verdict)?,
                Err(error) => output
                    .object(json!({"error": {"code": "no_command", "message": error.to_string(), "hints": []}}))?,
            }
        }
        return Ok(());
    }
    let judged = judge(line.unwrap_or_default(), &rules).map_err(|e| {
        AppError::failed("no_command", format!("judging the line: {e}")).hint("give the whole line as one argument")
    })?;
    if output.json {
        return output.object(&judged.verdict);
    }
    output.text(&format!("tier {}: {}", judged.verdict.tier.number(), meaning(judged.verdict.tier.number())));
    show::parts(&judged.verdict, output);
    reasons_of_no_part(&judged.verdict, output);
    Ok(())
}

fn meaning(tier: u8) -> &'static str {
    match tier {
        1 => "runs by itself",
        2 => "asks first",
        _ => "never runs",
    }
}

/// What makes the tier and is no part's doing, such as characters of the line.
fn reasons_of_no_part(verdict: &Verdict, output: &Output) {
    for reason in verdict.reasons.iter().filter(|reason| !verdict.parts.iter().any(|part| part.reason == **reason)) {
        output.text(&format!("the line: {}", visible(reason)));
    }
}

fn approvals(app: &App, clear: bool, output: &Output) -> Result<(), AppError> {
    if clear {
        let cleared = app.clear_approvals()?;
        if output.json {
            return output.object(json!({"cleared": cleared}));
        }
        return output.last(&format!("took back {cleared}"));
    }
    let here = crate::machine::session();
    let approvals = app.approvals(None)?;
    if output.json {
        return output.object(json!({"approvals": approvals, "session_id": here}));
    }
    if approvals.is_empty() {
        return output.last("nothing is allowed or denied beyond a single run");
    }
    let row = |held: &trcaa_app::ApprovalDecision| {
        let is_here = held.session_id.as_deref() == Some(here.as_str());
        vec![
            held.decision.clone(),
            if is_here { "this" } else { "another" }.to_owned(),
            held.expires_at.clone().unwrap_or_default(),
            held.command_pattern.clone(),
        ]
    };
    let rows: Vec<_> = approvals.iter().map(row).collect();
    output.wide_table(&["DECISION", "SESSION", "UNTIL (UTC)", "PATTERN"], &rows);
    Ok(())
}

fn templates(app: &App, output: &Output) -> Result<(), AppError> {
    let templates = app.store().shell_templates()?;
    if output.json {
        return output.object(json!({"templates": templates}));
    }
    let row = |template: &trcaa_app::ShellTemplate| {
        vec![
            template.id.clone(),
            template.tier.to_string(),
            template.command_template.clone(),
            template.description.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = templates.iter().map(row).collect();
    output.wide_table(&["ID", "TIER", "LINE", "WHAT FOR"], &rows);
    Ok(())
}
