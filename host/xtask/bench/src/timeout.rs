//! How late a call that never ends is stopped, and what becomes of another plugin that runs meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use trcaa_runtime::{Detector, Engine, Fault};

use crate::interleaved::Times;
use crate::ours::Kept;
use crate::table::{Limit, Table};
use crate::{Options, Outcome, ours, peer};

/// What the guests' manifests allow, and the peer's.
const DEADLINE: Duration = Duration::from_millis(100);
/// How late is in time.
const LATE: Limit = Limit::Nanoseconds(20e6);
/// Calls that run into the deadline, of each kind.
const ROUNDS: usize = 50;
/// A call of the neighbour: some 20 ms of work.
const NEIGHBOUR: &str = "spin 8000000";

/// What a neighbour saw.
struct Seen {
    calls: usize,
    ended: usize,
}

/// Measures it.
pub(crate) fn run(table: &mut Table, _: &Options) -> Outcome {
    let (wall, by_wall) = ours(ours::BENCH_WALL_LIMIT, |fault| matches!(fault, Fault::WallLimit { .. }))?;
    let (cpu, by_cpu) = ours(ours::BENCH_CPU_LIMIT, |fault| matches!(fault, Fault::CpuLimit { .. }))?;
    let (late, seen) = peers()?;
    for (what, times) in [("wall limit of 100 ms", &wall), ("CPU limit of 100 ms", &cpu)] {
        for (name, share) in [("p50", 0.5), ("p99", 0.99), ("max", 1.0)] {
            let one = |times: &Times| Times::of(vec![times.quantile(share)]);
            table.add(&format!("stopped after the {what}, late by, {name}"), &one(times), Some(&one(&late)), &LATE);
        }
    }
    let ended = by_wall.ended + by_cpu.ended;
    let told = |ended: usize, calls: usize| format!("{ended} of {calls}");
    table.count(
        "calls of a neighbour that ended with it",
        &told(ended, by_wall.calls + by_cpu.calls),
        &told(seen.ended, seen.calls),
        "0",
        ended == 0,
    );
    Ok(())
}

fn ours(guest: &[u8], expected: impl Fn(&Fault) -> bool) -> Outcome<(Times, Seen)> {
    let engine = Engine::new()?;
    let neighbour = Detector::new(&ours::load(&engine, ours::BENCH_DETECTOR)?, Arc::default())?;
    let work = [NEIGHBOUR.to_owned()];
    let endless = ["forever".to_owned()];
    let kept = Kept::default();
    beside(
        || Ok(neighbour.detect(&work).map(drop)?),
        || {
            // Loaded anew: a plugin that ran into its limit three times is switched off.
            let detector = Detector::new(&ours::load_cached(&engine, guest, Some(&kept))?, Arc::default())?;
            detector.detect(&[String::new()])?;
            let begun = Instant::now();
            match detector.detect(&endless) {
                Err(error) if expected(&error.fault) => Ok(begun.elapsed()),
                Err(error) => Err(format!("it ended otherwise: {error}").into()),
                Ok(_) => Err("an endless call ended".into()),
            }
        },
    )
}

fn peers() -> Outcome<(Times, Seen)> {
    let compiled = peer::compile(peer::Setup { timeout: Some(DEADLINE), ..peer::Setup::default() })?;
    beside(
        // As every host must that shares compiled code among threads.
        || Ok(peer::detect(&mut peer::instance(&compiled)?, NEIGHBOUR).map(drop)?),
        || {
            let mut plugin = peer::instance(&compiled)?;
            peer::detect(&mut plugin, "")?;
            let begun = Instant::now();
            match peer::detect(&mut plugin, "forever") {
                Err(error) if error.to_string().contains("timeout") => Ok(begun.elapsed()),
                Err(error) => Err(format!("it ended otherwise: {error}").into()),
                Ok(_) => Err("an endless call ended".into()),
            }
        },
    )
}

/// Runs `neighbour` again and again on another thread while `endless` is run for its time.
fn beside(
    neighbour: impl Fn() -> Outcome + Sync,
    mut endless: impl FnMut() -> Outcome<Duration>,
) -> Outcome<(Times, Seen)> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watched = scope.spawn(|| {
            let mut seen = Seen { calls: 0, ended: 0 };
            while !stop.load(Ordering::Relaxed) {
                seen.calls += 1;
                seen.ended += usize::from(neighbour().is_err());
            }
            seen
        });
        let taken: Outcome<Vec<f64>> =
            (0..ROUNDS).map(|_| Ok(endless()?.saturating_sub(DEADLINE).as_secs_f64() * 1e9)).collect();
        stop.store(true, Ordering::Relaxed);
        let seen = watched.join().map_err(|_| "the neighbour's thread panicked")?;
        Ok((Times::of(taken?), seen))
    })
}
