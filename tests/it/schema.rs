//! The migrated database against schema.md: the table below is written by hand from that page, not from the migrations.

use rusqlite::{Connection, params};
use tests::{Home, TEST_KEY};

const BINARY: &str = env!("CARGO_BIN_EXE_trcaa");

/// A line per table: its columns as `name TYPE`, then NN for NOT NULL, PK for the primary key, =… for a default and
/// →table:action for a reference. Columns come in the order of the page; the host's own may follow.
const TABLES: &str = "
issues: id TEXT PK | title TEXT NN | description TEXT | severity TEXT NN | status TEXT NN | category TEXT | source TEXT \
    | created_at TEXT NN | updated_at TEXT NN | resolved_at TEXT | assigned_to TEXT | tags TEXT
log_files: id TEXT PK | issue_id TEXT NN →issues:CASCADE | file_name TEXT NN | file_path TEXT NN | file_size INTEGER \
    | mime_type TEXT | content_hash TEXT | uploaded_at TEXT NN | redacted INTEGER =0 | redacted_compressed BLOB \
    | redacted_hash TEXT | content_compressed BLOB
pii_spans: id TEXT PK | log_file_id TEXT NN →log_files:CASCADE | pii_type TEXT NN | start_offset INTEGER NN \
    | end_offset INTEGER NN | original_value TEXT NN | replacement TEXT NN
ai_conversations: id TEXT PK | issue_id TEXT NN →issues:CASCADE | provider TEXT NN | model TEXT NN \
    | created_at TEXT NN | title TEXT
ai_messages: id TEXT PK | conversation_id TEXT NN →ai_conversations:CASCADE | role TEXT NN | content TEXT NN \
    | token_count INTEGER =0 | created_at TEXT NN
resolution_steps: id TEXT PK | issue_id TEXT NN →issues:CASCADE | step_order INTEGER NN | why_question TEXT NN \
    | answer TEXT | evidence TEXT | created_at TEXT NN
documents: id TEXT PK | issue_id TEXT NN →issues:CASCADE | doc_type TEXT NN | title TEXT NN | content_md TEXT NN \
    | created_at INTEGER NN | updated_at INTEGER NN
audit_log: id TEXT PK | timestamp TEXT NN =now | action TEXT NN | entity_type TEXT NN | entity_id TEXT NN \
    | user_id TEXT ='local' | details TEXT | prev_hash TEXT | entry_hash TEXT
settings: key TEXT PK | value TEXT NN | updated_at TEXT NN
credentials: id TEXT PK | service TEXT NN | token_hash TEXT NN | encrypted_token TEXT NN | created_at TEXT NN \
    | expires_at TEXT
integration_config: id TEXT PK | service TEXT NN | base_url TEXT NN | username TEXT | project_name TEXT \
    | space_key TEXT | auto_create_enabled INTEGER NN =0 | updated_at TEXT NN
image_attachments: id TEXT PK | issue_id TEXT NN →issues:CASCADE | file_name TEXT NN | file_path TEXT NN ='' \
    | file_size INTEGER NN =0 | mime_type TEXT NN ='image/png' | upload_hash TEXT NN ='' | uploaded_at TEXT NN =now \
    | pii_warning_acknowledged INTEGER NN =1 | is_paste INTEGER NN =0 | image_data BLOB
ai_providers: id TEXT PK | name TEXT NN | plugin TEXT NN | api_url TEXT NN | encrypted_api_key TEXT | model TEXT NN \
    | max_tokens INTEGER | temperature REAL | options TEXT NN ='{}' | supports_tool_calling INTEGER \
    | created_at TEXT NN | updated_at TEXT NN
timeline_events: id TEXT PK | issue_id TEXT NN →issues:CASCADE | event_type TEXT NN | description TEXT NN \
    | metadata TEXT | created_at TEXT NN
mcp_servers: id TEXT PK | name TEXT NN | url TEXT NN | transport_type TEXT NN | transport_config TEXT NN ='{}' \
    | auth_type TEXT NN | auth_value TEXT | enabled INTEGER NN =1 | last_discovered_at TEXT \
    | discovery_status TEXT NN ='pending' | discovery_error TEXT | created_at TEXT NN =now | updated_at TEXT NN =now \
    | env_config TEXT
mcp_tools: id TEXT PK | server_id TEXT NN →mcp_servers:CASCADE | name TEXT NN | tool_key TEXT NN | description TEXT \
    | parameters TEXT NN ='{}'
mcp_resources: id TEXT PK | server_id TEXT NN →mcp_servers:CASCADE | uri TEXT NN | name TEXT NN | description TEXT \
    | mime_type TEXT | discovered_at TEXT NN =now
shell_commands: id TEXT PK | command_template TEXT NN | tier INTEGER NN | description TEXT | category TEXT NN \
    | created_at TEXT NN =now
kubeconfig_files: id TEXT PK | name TEXT NN | encrypted_content TEXT NN | context TEXT NN | cluster_url TEXT \
    | is_active INTEGER NN =0 | uploaded_at TEXT NN =now
command_executions: id TEXT PK | issue_id TEXT →issues:CASCADE | command TEXT NN | tier INTEGER NN \
    | approval_status TEXT NN | kubeconfig_id TEXT →kubeconfig_files:SET NULL | exit_code INTEGER | stdout TEXT \
    | stderr TEXT | execution_time_ms INTEGER | executed_at TEXT NN =now
approval_decisions: id TEXT PK | command_pattern TEXT NN | decision TEXT NN | session_id TEXT \
    | decided_at TEXT NN =now | expires_at TEXT
_migrations: name TEXT | applied_at TEXT
";

/// What the page says of indexes: name, table, columns.
const INDEXES: [(&str, &str, &str); 8] = [
    ("idx_timeline_events_issue", "timeline_events", "issue_id"),
    ("idx_timeline_events_time", "timeline_events", "created_at"),
    ("idx_mcp_resources_server", "mcp_resources", "server_id"),
    ("idx_kubeconfig_active", "kubeconfig_files", "is_active"),
    ("idx_command_executions_issue", "command_executions", "issue_id"),
    ("idx_command_executions_executed", "command_executions", "executed_at"),
    ("idx_approval_decisions_session", "approval_decisions", "session_id"),
    ("idx_kubeconfig_one_active", "kubeconfig_files", "is_active"),
];

/// Columns of which no two rows may have the same.
const UNIQUE: [(&str, &str); 4] =
    [("_migrations", "name"), ("credentials", "service"), ("integration_config", "service"), ("ai_providers", "name")];

const VIEWS: [(&str, &str); 2] = [
    (
        "v_log_files_with_issue",
        "id issue_id file_name file_path file_size mime_type content_hash uploaded_at redacted issue_title",
    ),
    (
        "v_image_attachments_with_issue",
        "id issue_id file_name file_path file_size mime_type upload_hash uploaded_at pii_warning_acknowledged is_paste \
         issue_title",
    ),
];

/// A new store, and another connection to it that is set up as the product's are.
fn migrated() -> (Home, Connection) {
    let home = Home::new(BINARY);
    home.json(["issue", "list"]);
    let conn = Connection::open(home.data().join("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", format!("x'{TEST_KEY}'")).unwrap();
    conn.pragma_update(None, "foreign_keys", true).unwrap();
    (home, conn)
}

fn rows<const COLUMNS: usize>(conn: &Connection, sql: &str) -> Vec<[String; COLUMNS]> {
    let mut statement = conn.prepare(sql).unwrap();
    let read = |row: &rusqlite::Row<'_>| {
        Ok(std::array::from_fn(|n| match row.get_unwrap::<_, rusqlite::types::Value>(n) {
            rusqlite::types::Value::Text(text) => text,
            rusqlite::types::Value::Integer(number) => number.to_string(),
            rusqlite::types::Value::Null => String::new(),
            other => panic!("{sql}: {other:?}"),
        }))
    };
    statement.query_map([], read).unwrap().map(Result::unwrap).collect()
}

/// A table as [`TABLES`] writes it.
fn described(conn: &Connection, table: &str) -> Vec<String> {
    let references: Vec<[String; 4]> =
        rows(conn, &format!("SELECT \"from\", \"table\", \"to\", on_delete FROM pragma_foreign_key_list('{table}')"));
    rows::<5>(conn, &format!("SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')"))
        .into_iter()
        .map(|[name, kind, not_null, default, pk]| {
            let mut text = format!("{name} {kind}");
            if pk != "0" {
                text.push_str(" PK");
            } else if not_null == "1" {
                text.push_str(" NN");
            }
            if let Some([_, other, to, action]) = references.iter().find(|reference| reference[0] == name) {
                assert!(to == "id" || to.is_empty(), "{table}.{name} points to {other}.{to}");
                text.push_str(&format!(" →{other}:{action}"));
            }
            if !default.is_empty() {
                let default = if default == "datetime('now')" { "now" } else { &default };
                text.push_str(&format!(" ={default}"));
            }
            text
        })
        .collect()
}

#[test]
fn every_table_of_the_page_is_as_the_page_says() {
    let (_home, conn) = migrated();
    let mut seen = 0;
    for line in TABLES.lines().filter(|line| !line.is_empty()) {
        let (table, columns) = line.split_once(": ").unwrap();
        let wanted: Vec<&str> = columns.split('|').map(str::trim).collect();
        let found = described(&conn, table);
        let (same, own) = split(&found, &wanted, table);
        assert_eq!(same, wanted, "{table}");
        // Else a row of an earlier product could not come over.
        for column in own {
            let ours = column.starts_with("checksum ") || !column.contains(" NN") || column.contains(" =");
            assert!(ours, "{table}: our own column {column} has to be given");
        }
        seen += 1;
    }
    assert_eq!(seen, 22);
}

/// Parts a table's columns into those that the page names and the host's own.
fn split<'f>(found: &'f [String], wanted: &[&str], table: &str) -> (Vec<&'f str>, Vec<&'f str>) {
    let name = |column: &str| column.split(' ').next().unwrap_or_default().to_owned();
    let (same, own): (Vec<&str>, Vec<&str>) =
        found.iter().map(String::as_str).partition(|column| wanted.iter().any(|wanted| name(wanted) == name(column)));
    assert!(!same.is_empty(), "there is no table {table}");
    (same, own)
}

#[test]
fn indexes_views_and_the_full_text_table_are_as_the_page_says() {
    let (_home, conn) = migrated();
    for (index, table, columns) in INDEXES {
        let found = rows::<1>(&conn, &format!("SELECT name FROM pragma_index_info('{index}')")).concat().join(" ");
        assert_eq!(found, columns, "{index}");
        let of: String =
            conn.query_row("SELECT tbl_name FROM sqlite_schema WHERE name = ?1", [index], |row| row.get(0)).unwrap();
        assert_eq!(of, table, "{index}");
    }
    for (table, column) in UNIQUE {
        let found = rows::<1>(
            &conn,
            &format!(
                "SELECT i.name FROM pragma_index_list('{table}') l JOIN pragma_index_info(l.name) i
                 WHERE l.\"unique\" = 1 AND l.origin = 'u'"
            ),
        );
        assert!(found.iter().any(|name| name[0] == column), "{table}.{column}: {found:?}");
    }
    for (view, columns) in VIEWS {
        let found = rows::<1>(&conn, &format!("SELECT name FROM pragma_table_info('{view}')")).concat().join(" ");
        assert_eq!(found, columns, "{view}");
    }
    let sql: String =
        conn.query_row("SELECT sql FROM sqlite_schema WHERE name = 'issues_fts'", [], |row| row.get(0)).unwrap();
    for part in ["fts5", "id UNINDEXED", "title", "description", "content='issues'", "content_rowid='rowid'"] {
        assert!(sql.contains(part), "{part}: {sql}");
    }
    let seeds: u32 = conn.query_row("SELECT count(*) FROM shell_commands", [], |row| row.get(0)).unwrap();
    assert!(seeds > 0, "shell_commands comes with rows");
    assert_eq!(
        rows::<1>(&conn, "SELECT id FROM shell_commands WHERE category NOT IN ('kubectl', 'proxmox', 'general')").len(),
        0
    );
}

/// An issue with a row in every table below it, in and out of reach of its deletion.
const FAMILY: &str = "
INSERT INTO issues (id, title, severity, status, created_at, updated_at) VALUES ('i', 't', 'low', 'open', 'x', 'x');
INSERT INTO log_files (id, issue_id, file_name, file_path, uploaded_at) VALUES ('l', 'i', 'f', 'p', 'x');
INSERT INTO pii_spans (id, log_file_id, pii_type, start_offset, end_offset, original_value, replacement)
    VALUES ('s', 'l', 'Email', 0, 1, 'v', 'r');
INSERT INTO ai_conversations (id, issue_id, provider, model, created_at) VALUES ('c', 'i', 'p', 'm', 'x');
INSERT INTO ai_messages (id, conversation_id, role, content, created_at) VALUES ('m', 'c', 'user', 't', 'x');
INSERT INTO ai_tool_calls (id, conversation_id, turn, call_id, tool_name, created_at) VALUES ('t', 'c', 1, 'x', 'y', 'x');
INSERT INTO resolution_steps (id, issue_id, step_order, why_question, created_at) VALUES ('w', 'i', 1, 'why', 'x');
INSERT INTO documents (id, issue_id, doc_type, title, content_md, created_at, updated_at) VALUES ('d', 'i', 'rca', 't', 'c', 1, 1);
INSERT INTO image_attachments (id, issue_id, file_name) VALUES ('a', 'i', 'f');
INSERT INTO issue_pseudonyms (id, issue_id, label, ordinal, value_mac, encrypted_value, created_at)
    VALUES ('p', 'i', 'Email', 1, 'm', 'v', 'x');
INSERT INTO timeline_events (id, issue_id, event_type, description, created_at) VALUES ('e', 'i', 'triage_started', 'd', 'x');
INSERT INTO kubeconfig_files (id, name, encrypted_content, context, is_active) VALUES ('k', 'n', 'e', 'c', 1);
INSERT INTO command_executions (id, issue_id, command, tier, approval_status, kubeconfig_id) VALUES ('x', 'i', 'c', 1, 'auto', 'k');
INSERT INTO audit_log (id, action, entity_type, entity_id) VALUES ('audit', 'create_issue', 'issue', 'i');
";

const BELOW: [&str; 11] = [
    "log_files",
    "pii_spans",
    "ai_conversations",
    "ai_messages",
    "ai_tool_calls",
    "resolution_steps",
    "documents",
    "image_attachments",
    "issue_pseudonyms",
    "timeline_events",
    "command_executions",
];

fn count(conn: &Connection, table: &str) -> u32 {
    conn.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn everything_below_an_issue_goes_with_it_and_the_trail_stays() {
    let (_home, conn) = migrated();
    let before = count(&conn, "audit_log");
    conn.execute_batch(FAMILY).unwrap();
    for table in BELOW {
        assert_eq!(count(&conn, table), 1, "{table}");
    }
    // Whatever else points to an issue, by whichever migration, has to be spoken of here.
    let below = rows::<1>(
        &conn,
        "SELECT DISTINCT m.name FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
         WHERE m.type = 'table' AND f.\"table\" = 'issues' AND f.on_delete <> 'CASCADE'",
    );
    assert!(below.is_empty(), "not deleted with its issue: {below:?}");
    conn.execute("DELETE FROM issues WHERE id = 'i'", []).unwrap();
    for table in BELOW {
        assert_eq!(count(&conn, table), 0, "{table}");
    }
    assert_eq!(count(&conn, "audit_log"), before + 1);
    assert_eq!(count(&conn, "kubeconfig_files"), 1);
}

#[test]
fn a_deleted_kubeconfig_leaves_its_executions() {
    let (_home, conn) = migrated();
    conn.execute_batch(FAMILY).unwrap();
    conn.execute("DELETE FROM kubeconfig_files", []).unwrap();
    let left: Option<String> =
        conn.query_row("SELECT kubeconfig_id FROM command_executions WHERE id = 'x'", [], |row| row.get(0)).unwrap();
    assert_eq!(left, None);
}

#[test]
fn what_the_page_rules_out_is_refused() {
    let (_home, conn) = migrated();
    conn.execute_batch(FAMILY).unwrap();
    let credential = "INSERT INTO credentials (id, service, token_hash, encrypted_token, created_at) VALUES";
    let server = "INSERT INTO mcp_servers (id, name, url, transport_type, auth_type, discovery_status) VALUES";
    let kubeconfig = "INSERT INTO kubeconfig_files (id, name, encrypted_content, context, is_active) VALUES";
    let decision = "INSERT INTO approval_decisions (id, command_pattern, decision) VALUES";
    let message = "INSERT INTO ai_messages (id, conversation_id, role, content, created_at) VALUES";
    let shell = "INSERT INTO shell_commands (id, command_template, tier, category) VALUES";
    let config = "INSERT INTO integration_config (id, service, base_url, updated_at) VALUES";
    let provider = "INSERT INTO ai_providers (id, name, plugin, api_url, model, created_at, updated_at) VALUES";
    // Each with a value that is allowed and one that is not.
    for (insert, allowed, refused) in [
        (message, "('1', 'c', 'assistant', 't', 'x')", "('2', 'c', 'tool', 't', 'x')"),
        (message, "('3', 'c', 'system', 't', 'x')", "('4', 'nobody', 'system', 't', 'x')"),
        (credential, "('1', 'confluence', 'h', 'e', 'x')", "('2', 'jira', 'h', 'e', 'x')"),
        (credential, "('3', 'servicenow', 'h', 'e', 'x')", "('4', 'confluence', 'h', 'e', 'x')"),
        (config, "('1', 'azuredevops', 'u', 'x')", "('2', 'azuredevops', 'u', 'x')"),
        (config, "('3', 'confluence', 'u', 'x')", "('4', 'jira', 'u', 'x')"),
        (server, "('1', 'n', 'u', 'stdio', 'oauth2', 'connected')", "('2', 'n', 'u', 'tcp', 'none', 'pending')"),
        (server, "('3', 'n', 'u', 'http', 'api_key', 'unreachable')", "('4', 'n', 'u', 'http', 'basic', 'pending')"),
        (server, "('5', 'n', 'u', 'http', 'bearer', 'error')", "('6', 'n', 'u', 'http', 'none', 'lost')"),
        (shell, "('1', 't', 3, 'general')", "('2', 't', 4, 'general')"),
        (shell, "('3', 't', 1, 'general')", "('4', 't', 0, 'general')"),
        (kubeconfig, "('1', 'n', 'e', 'c', 0)", "('2', 'n', 'e', 'c', 1)"),
        (decision, "('1', 'p', 'allow_once')", "('2', 'p', 'allow')"),
        (decision, "('3', 'p', 'deny')", "('4', 'p', 'Deny')"),
        (provider, "('1', 'n', 'p', 'u', 'm', 'x', 'x')", "('2', 'n', 'p', 'u', 'm', 'x', 'x')"),
    ] {
        conn.execute(&format!("{insert} {allowed}"), []).unwrap_or_else(|e| panic!("{insert} {allowed}: {e}"));
        let error = conn.execute(&format!("{insert} {refused}"), []).expect_err(refused);
        assert_eq!(error.sqlite_error_code(), Some(rusqlite::ErrorCode::ConstraintViolation), "{refused}: {error}");
    }
}

#[test]
fn full_text_follows_every_change_of_an_issue() {
    let (_home, conn) = migrated();
    let found = |word: &str| -> u32 {
        let sql = "SELECT count(*) FROM issues_fts WHERE issues_fts MATCH ?1";
        conn.query_row(sql, [format!("\"{word}\"")], |row| row.get(0)).unwrap()
    };
    let insert = "INSERT INTO issues (id, title, description, severity, status, created_at, updated_at)
                  VALUES (?1, ?2, ?3, 'low', 'open', 'x', 'x')";
    conn.execute(insert, params!["1", "alpha", "beta"]).unwrap();
    conn.execute(insert, params!["2", "gamma", None::<String>]).unwrap();
    assert_eq!(["alpha", "beta", "gamma"].map(found), [1, 1, 1]);
    conn.execute("UPDATE issues SET title = 'delta', description = NULL WHERE id = '1'", []).unwrap();
    conn.execute("UPDATE issues SET description = 'beta' WHERE id = '2'", []).unwrap();
    assert_eq!(["alpha", "beta", "gamma", "delta"].map(found), [0, 1, 1, 1]);
    conn.execute("DELETE FROM issues WHERE id = '2'", []).unwrap();
    assert_eq!(["beta", "gamma", "delta"].map(found), [0, 0, 1]);
    conn.execute("INSERT INTO issues_fts (issues_fts, rank) VALUES ('integrity-check', 1)", []).unwrap();
}
