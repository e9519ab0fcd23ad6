//! `trcaa db check`

use serde_json::json;
use trcaa_app::{App, AppError};

use crate::output::{Output, visible};

/// Most findings that are shown to a person; `--json` has them all.
const SHOWN_MAX: usize = 20;

pub(super) fn run(app: &App, output: &Output) -> Result<(), AppError> {
    let report = app.store().check()?;
    if output.json {
        output.object(json!({"sound": report.is_sound(), "check": report}))?;
        if !report.is_sound() {
            // The report is the answer; a second object on stdout would be none.
            crate::signals::leave(1);
        }
        return Ok(());
    }
    let found: Vec<String> = report.findings().collect();
    let Some(first) = found.first() else {
        output.text("sound: pages, references, full-text index, audit trail, rows");
        return Ok(());
    };
    for finding in found.iter().take(SHOWN_MAX) {
        output.text(&visible(finding));
    }
    let error =
        AppError::failed("damaged", format!("checking the store: {} findings, the first: {first}", found.len()));
    // Only of pages a backup is better than what there is: rows can be put right where they are.
    Err(match report.page_findings().next() {
        Some(_) => error.hint("restore a backup: trcaa db restore FILE"),
        None => error.hint("the file itself is whole; what is named above can be looked at and corrected or deleted"),
    })
}
