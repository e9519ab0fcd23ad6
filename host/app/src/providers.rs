//! Connections to AI providers: which there are, which one is asked, and what the user allowed for each.
//!
//! Invariants: a connection is stored only together with the grants that it needs, in one transaction, after the user
//! saw what it may do; a key that was given for one origin is never used for another; a key is sealed in its row and
//! comes out only as the secret of a call.

mod add;
mod check;
mod connect;
mod failure;
mod retry;

use serde::Serialize;
use trcaa_model::audit::AuditRecord;
use trcaa_model::chat::ModelInfo;
use trcaa_model::plugin::BASE_URL;
use trcaa_runtime::{Plugin, Provider};

pub use add::{NewConnection, Proposal, ScreenLine};
pub use check::TestResult;
pub(crate) use connect::{Chosen, quoted};
pub use trcaa_store::Provider as ProviderRow;

use crate::policy::{GuardPolicy, Rule, plain_options, policy_of, rule_of};
use crate::settings::PROVIDER;
use crate::{App, AppError};

/// A connection as `provider list` shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProviderListed {
    /// The row; the key is not in it.
    #[serde(flatten)]
    pub row: ProviderRow,
    /// Whether it is asked without --provider.
    pub is_default: bool,
    /// What may leave for it.
    pub policy: GuardPolicy,
}

impl App {
    /// Lists the connections by name.
    ///
    /// # Errors
    /// Those of the store.
    pub fn providers(&self) -> Result<Vec<ProviderListed>, AppError> {
        let default = self.provider_id(None)?;
        let listed = |mut row: ProviderRow| {
            let policy = policy_of(&row);
            row.options = plain_options(&row.options);
            ProviderListed { is_default: row.name == default, policy, row }
        };
        Ok(self.store.providers()?.into_iter().map(listed).collect())
    }

    /// What may leave for what is asked by that name: a connection's own rule; a plugin that needs none sends nothing.
    pub(crate) fn provider_rule(&self, name: &str) -> Result<Rule, AppError> {
        let row = self.store.providers()?.into_iter().find(|row| row.name == name);
        row.map_or(Ok(Rule::Redact), |row| rule_of(&row))
    }

    /// The models that a connection offers.
    ///
    /// # Errors
    /// There is no such connection, or what its server said.
    pub fn provider_models(&self, name: &str) -> Result<Vec<ModelInfo>, AppError> {
        let row = self.provider_row(name)?;
        let chosen = self.connected(row, None)?;
        self.progress.begin(&format!("asking {name}"), None);
        let models = chosen.provider.models();
        self.progress.end();
        models.map_err(|error| failure::told(&error, &chosen))
    }

    /// Removes a connection with its key. What is asked by default is the offline analyst again if it was this one.
    ///
    /// # Errors
    /// There is no such connection.
    pub fn remove_provider(&self, name: &str) -> Result<(), AppError> {
        self.provider_row(name)?;
        let was_default = self.store.setting(PROVIDER)?.is_some_and(|set| set == name);
        self.store.write(|tx| {
            tx.remove_provider(name)?;
            if was_default {
                tx.remove_setting(PROVIDER)?;
            }
            tx.audit(&AuditRecord {
                action: "provider_removed",
                entity_type: "provider",
                entity_id: name.to_owned(),
                details: serde_json::json!({"was_default": was_default}),
            })
        })?;
        Ok(())
    }

    /// Makes a connection, or a plugin that needs none, the one that is asked without --provider.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn set_default_provider(&self, name: &str) -> Result<(), AppError> {
        self.set_setting(PROVIDER, name).map(|_| ())
    }

    /// Expects that something of that name can be asked: a connection, or a plugin that needs none.
    pub(crate) fn check_provider(&self, name: &str) -> Result<(), AppError> {
        let plugin = match self.store.providers()?.into_iter().find(|row| row.name == name) {
            Some(row) => row.plugin,
            None => name.to_owned(),
        };
        let provider = self.known_provider(&plugin)?;
        if plugin == name && needs_connection(provider.plugin()) { Err(connection_missing(name)) } else { Ok(()) }
    }

    /// The plugin of that id, with the names of all connections in the error where there is none.
    fn known_provider(&self, id: &str) -> Result<Provider, AppError> {
        let names: Vec<String> = self.store.providers()?.into_iter().map(|row| row.name).collect();
        self.plugins.provider(&self.store, id).map_err(|error| match names.is_empty() {
            _ if error.code != "no_such_provider" => error,
            true => error.hint("add a connection with: trcaa provider add NAME --plugin ID --url URL --model M"),
            false => error.hint(format!("connections: {}", names.join(", "))),
        })
    }

    /// Expects a connection of that name: before somebody is asked about it.
    ///
    /// # Errors
    /// `no_such_provider`
    pub fn check_connection(&self, name: &str) -> Result<(), AppError> {
        self.provider_row(name).map(drop)
    }

    pub(crate) fn provider_row(&self, name: &str) -> Result<ProviderRow, AppError> {
        let rows = self.store.providers()?;
        let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
        rows.into_iter().find(|row| row.name == name).ok_or_else(|| {
            let shown: String = name.chars().take(80).collect();
            let error = AppError::usage("no_such_provider", format!("there is no connection {shown:?}"));
            match names.is_empty() {
                true => error.hint("add one with: trcaa provider add NAME --plugin ID --url URL --model M"),
                false => error.hint(format!("there are: {}", names.join(", "))),
            }
        })
    }
}

/// Whether a plugin can do nothing without an address.
fn needs_connection(plugin: &Plugin) -> bool {
    plugin.manifest().http.iter().any(|wish| wish.origin == BASE_URL)
}

fn connection_missing(plugin: &str) -> AppError {
    AppError::usage("needs_connection", format!("asking {plugin}: it needs an address, and only a connection has one"))
        .hint(format!("trcaa provider add NAME --plugin {plugin} --url URL --model M"))
}

/// Scheme, host and port as they were typed, in lower case.
pub(crate) fn origin_of(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    format!("{scheme}://{}", rest.split(['/', '?', '#']).next().unwrap_or_default()).to_lowercase()
}
