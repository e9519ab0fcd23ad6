//! Components around hand-written core modules, put together as any toolchain would.

use trcaa_runtime::{CallContext, Detector, Engine, Extractor, Fault};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::load;

/// What hand-made components tighten, for loops to end soon.
const LIMITS: &str = "cpu_ms_max = 100";

/// A component of `world` (such as `pii/pii-detector`) around a core module in text form.
fn component(world: &str, kind: &str, core: &str) -> Vec<u8> {
    component_with(world, kind, core, LIMITS)
}

/// As [`component`], with these limits in its manifest.
pub(super) fn component_with(world: &str, kind: &str, core: &str, limits: &str) -> Vec<u8> {
    let (package, name) = world.split_once('/').unwrap();
    let mut resolve = Resolve::default();
    let wit = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    let mut push = |package: &str| {
        let file = wit.join(package).join(format!("{package}.wit"));
        let text = std::fs::read_to_string(&file).unwrap();
        resolve.push_str(&file, &text).unwrap()
    };
    push("types");
    push("host");
    let package_id = push(package);
    let selected = resolve.select_world(&[package_id], Some(name)).unwrap();
    let mut module = wat::parse_str(core).unwrap();
    embed_component_metadata(&mut module, &resolve, selected, StringEncoding::UTF8).unwrap();
    let mut bytes = ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap();
    let manifest = format!(
        "id = 'hand-made'\nversion = '1.2.3'\nkind = '{kind}'\nworld = 'trcaa:{world}@0.1.0'\ndescription = 'x'\n\
         [limits]\n{limits}\n"
    );
    let section = "trcaa:manifest";
    let mut body = vec![u8::try_from(section.len()).unwrap()];
    body.extend(section.bytes());
    body.extend(manifest.bytes());
    // The length as LEB128 of two bytes.
    let length = body.len();
    assert!((0x80..0x4000).contains(&length));
    bytes.extend([0, u8::try_from(length & 0x7f).unwrap() | 0x80, u8::try_from(length >> 7).unwrap()]);
    bytes.extend(body);
    bytes
}

/// A detector whose `detect` has this body; address 16 is a result of no lists, unless the body writes there.
fn detector_with(memory: &str, detect: &str, rest: &str, limits: &str) -> Vec<u8> {
    let core = format!(
        "(module
           (import \"trcaa:host/log@0.1.1\" \"emit\" (func $log (param i32 i32 i32 i32 i32)))
           (memory (export \"memory\") {memory})
           (table $t 1 funcref)
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) i32.const 65536)
           (func (export \"trcaa:pii/detector@0.1.0#describe\") (result i32) i32.const 16)
           (func (export \"trcaa:pii/detector@0.1.0#labels\") (result i32) i32.const 16)
           (func (export \"trcaa:pii/detector@0.1.0#detect\")
             (param i32 i32 i32 i32 i32 i32 f32 i32 i32) (result i32) {detect} i32.const 16)
           {rest})"
    );
    component_with("pii/pii-detector", "pii-detector", &core, limits)
}

fn detect(memory: &str, body: &str, rest: &str) -> Result<(), Fault> {
    detected(&[], &detector_with(memory, body, rest, LIMITS))
}

/// What becomes of `texts` in a detector with this body and these limits.
pub(super) fn detect_in(texts: &[String], memory: &str, body: &str, limits: &str) -> Result<(), Fault> {
    detected(texts, &detector_with(memory, body, "", limits))
}

fn detected(texts: &[String], component: &[u8]) -> Result<(), Fault> {
    let engine = Engine::new().unwrap();
    let plugin = load(&engine, component);
    let detector = Detector::new(&plugin, Default::default()).unwrap();
    let outcome = detector.detect(texts);
    // The host and other plugins are unharmed, whatever this one did.
    let base = trcaa_runtime::load_bundled(&engine, "pii-base").unwrap();
    let base = Detector::new(&base, Default::default()).unwrap();
    assert_eq!(base.detect(&["mail ada@example.org".to_owned()]).unwrap()[0].len(), 1);
    outcome.map(|_| ()).map_err(|error| {
        assert_eq!((error.plugin.as_str(), error.version.as_str()), ("hand-made", "1.2.3"));
        error.fault
    })
}

#[test]
fn memory_ends_exactly_at_the_limit() {
    let grow =
        |pages: u32, or: &str| format!("(if (i32.eq (memory.grow (i32.const {pages})) (i32.const -1)) (then {or}))");
    // 64 MiB are 1,024 pages, and two are there from the start.
    assert_eq!(detect("2", &grow(1022, "unreachable"), ""), Ok(()));
    assert_eq!(detect("2", &grow(1023, "unreachable"), ""), Err(Fault::MemoryLimit { limit_bytes: 64 << 20 }));
    assert_eq!(detect("2", &grow(1023, ""), ""), Ok(()), "who lives with less may");
    assert_eq!(detect("1024", "", ""), Ok(()));
    assert_eq!(detect("1025", "", ""), Err(Fault::MemoryLimit { limit_bytes: 64 << 20 }));
}

#[test]
fn tables_end_exactly_at_the_limit() {
    let grow = |count: u32, failed: &str| {
        format!(
            "(if (i32.{failed} (table.grow $t (ref.null func) (i32.const {count})) (i32.const -1)) (then unreachable))"
        )
    };
    assert_eq!(detect("2", &grow(99_999, "eq"), ""), Ok(()));
    assert_eq!(detect("2", &grow(100_000, "ne"), ""), Ok(()), "one more is refused, and that is all");
    assert_eq!(detect("2", &(grow(99_999, "eq") + &grow(1, "ne")), ""), Ok(()));
}

#[test]
fn a_component_of_too_many_parts_is_refused_before_it_runs() {
    let engine = Engine::new().unwrap();
    let refused = |parts: String| {
        let manifest = "id='many-parts'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n";
        let text = format!(
            "(component (@custom \"trcaa:manifest\" \"{manifest}\") {parts} (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
        );
        let bytes = wat::parse_str(text).unwrap();
        trcaa_runtime::Plugin::load(&engine, "x", &bytes, trcaa_runtime::Source::Bundled, None).is_err()
    };
    let instances = |count: usize, inside: &str| {
        format!("(core module $m {inside}) {}", "(core instance (instantiate $m))".repeat(count))
    };
    assert!(!refused(instances(16, "")) && refused(instances(17, "")));
    assert!(!refused(instances(4, "(memory 1)")) && refused(instances(5, "(memory 1)")));
    assert!(!refused(instances(1, "(memory 1)")) && refused(instances(1, "(memory 1) (memory 1)")));
    assert!(!refused(instances(16, "(table 1 funcref)")) && refused(instances(17, "(table 1 funcref)")));
}

#[test]
fn loops_and_recursion_end_wherever_they_are() {
    assert_eq!(detect("2", "(loop (br 0))", ""), Err(Fault::CpuLimit { limit_ms: 100 }));
    let start = "(func $begin (loop (br 0))) (start $begin)";
    assert_eq!(detect("2", "", start), Err(Fault::CpuLimit { limit_ms: 100 }), "before the first call");
    assert!(matches!(detect("2", "call $deep", "(func $deep call $deep)"), Err(Fault::Trapped(_))));
    assert!(matches!(detect("2", "unreachable", ""), Err(Fault::Trapped(_))));
}

#[test]
fn lies_about_lengths_and_places_are_faults() {
    // Address 16: the case; 24 (an error holds 64 bits, so both cases are aligned for them): where the list is; 28: how long.
    let list = |at: u32, length: u32| {
        format!("(i32.store (i32.const 24) (i32.const {at})) (i32.store (i32.const 28) (i32.const {length}))")
    };
    for (at, length) in [(0, u32::MAX), (u32::MAX - 3, 1), (131_072, 1), (4, 0x2000_0000), (1, 1)] {
        assert!(matches!(detect("2", &list(at, length), ""), Err(Fault::Trapped(_))), "{length} at {at}");
    }
    // Eight million empty lists are there to be read: 64 MiB, and far more than the input allows.
    assert_eq!(detect("1024", &list(65_536, 8_000_000), ""), Err(Fault::OutputLimit { limit_bytes: 1 << 20 }));
    let case = "(i32.store (i32.const 16) (i32.const 7))";
    assert!(matches!(detect("2", case, ""), Err(Fault::Trapped(_))), "no such case");
}

/// An extractor whose `extract` has this body; parameter 4 is the handle of its output.
fn extract(body: &str) -> Result<String, Fault> {
    extract_in("2", body)
}

/// As [`extract`], with this memory.
pub(super) fn extract_in(memory: &str, body: &str) -> Result<String, Fault> {
    let core = format!(
        "(module
           (import \"trcaa:extract/io@0.1.0\" \"[method]output.write\" (func $write (param i32 i32 i32 i32)))
           (import \"trcaa:extract/io@0.1.0\" \"[resource-drop]output\" (func $drop (param i32)))
           (memory (export \"memory\") {memory})
           (data (i32.const 8) \"text\")
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) i32.const 65536)
           (func (export \"trcaa:extract/extractor@0.1.0#describe\") (result i32) i32.const 16)
           (func (export \"trcaa:extract/extractor@0.1.0#formats\") (result i32) i32.const 16)
           (func (export \"trcaa:extract/extractor@0.1.0#extract\")
             (param i32 i32 i32 i32 i32) (result i32) {body} i32.const 16))"
    );
    let engine = Engine::new().unwrap();
    let plugin = load(&engine, &component("extract/text-extractor", "text-extractor", &core));
    let extractor = Extractor::new(&plugin, std::sync::Arc::new(CallContext::default())).unwrap();
    let text = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let into = std::sync::Arc::clone(&text);
    let outcome = extractor.extract("x", b"y", move |piece| into.lock().unwrap().push_str(piece));
    outcome.map_err(|e| e.fault)?;
    Ok(text.lock().unwrap().clone())
}

const WRITE: &str = "(call $write (local.get 4) (i32.const 8) (i32.const 4) (i32.const 64))";
const DROP: &str = "(call $drop (local.get 4))";

#[test]
fn a_resource_is_used_only_while_it_is_lent() {
    assert_eq!(extract(&format!("{WRITE} {DROP}")), Ok("text".into()));
    for (why, body) in [
        ("used after it was given back", format!("{DROP} {WRITE}")),
        ("given back twice", format!("{DROP} {DROP}")),
        ("kept", WRITE.to_owned()),
        ("never lent", format!("(call $write (i32.const 7) (i32.const 8) (i32.const 4) (i32.const 64)) {DROP}")),
        ("no handle at all", format!("(call $drop (i32.const -1)) {DROP}")),
        (
            "given from beyond memory",
            format!("(call $write (local.get 4) (i32.const -8) (i32.const 64) (i32.const 64)) {DROP}"),
        ),
    ] {
        assert!(matches!(extract(&body), Err(Fault::Trapped(_))), "{why}: {:?}", extract(&body));
    }
}

#[test]
fn what_is_no_plugin_of_this_host_is_refused_before_it_runs() {
    let engine = Engine::new().unwrap();
    let good = detector_with("2", "", "", LIMITS);
    let refusal = |bytes: &[u8]| {
        trcaa_runtime::Plugin::load(&engine, "x.wasm", bytes, trcaa_runtime::Source::DropIn("x.wasm".into()), None)
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    };
    assert_eq!(refusal(&good), "");
    let replaced = |from: &[u8], to: &[u8]| {
        assert_eq!(from.len(), to.len());
        let mut bytes = good.clone();
        let found: Vec<usize> =
            bytes.windows(from.len()).enumerate().filter(|(_, w)| *w == from).map(|(i, _)| i).collect();
        assert!(!found.is_empty());
        found.iter().for_each(|at| bytes[*at..*at + to.len()].copy_from_slice(to));
        bytes
    };
    assert!(refusal(b"\0asm\x01\0\0\0").contains("core module"));
    assert!(refusal(&good[..good.len() / 2]).contains("x.wasm"));
    assert!(refusal(&replaced(b"kind = 'pii-detector'", b"kind = 'pii-detectox'")).contains("kind"));
    assert!(
        refusal(&replaced(b"trcaa:pii/detector@0.1.0", b"trcaa:pii/detector@0.2.0"))
            .contains("needs host \u{2265} 0.2.0")
    );
    let wrong_world = component(
        "pii/pii-detector",
        "document-renderer",
        "(module (memory (export \"memory\") 1)
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) i32.const 8)
           (func (export \"trcaa:pii/detector@0.1.0#describe\") (result i32) i32.const 16)
           (func (export \"trcaa:pii/detector@0.1.0#labels\") (result i32) i32.const 16)
           (func (export \"trcaa:pii/detector@0.1.0#detect\")
             (param i32 i32 i32 i32 i32 i32 f32 i32 i32) (result i32) i32.const 16))",
    );
    assert!(refusal(&wrong_world).contains("world"), "{}", refusal(&wrong_world));
}
