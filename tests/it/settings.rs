//! Settings: what they take, that they are in force where they say, and what the trail keeps of them.

use tests::{Home, TEST_KEY, list, text};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

#[test]
fn each_setting_takes_effect_where_it_says() {
    let home = Home::new(BINARY);
    for n in 0..4 {
        home.issue(&format!("disk {n}"));
    }
    home.json(["settings", "set", "list.limit", "3"]);
    home.json(["settings", "set", "search.limit", "2"]);
    assert_eq!(list(&home.json(["issue", "list"])["issues"]).len(), 3);
    assert_eq!(list(&home.json(["issue", "list", "--limit", "4"])["issues"]).len(), 4);
    assert_eq!(list(&home.json(["search", "disk"])["hits"]).len(), 2);
    assert_eq!(list(&home.json(["search", "disk", "--limit", "4"])["hits"]).len(), 4);
    home.json(["settings", "set", "triage.formats", "md"]);
    let log = home.file("a.log", "ERROR disk full\n");
    let done = home.json(["triage".as_ref(), log.as_os_str()]);
    assert_eq!(list(&done["exported"]).len(), 1);
    assert_eq!(home.refused(["settings", "set", "provider.default", "nobody"], 2), "no_such_provider");
    home.json(["settings", "set", "provider.default", "offline-analyst"]);
    assert_eq!(home.json(["settings", "unset", "provider.default"])["value"], "offline-analyst");
    home.json(["triage".as_ref(), log.as_os_str()]);
}

#[test]
fn the_list_tells_kinds_and_leaves_foreign_rows_alone() {
    let home = Home::new(BINARY);
    home.issue("x");
    let conn = rusqlite::Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    conn.execute_batch(
        "INSERT INTO settings VALUES ('theme', 'dark', '2024-01-01 00:00:00'), ('search.limit', 'many', '2024-01-01 00:00:00')",
    )
    .unwrap();
    let settings = list(&home.json(["settings", "list"])["settings"]);
    let one = |key: &str| settings.iter().find(|setting| setting["key"] == key).cloned().unwrap();
    assert_eq!((one("theme")["kind"].clone(), one("theme")["value"].clone()), ("unknown".into(), "dark".into()));
    assert_eq!((one("list.limit")["min"].clone(), one("list.limit")["max"].clone()), (1.into(), 10_000.into()));
    assert_eq!(one("log.size_bytes_max")["is_set"], false);
    assert_eq!(home.refused(["settings", "set", "theme", "light"], 2), "no_such_setting");
    assert_eq!(home.refused(["settings", "unset", "theme"], 2), "no_such_setting");
    // What an import brought is checked as if it were typed, and told with the way out.
    let run = home.run(["search", "x"]).fails(2);
    assert!(run.stderr.contains("trcaa settings unset search.limit"), "{run:#?}");
    home.json(["settings", "unset", "search.limit"]);
    assert_eq!(list(&home.json(["search", "x"])["hits"]).len(), 1);
}

#[test]
fn changes_are_in_the_trail_and_free_texts_are_not() {
    let home = Home::new(BINARY);
    home.json(["settings", "set", "list.limit", "7"]);
    home.json(["settings", "set", "provider.default", "offline-analyst"]);
    home.json(["settings", "unset", "list.limit"]);
    home.json(["settings", "unset", "list.limit"]);
    home.refused(["settings", "set", "list.limit", "0"], 2);
    let entries = list(&home.json(["audit", "list", "--action", "change_setting"])["audit_log"]);
    let told: Vec<(String, String)> =
        entries.iter().map(|entry| (text(&entry["entity_id"]), text(&entry["details"]))).collect();
    let expected =
        [("list.limit", "{\"unset\":true}"), ("provider.default", "{}"), ("list.limit", "{\"value\":\"7\"}")];
    assert_eq!(told, expected.map(|(key, details)| (key.to_owned(), details.to_owned())));
    let run = home.run(["settings", "get", "list.limits"]).fails(2);
    assert!(run.stderr.contains("list.limit"), "{run:#?}");
}
