//! What may leave for which target: redacted, nothing that holds a finding, or, to this machine alone, text as it is.
//!
//! Invariants: without a word of the user, everything is redacted; `allow` is for a connection to a provider whose
//! address is literally loopback, holds for the address that it was given for, and is looked at again before each send.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trcaa_model::audit::AuditRecord;
use trcaa_redact::LocalTarget;
use trcaa_store::NewProvider;

use crate::providers::{ProviderRow, origin_of};
use crate::settings::{GUARD_EXPORT, GUARD_INTEGRATION, GUARD_MCP};
use crate::{App, AppError};

/// Under which a connection's policy stands among its options: no setting of a plugin can have this name.
const OPTION: &str = "guard:policy";

/// What happens to findings in what is about to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuardPolicy {
    /// They are replaced by placeholders.
    #[default]
    Redact,
    /// Nothing that holds one leaves.
    Block,
    /// They leave in clear; for a provider on this machine only.
    Allow,
}

impl GuardPolicy {
    /// As the user writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Redact => "redact",
            Self::Block => "block",
            Self::Allow => "allow",
        }
    }

    /// How much leaves by it, for comparing two.
    pub(crate) fn lets_through(self) -> u8 {
        match self {
            Self::Block => 0,
            Self::Redact => 1,
            Self::Allow => 2,
        }
    }

    /// Reads what a user wrote; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Redact, Self::Block, Self::Allow].into_iter().find(|policy| policy.as_str() == text)
    }
}

/// Where text goes, apart from providers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A file: a document, or the rows of the store.
    Export,
    /// A remote system.
    Integration,
    /// A server of tools.
    Mcp,
}

impl Target {
    /// The setting that holds its policy.
    pub(crate) fn setting(self) -> &'static str {
        match self {
            Self::Export => GUARD_EXPORT,
            Self::Integration => GUARD_INTEGRATION,
            Self::Mcp => GUARD_MCP,
        }
    }
}

/// A policy as it is in force for one send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Redact,
    /// Holds the command that would take it back.
    Block {
        way_out: String,
    },
    /// The proof is that the address was looked at.
    Local(LocalTarget),
}

impl Rule {
    pub(crate) fn policy(&self) -> GuardPolicy {
        match self {
            Self::Redact => GuardPolicy::Redact,
            Self::Block { .. } => GuardPolicy::Block,
            Self::Local(_) => GuardPolicy::Allow,
        }
    }
}

/// What a connection's row says.
#[derive(Deserialize)]
struct Kept {
    policy: GuardPolicy,
    /// The address that it was given for.
    origin: String,
}

/// The policy that the user set for a connection; one that can't be read, or was given for another address, is none.
pub(crate) fn policy_of(row: &ProviderRow) -> GuardPolicy {
    match row.options.get(OPTION).map(|kept| serde_json::from_value::<Kept>(kept.clone())) {
        Some(Ok(kept)) if kept.policy != GuardPolicy::Allow || kept.origin == origin_of(&row.api_url) => kept.policy,
        _ => GuardPolicy::Redact,
    }
}

/// Writes a policy into the options of a row.
pub(crate) fn keep(options: &mut Value, policy: GuardPolicy, api_url: &str) {
    let Some(options) = options.as_object_mut() else { return };
    match policy {
        GuardPolicy::Redact => options.remove(OPTION),
        other => options.insert(OPTION.to_owned(), json!({"policy": other, "origin": origin_of(api_url)})),
    };
}

/// The options without what is the host's own.
pub(crate) fn plain_options(options: &Value) -> Value {
    let mut options = options.clone();
    if let Some(object) = options.as_object_mut() {
        object.remove(OPTION);
    }
    options
}

/// Whether an address is literally this machine's.
pub(crate) fn local_target(api_url: &str) -> Option<LocalTarget> {
    trcaa_net::loopback_host(api_url).as_deref().and_then(LocalTarget::of_host)
}

/// Expects that text may go to an address as it is.
pub(crate) fn expect_local(name: &str, api_url: &str) -> Result<LocalTarget, AppError> {
    local_target(api_url).ok_or_else(|| {
        let problem = format!(
            "allowing text in clear for {name}: {} is not literally this machine (127.0.0.0/8, [::1] or localhost)",
            origin_of(api_url)
        );
        AppError::usage("not_local", problem)
            .hint("what leaves this machine is redacted, or blocked: trcaa provider policy NAME redact|block")
    })
}

/// The rule for one send over a connection: the address is looked at again.
pub(crate) fn rule_of(row: &ProviderRow) -> Result<Rule, AppError> {
    Ok(match policy_of(row) {
        GuardPolicy::Redact => Rule::Redact,
        GuardPolicy::Block => Rule::Block { way_out: format!("trcaa provider policy {} redact", row.name) },
        GuardPolicy::Allow => Rule::Local(expect_local(&row.name, &row.api_url)?),
    })
}

/// Types and how many of each, as an error says them: never a value.
pub(crate) fn counted(found: &BTreeMap<String, u64>) -> String {
    found.iter().map(|(label, count)| format!("{count} {label}")).collect::<Vec<_>>().join(", ")
}

impl App {
    /// The policy of a connection.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn provider_policy(&self, name: &str) -> Result<GuardPolicy, AppError> {
        Ok(policy_of(&self.provider_row(name)?))
    }

    /// Expects that a policy may be set for a connection: before somebody is asked about it.
    ///
    /// # Errors
    /// As those of [`App::set_provider_policy`].
    pub fn check_policy(&self, name: &str, policy: GuardPolicy) -> Result<(), AppError> {
        let row = self.provider_row(name)?;
        if policy == GuardPolicy::Allow {
            expect_local(name, &row.api_url)?;
        }
        Ok(())
    }

    /// Sets the policy of a connection.
    ///
    /// # Errors
    /// There is no such connection, or its address is not this machine's and the policy is `allow`.
    pub fn set_provider_policy(&self, name: &str, policy: GuardPolicy) -> Result<(), AppError> {
        self.check_policy(name, policy)?;
        let row = self.provider_row(name)?;
        let before = policy_of(&row);
        let mut options = row.options.clone();
        keep(&mut options, policy, &row.api_url);
        let changed = NewProvider {
            name: row.name,
            plugin: row.plugin,
            api_url: row.api_url,
            api_key: None,
            model: row.model,
            max_tokens: row.max_tokens,
            temperature: row.temperature,
            options,
            supports_tool_calling: row.supports_tool_calling,
        };
        self.store.write(|tx| {
            tx.upsert_provider(&changed)?;
            tx.audit(&AuditRecord {
                action: "guard_policy_changed",
                entity_type: "provider",
                entity_id: name.to_owned(),
                details: json!({"from": before, "to": policy, "origin": origin_of(&changed.api_url)}),
            })
        })?;
        Ok(())
    }

    /// The policy of a target that is no provider.
    ///
    /// # Errors
    /// The stored value is not allowed.
    pub fn target_policy(&self, target: Target) -> Result<GuardPolicy, AppError> {
        let text = self.guard_setting(target.setting())?;
        Ok(GuardPolicy::parse(&text).filter(|policy| *policy != GuardPolicy::Allow).unwrap_or(GuardPolicy::Block))
    }

    /// The rule for one send to a target that is no provider.
    pub(crate) fn target_rule(&self, target: Target) -> Result<Rule, AppError> {
        Ok(match self.target_policy(target)? {
            GuardPolicy::Redact => Rule::Redact,
            _ => Rule::Block { way_out: format!("trcaa settings set {} redact", target.setting()) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(api_url: &str, options: Value) -> ProviderRow {
        ProviderRow {
            id: "1".into(),
            name: "corp".into(),
            plugin: "ai-openai".into(),
            api_url: api_url.into(),
            model: "m".into(),
            max_tokens: None,
            temperature: None,
            options,
            supports_tool_calling: None,
            created_at: String::new(),
            updated_at: String::new(),
            has_api_key: false,
        }
    }

    #[test]
    fn allow_holds_for_the_address_that_it_was_given_for_and_no_other() {
        let mut options = json!({"auth": "none"});
        keep(&mut options, GuardPolicy::Allow, "http://127.0.0.1:8080/v1");
        assert_eq!(policy_of(&row("http://127.0.0.1:8080/v1", options.clone())), GuardPolicy::Allow);
        assert_eq!(policy_of(&row("http://127.0.0.1:8080/v2", options.clone())), GuardPolicy::Allow);
        for other in ["http://127.0.0.1:8081/v1", "https://api.example.com/v1", "http://localhost:8080/v1"] {
            assert_eq!(policy_of(&row(other, options.clone())), GuardPolicy::Redact, "{other}");
        }
        assert_eq!(plain_options(&options), json!({"auth": "none"}));
        keep(&mut options, GuardPolicy::Block, "http://127.0.0.1:8080/v1");
        assert_eq!(policy_of(&row("https://api.example.com", options.clone())), GuardPolicy::Block, "block stays");
        keep(&mut options, GuardPolicy::Redact, "x");
        assert_eq!(options, json!({"auth": "none"}));
    }

    #[test]
    fn allow_in_the_row_of_a_remote_address_sends_nothing() {
        for url in
            ["https://api.example.com/v1", "http://127.0.0.1.nip.io/v1", "http://10.0.0.1", "http://[::ffff:7f00:1]/"]
        {
            let mut options = json!({});
            keep(&mut options, GuardPolicy::Allow, url);
            assert!(rule_of(&row(url, options)).is_err(), "{url}");
        }
        // As browsers read addresses, these are 127.0.0.1 as well.
        for url in
            ["http://127.0.0.1:1", "http://127.1/v1", "http://[::1]:8080", "http://localhost/v1", "http://LOCALHOST"]
        {
            let mut options = json!({});
            keep(&mut options, GuardPolicy::Allow, url);
            assert!(matches!(rule_of(&row(url, options)), Ok(Rule::Local(_))), "{url}");
        }
    }

    #[test]
    fn what_cannot_be_read_redacts() {
        for kept in [json!("allow"), json!({"policy": "none", "origin": "x"}), json!({"policy": "allow"}), json!(7)] {
            assert_eq!(policy_of(&row("http://127.0.0.1", json!({OPTION: kept}))), GuardPolicy::Redact);
        }
    }
}
