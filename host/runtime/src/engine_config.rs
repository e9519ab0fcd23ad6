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

/// For native code that has to run on other machines than the one that made it: x86-64-v2 and no more.
#[allow(dead_code)]
fn portable_config(target: &str) -> wasmtime::Result<wasmtime::Config> {
    let mut config = base_config();
    config.target(target)?;
    if target.starts_with("x86_64") {
        for flag in ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt"] {
            // SAFETY: every CPU that the product runs on has x86-64-v2; the loader checks and recompiles otherwise.
            #[allow(unsafe_code)]
            unsafe {
                config.cranelift_flag_enable(flag);
            }
        }
    }
    Ok(config)
}
