//! The export of all rows as JSON Lines: a header, a line per row, an end with the counts.
//!
//! Owns what of a row may leave, column by column. Invariants: in the redacted form every text passes the guard, unless
//! its column is known to hold ids, times or words of the host's own and its value looks like one; bytes that nobody
//! can look into, and secrets, are never in it; secrets of columns are in no form. A guard that fails leaves no file.

mod columns;
mod guarded;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::LogFileId;
use trcaa_store::{DATABASE_FILE, ExportRow, ExportTable, ExportValue, Overwrite, Store, StoreError};

use crate::policy::{Rule, Target};
use crate::{App, AppError};
use columns::{Use, use_of};
use guarded::{Cell, Guarded};

/// Version of the lines.
const SCHEMA_VERSION: u64 = 1;
/// Under which a log's text stands in its row.
const LOG_TEXT: &str = "text";
/// Under which it stands in clear where it is no UTF-8.
const LOG_BYTES: &str = "text_base64";

/// What of a text leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// What passed the guard.
    Redacted,
    /// Everything but secrets of columns, as it is stored.
    Clear,
}

/// An export that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DatabaseExport {
    /// Where it is.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Whether every text passed the guard.
    pub redacted: bool,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Columns that are null in every row, as `table.column`.
    pub left_out: Vec<String>,
}

#[derive(Serialize)]
struct Header<'a> {
    schema_version: u64,
    kind: &'static str,
    product: &'static str,
    exported_at: String,
    redacted: bool,
    left_out: &'a [String],
}

#[derive(Serialize)]
struct RowLine<'a> {
    kind: &'static str,
    table: &'a str,
    row: Map<String, Value>,
}

#[derive(Serialize)]
struct End<'a> {
    kind: &'static str,
    rows: &'a BTreeMap<String, u64>,
}

impl App {
    /// Writes every row of every table to a file of JSON Lines, parents before children, of one moment.
    ///
    /// What memory it takes is bounded by the largest log's text, not by the store.
    ///
    /// # Errors
    /// A detector that fails, a file that is there already or cannot be written; nothing is left then.
    pub fn export_database(
        &self,
        file: &Path,
        form: ExportForm,
        overwrite: Overwrite,
    ) -> Result<DatabaseExport, AppError> {
        let rule = self.target_rule(Target::Export)?;
        if form == ExportForm::Clear
            && let Rule::Block { way_out } = &rule
        {
            let problem = "exporting in clear: the policy for exports is block";
            return Err(AppError::failed("guard_blocked", problem).hint(format!("take it back with: {way_out}")));
        }
        let policy = rule.policy();
        let mut draft = self.store.new_file(file, overwrite)?;
        // Pseudonyms are stored while rows are read, and not seen by the reader: it stays at its moment.
        let reader = self.store.reopen()?;
        let guarded = Guarded::new(self, form, rule)?;
        let out = Hashed { out: BufWriter::new(draft.open()?), sha256: Sha256::new() };
        let mut writer = Writer { app: self, form, guarded, out, path: file, rows: BTreeMap::new() };
        self.progress.begin("exporting", None);
        let left_out = reader.read_snapshot(|reader| writer.all(reader));
        self.progress.end();
        let left_out = left_out?;
        writer.out.flush().map_err(|e| unwritten(file, e))?;
        let rows = writer.rows;
        let redacted = form == ExportForm::Redacted;
        let sha256 = hex::encode(writer.out.sha256.finalize());
        let details = serde_json::json!({
            "redacted": redacted, "rows": rows.values().sum::<u64>(), "sha256": sha256, "policy": policy,
        });
        // Before the file has its name: one that could not be written down is not made.
        self.admit_export("database", DATABASE_FILE, &details)?;
        let record = AuditRecord {
            action: "export_database",
            entity_type: "database",
            entity_id: DATABASE_FILE.to_owned(),
            details,
        };
        let bytes = self.store.publish(&mut draft, &record)?;
        Ok(DatabaseExport { path: file.display().to_string(), bytes, redacted, rows, left_out })
    }
}

/// A field's name and its text.
type LogText = (&'static str, String);

fn unwritten(path: &Path, source: std::io::Error) -> AppError {
    StoreError::File { doing: "write", path: path.to_owned(), source }.into()
}

/// A file, and the digest of exactly what went into it.
struct Hashed {
    out: BufWriter<File>,
    sha256: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

struct Writer<'a> {
    app: &'a App,
    form: ExportForm,
    guarded: Guarded<'a>,
    out: Hashed,
    path: &'a Path,
    rows: BTreeMap<String, u64>,
}

impl Writer<'_> {
    fn all(&mut self, reader: &Store) -> Result<Vec<String>, AppError> {
        let tables = reader.export_tables()?;
        let mut left_out = Vec::new();
        for table in &tables {
            let out = table.columns.iter().filter(|column| self.is_left_out(&table.name, column));
            left_out.extend(out.map(|column| format!("{}.{column}", table.name)));
        }
        self.line(&Header {
            schema_version: SCHEMA_VERSION,
            kind: "header",
            product: "trcaa",
            exported_at: trcaa_model::time::stamp(self.app.store.clock().now_ms()),
            redacted: self.form == ExportForm::Redacted,
            left_out: &left_out,
        })?;
        for table in &tables {
            // A log's text is read row by row, as a stream; its bytes are not in the row.
            let wanted = |column: &str| {
                let used = use_of(&table.name, column);
                used != Use::LogText && used != Use::LogCopy && !self.is_left_out(&table.name, column)
            };
            let wanted: Vec<bool> = table.columns.iter().map(|column| wanted(column)).collect();
            let is_wanted = |column: &str| table.columns.iter().position(|c| c == column).is_some_and(|at| wanted[at]);
            let count = reader.export_rows(table, is_wanted, |row| self.row(reader, table, row))?;
            self.flush()?;
            self.rows.insert(table.name.clone(), count);
        }
        let rows = std::mem::take(&mut self.rows);
        self.line(&End { kind: "end", rows: &rows })?;
        self.rows = rows;
        Ok(left_out)
    }

    fn is_left_out(&self, table: &str, column: &str) -> bool {
        match use_of(table, column) {
            Use::Secret => true,
            Use::Value | Use::Image => self.form == ExportForm::Redacted,
            Use::Structure | Use::Text | Use::LogText | Use::LogCopy => false,
        }
    }

    fn row(&mut self, reader: &Store, table: &ExportTable, row: ExportRow) -> Result<(), AppError> {
        let log = match table.name.as_str() {
            "log_files" => self.log_text(reader, table, &row)?,
            _ => None,
        };
        let mut cells = Vec::with_capacity(row.values.len() + 1);
        for (column, value) in table.columns.iter().zip(row.values) {
            let used = use_of(&table.name, column);
            if matches!(used, Use::LogText | Use::LogCopy) {
                continue;
            }
            cells.push((column.clone(), self.cell(column, used, value)));
        }
        if table.name == "log_files" {
            let (name, text) = log.map_or((LOG_TEXT, Value::Null), |(name, text)| (name, Value::String(text)));
            cells.push((name.to_owned(), Cell::Ready(text)));
        }
        if self.guarded.push(&table.name, row.issue_id, cells) { self.flush() } else { Ok(()) }
    }

    fn cell(&self, column: &str, used: Use, value: ExportValue) -> Cell {
        let clear = self.form == ExportForm::Clear;
        Cell::Ready(match value {
            ExportValue::Null => Value::Null,
            ExportValue::Integer(number) => number.into(),
            ExportValue::Real(number) => number.into(),
            ExportValue::Text(text) if clear || (used == Use::Structure && columns::is_plain(column, &text)) => {
                text.into()
            }
            ExportValue::Text(text) => return Cell::Guard(text),
            ExportValue::Blob(bytes) if clear => BASE64.encode(bytes).into(),
            // Bytes that the guard cannot look into do not leave, in whatever column they are.
            ExportValue::Blob(_) => Value::Null,
        })
    }

    /// A log's text as this form has it, and its name; `None` where it is stored nowhere or cannot be read any more.
    fn log_text(&mut self, reader: &Store, table: &ExportTable, row: &ExportRow) -> Result<Option<LogText>, AppError> {
        let value = |name: &str| {
            let at = table.columns.iter().position(|column| column == name)?;
            row.values.get(at)
        };
        let Some(ExportValue::Text(id)) = value("id") else { return Ok(None) };
        let log = LogFileId::from_stored(id.as_str());
        let redacted = value("redacted") == Some(&ExportValue::Integer(1));
        match self.form {
            ExportForm::Clear => Ok(read(reader.open_text(&log), id)?.map(|bytes| match String::from_utf8(bytes) {
                Ok(text) => (LOG_TEXT, text),
                Err(e) => (LOG_BYTES, BASE64.encode(e.as_bytes())),
            })),
            ExportForm::Redacted => {
                if redacted && let Some(copy) = read(reader.open_redacted_text(&log), id)? {
                    let copy = crate::redaction::masked(copy);
                    return Ok(Some((LOG_TEXT, self.guarded.copy(row.issue_id.as_deref(), &log, &copy)?)));
                }
                let Some(text) = read(reader.open_text(&log), id)? else { return Ok(None) };
                let text = self.guarded.text(row.issue_id.as_deref(), crate::redaction::masked(text))?;
                Ok(Some((LOG_TEXT, text)))
            }
        }
    }

    fn flush(&mut self) -> Result<(), AppError> {
        for (table, row) in self.guarded.take()? {
            self.line(&RowLine { kind: "row", table: &table, row })?;
        }
        Ok(())
    }

    fn line(&mut self, line: &impl Serialize) -> Result<(), AppError> {
        let written = serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(|e| unwritten(self.path, e))
    }
}

/// Reads a text to its end; `None` where there is none. Damage ends the export: a copy with a hole is none.
fn read(text: Result<impl Read, StoreError>, id: &str) -> Result<Option<Vec<u8>>, AppError> {
    let mut text = match text {
        Err(StoreError::LogUnreadable { .. }) => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    text.read_to_end(&mut bytes).map_err(|_| {
        AppError::failed("log_unreadable", format!("exporting: the text of log {id} is damaged"))
            .hint("see how far it goes: trcaa db check")
    })?;
    Ok(Some(bytes))
}
