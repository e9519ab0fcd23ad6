//! A provider with everything that it is called with: its row, its settings, its key, its way out.

use std::sync::Arc;

use trcaa_model::id::IssueId;
use trcaa_runtime::{CallContext, Plugin, Provider};

use super::{ProviderRow, connection_missing, needs_connection};
use crate::egress::{ConnectionSetup, LastFailure};
use crate::policy::{Rule, rule_of};
use crate::{App, AppError};

/// Bytes of logs in one request where the provider names no limit: fits a guest's 64 MiB with all it builds of them.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// The setting by which a plugin says how much its model takes.
const CONTEXT_TOKENS: &str = "context_tokens";
/// Bytes of log text that count as one token: logs are digits and punctuation, which are cut finer than prose.
const BYTES_PER_TOKEN: u64 = 2;
/// Tokens of the context that are left for the answer, at most and as a part of it.
const ANSWER_TOKENS_MAX: u64 = 4_096;
const ANSWER_PART: u64 = 4;
/// Bytes of the context that frame, schema and question take.
const FRAME_BYTES: u64 = 6 << 10;
/// Fewest bytes of logs in a request: with less there is nothing to ask about.
const TEXT_BYTES_MIN: u64 = 1 << 10;

/// What is asked.
pub(crate) struct Chosen {
    /// The connection's name; the plugin's id where it needs no connection.
    pub(crate) name: String,
    /// Model name.
    pub(crate) model: String,
    /// Most tokens of an answer.
    pub(crate) max_output_tokens: Option<u32>,
    /// As the provider defines it.
    pub(crate) temperature: Option<f32>,
    /// Bytes of log text that one request may hold.
    pub(crate) text_bytes_max: usize,
    /// What may leave for it.
    pub(crate) rule: Rule,
    /// The provider, connected.
    pub(crate) provider: Provider,
    /// Where its connection leaves what it was refused, or what failed.
    pub(crate) last_failure: LastFailure,
    /// The command that set it up, to be run with something more.
    pub(crate) set_up_by: String,
}

impl App {
    /// The one that is asked: the connection of that name, else the plugin of that id.
    pub(crate) fn chosen(&self, named: Option<&str>, issue: &IssueId) -> Result<Chosen, AppError> {
        let name = self.provider_id(named)?;
        if let Some(row) = self.store.providers()?.into_iter().find(|row| row.name == name) {
            return self.connected(row, Some(issue));
        }
        let provider = self.known_provider(&name)?;
        if needs_connection(provider.plugin()) {
            return Err(connection_missing(&name));
        }
        Ok(Chosen {
            model: name.clone(),
            name,
            max_output_tokens: None,
            temperature: None,
            text_bytes_max: TEXT_BYTES_MAX,
            rule: Rule::Redact,
            provider,
            last_failure: LastFailure::default(),
            set_up_by: String::new(),
        })
    }

    /// Connects a row; opens no socket. `issue`: whose placeholders stay what they are on the way out.
    pub(crate) fn connected(&self, row: ProviderRow, issue: Option<&IssueId>) -> Result<Chosen, AppError> {
        let plugin = Arc::clone(self.known_provider(&row.plugin)?.plugin());
        let rule = rule_of(&row)?;
        let mut settings = plugin.manifest().settings_in_force(&row.options);
        let text_bytes_max = text_bytes_max(&settings);
        settings.push(("base_url".into(), row.api_url.clone()));
        settings.push(("model".into(), row.model.clone()));
        let last_failure = LastFailure::default();
        let context = self.provider_context(&plugin, &row, settings, (issue, &rule), &last_failure)?;
        let set_up_by = format!(
            "trcaa provider add {} --plugin {} --url {} --model {}",
            row.name,
            row.plugin,
            quoted(&row.api_url),
            quoted(&row.model)
        );
        #[expect(clippy::cast_possible_truncation, reason = "a temperature is a small number")]
        let temperature = row.temperature.map(|degree| degree as f32);
        Ok(Chosen {
            max_output_tokens: row.max_tokens.and_then(|tokens| u32::try_from(tokens).ok()),
            temperature,
            text_bytes_max,
            rule,
            provider: Provider::new(&plugin, context)?,
            last_failure,
            set_up_by,
            name: row.name,
            model: row.model,
        })
    }

    fn provider_context(
        &self,
        plugin: &Arc<Plugin>,
        row: &ProviderRow,
        settings: Vec<(String, String)>,
        (issue, rule): (Option<&IssueId>, &Rule),
        last_failure: &LastFailure,
    ) -> Result<Arc<CallContext>, AppError> {
        let mut setup = ConnectionSetup::new(row.name.clone(), row.api_url.clone());
        setup.settings = settings;
        setup.issue = issue.cloned();
        setup.rule = rule.clone();
        setup.last_failure = last_failure.clone();
        self.connection_context(plugin, setup)
    }
}

/// As a shell takes it for one word.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-:/[]@%+,=".contains(&b);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// How much of the logs fits the model.
fn text_bytes_max(settings: &[(String, String)]) -> usize {
    let tokens =
        settings.iter().find(|(name, _)| name == CONTEXT_TOKENS).and_then(|(_, value)| value.parse::<u64>().ok());
    let Some(tokens) = tokens else { return TEXT_BYTES_MAX };
    let question = tokens.saturating_sub(ANSWER_TOKENS_MAX.min(tokens / ANSWER_PART));
    let bytes = question.saturating_mul(BYTES_PER_TOKEN).saturating_sub(FRAME_BYTES).max(TEXT_BYTES_MIN);
    usize::try_from(bytes).unwrap_or(TEXT_BYTES_MAX).min(TEXT_BYTES_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_the_model_is_sent_and_never_nothing() {
        for (tokens, expected) in [
            (None, TEXT_BYTES_MAX),
            (Some("0"), 1 << 10),
            (Some("-5"), TEXT_BYTES_MAX),
            (Some("8192"), 6 << 10),
            (Some("32768"), 51_200),
            (Some("99999999999"), TEXT_BYTES_MAX),
        ] {
            let settings: Vec<_> = tokens.map(|t| (CONTEXT_TOKENS.to_owned(), t.to_owned())).into_iter().collect();
            assert_eq!(text_bytes_max(&settings), expected, "{tokens:?}");
        }
    }
}
