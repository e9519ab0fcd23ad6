//! `plugin update`, and consent to what waits.

use serde_json::{Value, json};
use trcaa_app::{App, AppError, Downgrade, Offer, PluginView, UpdateOutcome};

use super::{consent, screen};
use crate::args::{Global, GrantAnswer};
use crate::output::{Output, visible};

/// What is asked of an update.
pub(super) struct Wish<'a> {
    pub(super) src: Option<&'a str>,
    /// Consent was given on the command line.
    pub(super) accept: bool,
    pub(super) downgrade: Downgrade,
}

pub(super) fn downgrade(allowed: bool) -> Downgrade {
    if allowed { Downgrade::Allowed } else { Downgrade::Refused }
}

pub(super) fn one(app: &App, id: &str, wish: &Wish<'_>, global: &Global, output: &Output) -> Result<(), AppError> {
    if wish.accept && wish.src.is_none() && app.offer_pending(id)?.is_some() {
        return pending(app, id, true, global, output);
    }
    let offer = app.offer_update(id, wish.src, wish.downgrade)?;
    let (view, outcome) = decide(app, &offer, wish.accept, global, output)?;
    if output.json {
        return output.object(answer(&offer, &view, outcome));
    }
    output.last(&told(&offer, &view, outcome))
}

/// Makes the waiting version active, with consent.
pub(super) fn pending(app: &App, id: &str, accepted: bool, global: &Global, output: &Output) -> Result<(), AppError> {
    let Some(offer) = app.offer_pending(id)? else {
        return Err(AppError::failed("no_pending", format!("updating plugin {id}: no version waits for consent")));
    };
    if accepted {
        show(&offer, global, output);
    } else {
        consent(&offer, "Make it active", granting(&offer), global, output)?;
    }
    let (view, outcome) = app.accept_update(&offer)?;
    if output.json {
        return output.object(answer(&offer, &view, outcome));
    }
    output.last(&told(&offer, &view, outcome))
}

/// Updates everything that has a source; one that fails does not keep the others from it.
pub(super) fn all(app: &App, downgrade: Downgrade, global: &Global, output: &Output) -> Result<(), AppError> {
    let mut answers: Vec<Value> = Vec::new();
    let mut failed: Vec<AppError> = Vec::new();
    for id in app.updatable_plugins()? {
        let done = app
            .offer_update(&id, None, downgrade)
            .and_then(|offer| decide(app, &offer, false, global, output).map(|(view, outcome)| (offer, view, outcome)));
        match done {
            Ok((offer, view, outcome)) if output.json => answers.push(answer(&offer, &view, outcome)),
            Ok((offer, view, outcome)) => output.text(&told(&offer, &view, outcome)),
            Err(error) => {
                answers.push(json!({"id": id, "error": {"code": error.code, "message": error.message}}));
                failed.push(error);
            }
        }
    }
    match failed.len() {
        0 if output.json => output.object(json!({"plugins": answers})),
        0 if answers.is_empty() && app.updatable_plugins()?.is_empty() => {
            output.last("no plugin has a source to update from")
        }
        0 => Ok(()),
        1 => Err(failed.remove(0).field("plugins", json!(answers))),
        count => {
            let all = failed.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join("; ");
            Err(AppError::failed("updates_failed", format!("{count} updates failed: {all}"))
                .field("plugins", json!(answers)))
        }
    }
}

/// Consent grants what a version asks for only where it asks for more than the one before.
fn granting(offer: &Offer) -> Option<GrantAnswer> {
    offer.difference.as_ref().is_none_or(|difference| difference.asks_more).then_some(GrantAnswer::All)
}

/// What needs the user's word is asked about on a terminal; elsewhere it waits.
fn decide(
    app: &App,
    offer: &Offer,
    accept: bool,
    global: &Global,
    output: &Output,
) -> Result<(PluginView, UpdateOutcome), AppError> {
    if offer.present {
        return app.update_plugin(offer);
    }
    if offer.difference.as_ref().is_some_and(|difference| difference.consent_for.is_empty()) {
        show(offer, global, output);
        return app.update_plugin(offer);
    }
    let asked = accept || global.yes || !output.json && super::super::can_ask();
    if !asked {
        show(offer, global, output);
        return app.update_plugin(offer);
    }
    if accept {
        show(offer, global, output);
        return app.accept_update(offer);
    }
    match consent(offer, "Make it active", granting(offer), global, output) {
        Ok(()) => app.accept_update(offer),
        Err(error) if error.code == "declined" => app.update_plugin(offer),
        Err(error) => Err(error),
    }
}

fn show(offer: &Offer, global: &Global, output: &Output) {
    if !global.quiet && !output.json {
        output.note(&screen::offer(offer));
    }
}

fn answer(offer: &Offer, view: &PluginView, outcome: UpdateOutcome) -> Value {
    json!({"plugin": view, "outcome": outcome, "difference": offer.difference})
}

fn told(offer: &Offer, view: &PluginView, outcome: UpdateOutcome) -> String {
    let (id, version) = (visible(&offer.id), visible(&offer.version));
    match outcome {
        UpdateOutcome::Unchanged => format!("{id} {version} is up to date"),
        UpdateOutcome::Active => screen::installed(view),
        UpdateOutcome::Pending => format!(
            "{id} {version} waits for your word, since {}; {} stays as it is\n  look at it and decide: trcaa plugin enable {id}, or unseen: trcaa plugin update {id} --accept",
            offer.difference.iter().flat_map(|d| &d.consent_for).cloned().collect::<Vec<_>>().join(", and "),
            visible(&view.summary.version)
        ),
    }
}
