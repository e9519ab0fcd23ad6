//! Builds the bundled plugins and compiles them to native code, so that no user ever waits for a compiler.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

include!("guest_build.rs");
include!("src/engine_config.rs");

/// Crates under plugins/ that become part of the program, sorted.
const BUNDLED: [(&str, &str); 8] = [
    ("ai-openai", "ai-provider"),
    ("extract-text", "text-extractor"),
    ("offline-analyst", "ai-provider"),
    ("pii-base", "pii-detector"),
    ("pii-names", "pii-detector"),
    ("pii-secrets", "pii-detector"),
    ("render-html", "document-renderer"),
    ("render-markdown", "document-renderer"),
];

fn main() {
    let manifest_dir = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let workspace = manifest_dir.ancestors().nth(2).unwrap().to_path_buf();
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=guest_build.rs");
    println!("cargo::rerun-if-changed=src/engine_config.rs");
    println!("cargo::rerun-if-changed={}", workspace.join("wit").display());
    println!("cargo::rerun-if-changed={}", workspace.join("Cargo.lock").display());
    for plugin in BUNDLED.iter().map(|(id, _)| *id).chain(["sdk", "pii-scan"]) {
        for part in ["src", "data", "Cargo.toml", "trcaa-plugin.toml", "build.rs"] {
            let path = workspace.join("plugins").join(plugin).join(part);
            if path.exists() {
                println!("cargo::rerun-if-changed={}", path.display());
            }
        }
    }
    let packages: Vec<&str> = BUNDLED.iter().flat_map(|(id, _)| ["-p", *id]).collect();
    let built = build_guests(&workspace, &packages).unwrap_or_else(|e| panic!("{e}"));

    let target = std::env::var("TARGET").unwrap();
    let engine_for = |level| wasmtime::Engine::new(&portable_config(&target, level).unwrap()).unwrap();
    let (baseline, third) = (engine_for(Level::Baseline), engine_for(Level::Third));
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    let mut table = format!("static BUNDLED: [Bundled; {}] = [\n", BUNDLED.len());
    for (id, kind) in BUNDLED {
        let wasm = &built.iter().find(|(name, _)| name == id).unwrap_or_else(|| panic!("cargo did not build {id}")).1;
        let bytes = std::fs::read(wasm).unwrap();
        std::fs::write(out.join(format!("{id}.wasm")), &bytes).unwrap();
        let compile = |file: &str, engine: &wasmtime::Engine| {
            std::fs::write(out.join(file), engine.precompile_component(&bytes).unwrap()).unwrap();
            format!("&Aligned(*include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{file}\")))")
        };
        let native = compile(&format!("{id}.cwasm"), &baseline);
        // What reads every byte of every log is worth its room twice.
        let is_hot = kind == "pii-detector" && target.starts_with("x86_64");
        let better = is_hot.then(|| compile(&format!("{id}.v3.cwasm"), &third));
        let better = better.map_or("None".to_owned(), |code| format!("Some({code})"));
        let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        writeln!(
            table,
            "Bundled {{ id: {id:?}, wasm: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{id}.wasm\")), \
             native: {native}, better: {better}, sha256: {digest:?}, kind: {kind:?}, in_place: OnceLock::new() }},"
        )
        .unwrap();
    }
    table.push_str("];\n");
    std::fs::write(out.join("bundled.rs"), table).unwrap();
}
