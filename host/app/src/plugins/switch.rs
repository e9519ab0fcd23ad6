//! Switching plugins on and off.

use trcaa_store::{PluginRow, PluginState};

use super::Offer;
use super::folder::Found;
use super::grants::record;
use super::list::no_such;
use super::{BUNDLED, Place, place_of};
use crate::{App, AppError, PluginSummary};

impl App {
    /// Stops a plugin: its next call is refused. Its file, its grants and its secrets stay.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn disable_plugin(&self, id: &str) -> Result<PluginSummary, AppError> {
        self.switch(id, PluginState::Disabled)
    }

    /// What enabling a plugin needs the user's word about: a drop-in with bytes that nobody decided about. `None`:
    /// nothing, since it was trusted before; [`App::enable_plugin`] does it.
    ///
    /// # Errors
    /// As [`App::offer_plugin`].
    pub fn offer_enable(&self, id: &str) -> Result<Option<Offer>, AppError> {
        if Found::bundled(id).is_some() {
            return Ok(None);
        }
        let row = self.store.plugin(id)?;
        if row.as_ref().is_some_and(|row| place_of(row) == Place::Installed) {
            return Ok(None);
        }
        let offer = self.offer_drop_in(id)?;
        let decided =
            row.is_some_and(|row| row.sha256 == offer.sha256) && self.store.pinned_publisher(&offer.id)?.is_some();
        Ok((!decided).then_some(offer))
    }

    /// Lets a plugin run again that the user trusted before. Clears a quarantine.
    ///
    /// # Errors
    /// There is none of that id, or nobody decided about it yet.
    pub fn enable_plugin(&self, id: &str) -> Result<PluginSummary, AppError> {
        self.switch(id, PluginState::Enabled)
    }

    /// Lets a plugin run again that was trusted before: a bundled one, or exactly the bytes that were enabled. Clears a
    /// quarantine.
    ///
    /// # Errors
    /// `not_found`: nobody decided about one of that id yet.
    fn switch(&self, id: &str, state: PluginState) -> Result<PluginSummary, AppError> {
        let row = match (self.store.plugin(id)?, Found::bundled(id)) {
            (_, Some(found)) => bundled_row(&found)?,
            (Some(row), None) => row,
            (None, None) => return Err(self.undecided(id)),
        };
        let row = PluginRow { state, reason: None, ..row };
        let action = if state == PluginState::Enabled { "plugin_enabled" } else { "plugin_disabled" };
        let details = serde_json::json!({"version": row.version, "sha256": row.sha256, "source": row.source});
        let mut changed = false;
        self.store.write(|tx| {
            // Another process may have brought another version since, or removed it: only the state is ours to change.
            match tx.plugin(&row.id)? {
                _ if row.source == BUNDLED => tx.upsert_plugin(&row)?,
                Some(now) if now.sha256 != row.sha256 && state == PluginState::Enabled => {
                    changed = true;
                    return Ok(());
                }
                _ => tx.set_plugin_state(&row.id, state, None)?,
            }
            if row.state == PluginState::Enabled {
                tx.clear_plugin_failures(&row.id)?;
                tx.set_plugin_quarantine(&row.id, &row.sha256, None)?;
            }
            tx.audit(&record(action, id, details)).map(drop)
        })?;
        if changed {
            return Err(AppError::failed(
                "changed_meanwhile",
                format!("enabling plugin {id}: another process changed it meanwhile; nothing was done"),
            )
            .hint("look at it and do it again"));
        }
        // What the drop-in folder is full of must not make what was done look undone.
        let listed = self.plugins().unwrap_or_default().into_iter().find(|listed| listed.id == row.id);
        Ok(listed.unwrap_or_else(|| gone(&row)))
    }

    /// Why a plugin without a row can't be switched: it does not run anyway, or is not there.
    fn undecided(&self, id: &str) -> AppError {
        match self.find_plugin(id) {
            Ok(found) => AppError::failed(
                "not_enabled",
                format!("switching plugin {}: it was not enabled yet, so it does not run", found.manifest.id),
            ),
            Err(error) if error.code == "not_found" => no_such(id),
            Err(error) => error,
        }
    }
}

/// Its file is gone; the decision about it was taken back all the same.
fn gone(row: &PluginRow) -> PluginSummary {
    PluginSummary {
        id: row.id.clone(),
        version: row.version.clone(),
        kind: row.kind.as_str().to_owned(),
        source: row.source.clone(),
        state: row.state.as_str().to_owned(),
        reason: Some("its file is gone".into()),
        publisher: None,
        pending: None,
    }
}

pub(super) fn bundled_row(found: &Found) -> Result<PluginRow, AppError> {
    row_of(found, BUNDLED, PluginState::Enabled)
}

/// The row of what was found.
pub(super) fn row_of(found: &Found, source: &str, state: PluginState) -> Result<PluginRow, AppError> {
    let manifest = &found.manifest;
    Ok(PluginRow {
        id: manifest.id.clone(),
        version: manifest.version.clone(),
        kind: manifest.kind,
        world: manifest.world.clone(),
        sha256: found.sha256.clone(),
        source: source.to_owned(),
        state,
        reason: None,
        installed_at: String::new(),
        manifest: serde_json::to_string(manifest).map_err(|e| AppError::failed("manifest", e.to_string()))?,
    })
}
