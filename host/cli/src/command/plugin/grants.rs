//! `plugin grant` and `plugin revoke`.

use serde_json::json;
use trcaa_app::{App, AppError, GrantSubject, Granted};

use super::screen::wish_in_words;
use crate::args::{CapabilityName, GrantArgs};
use crate::output::{Output, visible};

pub(super) fn grant(app: &App, args: &GrantArgs, output: &Output) -> Result<(), AppError> {
    let granted = app.grant_plugin(&args.id, &subject(args)?)?;
    tell(&granted, "granted", "all of that was granted already", output)
}

pub(super) fn revoke(app: &App, args: &GrantArgs, output: &Output) -> Result<(), AppError> {
    let granted = app.revoke_plugin(&args.id, &subject(args)?)?;
    tell(&granted, "taken back", "nothing was granted", output)
}

fn subject(args: &GrantArgs) -> Result<GrantSubject, AppError> {
    let given = |what: &str, value: &Option<String>| match value {
        Some(value) => Err(AppError::usage("usage", format!("{what} is given one thing too many: {value:?}"))
            .hint("see: trcaa plugin grant --help")),
        None => Ok(()),
    };
    match args.capability {
        None => Ok(GrantSubject::All),
        Some(CapabilityName::Http) => {
            let methods = args.methods.iter().flat_map(|methods| methods.split(','));
            let methods: Vec<String> =
                methods.map(|m| m.trim().to_ascii_uppercase()).filter(|m| !m.is_empty()).collect();
            Ok(GrantSubject::Http { origin: args.target.clone(), methods, path: args.path.clone() })
        }
        Some(CapabilityName::Secret) => {
            given("a secret", &args.methods)?;
            Ok(GrantSubject::Secret { what: args.target.clone() })
        }
        Some(CapabilityName::Kv) => {
            given("kv", &args.target)?;
            Ok(GrantSubject::Kv)
        }
    }
}

fn tell(granted: &Granted, done: &str, nothing: &str, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"plugin_grants": granted}));
    }
    let id = visible(&granted.plugin_id);
    if granted.changed.is_empty() {
        return output.last(&format!("{id}: {nothing}"));
    }
    output.text(&format!("{id}: {done}:"));
    for capability in &granted.changed {
        output.text(&format!("  - {}", wish_in_words(capability)));
    }
    Ok(())
}
