//! What goes with a plugin, what keeps it, and what bundled plugins may do.

use super::*;

const PROVIDER: &str = "[[http]]\norigin='{base_url}'\nmethods=['POST']\nreason='to ask'\n\
                        [[secret]]\nname='api-key'\naudience=['{base_url}']\nplacements=['bearer']\nreason='to log in'\n\
                        [kv]\nbytes_max=1024\nreason='to remember'\n";

fn rows(home: &Home, sql: &str) -> i64 {
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn removing_leaves_no_file_no_secret_and_no_row() {
    let home = Home::new(BINARY);
    home.issue("x");
    let folder = home.data().join("plugins");
    fs::create_dir_all(&folder).unwrap();
    // Told of as a drop-in, then enabled; with a secret.
    fs::write(folder.join("extra.wasm"), demo("1.0.0", PROVIDER)).unwrap();
    home.run(["issue", "list"]).ok();
    home.run(["plugin", "enable", "demo", "--yes"]).ok();
    home.run_with(["plugin", "secret", "demo", "api-key", "--stdin"], b"hunter2-key").ok();
    assert_eq!(show(&home)["secrets"], json!(["api-key"]));
    let sha256 = text(&show(&home)["sha256"]);
    home.run(["plugin", "remove", "demo", "--yes"]).ok();
    assert!(!folder.join("extra.wasm").exists());
    assert!(!folder.join(format!(".code/{sha256}.cwasm")).exists());
    assert!(!fs::read_to_string(folder.join("trcaa.lock")).unwrap().contains("demo"));
    let trail = home.json(["plugin", "audit", "demo"]);
    assert_eq!(trail["audit_log"][0]["action"], "plugin_removed");
    for table in
        ["plugin_grants", "plugin_secrets", "plugin_state", "plugin_versions", "plugin_failures", "plugin_asked"]
    {
        assert_eq!(rows(&home, &format!("SELECT count(*) FROM {table}")), 0, "{table}");
    }
    // Only the pin is left, and goes when that is said; then nothing is there.
    home.run(["plugin", "remove", "demo", "--yes", "--forget-publisher"]).ok();
    assert_eq!(home.refused(["plugin", "remove", "demo", "--yes"], 1), "not_found");
}

#[test]
fn kept_grants_can_be_taken_back_and_are_not_kept_for_anybody() {
    let home = Home::new(BINARY);
    install(&home, &demo("1.0.0", READS));
    home.run(["plugin", "remove", "demo", "--yes", "--keep-grants", "--forget-publisher"]).ok();
    assert_eq!(rows(&home, "SELECT count(*) FROM plugin_grants"), 1);
    home.run(["plugin", "remove", "demo", "--yes"]).ok();
    assert_eq!(rows(&home, "SELECT count(*) FROM plugin_grants"), 0);
    install(&home, &component("demo", "1.0.0", READS));
    assert_eq!(home.refused(["plugin", "remove", "demo", "--yes", "--keep-grants"], 2), "keep_grants");
    assert_eq!(show(&home)["wishes"][0]["granted"], "whole");
    home.run(["plugin", "remove", "demo", "--yes"]).ok();
}

#[test]
fn a_plugin_with_connections_is_not_removed_from_under_them() {
    let home = Home::new(BINARY);
    let file = home.file("p.wasm", tests::HOSTILE_PROVIDER);
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    let id = text(
        &home.json(["plugin", "list"])["plugins"]
            .as_array()
            .unwrap()
            .iter()
            .find(|p| p["source"] != "bundled")
            .unwrap()["id"],
    );
    // The provider of the tests needs no address, so its connection is made here as an import brings it.
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    conn.execute(
        "INSERT INTO ai_providers (id, name, plugin, api_url, model, options, created_at, updated_at)
         VALUES ('p1', 'work', ?1, 'https://ai.example.com/v1', 'm', '{}', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
        [&id],
    )
    .unwrap();
    drop(conn);
    let run = home.run(["plugin", "remove", &id, "--yes", "--json"]).fails(1);
    assert_eq!((run.error_code_of().as_str(), &run.answer()["error"]["connections"]), ("in_use", &json!(["work"])));
    home.run(["provider", "remove", "work", "--yes"]).ok();
    home.run(["plugin", "remove", &id, "--yes"]).ok();
}

#[test]
fn a_bundled_plugin_gets_nothing_beyond_computing_before_it_is_granted() {
    let home = Home::new(BINARY);
    let listed = |home: &Home| {
        let plugins = list(&home.json(["plugin", "list"])["plugins"]);
        plugins.into_iter().find(|p| p["id"] == "ai-openai").unwrap()
    };
    let view = |home: &Home| home.json(["plugin", "show", "ai-openai"])["plugin"].clone();
    let granted = |home: &Home| list(&view(home)["wishes"]).iter().map(|w| text(&w["granted"])).collect::<Vec<_>>();
    assert_eq!(listed(&home)["state"], "enabled");
    assert!(text(&listed(&home)["reason"]).contains("before something is granted"));
    assert!(granted(&home).iter().all(|granted| granted == "none"));
    assert!(home.run(["plugin", "show", "ai-openai"]).ok().stdout.contains("NOT granted"));
    home.run(["plugin", "grant", "ai-openai", "http", "{base_url}"]).ok();
    assert!(granted(&home).contains(&"whole".to_owned()));
    assert_eq!(listed(&home)["reason"], Value::Null);
    home.run(["plugin", "grant", "ai-openai"]).ok();
    assert!(granted(&home).iter().all(|granted| granted == "whole"));
    home.run(["plugin", "revoke", "ai-openai", "secret"]).ok();
    assert!(granted(&home).contains(&"none".to_owned()));
    home.run(["plugin", "revoke", "ai-openai"]).ok();
    assert_eq!(view(&home)["grants"], json!([]));
    assert_eq!(home.refused(["plugin", "grant", "ai-openai", "http", "https://evil.example.com"], 1), "not_asked");
    let trail = home.json(["plugin", "audit", "ai-openai"]);
    let done: Vec<String> = list(&trail["audit_log"]).iter().map(|entry| text(&entry["action"])).collect();
    assert_eq!(done, ["capability_revoked", "capability_revoked", "capability_granted", "capability_granted"]);
}

#[test]
fn enabling_ends_a_quarantine_of_installed_and_bundled_plugins_and_forgets_what_led_to_it() {
    let home = Home::new(BINARY);
    let file = home.file("d.wasm", tests::HOSTILE_DETECTOR);
    home.run(["plugin", "install", file.to_str().unwrap(), "--yes"]).ok();
    for n in 0..3 {
        let log = home.file("bad.log", format!("trap {n} ada@example.org\n"));
        home.run(["triage", log.to_str().unwrap(), "--out", "nothing", "--json"]).fails(1);
    }
    let of = |home: &Home, id: &str| home.json(["plugin", "show", id])["plugin"]["state"].clone();
    assert_eq!(of(&home, "hostile-detector"), "quarantined");
    assert_eq!(home.json(["plugin", "enable", "hostile-detector"])["plugin"]["state"], "enabled");
    assert_eq!(rows(&home, "SELECT count(*) FROM plugin_failures"), 0);
    let log = home.file("good.log", "2026-11-21 10:00:00 ERROR mail to ada@example.org failed\n");
    home.run(["triage", log.to_str().unwrap(), "--out", "out", "--json"]).ok();

    // A bundled one that has a row, as after it was switched off and on.
    home.run(["plugin", "disable", "pii-base"]).ok();
    home.run(["plugin", "enable", "pii-base"]).ok();
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{}'", tests::TEST_KEY)).unwrap();
    conn.execute("UPDATE plugins SET state = 'quarantined', reason = 'three traps' WHERE id = 'pii-base'", []).unwrap();
    drop(conn);
    assert_eq!(of(&home, "pii-base"), "quarantined");
    let run = home.run(["triage", log.to_str().unwrap(), "--out", "off", "--json"]).fails(1);
    assert_eq!(run.error_code_of(), "plugin_quarantined");
    home.run(["plugin", "enable", "pii-base"]).ok();
    home.run(["triage", log.to_str().unwrap(), "--out", "on", "--json"]).ok();
}

#[test]
fn another_plugin_in_the_place_of_a_removed_one_stays() {
    let home = Home::new(BINARY);
    home.issue("x");
    let file = home.data().join("plugins/extra.wasm");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, component("demo", "1.0.0", "")).unwrap();
    home.run(["plugin", "enable", "demo"]).ok();
    fs::write(&file, component("other", "1.0.0", "")).unwrap();
    home.run(["plugin", "remove", "demo", "--yes"]).ok();
    assert!(file.exists());
    assert_eq!(home.refused(["plugin", "show", "demo"], 1), "not_found");
}
