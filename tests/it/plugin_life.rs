//! The life of a plugin through the command line: installed with one screen, pinned to its publisher, granted to,
//! updated with the difference, rolled back, removed; and everything that must not get that far.

mod consent;
mod disk;
mod locked;
mod remote;
mod removal;
mod rows;
mod trust;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::{Home, Run, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");
const ADA: [u8; 32] = [7; 32];
const EVE: [u8; 32] = [9; 32];

/// A component that inspects, compiles and links: a detector without a word of code, or an integration likewise.
fn component(id: &str, version: &str, wishes: &str) -> Vec<u8> {
    let (kind, world, exports): (_, _, &[&str]) = match wishes {
        "" => ("pii-detector", "trcaa:pii/pii-detector@0.1.0", &["trcaa:pii/detector@0.1.0"]),
        _ => (
            "integration",
            "trcaa:integration/integration@0.1.0",
            &["trcaa:integration/source@0.1.0", "trcaa:integration/writer@0.1.0"],
        ),
    };
    let manifest = format!(
        "id='{id}'\nversion='{version}'\nkind='{kind}'\nworld='{world}'\ndescription='A plugin of the tests.'\n{wishes}"
    );
    let manifest = manifest.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let exports: String = exports.iter().map(|name| format!(" (export \"{name}\" (instance $i))")).collect();
    wat::parse_str(format!("(component (@custom \"trcaa:manifest\" \"{manifest}\") (instance $i){exports})")).unwrap()
}

const READS: &str =
    "[[http]]\norigin='https://wiki.example.com'\nmethods=['GET']\npath_prefixes=['/rest/']\nreason='to read pages'\n";
const WRITES: &str = "[[http]]\norigin='https://wiki.example.com'\nmethods=['GET','POST']\npath_prefixes=['/rest/']\nreason='to write pages'\n";

fn signed(bytes: &[u8], seed: &[u8; 32]) -> Vec<u8> {
    trcaa_runtime::sign(bytes, "Ada & Co", seed).unwrap()
}

fn demo(version: &str, wishes: &str) -> Vec<u8> {
    signed(&component("demo", version, wishes), &ADA)
}

fn install(home: &Home, bytes: &[u8]) -> Value {
    let file = home.file("demo.wasm", bytes);
    home.json(["plugin", "install", file.to_str().unwrap(), "--yes"])["plugin"].clone()
}

fn show(home: &Home) -> Value {
    home.json(["plugin", "show", "demo"])["plugin"].clone()
}

fn update(home: &Home, bytes: &[u8], more: &[&str]) -> Run {
    let file = home.file("next.wasm", bytes);
    let mut args = vec!["plugin", "update", "demo", file.to_str().unwrap(), "--json"];
    args.extend(more);
    home.run(args)
}

/// Says yes to the version that waits, by its digest.
fn accept(home: &Home) {
    let versions = list(&show(home)["versions"]);
    let waiting = versions.iter().find(|version| version["role"] == "pending").unwrap();
    home.run(["plugin", "update", "demo", "--accept", &text(&waiting["sha256"])]).ok();
}

fn actions(home: &Home) -> Vec<String> {
    let mut actions: Vec<String> =
        list(&home.json(["plugin", "audit", "demo"])["audit_log"]).iter().map(|e| text(&e["action"])).collect();
    actions.reverse();
    actions
}

fn installed_files(home: &Home) -> usize {
    let Ok(entries) = home.data().join("plugins/.installed").read_dir() else { return 0 };
    entries.filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".wasm")).count()
}

#[test]
fn a_plugin_is_installed_after_one_screen_and_consent_and_its_code_is_there_before_the_first_call() {
    let home = Home::new(BINARY);
    let file = home.file("demo.wasm", demo("1.0.0", READS));
    let file = file.to_str().unwrap();
    let asked = home.run(["plugin", "install", file]).fails(2);
    for part in [
        "demo 1.0.0",
        "\"Ada & Co\", NEW to you",
        "read from https://wiki.example.com (GET; paths below /rest/)",
        "why: to read pages",
        "It can never:",
        "64 MiB of memory",
        "add: --yes",
        "--grant none",
        "sha256     ",
    ] {
        assert!(asked.stderr.contains(part), "{part}: {}", asked.stderr);
    }
    assert_eq!(home.refused(["plugin", "install", file], 2), "needs_yes");
    assert_eq!(home.refused(["plugin", "show", "demo"], 1), "not_found");
    assert_eq!(installed_files(&home), 0);

    let view = install(&home, &demo("1.0.0", READS));
    assert_eq!((&view["state"], &view["wishes"][0]["granted"]), (&json!("enabled"), &json!("whole")));
    let sha256 = text(&view["sha256"]);
    assert!(home.data().join(format!("plugins/.code/{sha256}.cwasm")).exists());
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    let lock = fs::read_to_string(home.data().join("plugins/trcaa.lock")).unwrap();
    assert!(lock.contains(&sha256) && lock.contains("id = \"demo\"") && lock.contains("publisher_key"), "{lock}");
    assert_eq!(actions(&home), ["plugin_installed", "capability_granted"]);
    // Again: nothing changes, and nothing is lost.
    install(&home, &demo("1.0.0", READS));
    assert_eq!(installed_files(&home), 1);
}

#[test]
fn an_unsigned_plugin_is_said_to_be_one_and_nothing_is_granted_that_was_not_consented_to() {
    let home = Home::new(BINARY);
    let file = home.file("demo.wasm", component("demo", "1.0.0", READS));
    let run = home.run(["plugin", "install", file.to_str().unwrap(), "--yes", "--grant", "none"]).ok();
    assert!(run.stderr.contains("UNSIGNED"), "{run:#?}");
    assert!(run.stdout.contains("0 of 1 wishes are granted"), "{run:#?}");
    assert_eq!(show(&home)["grants"], json!([]));
    assert_eq!(home.json(["plugin", "grant", "demo"])["plugin_grants"]["changed"].as_array().unwrap().len(), 1);
    assert_eq!(show(&home)["wishes"][0]["granted"], "whole");
}

#[test]
fn the_command_of_a_denial_works_as_it_is_and_what_the_manifest_does_not_ask_cannot_be_granted() {
    let home = Home::new(BINARY);
    let file = home.file("demo.wasm", demo("1.0.0", WRITES));
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes", "--grant", "none"]).ok();
    // As `net` prints it: with the port, a method and a path.
    home.run(["plugin", "grant", "demo", "http", "https://wiki.example.com:443", "GET", "/rest/pages"]).ok();
    let grants = show(&home)["grants"].clone();
    assert_eq!(grants[0]["http"]["methods"], json!(["GET"]));
    assert_eq!(grants[0]["http"]["path_prefixes"], json!(["/rest/pages"]));
    assert_eq!(show(&home)["wishes"][0]["granted"], "part");
    for refused in [
        ["http", "https://wiki.example.com:8443", "GET", "/rest/"],
        ["http", "https://wiki.example.com:443", "DELETE", "/rest/"],
        ["http", "https://wiki.example.com:443", "GET,DELETE", "/rest/"],
        ["http", "https://wiki.example.com:443", "GET", "/admin/"],
        ["http", "https://evil.example.com:443", "GET", "/rest/"],
    ] {
        let args = ["plugin", "grant", "demo"].into_iter().chain(refused);
        let run = home.run(args).fails(1);
        assert!(run.stderr.contains("the manifest has to ask"), "{refused:?}: {run:#?}");
    }
    assert_eq!(home.refused(["plugin", "grant", "demo", "secret", "token"], 1), "not_asked");
    assert_eq!(home.refused(["plugin", "grant", "demo", "kv"], 1), "not_asked");
    assert_eq!(show(&home)["grants"], grants);
    home.run(["plugin", "grant", "demo", "http", "https://wiki.example.com"]).ok();
    assert_eq!(show(&home)["wishes"][0]["granted"], "whole");
    // One method less, then all.
    home.run(["plugin", "revoke", "demo", "http", "https://wiki.example.com:443", "POST"]).ok();
    assert_eq!(show(&home)["wishes"][0]["granted"], "part");
    assert_eq!(
        home.refused(["plugin", "revoke", "demo", "http", "https://wiki.example.com", "GET", "/rest/x"], 1),
        "grant_wider"
    );
    home.run(["plugin", "revoke", "demo"]).ok();
    assert_eq!(show(&home)["grants"], json!([]));
    assert_eq!(home.refused(["plugin", "revoke", "demo", "http"], 1), "not_granted");
}

#[test]
fn an_update_that_asks_for_nothing_more_is_active_and_one_that_asks_for_more_waits_beside_the_running_one() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    assert_eq!(update(&home, &demo("1.0.0", READS), &[]).ok().answer()["outcome"], "unchanged");
    assert_eq!(update(&home, &demo("1.1.0", READS), &[]).ok().answer()["outcome"], "active");
    assert_eq!(show(&home)["version"], "1.1.0");
    assert_eq!(show(&home)["wishes"][0]["granted"], "whole", "grants hold by capability");

    let waits = update(&home, &demo("2.0.0", WRITES), &[]).ok().answer();
    assert_eq!((&waits["outcome"], &waits["plugin"]["version"]), (&json!("pending"), &json!("1.1.0")));
    assert_eq!(waits["difference"]["asks_more"], true);
    let view = show(&home);
    assert_eq!((&view["state"], &view["pending"]), (&json!("enabled"), &json!("2.0.0")));
    assert_eq!(view["wishes"][0]["granted"], "whole");
    let asked = home.run(["plugin", "enable", "demo"]).fails(2);
    assert!(asked.stderr.contains("asks differently to read from and write to"), "{}", asked.stderr);

    accept(&home);
    let view = show(&home);
    assert_eq!(
        (&view["version"], &view["pending"], &view["wishes"][0]["granted"]),
        (&json!("2.0.0"), &Value::Null, &json!("whole"))
    );
    home.run(["plugin", "rollback", "demo"]).ok();
    assert_eq!((&show(&home)["version"], &show(&home)["wishes"][0]["granted"]), (&json!("1.1.0"), &json!("whole")));
    home.run(["plugin", "rollback", "demo"]).ok();
    assert_eq!(show(&home)["version"], "2.0.0");
    assert_eq!(installed_files(&home), 2, "only versions that have a role are kept");
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    let lower = update(&home, &demo("1.9.0", READS), &[]).fails(1);
    assert_eq!(lower.error_code_of(), "downgrade");
    update(&home, &demo("1.9.0", READS), &["--allow-downgrade"]).ok();
    assert_eq!(show(&home)["version"], "1.9.0");
}

trait ErrorCode {
    fn error_code_of(&self) -> String;
}

impl ErrorCode for Run {
    fn error_code_of(&self) -> String {
        text(&self.answer()["error"]["code"])
    }
}

#[test]
fn another_key_or_none_is_refused_for_a_pinned_id_until_the_user_forgets_the_pin() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    let next = component("demo", "1.1.0", READS);
    for bytes in [signed(&next, &EVE), next.clone()] {
        assert_eq!(update(&home, &bytes, &[]).fails(1).error_code_of(), "publisher_changed");
    }
    assert_eq!(show(&home)["version"], "1.0.0");
    assert!(actions(&home).contains(&"plugin_refused".to_owned()));
    // The pin outlasts the plugin.
    assert_eq!(home.refused(["plugin", "remove", "demo"], 2), "needs_yes");
    home.run(["plugin", "remove", "demo", "--yes", "--keep-grants"]).ok();
    assert_eq!(installed_files(&home), 0);
    let eves = home.file("eve.wasm", signed(&next, &EVE));
    let eves = eves.to_str().unwrap();
    let refused = home.run(["plugin", "install", eves, "--yes"]).fails(1);
    assert!(refused.stderr.contains("trcaa plugin remove demo --forget-publisher"), "{refused:#?}");
    // The same publisher gets its kept grants back, without a new one.
    let file = home.file("again.wasm", demo("1.0.0", READS));
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes", "--grant", "none"]).ok();
    assert_eq!(show(&home)["wishes"][0]["granted"], "whole");
    home.run(["plugin", "remove", "demo", "--yes", "--keep-grants", "--forget-publisher"]).ok();
    // Another one does not.
    home.run(["plugin", "install", eves, "--yes", "--grant", "none"]).ok();
    assert_eq!(show(&home)["grants"], json!([]));
}

#[test]
fn what_is_no_plugin_or_not_one_is_refused_by_name_and_step_and_leaves_nothing() {
    let home = Home::new(BINARY);
    home.issue("x");
    let sparse = home.path("sparse.wasm");
    fs::File::create(&sparse).unwrap().set_len(300 << 20).unwrap();
    let good = home.file("good.wasm", demo("1.0.0", READS));
    let (two, none) = (home.path("two"), home.path("none"));
    for folder in [&two, &none] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(two.join("a.wasm"), demo("1.0.0", READS)).unwrap();
    fs::write(two.join("b.wasm"), demo("1.0.0", READS)).unwrap();
    let link = home.path("link.wasm");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&good, &link).unwrap();
    let mut changed = demo("1.0.0", READS);
    let at = changed.windows(12).position(|w| w == b"wiki.example").unwrap();
    changed[at] ^= 1;
    let cases: [(PathBuf, &str, &str); 10] = [
        (sparse, "source_too_large", "314572800 bytes"),
        (home.file("empty.wasm", b""), "plugin_refused", "it is empty"),
        (home.file("core.wasm", b"\0asm\x01\0\0\0"), "plugin_refused", "core module"),
        (home.file("text.wasm", b"not wasm"), "plugin_refused", "no valid component"),
        (two, "source_folder", "2 .wasm files"),
        (none, "source_folder", "no .wasm file"),
        (link, "plugin_refused", "symbolic link"),
        (home.path("nowhere.wasm"), "source_not_found", "nowhere.wasm"),
        (home.file("changed.wasm", changed), "plugin_refused", "signature does not fit"),
        (home.file("taken.wasm", component("pii-base", "9.0.0", "")), "id_taken", "part of this program"),
    ];
    for (path, code, part) in cases {
        let run =
            home.run(["plugin".as_ref(), "install".as_ref(), path.as_os_str(), "--yes".as_ref(), "--json".as_ref()]);
        let run = run.fails(1);
        assert_eq!(run.error_code(), code, "{part}");
        let message = text(&run.answer()["error"]["message"]);
        assert!(message.contains(part), "{part}: {message}");
        assert!(message.starts_with("fetching ") || message.contains(" plugin "), "names plugin and step: {message}");
    }
    assert_eq!(installed_files(&home), 0);
    let log = home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    home.run(["pii", "scan", log.to_str().unwrap()]).ok();
    install(&home, &demo("1.0.0", READS));
    let other = home.file("other.wasm", demo("3.0.0", READS));
    assert_eq!(home.refused(["plugin", "install", other.to_str().unwrap(), "--yes"], 1), "already_installed");
}

#[test]
fn changed_bytes_behind_an_enabled_row_are_found_and_never_run() {
    let home = Home::new(BINARY);
    let detector = trcaa_runtime::sign(tests::HOSTILE_DETECTOR, "Ada & Co", &ADA).unwrap();
    let file = home.file("d.wasm", &detector);
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    let scan = |home: &Home| {
        let log = home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
        home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"])
    };
    scan(&home).ok();
    let stored = home.data().join("plugins/.installed").read_dir().unwrap().map(|e| e.unwrap().path());
    let stored = stored.into_iter().find(|path| path.extension().is_some_and(|e| e == "wasm")).unwrap();
    let mut bytes = fs::read(&stored).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&stored, &bytes).unwrap();
    assert_eq!(scan(&home).fails(1).error_code_of(), "plugin_missing");
    let found = home.run(["plugin", "verify", "--json"]).fails(1).answer();
    assert!(!list(&found["error"]["findings"]).is_empty(), "{found}");
    home.run(["plugin", "disable", "hostile-detector"]).ok();
    scan(&home).ok();
    // Native code that somebody exchanged is found by its MAC.
    fs::write(&stored, &detector).unwrap();
    let code = home.data().join("plugins/.code").read_dir().unwrap().next().unwrap().unwrap().path();
    fs::write(&code, b"not code").unwrap();
    let found = home.run(["plugin", "verify", "--json"]).fails(1).answer();
    assert_eq!(found["error"]["findings"][0]["subject"], "native_code");
    // The lock file tells; the store decides.
    let lock = home.data().join("plugins/trcaa.lock");
    fs::write(&lock, fs::read_to_string(&lock).unwrap().replace("0.1.0", "0.2.0")).unwrap();
    let found = home.run(["plugin", "verify", "--json"]).fails(1).answer();
    assert!(list(&found["error"]["findings"]).iter().any(|f| f["subject"] == "lock_file"), "{found}");
}

#[test]
fn a_drop_in_is_told_of_once_where_nobody_can_be_asked() {
    let home = Home::new(BINARY);
    home.issue("x");
    let folder = home.data().join("plugins");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("extra.wasm"), component("demo", "1.0.0", "")).unwrap();
    home.run(["issue", "list", "--quiet"]).ok();
    home.json(["issue", "list"]);
    let told = |home: &Home| home.run(["issue", "list"]).ok().stderr.matches("plugins/extra.wasm").count();
    assert_eq!((told(&home), told(&home)), (1, 0));
    fs::write(folder.join("extra.wasm"), component("demo", "1.0.1", "")).unwrap();
    assert_eq!((told(&home), told(&home)), (1, 0));
    home.run(["plugin", "enable", "demo"]).ok();
    assert_eq!(told(&home), 0);
    assert_eq!(home.json(["plugin", "verify"])["findings"], json!([]));
    // An installed plugin keeps its id against a file.
    home.run(["plugin", "remove", "demo", "--yes"]).ok();
    assert!(!folder.join("extra.wasm").exists());
    install(&home, &component("demo", "1.0.0", ""));
    fs::write(folder.join("double.wasm"), component("demo", "2.0.0", "")).unwrap();
    let plugins = list(&home.json(["plugin", "list"])["plugins"]);
    let double = plugins.iter().find(|p| p["source"] == "double.wasm").unwrap();
    assert!(text(&double["reason"]).contains("belongs to another plugin"), "{double}");
    assert_eq!(show(&home)["version"], "1.0.0");
}

#[test]
fn bundled_plugins_are_part_of_the_program() {
    let home = Home::new(BINARY);
    for (args, code) in [
        (vec!["plugin", "remove", "pii-base", "--yes"], "bundled"),
        (vec!["plugin", "update", "pii-base"], "bundled"),
        (vec!["plugin", "grant", "pii-base"], "not_asked"),
        (vec!["plugin", "remove", "nobody", "--yes"], "not_found"),
        (vec!["plugin", "rollback", "nobody"], "not_found"),
        (vec!["plugin", "disable", "nobody"], "not_found"),
        (vec!["plugin", "verify", "nobody"], "not_found"),
    ] {
        assert_eq!(home.refused(&args, 1), code, "{args:?}");
    }
    assert!(!Path::new(&home.data().join("plugins/.installed")).join("x").exists());
}
