//! What loading costs: from native code, as at every start, and by the compiler, as once at an install.

use std::hint::black_box;

use trcaa_runtime::{CodeCache, Engine, bundled_ids, load_bundled, measure as hooks};

use crate::interleaved::{Batch, measure, timed};
use crate::ours::Kept;
use crate::table::{Limit, Table};
use crate::{Options, Outcome, ours, peer};

/// Most that loading a bundled plugin may take.
const LOAD: Limit = Limit::Nanoseconds(1e6);
/// Nobody needs a progress bar for less than this.
const UNNOTICED: Limit = Limit::Nanoseconds(1e9);

/// Measures it.
pub(crate) fn run(table: &mut Table, _: &Options) -> Outcome {
    let engine = Engine::new()?;
    beside_the_peer(table, &engine)?;
    for id in bundled_ids() {
        // The first makes the linker of the kind, once per process.
        load_bundled(&engine, id)?;
        let load: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(load_bundled(&engine, id)?)))));
        let times = measure(60, &mut [(1, load)])?;
        let kib = hooks::bundled_component(id).map_or(0, <[u8]>::len) / 1024;
        table.add(&format!("load from AOT: {id} ({kib} KiB)"), &times[0], None, &LOAD);
    }
    for id in bundled_ids() {
        let bytes = hooks::bundled_component(id).unwrap_or_default();
        let compile: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(ours::load(&engine, bytes)?)))));
        let times = measure(3, &mut [(1, compile)])?;
        table.add(&format!("install, nothing compiled yet: {id}"), &times[0], None, &UNNOTICED);
    }
    Ok(())
}

/// The same guest's job on both sides; ours pays for the MAC over the code, too.
fn beside_the_peer(table: &mut Table, engine: &Engine) -> Outcome {
    let kept = Kept::default();
    let cache: &dyn CodeCache = &kept;
    ours::load_cached(engine, ours::BENCH_DETECTOR, Some(cache))?;
    let folder = tempfile::tempdir()?;
    let settings = folder.path().join("cache.toml");
    std::fs::write(&settings, format!("[cache]\ndirectory = {:?}\n", folder.path().join("code")))?;
    let setup = || peer::Setup { cache: Some(&settings), ..peer::Setup::default() };
    peer::compile(setup())?;
    let a: Batch<'_> = Box::new(|calls| {
        timed(calls, || Ok(drop(black_box(ours::load_cached(engine, ours::BENCH_DETECTOR, Some(cache))?))))
    });
    let b: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(peer::compile(setup())?)))));
    let times = measure(60, &mut [(1, a), (1, b)])?;
    let what = format!("load from kept code: the guest of this bench ({} KiB)", ours::BENCH_DETECTOR.len() / 1024);
    table.add(&what, &times[0], Some(&times[1]), &LOAD);
    Ok(())
}
