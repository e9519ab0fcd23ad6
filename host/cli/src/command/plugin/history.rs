//! `plugin verify` and `plugin audit`.

use serde_json::{Map, Value, json};
use trcaa_app::{App, AppError};
use trcaa_model::audit::AuditEntry;

use crate::output::Output;

pub(super) fn verify(app: &App, id: Option<&str>, output: &Output) -> Result<(), AppError> {
    let verified = app.verify_plugins(id)?;
    if verified.findings.is_empty() {
        if output.json {
            return output.object(&verified);
        }
        return output.last(&match verified.checked {
            0 => "nothing is installed beside what is part of this program, so there is nothing to check".to_owned(),
            checked => format!("{checked} checked; all are as they were installed"),
        });
    }
    let rows: Vec<Vec<String>> = verified
        .findings
        .iter()
        .map(|finding| vec![finding.plugin_id.clone(), finding.subject.to_owned(), finding.problem.clone()])
        .collect();
    if !output.json {
        for row in &rows {
            output.text(&row.iter().map(|cell| crate::output::visible(cell)).collect::<Vec<_>>().join("  "));
        }
    }
    let count = verified.findings.len();
    let plural = if count == 1 { "finding" } else { "findings" };
    Err(AppError::failed("plugins_unsound", format!("verifying plugins: {count} {plural}"))
        .hint("get it again: trcaa plugin update ID SRC; or: trcaa plugin disable ID")
        .field("checked", json!(verified.checked))
        .field("findings", json!(verified.findings)))
}

pub(super) fn audit(app: &App, id: Option<&str>, limit: u32, output: &Output) -> Result<(), AppError> {
    let entries = app.plugin_audit(id, limit)?;
    if output.json {
        return output.object(json!({"audit_log": entries}));
    }
    let row = |entry: &AuditEntry| {
        let (what, outcome) = told(entry);
        vec![entry.timestamp.clone(), entry.entity_id.clone(), entry.action.clone(), what, outcome]
    };
    output.table(&["WHEN", "PLUGIN", "WHAT", "DETAILS", "OUTCOME"], &entries.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

/// The details that a person looks for; of a request where it went, and what became of it.
fn told(entry: &AuditEntry) -> (String, String) {
    let Some(Value::Object(details)) = entry.details.as_deref().and_then(|text| serde_json::from_str(text).ok()) else {
        return (String::new(), String::new());
    };
    if details.contains_key("method") && details.contains_key("host") {
        return request(&details);
    }
    let mut parts = Vec::new();
    for (name, value) in &details {
        // Digests and keys are for programs, and in the JSON.
        if ["sha256", "hash", "key", "world"].iter().any(|part| name.contains(part)) {
            continue;
        }
        let shown = match value {
            Value::Null => continue,
            Value::Array(all) if all.is_empty() => continue,
            Value::String(text) => text.clone(),
            Value::Array(all) => all.iter().map(short).collect::<Vec<_>>().join(", "),
            other => other.to_string(),
        };
        parts.push(format!("{name} {shown}"));
    }
    (parts.join("; "), String::new())
}

/// `POST host:443/path`, and `answered 200, 218 bytes, 7 ms, connection main, secret token`.
fn request(details: &Map<String, Value>) -> (String, String) {
    let text = |name: &str| match details.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        None | Some(Value::Null) => String::new(),
        Some(other) => other.to_string(),
    };
    let target = format!("{} {}:{}{}", text("method"), text("host"), text("port"), text("path"));
    let how = [text("status"), text("rule"), text("failure")].concat();
    let mut outcome = format!("{} {how}", text("decision")).trim_end().to_owned();
    let named = |name: &str, word: &str| Some(text(name)).filter(|t| !t.is_empty()).map(|t| format!(", {word} {t}"));
    outcome.extend(named("secret_ids", "secret"));
    outcome.push_str(&format!(", {} bytes, {} ms", text("bytes"), text("duration_ms")));
    outcome.extend(named("connection", "connection"));
    (target, outcome)
}

/// A capability by kind and subject; a download's request by where it went.
fn short(capability: &Value) -> String {
    if let (Some(host), Some(path)) = (capability.get("host"), capability.get("path")) {
        return format!("{}{}", host.as_str().unwrap_or_default(), path.as_str().unwrap_or_default());
    }
    let subject = |kind: &str, field: &str| {
        capability.get(kind).and_then(|c| c.get(field)).map(|v| format!("{kind} {}", v.as_str().unwrap_or_default()))
    };
    subject("http", "origin").or_else(|| subject("secret", "name")).unwrap_or_else(|| {
        capability.as_object().and_then(|c| c.keys().next().cloned()).unwrap_or_else(|| capability.to_string())
    })
}
