//! Migrating from nothing, and from a database with rows at every earlier version.
#![allow(clippy::unwrap_used, clippy::panic)]

use rusqlite::Connection;
use trcaa_model::env::fixed::FixedClock;

use super::*;

const CLOCK: FixedClock = FixedClock(1_700_000_000_000);

/// Rows as each version could hold them: number of the migration that makes the table, table, statement.
const ROWS: &[(usize, &str, &str)] = &[
    (
        1,
        "issues",
        "INSERT INTO issues (id, title, description, severity, status, created_at, updated_at, tags)
                   VALUES ('i1', 'Disk full on payroll', 'inode table exhausted', 'high', 'open', '2024-01-01 00:00:00',
                           '2024-01-01 00:00:00', '[\"disk\"]')",
    ),
    (
        2,
        "log_files",
        "INSERT INTO log_files (id, issue_id, file_name, file_path, uploaded_at)
                      VALUES ('l1', 'i1', 'a.log', '/var/a.log', '2024-01-01 00:00:00')",
    ),
    (
        3,
        "pii_spans",
        "INSERT INTO pii_spans (id, log_file_id, pii_type, start_offset, end_offset, original_value, replacement)
                      VALUES ('s1', 'l1', 'Email', 3, 9, 'a@b.de', '[Email_1]')",
    ),
    (4, "ai_conversations", "INSERT INTO ai_conversations VALUES ('c1', 'i1', 'p', 'm', '2024-01-01 00:00:00', NULL)"),
    (5, "ai_messages", "INSERT INTO ai_messages VALUES ('m1', 'c1', 'user', 'hello', 2, '2024-01-01 00:00:00')"),
    (
        6,
        "resolution_steps",
        "INSERT INTO resolution_steps VALUES ('w1', 'i1', 1, 'Why?', NULL, NULL, '2024-01-01 00:00:00')",
    ),
    (7, "documents", "INSERT INTO documents VALUES ('d1', 'i1', 'rca', 'RCA', '# RCA', 1, 2)"),
    (8, "audit_log", "INSERT INTO audit_log (id, action, entity_type, entity_id) VALUES ('a1', 'x', 'issue', 'i1')"),
    (9, "settings", "INSERT INTO settings VALUES ('k', 'v', '2024-01-01 00:00:00')"),
    (11, "credentials", "INSERT INTO credentials VALUES ('cr1', 'confluence', 'h', 'e', '2024-01-01 00:00:00', NULL)"),
    (
        11,
        "integration_config",
        "INSERT INTO integration_config (id, service, base_url, updated_at)
                                VALUES ('ic1', 'servicenow', 'https://x', '2024-01-01 00:00:00')",
    ),
    (12, "image_attachments", "INSERT INTO image_attachments (id, issue_id, file_name) VALUES ('im1', 'i1', 'a.png')"),
    (
        14,
        "ai_providers",
        "INSERT INTO ai_providers (id, name, plugin, api_url, model, created_at, updated_at)
                          VALUES ('p1', 'n', 'pl', 'https://x', 'm', '2024-01-01 00:00:00', '2024-01-01 00:00:00')",
    ),
    (
        15,
        "issue_pseudonyms",
        "INSERT INTO issue_pseudonyms VALUES ('ps1', 'i1', 'Email', 1, 'mac', 'sealed', '2024-01-01 00:00:00')",
    ),
    (
        16,
        "ai_tool_calls",
        "INSERT INTO ai_tool_calls (id, conversation_id, turn, call_id, tool_name, created_at)
                           VALUES ('t1', 'c1', 1, 'call', 'tool', '2024-01-01 00:00:00')",
    ),
    (
        17,
        "timeline_events",
        "INSERT INTO timeline_events VALUES ('e1', 'i1', 'triage_started', 'd', '{}', '2024-01-01 00:00:00')",
    ),
    (
        18,
        "mcp_servers",
        "INSERT INTO mcp_servers (id, name, url, transport_type, auth_type) VALUES ('ms1', 'n', 'u', 'http', 'none')",
    ),
    (18, "mcp_tools", "INSERT INTO mcp_tools (id, server_id, name, tool_key) VALUES ('mt1', 'ms1', 'n', 'mcp_n_n')"),
    (
        18,
        "mcp_resources",
        "INSERT INTO mcp_resources (id, server_id, uri, name) VALUES ('mr1', 'ms1', 'file:///x', 'named')",
    ),
    (
        24,
        "shell_commands",
        "INSERT INTO shell_commands (id, command_template, tier, category) VALUES ('own', 'ls', 1, 'general')",
    ),
    (
        25,
        "kubeconfig_files",
        "INSERT INTO kubeconfig_files (id, name, encrypted_content, context, is_active)
                              VALUES ('kc1', 'n', 'e', 'c', 1)",
    ),
    (
        26,
        "command_executions",
        "INSERT INTO command_executions (id, issue_id, command, tier, approval_status, kubeconfig_id)
                                VALUES ('ce1', 'i1', 'ls', 1, 'auto', 'kc1')",
    ),
    (
        27,
        "approval_decisions",
        "INSERT INTO approval_decisions (id, command_pattern, decision) VALUES ('ad1', 'ls', 'deny')",
    ),
    (31, "document_revisions", "INSERT INTO document_revisions VALUES ('d1', 1, 'old', 1)"),
    (
        32,
        "plugins",
        "INSERT INTO plugins VALUES ('pl', '1.0.0', 'pii-detector', 'w', 'h', 's', 'enabled', NULL, '2024-01-01 00:00:00', '')",
    ),
    (32, "plugin_grants", "INSERT INTO plugin_grants VALUES ('pl', NULL, 'h', '{}', '2024-01-01 00:00:00')"),
    (33, "audit_signing_keys", "INSERT INTO audit_signing_keys VALUES ('sk', 'p', 'e', '2024-01-01 00:00:00')"),
    (33, "audit_chain_start", "INSERT INTO audit_chain_start VALUES ('a1')"),
    (34, "column_key_check", "INSERT INTO column_key_check VALUES ('columns', 'e')"),
    (35, "plugin_code_key", "INSERT INTO plugin_code_key VALUES (1, zeroblob(32))"),
    (36, "plugin_publishers", "INSERT INTO plugin_publishers VALUES ('pl', 'p', 'k', '2024-01-01 00:00:00')"),
    (
        36,
        "plugin_versions",
        "INSERT INTO plugin_versions (plugin_id, version, sha256, world, publisher, publisher_key, capability_hash,
         source, role, manifest, installed_at) VALUES ('pl', '1.0.0', 'h', 'w', NULL, NULL, 'c', 's', 'active', '', '2024-01-01 00:00:00')",
    ),
    (
        36,
        "plugin_secrets",
        "INSERT INTO plugin_secrets VALUES ('ps', 'pl', '', 'token', 'e', '2024-01-01 00:00:00', '2024-01-01 00:00:00')",
    ),
    (36, "plugin_state", "INSERT INTO plugin_state VALUES ('pl', '', 'k', x'00', NULL, '2024-01-01 00:00:00')"),
    (36, "plugin_failures", "INSERT INTO plugin_failures (plugin_id, sha256, version, function, fault, failed_at)
         VALUES ('pl', 'h', '1.0.0', 'detect', 'trap', 1)"),
    (36, "plugin_asked", "INSERT INTO plugin_asked VALUES ('x.wasm', 'h', 1, '1', 'no', '2024-01-01 00:00:00')"),
];

fn database_at(version: usize) -> Connection {
    let mut conn = Connection::open_in_memory().unwrap();
    run_up_to(&mut conn, &CLOCK, version).unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    for (since, table, sql) in ROWS {
        if *since <= version {
            conn.execute(sql, []).unwrap_or_else(|e| panic!("{table} at {version}: {e}"));
        }
    }
    conn
}

fn count(conn: &Connection, sql: &str) -> i64 {
    conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn rows_of_every_earlier_version_come_through() {
    for version in 0..=MIGRATIONS.len() {
        let mut conn = database_at(version);
        run(&mut conn, &CLOCK).unwrap_or_else(|e| panic!("from {version}: {e:?}"));
        for (since, table, _) in ROWS.iter().filter(|(since, ..)| *since <= version) {
            let rows = count(&conn, &format!("SELECT count(*) FROM {table}"));
            assert!(rows >= 1, "{table} (since {since}) lost its row on the way from {version}");
        }
        assert_eq!(count(&conn, "SELECT count(*) FROM pragma_foreign_key_check"), 0, "from {version}");
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "from {version}");
        conn.execute("INSERT INTO issues_fts (issues_fts, rank) VALUES ('integrity-check', 1)", []).unwrap();
        let found = count(&conn, "SELECT count(*) FROM issues_fts WHERE issues_fts MATCH 'inode payroll'");
        assert_eq!(found, i64::from(version >= 1), "from {version}");
        assert_eq!(count(&conn, "SELECT count(*) FROM _migrations"), MIGRATIONS.len() as i64);
        assert_eq!(count(&conn, "SELECT count(*) FROM sqlite_schema WHERE name LIKE '%rebuilt%'"), 0);
        assert_eq!(schema::findings(&conn, 9).unwrap(), [""; 0], "from {version}");
    }
}

#[test]
fn every_table_has_a_row_in_these_tests() {
    let conn = database_at(MIGRATIONS.len());
    let mut tables = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'issues_fts%' AND name <> '_migrations'")
        .unwrap();
    for name in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let name = name.unwrap();
        assert!(ROWS.iter().any(|(_, table, _)| *table == name), "{name} has no representative row");
    }
}

#[test]
fn a_resource_without_a_name_is_named_by_its_uri() {
    let mut conn = database_at(22);
    conn.execute("INSERT INTO mcp_resources (id, server_id, uri) VALUES ('mr2', 'ms1', 'file:///y')", []).unwrap();
    run(&mut conn, &CLOCK).unwrap();
    let names: Vec<String> = conn
        .prepare("SELECT name FROM mcp_resources ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(names, ["named", "file:///y"]);
    assert_eq!(count(&conn, "SELECT count(*) FROM mcp_resources WHERE discovered_at IS NULL"), 0);
}

#[test]
fn a_second_run_writes_nothing() {
    let mut conn = database_at(MIGRATIONS.len());
    let before = count(&conn, "SELECT total_changes()");
    run(&mut conn, &CLOCK).unwrap();
    assert_eq!(count(&conn, "SELECT total_changes()"), before);
}

#[test]
fn a_ledger_without_checksums_is_taken_over() {
    let mut conn = database_at(17);
    conn.execute_batch(
        "CREATE TABLE kept AS SELECT name, applied_at FROM _migrations; DROP TABLE _migrations;
         CREATE TABLE _migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, applied_at TEXT DEFAULT 'x');
         INSERT INTO _migrations (name, applied_at) SELECT name, applied_at FROM kept; DROP TABLE kept;",
    )
    .unwrap();
    run(&mut conn, &CLOCK).unwrap();
    assert_eq!(count(&conn, "SELECT count(*) FROM _migrations WHERE checksum IS NULL"), 0);
    assert_eq!(count(&conn, "SELECT count(*) FROM _migrations"), MIGRATIONS.len() as i64);
}

#[test]
fn a_changed_migration_is_refused() {
    let mut conn = database_at(20);
    conn.execute("UPDATE _migrations SET checksum = 'other' WHERE name LIKE '007%'", []).unwrap();
    let refused = run(&mut conn, &CLOCK).unwrap_err();
    assert!(matches!(refused, StoreError::MigrationChanged { name: "007_create_documents" }), "{refused:?}");
    assert_eq!(count(&conn, "SELECT count(*) FROM _migrations"), 20);
}

#[test]
fn a_newer_schema_is_refused_and_left_as_it_is() {
    let mut conn = database_at(20);
    conn.execute("INSERT INTO _migrations (name) VALUES ('999_from_the_future')", []).unwrap();
    let before = count(&conn, "SELECT total_changes()");
    let refused = run(&mut conn, &CLOCK).unwrap_err();
    assert!(matches!(&refused, StoreError::NewerSchema { name } if name == "999_from_the_future"), "{refused:?}");
    assert_eq!(count(&conn, "SELECT total_changes()"), before);
}

#[test]
fn a_migration_that_fails_leaves_nothing_behind() {
    let mut conn = database_at(16);
    conn.execute_batch("CREATE TABLE timeline_events (id TEXT)").unwrap();
    let refused = run(&mut conn, &CLOCK).unwrap_err();
    assert!(matches!(refused, StoreError::MigrationFailed { name: "017_timeline_events", .. }), "{refused:?}");
    assert_eq!(count(&conn, "SELECT count(*) FROM _migrations"), 16);
}

#[test]
fn orphans_of_an_earlier_product_do_not_stop_a_migration() {
    let mut conn = database_at(9);
    conn.pragma_update(None, "foreign_keys", false).unwrap();
    conn.execute("INSERT INTO ai_conversations VALUES ('c2', 'gone', 'p', 'm', '', NULL)", []).unwrap();
    run(&mut conn, &CLOCK).unwrap();
    assert_eq!(count(&conn, "SELECT count(*) FROM pragma_foreign_key_check"), 1);
}

#[test]
fn columns_are_those_of_the_schema() {
    let conn = database_at(MIGRATIONS.len());
    for (table, expected) in [
        (
            "issues",
            "id title description severity status category source created_at updated_at resolved_at assigned_to tags",
        ),
        (
            "log_files",
            "id issue_id file_name file_path file_size mime_type content_hash uploaded_at redacted redacted_compressed redacted_hash content_compressed",
        ),
        ("audit_log", "id timestamp action entity_type entity_id user_id details prev_hash entry_hash"),
        ("mcp_resources", "id server_id uri name description mime_type discovered_at"),
        (
            "v_log_files_with_issue",
            "id issue_id file_name file_path file_size mime_type content_hash uploaded_at redacted issue_title",
        ),
        (
            "v_image_attachments_with_issue",
            "id issue_id file_name file_path file_size mime_type upload_hash uploaded_at pii_warning_acknowledged is_paste issue_title",
        ),
        (
            "pii_spans",
            "id log_file_id pii_type start_offset end_offset original_value replacement state confidence detector",
        ),
    ] {
        let columns: String = conn
            .query_row("SELECT group_concat(name, ' ') FROM pragma_table_info(?1)", [table], |row| row.get(0))
            .unwrap();
        assert_eq!(columns, expected, "{table}");
    }
}
