//! `trcaa doctor`: what it tells, what it leaves alone, and its exit status.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tests::{Home, TEST_KEY, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

fn checks(home: &Home, status: i32) -> Vec<Value> {
    let run = home.run(["doctor", "--json"]);
    assert_eq!(run.status, status, "{run:#?}");
    let checks = list(&run.answer()["checks"]);
    for check in &checks {
        assert!(["ok", "warning", "broken"].contains(&check["status"].as_str().unwrap()), "{check}");
        assert!(check["status"] == "ok" || check["hint"].is_string(), "what is not well has advice: {check}");
        assert_eq!(check.as_object().unwrap().len(), 4);
    }
    checks
}

fn of<'c>(checks: &'c [Value], name: &str) -> Vec<&'c Value> {
    checks.iter().filter(|check| check["name"] == name).collect()
}

#[test]
fn where_there_is_nothing_nothing_is_made() {
    let home = Home::new(BINARY);
    let checks = checks(&home, 0);
    assert!(text(&of(&checks, "database")[0]["detail"]).contains("none yet"), "{checks:?}");
    assert!(!home.data().exists());
    // An empty folder stays empty.
    std::fs::create_dir(home.data()).unwrap();
    std::fs::set_permissions(home.data(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let told = self::checks(&home, 0);
    assert_eq!(of(&told, "data_folder")[0]["status"], "warning");
    assert_eq!(std::fs::read_dir(home.data()).unwrap().count(), 0);
    assert_eq!(std::fs::metadata(home.data()).unwrap().permissions().mode() & 0o777, 0o755, "looked at, not changed");
}

#[test]
fn a_sound_store_is_told_whole_and_not_written_to() {
    let home = Home::new(BINARY);
    home.issue("x");
    let database = home.data().join("tftsr.db");
    let before = std::fs::read(&database).unwrap();
    let checks = checks(&home, 0);
    for name in [
        "data_folder",
        "database",
        "audit_chain",
        "detectors",
        "custom_rules",
        "plugins",
        "policy",
        "providers",
        "network",
        "disk_space",
        "clock",
        "landlock",
    ] {
        assert!(!of(&checks, name).is_empty(), "{name}: {checks:?}");
    }
    assert!(text(&of(&checks, "database")[0]["detail"]).contains("SQLCipher"));
    assert!(of(&checks, "policy").iter().all(|check| text(&check["detail"]).ends_with(": redact")));
    assert_eq!(std::fs::read(&database).unwrap(), before);
    let table = home.run(["doctor"]).ok().stdout;
    assert!(table.contains("STATUS") && table.contains("OK") && table.contains("audit_chain"), "{table}");
    assert!(list(&home.json(["audit", "list"])["audit_log"]).len() == 1, "looking leaves no trace");
}

#[test]
fn what_is_broken_ends_with_one_and_what_is_odd_with_zero() {
    let home = Home::new(BINARY);
    home.issue("x");
    for (name, url, policy) in
        [("here", "http://127.0.0.1:9/v1", "allow"), ("there", "https://api.example.com/v1", "block")]
    {
        let add = [
            "provider",
            "add",
            name,
            "--plugin",
            "ai-openai",
            "--url",
            url,
            "--model",
            "m",
            "--yes",
            "--policy",
            policy,
        ];
        home.json(add);
    }
    home.json(["settings", "set", "guard.export", "block"]);
    let told = checks(&home, 0);
    let details: Vec<String> = told.iter().map(|check| text(&check["detail"])).collect();
    for part in [
        "guard.export: block",
        "there: ai-openai at https://api.example.com, policy block",
        "policy allow: it gets logs in clear",
    ] {
        assert!(details.iter().any(|detail| detail.contains(part)), "{part}: {details:#?}");
    }

    let detectors: Vec<String> = list(&home.json(["plugin", "list"])["plugins"])
        .iter()
        .filter(|plugin| plugin["kind"] == "pii-detector")
        .map(|plugin| text(&plugin["id"]))
        .collect();
    home.json(["plugin", "disable", &detectors[0]]);
    let told = checks(&home, if detectors.len() > 1 { 0 } else { 1 });
    let off = of(&told, "detectors").into_iter().find(|check| text(&check["detail"]).starts_with(&detectors[0]));
    assert_eq!(off.unwrap()["status"], "warning", "{told:?}");
    detectors[1..].iter().for_each(|id| drop(home.json(["plugin", "disable", id])));
    let told = checks(&home, 1);
    let broken: Vec<&Value> = told.iter().filter(|check| check["status"] == "broken").collect();
    assert!(text(&broken[0]["hint"]).contains("trcaa plugin enable"), "{broken:?}");
    detectors.iter().for_each(|id| drop(home.json(["plugin", "enable", id])));
    checks(&home, 0);

    home.json(["settings", "set", "net.extra_ca", "/nowhere/ca.pem"]);
    assert_eq!(of(&checks(&home, 1), "network")[0]["status"], "broken");
    home.json(["settings", "unset", "net.extra_ca"]);

    let rules = home.data().join("pii-rules.toml");
    std::fs::write(&rules, "[[rule]]\n").unwrap();
    assert_eq!(of(&checks(&home, 1), "custom_rules")[0]["status"], "broken");
    std::fs::remove_file(&rules).unwrap();

    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    conn.execute("UPDATE audit_log SET details = '{}' WHERE action = 'provider_added'", []).unwrap();
    drop(conn);
    assert_eq!(of(&checks(&home, 1), "audit_chain")[0]["status"], "broken");
}

#[test]
fn a_store_that_does_not_open_is_told_beside_the_rest() {
    let home = Home::new(BINARY);
    home.issue("x");
    let mut command = home.command(["doctor", "--json"]);
    command.env("TRCAA_DB_KEY", "another key");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = list(&answer["checks"]);
    assert_eq!(of(&checks, "database")[0]["status"], json!("broken"));
    assert_eq!(of(&checks, "disk_space").len(), 1, "{checks:?}");
}
