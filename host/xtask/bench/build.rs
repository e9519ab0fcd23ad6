//! Builds the guests of both sides with one profile, each for the target that its kit names.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

include!("../../runtime/guest_build.rs");

/// What Extism's kit for Rust is built for.
const EXTISM_TARGET: &str = "wasm32-unknown-unknown";

fn main() {
    let workspace = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    for path in
        ["guests", "build.rs", "Cargo.lock", "../../../plugins/sdk/src", "../../../wit", "../../runtime/guest_build.rs"]
    {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    let built = build_guests(&workspace, &["-p", "bench-guests", "--examples"]).unwrap_or_else(|e| panic!("{e}"));
    let guests = built.iter().map(|(name, file)| (name.replace('-', "_").to_uppercase(), file.clone()));
    let peer = ("EXTISM_GUEST".to_owned(), extism_guest(&workspace));
    let text: String = guests
        .chain([peer])
        .map(|(name, file)| format!("pub(crate) const {name}: &[u8] = include_bytes!({file:?});\n"))
        .collect();
    std::fs::write(PathBuf::from(std::env::var_os("OUT_DIR").unwrap()).join("guests.rs"), text).unwrap();
}

fn extism_guest(workspace: &Path) -> PathBuf {
    let target_dir = guest_target_dir(workspace);
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace)
        .args(["build", "--locked", "--profile", "guest", "--target", EXTISM_TARGET, "-p", "bench-extism-guest"])
        .arg("--target-dir")
        .arg(&target_dir)
        .stdout(Stdio::null());
    for name in
        ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "CARGO_BUILD_TARGET"]
    {
        command.env_remove(name);
    }
    let status = command.status().unwrap_or_else(|e| panic!("starting cargo for the peer's guest: {e}"));
    assert!(
        status.success(),
        "building the peer's guest failed; is the target there? (rustup target add {EXTISM_TARGET})"
    );
    target_dir.join(EXTISM_TARGET).join("guest/bench_extism_guest.wasm")
}
