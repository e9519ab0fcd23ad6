//! `trcaa settings …`

use serde_json::json;
use trcaa_app::{App, AppError};

use crate::args::SettingsCommand;
use crate::output::{Output, visible};

pub(super) fn run(app: &App, command: &SettingsCommand, output: &Output) -> Result<(), AppError> {
    match command {
        SettingsCommand::List => {
            let settings = app.settings()?;
            if output.json {
                return output.object(json!({"settings": settings}));
            }
            let row = |s: &trcaa_app::Setting| {
                vec![s.key.to_owned(), s.value.clone(), s.default.clone(), s.meaning.to_owned()]
            };
            output.table(&["SETTING", "VALUE", "DEFAULT", "MEANING"], &settings.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        SettingsCommand::Get { key } => tell(&app.setting(key)?, output),
        SettingsCommand::Set { key, value } => tell(&app.set_setting(key, value)?, output),
    }
}

fn tell(setting: &trcaa_app::Setting, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"key": setting.key, "value": setting.value}));
    }
    output.text(&visible(&setting.value));
    Ok(())
}
