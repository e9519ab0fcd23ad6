//! What a provider's failure means to a person, and what to do about it.

use trcaa_model::chat::{ChatAnswer, Finish};
use trcaa_runtime::{Fault, PluginError};

use super::Chosen;
use crate::AppError;

/// Words a failed call. Only codes of the WIT's errors are looked at; the provider's words are shown, cut by the runtime.
pub(super) fn told(error: &PluginError, chosen: &Chosen) -> AppError {
    let name = &chosen.name;
    let reported = match &error.fault {
        Fault::Reported(reported) => reported,
        Fault::Cancelled => return ended(error, chosen),
        _ => return AppError::from(error.clone()),
    };
    let said = if reported.message.is_empty() { String::new() } else { format!(": {}", reported.message) };
    let failed = |code, what: &str| AppError::failed(code, format!("asking {name}: {what}{said}"));
    let test = format!("see whether it can be reached: trcaa provider test {name}");
    match reported.code.as_str() {
        "unauthenticated" => failed("provider_unauthenticated", "it wants another key")
            .hint(format!("give it one: {} --key-stdin", chosen.set_up_by)),
        "forbidden" => failed("provider_forbidden", "the key may not do this").hint(test),
        "rate-limited" => {
            let error = failed("provider_rate_limited", "it takes no more requests now");
            match reported.retry_after_ms {
                Some(ms) => error.hint(format!("try again in {} s, as it says", ms.div_ceil(1_000))),
                None => error.hint("try again later"),
            }
        }
        "quota" => failed("provider_quota", "the account has no quota left"),
        "unavailable" => match chosen.last_failure.take() {
            Some(failure) => AppError::failed("provider_unavailable", format!("asking {name}: {}", failure.message)),
            None => failed("provider_unavailable", "it can't be reached, or failed"),
        }
        .hint(test),
        "timeout" => failed("provider_timeout", "it took too long").hint(test),
        "not-found" => failed("provider_not_found", "there is no such model or address")
            .hint(format!("list the models: trcaa provider models {name}")),
        "context-too-large" => failed("provider_context_too_large", "the question is too long for the model")
            .hint(format!("send less: {} --set context_tokens=N; see: trcaa provider models {name}", chosen.set_up_by)),
        "content-filter" => failed("provider_content_filter", "its filter refused the question"),
        "invalid-input" => failed("provider_refused", "it can't read the request").hint(test),
        "denied" => denied(error, chosen)
            .unwrap_or_else(|| failed("denied", "the plugin wanted what was not granted"))
            .hint(format!("see what it asks for: trcaa plugin show {}", error.plugin)),
        "bad-response" => failed("provider_bad_response", "it answered in a form that is not understood").hint(test),
        "cancelled" => failed("cancelled", "it was called off"),
        _ => AppError::from(error.clone()),
    }
}

/// Plugin, capability, target, rule and the command that would allow it, as the way out said them to the host.
fn denied(error: &PluginError, chosen: &Chosen) -> Option<AppError> {
    let refusal = chosen.last_failure.take()?;
    let told = AppError::failed("denied", format!("asking {}: {}", chosen.name, refusal.message));
    Some(match refusal.fix {
        Some(fix) => told.hint(format!("allow it: {fix}")),
        None => told.hint(format!("nothing can allow that to {}", error.plugin)),
    })
}

/// The call was ended from outside.
fn ended(error: &PluginError, chosen: &Chosen) -> AppError {
    let why = format!(
        "plugin {} was switched off, or a grant, its key or a secret of it was taken back or changed",
        error.plugin
    );
    AppError::failed("cancelled", format!("asking {}: the call was ended: by you, or since {why}", chosen.name))
        .hint(format!("see how it stands: trcaa plugin show {}", error.plugin))
}

/// An answer that is none, although the call went well.
pub(super) fn unusable(answer: &ChatAnswer, chosen: &Chosen) -> Option<AppError> {
    let refusal = answer.extra.iter().find(|(name, _)| name == "refusal").map_or("", |(_, words)| words.as_str());
    let (code, what) = match answer.finish {
        Finish::Refusal => ("provider_refused", format!("the model would not answer: {refusal}")),
        Finish::ContentFilter => ("provider_content_filter", "its filter cut the answer".to_owned()),
        _ => return None,
    };
    Some(AppError::failed(code, format!("asking {}: {what}", chosen.name)))
}
