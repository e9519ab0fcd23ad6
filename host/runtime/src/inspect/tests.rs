//! Components that lie, break off, nest, repeat and shout: one sentence each, in bounded time and memory.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use proptest::prelude::*;
use wasm_encoder::{Component, CustomSection, NestedComponentSection};
use wasmparser::{Parser, Payload};

use super::*;
use crate::Engine;
use crate::bundled;

const MANIFEST: &str =
    "id='x-y'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n";
const DETECTOR: &str = "(instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i))";

fn custom(name: &str, data: &str) -> String {
    format!("(@custom \"{name}\" \"{data}\")")
}

/// What a component with this manifest, otherwise a detector, is refused for.
fn refusal_of_manifest(manifest: &str) -> String {
    refusal(&format!("(component {} {DETECTOR})", custom(MANIFEST_SECTION, manifest)))
}

/// A detector with something more in it.
fn refusal_with(inside: &str) -> String {
    refusal(&format!("(component {} {inside} {DETECTOR})", custom(MANIFEST_SECTION, MANIFEST)))
}

fn refusal(wat: &str) -> String {
    said(&wat::parse_str(wat).unwrap_or_else(|e| panic!("{wat}: {e}")))
}

/// What inspection says; looks at the form of every refusal.
fn said(bytes: &[u8]) -> String {
    match inspect(bytes) {
        Ok(_) => "accepted".into(),
        Err(sentence) => {
            assert_sentence(&sentence);
            sentence
        }
    }
}

#[track_caller]
fn assert_sentence(text: &str) {
    let plain = !text.is_empty() && text.chars().count() <= 1_000;
    assert!(plain && !text.chars().any(|c| c.is_control() || trcaa_model::hidden::is_hidden(c)), "{text:?}");
}

#[test]
fn what_is_no_plugin_is_refused_in_one_sentence() {
    assert_eq!(refusal_with(""), "accepted");
    let twice = custom(MANIFEST_SECTION, MANIFEST);
    for (wat, part) in [
        ("(module)".to_owned(), "core module"),
        ("(component)".to_owned(), "no manifest"),
        (format!("(component {twice} {twice})"), "more than one"),
        (format!("(component {twice} (core module {twice}))"), "more than one"),
        (format!("(component {twice})"), "does not export trcaa:pii/detector"),
    ] {
        let said = refusal(&wat);
        assert!(said.contains(part), "{wat}: {said}");
    }
    for (import, part) in [
        ("wasi:sockets/tcp@0.2.0", "imports wasi:sockets/tcp@0.2.0"),
        ("wasi:filesystem/types@0.2.0", "imports wasi:filesystem"),
        ("wasi:http/outgoing-handler@0.2.0", "imports wasi:http"),
        ("trcaa:host/http@0.1.0", "kind pii-detector does not get"),
        ("shell", "imports shell"),
        (
            "trcaa:host/log@0.9.0",
            "needs host \u{2265} 0.9.0: trcaa:host/log@0.9.0; this host serves 0.1.1, so update trcaa",
        ),
        ("trcaa:host/log@1.1.0", "needs host \u{2265} 1.1.0: trcaa:host/log@1.1.0"),
        ("trcaa:host/log@0.0.9", "build it anew against that version"),
        ("trcaa:host/log@0.1.0-rc.1", "build it anew"),
        ("trcaa:host/log", "version can't be read"),
        ("trcaa:host/shell@0.1.0", "trcaa:host/shell@0.1.0, an interface that this host"),
        ("trcaa:shell/run@0.1.0", "trcaa:shell/run@0.1.0, an interface that this host"),
        ("trcaa:host/log@0.1.7", "needs host \u{2265} 0.1.7: trcaa:host/log@0.1.7"),
    ] {
        let said = refusal_with(&format!("(import \"{import}\" (instance))"));
        assert!(said.contains(part), "{import}: {said}");
    }
}

#[test]
fn a_manifest_that_lies_is_refused() {
    for (from, to, part) in [
        ("pii-detector'", "document-renderer'", "is not a world of this kind"),
        ("kind='pii-detector'", "kind='detector'", "detector"),
        ("trcaa:pii/pii-detector@0.1.0", "trcaa:render/document-renderer@0.1.0", "is not a world of this kind"),
        ("@0.1.0", "@0.7.0", "needs host \u{2265} 0.7.0: trcaa:pii/pii-detector@0.7.0"),
        ("@0.1.0", "@0.0.1", "build it anew"),
        ("@0.1.0", "", "is not a world"),
        ("@0.1.0", "@", "can't be read"),
        ("@0.1.0", "@0.1", "can't be read"),
        ("@0.1.0", "@0.1.0.0", "can't be read"),
        ("@0.1.0", "@00.1.0", "can't be read"),
        ("id='x-y'", "id='x-y'\\nid='x-z'", "duplicate"),
        ("id='x-y'", "id='x-y'\\n[[shell]]\\ncommand='ls'", "needs a newer host or is misspelt"),
        ("id='x-y'", "id='x-y'\\n\\\"a\\\\u001b\\\\u202eb\\\"=1", "which this host does not know"),
        ("id='x-y'", "id='\\1b[2J'", "id"),
        ("id='x-y'", "id='\\ff'", "UTF-8"),
    ] {
        let manifest = MANIFEST.replacen(from, to, 1);
        assert_ne!(manifest, MANIFEST, "{from}");
        let said = refusal_of_manifest(&manifest);
        assert!(said.contains(part), "{from} -> {to}: {said}");
    }
    let provider = MANIFEST
        .replace("pii-detector'", "ai-provider'")
        .replace("trcaa:pii/pii-detector", "trcaa:ai/ai-provider-with-embeddings");
    let manifest = provider.replace("world='trcaa:pii/ai-provider@", "world='trcaa:ai/ai-provider-with-embeddings@");
    let export = "(instance $p) (export \"trcaa:ai/provider@0.1.0\" (instance $p))";
    let said = refusal(&format!("(component {} {export})", custom(MANIFEST_SECTION, &manifest)));
    assert!(said.contains("does not export trcaa:ai/embeddings"), "{said}");
}

#[test]
fn one_served_version_among_several_exports_is_enough() {
    let other = "(instance $o) (export \"trcaa:pii/detector@0.9.0\" (instance $o))";
    assert_eq!(refusal_with(other), "accepted");
    let said = refusal(&format!("(component {} {other})", custom(MANIFEST_SECTION, MANIFEST)));
    assert!(said.contains("needs host \u{2265} 0.9.0: trcaa:pii/detector@0.9.0"), "{said}");
}

#[test]
fn a_manifest_of_a_nested_component_is_not_this_ones() {
    let inner = custom(MANIFEST_SECTION, MANIFEST);
    assert_eq!(refusal(&format!("(component (core module {inner}) {DETECTOR})")), "accepted");
    for nested in [
        format!("(component {inner})"),
        format!("(component (core module {inner}))"),
        format!("(component (component (component {inner})))"),
    ] {
        let said = refusal(&format!("(component {nested} {DETECTOR})"));
        assert!(said.contains("nested component"), "{said}");
        assert_eq!(refusal_with(&nested), "accepted");
    }
}

/// Names of a section as bytes: count, then what `entry` makes of each number.
fn section(id: u8, count: usize, entry: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let mut body = leb(count);
    (0..count).for_each(|n| body.extend(entry(n)));
    [vec![id], leb(body.len()), body].concat()
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let byte = u8::try_from(value & 0x7f).unwrap();
        value >>= 7;
        bytes.push(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return bytes;
        }
    }
}

/// An import or export name in the component binary format.
fn name(text: &str) -> Vec<u8> {
    [vec![0], leb(text.len()), text.as_bytes().to_vec()].concat()
}

#[test]
fn names_sections_and_depth_are_bounded_at_the_number() {
    let empty = Component::new().finish();
    for (count, expected) in [(1_000, "no manifest"), (1_001, "more than 1000"), (100_000, "more than 1000")] {
        // (import "iN" (func (type 0))), and (export "eN" (instance 0)).
        let imports = section(10, count, |n| [name(&format!("i{n}")), vec![1, 0]].concat());
        let exports = section(11, count, |n| [name(&format!("e{n}")), vec![5, 0, 0]].concat());
        for section in [imports, exports] {
            let said = said(&[empty.clone(), section].concat());
            assert!(said.contains(expected), "{count}: {said}");
        }
    }
    for (count, expected) in [(99_997, "no manifest"), (100_001, "more than 100000 sections")] {
        let said = said(&[empty.clone(), [0, 2, 1, b'x'].repeat(count)].concat());
        assert!(said.contains(expected), "{count}: {said}");
    }
    let nested = |depth: usize| {
        let mut component = Component::new();
        for _ in 1..depth {
            let mut outer = Component::new();
            outer.section(&NestedComponentSection(&component));
            component = outer;
        }
        said(&component.finish())
    };
    assert!(nested(16).contains("no manifest"), "{}", nested(16));
    for depth in [17, 2_000] {
        assert!(nested(depth).contains("nests more than 16"), "{}", nested(depth));
    }
}

#[test]
fn absurd_sizes_are_refused_without_believing_them() {
    let empty = Component::new().finish();
    for id in 0..=12 {
        for size in [vec![0xff, 0xff, 0xff, 0xff, 0x0f], vec![0xff; 10], vec![0x80; 10], vec![0x7f]] {
            let said = said(&[empty.clone(), vec![id], size].concat());
            assert!(said.contains("no valid component"), "section {id}: {said}");
        }
        // A count of four thousand million in a section of five bytes.
        let counted = [empty.clone(), vec![id, 5, 0xff, 0xff, 0xff, 0xff, 0x0f]].concat();
        assert_ne!(said(&counted), "accepted");
        assert!(validate(&counted).is_err() || id == 0, "section {id}");
    }
    let said = said(&vec![0; COMPONENT_BYTES_MAX + 1]);
    assert_eq!(said, "it has 134217729 bytes, and a component may have at most 134217728");
}

#[test]
fn nothing_that_a_stranger_named_is_shown_raw() {
    let evil = "e\u{1b}[2J\u{7}\u{202e}\u{200b}\u{2028}\u{e0041}l";
    let empty = Component::new().finish();
    let manifest = MANIFEST.replace("\\n", "\n");
    let mut whole = Component::new();
    whole.section(&CustomSection { name: MANIFEST_SECTION.into(), data: manifest.as_bytes().into() });
    whole.section(&CustomSection { name: evil.into(), data: b"x".as_slice().into() });
    let whole = whole.finish();
    for name_of in [evil.to_owned(), format!("trcaa:host/{evil}@0.1.0"), format!("trcaa:host/log@{evil}")] {
        let import = section(10, 1, |_| [name(&name_of), vec![1, 0]].concat());
        assert_ne!(said(&[whole.clone(), import].concat()), "accepted");
    }
    let manifest = manifest.replace("'x-y'", &format!("'x-y'\n\"{}\"=1", "\\u001B\\u202e"));
    let hidden = CustomSection { name: MANIFEST_SECTION.into(), data: manifest.as_bytes().into() };
    let mut component = Component::new();
    component.section(&hidden);
    assert!(said(&component.finish()).contains("does not know"));
    assert!(said(&[empty, vec![0, 3, 2, 0xff, 0xfe]].concat()).contains("no valid component"));
}

#[test]
fn the_engine_has_the_features_that_are_validated() {
    let engine = crate::engine::unpooled();
    for core in [
        "(func (drop (v128.const i64x2 0 0)))",
        "(memory i64 1)",
        "(memory 1) (memory 1)",
        "(func (result i32 i64) i32.const 1 i64.const 1)",
        "(func $f (return_call $f))",
        "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
        "(table 1 (ref null func))",
        "(tag $e) (func (throw $e))",
        "(memory 1 1 shared)",
        "(memory 1) (func (drop (i32.atomic.load (i32.const 0))))",
        "(type (struct (field i32)))",
        "(func (param i64) (drop (i64.add128 (local.get 0) (local.get 0) (local.get 0) (local.get 0))))",
        "(memory 1 (pagesize 1))",
        "(func (result i32) i64.const 1)",
        "(func unreachable drop)",
    ] {
        let wat = format!("(component (core module {core}))");
        let Ok(bytes) = wat::parse_str(&wat) else { panic!("{wat}") };
        let (ours, theirs) = (validate(&bytes), wasmtime::component::Component::new(&engine, &bytes));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{core}: {ours:?}, {:?}", theirs.err());
    }
    for component in [
        "(component (type (func async)))",
        "(component (type (future)))",
        "(component (type (list u8 4)))",
        "(component (import \"a\" (value string)))",
    ] {
        let Ok(bytes) = wat::parse_str(component) else { panic!("{component}") };
        let (ours, theirs) = (validate(&bytes), wasmtime::component::Component::new(&engine, &bytes));
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{component}: {ours:?}, {:?}", theirs.err());
    }
}

#[test]
fn bundled_plugins_are_valid_and_what_is_invalid_is_not_compiled() {
    for (id, bytes) in bundled::components() {
        assert_eq!(validate(bytes), Ok(()), "{id}");
    }
    let wat = format!(
        "(component {} (core module (func (result i32) i64.const 1)) {DETECTOR})",
        custom(MANIFEST_SECTION, MANIFEST)
    );
    let engine = Engine::new().unwrap();
    let loaded = crate::Plugin::load(&engine, "x", &wat::parse_str(wat).unwrap(), crate::Source::Bundled, None);
    let problem = loaded.err().unwrap().problem;
    assert!(problem.starts_with("it is no valid component: type mismatch"), "{problem}");
}

/// Where each section of a real component begins and ends, at every depth.
fn sections(bytes: &[u8]) -> Vec<(usize, usize)> {
    let payloads = Parser::new(0).parse_all(bytes).map(Result::unwrap);
    let sections = payloads.filter_map(|payload| match payload {
        Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
            Some((unchecked_range.start, unchecked_range.start + 8))
        }
        other => other.as_section().map(|(_, range)| (range.start, range.end)),
    });
    sections.collect()
}

/// Components as real tools make them: a detector, renderers, a provider, an extractor.
fn real() -> Vec<&'static [u8]> {
    bundled::components().map(|(_, bytes)| bytes).collect()
}

#[test]
fn real_components_cut_at_every_section_end_in_a_sentence() {
    for bytes in real() {
        let sections = sections(bytes);
        assert!(sections.len() > 50, "{}", sections.len());
        for (start, end) in sections {
            for cut in [start.saturating_sub(1), start, start + 1, start.midpoint(end), end - 1] {
                assert_ne!(said(&bytes[..cut]), "accepted", "cut at {cut}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn real_components_with_flipped_bits_in_any_section_are_judged(
        which in 0_usize..5,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_u8..8), 1..4),
    ) {
        let mut bytes = real()[which].to_vec();
        let sections = sections(&bytes);
        for (section, at, bit) in flips {
            let (start, end) = sections[section.index(sections.len())];
            // The section's id and size are before its range.
            let begin = start.saturating_sub(6);
            let at = begin + at.index(end - begin);
            bytes[at] ^= 1 << bit;
        }
        said(&bytes);
        if let Err(sentence) = validate(&bytes) {
            assert_sentence(&sentence);
        }
    }

    #[test]
    fn any_bytes_after_a_true_beginning_are_judged(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [Component::new().finish(), tail].concat();
        said(&bytes);
        if let Err(sentence) = validate(&bytes) {
            assert_sentence(&sentence);
        }
    }
}
