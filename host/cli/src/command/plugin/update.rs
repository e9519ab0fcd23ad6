//! `plugin update`, and consent to what waits.

use serde_json::{Value, json};
use trcaa_app::{App, AppError, Consent, DigestPrefix, Downgrade, Offer, PluginView, UpdateOutcome, accepting};

use super::screen;
use crate::args::Global;
use crate::command::Asked;
use crate::output::{Output, visible};

/// What is asked of an update.
pub(super) struct Wish<'a> {
    pub(super) src: Option<&'a str>,
    /// Consent on the command line: to the version of a digest, or, without one, to be asked for.
    pub(super) accept: Option<Option<&'a DigestPrefix>>,
    pub(super) downgrade: Downgrade,
}

pub(super) fn downgrade(allowed: bool) -> Downgrade {
    if allowed { Downgrade::Allowed } else { Downgrade::Refused }
}

pub(super) fn one(app: &App, id: &str, wish: &Wish<'_>, global: &Global, output: &Output) -> Result<(), AppError> {
    if let Some(accept) = wish.accept
        && wish.src.is_none()
        && app.offer_pending(id)?.is_some()
    {
        return pending(app, id, accept, global, output);
    }
    let offer = app.offer_update(id, wish.src, wish.downgrade)?;
    let (view, outcome) = decide(app, &offer, wish, global, output)?;
    if output.json {
        return output.object(answer(&offer, &view, outcome));
    }
    output.last(&told(&offer, &view, outcome))
}

/// Makes the waiting version active, with consent.
pub(super) fn pending(
    app: &App,
    id: &str,
    named: Option<&DigestPrefix>,
    global: &Global,
    output: &Output,
) -> Result<(), AppError> {
    let Some(offer) = app.offer_pending(id)? else {
        return Err(AppError::failed("no_pending", format!("updating plugin {id}: no version waits for consent")));
    };
    show(&offer, global, output);
    let consent = match named {
        Some(named) => Consent::Named(named),
        None => ask_about(&offer, None, output)?,
    };
    let (view, outcome) = app.accept_update(&offer, consent)?;
    if output.json {
        return output.object(answer(&offer, &view, outcome));
    }
    output.last(&told(&offer, &view, outcome))
}

/// Asks about the version that was just shown. `--yes` is no answer here: it was typed before anybody saw what came, and
/// what comes may be another version each time.
fn ask_about(offer: &Offer, src: Option<&str>, output: &Output) -> Result<Consent<'static>, AppError> {
    let more = offer.difference.as_ref().is_none_or(|difference| difference.asks_more);
    if output.json || !super::super::can_ask() {
        let named = format!("{} {} waits for your word, and nobody can be asked here", offer.id, offer.version);
        let grants = if more { " and grant all that it asks for" } else { "" };
        return Err(AppError::usage("needs_digest", named)
            .hint(format!("to say yes to exactly what was shown{grants}: {}", accepting(offer, src)))
            .field("plugin", json!(offer)));
    }
    let granting = if more && !offer.wishes.is_empty() { " and grant all of that" } else { "" };
    match super::super::ask(&format!("Make it active{granting}? [y/N] ")) {
        Asked::Yes => Ok(Consent::Shown),
        _ => Err(AppError::failed("declined", "nothing was done")),
    }
}

/// Updates everything that has a source; one that fails does not keep the others from it.
pub(super) fn all(app: &App, downgrade: Downgrade, global: &Global, output: &Output) -> Result<(), AppError> {
    let mut answers: Vec<Value> = Vec::new();
    let mut failed: Vec<AppError> = Vec::new();
    let wish = Wish { src: None, accept: None, downgrade };
    for id in app.updatable_plugins()? {
        let done = app
            .offer_update(&id, None, downgrade)
            .and_then(|offer| decide(app, &offer, &wish, global, output).map(|(view, outcome)| (offer, view, outcome)));
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

/// What needs the user's word is asked about on a terminal; elsewhere it waits.
fn decide(
    app: &App,
    offer: &Offer,
    wish: &Wish<'_>,
    global: &Global,
    output: &Output,
) -> Result<(PluginView, UpdateOutcome), AppError> {
    if !offer.present {
        show(offer, global, output);
    }
    if let Some(Some(named)) = wish.accept {
        return app.accept_update(offer, Consent::Named(named));
    }
    let free = offer.difference.as_ref().is_some_and(|difference| difference.consent_for.is_empty());
    let asks = wish.accept.is_some() || !output.json && super::super::can_ask();
    if offer.present || free || !asks {
        return app.update_plugin(offer);
    }
    match ask_about(offer, wish.src, output) {
        Ok(consent) => app.accept_update(offer, consent),
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
    let mut answer = json!({"plugin": view, "outcome": outcome, "difference": offer.difference});
    if outcome == UpdateOutcome::Pending {
        answer["accept"] = accepting(offer, None).into();
    }
    answer
}

fn told(offer: &Offer, view: &PluginView, outcome: UpdateOutcome) -> String {
    let (id, version) = (visible(&offer.id), visible(&offer.version));
    match outcome {
        UpdateOutcome::Unchanged => format!("{id} {version} is up to date"),
        UpdateOutcome::Active => screen::installed(view),
        UpdateOutcome::Pending => format!(
            "{id} {version} waits for your word, since {}; {} stays as it is\n  look at it and decide: trcaa plugin enable {id}\n  or say yes to exactly this version: {}",
            offer.difference.iter().flat_map(|d| &d.consent_for).cloned().collect::<Vec<_>>().join(", and "),
            visible(&view.summary.version),
            accepting(offer, None)
        ),
    }
}
