//! `plugin install --locked`: what a lock file pins, and nothing else.
//!
//! Invariants: every plugin of the file is fetched and compared with it before anything changes; digest, publisher's key,
//! version, world and capabilities have to be those of the file; all of it is one transaction, so that a lock file is
//! never replaced by one with a part of it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::json;

use super::disk::{LOCK_BYTES_MAX, LOCK_FILE, read_lock_file};
use super::grants::manifest_hash;
use super::install::GrantChoice;
use super::lock_file::{self, Locked};
use super::{FOLDER, Offer, folder, source};
use crate::{App, AppError, PluginView};

/// Most plugins of one lock file: their components are in memory at once.
const PLUGINS_MAX: usize = 64;

/// One plugin of a lock file, compared with it.
pub struct LockedPlugin {
    /// The manifest's id.
    pub id: String,
    /// What is to be installed; `None` where exactly that is there already.
    pub offer: Option<Offer>,
}

impl App {
    /// Reads a lock file (`None`: that of the plugin folder) and gets what it pins from the sources that it names;
    /// nothing is compiled, run or kept.
    ///
    /// # Errors
    /// One sentence naming plugin and step: `lock_file`, it can't be read; `locked_differs`, what is installed, or what
    /// its source has, is not what the file pins; `not_locked`, something is installed that it does not have; those of
    /// getting a plugin.
    pub fn offer_locked(&self, path: Option<&Path>) -> Result<Vec<LockedPlugin>, AppError> {
        let locked = self.read_locked(path)?;
        let ids: BTreeSet<&str> = locked.iter().map(|plugin| plugin.id.as_str()).collect();
        if ids.len() != locked.len() || locked.len() > PLUGINS_MAX {
            let problem = format!("it has a plugin twice, or more than {PLUGINS_MAX}");
            return Err(unreadable(path, &problem));
        }
        // Before anything is fetched: the outcome would be something else than the file says.
        if let Some(more) = lock_file::wanted(&self.store)?.iter().find(|plugin| !ids.contains(plugin.id.as_str())) {
            let id = &more.id;
            return Err(AppError::failed(
                "not_locked",
                format!(
                    "installing what is locked: plugin {id} {} is installed, and not in the lock file",
                    more.version
                ),
            )
            .hint(format!("remove it, with --keep-grants if it comes back: trcaa plugin remove {id}")));
        }
        locked.iter().map(|plugin| self.offer_pinned(plugin)).collect()
    }

    /// Installs what [`App::offer_locked`] gave, all of it or nothing.
    ///
    /// # Errors
    /// One sentence naming plugin and step; then the state is the old one.
    pub fn install_locked(&self, locked: &[LockedPlugin], grant: GrantChoice) -> Result<Vec<PluginView>, AppError> {
        let offers: Vec<&Offer> = locked.iter().filter_map(|plugin| plugin.offer.as_ref()).collect();
        if let Some(first) = offers.first() {
            let disk = self.lock_plugins(&first.id)?;
            let ready = offers.iter().map(|offer| self.ready(&disk, offer)).collect::<Result<Vec<_>, _>>()?;
            self.change_plugins(&disk, &first.id, |tx| ready.iter().try_for_each(|ready| ready.write(tx, grant)))?;
        }
        locked.iter().map(|plugin| self.plugin(&plugin.id)).collect()
    }

    fn read_locked(&self, path: Option<&Path>) -> Result<Vec<Locked>, AppError> {
        let text = match path {
            Some(path) => read_bounded(path).map(Some),
            None => match folder::open(self.plugins.folder())? {
                Some(folder) => read_lock_file(&folder),
                None => Ok(None),
            },
        };
        let text = text.map_err(|problem| unreadable(path, &problem))?;
        let text = text.ok_or_else(|| {
            unreadable(path, "it is not there").hint("name one: trcaa plugin install --locked path/to/trcaa.lock")
        })?;
        lock_file::parse(&text).map_err(|problem| unreadable(path, &problem))
    }

    fn offer_pinned(&self, locked: &Locked) -> Result<LockedPlugin, AppError> {
        let id = &locked.id;
        if let Some(row) = self.store.plugin(id)? {
            let key = self.key_of(id)?;
            if row.sha256 == locked.sha256 && key == locked.publisher_key {
                return Ok(LockedPlugin { id: id.clone(), offer: None });
            }
            let problem = format!(
                "version {} with SHA-256 {} is installed, and {} is locked",
                row.version, row.sha256, locked.sha256
            );
            let src = crate::providers::quoted(&locked.source);
            return Err(differs(locked, &problem).hint(format!(
                "if the locked one is what you want: trcaa plugin update {id} {src} --allow-downgrade --accept {}",
                locked.sha256
            )));
        }
        let offer = match source::is_plain_name(&locked.source) {
            false => self.offer_plugin(&locked.source)?,
            true => self.offer_drop_in(id).map_err(|error| match error.code {
                "not_found" => {
                    error.hint(format!("it is a drop-in: put {} into the folder {FOLDER} first", locked.source))
                }
                _ => error,
            })?,
        };
        let found = &offer.found;
        let (key, hash) = (found.key().map(str::to_owned), manifest_hash(&found.manifest));
        let unsigned = || "nobody".to_owned();
        let compared = [
            ("id", offer.id.clone(), id.clone()),
            ("SHA-256", offer.sha256.clone(), locked.sha256.clone()),
            ("publisher's key", key.unwrap_or_else(unsigned), locked.publisher_key.clone().unwrap_or_else(unsigned)),
            ("version", offer.version.clone(), locked.version.clone()),
            ("world", offer.world.clone(), locked.world.clone()),
            ("capability hash", hash, locked.capability_hash.clone()),
        ];
        match compared.iter().find(|(_, is, should)| is != should) {
            None => Ok(LockedPlugin { id: id.clone(), offer: Some(offer) }),
            Some((what, is, should)) => {
                let problem = format!("its {what} is {is}, and {should} is locked");
                Err(self
                    .refused(id, differs(locked, &problem).hint("nothing was installed; get the file that was locked")))
            }
        }
    }
}

fn differs(locked: &Locked, problem: &str) -> AppError {
    AppError::failed("locked_differs", format!("installing locked plugin {}: {problem}", locked.id))
        .field("plugin", json!({"id": locked.id, "sha256": locked.sha256, "publisher_key": locked.publisher_key}))
}

fn unreadable(path: Option<&Path>, problem: &str) -> AppError {
    let shown = path.map_or_else(|| format!("{FOLDER}/{LOCK_FILE}"), |path| path.display().to_string());
    AppError::failed("lock_file", format!("reading the lock file {shown}: {problem}"))
}

/// A file that the user named, bounded; what is no regular file may have no end.
fn read_bounded(path: &Path) -> Result<String, String> {
    let metadata = path.metadata().map_err(|e| e.to_string())?;
    if !metadata.is_file() || metadata.len() > LOCK_BYTES_MAX {
        return Err(format!("it is no regular file, or has more than {LOCK_BYTES_MAX} bytes"));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(|e| e.to_string())?;
    file.take(LOCK_BYTES_MAX).read_to_string(&mut text).map_err(|e| e.to_string())?;
    Ok(text)
}
