//! The same job as an Extism plugin, as its kit's documentation writes one: typed parameters, lists as JSON.

use extism_pdk::{FnResult, Json, host_fn, plugin_fn};
use serde::Serialize;

#[derive(Serialize)]
struct Span {
    start: u32,
    end: u32,
    label: &'static str,
    confidence: f32,
}

#[host_fn]
extern "ExtismHost" {
    fn kv_get(key: String) -> Vec<u8>;
}

#[plugin_fn]
pub fn noop() -> FnResult<()> {
    Ok(())
}

#[plugin_fn]
pub fn echo(bytes: Vec<u8>) -> FnResult<Vec<u8>> {
    Ok(bytes)
}

#[plugin_fn]
pub fn detect(text: String) -> FnResult<Json<Vec<Span>>> {
    if let Some(rounds) = text.strip_prefix("spin ") {
        std::hint::black_box(bench_job::spin(rounds.parse().unwrap_or(0)));
    } else if text == "forever" {
        bench_job::forever();
    }
    let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let span = |found: bench_job::Found| Span {
        start: offset(found.start),
        end: offset(found.end),
        label: bench_job::LABEL,
        confidence: bench_job::CONFIDENCE,
    };
    Ok(Json(bench_job::find(&text).map(span).collect()))
}

/// Asks as often as the state says.
#[plugin_fn]
pub fn ask() -> FnResult<String> {
    let times = unsafe { kv_get("times".to_owned()) }?;
    let times = times.try_into().map_or(0, u32::from_le_bytes);
    let mut bytes = 0;
    for _ in 0..times {
        bytes += unsafe { kv_get("key".to_owned()) }?.len();
    }
    Ok(bytes.to_string())
}
