//! The author's commands: from nothing to a plugin that is built, checked, tested, packed, signed; offline, and without
//! a store.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// A command of the kit with the toolchain of this build, its crates and nothing of the network. All projects share one
/// target folder beside the workspace's, so that the SDK is compiled once.
fn kit<const N: usize>(home: &Home, args: [&str; N]) -> Command {
    let mut command = home.command(args);
    for name in ["PATH", "CARGO", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    // rustup and cargo look for what they have in the user's home, which is not the test's.
    if let Some(user) = std::env::var_os("HOME") {
        for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            if std::env::var_os(name).is_none() {
                command.env(name, Path::new(&user).join(folder));
            }
        }
    }
    command.env("CARGO_NET_OFFLINE", "true").env("CARGO_TARGET_DIR", target()).stdin(Stdio::null());
    command
}

fn target() -> PathBuf {
    // {target}/{profile}/trcaa
    Path::new(BINARY).ancestors().nth(2).unwrap().join("plugin-kit")
}

fn run<const N: usize>(home: &Home, args: [&str; N]) -> Run {
    Run::of(kit(home, args).output().unwrap())
}

fn json<const N: usize>(home: &Home, args: [&str; N]) -> Value {
    let mut command = kit(home, args);
    command.arg("--json");
    Run::of(command.output().unwrap()).ok().answer()
}

fn made(home: &Home, kind: &str, name: &str) {
    let project = &json(home, ["plugin", "new", kind, name])["project"];
    assert!(project["lines"].as_u64().unwrap() < 60, "{project}");
}

fn has_no_store(home: &Home) -> bool {
    let entries = fs::read_dir(home.data()).unwrap();
    entries.into_iter().map(|e| e.unwrap().file_name()).eq(["sdk"])
}

#[test]
fn a_new_plugin_of_each_family_builds_and_passes_at_once_offline_and_without_a_store() {
    let home = Home::new(BINARY);
    for (kind, name) in [("pii-detector", "kit-detector"), ("ai-provider", "kit-provider")] {
        made(&home, kind, name);
        let done = &json(&home, ["plugin", "test", name])["test"];
        assert_eq!((done["failed"].as_u64(), done["kind"].as_str()), (Some(0), Some(kind)), "{done}");
        assert!(list(&done["tests"]).iter().any(|test| test["group"] == "case"));
        assert!(list(&done["tests"]).iter().filter(|test| test["group"] == "hostile").count() > 8);
        let memory = &list(&done["measured"])[0];
        assert!(memory["peak"].as_u64().unwrap() > 0 && memory["peak"].as_u64() < memory["most"].as_u64(), "{memory}");
    }
    assert!(has_no_store(&home));

    // What is expected and does not come, a request that is not as recorded, and a crash are each told by name.
    let cases = home.path("kit-detector/tests/cases");
    fs::write(cases.join("badges.toml"), "text = \"badge-0042 and badge-0043\"\n").unwrap();
    let failed = run(&home, ["plugin", "test", "kit-detector"]).fails(1);
    assert!(failed.stdout.contains("FAIL case: badges"), "{failed:?}");
    assert!(failed.stdout.contains("answer: expected 1 entries, got 2"), "{failed:?}");
    run(&home, ["plugin", "test", "kit-detector", "--bless"]).ok();
    let blessed = fs::read_to_string(cases.join("badges.expected.json")).unwrap();
    assert_eq!(blessed.matches("badge-00").count(), 2, "{blessed}");
    assert_eq!(fs::read_to_string(cases.join("badges.toml")).unwrap(), "text = \"badge-0042 and badge-0043\"\n");
    run(&home, ["plugin", "test", "kit-detector"]).ok();

    let http = home.path("kit-provider/tests/cases/question.http.json");
    let recorded = fs::read_to_string(&http).unwrap();
    fs::write(&http, recorded.replace("/v1/answers", "/v2/answers").replace("Why is", "Why was")).unwrap();
    let failed = run(&home, ["plugin", "test", "kit-provider"]).fails(1);
    assert!(failed.stdout.contains("path: recorded /v2/answers, sent /v1/answers"), "{failed:?}");
    assert!(failed.stdout.contains("body.question: expected \"user: Why was"), "{failed:?}");

    // Crashing on what is strange fails the hostile inputs and not the cases.
    let source = home.path("kit-detector/src/lib.rs");
    let text = fs::read_to_string(&source).unwrap();
    let crashing = "Ok(texts.iter().map(|text| { assert!(!text.contains('\\0')); badges(text) }).collect())";
    fs::write(&source, text.replace("Ok(texts.iter().map(|text| badges(text)).collect())", crashing)).unwrap();
    let failed = run(&home, ["plugin", "test", "kit-detector"]).fails(1);
    assert!(failed.stdout.contains("FAIL hostile: 64 KiB of NUL"), "{failed:?}");
    assert!(!failed.stdout.contains("FAIL case"), "{failed:?}");
}

#[test]
fn what_is_packed_is_the_same_bytes_each_time_and_signed_it_is_a_plugin() {
    let home = Home::new(BINARY);
    made(&home, "pii-detector", "kit-packed");
    let packed = json(&home, ["plugin", "pack", "kit-packed"])["component"].clone();
    let file = home.path("kit-packed/dist/kit-packed-0.1.0.wasm");
    let bytes = fs::read(&file).unwrap();
    let own = home.dir.path().to_str().unwrap().as_bytes();
    assert!(!bytes.windows(own.len()).any(|w| w == own), "the author's folders are in it");
    let digest = fs::read_to_string(home.path("kit-packed/dist/kit-packed-0.1.0.wasm.sha256")).unwrap();
    assert_eq!(digest, format!("{}  kit-packed-0.1.0.wasm\n", text(&packed["sha256"])));
    assert_eq!(json(&home, ["plugin", "pack", "kit-packed"])["component"], packed);
    assert_eq!(fs::read(&file).unwrap(), bytes);

    run(&home, ["plugin", "sign", "kit-packed", "--key", "key", "--publisher", "Ada", "--new-key"]).ok();
    let signed =
        json(&home, ["plugin", "sign", "kit-packed", "--key", "key", "--publisher", "Ada"])["component"].clone();
    let found = json(&home, ["plugin", "check", file.to_str().unwrap()])["check"].clone();
    assert_eq!((&found["publisher"]["key"], &found["sha256"]), (&signed["public_key"], &signed["sha256"]));
    assert_eq!((found["installable"].as_bool(), list(&found["findings"]).len()), (Some(true), 0));
    // A key is never written over, and never shown.
    let again = run(&home, ["plugin", "keygen", "key"]).fails(1);
    let key = fs::read_to_string(home.path("key")).unwrap();
    let seed = key.lines().find_map(|l| l.strip_prefix("seed = ")).unwrap().trim_matches('"').to_owned();
    assert!(again.stderr.contains("never written over") && !again.stderr.contains(&seed));
    assert!(has_no_store(&home));
}

#[test]
fn a_check_tells_everything_at_once_and_what_to_do() {
    let home = Home::new(BINARY);
    let wat = "(component (@custom \"trcaa:manifest\" \"id='x-y'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n\") (import \"wasi:http/types@0.2.0\" (instance)) (import \"wasi:sockets/tcp@0.2.0\" (instance)))";
    let file = home.file("bad.wasm", wat::parse_str(wat).unwrap());
    let file = file.to_str().unwrap();
    let told = run(&home, ["plugin", "check", file]).fails(1);
    for part in
        ["wasi:http/types@0.2.0", "wasi:sockets/tcp@0.2.0", "does not export trcaa:pii/detector", "not signed", "do: "]
    {
        assert!(told.stdout.contains(part), "{part}: {told:?}");
    }
    let answer = run(&home, ["plugin", "check", file, "--json"]).fails(1).answer();
    assert_eq!(answer["check"]["installable"], false);
    assert_eq!(list(&answer["check"]["findings"]).iter().filter(|f| f["severity"] == "error").count(), 3);
    for (args, code) in [
        (["plugin", "check", "nowhere"], "not_found"),
        (["plugin", "build", "."], "no_project"),
        (["plugin", "pack", file], "no_project"),
        (["plugin", "test", file], "plugin_refused"),
    ] {
        let mut command = kit(&home, args);
        command.arg("--json");
        let run = Run::of(command.output().unwrap());
        assert!(run.status == 1 || run.status == 2, "{run:?}");
        assert_eq!(run.error_code(), code, "{args:?}");
    }
    assert!(!home.data().exists());
}

#[test]
fn a_missing_tool_is_told_with_what_to_install() {
    let home = Home::new(BINARY);
    for (lang, code, part) in [("rust", "no_cargo", "rustup"), ("javascript", "no_componentize_js", "npm install")] {
        home.run(["plugin", "new", "pii-detector", &format!("in-{lang}"), "--lang", lang]).ok();
        // The home's commands run with an empty environment: there is no PATH.
        let run = home.run(["plugin", "test", &format!("in-{lang}"), "--json"]).fails(1);
        assert_eq!(run.error_code(), code);
        assert!(text(&run.answer()["error"]["hints"][0]).contains(part), "{run:?}");
    }
    assert_eq!(home.refused(["plugin", "new", "nonsense", "a-b"], 2), "unknown_value");
    assert_eq!(home.refused(["plugin", "new", "integration", "a-b", "--lang", "javascript"], 2), "no_template");
}
