//! The WIT rules (wit/README.md), held: what was published stays as it was, and a package only grows.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use semver::Version;
use wit_parser::{FunctionKind, Handle, PackageId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey};

/// Packages in the order of their dependencies.
const PACKAGES: [&str; 7] = ["types", "host", "ai", "extract", "integration", "pii", "render"];

/// What a package consists of: `interface/function` and the like, with its whole shape. Versions of other packages are
/// left out: they have rules of their own.
type Shape = BTreeMap<String, String>;

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

fn push(resolve: &mut Resolve, folder: &Path) -> PackageId {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "wit"));
    let [file] = files.as_slice() else { panic!("{} holds one file", folder.display()) };
    let text = std::fs::read_to_string(file).unwrap();
    resolve.push_str(file, &text).unwrap_or_else(|e| panic!("{}: {e:?}", file.display()))
}

fn type_text(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Id(id) => named(resolve, *id).unwrap_or_else(|| kind_text(resolve, *id)),
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn named(resolve: &Resolve, id: TypeId) -> Option<String> {
    let def = &resolve.types[id];
    let name = def.name.as_ref()?;
    let TypeOwner::Interface(owner) = def.owner else { return Some(name.clone()) };
    let interface = &resolve.interfaces[owner];
    let package = interface.package.map(|p| resolve.packages[p].name.name.clone()).unwrap_or_default();
    Some(format!("{package}/{}.{name}", interface.name.as_deref().unwrap_or_default()))
}

fn kind_text(resolve: &Resolve, id: TypeId) -> String {
    let text = |ty: &Type| type_text(resolve, ty);
    let maybe = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), text);
    let list = |parts: Vec<String>| parts.join(", ");
    match &resolve.types[id].kind {
        TypeDefKind::Record(r) => {
            format!("record {{{}}}", list(r.fields.iter().map(|f| format!("{}: {}", f.name, text(&f.ty))).collect()))
        }
        TypeDefKind::Variant(v) => {
            let case = |c: &wit_parser::Case| format!("{}({})", c.name, maybe(&c.ty));
            format!("variant {{{}}}", list(v.cases.iter().map(case).collect()))
        }
        TypeDefKind::Enum(e) => format!("enum {{{}}}", list(e.cases.iter().map(|c| c.name.clone()).collect())),
        TypeDefKind::Flags(f) => format!("flags {{{}}}", list(f.flags.iter().map(|f| f.name.clone()).collect())),
        TypeDefKind::Resource => "resource".into(),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", named(resolve, *id).unwrap()),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", named(resolve, *id).unwrap()),
        TypeDefKind::Tuple(t) => format!("tuple<{}>", list(t.types.iter().map(text).collect())),
        TypeDefKind::Option(ty) => format!("option<{}>", text(ty)),
        TypeDefKind::Result(r) => format!("result<{}, {}>", maybe(&r.ok), maybe(&r.err)),
        TypeDefKind::List(ty) => format!("list<{}>", text(ty)),
        TypeDefKind::Type(ty) => format!("= {}", text(ty)),
        other => panic!("this test has to learn about {other:?}"),
    }
}

fn shape(resolve: &Resolve, package: PackageId) -> Shape {
    let mut shape = Shape::new();
    let package = &resolve.packages[package];
    for (name, id) in &package.interfaces {
        let interface = &resolve.interfaces[*id];
        shape.insert(format!("interface {name}"), String::new());
        for (type_name, id) in &interface.types {
            shape.insert(format!("type {name}.{type_name}"), kind_text(resolve, *id));
        }
        for (function_name, function) in &interface.functions {
            assert!(!matches!(function.kind, FunctionKind::AsyncFreestanding), "calls are synchronous");
            let param = |p: &wit_parser::Param| format!("{}: {}", p.name, type_text(resolve, &p.ty));
            let params: Vec<String> = function.params.iter().map(param).collect();
            let result = function.result.as_ref().map_or_else(String::new, |ty| type_text(resolve, ty));
            shape.insert(format!("function {name}.{function_name}"), format!("({}) -> {result}", params.join(", ")));
        }
    }
    for (name, id) in &package.worlds {
        let world = &resolve.worlds[*id];
        shape.insert(format!("world {name}"), String::new());
        for (what, items) in [("imports", &world.imports), ("exports", &world.exports)] {
            for (key, item) in items {
                assert!(matches!(item, WorldItem::Interface { .. }), "worlds have interfaces only");
                let WorldKey::Interface(id) = key else { panic!("interfaces of worlds have names") };
                let interface = &resolve.interfaces[*id];
                let of = resolve.packages[interface.package.unwrap()].name.name.clone();
                shape.insert(format!("{what} of {name}: {of}/{}", interface.name.as_deref().unwrap()), String::new());
            }
        }
    }
    shape
}

/// What breaks a guest that was built against `frozen`.
fn breaks(frozen: (&Version, &Shape), now: (&Version, &Shape)) -> Vec<String> {
    let mut found = Vec::new();
    for (item, was) in frozen.1 {
        match now.1.get(item) {
            None => found.push(format!("{item} is gone")),
            Some(is) if is != was => found.push(format!("{item} was {was} and is {is}")),
            Some(_) => {}
        }
    }
    for item in now.1.keys().filter(|item| !frozen.1.contains_key(*item)) {
        if item.starts_with("exports of") && frozen.1.contains_key(&world_of(item)) {
            found.push(format!("{item} is asked of guests that do not have it"));
        } else if item.starts_with("imports of") && item.contains(": host/") {
            // A world follows the host's package (rule 5): who uses the interface imports it in its own version.
        } else if frozen.0 == now.0 {
            found.push(format!("{item} is new, and the version is still {}", now.0));
        }
    }
    found
}

fn world_of(item: &str) -> String {
    let name = item.split(' ').nth(2).unwrap_or_default().trim_end_matches(':');
    format!("world {name}")
}

fn same_line(a: &Version, b: &Version) -> bool {
    (a.major, a.minor) == (b.major, b.minor)
}

#[test]
fn published_packages_stay_as_they_were_and_only_grow() {
    let (mut now, mut frozen) = (Resolve::default(), Resolve::default());
    let mut compared = 0;
    for name in PACKAGES {
        let package = push(&mut now, &wit().join(name));
        let version = now.packages[package].name.version.clone().unwrap();
        let folder = wit().join("frozen").join(name);
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let old = push(&mut frozen, &path);
            let old_version = frozen.packages[old].name.version.clone().unwrap();
            assert_eq!(path.file_name().unwrap().to_str().unwrap(), old_version.to_string(), "{}", path.display());
            if same_line(&old_version, &version) {
                assert!(old_version <= version, "{name} went back from {old_version} to {version}");
                let found = breaks((&old_version, &shape(&frozen, old)), (&version, &shape(&now, package)));
                assert!(found.is_empty(), "trcaa:{name} {version} against {old_version}: {}", found.join("; "));
                compared += 1;
            }
        }
    }
    assert!(compared >= PACKAGES.len(), "every package has a frozen copy of its line");
}

#[test]
fn every_way_to_break_a_guest_is_found() {
    let of = |text: &str| {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("x.wit", text).unwrap();
        (resolve.packages[package].name.version.clone().unwrap(), shape(&resolve, package))
    };
    let text = |version: &str, body: &str, world: &str| {
        format!("package trcaa:x@{version};\ninterface i {{ {body} }}\nworld w {{ {world} }}")
    };
    let base = "record r { a: u32 } variant v { a, b(r) } enum e { a } f: func(x: v) -> result<e>;";
    let frozen = of(&text("0.1.0", base, "export i;"));
    let judge = |version: &str, body: &str, world: &str| {
        let now = of(&text(version, body, world));
        breaks((&frozen.0, &frozen.1), (&now.0, &now.1))
    };
    assert!(judge("0.1.0", base, "export i;").is_empty());
    assert!(judge("0.1.1", &format!("{base} g: func();"), "export i;").is_empty(), "a new function");
    assert!(!judge("0.1.0", &format!("{base} g: func();"), "export i;").is_empty(), "without a new version");
    for (from, to) in [
        ("a: u32 }", "a: u32, b: u8 }"),
        ("b(r) }", "b(r), c }"),
        ("enum e { a }", "enum e { a, b }"),
        ("f: func(x: v)", "f: func(x: v, y: u8)"),
        ("f: func(x: v)", "f: func(y: v)"),
        ("result<e>", "result<e, string>"),
        ("f: func(x: v) -> result<e>;", ""),
        ("a: u32 }", "a: u64 }"),
    ] {
        assert!(!judge("0.1.1", &base.replace(from, to), "export i;").is_empty(), "{from} to {to}");
    }
    assert!(!judge("0.1.1", base, "").is_empty(), "an export less");
    assert!(!judge("0.1.1", base, "import i; export i;").iter().any(|b| b.contains("exports")));
}

#[test]
fn the_host_says_that_it_serves_what_is_in_wit() {
    let mut now = Resolve::default();
    for name in PACKAGES {
        let package = push(&mut now, &wit().join(name));
        let version = now.packages[package].name.version.clone().unwrap();
        assert_eq!(trcaa_runtime::served_version(name), Some(version), "{name}");
    }
}
