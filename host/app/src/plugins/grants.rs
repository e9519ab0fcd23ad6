//! What the user granted: read, given and taken back.
//!
//! Grants belong to publisher key, plugin id and the hash of the capability, never to a file. A grant that is narrower
//! than the manifest's wish is a grant of its own; what a plugin may do is never more than both.

use sha2::{Digest, Sha256};
use trcaa_model::audit::AuditRecord;
use trcaa_model::plugin::{Capability, Grants, Manifest};
use trcaa_runtime::Plugin;
use trcaa_store::{PluginGrant, Store, StoreError, Tx};

use crate::{App, AppError};

/// What a grant's capability is known by: SHA-256 hex of its canonical form.
pub(crate) fn capability_hash(capability: &Capability) -> String {
    hex::encode(Sha256::digest(capability.canonical()))
}

/// One hash over everything that a manifest asks for, whatever the order.
pub(super) fn manifest_hash(manifest: &Manifest) -> String {
    let mut canonical: Vec<String> = manifest.capabilities().iter().map(Capability::canonical).collect();
    canonical.sort();
    canonical.dedup();
    hex::encode(Sha256::digest(canonical.join("\n")))
}

/// What was granted to a plugin of that publisher. A row that is not what its hash says counts for nothing.
pub(crate) fn granted_to(store: &Store, id: &str, key: Option<&str>) -> Result<Vec<Capability>, AppError> {
    let read = |row: PluginGrant| {
        let capability: Capability = serde_json::from_value(row.capability).ok()?;
        (capability_hash(&capability) == row.capability_hash).then_some(capability)
    };
    Ok(store.plugin_grants(id, key)?.into_iter().filter_map(read).collect())
}

/// Writes grants with their audit row; nothing where there is nothing new. `connection`: which one they were agreed to for.
pub(crate) fn write_grants(
    tx: &Tx<'_>,
    id: &str,
    key: Option<&str>,
    capabilities: &[Capability],
    connection: Option<&str>,
) -> Result<(), StoreError> {
    if capabilities.is_empty() {
        return Ok(());
    }
    for capability in capabilities {
        tx.grant(&PluginGrant {
            plugin_id: id.to_owned(),
            publisher_key: key.map(str::to_owned),
            capability_hash: capability_hash(capability),
            capability: serde_json::to_value(capability).unwrap_or_default(),
            granted_at: String::new(),
        })?;
    }
    let mut details = serde_json::json!({"publisher_key": key, "capabilities": told(capabilities)});
    if let Some(connection) = connection {
        details["connection"] = connection.into();
    }
    tx.audit(&record("capability_granted", id, details)).map(drop)
}

/// An audit row about a plugin.
pub(super) fn record(action: &'static str, id: &str, details: serde_json::Value) -> AuditRecord {
    AuditRecord { action, entity_type: "plugin", entity_id: id.to_owned(), details }
}

/// Capabilities as the trail keeps them: what they allow, without the author's reason.
pub(super) fn told(capabilities: &[Capability]) -> Vec<serde_json::Value> {
    capabilities.iter().filter_map(|capability| serde_json::from_str(&capability.canonical()).ok()).collect()
}

impl App {
    /// What a loaded plugin may do now: its manifest ∩ what the user granted to its id and publisher. That goes for
    /// bundled plugins too, which are nobody's: adding a connection asks and grants. `base_url` is the address that the user set for the connection.
    ///
    /// # Errors
    /// Those of the store.
    pub fn grants_of(&self, plugin: &Plugin, base_url: Option<&str>) -> Result<Grants, AppError> {
        let manifest = plugin.manifest();
        let granted = granted_to(&self.store, &manifest.id, plugin.publisher().map(|p| p.key.as_str()))?;
        Ok(Grants::effective(manifest, &granted, base_url))
    }
}
