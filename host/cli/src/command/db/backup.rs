//! `trcaa db backup FILE`

use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError};

use crate::args::Global;
use crate::output::{Output, visible};
use crate::settings;

pub(super) fn run(file: &Path, force: bool, global: &Global, output: &Output) -> Result<(), AppError> {
    let app = App::open(settings::setup(global, output)?, settings::progress(global))?;
    let opened_by = app.key_advice();
    let backup = app.backup_database(file, super::overwrite(force))?;
    for finding in &backup.findings {
        output.warn(&format!("the store, and so the backup: {}", visible(finding)));
    }
    if output.json {
        return output.object(json!({"backup": backup, "opened_by": opened_by}));
    }
    let rows: u64 = backup.rows.values().sum();
    let verified = if backup.verified { "verified" } else { "complete, but not sound" };
    output.text(&format!("{verified}: {} ({} bytes, {rows} rows)", visible(&backup.path), backup.bytes));
    output.last(&format!("it opens with {opened_by}"))
}
