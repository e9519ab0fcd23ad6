//! `trcaa db import`

use std::io::{BufRead, Read};

use serde_json::json;
use trcaa_app::{App, AppError, ImportReport, ImportRequest};
use trcaa_model::secret::Secret;

use crate::args::ImportArgs;
use crate::output::{Output, visible};

/// Bytes of a key on standard input.
const KEY_BYTES_MAX: u64 = 4_096;

pub(super) fn run(app: &App, args: &ImportArgs, output: &Output) -> Result<(), AppError> {
    let (configured_keys, mut column_keys) = crate::settings::earlier_keys();
    let wanted = usize::from(args.key_stdin) + usize::from(args.encryption_key_stdin);
    let mut lines = read_keys(wanted)?.into_iter();
    let key = if args.key_stdin { lines.next() } else { None };
    if let Some(column_key) = lines.next() {
        column_keys.insert(0, column_key);
    }
    let request = ImportRequest { dry_run: args.dry_run, key, configured_keys, column_keys };
    let report = app.import(&args.file, request)?;
    if output.json { output.object(json!({"import": report})) } else { show(&report, output) }
}

/// The first lines of standard input, one key each.
fn read_keys(wanted: usize) -> Result<Vec<Secret>, AppError> {
    if wanted == 0 {
        return Ok(Vec::new());
    }
    let missing = |what: &str| {
        AppError::usage("no_key", format!("reading the key from standard input: {what}"))
            .hint("give one key per line: that of the database first, then that of its sealed columns")
    };
    let mut input = std::io::stdin().lock().take(KEY_BYTES_MAX * wanted as u64);
    let mut keys = Vec::with_capacity(wanted);
    for _ in 0..wanted {
        let mut line = String::new();
        input.read_line(&mut line).map_err(|e| missing(&e.to_string()))?;
        let key = Secret::new(line);
        let text = key.expose().trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() {
            return Err(missing("there is none"));
        }
        keys.push(Secret::new(text));
    }
    if keys.iter().any(|key| key.expose().contains('\0')) {
        return Err(missing("it contains a NUL character"));
    }
    Ok(keys)
}

fn show(report: &ImportReport, output: &Output) -> Result<(), AppError> {
    let kind = match (report.encrypted, report.key) {
        (true, Some(key)) => format!("encrypted, key: {key}"),
        (true, None) => "encrypted".to_owned(),
        (false, _) => "not encrypted".to_owned(),
    };
    output.text(&format!("{}  ({kind}, {} migrations)", visible(&report.source), report.migrations.len()));
    let rows: Vec<Vec<String>> = report
        .tables
        .iter()
        .map(|table| {
            let numbers = [table.found, table.imported, table.already_there, table.kept_ours, table.refused];
            std::iter::once(table.table.clone()).chain(numbers.iter().map(ToString::to_string)).collect()
        })
        .collect();
    output.table(&["TABLE", "FOUND", "IMPORTED", "ALREADY THERE", "KEPT OURS", "REFUSED"], &rows);
    for table in &report.tables {
        for reason in &table.reasons {
            let more = if reason.count > reason.ids.len() as u64 { ", …" } else { "" };
            let ids = match reason.ids.is_empty() {
                true => String::new(),
                false => format!(" ({}{more})", visible(&reason.ids.join(", "))),
            };
            output.text(&format!("{}: {} × {}{ids}", table.table, reason.count, visible(&reason.reason)));
        }
    }
    for part in &report.not_taken {
        let name = part.column.as_ref().map_or_else(|| part.table.clone(), |column| format!("{}.{column}", part.table));
        output.text(&format!("not taken over: {} ({} rows): {}", visible(&name), part.rows, part.reason));
    }
    if let Some(chain) = &report.audit_chain {
        let state = match (chain.intact, &chain.first_bad_id) {
            (None, _) => "it has no hashes".to_owned(),
            (Some(true), _) => "it holds".to_owned(),
            (Some(false), bad) => format!("it is broken at {}", visible(bad.as_deref().unwrap_or("its first row"))),
        };
        output.text(&format!("the source's audit chain: {state}"));
    }
    let rows = report.imported();
    output.last(&if report.dry_run {
        format!("{rows} rows would come over; nothing was changed")
    } else {
        format!("{rows} rows came over")
    })
}
