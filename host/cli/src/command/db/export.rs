//! `trcaa db export FILE`

use std::path::Path;

use serde_json::json;
use trcaa_app::{AppError, ExportForm};

use crate::args::Global;
use crate::command::{Opened, confirm};
use crate::output::{Output, visible};

pub(super) fn run(
    open: impl FnOnce() -> Opened,
    file: &Path,
    clear: bool,
    force: bool,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    if file == Path::new("-") {
        return Err(AppError::usage("bad_path", "exporting the store: `-` is no file")
            .hint("name a file; it is private (0600) and appears whole or not at all"));
    }
    if clear {
        let shown = visible(&file.display().to_string());
        confirm(&format!("Write all logs, messages and images in clear to {shown}?"), global.yes)?;
    }
    let form = if clear { ExportForm::Clear } else { ExportForm::Redacted };
    let exported = open()?.export_database(file, form, super::overwrite(force))?;
    if output.json {
        return output.object(json!({"export": exported}));
    }
    let rows: u64 = exported.rows.values().sum();
    let how = if clear { "in clear" } else { "redacted" };
    output.last(&format!("written {}: {rows} rows, {how} ({} bytes)", visible(&exported.path), exported.bytes))
}
