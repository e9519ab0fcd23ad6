//! `trcaa settings …`

use serde_json::json;
use trcaa_app::{App, AppError, Setting};

use crate::args::SettingsCommand;
use crate::output::{Output, visible};

pub(super) fn run(app: &App, command: &SettingsCommand, output: &Output) -> Result<(), AppError> {
    match command {
        SettingsCommand::List => {
            let settings = app.settings()?;
            if output.json {
                return output.object(json!({"settings": settings}));
            }
            let row = |s: &Setting| {
                let default = s.default.unwrap_or("–").to_owned();
                vec![s.key.clone(), s.value.clone(), default, s.kind.to_owned(), s.meaning.to_owned()]
            };
            output.table(
                &["SETTING", "VALUE", "DEFAULT", "KIND", "MEANING"],
                &settings.iter().map(row).collect::<Vec<_>>(),
            );
            Ok(())
        }
        SettingsCommand::Get { key } => tell(&app.setting(key)?, output),
        SettingsCommand::Set { key, value } => tell(&app.set_setting(key, value)?, output),
        SettingsCommand::Unset { key } => tell(&app.unset_setting(key)?, output),
    }
}

fn tell(setting: &Setting, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(setting);
    }
    output.text(&visible(&setting.value));
    Ok(())
}
