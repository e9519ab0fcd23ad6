//! For `xtask/bench/` alone: many calls on one instance, timed.
//!
//! The product never does this: each of its calls gets a store of its own, so that nothing of one call is there in the
//! next. What a call itself costs can only be told apart from what a fresh instance costs by calling one twice.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::Store;
use wasmtime::component::Resource;

use crate::bindings::extract::TextExtractorPre;
use crate::bindings::pii::exports::trcaa::pii::detector as wit;
use crate::bindings::pii::{PiiDetector, PiiDetectorPre};
use crate::call::{CallContext, CallState, run};
use crate::detector::check;
use crate::error::{Fault, PluginError};
use crate::host_functions::{OutputHandle, Pushed};
use crate::plugin::Plugin;

/// The bytes of a bundled plugin's component.
pub fn bundled_component(id: &str) -> Option<&'static [u8]> {
    crate::bundled::component(id)
}

/// Asks a detector for its labels, `calls` times; an empty list is the smallest answer that there is.
///
/// # Errors
/// [`PluginError`]
pub fn labels(plugin: &Arc<Plugin>, calls: u32) -> Result<Duration, PluginError> {
    on_detector(plugin, "labels", calls, |guest, store| {
        guest.trcaa_pii_detector().call_labels(store).map(|list| drop(black_box(list)))
    })
}

/// Gives `texts` to a detector, `calls` times, and checks each answer as [`crate::Detector::detect`] does.
///
/// # Errors
/// [`PluginError`]
pub fn detect(plugin: &Arc<Plugin>, texts: &[String], calls: u32) -> Result<Duration, PluginError> {
    let options = wit::Options { languages: Vec::new(), labels: Vec::new(), min_confidence: 0.0, extra: Vec::new() };
    let (known, _) = run(plugin, &Arc::default(), plugin.limits(), "labels", Pushed::default(), |store| {
        let guest = PiiDetectorPre::new(plugin.instance().clone())?.instantiate(&mut *store)?;
        guest.trcaa_pii_detector().call_labels(store)
    })?;
    let known = known.into_iter().map(|info| info.label).collect();
    let id = &plugin.manifest().id;
    on_detector(plugin, "detect", calls, |guest, store| {
        let lists = guest.trcaa_pii_detector().call_detect(store, texts, &options)?.map_err(|_| refused())?;
        black_box(check(id, &known, texts, lists).map_err(wasmtime::Error::msg)?);
        Ok(())
    })
}

/// Gives `bytes` to an extractor, `calls` times, and takes what it writes into the host's memory.
///
/// # Errors
/// [`PluginError`]
pub fn extract(plugin: &Arc<Plugin>, bytes: &[u8], calls: u32) -> Result<Duration, PluginError> {
    let pre = TextExtractorPre::new(plugin.instance().clone()).map_err(|e| wrong_world(plugin, "extract", &e))?;
    let context = Arc::new(CallContext::default());
    let sink = Pushed::into_sink(Box::new(crate::extractor::TextGate::new(|text: &str| {
        black_box(text.len());
    })));
    let (took, _) = run(plugin, &context, plugin.limits(), "extract", sink, |store| {
        let guest = pre.instantiate(&mut *store)?;
        let output = store.data_mut().table.push(OutputHandle)?;
        timed(calls, || {
            let lent = Resource::new_borrow(output.rep());
            guest.trcaa_extract_extractor().call_extract(&mut *store, "echo", bytes, lent)?.map_err(|_| refused())
        })
    })?;
    Ok(took)
}

fn on_detector(
    plugin: &Arc<Plugin>,
    function: &'static str,
    calls: u32,
    mut call: impl FnMut(&PiiDetector, &mut Store<CallState>) -> wasmtime::Result<()>,
) -> Result<Duration, PluginError> {
    let pre = PiiDetectorPre::new(plugin.instance().clone()).map_err(|e| wrong_world(plugin, function, &e))?;
    let (took, _) = run(plugin, &Arc::default(), plugin.limits(), function, Pushed::default(), |store| {
        let guest = pre.instantiate(&mut *store)?;
        timed(calls, || call(&guest, store))
    })?;
    Ok(took)
}

/// The first call is not counted: it faults in what the instance uses.
fn timed(calls: u32, mut call: impl FnMut() -> wasmtime::Result<()>) -> wasmtime::Result<Duration> {
    call()?;
    let begun = Instant::now();
    for _ in 0..calls {
        call()?;
    }
    Ok(begun.elapsed())
}

fn wrong_world(plugin: &Plugin, function: &'static str, error: &wasmtime::Error) -> PluginError {
    plugin.failed(function, Fault::Trapped(error.to_string()))
}

fn refused() -> wasmtime::Error {
    wasmtime::Error::msg("the guest reported an error")
}
