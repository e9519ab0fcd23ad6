//! `trcaa plugin secret …`

use serde_json::json;
use trcaa_app::{App, AppError, PluginSecret};

use crate::args::PluginSecretArgs;
use crate::output::{Output, visible};
use crate::secret_input::SecretInput;

pub(super) fn run(app: &App, args: &PluginSecretArgs, output: &Output) -> Result<(), AppError> {
    let id = &args.id;
    if let Some(name) = &args.name {
        let secret = SecretInput::new().read_long(&format!("the secret {name} of {id}"))?;
        let bound = app.bind_plugin_secret(id, &args.connection, name, &secret)?;
        if output.json {
            return output.object(json!({"plugin_secret": bound}));
        }
        output.text(&format!("bound: {}", line(&bound)));
        return Ok(());
    }
    if let Some(name) = &args.remove {
        app.remove_plugin_secret(id, &args.connection, name)?;
        if output.json {
            let removed = json!({"plugin_id": id, "connection": args.connection, "name": name});
            return output.object(json!({"removed": removed}));
        }
        output.text(&format!("removed: {}", visible(name)));
        return Ok(());
    }
    let secrets = app.plugin_secrets(id)?;
    if output.json {
        return output.object(json!({"plugin_secrets": secrets}));
    }
    let row = |s: &PluginSecret| {
        vec![visible(&s.name), visible(&s.connection), s.sha256_prefix.clone(), s.updated_at.clone()]
    };
    output.table(&["NAME", "CONNECTION", "SHA-256", "UPDATED"], &secrets.iter().map(row).collect::<Vec<_>>());
    Ok(())
}

fn line(bound: &PluginSecret) -> String {
    let of = if bound.connection.is_empty() { String::new() } else { format!(" of {}", visible(&bound.connection)) };
    format!("{}{of} (SHA-256 {}…)", visible(&bound.name), bound.sha256_prefix)
}
