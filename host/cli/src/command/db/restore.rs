//! `trcaa db restore FILE`

use std::path::Path;

use serde_json::json;
use trcaa_app::{AppError, DATABASE_FILE, KeySource, Restore, Unsound, parse_key};
use trcaa_model::secret::Secret;

use crate::args::Global;
use crate::command::confirm;
use crate::output::{Output, visible};
use crate::secret_input::SecretInput;

pub(super) fn run(file: &Path, key_stdin: bool, force: bool, global: &Global, output: &Output) -> Result<(), AppError> {
    let setup = crate::settings::setup(global, output)?;
    let database = setup.data_dir.join(DATABASE_FILE);
    let shown = visible(&file.display().to_string());
    confirm(&format!("Put {shown} in the place of {}, which is kept?", database.display()), global.yes)?;
    let key = key_stdin.then(|| backup_key(&SecretInput::new().read("the backup's key")?)).transpose()?;
    let unsound = if force { Unsound::Accept } else { Unsound::Refuse };
    let progress = crate::settings::progress(global);
    let restored = trcaa_app::restore_database(setup, &Restore { file, key, unsound }, progress.as_ref())?;
    for finding in &restored.findings {
        output.warn(&format!("restored all the same: {}", visible(finding)));
    }
    if output.json {
        return output.object(json!({"restored": restored}));
    }
    let rows: u64 = restored.rows.values().sum();
    output.text(&format!("restored {} ({} bytes, {rows} rows)", visible(&restored.path), restored.bytes));
    if restored.migrated > 0 {
        output.text(&format!("its schema was brought up to date: {} migrations", restored.migrated));
    }
    match &restored.kept {
        Some(kept) => output.last(&format!("what was there before is kept: {}", visible(kept))),
        None => output.last("there was no database before"),
    }
}

/// Read as the environment's would be, which the backup was made with.
fn backup_key(text: &Secret) -> Result<KeySource, AppError> {
    parse_key(text.expose())
        .map_err(|error| AppError::usage(error.code(), error.to_string()))?
        .ok_or_else(|| AppError::usage("key", "reading the backup's key: there is none"))
}
