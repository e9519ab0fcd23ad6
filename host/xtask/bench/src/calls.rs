//! What calls cost: on a fresh instance, on one that lives on, with data, with questions to the host.

use std::hint::black_box;
use std::sync::Arc;

use trcaa_model::pii::Span;
use trcaa_runtime::{Detector, Engine, measure as on_one};

use crate::desk::{self, Desk};
use crate::interleaved::{Batch, Times, measure, timed};
use crate::table::{Limit, Table};
use crate::{Options, Outcome, ours, peer};

/// Bytes of the row that moves bytes.
const ECHO_BYTES: usize = 64 << 10;
/// Batches of each side. Most last some 0.2 ms: shorter than a time slice, so that on a busy machine few are interrupted.
const ROUNDS: u32 = 300;
/// Questions in one call of the row of host calls.
const QUESTIONS: u32 = 500;
/// How much slower than native code a list of spans may be.
const SPANS_OVER_NATIVE: f64 = 3.5;

/// Measures them.
pub(crate) fn run(table: &mut Table, _: &Options) -> Outcome {
    let engine = Engine::new()?;
    fresh(table, &engine)?;
    live(table, &engine)?;
    host_call(table, &engine)?;
    echo(table, &engine)?;
    spans(table, &engine)
}

fn fresh(table: &mut Table, engine: &Engine) -> Outcome {
    let detector = Detector::new(&ours::load(engine, ours::BENCH_DETECTOR)?, Arc::default())?;
    let compiled = peer::compile(peer::Setup::default())?;
    let text = ["x".to_owned()];
    let a: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(detector.detect(&text)?)))));
    let b: Batch<'_> = Box::new(|calls| {
        timed(calls, || Ok(drop(black_box(peer::detect(&mut peer::instance(&compiled)?, &text[0])?))))
    });
    let times = measure(ROUNDS, &mut [(8, a), (2, b)])?;
    table.add("fresh instance + first call", &times[0], Some(&times[1]), &Limit::AndFaster(25e3, 10.0));
    Ok(())
}

fn live(table: &mut Table, engine: &Engine) -> Outcome {
    let plugin = ours::load(engine, ours::BENCH_NOOP)?;
    let mut instance = peer::instance(&peer::compile(peer::Setup::default())?)?;
    let a: Batch<'_> = Box::new(|calls| Ok(on_one::labels(&plugin, calls)?));
    let b: Batch<'_> = Box::new(|calls| timed(calls, || Ok(instance.call::<&str, ()>("noop", "")?)));
    let times = measure(ROUNDS, &mut [(1_000, a), (100, b)])?;
    table.add(
        "call on a live instance (a hook: the product never does it)",
        &times[0],
        Some(&times[1]),
        &Limit::WherePeerTakes(250.0, 1.96e3),
    );
    Ok(())
}

/// One question is what a call with many takes longer than one with none.
fn host_call(table: &mut Table, engine: &Engine) -> Outcome {
    let plugin = ours::load(engine, ours::BENCH_INTEGRATION)?;
    let grants = ours::grants(&plugin);
    let (desk, many_records) = Desk::new(grants.clone(), QUESTIONS);
    let many = ours::asking(&plugin, desk)?;
    let (desk, none_records) = Desk::new(grants.clone(), 0);
    let none = ours::asking(&plugin, desk)?;
    let a: Batch<'_> = Box::new(|_| {
        let without = timed(1, || Ok(drop(black_box(none.whoami()?))))?;
        let with = timed(1, || Ok(drop(black_box(many.whoami()?))))?;
        audited(desk::drain(&none_records), desk::drain(&many_records))?;
        Ok(with.saturating_sub(without))
    });
    let (desk, many_asked) = Desk::new(grants.clone(), QUESTIONS);
    let mut peer_many = peer::instance(&peer::compile(peer::Setup { desk: Some(desk), ..peer::Setup::default() })?)?;
    let (desk, none_asked) = Desk::new(grants, 0);
    let mut peer_none = peer::instance(&peer::compile(peer::Setup { desk: Some(desk), ..peer::Setup::default() })?)?;
    let b: Batch<'_> = Box::new(|_| {
        let without = timed(1, || Ok(drop(black_box(peer_none.call::<&str, String>("ask", "")?))))?;
        let with = timed(1, || Ok(drop(black_box(peer_many.call::<&str, String>("ask", "")?))))?;
        audited(desk::drain(&none_asked), desk::drain(&many_asked))?;
        Ok(with.saturating_sub(without))
    });
    let times = measure(ROUNDS, &mut [(QUESTIONS, a), (QUESTIONS, b)])?;
    table.add(
        "host call with authorisation and audit queued",
        &times[0],
        Some(&times[1]),
        &Limit::WherePeerTakes(2e3, 1.07e3),
    );
    Ok(())
}

/// A figure of calls that went unaudited would be a figure of something else.
fn audited(without: usize, with: usize) -> Outcome {
    if (without, with) == (1, QUESTIONS as usize + 1) {
        return Ok(());
    }
    Err(format!("{without} and {with} audit records instead of 1 and {}", QUESTIONS + 1).into())
}

fn echo(table: &mut Table, engine: &Engine) -> Outcome {
    let plugin = ours::load(engine, ours::BENCH_EXTRACTOR)?;
    let mut instance = peer::instance(&peer::compile(peer::Setup::default())?)?;
    let bytes = vec![b'x'; ECHO_BYTES];
    let a: Batch<'_> = Box::new(|calls| Ok(on_one::extract(&plugin, &bytes, calls)?));
    let b: Batch<'_> = Box::new(|calls| {
        timed(calls, || {
            let back = instance.call::<&[u8], &[u8]>("echo", &bytes)?;
            if back.len() == ECHO_BYTES { Ok(()) } else { Err("the peer lost bytes".into()) }
        })
    });
    let times = measure(ROUNDS, &mut [(50, a), (3, b)])?;
    table.add("64 KiB in and out, live instance", &times[0], Some(&times[1]), &Limit::WherePeerTakes(4e3, 105e3));
    Ok(())
}

fn spans(table: &mut Table, engine: &Engine) -> Outcome {
    let plugin = ours::load(engine, ours::BENCH_DETECTOR)?;
    let detector = Detector::new(&plugin, Arc::default())?;
    let compiled = peer::compile(peer::Setup::default())?;
    let mut instance = peer::instance(&compiled)?;
    let texts = [bench_job::text()];
    let expected = native(&texts[0]);
    if detector.detect(&texts)? != [expected.clone()] || peer::detect(&mut instance, &texts[0])?.len() != expected.len()
    {
        return Err("the sides do not find the same spans".into());
    }
    let a: Batch<'_> = Box::new(|calls| Ok(on_one::detect(&plugin, &texts, calls)?));
    let b: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(peer::detect(&mut instance, &texts[0])?)))));
    let c: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(native(black_box(&texts[0])))))));
    let times = measure(ROUNDS, &mut [(50, a), (5, b), (100, c)])?;
    let limit = Limit::Nanoseconds(SPANS_OVER_NATIVE * times[2].median());
    table.add("span list out (1 KB, 20 spans), live instance", &times[0], Some(&times[1]), &limit);
    table.add("  the same in native Rust (limit above: 3.5 times this)", &times[2], None, &Limit::None);
    let a: Batch<'_> = Box::new(|calls| timed(calls, || Ok(drop(black_box(detector.detect(&texts)?)))));
    let b: Batch<'_> = Box::new(|calls| {
        timed(calls, || Ok(drop(black_box(peer::detect(&mut peer::instance(&compiled)?, &texts[0])?))))
    });
    let times: Vec<Times> = measure(ROUNDS, &mut [(8, a), (2, b)])?;
    table.add("  the same as the product does it, on a fresh instance", &times[0], Some(&times[1]), &Limit::None);
    Ok(())
}

/// The job without any border, down to the type that the runtime returns.
fn native(text: &str) -> Vec<Span> {
    bench_job::find(text)
        .map(|found| Span {
            start: found.start as u64,
            end: found.end as u64,
            label: bench_job::LABEL.to_owned(),
            confidence: bench_job::CONFIDENCE,
            detector: "bench-detector".to_owned(),
        })
        .collect()
}
