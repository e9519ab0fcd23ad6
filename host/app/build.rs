//! Puts the sources of the SDK and the WIT into the program, for `trcaa plugin new` and `build`: the SDK is in no
//! registry, and an author has nothing of ours but the binary.
//!
//! The manifest of the SDK inherits from the workspace, which an author does not have: it is written anew here, out of
//! the same files. The lock holds what the SDK needs at the versions that it was tested with.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

/// Crates that the templates use beside the SDK.
const TEMPLATES_USE: [&str; 2] = ["serde_json", "serde"];

fn main() {
    let workspace =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).ancestors().nth(2).unwrap().to_owned();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    for part in ["plugins/sdk", "wit", "Cargo.toml", "Cargo.lock"] {
        println!("cargo::rerun-if-changed={}", workspace.join(part).display());
    }
    println!("cargo::rerun-if-changed=build.rs");
    let read = |name: &str| std::fs::read_to_string(workspace.join(name)).unwrap().parse::<Table>().unwrap();
    let (root, lock) = (read("Cargo.toml"), read("Cargo.lock"));

    let sdk_manifest = out.join("sdk-Cargo.toml");
    std::fs::write(&sdk_manifest, manifest(&root, &read("plugins/sdk/Cargo.toml"))).unwrap();
    std::fs::write(out.join("sdk.lock"), locked(&lock)).unwrap();

    let mut files = Vec::new();
    list(&workspace.join("plugins/sdk"), &mut files);
    list(&workspace.join("wit"), &mut files);
    files.sort();
    let mut table = String::from("pub(super) static FILES: &[(&str, &[u8])] = &[\n");
    for file in files {
        let name = file.strip_prefix(&workspace).unwrap().to_str().unwrap().replace('\\', "/");
        let source = if name == "plugins/sdk/Cargo.toml" { &sdk_manifest } else { &file };
        writeln!(table, "    ({name:?}, include_bytes!({source:?})),").unwrap();
    }
    table.push_str("];\n");
    std::fs::write(out.join("sdk_files.rs"), table).unwrap();
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kept = ["rs", "wit", "md", "toml"].iter().any(|e| path.extension().is_some_and(|x| x == *e));
        // An author has no use for the tests of the SDK.
        if path.is_dir() && !path.ends_with("tests") {
            list(&path, files);
        } else if kept {
            files.push(path);
        }
    }
}

/// What the SDK's manifest says, with what it inherits written out.
fn manifest(root: &Table, sdk: &Table) -> String {
    let inherited = |section: &str, name: &str| root["workspace"][section][name].clone();
    let is_inherited = |value: &Value| value.get("workspace").and_then(Value::as_bool) == Some(true);
    let mut whole = Table::new();
    for section in ["package", "dependencies"] {
        let mut filled = Table::new();
        for (name, value) in sdk[section].as_table().unwrap() {
            let value = if is_inherited(value) { inherited(section, name) } else { value.clone() };
            filled.insert(name.clone(), value);
        }
        whole.insert(section.into(), Value::Table(filled));
    }
    whole.insert("workspace".into(), Value::Table(Table::new()));
    toml::to_string(&whole).unwrap()
}

/// The part of the workspace's lock that the SDK and the templates reach.
fn locked(lock: &Table) -> String {
    let packages = lock["package"].as_array().unwrap();
    let text = |package: &Value, field: &str| package.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut wanted: Vec<String> = TEMPLATES_USE.iter().map(|name| (*name).to_owned()).collect();
    wanted.push("trcaa-sdk".into());
    let mut kept = BTreeSet::new();
    while let Some(name) = wanted.pop() {
        // `name`, or `name version` where there is more than one.
        let (name, version) = name.split_once(' ').map_or((name.as_str(), None), |(n, v)| (n, Some(v)));
        let found = packages
            .iter()
            .position(|p| text(p, "name") == name && version.is_none_or(|v| text(p, "version") == v))
            .unwrap_or_else(|| panic!("{name} is not in Cargo.lock"));
        if kept.insert(found) {
            let needs = packages[found].get("dependencies").and_then(Value::as_array);
            wanted.extend(needs.into_iter().flatten().map(|d| d.as_str().unwrap().to_owned()));
        }
    }
    let list: Vec<Value> = kept.into_iter().map(|at| packages[at].clone()).collect();
    let mut whole = Table::new();
    whole.insert("package".into(), Value::Array(list));
    toml::to_string(&whole).unwrap()
}
