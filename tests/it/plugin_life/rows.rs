//! What a plugin may do is not believed of one place alone: rows that name other bytes, publishers or grants, files
//! that were never consented to, and offers that were overtaken.

use std::sync::Arc;

use trcaa_app::{App, Cancel, Consent, Downgrade, GrantChoice, KeySource, NoProgress, Setup};
use trcaa_model::env::fixed::SeededEntropy;

use super::*;

/// Changes rows as somebody with the database's key could.
fn tamper(home: &Home, sql: &str) {
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    assert!(conn.execute(sql, []).unwrap() > 0, "{sql}");
}

#[test]
fn a_grant_that_was_exchanged_behind_its_hash_counts_for_nothing() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    assert_eq!(show(&home)["grants"][0]["http"]["path_prefixes"], json!(["/rest/"]));
    tamper(&home, "UPDATE plugin_grants SET capability = replace(capability, '/rest/', '/')");
    let view = show(&home);
    assert_eq!((&view["grants"], &view["wishes"][0]["granted"]), (&json!([]), &json!("none")));
}

#[test]
fn a_row_that_names_another_publisher_or_plugin_runs_nothing() {
    let bytes = signed(tests::HOSTILE_DETECTOR, &ADA);
    for (sql, code) in [
        ("DELETE FROM plugin_publishers", "publisher_unknown"),
        ("UPDATE plugin_publishers SET publisher_key = NULL", "publisher_changed"),
        ("UPDATE plugin_publishers SET publisher_key = replace(publisher_key, 'a', 'b')", "publisher_changed"),
        ("UPDATE plugins SET id = 'other-detector' WHERE id = 'hostile-detector'", "plugin_missing"),
        ("UPDATE plugins SET sha256 = replace(sha256, 'a', 'b') WHERE id = 'hostile-detector'", "plugin_missing"),
    ] {
        let home = Home::new(BINARY);
        install(&home, &bytes);
        let log = home.file("a.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
        let triage = || home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"]);
        triage().ok();
        tamper(&home, sql);
        assert_eq!(triage().fails(1).error_code_of(), code, "{sql}");
    }
}

#[test]
fn a_drop_in_that_nobody_enabled_never_sees_a_log() {
    let home = Home::new(BINARY);
    home.issue("x");
    let folder = home.data().join("plugins");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("extra.wasm"), tests::HOSTILE_DETECTOR).unwrap();
    // A text that makes this detector trap, where it gets to see it.
    let log = home.file("a.log", "trap 2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    let triage = || home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"]);
    triage().ok();
    home.run(["plugin", "enable", "hostile-detector"]).ok();
    assert_eq!(triage().fails(1).error_code_of(), "plugin_failed");
}

struct Fixed;

impl trcaa_model::env::Clock for Fixed {
    fn now_ms(&self) -> u64 {
        1_700_000_000_000
    }
}

/// An open store in a folder of its own, and what is in the folder.
fn opened() -> (App, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let setup = Setup {
        data_dir: dir.path().join("data"),
        key: KeySource::RawKey(zeroize::Zeroizing::new([7; 32])),
        encryption_key: None,
        keyring: None,
        clock: Arc::new(Fixed),
        entropy: Arc::new(SeededEntropy::new(7)),
        plugin_log: None,
        cancel: Cancel::default(),
    };
    (App::open(setup, Box::new(NoProgress)).unwrap(), dir)
}

#[test]
fn a_drop_in_that_is_exchanged_between_the_look_and_the_yes_is_not_what_was_agreed_to() {
    let (app, dir) = opened();
    let folder = dir.path().join("data/plugins");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("demo.wasm"), demo("1.0.0", READS)).unwrap();
    let offer = app.offer_drop_in("demo").unwrap();
    fs::write(folder.join("demo.wasm"), demo("1.0.0", WRITES)).unwrap();
    assert_eq!(app.install_plugin(&offer, GrantChoice::All).err().unwrap().code, "changed_meanwhile");
    assert!(app.store().plugins().unwrap().is_empty() && app.store().plugin_versions(None).unwrap().is_empty());
    fs::write(folder.join("demo.wasm"), demo("1.0.0", READS)).unwrap();
    app.install_plugin(&offer, GrantChoice::All).unwrap();
}

#[test]
fn an_update_that_was_overtaken_is_not_what_was_agreed_to() {
    let (app, dir) = opened();
    let file = |bytes: &[u8]| {
        let path = dir.path().join("demo.wasm");
        fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let offer = app.offer_plugin(&file(&demo("1.0.0", READS))).unwrap();
    app.install_plugin(&offer, GrantChoice::All).unwrap();
    let update = |version| app.offer_update("demo", Some(&file(&demo(version, READS))), Downgrade::Refused).unwrap();
    let (slow, fast) = (update("1.1.0"), update("1.2.0"));
    app.update_plugin(&fast).unwrap();
    assert_eq!(app.update_plugin(&slow).err().unwrap().code, "changed_meanwhile");
    assert_eq!(app.accept_update(&slow, Consent::Shown).err().unwrap().code, "changed_meanwhile");
    assert_eq!(app.store().plugin("demo").unwrap().unwrap().version, "1.2.0");
}

#[test]
fn an_update_of_another_kind_is_refused() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    assert_eq!(update(&home, &demo("1.1.0", ""), &["--accept"]).fails(1).error_code_of(), "other_kind");
    assert_eq!(show(&home)["version"], "1.0.0");
}
