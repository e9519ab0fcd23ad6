//! `trcaa pii scan`: what is found is printed as it is found, and the text as it becomes safe.

use std::io::IsTerminal as _;
use std::time::Instant;

use serde_json::json;
use trcaa_app::{AppError, RulesSource, ScanSink, ScanSpan, ScanSummary, ScanWant};

use crate::args::{Global, ScanArgs};
use crate::command::log_input;
use crate::output::{Output, visible};

/// Printed at once.
const PRINTED_BYTES: usize = 64 << 10;
/// Rows by which the columns of the table get their width.
const SHAPING_ROWS: usize = 200;

pub(crate) fn run(args: &ScanArgs, global: &Global, output: &Output) -> Result<(), AppError> {
    let begun = Instant::now();
    let want = if args.redact { ScanWant::Redacted } else { ScanWant::Findings };
    // Without a home there is no data folder, so no rules in it either; a scan needs neither.
    let rules = super::rules::source(args.rules.as_deref(), global, output)
        .unwrap_or_else(|_no_folder| RulesSource::IfThere(std::path::PathBuf::new()));
    let mut printer = Printer::new(output, want);
    match trcaa_app::scan(&log_input(&args.file), want, &rules, &args.without, &mut printer) {
        Ok(summary) => {
            printer.finish();
            if !global.quiet {
                output.note(&told(&summary, begun.elapsed().as_secs_f64()));
            }
            if args.fail_on_find && summary.findings() > 0 { Err(AppError::told()) } else { Ok(()) }
        }
        Err(error) if printer.begun && output.json => {
            printer.fail(&error);
            Err(AppError { message: String::new(), code: "told", ..error })
        }
        Err(error) => {
            printer.flush();
            Err(error)
        }
    }
}

/// One line about all of it.
fn told(summary: &ScanSummary, seconds: f64) -> String {
    let some = |count: u64, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let mut by_label: Vec<(&String, &u64)> = summary.found.iter().collect();
    by_label.sort_by_key(|(label, count)| (std::cmp::Reverse(**count), *label));
    let labels: Vec<String> = by_label.iter().map(|(label, count)| format!("{} {count}", visible(label))).collect();
    let list = if labels.is_empty() { String::new() } else { format!(" ({})", labels.join(", ")) };
    format!(
        "{}{list} in {}, {}, {seconds:.3} s",
        some(summary.findings(), "finding", "findings"),
        some(summary.lines, "line", "lines"),
        some(summary.text_bytes, "byte", "bytes"),
    )
}

/// Prints findings as rows or as parts of one JSON object, text as it is or as a part of one JSON string.
struct Printer<'o> {
    output: &'o Output,
    want: ScanWant,
    on_terminal: bool,
    /// Whether the answer has begun: an error is then a part of it.
    begun: bool,
    rows: Vec<Vec<String>>,
    widths: Option<Vec<usize>>,
    kept: String,
    /// Findings so far, for the commas between them.
    findings: u64,
}

impl<'o> Printer<'o> {
    fn new(output: &'o Output, want: ScanWant) -> Self {
        Self {
            output,
            want,
            on_terminal: std::io::stdout().is_terminal(),
            begun: false,
            rows: Vec::new(),
            widths: None,
            kept: String::new(),
            findings: 0,
        }
    }

    fn begin(&mut self) {
        if self.begun || !self.output.json {
            return;
        }
        self.begun = true;
        self.kept.push_str(&self.output.object_head());
        self.kept.push_str(match self.want {
            ScanWant::Findings => "\"spans\":[",
            ScanWant::Redacted => "\"text\":\"",
        });
    }

    fn close(&self) -> &'static str {
        match self.want {
            ScanWant::Findings => "]",
            ScanWant::Redacted => "\"",
        }
    }

    fn finish(&mut self) {
        self.begin();
        if self.output.json {
            let close = format!("{}}}\n", self.close());
            self.kept.push_str(&close);
        } else if self.want == ScanWant::Findings {
            self.shape();
        }
        self.flush();
    }

    /// Ends the one object with what went wrong.
    fn fail(&mut self, error: &AppError) {
        let told = json!({"code": error.code, "message": error.message, "hints": error.hints});
        let close = format!("{},\"error\":{told}}}\n", self.close());
        self.kept.push_str(&close);
        self.flush();
    }

    fn keep(&mut self, text: &str) {
        self.kept.push_str(text);
        if self.kept.len() >= PRINTED_BYTES {
            self.flush();
        }
    }

    fn flush(&mut self) {
        if !self.kept.is_empty() {
            self.output.bytes(std::mem::take(&mut self.kept).as_bytes());
        }
    }

    /// Gives the columns the width of what is there, once, and prints it.
    fn shape(&mut self) {
        let heads = ["BYTES", "TYPE", "TEXT", "REPLACEMENT"];
        let rows = std::mem::take(&mut self.rows);
        let heads = self.widths.is_none().then_some(&heads[..]);
        let widths = self.widths.get_or_insert_with(Vec::new);
        let lines = self.output.table_lines(heads, &rows, widths);
        self.keep(&lines);
    }
}

impl ScanSink for Printer<'_> {
    fn finding(&mut self, finding: &ScanSpan) {
        self.begin();
        self.findings += 1;
        if self.output.json {
            let comma = if self.findings > 1 { "," } else { "" };
            let written = serde_json::to_string(finding).expect("a span is texts and numbers");
            self.keep(&format!("{comma}{written}"));
            return;
        }
        self.rows.push(vec![
            format!("{}..{}", finding.start, finding.end),
            finding.label.clone(),
            finding.text.clone(),
            finding.replacement.clone(),
        ]);
        if self.widths.is_some() || self.rows.len() >= SHAPING_ROWS {
            self.shape();
        }
    }

    fn text(&mut self, redacted: &str) {
        self.begin();
        if self.output.json {
            let quoted = serde_json::to_string(redacted).expect("a text has a JSON form");
            self.keep(quoted.get(1..quoted.len() - 1).expect("it stands between quotes"));
        } else if self.on_terminal {
            let shown: Vec<String> = redacted.split('\n').map(|line| visible(line.trim_end_matches('\r'))).collect();
            self.keep(&shown.join("\n"));
        } else {
            self.flush();
            self.output.bytes(redacted.as_bytes());
        }
    }

    fn pause(&mut self) {
        if !self.rows.is_empty() {
            self.shape();
        }
        self.flush();
    }
}
