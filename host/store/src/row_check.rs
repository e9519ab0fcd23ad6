//! What a check looks for in rows: JSON that is none, values that no enum has, compressed text that does not unpack.
//!
//! Findings name table, row and column, and never the value: it may be anybody's data.

use std::io::{self, Read};

use sha2::{Digest, Sha256};
use trcaa_model::id::LogFileId;

use crate::{Store, StoreError, row};

/// What may stand in a column.
enum Rule {
    /// JSON of this type, where there is any.
    Json(&'static str),
    /// One of these, as SQL.
    OneOf(&'static str),
}

/// Columns that no CHECK of the schema holds to what they may be.
const RULES: &[(&str, &str, Rule)] = &[
    ("issues", "tags", Rule::Json("array")),
    ("issues", "severity", Rule::OneOf("'critical', 'high', 'medium', 'low'")),
    ("issues", "status", Rule::OneOf("'open', 'investigating', 'resolved', 'closed'")),
    ("timeline_events", "metadata", Rule::Json("object")),
    (
        "timeline_events",
        "event_type",
        Rule::OneOf(
            "'triage_started', 'log_uploaded', 'why_level_advanced', 'root_cause_identified', 'rca_generated',
             'postmortem_generated', 'document_exported'",
        ),
    ),
    ("audit_log", "details", Rule::Json("object")),
    ("ai_providers", "options", Rule::Json("object")),
    ("ai_tool_calls", "arguments", Rule::Json("object")),
    ("mcp_servers", "transport_config", Rule::Json("object")),
    ("mcp_tools", "parameters", Rule::Json("object")),
    ("documents", "doc_type", Rule::OneOf("'rca', 'postmortem'")),
    ("resolution_steps", "step_order", Rule::OneOf("1, 2, 3, 4, 5")),
    ("command_executions", "tier", Rule::OneOf("1, 2, 3")),
    ("command_executions", "approval_status", Rule::OneOf("'auto', 'approved', 'denied', 'timed_out'")),
    ("log_files", "redacted", Rule::OneOf("0, 1")),
];

impl Rule {
    /// The condition under which a value is a finding.
    fn broken(&self, column: &str) -> String {
        match self {
            // What is no JSON at all gives no type either.
            Self::Json(kind) => format!(
                "{column} IS NOT NULL AND CASE WHEN json_valid({column}) THEN json_type({column}) END IS NOT '{kind}'"
            ),
            Self::OneOf(values) => format!("{column} NOT IN ({values})"),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Json(kind) => format!("is no JSON {kind}"),
            Self::OneOf(_) => "holds a value that it may not have".to_owned(),
        }
    }
}

impl Store {
    /// Looks at every row; at most `findings_max` findings of each kind.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn check_rows(&self, findings_max: u32) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        for (table, column, rule) in RULES {
            let sql = format!("SELECT COALESCE(id, '?') FROM {table} WHERE {} LIMIT ?1", rule.broken(column));
            let ids: Vec<String> = row::all(&self.conn, &sql, [findings_max], |row| row::lossy(row, 0))?;
            found.extend(ids.iter().map(|id| format!("{table}.{column} of row {id:?} {}", rule.text())));
        }
        self.check_texts(findings_max, &mut found)?;
        Ok(found)
    }

    /// Unpacks every stored text, and compares redacted copies with their digest.
    fn check_texts(&self, findings_max: u32, found: &mut Vec<String>) -> Result<(), StoreError> {
        let sql = "SELECT id, content_compressed IS NOT NULL, redacted_compressed IS NOT NULL, redacted_hash
                   FROM log_files WHERE content_compressed IS NOT NULL OR redacted_compressed IS NOT NULL";
        let logs: Vec<(String, bool, bool, Option<String>)> = row::all(&self.conn, sql, [], |row| {
            Ok((row::lossy(row, 0)?, row.get(1)?, row.get(2)?, row::lossy_or_null(row, 3)?))
        })?;
        let enough = found.len() + findings_max as usize;
        for (id, content, redacted, hash) in logs {
            if found.len() >= enough {
                break;
            }
            let log = LogFileId::from_stored(id.as_str());
            if content && let Err(why) = digest(self.open_text(&log)) {
                found.push(format!("log_files.content_compressed of row {id:?} does not unpack: {why}"));
            }
            if redacted {
                match digest(self.open_redacted_text(&log)) {
                    Err(why) => {
                        found.push(format!("log_files.redacted_compressed of row {id:?} does not unpack: {why}"));
                    }
                    Ok(actual) if hash.as_deref().is_some_and(|hash| hash != actual) => {
                        found.push(format!(
                            "log_files.redacted_compressed of row {id:?} does not fit its redacted_hash"
                        ));
                    }
                    Ok(_) => {}
                }
            }
        }
        Ok(())
    }
}

/// SHA-256 hex of a text; the reason without the file's name, which may be personal, where it cannot be read.
fn digest(text: Result<impl Read, StoreError>) -> Result<String, String> {
    struct Hash(Sha256);
    impl io::Write for Hash {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut hash = Hash(Sha256::new());
    let mut text = text.map_err(|e| e.code().to_owned())?;
    io::copy(&mut text, &mut hash).map_err(|e| {
        let said = e.to_string();
        said.rsplit_once("cannot be read: ").map_or_else(|| "it is damaged".to_owned(), |(_, why)| why.to_owned())
    })?;
    Ok(hex::encode(hash.0.finalize()))
}
