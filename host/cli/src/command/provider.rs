//! `trcaa provider …`

use std::io::Write as _;

use serde_json::json;
use trcaa_app::{App, AppError, GuardPolicy, NewConnection, ProviderListed, ScreenLine};

use crate::args::{ProviderAddArgs, ProviderCommand};
use crate::command::confirm;
use crate::command::stranger::{quoted, why};
use crate::output::{Output, visible};
use crate::secret_input::SecretInput;

pub(super) fn run(app: &App, command: &ProviderCommand, yes: bool, output: &Output) -> Result<(), AppError> {
    match command {
        ProviderCommand::Add(args) => add(app, args, yes, output),
        ProviderCommand::List => list(&app.providers()?, output),
        ProviderCommand::Test { name } => test(app, name, output),
        ProviderCommand::Models { name } => models(app, name, output),
        ProviderCommand::Policy { name, policy } => policy_of(app, name, policy.map(GuardPolicy::from), yes, output),
        ProviderCommand::Remove { name } => {
            app.check_connection(name)?;
            confirm(&format!("Remove the connection {} with its key?", visible(name)), yes)?;
            app.remove_provider(name)?;
            if output.json {
                return output.object(json!({"removed": name}));
            }
            output.last(&format!("{} is removed", visible(name)))
        }
        ProviderCommand::Default { name } => {
            app.set_default_provider(name)?;
            if output.json {
                return output.object(json!({"default": name}));
            }
            output.last(&format!("{} is asked from now on", visible(name)))
        }
    }
}

fn add(app: &App, args: &ProviderAddArgs, yes: bool, output: &Output) -> Result<(), AppError> {
    let api_key = args.key_stdin.then(|| SecretInput::new().read("the API key")).transpose()?;
    let proposal = app.propose_provider(&NewConnection {
        name: args.name.clone(),
        plugin: args.plugin.clone(),
        url: args.url.clone(),
        model: args.model.clone(),
        api_key,
        settings: args.settings.clone(),
        policy: args.policy.map(GuardPolicy::from),
    })?;
    if proposal.asks {
        // Shown also with --yes: what is agreed to in a script stands in the script's log.
        if !(yes && output.json) {
            let shown = |line: &ScreenLine| match line {
                ScreenLine::Said(text) => vec![visible(text)],
                ScreenLine::Quoted(text) => quoted(text),
                ScreenLine::Why(text) => why(text),
            };
            let text: String = proposal.lines.iter().flat_map(shown).map(|line| line + "\n").collect();
            let _ = std::io::stderr().write_all(text.as_bytes());
        }
        confirm("Allow this?", yes)?;
    }
    let row = app.add_provider(&proposal)?;
    if output.json {
        return output.object(json!({"provider": row}));
    }
    output.text(&format!("{} asks {} at {}", row.name, visible(&row.model), visible(&row.api_url)));
    output.last(&format!("test it with: trcaa provider test {}", row.name))
}

fn policy_of(app: &App, name: &str, wanted: Option<GuardPolicy>, yes: bool, output: &Output) -> Result<(), AppError> {
    if let Some(wanted) = wanted {
        if wanted == GuardPolicy::Allow && app.provider_policy(name)? != wanted {
            app.check_policy(name, wanted)?;
            confirm(&format!("Send logs and questions in clear to {}?", visible(name)), yes)?;
        }
        app.set_provider_policy(name, wanted)?;
    }
    let policy = app.provider_policy(name)?;
    if output.json {
        return output.object(json!({"name": name, "policy": policy}));
    }
    output.last(&format!("{}: {}", visible(name), policy.as_str()))
}

fn list(providers: &[ProviderListed], output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"providers": providers}));
    }
    let row = |listed: &ProviderListed| {
        let row = &listed.row;
        let key = if row.has_api_key { "stored" } else { "none" };
        let default = if listed.is_default { "default" } else { "" };
        vec![
            row.name.clone(),
            row.plugin.clone(),
            row.api_url.clone(),
            row.model.clone(),
            key.into(),
            listed.policy.as_str().into(),
            default.into(),
        ]
    };
    output.table(
        &["NAME", "PLUGIN", "URL", "MODEL", "KEY", "POLICY", ""],
        &providers.iter().map(row).collect::<Vec<_>>(),
    );
    Ok(())
}

fn test(app: &App, name: &str, output: &Output) -> Result<(), AppError> {
    let result = app.test_provider(name)?;
    if output.json {
        output.object(json!({"result": result}))?;
    } else {
        let verdict = if result.success { "works" } else { "does not work" };
        output.text(&format!("{} {verdict}: {}", visible(name), visible(&result.message)));
        output.text(&format!("model {}, {} ms", visible(&result.model), result.latency_ms));
        result.hints.iter().for_each(|hint| output.text(&format!("  hint: {}", visible(hint))));
    }
    // A server that fails is an answer, and told like one; a script wants to know it by the status.
    if result.success { Ok(()) } else { Err(AppError::told()) }
}

fn models(app: &App, name: &str, output: &Output) -> Result<(), AppError> {
    let models = app.provider_models(name)?;
    if output.json {
        return output.object(json!({"models": models}));
    }
    let count = |tokens: Option<u64>| tokens.map_or_else(String::new, |tokens| tokens.to_string());
    let row = |model: &trcaa_model::chat::ModelInfo| {
        vec![model.id.clone(), count(model.context_tokens), count(model.max_output_tokens)]
    };
    output.table(&["MODEL", "CONTEXT TOKENS", "ANSWER TOKENS"], &models.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
