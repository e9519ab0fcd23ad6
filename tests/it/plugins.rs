//! The drop-in folder: listed, asked about, bound to its bytes, and never missing in silence.

use std::fs;
use std::process::Stdio;

use tests::{Home, Run};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

fn home_with(file: &str, bytes: &[u8]) -> Home {
    let home = Home::new(BINARY);
    home.run(["issue", "new", "x"]).ok();
    fs::create_dir_all(home.data().join("plugins")).unwrap();
    fs::write(home.data().join("plugins").join(file), bytes).unwrap();
    home
}

fn state(home: &Home, id: &str) -> String {
    let list = home.json(["plugin", "list"]);
    let plugin = list["plugins"].as_array().unwrap().iter().find(|p| p["id"] == id).unwrap();
    format!("{}: {}", plugin["state"].as_str().unwrap(), plugin["reason"].as_str().unwrap_or_default())
}

fn triage(home: &Home) -> Run {
    let log = home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"])
}

#[test]
fn a_drop_in_runs_only_when_enabled_and_only_those_bytes() {
    let home = home_with("extra.wasm", tests::HOSTILE_DETECTOR);
    assert_eq!(state(&home, "hostile-detector"), "disabled: it was not enabled yet");
    triage(&home).ok();
    home.run(["plugin", "enable", "hostile-detector"]).ok();
    assert_eq!(state(&home, "hostile-detector"), "enabled: ");
    triage(&home).ok();
    assert!(home.data().join("plugins/.code").read_dir().unwrap().count() == 1, "its native code is kept");

    // One byte more, in a custom section that changes nothing: still not what was enabled.
    let mut changed = tests::HOSTILE_DETECTOR.to_vec();
    changed.extend_from_slice(&[0, 2, 1, b'x']);
    fs::write(home.data().join("plugins/extra.wasm"), changed).unwrap();
    assert_eq!(state(&home, "hostile-detector"), "disabled: the file changed since it was enabled");
    let refused = triage(&home).fails(1);
    assert_eq!(refused.answer()["error"]["code"], "plugin_missing");

    fs::write(home.data().join("plugins/extra.wasm"), b"\0asm and no more").unwrap();
    assert_eq!(state(&home, "hostile-detector"), "damaged: it was enabled, and its file is no valid plugin any more");

    fs::remove_file(home.data().join("plugins/extra.wasm")).unwrap();
    assert!(state(&home, "hostile-detector").starts_with("missing"));
    assert_eq!(triage(&home).fails(1).answer()["error"]["code"], "plugin_missing");
    home.run(["plugin", "disable", "hostile-detector"]).ok();
    triage(&home).ok();
}

#[test]
fn a_detector_that_fails_lets_nothing_through() {
    let home = home_with("extra.wasm", tests::HOSTILE_DETECTOR);
    home.run(["plugin", "enable", "hostile-detector"]).ok();
    for (order, code) in [("trap", "plugin_failed"), ("beyond", "plugin_failed"), ("loop", "plugin_failed")] {
        let log = home.file("bad.log", format!("{order} ada@example.org\n"));
        let run = home.run(["triage", log.to_str().unwrap(), "--out", "nothing", "--json"]).fails(1);
        assert_eq!(run.answer()["error"]["code"], code, "{order}");
        assert!(!run.stdout.contains("ada@example.org") && !run.stderr.contains("ada@example.org"), "{run:#?}");
    }
    assert_eq!(home.path("nothing").read_dir().unwrap().count(), 0);
}

#[test]
fn a_drop_in_cannot_pass_for_a_bundled_plugin_and_rubbish_is_listed_with_its_reason() {
    let home = home_with("rubbish.wasm", b"not wasm at all");
    assert!(state(&home, "rubbish.wasm").starts_with("refused: it is no valid component"));
    let wat = "(component (core module (@custom \"trcaa:manifest\" \"id='pii-base'\\nversion='9.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n\")) (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))";
    fs::write(home.data().join("plugins/pretender.wasm"), wat::parse_str(wat).unwrap()).unwrap();
    assert!(state(&home, "pretender.wasm").contains("belongs to another plugin"));
    home.run(["plugin", "enable", "pretender.wasm"]).fails(1);
    triage(&home).ok();
}

#[test]
fn logs_applied_at_once_get_placeholders_without_a_clash() {
    let home = Home::new(BINARY);
    let issue = home.issue("busy");
    let mut logs = Vec::new();
    for n in 0..4 {
        let text = format!("2026-11-21 10:00:00 ERROR mail to user{n}@example.org and ada@example.org failed\n");
        logs.push(home.log(&issue, &format!("{n}.log"), &text));
    }
    let spawn = |log: &String| {
        home.command(["pii", "apply", log])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = logs.iter().map(spawn).collect();
    for child in children {
        Run::of(child.wait_with_output().unwrap()).ok();
    }
    let shared: Vec<String> = logs
        .iter()
        .map(|log| home.run(["log", "show", log, "--redacted"]).ok().stdout.split(" and ").nth(1).unwrap().to_owned())
        .collect();
    assert!(shared.iter().all(|text| *text == shared[0] && text.starts_with("[Email_")), "{shared:?}");
}

#[test]
fn a_scan_reads_what_ingest_reads() {
    let home = Home::new(BINARY);
    let mut wide = vec![0xff, 0xfe];
    wide.extend("password=hunter2abc ada@example.org\n".encode_utf16().flat_map(u16::to_le_bytes));
    let log = home.file("wide.log", wide);
    let run = home.run(["pii", "scan", log.to_str().unwrap(), "--redact"]).ok();
    assert!(!run.stdout.contains("hunter2abc") && run.stdout.contains("[Email_1]"), "{run:#?}");
    let mut mixed = "2026-11-21 10:00:00 INFO ok\n".repeat(20_000).into_bytes();
    mixed.extend("password=hunter2abc\n".repeat(20_000).encode_utf16().flat_map(u16::to_le_bytes));
    let log = home.file("mixed.log", mixed);
    home.run(["pii", "scan", log.to_str().unwrap(), "--redact"]).fails(1);
}

#[test]
fn a_secret_longer_than_any_window_is_hidden_whole() {
    let home = Home::new(BINARY);
    // 40 KB of a made-up key, once far from a boundary and once across the first mebibyte.
    let line = "bWFkZSB1cCBrZXkgbWF0ZXJpYWwsIG5vdCBhIHJlYWwga2V5LCBsaW5lIGFmdGVyIGxpbmUu";
    let key =
        format!("-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n", format!("{line}\n").repeat(550));
    let filler = "2026-11-21 10:00:00 INFO all is well\n";
    for before in [100, (1 << 20) / filler.len() - 200] {
        let log = home.file("key.log", format!("{}{key}{}", filler.repeat(before), filler.repeat(1_000)));
        let run = home.run(["pii", "scan", log.to_str().unwrap(), "--redact"]).ok();
        assert_eq!(run.stdout.matches(line).count(), 0);
        assert_eq!(run.stdout.matches("all is well").count(), before + 1_000);
    }
}
