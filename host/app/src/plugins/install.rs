//! Installing: what was offered and consented to becomes a whole file, whole rows and a whole lock file, or nothing.

use serde_json::json;
use trcaa_runtime::{CodeCache, KeptCode, Plugin, Source, bundled_ids, kept_code};
use trcaa_store::{PluginRow, PluginState, PluginVersion, StoreError, Tx, VersionRole};

use super::disk::PluginDisk;
use super::folder::Found;
use super::grants::{manifest_hash, record, write_grants};
use super::native::code_cache;
use super::offer::Offer;
use super::switch::row_of;
use super::{Place, folder, lock_file, place_of, source, trust};
use crate::{App, AppError, PluginView};

/// What the user grants with their consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantChoice {
    /// All that was shown.
    All,
    /// Nothing yet.
    None,
}

/// What is about to be installed: its files are there, its rows are not.
pub(super) struct Ready<'a> {
    offer: &'a Offer,
    row: PluginRow,
    version: PluginVersion,
}

impl Ready<'_> {
    /// Writes the rows, with those of the trail.
    pub(super) fn write(&self, tx: &Tx<'_>, grant: GrantChoice) -> Result<(), StoreError> {
        let Self { offer, row, version } = self;
        let (id, publisher) = (&offer.id, offer.found.publisher.as_ref());
        tx.upsert_plugin(row)?;
        tx.put_plugin_version(version)?;
        tx.pin_publisher(id, publisher.map(|p| (p.name.as_str(), p.key.as_str())))?;
        let details = json!({
            "version": row.version, "sha256": row.sha256, "source": row.source, "world": row.world,
            "publisher": publisher.map(|p| &p.name), "publisher_key": offer.found.key(),
            "capability_hash": version.capability_hash,
        });
        tx.audit(&record("plugin_installed", id, details))?;
        match grant {
            GrantChoice::All => write_grants(tx, id, offer.found.key(), &offer.capabilities(), None),
            GrantChoice::None => Ok(()),
        }
    }
}

impl App {
    /// Gets a plugin from a file, a folder or an address and says what it is; nothing is compiled, run or kept.
    ///
    /// # Errors
    /// One sentence naming plugin and step: it can't be had, is no plugin, is of another publisher than the one
    /// trusted, or its id belongs to another plugin.
    pub fn offer_plugin(&self, src: &str) -> Result<Offer, AppError> {
        let fetched = source::fetch(self, None, src)?;
        let source = fetched.source.clone();
        let found = source::inspect(self, None, fetched)?;
        let id = found.manifest.id.clone();
        let row = self.store.plugin(&id)?;
        let present = row.as_ref().is_some_and(|row| row.sha256 == found.sha256 && place_of(row) == Place::Installed);
        if !present {
            self.refuse_taken(&id, row.as_ref()).map_err(|e| self.refused(&id, e))?;
        }
        trust::check_pin(&self.store, &id, found.publisher.as_ref()).map_err(|e| self.refused(&id, e))?;
        let mut offer = Offer::new(&self.store, found, source)?;
        offer.present = present;
        Ok(offer)
    }

    /// What lies in the drop-in folder under that id or file name, as something to decide about.
    ///
    /// # Errors
    /// As [`App::offer_plugin`].
    pub fn offer_drop_in(&self, id: &str) -> Result<Offer, AppError> {
        let found = self.find_plugin(id)?;
        let Source::DropIn(file) = found.source.clone() else {
            return Err(AppError::failed(
                "not_a_drop_in",
                format!("enabling plugin {id}: it is no file of the drop-in folder"),
            ));
        };
        let id = found.manifest.id.clone();
        trust::check_pin(&self.store, &id, found.publisher.as_ref()).map_err(|e| self.refused(&id, e))?;
        self.offer_exchanged(found, file)
    }

    /// Installs what was offered, enabled, with what the user granted. A drop-in stays where it is; anything else is
    /// copied below the data folder. Native code is made now, so that no call compiles.
    ///
    /// # Errors
    /// One sentence naming plugin and step; then the state is the old one.
    pub fn install_plugin(&self, offer: &Offer, grant: GrantChoice) -> Result<PluginView, AppError> {
        let id = &offer.id;
        let disk = self.lock_plugins(id)?;
        let ready = self.ready(&disk, offer)?;
        self.change_plugins(&disk, id, |tx| ready.write(tx, grant))?;
        self.plugin(id)
    }

    /// All that is done for an installation before its rows are written: checked anew behind the lock, compiled, copied.
    pub(super) fn ready<'a>(&self, disk: &PluginDisk, offer: &'a Offer) -> Result<Ready<'a>, AppError> {
        let found = &offer.found;
        let id = &offer.id;
        // Somebody may have been faster.
        let row = self.store.plugin(id)?;
        let same = row.as_ref().is_some_and(|row| row.sha256 == found.sha256);
        let in_its_own_place = match (&found.source, row.as_ref().map(place_of)) {
            // The folder's own look already refused it where the id is another's.
            (Source::DropIn(_), None | Some(Place::DropIn(_))) => true,
            _ => same,
        };
        if !in_its_own_place {
            self.refuse_taken(id, row.as_ref())?;
        }
        trust::check_pin(&self.store, id, found.publisher.as_ref())?;
        // A drop-in stays where it is, so what lies there now has to be what was shown.
        let again = match &found.source {
            Source::DropIn(file) => Some(self.drop_in_again(disk, file, found)?),
            _ => None,
        };
        let found = again.as_ref().unwrap_or(found);
        self.prepare(disk, found)?;
        let row = row_of(found, &offer.source, PluginState::Enabled)?;
        let version = version_of(&row, found, VersionRole::Active);
        Ok(Ready { offer, row, version })
    }

    fn drop_in_again(&self, disk: &PluginDisk, file: &str, shown: &Found) -> Result<Found, AppError> {
        match folder::read_drop_in(&disk.folder, file) {
            Ok(found) if found.sha256 == shown.sha256 => Ok(found),
            _ => Err(AppError::failed(
                "changed_meanwhile",
                format!(
                    "enabling plugin {}: {file} was changed after it was looked at; nothing was done",
                    shown.manifest.id
                ),
            )
            .hint("look at it and do it again")),
        }
    }

    fn refuse_taken(&self, id: &str, row: Option<&PluginRow>) -> Result<(), AppError> {
        if bundled_ids().any(|known| known == id) {
            return Err(AppError::failed(
                "id_taken",
                format!("installing plugin {id}: that id belongs to a plugin that is part of this program"),
            )
            .hint("its author has to give it another id"));
        }
        match row.map(|row| (row, place_of(row))) {
            Some((row, Place::Installed)) => Err(AppError::failed(
                "already_installed",
                format!("installing plugin {id}: version {} is installed", row.version),
            )
            .hint(format!("update it: trcaa plugin update {id} SRC; or remove it first: trcaa plugin remove {id}"))),
            Some((row, _)) => Err(AppError::failed(
                "id_taken",
                format!("installing plugin {id}: that id belongs to the drop-in {}", row.source),
            )
            .hint(format!("remove it first: trcaa plugin remove {id}"))),
            None => {
                let drop_ins = folder::drop_ins(self.plugins.folder(), &self.store.plugins()?)?;
                let holds = |d: &&folder::DropIn| d.inspected.as_ref().is_ok_and(|f| f.manifest.id == id);
                match drop_ins.iter().find(holds) {
                    Some(drop_in) => Err(AppError::failed(
                        "id_taken",
                        format!("installing plugin {id}: the drop-in folder has {} with that id", drop_in.file),
                    )
                    .hint(format!("use that one: trcaa plugin enable {id}; or delete the file"))),
                    None => Ok(()),
                }
            }
        }
    }

    /// Records a refusal in the trail, and gives it back. A trail that can't be written keeps nothing from being told.
    pub(super) fn refused(&self, id: &str, error: AppError) -> AppError {
        let details = json!({"code": error.code, "reason": error.message});
        let _ = self.store.write(|tx| tx.audit(&record("plugin_refused", id, details)));
        error
    }

    pub(super) fn lock_plugins(&self, id: &str) -> Result<PluginDisk, AppError> {
        match self.plugins.folder() {
            Some(folder) => PluginDisk::lock(folder, id),
            None => Err(AppError::failed("no_data_dir", format!("installing plugin {id}: there is no data folder"))),
        }
    }

    /// Compiles, keeps the native code and the component: all that has to be on the disk before a row speaks of it.
    pub(super) fn prepare(&self, disk: &PluginDisk, found: &Found) -> Result<(), AppError> {
        let id = &found.manifest.id;
        self.store.plugin_code_key().map_err(|e| in_step(id, e.into()))?;
        let cache = code_cache(&self.store, &disk.folder).ok_or_else(|| {
            AppError::failed(
                "plugin_files",
                format!("keeping the native code of plugin {id}: the folder can't be made"),
            )
            .hint("see that the data folder can be written, and that its disk is not full")
        })?;
        self.progress.begin(&format!("compiling {id} {}", found.manifest.version), None);
        let engine = self.plugins.engine();
        let loaded = engine.and_then(|engine| {
            let loaded = Plugin::load(engine, id, &found.bytes, found.source.clone(), Some(&cache as &dyn CodeCache));
            loaded.map_err(|e| self.refused(id, e.into()))?;
            Ok(kept_code(engine, &found.sha256, &cache))
        });
        self.progress.end();
        if loaded? != KeptCode::Authentic {
            disk.clear(&self.kept_digests()?);
            return Err(AppError::failed(
                "disk_full",
                format!("keeping the native code of plugin {id}: it could not be written; nothing was changed"),
            )
            .hint("make room on the disk of the data folder, then do it again"));
        }
        match found.source {
            Source::Installed(_) => disk
                .put_component(id, &found.sha256, &found.bytes)
                .inspect_err(|_| disk.clear(&self.kept_digests().unwrap_or_else(|_| vec![found.sha256.clone()]))),
            _ => Ok(()),
        }
    }

    /// One transaction with the lock file: its draft is on the disk before the rows are committed.
    pub(super) fn change_plugins(
        &self,
        disk: &PluginDisk,
        id: &str,
        work: impl FnOnce(&Tx<'_>) -> Result<(), StoreError>,
    ) -> Result<(), AppError> {
        let mut undrafted = None;
        let done = self.store.write(|tx| {
            work(tx)?;
            let text = lock_file::render(lock_file::wanted(tx)?);
            disk.draft_lock_file(id, &text).map_err(|error| {
                undrafted = Some(error);
                StoreError::Invalid { what: "lock file", reason: "it could not be written".to_owned() }
            })
        });
        if let Err(error) = done {
            disk.drop_draft();
            if let Ok(kept) = self.kept_digests() {
                disk.clear(&kept);
            }
            return Err(undrafted.unwrap_or_else(|| in_step(id, error.into())));
        }
        let published = disk.publish_lock_file();
        disk.clear(&self.kept_digests()?);
        published
    }

    /// SHA-256 of everything whose files are kept.
    fn kept_digests(&self) -> Result<Vec<String>, AppError> {
        let versions = self.store.plugin_versions(None)?.into_iter().map(|version| version.sha256);
        Ok(versions.chain(self.store.plugins()?.into_iter().map(|row| row.sha256)).collect())
    }
}

/// Names plugin and step in what the store says.
fn in_step(id: &str, mut error: AppError) -> AppError {
    error.message = format!("recording plugin {id}: {}; nothing was changed", error.message);
    error
}

/// The version row of what was found.
pub(super) fn version_of(row: &PluginRow, found: &Found, role: VersionRole) -> PluginVersion {
    PluginVersion {
        plugin_id: row.id.clone(),
        version: row.version.clone(),
        sha256: row.sha256.clone(),
        world: row.world.clone(),
        publisher: found.publisher.as_ref().map(|p| p.name.clone()),
        publisher_key: found.publisher.as_ref().map(|p| p.key.clone()),
        capability_hash: manifest_hash(&found.manifest),
        source: row.source.clone(),
        role,
        manifest: row.manifest.clone(),
        installed_at: String::new(),
    }
}
