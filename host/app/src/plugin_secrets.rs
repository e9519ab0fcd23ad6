//! Binding secrets to the names that a plugin's manifest declares.
//!
//! Invariant: no text, error or audit row holds a secret; names and the beginning of a digest are all that is shown.

use serde_json::json;
use trcaa_model::audit::AuditRecord;
use trcaa_model::secret::Secret;
use trcaa_store::PluginSecret;

use crate::egress::{OAUTH_FIELDS, is_oauth_record};
use crate::{App, AppError};

/// Bytes of a plain secret: as many as can be searched for, and as a header takes.
const PLAIN_BYTES: std::ops::RangeInclusive<usize> = 4..=8 << 10;
/// Characters of a connection's name.
const CONNECTION_CHARS_MAX: usize = 100;

impl App {
    /// Binds a secret to a name of the plugin's manifest, for one connection (empty: its only one). A JSON object is
    /// taken as an OAuth 2 record, which the host renews.
    ///
    /// # Errors
    /// There is no such plugin, its manifest has no such name, or the secret can't be one.
    pub fn bind_plugin_secret(
        &self,
        id: &str,
        connection: &str,
        name: &str,
        secret: &Secret,
    ) -> Result<PluginSecret, AppError> {
        let manifest = self.plugin(id)?.manifest;
        let id = manifest.id.as_str();
        if !manifest.secrets.iter().any(|declared| declared.name == name) {
            let known: Vec<&str> = manifest.secrets.iter().map(|declared| declared.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(AppError::usage(
                "no_such_secret",
                format!("binding a secret to {id}: its manifest has no secret {name:?}; it has: {known}"),
            ));
        }
        check_connection(connection)?;
        check_secret(id, secret)?;
        self.store.write(|tx| {
            tx.set_plugin_secret(id, connection, name, secret)?;
            tx.audit(&row("plugin_secret_bound", id, connection, name))
        })?;
        let bound = self.store.plugin_secrets(id)?.into_iter().find(|s| s.connection == connection && s.name == name);
        bound.ok_or_else(|| AppError::failed("not_found", format!("binding a secret to {id}: it is gone again")))
    }

    /// Lists the secrets that are bound to a plugin, without what they are.
    ///
    /// # Errors
    /// Those of the store.
    pub fn plugin_secrets(&self, id: &str) -> Result<Vec<PluginSecret>, AppError> {
        Ok(self.store.plugin_secrets(id)?)
    }

    /// Removes a secret, and with it ends calls of the plugin that run with it.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove_plugin_secret(&self, id: &str, connection: &str, name: &str) -> Result<(), AppError> {
        let removed = self.store.write(|tx| match tx.remove_plugin_secret(id, connection, name)? {
            true => tx.audit(&row("plugin_secret_removed", id, connection, name)).map(|_| true),
            false => Ok(false),
        })?;
        if removed {
            return Ok(());
        }
        let of = if connection.is_empty() { String::new() } else { format!(" of connection {connection:?}") };
        Err(AppError::failed("not_found", format!("removing a secret of {id}: none is bound to {name:?}{of}"))
            .hint(format!("list them with: trcaa plugin secret {id} --list")))
    }
}

fn row(action: &'static str, id: &str, connection: &str, name: &str) -> AuditRecord {
    let details = json!({"connection": connection, "name": name});
    AuditRecord { action, entity_type: "plugin", entity_id: id.to_owned(), details }
}

fn check_connection(connection: &str) -> Result<(), AppError> {
    if connection.chars().count() <= CONNECTION_CHARS_MAX && !connection.chars().any(char::is_control) {
        return Ok(());
    }
    Err(AppError::usage(
        "bad_connection",
        format!("a connection's name is one line of at most {CONNECTION_CHARS_MAX} characters"),
    ))
}

fn check_secret(id: &str, secret: &Secret) -> Result<(), AppError> {
    let refused = |why: &str| AppError::usage("bad_secret", format!("binding a secret to {id}: {why}"));
    let text = secret.expose();
    if text.trim_start().starts_with('{') {
        return match is_oauth_record(secret) {
            true => Ok(()),
            false => Err(refused("it begins like a JSON object, and is no OAuth record")
                .hint(format!("an OAuth record has the fields {OAUTH_FIELDS}"))),
        };
    }
    if !PLAIN_BYTES.contains(&text.len()) {
        return Err(refused("it has fewer than 4 or more than 8192 bytes"));
    }
    if !text.bytes().all(|b| b == b' ' || b.is_ascii_graphic()) {
        return Err(refused("it holds a character that headers don't have"));
    }
    Ok(())
}
