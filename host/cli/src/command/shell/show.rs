//! Runs and verdicts as a person reads them.

use serde_json::json;
use trcaa_app::shell::{Part, Verdict};
use trcaa_app::shell_runs::ExecutionOutput;
use trcaa_app::{App, AppError, Execution};

use crate::output::{Output, short, visible, visible_lines};

/// The parts of a line, each with its tier and why it has it.
pub(super) fn parts(verdict: &Verdict, output: &Output) {
    let row = |part: &Part| vec![part.tier.number().to_string(), part.command.clone(), part.reason.clone()];
    output.table(&["TIER", "COMMAND", "REASON"], &verdict.parts.iter().map(row).collect::<Vec<_>>());
}

/// An execution as JSON: the columns of its row.
pub(super) fn execution_json(execution: &Execution, put_out: &ExecutionOutput) -> serde_json::Value {
    let mut value = json!(execution);
    if let Some(object) = value.as_object_mut() {
        object.insert("stdout".to_owned(), json!(put_out.stdout));
        object.insert("stderr".to_owned(), json!(put_out.stderr));
    }
    value
}

/// How a run ended, in a few words.
pub(super) fn ended(execution: &Execution) -> String {
    let took = execution.execution_time_ms.map_or_else(String::new, |ms| {
        let seconds = std::time::Duration::from_millis(ms).as_secs_f64();
        format!(" after {seconds:.1} s")
    });
    match (execution.approval_status.as_str(), execution.ended.as_deref(), execution.exit_code) {
        ("denied", ..) => "denied".to_owned(),
        ("timed_out", ..) => "nobody answered".to_owned(),
        (_, Some("exited"), Some(code)) => format!("exit {code}{took}"),
        (_, Some("signalled"), Some(code)) => format!("ended by signal {}{took}", code - 128),
        (_, Some("timed_out"), _) => format!("killed at the time limit{took}"),
        (_, Some("stopped"), _) => format!("stopped{took}"),
        (_, Some("over_limit"), _) => format!("killed: too many processes or too much memory{took}"),
        (_, Some("not_started"), _) => "not started".to_owned(),
        // Rows of an earlier product have no word of how they ended.
        (_, None, Some(code)) => format!("exit {code}"),
        _ => "unfinished: trcaa ended first, or it still runs".to_owned(),
    }
}

pub(super) fn history(app: &App, issue: Option<&str>, limit: u32, output: &Output) -> Result<(), AppError> {
    let issue = issue.map(|text| app.store().resolve_issue(text)).transpose()?;
    let executions = app.store().executions(issue.as_ref(), limit)?;
    if output.json {
        return output.object(json!({"executions": executions}));
    }
    if executions.is_empty() {
        return output.last("nothing was run yet");
    }
    let row = |execution: &Execution| {
        vec![
            short(&execution.id),
            execution.executed_at.clone(),
            execution.tier.to_string(),
            execution.approval_status.clone(),
            ended(execution),
            execution.command.clone(),
        ]
    };
    let rows: Vec<_> = executions.iter().map(row).collect();
    output.wide_table(&["ID", "WHEN (UTC)", "TIER", "DECISION", "END", "COMMAND"], &rows);
    Ok(())
}

pub(super) fn one(app: &App, which: &str, redacted: bool, output: &Output) -> Result<(), AppError> {
    let (execution, mut put_out) = app.execution(which)?;
    let mut execution = execution;
    if redacted {
        let passed = app.redacted_execution(&execution.id)?;
        execution.command = passed.command.as_str().to_owned();
        put_out =
            ExecutionOutput { stdout: passed.stdout.as_str().to_owned(), stderr: passed.stderr.as_str().to_owned() };
    }
    if output.json {
        return output.object(json!({"execution": execution_json(&execution, &put_out)}));
    }
    let issue = execution.issue_id.as_ref().map_or("none", |issue| issue.as_str());
    output.text(&format!("command   {}", visible(&execution.command)));
    output.text(&format!("id        {}", execution.id));
    output.text(&format!("issue     {issue}"));
    output
        .text(&format!("tier      {} ({}, by a {})", execution.tier, execution.approval_status, execution.proposed_by));
    output.text(&format!("when      {} UTC", execution.executed_at));
    output.text(&format!("end       {}", ended(&execution)));
    for (name, text) in [("output", &put_out.stdout), ("errors", &put_out.stderr)] {
        if !text.is_empty() {
            output.text(&format!("\n{name}:\n{}", visible_lines(text)));
        }
    }
    if execution.output_cut {
        output.text("\nmore was put out than is kept");
    }
    Ok(())
}
