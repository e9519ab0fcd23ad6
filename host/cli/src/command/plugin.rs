//! `trcaa plugin …`

mod grants;
mod history;
mod screen;
mod update;
mod waiting;

pub(super) use waiting::ask_about_drop_ins;

use std::path::Path;

use serde_json::json;
use trcaa_app::{App, AppError, GrantChoice, Keep, Offer, PluginSummary, PluginView};

use super::Asked;
use crate::args::{Global, GrantAnswer, PluginCommand};
use crate::output::{Output, visible};

pub(super) fn run(app: &App, command: &PluginCommand, global: &Global, output: &Output) -> Result<(), AppError> {
    match command {
        PluginCommand::List => {
            let plugins = app.plugins()?;
            if output.json {
                return output.object(json!({"plugins": plugins}));
            }
            let row = |p: &PluginSummary| {
                let state =
                    p.reason.as_ref().map_or_else(|| p.state.clone(), |reason| format!("{}: {reason}", p.state));
                vec![p.id.clone(), p.version.clone(), p.kind.clone(), p.source.clone(), state]
            };
            output.table(&["ID", "VERSION", "KIND", "SOURCE", "STATE"], &plugins.iter().map(row).collect::<Vec<_>>());
            Ok(())
        }
        PluginCommand::Show { id } => {
            let view = app.plugin(id)?;
            if output.json { output.object(json!({"plugin": view})) } else { output.last(&screen::view(&view)) }
        }
        PluginCommand::Kit(_) => Err(AppError::failed("bug", "the author's commands open no store")),
        PluginCommand::Install { src, locked: true, grant } => locked(app, src.as_deref(), *grant, global, output),
        PluginCommand::Install { src, grant, .. } => {
            let offer = app.offer_plugin(src.as_deref().unwrap_or_default())?;
            consent(&offer, "Install it", Some(*grant), global, output)?;
            tell_installed(&app.install_plugin(&offer, choice(*grant))?, output)
        }
        PluginCommand::Enable { id, grant } => enable(app, id, *grant, global, output),
        PluginCommand::Disable { id } => tell(&app.disable_plugin(id)?, output),
        PluginCommand::Update { id: Some(id), src, accept, allow_downgrade } => {
            let wish = update::Wish {
                src: src.as_deref(),
                accept: accept.as_ref().map(Option::as_ref),
                downgrade: update::downgrade(*allow_downgrade),
            };
            update::one(app, id, &wish, global, output)
        }
        PluginCommand::Update { id: None, allow_downgrade, .. } => {
            update::all(app, update::downgrade(*allow_downgrade), global, output)
        }
        PluginCommand::Rollback { id } => tell_installed(&app.rollback_plugin(id)?, output),
        PluginCommand::Remove { id, keep_grants, forget_publisher } => {
            let going = if *forget_publisher { " and forget whose it was" } else { "" };
            super::confirm(&format!("Remove plugin {} with its state and secrets{going}?", visible(id)), global.yes)?;
            let removed = app.remove_plugin(id, Keep { grants: *keep_grants, publisher: !forget_publisher })?;
            if output.json {
                return output.object(json!({"removed": removed}));
            }
            output.last(&screen::removed(&removed))
        }
        PluginCommand::Grant(args) => grants::grant(app, args, output),
        PluginCommand::Revoke(args) => grants::revoke(app, args, output),
        PluginCommand::Verify { id } => history::verify(app, id.as_deref(), output),
        PluginCommand::Audit { id, limit } => history::audit(app, id.as_deref(), *limit, output),
        PluginCommand::Secret(args) => super::plugin_secret::run(app, args, output),
    }
}

/// Whether a command decides about plugins itself, so that it is not the moment to ask about others.
pub(super) fn decides(command: &PluginCommand) -> bool {
    !matches!(
        command,
        PluginCommand::List | PluginCommand::Show { .. } | PluginCommand::Verify { .. } | PluginCommand::Audit { .. }
    )
}

fn enable(app: &App, id: &str, grant: GrantAnswer, global: &Global, output: &Output) -> Result<(), AppError> {
    let Some(offer) = app.offer_enable(id)? else {
        let enabled = app.enable_plugin(id)?;
        // Where another version waits for consent, that is what there is to decide about.
        return match enabled.pending {
            Some(_) => update::pending(app, id, None, global, output),
            None => tell(&enabled, output),
        };
    };
    // The command itself is the consent where nothing is asked for; on a terminal the screen is shown all the same.
    if !offer.wishes.is_empty() || super::can_ask() {
        consent(&offer, "Let it run", Some(grant), global, output)?;
    }
    tell_installed(&app.install_plugin(&offer, choice(grant))?, output)
}

/// Everything is fetched and compared before the first question, and nothing is installed before the last answer.
fn locked(app: &App, file: Option<&str>, grant: GrantAnswer, global: &Global, output: &Output) -> Result<(), AppError> {
    let locked = app.offer_locked(file.map(Path::new))?;
    for offer in locked.iter().filter_map(|plugin| plugin.offer.as_ref()) {
        consent(offer, "Install it", Some(grant), global, output)?;
    }
    let views = app.install_locked(&locked, choice(grant))?;
    if output.json {
        return output.object(json!({"plugins": views}));
    }
    for (plugin, view) in locked.iter().zip(&views) {
        match plugin.offer {
            Some(_) => output.text(&screen::installed(view)),
            None => output.text(&format!("{} is there as it is locked", visible(&plugin.id))),
        }
    }
    if views.is_empty() { output.last("the lock file has no plugins") } else { Ok(()) }
}

pub(super) fn choice(grant: GrantAnswer) -> GrantChoice {
    match grant {
        GrantAnswer::All => GrantChoice::All,
        GrantAnswer::None => GrantChoice::None,
    }
}

/// Shows the screen and asks; `grant`: what saying yes grants, if anything. Where nobody can be asked and `--yes` did not answer, says what to add.
fn consent(
    offer: &Offer,
    question: &str,
    grant: Option<GrantAnswer>,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    let grant = grant.filter(|_| !offer.wishes.is_empty());
    if !global.quiet && !output.json {
        output.note(&screen::offer(offer));
    }
    let granting = match grant {
        None => "",
        Some(GrantAnswer::All) => " and grant all of that",
        Some(GrantAnswer::None) => " and grant nothing yet",
    };
    let question = format!("{question}{granting}?");
    if global.yes {
        return Ok(());
    }
    if output.json || !super::can_ask() {
        let named = format!("{} {} waits for consent, and nobody can be asked here", offer.id, offer.version);
        let mut error = AppError::usage("needs_yes", named).field("plugin", json!(offer)).hint(match grant {
            Some(GrantAnswer::All) => "to say yes and grant all that it asks for, add: --yes",
            _ => "to say yes, add: --yes",
        });
        if grant.is_some() {
            error = error.hint("to say yes and grant nothing yet, add: --yes --grant none");
        }
        return Err(error);
    }
    match super::ask(&format!("{question} [y/N] ")) {
        Asked::Yes => Ok(()),
        _ => Err(AppError::failed("declined", "nothing was done")),
    }
}

fn tell_installed(view: &PluginView, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"plugin": view}));
    }
    output.last(&screen::installed(view))
}

fn tell(plugin: &PluginSummary, output: &Output) -> Result<(), AppError> {
    if output.json {
        return output.object(json!({"plugin": plugin}));
    }
    output.last(&format!("{} {} is {}", visible(&plugin.id), visible(&plugin.version), plugin.state))
}
