//! Extism's side, used as its documentation shows: compiled once, an instance from that, typed calls.

use std::path::Path;
use std::time::Duration;

use extism::convert::Json;
use extism::{CompiledPlugin, Manifest, PTR, Plugin, PluginBuilder, UserData, Wasm, host_fn};
use serde::Deserialize;

use crate::Outcome;
use crate::desk::Desk;
use crate::ours::EXTISM_GUEST;

/// A span as the peer's guest gives it.
#[derive(Deserialize)]
#[allow(dead_code, reason = "made, and only counted")]
pub(crate) struct Span {
    start: u32,
    end: u32,
    label: String,
    confidence: f32,
}

/// What a builder is given beside the guest.
#[derive(Default)]
pub(crate) struct Setup<'a> {
    /// Answers the guest's questions.
    pub(crate) desk: Option<Desk>,
    /// The most that a call may take.
    pub(crate) timeout: Option<Duration>,
    /// A configuration of wasmtime's cache of native code; without one there is no cache.
    pub(crate) cache: Option<&'a Path>,
}

host_fn!(kv_get(desk: Option<Desk>; key: String) -> Vec<u8> {
    let desk = desk.get()?;
    let desk = desk.lock().map_err(|_| extism::Error::msg("poisoned"))?;
    let answer = desk.as_ref().and_then(|desk| desk.get("bench-extism-guest", &key));
    answer.ok_or_else(|| extism::Error::msg("refused"))
});

/// Compiles the guest, or takes its code from the cache.
pub(crate) fn compile(setup: Setup<'_>) -> Outcome<CompiledPlugin> {
    let mut manifest = Manifest::new([Wasm::data(EXTISM_GUEST)]);
    if let Some(timeout) = setup.timeout {
        manifest = manifest.with_timeout(timeout);
    }
    let builder = PluginBuilder::new(manifest).with_wasi(false).with_function(
        "kv_get",
        [PTR],
        [PTR],
        UserData::new(setup.desk),
        kv_get,
    );
    let builder = match setup.cache {
        Some(file) => builder.with_cache_config(file),
        None => builder.with_cache_disabled(),
    };
    Ok(CompiledPlugin::new(builder)?)
}

/// A fresh instance.
pub(crate) fn instance(compiled: &CompiledPlugin) -> Outcome<Plugin> {
    Ok(Plugin::new_from_compiled(compiled)?)
}

/// One call of the guest's `detect`.
pub(crate) fn detect(plugin: &mut Plugin, text: &str) -> Outcome<Vec<Span>> {
    let Json(spans) = plugin.call::<&str, Json<Vec<Span>>>("detect", text)?;
    Ok(spans)
}
