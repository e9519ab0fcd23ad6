//! What `plugin list` and `plugin show` tell.

use serde::Serialize;
use trcaa_model::plugin::{Capability, Coverage, Limits, Manifest};
use trcaa_runtime::{Publisher, Source, bundled_ids};
use trcaa_store::{PinnedPublisher, PluginRow, PluginSecret, PluginState, PluginVersion, VersionRole};

use super::folder::{self, Found};
use super::grants::granted_to;
use super::host::{installed_bytes, is_disabled};
use super::{BUNDLED, Place, place_of};
use crate::{App, AppError};

/// How long misbehaviour counts.
const WINDOW_MS: u64 = 10 * 60 * 1000;

/// One line of `plugin list`.
#[derive(Debug, Clone, Serialize)]
pub struct PluginSummary {
    /// The manifest's id; the file's name where the manifest can't be read.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// `bundled`, the drop-in's file name, or where it was installed from.
    pub source: String,
    /// `enabled`, `disabled`, `quarantined`, `refused`, `missing`.
    pub state: String,
    /// Why it does not run, or can do little.
    pub reason: Option<String>,
    /// The name that its publisher goes by; `None` for an unsigned or bundled one.
    pub publisher: Option<String>,
    /// The version that waits for consent.
    pub pending: Option<String>,
}

/// One wish of a manifest, and how much of it the user granted.
#[derive(Debug, Clone, Serialize)]
pub struct WishView {
    /// What it asks for.
    pub capability: Capability,
    /// How much of it is granted.
    pub granted: Coverage,
}

/// A version that is kept.
#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    /// The manifest's version.
    pub version: String,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// What it is kept for.
    pub role: VersionRole,
    /// Where it came from.
    pub source: String,
    /// When, `YYYY-MM-DD HH:MM:SS`, UTC.
    pub installed_at: String,
}

/// What `plugin show` tells.
#[derive(Debug, Clone, Serialize)]
pub struct PluginView {
    /// As in the list.
    #[serde(flatten)]
    pub summary: PluginSummary,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// Ed25519 key that signed it, 64 hex digits.
    pub publisher_key: Option<String>,
    /// Whose plugin the id is; `None` where nobody trusted it yet.
    pub pinned: Option<PinnedPublisher>,
    /// What it says of itself and asks for.
    pub manifest: Manifest,
    /// Each wish of the manifest, with what is granted of it.
    pub wishes: Vec<WishView>,
    /// What the user granted to this id and publisher, as it was granted.
    pub grants: Vec<Capability>,
    /// The limits of each call.
    pub limits: Limits,
    /// Versions that are kept.
    pub versions: Vec<VersionView>,
    /// Misbehaviour of exactly these bytes within the last ten minutes, oldest first, by its kind; three switch it off.
    pub recent_faults: Vec<String>,
    /// Names of secrets that are bound to it; never their values.
    pub secrets: Vec<String>,
}

impl From<PluginVersion> for VersionView {
    fn from(row: PluginVersion) -> Self {
        let PluginVersion { version, sha256, role, source, installed_at, .. } = row;
        Self { version, sha256, role, source, installed_at }
    }
}

impl App {
    /// Lists bundled plugins, installed ones and the drop-in folder.
    ///
    /// # Errors
    /// A drop-in folder that can't be read.
    pub fn plugins(&self) -> Result<Vec<PluginSummary>, AppError> {
        let rows = self.store.plugins()?;
        let versions = self.store.plugin_versions(None)?;
        let mut list = Vec::new();
        for found in bundled_ids().filter_map(Found::bundled) {
            let mut summary = summary_of_found(&found, &rows);
            let wishes = found.manifest.capabilities();
            if summary.state == "enabled" && !wishes.is_empty() {
                let granted = granted_to(&self.store, &summary.id, None)?;
                let idle = wishes.iter().all(|wish| wish.covered_by(&granted) == Coverage::None);
                summary.reason = idle.then(|| "it may do nothing but compute before something is granted".to_owned());
            }
            list.push(summary);
        }
        for row in rows.iter().filter(|row| place_of(row) == Place::Installed) {
            list.push(self.summary_of_installed(row));
        }
        for drop_in in folder::drop_ins(self.plugins.folder(), &rows)? {
            list.push(match drop_in.inspected {
                Ok(found) => summary_of_found(&found, &rows),
                Err(problem) => PluginSummary {
                    id: drop_in.file.clone(),
                    version: String::new(),
                    kind: String::new(),
                    source: drop_in.file,
                    state: "refused".into(),
                    reason: Some(problem),
                    publisher: None,
                    pending: None,
                },
            });
        }
        // Enabled once, and gone since: calls that need it fail until this is decided.
        for row in rows.iter().filter(|row| row.state == PluginState::Enabled && row.source != BUNDLED) {
            if !list.iter().any(|listed| listed.id == row.id) {
                // A drop-in that can't be read has a line of its own under its name, and no id there.
                let is_there = list.iter().any(|listed| listed.state == "refused" && listed.source == row.source);
                let reason = match is_there {
                    true => "it was enabled, and its file is no valid plugin any more",
                    false => "it was enabled, and its file is gone",
                };
                list.push(PluginSummary {
                    state: if is_there { "damaged" } else { "missing" }.into(),
                    reason: Some(reason.into()),
                    ..summary_of_row(row)
                });
            }
        }
        for line in &mut list {
            let of = |role| versions.iter().find(|v| v.plugin_id == line.id && v.role == role);
            line.pending = of(VersionRole::Pending).map(|v| v.version.clone());
            if line.publisher.is_none() && line.source != BUNDLED && line.state != "refused" {
                line.publisher = of(VersionRole::Active).and_then(|v| v.publisher.clone());
            }
        }
        Ok(list)
    }

    /// Shows one plugin by its id.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn plugin(&self, id: &str) -> Result<PluginView, AppError> {
        let listed = self.plugins()?.into_iter().find(|listed| listed.id == id || listed.source == id);
        let Some(summary) = listed else { return Err(no_such(id)) };
        let id = summary.id.clone();
        if summary.state == "refused" {
            let problem = summary.reason.unwrap_or_default();
            return Err(AppError::failed("plugin_refused", format!("loading plugin {id}: {problem}")));
        }
        let versions = self.store.plugin_versions(Some(&id))?;
        let (manifest, sha256, publisher_key) = match self.find_plugin(&id) {
            Ok(found) => (found.manifest, found.sha256, found.publisher.map(|p| p.key)),
            // Its file is gone or changed; what the user enabled is still known.
            Err(error) => match self.store.plugin(&id)? {
                Some(row) => (manifest_of(&row)?, row.sha256, self.key_of(&id)?),
                None => return Err(error),
            },
        };
        let grants = granted_to(&self.store, &id, publisher_key.as_deref())?;
        let since_ms = self.store.clock().now_ms().saturating_sub(WINDOW_MS);
        let failures = self.store.plugin_failures(Some(&id), since_ms)?;
        let of_these = failures.into_iter().filter(|f| f.sha256 == sha256).collect();
        let recent_faults = crate::failures::once_per_document(of_these).into_iter().map(|f| f.fault).collect();
        let wish = |capability: Capability| WishView { granted: capability.covered_by(&grants), capability };
        Ok(PluginView {
            summary,
            limits: manifest.kind.limits().tightened(manifest.limits),
            wishes: manifest.capabilities().into_iter().map(wish).collect(),
            pinned: self.store.pinned_publisher(&id)?,
            secrets: self.store.plugin_secrets(&id)?.into_iter().map(secret_name).collect(),
            recent_faults,
            versions: versions.into_iter().map(VersionView::from).collect(),
            sha256,
            publisher_key,
            grants,
            manifest,
        })
    }

    /// The publisher's key of what the user enabled under that id.
    pub(super) fn key_of(&self, id: &str) -> Result<Option<String>, AppError> {
        Ok(self.store.plugin_version(id, VersionRole::Active)?.and_then(|version| version.publisher_key))
    }

    fn summary_of_installed(&self, row: &PluginRow) -> PluginSummary {
        let summary = summary_of_row(row);
        if row.state != PluginState::Enabled {
            return summary;
        }
        // Looked at, not read: `plugin verify` reads. A load checks every byte anyway.
        let there = folder::open(self.plugins.folder()).ok().flatten().is_some_and(|folder| {
            let name = std::path::Path::new(super::INSTALLED_FOLDER).join(super::component_name(&row.sha256));
            folder.symlink_metadata(name).is_ok_and(|metadata| metadata.is_file())
        });
        match there {
            true => summary,
            false => PluginSummary { state: "missing".into(), reason: Some("its file is gone".into()), ..summary },
        }
    }

    /// A plugin as it is there now: bundled, installed, or in the drop-in folder (also by its file name).
    pub(super) fn find_plugin(&self, id: &str) -> Result<Found, AppError> {
        if let Some(found) = Found::bundled(id) {
            return Ok(found);
        }
        let refused = |problem: String| AppError::failed("plugin_refused", format!("loading plugin {id}: {problem}"));
        let rows = self.store.plugins()?;
        if let Some(row) = rows.iter().find(|row| row.id == id && place_of(row) == Place::Installed) {
            return self.read_installed(id, &row.sha256, &row.source).map_err(refused);
        }
        for drop_in in folder::drop_ins(self.plugins.folder(), &rows)? {
            match drop_in.inspected {
                Ok(found) if found.manifest.id == id || drop_in.file == id => return Ok(found),
                Err(problem) if drop_in.file == id => return Err(refused(problem)),
                _ => {}
            }
        }
        Err(no_such(id))
    }

    /// An installed component, with its signature checked and its SHA-256 as it should be.
    pub(super) fn read_installed(&self, id: &str, sha256: &str, source: &str) -> Result<Found, String> {
        let folder = folder::open(self.plugins.folder()).map_err(|e| e.message)?;
        let Some(folder) = folder else { return Err("the plugin folder is gone".into()) };
        let bytes = installed_bytes(&folder, sha256)?;
        let found = Found::read(id, Source::Installed(source.to_owned()), bytes)?;
        match found.sha256 == sha256 {
            true => Ok(found),
            false => Err("its file was changed since it was installed".into()),
        }
    }
}

/// `name`, or `connection/name`.
fn secret_name(secret: PluginSecret) -> String {
    if secret.connection.is_empty() { secret.name } else { format!("{}/{}", secret.connection, secret.name) }
}

pub(super) fn no_such(id: &str) -> AppError {
    AppError::failed("not_found", format!("there is no plugin {id:?}")).hint("list them with: trcaa plugin list")
}

/// The manifest that a row holds.
pub(super) fn manifest_of(row: &PluginRow) -> Result<Manifest, AppError> {
    manifest_from(&row.id, &row.manifest)
}

pub(super) fn manifest_from(id: &str, json: &str) -> Result<Manifest, AppError> {
    serde_json::from_str(json)
        .map_err(|e| AppError::failed("manifest", format!("reading the stored manifest of plugin {id}: {e}")))
}

fn summary_of_row(row: &PluginRow) -> PluginSummary {
    PluginSummary {
        id: row.id.clone(),
        version: row.version.clone(),
        kind: row.kind.as_str().to_owned(),
        source: row.source.clone(),
        state: row.state.as_str().to_owned(),
        reason: row.reason.clone(),
        publisher: None,
        pending: None,
    }
}

fn summary_of_found(found: &Found, rows: &[PluginRow]) -> PluginSummary {
    let id = &found.manifest.id;
    let row = rows.iter().find(|row| row.id == *id);
    // Enabled means: these bytes. A file that changed asks again.
    let decided = row.filter(|row| row.sha256 == found.sha256);
    let stopped = |row: &PluginRow| (row.state.as_str(), row.reason.clone());
    let (source, (state, reason)) = match &found.source {
        Source::Bundled => {
            let switched = row.filter(|_| is_disabled(rows, id));
            (BUNDLED.to_owned(), switched.map_or(("enabled", None), stopped))
        }
        Source::DropIn(file) | Source::Installed(file) => (
            file.clone(),
            match decided {
                Some(row) => stopped(row),
                None if row.is_some_and(|row| row.state == PluginState::Enabled) => {
                    ("disabled", Some("the file changed since it was enabled".to_owned()))
                }
                None => ("disabled", Some("it was not enabled yet".to_owned())),
            },
        ),
    };
    PluginSummary {
        id: id.clone(),
        version: found.manifest.version.clone(),
        kind: found.manifest.kind.as_str().to_owned(),
        source,
        state: state.to_owned(),
        reason,
        publisher: found.publisher.as_ref().map(|Publisher { name, .. }| name.clone()),
        pending: None,
    }
}
