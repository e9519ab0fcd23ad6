//! WASI as far as a Rust or C runtime needs it to start, and inert: no environment, no arguments, no files, no
//! sockets; what is written to stdout and stderr is a log line; clocks stand still and randomness is a fixed sequence
//! for pure plugins.
//!
//! Written here instead of taken from wasmtime-wasi: that crate's value is the access it gives, and it brings tokio,
//! file systems and sockets into a host whose guests must have none.

use wasmtime::component::{ComponentType, Lift, Linker, LinkerInstance, Lower, Resource, ResourceType};

use crate::call::CallState;
use crate::error::Fault;
use crate::host_functions::log_line;

/// Packages that a component of any kind may import from beside its world; one that uses more of them than is defined
/// here does not link.
pub(crate) const PACKAGES: [&str; 4] = ["wasi:cli/", "wasi:io/", "wasi:random/", "wasi:clocks/"];

/// The version of the interfaces; 0.2.x are compatible with each other.
const VERSION: &str = "0.2.6";
/// Most random bytes in one call.
const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// What an output stream says it takes at once.
const WRITE_BYTES_MAX: u64 = 4 << 10;

struct Input;
struct Output;
struct StreamFault;
struct Pollable;
struct Terminal;

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code)]
    LastOperationFailed(Resource<StreamFault>),
    #[component(name = "closed")]
    Closed,
}

#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

type Streamed<T> = (Result<T, StreamError>,);

/// Adds the interfaces to `linker`.
pub(crate) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    io(linker)?;
    cli(linker)?;
    random(linker)?;
    clocks(linker)
}

fn interface<'a>(linker: &'a mut Linker<CallState>, name: &str) -> wasmtime::Result<LinkerInstance<'a, CallState>> {
    linker.instance(&format!("wasi:{name}@{VERSION}"))
}

fn io(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut error = interface(linker, "io/error")?;
    error.resource("error", ResourceType::host::<StreamFault>(), |_, _| Ok(()))?;
    error.func_wrap("[method]error.to-debug-string", |_, (_,): (Resource<StreamFault>,)| Ok((String::new(),)))?;
    let mut poll = interface(linker, "io/poll")?;
    poll.resource("pollable", ResourceType::host::<Pollable>(), |_, _| Ok(()))?;
    poll.func_wrap("[method]pollable.ready", |_, (_,): (Resource<Pollable>,)| Ok((true,)))?;
    poll.func_wrap("[method]pollable.block", |_, (_,): (Resource<Pollable>,)| Ok(()))?;
    poll.func_wrap("poll", |_, (list,): (Vec<Resource<Pollable>>,)| {
        let ready = u32::try_from(list.len()).unwrap_or(u32::MAX);
        Ok(((0..ready).collect::<Vec<u32>>(),))
    })?;
    let mut streams = interface(linker, "io/streams")?;
    streams.resource("input-stream", ResourceType::host::<Input>(), |_, _| Ok(()))?;
    streams.resource("output-stream", ResourceType::host::<Output>(), |_, _| Ok(()))?;
    for name in ["read", "blocking-read"] {
        streams.func_wrap(&format!("[method]input-stream.{name}"), |_, (_, _): (Resource<Input>, u64)| {
            Ok::<Streamed<Vec<u8>>, _>((Err(StreamError::Closed),))
        })?;
    }
    for name in ["skip", "blocking-skip"] {
        streams.func_wrap(&format!("[method]input-stream.{name}"), |_, (_, _): (Resource<Input>, u64)| {
            Ok::<Streamed<u64>, _>((Err(StreamError::Closed),))
        })?;
    }
    streams.func_wrap("[method]input-stream.subscribe", |_, (_,): (Resource<Input>,)| {
        Ok((Resource::<Pollable>::new_own(0),))
    })?;
    streams.func_wrap("[method]output-stream.subscribe", |_, (_,): (Resource<Output>,)| {
        Ok((Resource::<Pollable>::new_own(0),))
    })?;
    streams.func_wrap("[method]output-stream.check-write", |_, (_,): (Resource<Output>,)| {
        Ok::<Streamed<u64>, _>((Ok(WRITE_BYTES_MAX),))
    })?;
    for name in ["write", "blocking-write-and-flush"] {
        streams.func_wrap(
            &format!("[method]output-stream.{name}"),
            |mut store, (_, bytes): (Resource<Output>, Vec<u8>)| {
                let state = store.data_mut();
                let line = state.scrubs.piece(String::from_utf8_lossy(&bytes).into_owned());
                log_line(state, "info", &line);
                Ok::<Streamed<()>, _>((Ok(()),))
            },
        )?;
    }
    for name in ["flush", "blocking-flush"] {
        streams.func_wrap(&format!("[method]output-stream.{name}"), |_, (_,): (Resource<Output>,)| {
            Ok::<Streamed<()>, _>((Ok(()),))
        })?;
    }
    Ok(())
}

fn cli(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut environment = interface(linker, "cli/environment")?;
    environment.func_wrap("get-environment", |_, (): ()| Ok((Vec::<(String, String)>::new(),)))?;
    environment.func_wrap("get-arguments", |_, (): ()| Ok((Vec::<String>::new(),)))?;
    environment.func_wrap("initial-cwd", |_, (): ()| Ok((None::<String>,)))?;
    let mut exit = interface(linker, "cli/exit")?;
    exit.func_wrap("exit", |mut store, (_,): (Result<(), ()>,)| -> wasmtime::Result<()> {
        Err(store.data_mut().stop(Fault::Trapped("it called exit".into())))
    })?;
    interface(linker, "cli/stdin")?.func_wrap("get-stdin", |_, (): ()| Ok((Resource::<Input>::new_own(0),)))?;
    interface(linker, "cli/stdout")?.func_wrap("get-stdout", |_, (): ()| Ok((Resource::<Output>::new_own(1),)))?;
    interface(linker, "cli/stderr")?.func_wrap("get-stderr", |_, (): ()| Ok((Resource::<Output>::new_own(2),)))?;
    for (name, resource) in [("cli/terminal-input", "terminal-input"), ("cli/terminal-output", "terminal-output")] {
        interface(linker, name)?.resource(resource, ResourceType::host::<Terminal>(), |_, _| Ok(()))?;
    }
    for stream in ["stdin", "stdout", "stderr"] {
        interface(linker, &format!("cli/terminal-{stream}"))?
            .func_wrap(&format!("get-terminal-{stream}"), |_, (): ()| Ok((None::<Resource<Terminal>>,)))?;
    }
    Ok(())
}

fn random(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    interface(linker, "random/insecure-seed")?.func_wrap("insecure-seed", |_, (): ()| Ok(((1_u64, 2_u64),)))?;
    for (package, suffix) in [("random/random", ""), ("random/insecure", "insecure-")] {
        let mut instance = interface(linker, package)?;
        instance
            .func_wrap(&format!("get-{suffix}random-u64"), |mut store, (): ()| Ok((next_random(store.data_mut()),)))?;
        instance.func_wrap(&format!("get-{suffix}random-bytes"), |mut store, (length,): (u64,)| {
            if length > RANDOM_BYTES_MAX {
                return Err(store.data_mut().stop(Fault::Trapped("it asked for too many random bytes".into())));
            }
            let bytes = (0..length).map(|_| next_random(store.data_mut()).to_le_bytes()[0]).collect::<Vec<u8>>();
            Ok((bytes,))
        })?;
    }
    Ok(())
}

/// SplitMix64 from a fixed seed: equal input gives equal output. Nothing secret is ever made inside a guest.
fn next_random(state: &mut CallState) -> u64 {
    state.random_state = state.random_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = state.random_state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn clocks(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    let mut wall = interface(linker, "clocks/wall-clock")?;
    wall.func_wrap("now", |mut store, (): ()| {
        let ms = store.data_mut().clock_ms();
        Ok((Datetime { seconds: ms / 1000, nanoseconds: u32::try_from(ms % 1000).unwrap_or(0) * 1_000_000 },))
    })?;
    wall.func_wrap("resolution", |_, (): ()| Ok((Datetime { seconds: 0, nanoseconds: 1_000_000 },)))?;
    let mut monotonic = interface(linker, "clocks/monotonic-clock")?;
    monotonic.func_wrap("now", |mut store, (): ()| Ok((store.data_mut().clock_ms().wrapping_mul(1_000_000),)))?;
    monotonic.func_wrap("resolution", |_, (): ()| Ok((1_000_000_u64,)))?;
    Ok(())
}
