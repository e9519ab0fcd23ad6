//! Which plugins there are, which of them may run, and their native code.
//!
//! Invariants: a bundled plugin runs without being asked for; a drop-in runs only after the user enabled exactly these
//! bytes (by SHA-256); the drop-in folder is reached through a directory handle, so no name climbs out of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, OpenOptions};
use serde::Serialize;
use trcaa_model::audit::AuditRecord;
use trcaa_model::document::RenderFormat;
use trcaa_model::env::Clock;
use trcaa_model::plugin::{Kind, Limits, Manifest};
use trcaa_runtime::ports::{LogPort, Ports};
use trcaa_runtime::{
    COMPONENT_BYTES_MAX, CallContext, Cancel, CodeCache, Detector, Engine, Extractor, Plugin, Provider, Renderer,
    Source, bundled_ids, load_bundled,
};
use trcaa_store::{PluginRow, PluginState, Store};
use zeroize::Zeroizing;

use crate::{App, AppError};

/// The drop-in folder below the data folder.
const FOLDER: &str = "plugins";
/// Native code of drop-ins below it.
const CODE_FOLDER: &str = ".code";
/// Files looked at in the drop-in folder.
const DROP_INS_MAX: usize = 256;
/// Source of the plugins that are part of this program.
const BUNDLED: &str = "bundled";
/// The provider that needs no network and no key.
pub(crate) const OFFLINE_PROVIDER: &str = "offline-analyst";

/// One line of `plugin list`.
#[derive(Debug, Clone, Serialize)]
pub struct PluginSummary {
    /// The manifest's id; the file's name where the manifest can't be read.
    pub id: String,
    /// The manifest's version.
    pub version: String,
    /// Its kind.
    pub kind: String,
    /// `bundled`, or the file's name.
    pub source: String,
    /// `enabled`, `disabled`, `refused`.
    pub state: String,
    /// Why it does not run.
    pub reason: Option<String>,
}

/// What `plugin show` tells.
#[derive(Debug, Clone, Serialize)]
pub struct PluginView {
    /// As in the list.
    #[serde(flatten)]
    pub summary: PluginSummary,
    /// SHA-256 hex of the component.
    pub sha256: String,
    /// What it says of itself and asks for.
    pub manifest: Manifest,
    /// The limits of each call.
    pub limits: Limits,
}

/// Loads plugins when they are needed, and no engine before.
pub(crate) struct PluginHost {
    engine: OnceLock<Engine>,
    folder: Option<PathBuf>,
    context: Arc<CallContext>,
}

/// The bundled detectors alone, for `pii scan` without a store.
pub(crate) fn bundled_detectors() -> Result<Vec<Detector>, AppError> {
    let engine = Engine::new()?;
    let context = Arc::new(CallContext::default());
    let mut detectors = Vec::new();
    for id in bundled_ids().filter(|id| trcaa_runtime::bundled_kind(id) == Some(Kind::PiiDetector)) {
        detectors.push(Detector::new(&load_bundled(&engine, id)?, Arc::clone(&context))?);
    }
    Ok(detectors)
}

/// The bundled extractor that reads `format`, for `pii scan` without a store.
pub(crate) fn bundled_extractor(format: &str) -> Result<Extractor, AppError> {
    let engine = Engine::new()?;
    let mut plugins = Vec::new();
    for id in bundled_ids().filter(|id| trcaa_runtime::bundled_kind(id) == Some(Kind::TextExtractor)) {
        plugins.push(load_bundled(&engine, id)?);
    }
    first_reading(format, &plugins, &Arc::new(CallContext::default()))
}

/// The first that reads `format`: bundled ones stand first, so a drop-in serves only what none of them does.
fn first_reading(format: &str, plugins: &[Arc<Plugin>], context: &Arc<CallContext>) -> Result<Extractor, AppError> {
    for plugin in plugins {
        let extractor = Extractor::new(plugin, Arc::clone(context))?;
        if extractor.formats()?.iter().any(|offered| offered == format) {
            return Ok(extractor);
        }
    }
    Err(AppError::failed("no_extractor", format!("no enabled plugin reads the text of a {format}"))
        .hint("enable the bundled one: trcaa plugin enable extract-text"))
}

/// A file of the drop-in folder: read and inspected, and not compiled before it is enabled.
struct DropIn {
    file: String,
    inspected: Result<Inspected, String>,
}

/// What is known of a plugin without running it.
struct Inspected {
    manifest: Manifest,
    sha256: String,
    source: Source,
    bytes: Vec<u8>,
}

impl PluginHost {
    pub(crate) fn new(
        data_dir: Option<&Path>,
        log: Option<Arc<dyn LogPort>>,
        clock: Arc<dyn Clock>,
        cancel: Cancel,
    ) -> Self {
        let ports = Ports { log, clock: Some(clock), ..Ports::default() };
        let context = Arc::new(CallContext { ports, connection: String::new(), cancel });
        Self { engine: OnceLock::new(), folder: data_dir.map(|d| d.join(FOLDER)), context }
    }

    fn engine(&self) -> Result<&Engine, AppError> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let engine = Engine::new()?;
        Ok(self.engine.get_or_init(|| engine))
    }

    /// All detectors that may run: each can only add spans, so all of them look.
    pub(crate) fn detectors(&self, store: &Store) -> Result<Vec<Detector>, AppError> {
        let mut detectors = Vec::new();
        for plugin in self.enabled(store, Kind::PiiDetector)? {
            detectors.push(Detector::new(&plugin, Arc::clone(&self.context))?);
        }
        Ok(detectors)
    }

    /// The provider of that plugin id.
    pub(crate) fn provider(&self, store: &Store, id: &str) -> Result<Provider, AppError> {
        let all = self.enabled(store, Kind::AiProvider)?;
        match all.iter().find(|plugin| plugin.manifest().id == id) {
            Some(plugin) => Ok(Provider::new(plugin, Arc::clone(&self.context))?),
            None => {
                let known: Vec<&str> = all.iter().map(|p| p.manifest().id.as_str()).collect();
                Err(AppError::usage(
                    "no_such_provider",
                    format!("there is no enabled provider {id:?}; there are: {}", known.join(", ")),
                )
                .hint("list all plugins with: trcaa plugin list"))
            }
        }
    }

    /// The first enabled renderer that offers `format`, with that format.
    pub(crate) fn renderer(&self, store: &Store, format: &str) -> Result<(Renderer, RenderFormat), AppError> {
        let mut known = Vec::new();
        for plugin in self.enabled(store, Kind::DocumentRenderer)? {
            let renderer = Renderer::new(&plugin, Arc::clone(&self.context))?;
            for offered in renderer.formats()? {
                if offered.id == format {
                    return Ok((renderer, offered));
                }
                known.push(offered.id);
            }
        }
        known.sort();
        Err(AppError::usage(
            "no_such_format",
            format!("no enabled renderer writes {format:?}; there are: {}", known.join(", ")),
        ))
    }

    /// The first enabled extractor that reads `format`.
    pub(crate) fn extractor(&self, store: &Store, format: &str) -> Result<Extractor, AppError> {
        first_reading(format, &self.enabled(store, Kind::TextExtractor)?, &self.context)
    }

    fn enabled(&self, store: &Store, kind: Kind) -> Result<Vec<Arc<Plugin>>, AppError> {
        let mut plugins = self.bundled(kind)?;
        let rows = store.plugins()?;
        plugins.retain(|plugin| !is_disabled(&rows, &plugin.manifest().id));
        let mut wanted: Vec<&PluginRow> = rows
            .iter()
            .filter(|row| row.state == PluginState::Enabled && row.kind == kind && row.source != BUNDLED)
            .collect();
        if wanted.is_empty() {
            return Ok(plugins);
        }
        let (folder, drop_ins) = self.drop_ins()?;
        for found in drop_ins.into_iter().filter_map(|drop_in| drop_in.inspected.ok()) {
            let Some(at) = wanted.iter().position(|row| row.id == found.manifest.id && row.sha256 == found.sha256)
            else {
                continue;
            };
            wanted.swap_remove(at);
            let cache = folder.as_ref().and_then(|folder| code_cache(store, folder));
            let cache = cache.as_ref().map(|c| c as &dyn CodeCache);
            plugins.push(Plugin::load(self.engine()?, &found.manifest.id, &found.bytes, found.source, cache)?);
        }
        // What the user enabled and is gone or changed is told, never left out in silence: a detector less would mean
        // that text leaves which it would have hidden.
        match wanted.first() {
            Some(missing) => Err(AppError::failed(
                "plugin_missing",
                format!(
                    "loading plugin {}: the file that was enabled ({}) is gone or was changed",
                    missing.id, missing.source
                ),
            )
            .hint(format!("put it back, or decide anew: trcaa plugin show {0}, trcaa plugin disable {0}", missing.id))),
            None => Ok(plugins),
        }
    }

    fn bundled(&self, kind: Kind) -> Result<Vec<Arc<Plugin>>, AppError> {
        let engine = self.engine()?;
        let mut plugins = Vec::new();
        for id in bundled_ids() {
            // The kind is in the manifest; reading that is cheap, and native code is mapped only for what is wanted.
            if trcaa_runtime::bundled_kind(id) == Some(kind) {
                plugins.push(load_bundled(engine, id)?);
            }
        }
        Ok(plugins)
    }

    fn drop_ins(&self) -> Result<(Option<Dir>, Vec<DropIn>), AppError> {
        let Some(path) = self.folder.as_ref().filter(|path| path.is_dir()) else { return Ok((None, Vec::new())) };
        let failed = |e: std::io::Error| AppError::failed("plugin_folder", format!("reading {}: {e}", path.display()));
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(failed)?;
        let mut files: Vec<String> = Vec::new();
        for entry in folder.entries().map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".wasm") {
                files.push(name);
            }
            if files.len() > DROP_INS_MAX {
                return Err(AppError::failed(
                    "plugin_folder",
                    format!("reading {}: it holds more than {DROP_INS_MAX} plugins", path.display()),
                )
                .hint("remove those that are not used"));
            }
        }
        files.sort();
        let look = |file: String| {
            let inspected = read_component(&folder, &file).and_then(|bytes| {
                let found = Plugin::inspect(&file, &bytes).map_err(|e| e.problem)?;
                Ok(Inspected {
                    manifest: found.manifest,
                    sha256: found.sha256,
                    source: Source::DropIn(file.clone()),
                    bytes,
                })
            });
            DropIn { file, inspected }
        };
        let mut drop_ins: Vec<DropIn> = files.into_iter().map(look).collect();
        refuse_taken_ids(&mut drop_ins);
        Ok((Some(folder), drop_ins))
    }
}

/// Where native code of drop-ins is kept, under the store's own key. Without it they are compiled each time.
fn code_cache(store: &Store, folder: &Dir) -> Option<FolderCache> {
    let mut private = DirBuilder::new();
    private.recursive(true);
    #[cfg(unix)]
    cap_std::fs::DirBuilderExt::mode(&mut private, 0o700);
    folder.create_dir_with(CODE_FOLDER, &private).ok()?;
    Some(FolderCache { folder: folder.open_dir(CODE_FOLDER).ok()?, key: store.plugin_code_key().ok()? })
}

/// An id is one plugin: a file can't pass for a bundled plugin or for another file.
fn refuse_taken_ids(drop_ins: &mut [DropIn]) {
    let mut taken: Vec<String> = bundled_ids().map(str::to_owned).collect();
    for drop_in in drop_ins {
        let Ok(found) = &drop_in.inspected else { continue };
        let id = found.manifest.id.clone();
        if taken.contains(&id) {
            drop_in.inspected = Err(format!("its id {id:?} belongs to another plugin"));
        } else {
            taken.push(id);
        }
    }
}

fn is_disabled(rows: &[PluginRow], id: &str) -> bool {
    rows.iter().any(|row| row.id == id && row.source == BUNDLED && row.state != PluginState::Enabled)
}

/// Enabled means: these bytes. A file that changed asks again.
fn is_enabled(rows: &[PluginRow], found: &Inspected) -> bool {
    rows.iter()
        .any(|row| row.id == found.manifest.id && row.sha256 == found.sha256 && row.state == PluginState::Enabled)
}

fn read_component(folder: &Dir, file: &str) -> Result<Vec<u8>, String> {
    let metadata = folder.symlink_metadata(file).map_err(|e| e.to_string())?;
    if !metadata.is_file() {
        return Err("it is no regular file".into());
    }
    if metadata.len() > COMPONENT_BYTES_MAX as u64 {
        return Err(format!("it has {} bytes, and a component may have at most {COMPONENT_BYTES_MAX}", metadata.len()));
    }
    folder.read(file).map_err(|e| e.to_string())
}

struct FolderCache {
    folder: Dir,
    key: Zeroizing<[u8; 32]>,
}

impl CodeCache for FolderCache {
    fn read(&self, name: &str) -> Option<Vec<u8>> {
        self.folder.read(name).ok()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        // A cache that can't be written costs the next start some seconds, and nothing else.
        let temporary = format!("{name}.{}.tmp", std::process::id());
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = self.folder.open_with(&temporary, &options).and_then(|mut file| file.write_all(bytes));
        if written.is_ok() && self.folder.rename(&temporary, &self.folder, name).is_err() {
            let _ = self.folder.remove_file(&temporary);
        }
    }

    fn key(&self) -> &[u8; 32] {
        &self.key
    }
}

fn summary(found: &Inspected, rows: &[PluginRow]) -> PluginSummary {
    let id = &found.manifest.id;
    let (source, state, reason) = match &found.source {
        Source::Bundled if is_disabled(rows, id) => (BUNDLED.to_owned(), "disabled", None),
        Source::Bundled => (BUNDLED.to_owned(), "enabled", None),
        Source::DropIn(file) if is_enabled(rows, found) => (file.clone(), "enabled", None),
        Source::DropIn(file) => {
            let known = rows.iter().any(|row| row.id == *id && row.state == PluginState::Enabled);
            let reason = if known { "the file changed since it was enabled" } else { "it was not enabled yet" };
            (file.clone(), "disabled", Some(reason.to_owned()))
        }
    };
    PluginSummary {
        id: id.clone(),
        version: found.manifest.version.clone(),
        kind: found.manifest.kind.as_str().to_owned(),
        source,
        state: state.to_owned(),
        reason,
    }
}

impl App {
    /// Lists bundled plugins and the drop-in folder.
    ///
    /// # Errors
    /// A drop-in folder that can't be read.
    pub fn plugins(&self) -> Result<Vec<PluginSummary>, AppError> {
        let rows = self.store.plugins()?;
        let mut list = Vec::new();
        for id in bundled_ids() {
            list.push(summary(&self.bundled_found(id)?, &rows));
        }
        for drop_in in self.plugins.drop_ins()?.1 {
            list.push(match drop_in.inspected {
                Ok(found) => summary(&found, &rows),
                Err(problem) => PluginSummary {
                    id: drop_in.file.clone(),
                    version: String::new(),
                    kind: String::new(),
                    source: drop_in.file,
                    state: "refused".into(),
                    reason: Some(problem),
                },
            });
        }
        // Enabled once, and gone since: calls that need it fail until this is decided.
        for row in rows.iter().filter(|row| row.state == PluginState::Enabled && row.source != BUNDLED) {
            if !list.iter().any(|listed| listed.id == row.id) {
                list.push(PluginSummary {
                    id: row.id.clone(),
                    version: row.version.clone(),
                    kind: row.kind.as_str().to_owned(),
                    source: row.source.clone(),
                    state: "missing".into(),
                    reason: Some("it was enabled, and its file is gone".into()),
                });
            }
        }
        Ok(list)
    }

    /// Shows one plugin by its id.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn plugin(&self, id: &str) -> Result<PluginView, AppError> {
        let found = self.find_plugin(id)?;
        let rows = self.store.plugins()?;
        Ok(PluginView {
            summary: summary(&found, &rows),
            limits: found.manifest.kind.limits().tightened(found.manifest.limits),
            sha256: found.sha256,
            manifest: found.manifest,
        })
    }

    /// Enables or disables a plugin, by the digest of its bytes.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn set_plugin_enabled(&self, id: &str, state: PluginState) -> Result<PluginSummary, AppError> {
        if state == PluginState::Disabled
            && let Some(row) = self.store.plugin(id)?
            && self.find_plugin(id).is_err()
        {
            // Its file is gone; the decision about it can still be taken back.
            return self.decide_plugin(&PluginRow { state, ..row }, "plugin_disabled").map(|()| PluginSummary {
                id: id.to_owned(),
                version: String::new(),
                kind: String::new(),
                source: String::new(),
                state: "disabled".into(),
                reason: Some("its file is gone".into()),
            });
        }
        let found = self.find_plugin(id)?;
        let manifest = &found.manifest;
        let source = match &found.source {
            Source::Bundled => BUNDLED.to_owned(),
            Source::DropIn(file) => file.clone(),
        };
        let row = PluginRow {
            id: manifest.id.clone(),
            version: manifest.version.clone(),
            kind: manifest.kind,
            world: manifest.world.clone(),
            sha256: found.sha256.clone(),
            source,
            state,
            reason: None,
            installed_at: String::new(),
            manifest: serde_json::to_string(manifest).map_err(|e| AppError::failed("manifest", e.to_string()))?,
        };
        let action = if state == PluginState::Enabled { "plugin_installed" } else { "plugin_disabled" };
        self.decide_plugin(&row, action)?;
        Ok(summary(&found, &self.store.plugins()?))
    }

    fn decide_plugin(&self, row: &PluginRow, action: &'static str) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            tx.upsert_plugin(row)?;
            tx.audit(&AuditRecord {
                action,
                entity_type: "plugin",
                entity_id: row.id.clone(),
                details: serde_json::json!({"version": row.version, "sha256": row.sha256, "source": row.source}),
            })?;
            Ok(())
        })?)
    }

    fn bundled_found(&self, id: &str) -> Result<Inspected, AppError> {
        let plugin = load_bundled(self.plugins.engine()?, id)?;
        Ok(Inspected {
            manifest: plugin.manifest().clone(),
            sha256: plugin.sha256().to_owned(),
            source: Source::Bundled,
            bytes: Vec::new(),
        })
    }

    fn find_plugin(&self, id: &str) -> Result<Inspected, AppError> {
        if bundled_ids().any(|known| known == id) {
            return self.bundled_found(id);
        }
        for drop_in in self.plugins.drop_ins()?.1 {
            match drop_in.inspected {
                Ok(found) if found.manifest.id == id || drop_in.file == id => return Ok(found),
                Err(problem) if drop_in.file == id => {
                    return Err(AppError::failed("plugin_refused", format!("loading plugin {id}: {problem}")));
                }
                _ => {}
            }
        }
        Err(AppError::failed("not_found", format!("there is no plugin {id:?}"))
            .hint("list them with: trcaa plugin list"))
    }
}
