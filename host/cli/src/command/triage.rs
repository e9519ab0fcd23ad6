//! `trcaa triage`

use serde_json::json;
use trcaa_app::{App, AppError, TriageReport, TriageRequest};

use super::log_input;
use crate::args::TriageArgs;
use crate::output::{Output, visible};

pub(super) fn run(app: &App, args: &TriageArgs, output: &Output) -> Result<(), AppError> {
    let mut formats: Vec<String> = Vec::new();
    let wanted = args.formats.clone().map_or_else(|| app.triage_formats(), Ok)?;
    for format in wanted.iter().map(|f| f.trim().to_ascii_lowercase()).filter(|f| !f.is_empty()) {
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let request = TriageRequest {
        logs: args.files.iter().map(|file| log_input(file)).collect(),
        title: args.title.clone(),
        severity: args.severity.as_deref().map(str::parse).transpose()?,
        domain: args.domain.as_deref().map(trcaa_model::issue::parse_domain).transpose()?.map(str::to_owned),
        provider: args.provider.clone(),
        out: args.out.clone(),
        formats,
    };
    let report = app.triage(&request)?;
    app.flush_events()?;
    if output.json {
        let exported: Vec<String> = report.exported.iter().map(|path| path.display().to_string()).collect();
        return output.object(json!({
            "issue_id": report.issue_id,
            "log_file_ids": report.log_file_ids,
            "spans": report.spans,
            "whys": report.whys,
            "document_id": report.document_id,
            "exported": exported,
        }));
    }
    print(&report, output);
    Ok(())
}

fn print(report: &TriageReport, output: &Output) {
    let analysis = &report.analysis;
    output.text(&format!("{}  ({})", visible(&report.title), report.issue_id));
    output.text("");
    output.text(&visible(&analysis.summary));
    for why in &report.whys {
        output.text("");
        output.text(&format!("Why {}: {}", why.level, visible(&why.question)));
        output.text(&format!("  {}", visible(&why.answer)));
        for line in &why.evidence {
            output.text(&format!("    | {}", visible(line)));
        }
        if why.assumed && why.evidence.is_empty() {
            output.text("    | assumed: no line shows this");
        }
    }
    output.text("");
    match &analysis.root_cause {
        Some(cause) => {
            output.text(&format!("Root cause ({:.0} % sure): {}", cause.confidence * 100.0, visible(&cause.text)));
        }
        None => output.text("Root cause: not found in these logs"),
    }
    output.text(&format!("Hidden: {} values in {} logs", report.spans, report.log_file_ids.len()));
    for path in &report.exported {
        output.text(&format!("Written: {}", path.display()));
    }
}
