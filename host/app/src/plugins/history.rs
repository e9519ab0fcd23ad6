//! `plugin audit`: what the trail says of plugins.

use trcaa_model::audit::AuditEntry;

use crate::{App, AppError};

/// What plugins are called in the trail.
const ENTITY: &str = "plugin";

impl App {
    /// Lists what was done to and by plugins, newest first: of one, or of all. What is removed is still found.
    ///
    /// # Errors
    /// Those of the store.
    pub fn plugin_audit(&self, id: Option<&str>, limit: u32) -> Result<Vec<AuditEntry>, AppError> {
        let mut entries = self.store.audit_entries(limit, Some(id.unwrap_or(ENTITY)), None)?;
        entries.retain(|entry| entry.entity_type == ENTITY);
        Ok(entries)
    }
}
