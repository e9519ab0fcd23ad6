//! Loading plugins when they are needed, and no engine before.
//!
//! Invariant: [`PluginHost::load`] is the only way to a running plugin that is not bundled, and it checks state,
//! SHA-256, signature and pin each time, whether native code is cached or not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use cap_std::fs::Dir;
use sha2::{Digest, Sha256};
use trcaa_model::document::RenderFormat;
use trcaa_model::env::Clock;
use trcaa_model::plugin::Kind;
use trcaa_runtime::ports::{FailurePort, LogPort, Ports};
use trcaa_runtime::{
    CallContext, Cancel, CodeCache, Detector, Engine, Extractor, Plugin, Provider, Renderer, Source, bundled_ids,
    load_bundled,
};
use trcaa_store::{PluginRow, PluginState, Store};

use super::native::{FolderCache, code_cache};
use super::{BUNDLED, FOLDER, INSTALLED_FOLDER, Place, component_name, folder, place_of, trust};
use crate::{App, AppError};

/// Loads plugins when they are needed, and no engine before.
pub(crate) struct PluginHost {
    engine: OnceLock<Engine>,
    /// Bundled plugins that were needed so far: each is loaded once, since its native code runs where it lies.
    bundled: Mutex<BTreeMap<&'static str, Arc<Plugin>>>,
    folder: Option<PathBuf>,
    context: Arc<CallContext>,
}

/// The bundled detectors alone, for `pii scan` without a store.
pub(crate) fn bundled_detectors(without: &[String]) -> Result<Vec<Detector>, AppError> {
    let ids = || bundled_ids().filter(|id| trcaa_runtime::bundled_kind(id) == Some(Kind::PiiDetector));
    if let Some(unknown) = without.iter().find(|id| !ids().any(|known| known == id.as_str())) {
        // Not left out in silence: whoever misspells one would believe that it did not look.
        return Err(AppError::usage(
            "not_a_detector",
            format!("leaving out {unknown:?}: there is no such bundled detector"),
        )
        .hint(format!("there are: {}", ids().collect::<Vec<_>>().join(", "))));
    }
    let engine = Engine::new()?;
    let context = Arc::new(CallContext::default());
    let mut detectors = Vec::new();
    for id in ids().filter(|id| !without.iter().any(|out| out == id)) {
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

/// The first that reads `format`: bundled ones stand first, so another serves only what none of them does.
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

impl PluginHost {
    pub(crate) fn new(
        data_dir: Option<&Path>,
        log: Option<Arc<dyn LogPort>>,
        failures: Option<Arc<dyn FailurePort>>,
        clock: Arc<dyn Clock>,
        cancel: Cancel,
    ) -> Self {
        let ports = Ports { log, failures, clock: Some(clock), ..Ports::default() };
        let context = Arc::new(CallContext { ports, connection: String::new(), cancel });
        Self { engine: OnceLock::new(), bundled: Mutex::default(), folder: data_dir.map(|d| d.join(FOLDER)), context }
    }

    /// What calls without a connection run with: log, clock and the handle that ends all of them.
    pub(crate) fn context(&self) -> &Arc<CallContext> {
        &self.context
    }

    pub(super) fn engine(&self) -> Result<&Engine, AppError> {
        if let Some(engine) = self.engine.get() {
            return Ok(engine);
        }
        let engine = Engine::new()?;
        Ok(self.engine.get_or_init(|| engine))
    }

    /// A bundled plugin, loaded when it is needed first.
    fn bundled(&self, id: &'static str) -> Result<Arc<Plugin>, AppError> {
        let mut loaded = self.bundled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plugin) = loaded.get(id) {
            return Ok(Arc::clone(plugin));
        }
        let plugin = load_bundled(self.engine()?, id)?;
        loaded.insert(id, Arc::clone(&plugin));
        Ok(plugin)
    }

    /// What ends running work.
    pub(super) fn cancel(&self) -> Cancel {
        self.context.cancel.clone()
    }

    /// The plugin folder, whether it is there or not; `None` without a data folder.
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
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
                if let Some(off) = self.switched_off(store, id)? {
                    return Err(off);
                }
                let known: Vec<&str> = all.iter().map(|p| p.manifest().id.as_str()).collect();
                Err(AppError::usage(
                    "no_such_provider",
                    format!("there is no enabled provider {id:?}; there are: {}", known.join(", ")),
                )
                .hint("list all plugins with: trcaa plugin list"))
            }
        }
    }

    /// Why the provider of that id does not run, where it is there and could.
    fn switched_off(&self, store: &Store, id: &str) -> Result<Option<AppError>, AppError> {
        let enable = format!("trcaa plugin enable {id}");
        let rows = store.plugins()?;
        if let Some(row) = rows.iter().find(|row| row.id == id && row.kind == Kind::AiProvider) {
            return Ok(match row.state {
                PluginState::Enabled => None,
                PluginState::Disabled => Some(
                    AppError::failed("plugin_disabled", format!("asking {id}: the plugin is switched off"))
                        .hint(format!("switch it on with: {enable}")),
                ),
                PluginState::Quarantined => {
                    let reason = row.reason.as_deref().unwrap_or("it failed too often");
                    let told = format!("asking {id}: the plugin was switched off: {reason}");
                    let look = format!("look at it: trcaa plugin show {id}; let it run again: {enable}");
                    Some(AppError::failed("plugin_quarantined", told).hint(look))
                }
            });
        }
        let undecided = folder::drop_ins(self.folder(), &rows)?.into_iter().filter_map(|d| d.inspected.ok());
        let undecided = undecided.map(|found| found.manifest).find(|m| m.id == id && m.kind == Kind::AiProvider);
        Ok(undecided.map(|_| {
            AppError::failed("not_enabled", format!("asking {id}: the plugin was not enabled yet"))
                .hint(format!("look at it and decide: {enable}"))
        }))
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
        let kind = Kind::TextExtractor;
        match first_reading(format, &self.enabled(store, kind)?, &self.context) {
            Err(missed) if missed.code == "no_extractor" => {
                Err(crate::failures::switched_off(&store.plugins()?, kind).unwrap_or(missed))
            }
            found => found,
        }
    }

    fn enabled(&self, store: &Store, kind: Kind) -> Result<Vec<Arc<Plugin>>, AppError> {
        let rows = store.plugins()?;
        crate::failures::refuse_without(&rows, kind)?;
        let mut plugins = Vec::new();
        for id in bundled_ids() {
            // The kind is known without the manifest, and native code is mapped only for what is wanted.
            if trcaa_runtime::bundled_kind(id) == Some(kind) && !is_disabled(&rows, id) {
                plugins.push(self.bundled(id)?);
            }
        }
        // What the user enabled and is gone or changed is told, never left out in silence: a detector less would mean
        // that text leaves which it would have hidden.
        for row in rows.iter().filter(|row| row.state == PluginState::Enabled && row.kind == kind) {
            if place_of(row) != Place::Bundled {
                plugins.push(self.load_row(store, row)?);
            }
        }
        Ok(plugins)
    }

    /// Loads one enabled plugin of any kind, checked anew: its SHA-256, its signature, its publisher's pinned key.
    ///
    /// # Errors
    /// `not_found`, `plugin_disabled`, `plugin_quarantined`, `plugin_missing`, `publisher_changed`, `plugin_refused`.
    pub(crate) fn load(&self, store: &Store, id: &str) -> Result<Arc<Plugin>, AppError> {
        let row = store.plugin(id)?;
        let bundled = bundled_ids().find(|known| *known == id);
        match row.as_ref().filter(|row| bundled.is_some() == (row.source == BUNDLED)) {
            Some(row) if row.state == PluginState::Disabled => {
                Err(AppError::failed("plugin_disabled", format!("loading plugin {id}: it is switched off"))
                    .hint(format!("switch it on with: trcaa plugin enable {id}")))
            }
            Some(row) if row.state == PluginState::Quarantined => {
                let reason = row.reason.as_deref().unwrap_or("it failed too often");
                Err(AppError::failed("plugin_quarantined", format!("loading plugin {id}: it is quarantined: {reason}"))
                    .hint(format!("look at it: trcaa plugin show {id}; let it run again: trcaa plugin enable {id}")))
            }
            kept => match (bundled, kept) {
                (Some(id), _) => self.bundled(id),
                (None, Some(row)) => self.load_row(store, row),
                (None, None) => Err(AppError::failed("not_found", format!("there is no enabled plugin {id:?}"))
                    .hint("list them with: trcaa plugin list")),
            },
        }
    }

    fn load_row(&self, store: &Store, row: &PluginRow) -> Result<Arc<Plugin>, AppError> {
        let gone = |problem: &str| {
            let source = &row.source;
            let message = format!("loading plugin {}: the file that was enabled ({source}) {problem}", row.id);
            AppError::failed("plugin_missing", message)
                .hint(format!("put it back, or decide anew: trcaa plugin show {0}, trcaa plugin disable {0}", row.id))
        };
        let Some(folder) = folder::open(self.folder())? else { return Err(gone("is gone or was changed")) };
        let read = match place_of(row) {
            Place::DropIn(file) => folder::read_component(&folder, file),
            _ => installed_bytes(&folder, &row.sha256),
        };
        let bytes = read.map_err(|_| gone("is gone or was changed"))?;
        if hex::encode(Sha256::digest(&bytes)) != row.sha256 {
            return Err(gone("is gone or was changed"));
        }
        let source = match place_of(row) {
            Place::DropIn(file) => Source::DropIn(file.to_owned()),
            _ => Source::Installed(row.source.clone()),
        };
        let cache = code_cache(store, &folder);
        let cache = cache.as_ref().map(|c: &FolderCache| c as &dyn CodeCache);
        let plugin = Plugin::load(self.engine()?, &row.id, &bytes, source, cache)?;
        if plugin.manifest().id != row.id {
            return Err(gone("says that it is another plugin"));
        }
        trust::expect_pin(store, &row.id, plugin.publisher())?;
        Ok(plugin)
    }
}

impl App {
    /// Loads one enabled plugin of any kind, checked anew: its SHA-256, its signature, its publisher's pinned key.
    ///
    /// # Errors
    /// `not_found`, `plugin_disabled`, `plugin_quarantined`, `plugin_missing`, `publisher_changed`, `plugin_refused`.
    pub fn load_plugin(&self, id: &str) -> Result<Arc<Plugin>, AppError> {
        self.plugins.load(&self.store, id)
    }
}

/// Bytes of an installed component; what they hash to is not checked here.
pub(super) fn installed_bytes(folder: &Dir, sha256: &str) -> Result<Vec<u8>, String> {
    let installed = folder.open_dir(INSTALLED_FOLDER).map_err(|e| e.to_string())?;
    folder::read_component(&installed, &component_name(sha256))
}

/// Whether the user switched a bundled plugin off, or it was quarantined.
pub(super) fn is_disabled(rows: &[PluginRow], id: &str) -> bool {
    rows.iter().any(|row| row.id == id && row.source == BUNDLED && row.state != PluginState::Enabled)
}
