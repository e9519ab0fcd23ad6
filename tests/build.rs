//! Builds the guests of the tests.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::fmt::Write as _;

include!("../host/runtime/guest_build.rs");

fn main() {
    println!("cargo::rerun-if-env-changed=TRCAA_BUILDING_GUESTS");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    if std::env::var_os("TRCAA_BUILDING_GUESTS").is_some() {
        return;
    }
    let workspace = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_path_buf();
    for path in ["tests/guests", "tests/build.rs", "plugins/sdk/src", "wit", "host/runtime/guest_build.rs"] {
        println!("cargo::rerun-if-changed={}", workspace.join(path).display());
    }
    let built = build_guests(&workspace, &["-p", "tests", "--examples"]).unwrap_or_else(|e| panic!("{e}"));
    let mut text = String::new();
    let mut names = String::new();
    for (name, file) in &built {
        let name = name.replace('-', "_");
        writeln!(
            text,
            "/// Bytes of the guest of this name.\npub const {}: &[u8] = include_bytes!({file:?});",
            name.to_uppercase()
        )
        .unwrap();
        write!(names, "$check!({name}); ").unwrap();
    }
    // A guest without a test does not compile: the tests give a macro that names a test module for each.
    writeln!(text, "/// Expands `$check!(name);` for every guest.\n#[macro_export]\nmacro_rules! foreach_guest {{ ($check:ident) => {{ {names} }}; }}").unwrap();
    std::fs::write(out.join("guests.rs"), text).unwrap();
}
