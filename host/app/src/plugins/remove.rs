//! Removing a plugin: its files, rows, secrets and state; by choice also the user's word about it.

use serde::Serialize;
use serde_json::json;

use super::folder::Found;
use super::grants::record;
use super::list::no_such;
use super::{Place, place_of};
use crate::{App, AppError};

/// What stays of the user's word when a plugin goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keep {
    /// Its grants hold for a later installation of the same id by the same publisher.
    pub grants: bool,
    /// The publisher's key stays pinned to the id.
    pub publisher: bool,
}

/// What was removed.
#[derive(Clone, Debug, Serialize)]
pub struct RemovedPlugin {
    /// Its id.
    pub id: String,
    /// Whether there was a plugin; `false` where only a pin or grants were left.
    pub was_there: bool,
    /// Grants that were taken back.
    pub grants_removed: usize,
    /// Whether the id may belong to another publisher from now on.
    pub publisher_forgotten: bool,
}

impl App {
    /// Removes a plugin that is not bundled. Works also where only a pin or grants are left of it.
    ///
    /// # Errors
    /// `bundled`, `not_found`.
    pub fn remove_plugin(&self, id: &str, keep: Keep) -> Result<RemovedPlugin, AppError> {
        if Found::bundled(id).is_some() {
            return Err(AppError::failed("bundled", format!("removing plugin {id}: it is part of this program"))
                .hint(format!("keep it from running: trcaa plugin disable {id}")));
        }
        let row = self.store.plugin(id)?;
        let pinned = self.store.pinned_publisher(id)?.is_some();
        let file = match row.as_ref().map(place_of) {
            Some(Place::DropIn(file)) => Some(file.to_owned()),
            Some(_) => None,
            // A drop-in that nobody decided about is a file and nothing else.
            None => super::folder::drop_ins(self.plugins.folder(), &self.store.plugins()?)?
                .into_iter()
                .find(|d| d.file == id || d.inspected.as_ref().is_ok_and(|found| found.manifest.id == id))
                .map(|drop_in| drop_in.file),
        };
        if row.is_none() && file.is_none() && !pinned {
            return Err(no_such(id));
        }
        let disk = self.lock_plugins(id)?;
        let mut removed = RemovedPlugin {
            id: id.to_owned(),
            was_there: row.is_some() || file.is_some(),
            grants_removed: 0,
            publisher_forgotten: false,
        };
        self.change_plugins(&disk, id, |tx| {
            tx.remove_plugin(id)?;
            tx.remove_plugin_data(id)?;
            if !keep.grants {
                removed.grants_removed = tx.revoke(id, None)?;
            }
            if !keep.publisher {
                removed.publisher_forgotten = tx.forget_publisher(id)?;
            }
            let details = json!({
                "version": row.as_ref().map(|row| &row.version), "sha256": row.as_ref().map(|row| &row.sha256),
                "grants_removed": removed.grants_removed, "publisher_forgotten": removed.publisher_forgotten,
            });
            tx.audit(&record("plugin_removed", id, details)).map(drop)
        })?;
        // After the rows: a file without a row is asked about anew, a row without a file stops every call that needs it.
        if let Some(file) = file {
            disk.remove_drop_in(id, &file)?;
        }
        Ok(removed)
    }
}
