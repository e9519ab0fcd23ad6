//! The layout is a promise: which crate may know which, checked over `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may depend on whom, as host/ARCHITECTURE.md has it. Development dependencies are free.
const EDGES: [(&str, &[&str]); 21] = [
    ("trcaa", &["trcaa-app", "trcaa-model"]),
    (
        "trcaa-app",
        &["trcaa-store", "trcaa-net", "trcaa-runtime", "trcaa-shell", "trcaa-mcp", "trcaa-redact", "trcaa-model"],
    ),
    ("trcaa-store", &["trcaa-model"]),
    ("trcaa-net", &["trcaa-model"]),
    ("trcaa-runtime", &["trcaa-model"]),
    ("trcaa-shell", &["trcaa-model"]),
    ("trcaa-mcp", &["trcaa-model"]),
    ("trcaa-redact", &["trcaa-model"]),
    ("trcaa-model", &[]),
    ("trcaa-sdk", &[]),
    ("ai-openai", &["trcaa-sdk"]),
    ("pii-scan", &[]),
    ("pii-base", &["trcaa-sdk", "pii-scan"]),
    ("pii-names", &["trcaa-sdk"]),
    ("pii-secrets", &["trcaa-sdk", "pii-scan"]),
    ("offline-analyst", &["trcaa-sdk"]),
    ("extract-text", &["trcaa-sdk"]),
    ("render-html", &["trcaa-sdk"]),
    ("render-markdown", &["trcaa-sdk"]),
    ("tests", &["trcaa-sdk"]),
    ("xtask", &[]),
];

/// Libraries that belong to one crate: nobody else opens a database, a socket or a sandbox.
const KEEPERS: [(&str, &str); 5] = [
    ("rusqlite", "trcaa-store"),
    ("reqwest", "trcaa-net"),
    ("wasmtime", "trcaa-runtime"),
    ("brush-parser", "trcaa-shell"),
    ("clap", "trcaa"),
];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .unwrap();
    let mut all = BTreeMap::new();
    for package in metadata.packages {
        let wanted = package.dependencies.iter().filter(|d| d.kind != DependencyKind::Development);
        all.insert(package.name.to_string(), wanted.map(|d| d.name.clone()).collect());
    }
    all
}

#[test]
fn crates_know_only_whom_the_architecture_lets_them_know() {
    let all = dependencies();
    let ours: BTreeSet<&String> = all.keys().collect();
    assert_eq!(ours.len(), EDGES.len(), "a crate is missing from the table of edges: {ours:?}");
    for (name, allowed) in EDGES {
        let found = all.get(name).unwrap_or_else(|| panic!("there is no crate {name}"));
        for dependency in found.iter().filter(|d| ours.contains(d)) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not know {dependency}");
        }
    }
}

#[test]
fn each_library_of_the_outside_world_has_one_keeper() {
    for (name, found) in dependencies() {
        for (library, keeper) in KEEPERS {
            assert!(!found.contains(library) || name == keeper, "{name} uses {library}, which belongs to {keeper}");
        }
    }
    let sdk = &dependencies()["trcaa-sdk"];
    assert_eq!(sdk.iter().collect::<Vec<_>>(), ["wit-bindgen"]);
}

/// What makes text one that may leave, and the only files that may do it: each looks first, or has a reason that its
/// line gives. The guard's own tests are free.
const DOORS: [(&str, &[&str]); 4] = [
    ("Redacted::from_guard(", &["model/src/guard.rs", "net/tests", "redact/src/guard.rs"]),
    (
        "Guard::pass(",
        &[
            "app/src/document/tests.rs",
            "app/src/egress/scan.rs",
            "app/src/export_rows/guarded.rs",
            "app/src/kit/subject.rs",
            "app/src/redaction/guard.rs",
            "net/benches",
            "redact",
        ],
    ),
    ("Guard::pass_local(", &["app/src/egress/scan.rs", "app/src/redaction/guard.rs"]),
    // Text of a person or a log would become words of the program's own.
    (".leak()", &[]),
];

#[test]
fn only_the_guard_declares_text_redacted() {
    // The lint does the same, but a lint can be allowed in a line that nobody reads.
    let host = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut used = vec![0; DOORS.len()];
    let mut folders = vec![host.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let name = path.strip_prefix(host).unwrap();
                for ((door, allowed), used) in DOORS.iter().zip(&mut used) {
                    if text.contains(door) {
                        *used += 1;
                        assert!(allowed.iter().any(|a| name.starts_with(a)), "{} calls {door}", name.display());
                    }
                }
            }
        }
    }
    assert!(used[..3].iter().all(|n| *n >= 2), "the doors were renamed: {used:?}");
}
