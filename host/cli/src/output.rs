//! What is printed: results on stdout, the rest on stderr; foreign text is made visible before a terminal sees it.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;
use serde_json::{Map, Value};

/// Longest cell of a table.
const CELL_CHARS_MAX: usize = 60;
/// Longest cell of a table of sentences.
const SENTENCE_CHARS_MAX: usize = 400;
/// Version of the JSON answers.
const SCHEMA_VERSION: u64 = 1;

/// Where a command's answer goes.
pub(crate) struct Output {
    pub(crate) json: bool,
}

/// Control and direction characters as `\u{..}`; a tab as a space. For one line of foreign text.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let hidden = c.is_control()
            || matches!(
                c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                    | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
            );
        match c {
            '\t' => out.push(' '),
            _ if hidden => out.extend(c.escape_unicode()),
            _ => out.push(c),
        }
    }
    out
}

/// The same for text of several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints the JSON answer: the fields of `answer` beside `schema_version`.
    pub(crate) fn object(&self, answer: impl Serialize) -> Result<(), trcaa_app::AppError> {
        let mut object = Map::new();
        object.insert("schema_version".into(), SCHEMA_VERSION.into());
        match serde_json::to_value(answer) {
            Ok(Value::Object(fields)) => object.extend(fields),
            Ok(other) => {
                object.insert("result".into(), other);
            }
            Err(e) => return Err(trcaa_app::AppError::failed("json", format!("writing the answer: {e}"))),
        }
        self.text(&Value::Object(object).to_string());
        Ok(())
    }

    /// Prints a line of the result as it is: the caller made foreign text in it visible.
    pub(crate) fn text(&self, line: &str) {
        self.bytes(format!("{line}\n").as_bytes());
    }

    /// [`Output::text`] as the last thing that a command does.
    pub(crate) fn last(&self, line: &str) -> Result<(), trcaa_app::AppError> {
        self.text(line);
        Ok(())
    }

    /// [`Output::foreign`] as the last thing that a command does.
    pub(crate) fn last_foreign(&self, text: &[u8]) -> Result<(), trcaa_app::AppError> {
        self.foreign(text);
        Ok(())
    }

    /// Prints bytes of the result. A reader that went away ends the process in silence, as `head` expects.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut stdout = io::stdout().lock();
        if let Err(error) = stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            if error.kind() == io::ErrorKind::BrokenPipe {
                crate::signals::leave(0);
            }
            let _ = writeln!(io::stderr(), "error: writing to stdout: {error}");
            crate::signals::leave(1);
        }
    }

    /// Prints text of a log: as it is into a pipe or file, made visible on a terminal.
    pub(crate) fn foreign(&self, text: &[u8]) {
        if io::stdout().is_terminal() {
            self.bytes(visible_lines(&String::from_utf8_lossy(text)).as_bytes());
            if text.ends_with(b"\n") {
                self.bytes(b"\n");
            }
        } else {
            self.bytes(text);
        }
    }

    /// Tells something beside the result, on stderr. The caller made foreign text in it visible.
    pub(crate) fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Warns.
    pub(crate) fn warn(&self, line: &str) {
        let _ = writeln!(io::stderr(), "warning: {}", visible(line));
    }

    /// Tells an error: on stderr, or as JSON on stdout.
    pub(crate) fn error(&self, code: &str, message: &str, hints: &[String], fields: &[(&'static str, Value)]) {
        if self.json {
            let mut error = serde_json::json!({"schema_version": SCHEMA_VERSION, "error": {"code": code, "message": message, "hints": hints}});
            for (name, value) in fields {
                error["error"][*name] = value.clone();
            }
            self.text(&error.to_string());
            return;
        }
        let mut text = format!("error: {}\n", visible(message));
        for hint in hints {
            text.push_str(&format!("  hint: {}\n", visible(hint)));
        }
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// How every JSON answer begins, for one that is written piece by piece; a field has to follow.
    pub(crate) fn object_head(&self) -> String {
        format!("{{\"schema_version\":{SCHEMA_VERSION},")
    }

    /// Prints rows under heads, in columns as wide as their widest cell. Cells are made visible and cut.
    pub(crate) fn table(&self, heads: &[&str], rows: &[Vec<String>]) {
        self.bytes(self.table_lines(Some(heads), rows, &mut Vec::new()).as_bytes());
    }

    /// [`Output::table`] whose last column holds sentences.
    pub(crate) fn wide_table(&self, heads: &[&str], rows: &[Vec<String>]) {
        self.bytes(self.cells(Some(heads), rows, SENTENCE_CHARS_MAX, &mut Vec::new()).as_bytes());
    }

    /// The lines of a table, of which more rows may follow: `widths` keeps the columns' widths, and is empty at first.
    pub(crate) fn table_lines(&self, heads: Option<&[&str]>, rows: &[Vec<String>], widths: &mut Vec<usize>) -> String {
        self.cells(heads, rows, CELL_CHARS_MAX, widths)
    }

    fn cells(&self, heads: Option<&[&str]>, rows: &[Vec<String>], chars_max: usize, widths: &mut Vec<usize>) -> String {
        let cell = |text: &String| -> String {
            let plain = visible(text);
            if plain.chars().count() <= chars_max {
                plain
            } else {
                plain.chars().take(chars_max - 1).chain(['…']).collect()
            }
        };
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
        let heads: Option<Vec<String>> = heads.map(|heads| heads.iter().map(|head| (*head).to_owned()).collect());
        let mut lines = String::new();
        for row in heads.iter().chain(&rows) {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in heads.iter().chain(&rows) {
            let mut line = String::new();
            for (width, cell) in widths.iter().zip(row) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 2));
            }
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
        lines
    }
}

/// The last 8 characters of an id: version 7 ids begin alike.
pub(crate) fn short(id: &str) -> String {
    let skip = id.chars().count().saturating_sub(8);
    id.chars().skip(skip).collect()
}
