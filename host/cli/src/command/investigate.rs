//! `trcaa analyze` and `trcaa why`

use serde_json::json;
use trcaa_app::{App, AppError, WhyRequest};
use trcaa_model::issue::ResolutionStep;

use crate::args::{WhyArgs, WhyCommand};
use crate::output::{Output, visible};

pub(super) fn analyze(app: &App, issue: &str, provider: Option<&str>, output: &Output) -> Result<(), AppError> {
    let issue = app.store().resolve_issue(issue)?;
    let analysis = app.analyze(&issue, provider)?;
    if output.json {
        let findings: Vec<_> = analysis
            .key_findings
            .iter()
            .map(|f| json!({"text": f.text, "assumed": f.assumed, "evidence": f.evidence}))
            .collect();
        let cause = analysis
            .root_cause
            .as_ref()
            .map(|c| json!({"text": c.text, "confidence": c.confidence, "evidence": c.evidence}));
        return output.object(json!({
            "summary": analysis.summary,
            "key_findings": findings,
            "first_why": analysis.first_why,
            "severity": analysis.severity.as_str(),
            "root_cause": cause,
        }));
    }
    let names = app.log_names(&issue)?;
    output.text(&format!("[{}] {}", analysis.severity.as_str(), visible(&analysis.summary)));
    for finding in &analysis.key_findings {
        let mark = if finding.assumed { "assumed: " } else { "" };
        output.text(&format!("- {mark}{}", visible(&finding.text)));
        for citation in &finding.evidence {
            output.text(&format!("    | {}", visible(&names.shown(citation))));
        }
    }
    output.text(&visible(&analysis.first_why));
    Ok(())
}

pub(super) fn why(app: &App, args: &WhyArgs, output: &Output) -> Result<(), AppError> {
    if let Some(WhyCommand::List { issue }) = &args.list {
        let steps = app.store().steps(&app.store().resolve_issue(issue)?)?;
        if output.json {
            return output.object(json!({"resolution_steps": steps}));
        }
        for step in &steps {
            print_step(step, output);
        }
        return Ok(());
    }
    let Some(issue) = &args.issue else {
        return Err(AppError::usage("usage", "why needs an issue"));
    };
    let issue = app.store().resolve_issue(issue)?;
    let request = WhyRequest {
        answer: args.answer.clone(),
        evidence: args.evidence.clone(),
        question: args.question.clone(),
        provider: args.provider.clone(),
    };
    let step = app.next_why(&issue, &request)?;
    if output.json {
        return output.object(json!({"resolution_step": step}));
    }
    match step {
        Some(step) => print_step(&step, output),
        None => output.text("The evidence goes no deeper. Answer yourself with --answer, or attach more logs."),
    }
    Ok(())
}

pub(super) fn print_step(step: &ResolutionStep, output: &Output) {
    output.text(&format!("Why {}: {}", step.step_order, visible(&step.why_question)));
    output.text(&format!("  {}", visible(step.answer.as_deref().unwrap_or("(not answered)"))));
    for line in step.evidence.as_deref().unwrap_or_default().lines() {
        output.text(&format!("    | {}", visible(line)));
    }
}
