//! `trcaa pii …`

mod review;
mod rules;
mod scan;

use serde_json::json;
use trcaa_app::{App, AppError};
use trcaa_model::pii::{PiiSpan, SpanState};

use super::{Opened, read_utf8};
use crate::args::{DecideArgs, Global, PiiCommand};
use crate::output::{Output, short, visible};

pub(crate) use review::give_back as give_back_terminal;

pub(super) fn run(
    open: impl Fn() -> Opened,
    command: &PiiCommand,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    match command {
        PiiCommand::Scan(args) => scan::run(args, global, output),
        PiiCommand::Rules(command) => rules::run(command, global, output),
        PiiCommand::Detect { log } => {
            let app = open()?;
            let log = app.store().resolve_log(log)?;
            let count = app.detect_log(&log)?;
            answer(&json!({"log_file_id": log, "spans": count}), &format!("{count} spans found"), output)
        }
        PiiCommand::Spans { log } => {
            let app = open()?;
            let spans = app.spans(&app.store().resolve_log(log)?)?;
            list(&spans, output)
        }
        PiiCommand::Review { log } => {
            let app = open()?;
            let log = app.store().resolve_log(log)?;
            review::run(&app, &log, output)
        }
        PiiCommand::Accept(args) => decide(&open()?, args, SpanState::Accepted, output),
        PiiCommand::Reject(args) => decide(&open()?, args, SpanState::Rejected, output),
        PiiCommand::Add { log, start, end, label } => {
            let app = open()?;
            let span = app.add_span(&app.store().resolve_log(log)?, *start, *end, label)?;
            answer(&json!({"span": span}), &format!("added {} {}", short(span.id.as_str()), span.replacement), output)
        }
        PiiCommand::Apply { log } => {
            let app = open()?;
            let log = app.store().resolve_log(log)?;
            let count = app.apply_log(&log)?;
            answer(&json!({"log_file_id": log, "spans": count}), &format!("{count} values hidden"), output)
        }
        PiiCommand::Restore { issue, file } => {
            let app = open()?;
            let text = app.restore(&app.store().resolve_issue(issue)?, &read_utf8(file)?)?;
            if output.json { output.object(json!({"text": text})) } else { output.last_foreign(text.as_bytes()) }
        }
    }
}

fn answer(json: &serde_json::Value, text: &str, output: &Output) -> Result<(), AppError> {
    if output.json { output.object(json) } else { output.last(text) }
}

fn decide(app: &App, args: &DecideArgs, state: SpanState, output: &Output) -> Result<(), AppError> {
    let log = app.store().resolve_log(&args.log)?;
    let mut ids = Vec::with_capacity(args.spans.len());
    for span in &args.spans {
        ids.push(app.store().resolve_span(span)?);
    }
    let count = app.decide_spans(&log, &ids, state)?;
    answer(
        &json!({"log_file_id": log, "spans": count, "state": state.as_str()}),
        &format!("{count} {}", state.as_str()),
        output,
    )
}

fn list(spans: &[PiiSpan], output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"spans": spans}));
    }
    let row = |span: &PiiSpan| {
        vec![
            short(span.id.as_str()),
            format!("{}..{}", span.start_offset, span.end_offset),
            span.pii_type.clone(),
            visible(&span.original_value),
            span.replacement.clone(),
            span.state.as_str().to_owned(),
        ]
    };
    output
        .table(&["SPAN", "BYTES", "TYPE", "TEXT", "REPLACEMENT", "STATE"], &spans.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
