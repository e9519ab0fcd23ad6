//! Limits of one call at their borders: the last byte that passes, and the first that does not.

use std::fmt::Write as _;

use trcaa_model::document::{Node, NodeKind, RenderFormat, RenderTree};
use trcaa_model::plugin::Kind;
use trcaa_redact::{Guard, Origin, Pseudonyms};
use trcaa_runtime::{Detector, Engine, Fault, Renderer};

use super::core::{component_with, detect_in, extract_in};
use super::load;

const MIB: usize = 1 << 20;

fn too_much(limit_bytes: u64) -> Fault {
    Fault::OutputLimit { limit_bytes }
}

/// A renderer of plain text whose `render` has this body; parameters 10 and 11 are its resources.
fn render(body: &str) -> Result<usize, Fault> {
    let params = "i32 ".repeat(12);
    let core = format!(
        "(module
           (import \"trcaa:render/io@0.1.0\" \"[method]output.write\" (func $write (param i32 i32 i32 i32)))
           (import \"trcaa:render/io@0.1.0\" \"[resource-drop]output\" (func $drop-output (param i32)))
           (import \"trcaa:render/io@0.1.0\" \"[resource-drop]assets\" (func $drop-assets (param i32)))
           (memory (export \"memory\") 66)
           (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32) i32.const 65536)
           (func (export \"trcaa:render/renderer@0.1.0#describe\") (result i32) i32.const 16)
           (func (export \"trcaa:render/renderer@0.1.0#formats\") (result i32) i32.const 16)
           (func (export \"trcaa:render/renderer@0.1.0#render\") (param {params}) (result i32)
             {body} (call $drop-assets (local.get 10)) (call $drop-output (local.get 11)) i32.const 16))"
    );
    let engine = Engine::new().unwrap();
    let plugin = load(
        &engine,
        &component_with("render/document-renderer", "document-renderer", &core, "output_bytes_max = 8_388_608"),
    );
    let renderer = Renderer::new(&plugin, Default::default()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test's own words")]
    let title = Guard::pass("title", Origin::Raw, &[], &mut Pseudonyms::default(), usize::MAX).unwrap();
    let nodes = vec![Node { parent: None, kind: NodeKind::Root }];
    let tree = RenderTree { title, nodes, metadata: Vec::new() };
    let format = RenderFormat { id: "txt".into(), media_type: "text/plain".into(), extension: "txt".into() };
    renderer.render(&tree, &format).map(|bytes| bytes.len()).map_err(|e| e.fault)
}

#[test]
fn a_renderer_hands_over_4_mib_at_once_and_in_all_what_its_manifest_says() {
    let write = |bytes: usize| format!("(call $write (local.get 11) (i32.const 0) (i32.const {bytes}) (i32.const 16))");
    assert_eq!(render(&write(4 * MIB)), Ok(4 * MIB));
    assert_eq!(render(&write(4 * MIB + 1)), Err(too_much(4 << 20)));
    let whole = write(4 * MIB).repeat(2);
    assert_eq!(render(&whole), Ok(8 * MIB));
    assert_eq!(render(&(whole + &write(1))), Err(too_much(8 << 20)));
}

#[test]
fn an_extractor_hands_over_4_mib_at_once() {
    let write = |bytes: usize| {
        format!(
            "(call $write (local.get 4) (i32.const 0) (i32.const {bytes}) (i32.const 64)) (call $drop (local.get 4))"
        )
    };
    assert_eq!(extract_in("66", &write(4 * MIB)).map(|text| text.len()), Ok(4 * MIB));
    assert_eq!(extract_in("66", &write(4 * MIB + 1)), Err(too_much(4 << 20)));
}

#[test]
fn a_detector_hands_over_1_mib_at_once() {
    let log = |bytes: usize| {
        format!("(call $log (i32.const 2) (i32.const 0) (i32.const {bytes}) (i32.const 0) (i32.const 0))")
    };
    assert_eq!(detect_in(&[], "18", &log(MIB), "cpu_ms_max = 2_000"), Ok(()));
    assert_eq!(detect_in(&[], "18", &log(MIB + 1), "cpu_ms_max = 2_000"), Err(too_much(1 << 20)));
}

#[test]
fn a_detector_has_its_cpu_time_once_for_every_8_mib_of_text_or_part_of_them() {
    // The manifest tightens 2 s to 20 ms.
    for (bytes, limit_ms) in [(0, 20), (8 * MIB, 20), (8 * MIB + 1, 40), (16 * MIB, 40), (16 * MIB + 1, 60)] {
        let ended = detect_in(&["x".repeat(bytes)], "300", "(loop (br 0))", "cpu_ms_max = 20");
        assert_eq!(ended, Err(Fault::CpuLimit { limit_ms }), "{bytes} bytes");
    }
    // Many texts count together.
    let texts = ["x".repeat(4 * MIB), "x".repeat(4 * MIB), "x".to_owned()];
    assert_eq!(detect_in(&texts, "300", "(loop (br 0))", "cpu_ms_max = 20"), Err(Fault::CpuLimit { limit_ms: 40 }));
}

#[test]
fn a_detector_answers_with_8_times_its_input_or_64_kib() {
    let engine = Engine::new().unwrap();
    let detector = Detector::new(&load(&engine, tests::HOSTILE_DETECTOR), Default::default()).unwrap();
    // Each span counts 21 bytes: its label of one letter, and 20.
    let spans = |count: usize, input: usize| {
        let mut order = format!("spans {count} ");
        order.push_str(&"x".repeat(input - order.len()));
        detector.detect(&[order]).map(|lists| lists[0].len()).map_err(|e| e.fault)
    };
    assert_eq!(spans(3_200, 8_400), Ok(3_200), "8 × 8,400 are 3,200 × 21");
    assert_eq!(spans(3_201, 8_400), Err(too_much(67_200)));
    assert_eq!(spans(3_120, 100), Ok(3_120), "65,520 bytes");
    assert_eq!(spans(3_121, 100), Err(too_much(65_536)));
}

#[test]
fn the_authors_guide_names_the_limits_that_hold() {
    let guide = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/sdk/README.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    for kind in [Kind::PiiDetector, Kind::DocumentRenderer, Kind::TextExtractor, Kind::AiProvider, Kind::Integration] {
        let limits = kind.limits();
        let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
        let time = |ms: u64| if ms > 60_000 { format!("{} min", ms / 60_000) } else { format!("{} s", ms / 1_000) };
        let mut row = format!("| `{}` | {} | {}", kind.as_str(), mib(limits.memory_bytes_max), time(limits.cpu_ms_max));
        let output = match kind {
            Kind::PiiDetector => {
                row.push_str(" per 8 MiB of text");
                "8 × input".to_owned()
            }
            _ => mib(limits.output_bytes_max),
        };
        write!(row, " | {} | {} | {output} |", time(limits.wall_ms_max), mib(limits.host_call_bytes_max)).unwrap();
        assert!(guide.contains(&row), "{row}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_folder_of_large_drop_ins_is_looked_at_one_by_one() {
    use std::io::{Seek as _, Write as _};

    use tests::{Home, Run};

    let home = Home::new(env!("CARGO_BIN_EXE_trcaa"));
    home.run(["issue", "new", "x"]).ok();
    let plugins = home.data().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    // A custom section of 32 MiB of nothing, its length as LEB128 of five bytes; the file is sparse.
    let padding = 32 * MIB;
    let mut section = vec![0];
    section.extend((0..5).map(|n| u8::try_from(padding >> (7 * n) & 0x7f).unwrap() | if n < 4 { 0x80 } else { 0 }));
    for n in 0..10 {
        let manifest = format!(
            "id='large-{n}'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n"
        );
        let text = format!(
            "(component (@custom \"trcaa:manifest\" \"{manifest}\") (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
        );
        let mut file = std::fs::File::create(plugins.join(format!("{n}.wasm"))).unwrap();
        file.write_all(&wat::parse_str(text).unwrap()).unwrap();
        file.write_all(&section).unwrap();
        let end = file.stream_position().unwrap() + padding as u64;
        file.set_len(end).unwrap();
    }
    // They have 320 MiB together, and one that is being read may take twice its size.
    let arguments = ["plugin", "list", "--json"].map(std::ffi::OsStr::new);
    let mut command = crate::bad_input::limited(&home, "ulimit -v 300000", &arguments);
    let listed = Run::of(command.output().unwrap()).ok().answer();
    let large =
        tests::list(&listed["plugins"]).into_iter().filter(|plugin| tests::text(&plugin["id"]).starts_with("large-"));
    assert_eq!(large.count(), 10, "{listed}");
}
