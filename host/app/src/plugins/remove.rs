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
    /// Removes a plugin that is not bundled. Works also where only a pin, grants or secrets are left of it.
    ///
    /// # Errors
    /// `bundled`, `not_found`; `in_use`: connections with their keys would be left to whatever has its id next;
    /// `keep_grants`: nothing tells whose an unsigned plugin is that comes back.
    pub fn remove_plugin(&self, id: &str, keep: Keep) -> Result<RemovedPlugin, AppError> {
        if Found::bundled(id).is_some() {
            return Err(AppError::failed("bundled", format!("removing plugin {id}: it is part of this program"))
                .hint(format!("keep it from running: trcaa plugin disable {id}")));
        }
        let row = self.store.plugin(id)?;
        self.expect_unused(id)?;
        let pin = self.store.pinned_publisher(id)?;
        if keep.grants && pin.as_ref().is_none_or(|pin| pin.publisher_key.is_none()) && row.is_some() {
            return Err(AppError::usage(
                "keep_grants",
                format!("removing plugin {id}: it is unsigned, so anybody's plugin of that id would have its grants"),
            )
            .hint(format!("remove it with its grants: trcaa plugin remove {id}")));
        }
        let file = match row.as_ref().map(place_of) {
            Some(Place::DropIn(file)) => self.is_of(file, id)?.then(|| file.to_owned()),
            Some(_) => None,
            // A drop-in that nobody decided about is a file and nothing else.
            None => super::folder::drop_ins(self.plugins.folder(), &self.store.plugins()?)?
                .into_iter()
                .find(|d| d.file == id || d.inspected.as_ref().is_ok_and(|found| found.manifest.id == id))
                .map(|drop_in| drop_in.file),
        };
        if row.is_none() && file.is_none() && !self.store.has_plugin_remnants(id)? {
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
            for version in tx.plugin_versions(Some(id))? {
                tx.forget_asked(&version.sha256)?;
            }
            if let Some(row) = &row {
                tx.forget_asked(&row.sha256)?;
            }
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

    /// Whether a drop-in's file is that plugin's: somebody may have put another plugin in its place, which stays.
    fn is_of(&self, file: &str, id: &str) -> Result<bool, AppError> {
        let Some(folder) = super::folder::open(self.plugins.folder())? else { return Ok(false) };
        Ok(super::folder::read_drop_in(&folder, file).map_or(true, |found| found.manifest.id == id))
    }

    fn expect_unused(&self, id: &str) -> Result<(), AppError> {
        let users: Vec<String> =
            self.store.providers()?.into_iter().filter(|row| row.plugin == id).map(|row| row.name).collect();
        if users.is_empty() {
            return Ok(());
        }
        let named = users.join(", ");
        let mut error = AppError::failed(
            "in_use",
            format!("removing plugin {id}: connections use it, and their keys would wait for the next one of that id: {named}"),
        )
        .hint(format!("keep it from running: trcaa plugin disable {id}"))
        .field("connections", json!(users));
        for name in users.iter().take(5) {
            error = error.hint(format!("remove the connection: trcaa provider remove {name}"));
        }
        Err(error)
    }
}
