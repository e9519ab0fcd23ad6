//! `trcaa doctor`

use serde_json::json;
use trcaa_app::{AppError, Check, CheckStatus, examine};

use crate::args::Global;
use crate::output::{Output, visible};

pub(super) fn run(global: &Global, output: &Output) -> Result<(), AppError> {
    let setup = crate::settings::setup(global, output)?;
    let checks = examine(setup);
    if output.json {
        output.object(json!({"checks": checks}))?;
    } else {
        let row =
            |check: &Check| vec![check.status.as_str().to_uppercase(), check.name.to_owned(), check.detail.clone()];
        output.wide_table(&["STATUS", "CHECK", "FOUND"], &checks.iter().map(row).collect::<Vec<_>>());
        for check in &checks {
            if let Some(hint) = check.hint.as_ref().filter(|_| check.status != CheckStatus::Ok) {
                output.text(&format!("{}: {}", check.name, visible(hint)));
            }
        }
    }
    // What was found is the answer; a script wants to know by the status whether anything does not work.
    let is_broken = checks.iter().any(|check| check.status == CheckStatus::Broken);
    if is_broken { Err(AppError::told()) } else { Ok(()) }
}
