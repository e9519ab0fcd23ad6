// How WebAssembly is compiled and run. Shared, by `include!`, between the crate and its build script: native code
// made at build time loads only in an engine with exactly these settings.

/// Settings that native code depends on.
fn base_config() -> wasmtime::Config {
    let mut config = wasmtime::Config::new();
    config
        .wasm_component_model(true)
        // No async in our WIT; off, a call costs a third (166 against 508 ns).
        .concurrency_support(false)
        .epoch_interruption(true)
        // Nobody reads a guest's stack: a trap is told by its kind. The tables for it would be a seventh of all code.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .cranelift_opt_level(wasmtime::OptLevel::Speed);
    config
}

/// What processors can do that native code is made for: the levels of the x86-64 psABI, and whatever others have at least.
#[allow(dead_code)]
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    /// x86-64-v2: every processor that the product runs on.
    Baseline,
    /// x86-64-v3, AVX2 and bit manipulation: most since 2013, and few virtual ones that hide what is below them.
    Third,
}

/// For native code that has to run on other machines than the one that made it.
#[allow(dead_code)]
fn portable_config(target: &str, level: Level) -> wasmtime::Result<wasmtime::Config> {
    const BASELINE: [&str; 5] = ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"];
    const THIRD: [&str; 6] = ["has_avx", "has_avx2", "has_bmi1", "has_bmi2", "has_lzcnt", "has_fma"];
    let mut config = base_config();
    config.target(target)?;
    if target.starts_with("x86_64") {
        let more = if level == Level::Third { &THIRD[..] } else { &[] };
        for flag in BASELINE.iter().chain(more) {
            // SAFETY: the loader checks what the processor has, and takes other code or compiles anew otherwise.
            #[allow(unsafe_code)]
            unsafe {
                config.cranelift_flag_enable(flag);
            }
        }
    }
    Ok(config)
}
