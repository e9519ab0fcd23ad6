//! Writes the RCA document as Markdown from what the store knows. Pure.
//!
//! Invariants: every text that came from a log, a provider or a person goes through the escaping of [`crate::document`];
//! the sections are those of behaviour.md, in their order; a section without content says so instead of being left out.

use std::fmt::Write as _;

use trcaa_model::issue::{IssueDetail, ResolutionStep};
use trcaa_model::time;

use crate::document::{TimelineEntry, escape_markdown, escape_table_cell, fenced, table_code_span, timeline_fence};
use crate::protocol::{Analysis, LogNames, Moment};

/// Lines of the incident's timeline that are shown.
const MOMENTS_MAX: usize = 40;

/// Writes the document.
pub(crate) fn write(detail: &IssueDetail, analysis: Option<&Analysis>) -> String {
    let mut out = String::new();
    summary(&mut out, detail, analysis);
    section(&mut out, "Description");
    match &detail.issue.description {
        Some(text) if !text.trim().is_empty() => paragraphs(&mut out, text),
        _ => out.push_str("None was given.\n\n"),
    }
    incident_timeline(&mut out, detail, analysis);
    metrics(&mut out, detail, analysis);
    whys(&mut out, &detail.resolution_steps);
    root_cause(&mut out, detail, analysis);
    logs(&mut out, detail);
    section(&mut out, "Corrective Actions");
    actions(&mut out, "Immediate", analysis.map(|a| a.immediate_actions.as_slice()));
    actions(&mut out, "Long-term", analysis.map(|a| a.long_term_actions.as_slice()));
    section(&mut out, "Lessons Learned");
    list(&mut out, analysis.map(|a| a.lessons.as_slice()));
    out
}

/// Counts the sections of a document: its second-level headings outside of code.
pub(crate) fn section_count(markdown: &str) -> usize {
    let mut fence: Option<&str> = None;
    let mut count = 0;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) if ticks >= open.len() && line.trim_end().len() == ticks => fence = None,
            None if ticks >= 3 => fence = line.get(..ticks),
            None if line.starts_with("## ") => count += 1,
            _ => {}
        }
    }
    count
}

fn section(out: &mut String, title: &str) {
    let _ = write!(out, "## {title}\n\n");
}

fn paragraphs(out: &mut String, text: &str) {
    for paragraph in text.split("\n\n").filter(|p| !p.trim().is_empty()) {
        let _ = write!(out, "{}\n\n", escape_markdown(paragraph.trim()));
    }
}

fn row(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "| {} | {} |", escape_table_cell(name), escape_table_cell(value));
}

fn summary(out: &mut String, detail: &IssueDetail, analysis: Option<&Analysis>) {
    let issue = &detail.issue;
    section(out, "Issue Summary");
    out.push_str("| | |\n|---|---|\n");
    row(out, "Issue", &issue.title);
    row(out, "Issue ID", issue.id.as_str());
    row(out, "Severity", issue.severity.as_str());
    row(out, "Status", issue.status.as_str());
    row(out, "Category", issue.category.as_deref().unwrap_or("–"));
    row(out, "Opened", &format!("{} UTC", issue.created_at));
    if let Some(resolved) = &issue.resolved_at {
        row(out, "Resolved", &format!("{resolved} UTC"));
    }
    if let Some(who) = &issue.assigned_to {
        row(out, "Assigned to", who);
    }
    out.push('\n');
    let Some(analysis) = analysis else {
        out.push_str("The logs were not analysed yet.\n\n");
        return;
    };
    paragraphs(out, &analysis.summary);
    if let Some(cause) = &analysis.root_cause {
        let _ = write!(out, "**Root cause:** {}\n\n", escape_markdown(&cause.text));
    }
    let names = LogNames::of(&detail.log_files);
    if !analysis.key_findings.is_empty() {
        out.push_str("### Key findings\n\n");
        for (n, finding) in analysis.key_findings.iter().enumerate() {
            let mark = if finding.assumed && !finding.text.starts_with("assumed") { "assumed: " } else { "" };
            let _ = write!(out, "{}. {}{}\n\n", n + 1, mark, escape_markdown(&finding.text));
            let lines: Vec<String> = finding.evidence.iter().map(|citation| names.shown(citation)).collect();
            if !lines.is_empty() {
                let marker = format!("{}. ", n + 1).len();
                out.push_str(&indented(&fenced(&lines.join("\n")), marker));
            }
        }
    }
}

/// Under a numbered item, a block belongs to it only when indented.
fn indented(block: &str, columns: usize) -> String {
    let mut out = String::new();
    for line in block.trim_end().lines() {
        let _ = writeln!(out, "{:columns$}{line}", "");
    }
    out.push('\n');
    out
}

fn incident_timeline(out: &mut String, detail: &IssueDetail, analysis: Option<&Analysis>) {
    let names = LogNames::of(&detail.log_files);
    section(out, "Incident Timeline");
    let moments = analysis.map(|a| a.timeline.as_slice()).unwrap_or_default();
    if moments.is_empty() && detail.timeline_events.is_empty() {
        out.push_str("Nothing was recorded.\n\n");
        return;
    }
    if !moments.is_empty() {
        let entry = |m: &Moment| TimelineEntry { time: m.time.clone(), text: m.text.clone(), kind: "log".into() };
        let drawn: Vec<TimelineEntry> = moments.iter().take(MOMENTS_MAX).map(entry).collect();
        let _ = writeln!(out, "{}", timeline_fence(&drawn));
        out.push_str("In the logs:\n\n| Time | What happened | Shown by |\n|---|---|---|\n");
        for moment in moments.iter().take(MOMENTS_MAX) {
            let shown = moment.evidence.as_ref().map_or_else(String::new, |c| {
                let shown = names.shown(c);
                shown.split_once(": ").map_or(shown.clone(), |(place, _)| place.to_owned())
            });
            let cells = [moment.time.as_str(), moment.text.as_str(), shown.as_str()].map(escape_table_cell);
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out.push('\n');
    }
    if !detail.timeline_events.is_empty() {
        out.push_str("In the investigation:\n\n| Time (UTC) | Event | What happened |\n|---|---|---|\n");
        for event in detail.timeline_events.iter().take(MOMENTS_MAX) {
            let cells = [event.created_at.as_str(), event.event_type.as_str(), event.description.as_str()]
                .map(escape_table_cell);
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out.push('\n');
    }
}

fn metrics(out: &mut String, detail: &IssueDetail, analysis: Option<&Analysis>) {
    section(out, "Incident Metrics");
    let moments = analysis.map(|a| a.timeline.as_slice()).unwrap_or_default();
    out.push_str("| Metric | Value |\n|---|---|\n");
    row(out, "Events recorded", &detail.timeline_events.len().to_string());
    let span = match (moments.first(), moments.last()) {
        (Some(first), Some(last)) if moments.len() > 1 => {
            duration(time::parse(first.time.as_str()), time::parse(last.time.as_str()))
                .unwrap_or_else(|| format!("from {} to {}", first.time, last.time))
        }
        _ => "unknown".into(),
    };
    row(out, "First to last event in the logs", &span);
    let found = detail.timeline_events.iter().find(|e| e.event_type == "root_cause_identified");
    let to_cause = found.and_then(|e| duration(time::parse(&detail.issue.created_at), time::parse(&e.created_at)));
    row(out, "Time to root cause", to_cause.as_deref().unwrap_or("not identified"));
    out.push('\n');
}

fn duration(from: Option<i64>, to: Option<i64>) -> Option<String> {
    let seconds = to?.checked_sub(from?).filter(|s| *s >= 0)?;
    Some(match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, m, _) => format!("{h} h {m} min"),
    })
}

fn whys(out: &mut String, steps: &[ResolutionStep]) {
    section(out, "5 Whys Analysis");
    if steps.is_empty() {
        out.push_str("None was answered.\n\n");
    }
    for step in steps {
        let _ = write!(out, "### Why {}: {}\n\n", step.step_order, escape_markdown(&step.why_question));
        let _ = write!(out, "{}\n\n", escape_markdown(step.answer.as_deref().unwrap_or("Not answered yet.")));
        if let Some(evidence) = step.evidence.as_deref().filter(|e| !e.trim().is_empty()) {
            let _ = writeln!(out, "{}", fenced(evidence));
        }
    }
}

fn root_cause(out: &mut String, detail: &IssueDetail, analysis: Option<&Analysis>) {
    let names = LogNames::of(&detail.log_files);
    section(out, "Root Cause");
    // What was recorded last holds, whoever said it: a person may have corrected the analysis.
    let recorded = detail.timeline_events.iter().rev().find(|e| e.event_type == "root_cause_identified");
    let said = recorded.and_then(|e| {
        Some((e.metadata.get("root_cause")?.as_str()?.to_owned(), e.metadata.get("confidence")?.as_f64()?))
    });
    let cause = analysis.and_then(|a| a.root_cause.as_ref());
    match (said, cause) {
        (Some((text, confidence)), _) => {
            paragraphs(out, &text);
            let _ = write!(out, "Confidence: {:.0} %\n\n", confidence * 100.0);
            if let Some(cause) = cause.filter(|c| c.text == text && !c.evidence.is_empty()) {
                let lines: Vec<String> = cause.evidence.iter().map(|citation| names.shown(citation)).collect();
                let _ = writeln!(out, "{}", fenced(&lines.join("\n")));
            }
        }
        (None, _) => out.push_str("Not identified.\n\n"),
    }
}

fn logs(out: &mut String, detail: &IssueDetail) {
    section(out, "Log Files Analyzed");
    if detail.log_files.is_empty() {
        out.push_str("None.\n\n");
        return;
    }
    out.push_str("| File | Bytes | SHA-256 | Redacted |\n|---|---|---|---|\n");
    for log in &detail.log_files {
        let hash = table_code_span(log.content_hash.as_deref().unwrap_or("–"));
        let redacted = if log.redacted { "yes" } else { "no" };
        let _ = writeln!(out, "| {} | {} | {hash} | {redacted} |", escape_table_cell(&log.file_name), log.file_size);
    }
    out.push('\n');
}

fn actions(out: &mut String, title: &str, items: Option<&[String]>) {
    let _ = write!(out, "### {title}\n\n");
    list(out, items);
}

fn list(out: &mut String, items: Option<&[String]>) {
    match items {
        Some(items) if !items.is_empty() => {
            for item in items {
                let _ = writeln!(out, "- {}", escape_markdown(item));
            }
            out.push('\n');
        }
        _ => out.push_str("None yet.\n\n"),
    }
}
