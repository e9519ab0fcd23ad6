//! What the tables of plugins rule out by themselves, whoever writes.

use trcaa_store::{PluginGrant, StoreError};

use crate::fixture::Home;

#[test]
fn each_table_refuses_what_would_give_a_plugin_more_than_the_user_did() {
    let home = Home::new();
    drop(home.open());
    let conn = home.raw();
    let plugin = "INSERT INTO plugins (id, version, kind, world, sha256, source, installed_at, manifest, state) VALUES";
    let grant = "INSERT INTO plugin_grants (plugin_id, publisher_key, capability_hash, capability, granted_at) VALUES";
    let code_key = "INSERT INTO plugin_code_key (id, key) VALUES";
    let version = "INSERT INTO plugin_versions (plugin_id, version, world, capability_hash, source, manifest, installed_at, \
                   sha256, role) VALUES";
    let publisher = "INSERT INTO plugin_publishers (plugin_id, publisher_key, pinned_at) VALUES";
    let secret =
        "INSERT INTO plugin_secrets (id, plugin_id, connection, name, encrypted_value, created_at, updated_at) VALUES";
    let state = "INSERT INTO plugin_state (plugin_id, connection, key, value, updated_at) VALUES";
    let asked = "INSERT INTO plugin_asked (file, sha256, bytes, modified_ns, asked_at, answer) VALUES";
    // Each with the guard that has to speak up, a row that is allowed, and one beside it that is not.
    for ((why, guard), insert, allowed, refused) in [
        (
            ("a state that no code knows", "CHECK constraint failed: state IN"),
            plugin,
            "('a', '1', 'k', 'w', 's', 'f', 'x', '{}', 'quarantined')",
            "('b', '1', 'k', 'w', 's', 'f', 'x', '{}', 'trusted')",
        ),
        (
            ("two plugins of one id", "plugins.id"),
            plugin,
            "('c', '1', 'k', 'w', 's', 'f', 'x', '{}', 'disabled')",
            "('c', '2', 'k', 'w', 's', 'f', 'x', '{}', 'enabled')",
        ),
        (
            ("a grant twice, taken back once", "idx_plugin_grants_capability"),
            grant,
            "('a', 'key', 'h', '{}', 'x')",
            "('a', 'key', 'h', '{}', 'x')",
        ),
        (
            ("the same of an unsigned one", "idx_plugin_grants_capability"),
            grant,
            "('a', NULL, 'h', '{}', 'x')",
            "('a', NULL, 'h', '{}', 'x')",
        ),
        (
            ("unsigned in another dress", "idx_plugin_grants_capability"),
            grant,
            "('b', NULL, 'h', '{}', 'x')",
            "('b', '', 'h', '{}', 'x')",
        ),
        (
            ("a second key for native code", "CHECK constraint failed: id = 1"),
            code_key,
            "(1, zeroblob(32))",
            "(2, zeroblob(32))",
        ),
        (
            ("a short one", "CHECK constraint failed: length(key) = 32"),
            code_key,
            "(1, zeroblob(32))",
            "(1, zeroblob(31)) ON CONFLICT (id) DO NOTHING",
        ),
        (
            ("a role that no code knows", "CHECK constraint failed: role IN"),
            version,
            "('a', '1', 'w', 'h', 'f', '{}', 'x', '1', 'pending')",
            "('a', '1', 'w', 'h', 'f', '{}', 'x', '2', 'running')",
        ),
        (
            ("two active versions", "plugin_versions.plugin_id, plugin_versions.role"),
            version,
            "('a', '2', 'w', 'h', 'f', '{}', 'x', '3', 'active')",
            "('a', '3', 'w', 'h', 'f', '{}', 'x', '4', 'active')",
        ),
        (
            ("the same bytes in two roles", "plugin_versions.plugin_id, plugin_versions.sha256"),
            version,
            "('b', '2', 'w', 'h', 'f', '{}', 'x', '5', 'active')",
            "('b', '2', 'w', 'h', 'f', '{}', 'x', '5', 'pending')",
        ),
        (
            ("two publishers of one id", "plugin_publishers.plugin_id"),
            publisher,
            "('a', 'ada', 'x')",
            "('a', 'eve', 'x')",
        ),
        (
            ("two secrets of one name", "plugin_secrets.plugin_id, plugin_secrets.connection, plugin_secrets.name"),
            secret,
            "('1', 'a', '', 'token', 'e', 'x', 'x')",
            "('2', 'a', '', 'token', 'e', 'x', 'x')",
        ),
        (
            ("two values of one key", "plugin_state.plugin_id, plugin_state.connection, plugin_state.key"),
            state,
            "('a', '', 'k', x'01', 'x')",
            "('a', '', 'k', x'02', 'x')",
        ),
        (
            ("an answer that nobody gave", "CHECK constraint failed: answer IN"),
            asked,
            "('f', 's', 1, '1', 'x', 'yes')",
            "('g', 's', 1, '1', 'x', 'always')",
        ),
    ] {
        conn.execute("DELETE FROM plugin_code_key", []).unwrap();
        conn.execute(&format!("{insert} {allowed}"), []).unwrap_or_else(|e| panic!("{insert} {allowed}: {e}"));
        let error = conn.execute(&format!("{insert} {refused}"), []).expect_err(why);
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation), "{why}: {error}");
        // Two guards may refuse one row: without this, one of them could go unnoticed.
        assert!(error.to_string().contains(guard), "{why}: {error}");
    }
}

#[test]
fn a_grant_to_an_empty_key_is_refused_since_it_would_pass_for_an_unsigned_plugins() {
    let home = Home::new();
    let store = home.open();
    let grant = |key: Option<&str>| PluginGrant {
        plugin_id: "a".to_owned(),
        publisher_key: key.map(str::to_owned),
        capability_hash: "h".to_owned(),
        capability: serde_json::json!({}),
        granted_at: String::new(),
    };
    let refused = store.write(|tx| tx.grant(&grant(Some(""))));
    assert!(matches!(refused, Err(StoreError::Invalid { what: "publisher key", .. })), "{refused:?}");
    store.write(|tx| tx.grant(&grant(None))).unwrap();
    assert_eq!(store.plugin_grants("a", None).unwrap().len(), 1);
    assert!(store.plugin_grants("a", Some("")).unwrap().is_empty());
    assert!(store.plugin_grants("a", Some("key")).unwrap().is_empty(), "another publisher's are others");
}
