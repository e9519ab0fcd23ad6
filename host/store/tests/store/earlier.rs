//! Databases as the earlier products made them: the schema at a version, with rows in every table that it has.
//!
//! Also compiled into the end-to-end tests. The sealed values were made by another program (Python's `cryptography`) from
//! the description of the earlier product's format; each opens to a text with `91c4` in it.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

/// The key of the sealed columns.
pub(crate) const COLUMN_KEY: &str = "an earlier column key";
const TOKEN: &str = "AQEBAQEBAQEBAQEBcTPv4Vbmy8fWsxa6rg9PNl27vnlIZKse7Ve9apHiwVP3";
const API_KEY: &str = "AgICAgICAgICAgICc2HoRwMT6ssC3WaDfhJM9tsbP5361nAl9aM7Bvzgqvz0qOk=";
const API_KEY_OLD: &str = "AwMDAwMDAwMDAwMDiWIqcfJ09G5DNUJM7dMIgqdt7Vn8G+3TAAJTYVQIwCbFn30=";
const AUTH: &str = "BAQEBAQEBAQEBAQEEKw/iw1sZoPh3olaT3zcw4KOBaPyDuLnoi7fac6Lb/Q=";
const ENV: &str = "BQUFBQUFBQUFBQUFaLfghw6K0DgXUPkJ0tdu1myPbhfbWZzdQIdQcZWeA57+mJJ6MHzLhw0I";
const KUBE: &str =
    "BgYGBgYGBgYGBgYGSPLMLM8eOXPh+zprRgYInQRgXvK2q3NOXrxwWjfnRaDBVQrjflg1ns8W3kbDAmqh1YOeFKE4/z1nh2LuDhu6";
const PUBLIC: &str = "BwcHBwcHBwcHBwcH1yW5zJl7Q5MxxTgHmLLvNIMqd4JID1kiHpKAQyKCRVvPUg==";

/// The smallest PNG.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8,
    6, 0, 0, 0,
];
/// The text of the log that is stored.
pub(crate) const STORED_LOG: &str =
    "2024-05-06 07:00:00 ERROR disk full on payroll-db\n2024-05-06 07:00:01 FATAL stop\n";
/// The text of the log that lies beside the database.
pub(crate) const FILE_LOG: &str = "plain file log: quota exceeded\n";

/// How moments are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamps {
    Plain,
    Utc,
    Rfc3339,
}

/// One database to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier {
    pub(crate) migrations: usize,
    pub(crate) stamps: Stamps,
    /// As `PRAGMA key` takes it; none makes a plain file.
    pub(crate) key: Option<&'static str>,
    pub(crate) page_bytes: u32,
}

impl Earlier {
    pub(crate) fn at(migrations: usize) -> Self {
        Self { migrations, stamps: Stamps::Utc, key: None, page_bytes: 4096 }
    }

    fn stamp(&self, time: &str) -> String {
        match self.stamps {
            Stamps::Plain => format!("2024-05-06 {time}"),
            Stamps::Utc => format!("2024-05-06 {time} UTC"),
            Stamps::Rfc3339 => format!("2024-05-06T{time}.250+00:00"),
        }
    }

    /// Makes `tftsr.db` and a log file in `folder`.
    pub(crate) fn make(&self, folder: &Path) -> PathBuf {
        let path = folder.join("tftsr.db");
        drop(self.make_open(folder, &path));
        path
    }

    /// As [`Earlier::make`], still open.
    pub(crate) fn make_open(&self, folder: &Path, path: &Path) -> Connection {
        std::fs::create_dir_all(folder).unwrap();
        let conn = Connection::open(path).unwrap();
        match self.key {
            Some(key) => {
                conn.pragma_update(None, "key", key).unwrap();
                conn.pragma_update(None, "cipher_page_size", self.page_bytes).unwrap();
            }
            None => conn.pragma_update(None, "page_size", self.page_bytes).unwrap(),
        }
        // The earlier products did not ask for it.
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        conn.execute_batch(
            "CREATE TABLE _migrations (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                 applied_at TEXT NOT NULL DEFAULT (datetime('now')));",
        )
        .unwrap();
        for (name, sql) in MIGRATIONS.iter().take(self.migrations) {
            conn.execute_batch(sql).unwrap_or_else(|e| panic!("{name}: {e}"));
            conn.execute("INSERT INTO _migrations (name) VALUES (?1)", [name]).unwrap();
        }
        self.fill(&conn, folder);
        conn
    }

    fn fill(&self, conn: &Connection, folder: &Path) {
        let at = |time: &str| self.stamp(time);
        let has = |migrations: usize| self.migrations >= migrations;
        let put = |sql: &str, values: &[&dyn rusqlite::ToSql]| {
            conn.execute(sql, values).unwrap_or_else(|e| panic!("{sql}: {e}"));
        };
        put(
            "INSERT INTO issues VALUES ('issue-0001', 'Disk full on payroll', 'inode table exhausted', 'P1', 'In Progress',
                 'linux', 'manual', ?1, ?2, NULL, '', '[\"disk\",\"payroll\"]'),
                ('issue-0002', 'Switch flaps', '', 'Low', 'resolved', 'general', 'phone', ?1, ?2, ?2, 'sam', 'net, core')",
            &[&at("07:00:00"), &at("08:00:00")],
        );
        let file = folder.join("file.log");
        std::fs::write(&file, FILE_LOG).unwrap();
        put(
            "INSERT INTO log_files (id, issue_id, file_name, file_path, file_size, content_hash, uploaded_at, redacted)
             VALUES ('log-stored', 'issue-0001', 'stored.log', '/nowhere/stored.log', ?1, ?2, ?3, 1),
                    ('log-file-1', 'issue-0001', 'file.log', ?4, ?5, ?6, ?3, 0),
                    ('log-gone-1', 'issue-0002', 'gone.log', '/nowhere/gone.log', 9, ?7, ?3, 0)",
            params![
                STORED_LOG.len() as i64,
                sha256(STORED_LOG.as_bytes()),
                at("07:01:00"),
                file.to_str().unwrap(),
                FILE_LOG.len() as i64,
                sha256(FILE_LOG.as_bytes()),
                "00".repeat(32),
            ],
        );
        put(
            "INSERT INTO pii_spans VALUES ('span-1', 'log-stored', 'Hostname', 39, 49, 'payroll-db', '[Hostname]')",
            &[],
        );
        put(
            "INSERT INTO ai_conversations VALUES ('conv-1', 'issue-0001', 'openai', 'gpt-4o', ?1, 'Untitled')",
            &[&at("07:02:00")],
        );
        put(
            "INSERT INTO ai_messages VALUES ('msg-1', 'conv-1', 'system', 'You are an analyst.', 4, ?1),
                ('msg-2', 'conv-1', 'user', 'Why is it full?', 5, ?1), ('msg-3', 'conv-1', 'assistant', 'Logs were not rotated.', 6, ?1)",
            &[&at("07:03:00")],
        );
        put(
            "INSERT INTO resolution_steps VALUES ('step-1', 'issue-0001', 1, 'Why did it stop?', 'The disk was full.', '', ?1),
                ('step-2', 'issue-0001', 2, 'Why was it full?', '', '', ?1)",
            &[&at("07:04:00")],
        );
        put(
            "INSERT INTO documents VALUES ('doc-1', 'issue-0001', 'rca', 'RCA: disk full', '# RCA', 1714979289000, 1714979290000),
                ('doc-2', 'issue-0001', 'post-mortem', 'Post-mortem', '# PM', ?1, ?1)",
            &[&at("07:08:09")],
        );
        put(
            "INSERT INTO settings VALUES ('log.size_bytes_max', '1000000', ?1), ('theme', 'dark', ?1)",
            &[&at("07:00:00")],
        );
        put(
            "INSERT INTO credentials (id, service, token_hash, encrypted_token, created_at) VALUES ('cred-1', 'confluence', ?1, ?2, ?3)",
            &[&sha256(b"canary-token-91c4"), &TOKEN, &at("07:00:00")],
        );
        put(
            "INSERT INTO integration_config VALUES ('int-1', 'confluence', 'https://wiki.example', NULL, NULL, 'OPS', 1, ?1)",
            &[&at("07:00:00")],
        );
        self.fill_audit(conn);
        if has(13) {
            put(
                "INSERT INTO image_attachments (id, issue_id, file_name, file_path, file_size, upload_hash, uploaded_at)
                 VALUES ('img-gone', 'issue-0001', 'gone.png', '/nowhere/gone.png', 9, ?1, ?2)",
                &[&"11".repeat(32), &at("07:05:00")],
            );
        }
        if has(14) {
            put(
                "INSERT INTO ai_providers (id, name, provider_type, api_url, encrypted_api_key, model, max_tokens, temperature,
                     custom_endpoint_path, custom_auth_header, api_format, user_id, created_at, updated_at)
                 VALUES ('prov-1', 'work', 'openai', 'https://ai.example/v1', ?1, 'gpt-4o', 4096, 0.2, NULL, NULL, 'openai', NULL, ?4, ?4),
                        ('prov-2', 'gateway', 'custom', 'https://gw.example', ?2, 'm', NULL, NULL, '/chat', 'x-key', 'custom_rest', 'sam', ?4, ?4),
                        ('prov-3', 'lab', 'ollama', 'http://localhost:11434', ?3, 'llama3', NULL, NULL, '', '', '', '', ?4, ?4),
                        ('prov-4', 'lost', 'anthropic', 'https://c.example', 'bm90IHNlYWxlZCBieSBhbnkgb2YgdGhlbQ==', 'c', NULL, NULL, NULL, NULL, NULL, NULL, ?4, ?4)",
                params![API_KEY, API_KEY_OLD, PUBLIC, at("07:00:00")],
            );
        }
        if has(17) {
            put(
                "INSERT INTO timeline_events VALUES ('ev-1', 'issue-0001', 'triage_started', 'Triage started', '{\"severity\":\"critical\"}', ?1),
                    ('ev-2', 'issue-0001', 'log_uploaded', 'stored.log', '', ?2)",
                &[&at("07:00:00"), &at("07:01:00")],
            );
        }
        if has(18) {
            put(
                "INSERT INTO mcp_servers (id, name, url, transport_type, auth_type, auth_value, enabled, created_at, updated_at)
                 VALUES ('mcp-1', 'Weather', 'https://mcp.example', 'http', 'bearer', ?1, 1, ?2, ?2)",
                &[&AUTH, &at("07:00:00")],
            );
            put("INSERT INTO mcp_tools VALUES ('tool-1', 'mcp-1', 'forecast', 'mcp_weather_forecast', 'd', '{}')", &[]);
            put(
                "INSERT INTO mcp_resources (id, server_id, uri, name) VALUES ('res-1', 'mcp-1', 'file:///x', NULL)",
                &[],
            );
        }
        if has(20) {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(STORED_LOG.as_bytes()).unwrap();
            put("UPDATE log_files SET content_compressed = ?1 WHERE id = 'log-stored'", &[&packed.finish().unwrap()]);
        }
        if has(21) {
            put(
                "INSERT INTO image_attachments (id, issue_id, file_name, file_size, upload_hash, uploaded_at, image_data)
                 VALUES ('img-1', 'issue-0001', 'shot.png', ?1, ?2, ?3, ?4)",
                params![PNG.len() as i64, sha256(PNG), at("07:06:00"), PNG],
            );
        }
        if has(23) {
            put("UPDATE mcp_servers SET env_config = ?1", &[&ENV]);
        }
        if has(24) {
            put(
                "INSERT INTO shell_commands VALUES ('mine-1', 'lsof -p {pid}', 2, 'open files', 'general', ?1)",
                &[&at("07:00:00")],
            );
        }
        if has(25) {
            put(
                "INSERT INTO kubeconfig_files VALUES ('kube-1', 'prod', ?1, 'prod-admin', 'https://k8s.example', 1, ?2)",
                &[&KUBE, &at("07:00:00")],
            );
        }
        if has(26) {
            put(
                "INSERT INTO command_executions VALUES ('exec-1', 'issue-0001', 'kubectl get pods', 1, 'auto', 'kube-1', 0, 'ok', '', 12, ?1)",
                &[&at("07:07:00")],
            );
        }
        if has(27) {
            put(
                "INSERT INTO approval_decisions (id, command_pattern, decision) VALUES ('appr-1', 'kubectl *', 'allow_session')",
                &[],
            );
        }
        if has(29) {
            put("INSERT INTO clusters (id, name, context, kubeconfig_content) VALUES ('c-1', 'n', 'x', 'y')", &[]);
        }
    }

    fn fill_audit(&self, conn: &Connection) {
        let rows = [
            ("aud-1", "07:00:00", "create_issue", "issue", "issue-0001", "{\"severity\":\"P1\"}"),
            ("aud-2", "07:01:00", "upload_log_file", "log_file", "log-stored", "{}"),
            ("aud-3", "07:03:00", "ai_send", "issue", "issue-0001", "sent in clear words"),
        ];
        let mut prev = String::new();
        for (id, time, action, entity, entity_id, details) in rows {
            let stamp = self.stamp(time);
            let sql = "INSERT INTO audit_log (id, timestamp, action, entity_type, entity_id, details) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            conn.execute(sql, params![id, stamp, action, entity, entity_id, details]).unwrap();
            // The first row is from before the chain.
            if self.migrations >= 12 && id != "aud-1" {
                let text = format!("{prev}|{id}|{stamp}|{action}|{entity}|{entity_id}|local|{details}");
                let hash = sha256(text.as_bytes());
                let sql = "UPDATE audit_log SET prev_hash = ?2, entry_hash = ?3 WHERE id = ?1";
                conn.execute(sql, params![id, prev, hash]).unwrap();
                prev = hash;
            }
        }
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Names as the earlier product gave them; the schema is that of its public description.
const MIGRATIONS: &[(&str, &str)] = &[
    (
        "001_create_issues",
        "CREATE TABLE issues (id TEXT PRIMARY KEY, title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
            severity TEXT NOT NULL DEFAULT 'medium', status TEXT NOT NULL DEFAULT 'open', category TEXT NOT NULL DEFAULT 'general',
            source TEXT NOT NULL DEFAULT 'manual', created_at TEXT NOT NULL, updated_at TEXT NOT NULL, resolved_at TEXT,
            assigned_to TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]')",
    ),
    (
        "002_create_log_files",
        "CREATE TABLE log_files (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
            file_name TEXT NOT NULL, file_path TEXT NOT NULL DEFAULT '', file_size INTEGER NOT NULL DEFAULT 0,
            mime_type TEXT NOT NULL DEFAULT 'text/plain', content_hash TEXT NOT NULL DEFAULT '', uploaded_at TEXT NOT NULL,
            redacted INTEGER NOT NULL DEFAULT 0)",
    ),
    (
        "003_create_pii_spans",
        "CREATE TABLE pii_spans (id TEXT PRIMARY KEY, log_file_id TEXT NOT NULL REFERENCES log_files(id) ON DELETE CASCADE,
            pii_type TEXT NOT NULL, start_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL, original_value TEXT NOT NULL,
            replacement TEXT NOT NULL)",
    ),
    (
        "004_create_ai_conversations",
        "CREATE TABLE ai_conversations (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
            provider TEXT NOT NULL, model TEXT NOT NULL, created_at TEXT NOT NULL, title TEXT NOT NULL DEFAULT 'Untitled')",
    ),
    (
        "005_create_ai_messages",
        "CREATE TABLE ai_messages (id TEXT PRIMARY KEY, conversation_id TEXT NOT NULL REFERENCES ai_conversations(id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK(role IN ('system','user','assistant')), content TEXT NOT NULL,
            token_count INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL)",
    ),
    (
        "006_create_resolution_steps",
        "CREATE TABLE resolution_steps (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
            step_order INTEGER NOT NULL DEFAULT 0, why_question TEXT NOT NULL DEFAULT '', answer TEXT NOT NULL DEFAULT '',
            evidence TEXT NOT NULL DEFAULT '', created_at TEXT NOT NULL)",
    ),
    (
        "007_create_documents",
        "CREATE TABLE documents (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
            doc_type TEXT NOT NULL, title TEXT NOT NULL, content_md TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL)",
    ),
    (
        "008_create_audit_log",
        "CREATE TABLE audit_log (id TEXT PRIMARY KEY, timestamp TEXT NOT NULL DEFAULT (datetime('now')), action TEXT NOT NULL,
            entity_type TEXT NOT NULL DEFAULT '', entity_id TEXT NOT NULL DEFAULT '', user_id TEXT NOT NULL DEFAULT 'local',
            details TEXT NOT NULL DEFAULT '{}')",
    ),
    ("009_create_settings", "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL DEFAULT '', updated_at TEXT NOT NULL)"),
    (
        "010_issues_fts",
        "CREATE VIRTUAL TABLE issues_fts USING fts5(id UNINDEXED, title, description, content='issues', content_rowid='rowid')",
    ),
    (
        "011_create_integrations",
        "CREATE TABLE credentials (id TEXT PRIMARY KEY, service TEXT NOT NULL CHECK(service IN ('confluence','servicenow','azuredevops')),
            token_hash TEXT NOT NULL, encrypted_token TEXT NOT NULL, created_at TEXT NOT NULL, expires_at TEXT, UNIQUE(service));
         CREATE TABLE integration_config (id TEXT PRIMARY KEY, service TEXT NOT NULL, base_url TEXT NOT NULL, username TEXT,
            project_name TEXT, space_key TEXT, auto_create_enabled INTEGER NOT NULL DEFAULT 0, updated_at TEXT NOT NULL, UNIQUE(service))",
    ),
    (
        "012_audit_hash_chain",
        "ALTER TABLE audit_log ADD COLUMN prev_hash TEXT NOT NULL DEFAULT '';
         ALTER TABLE audit_log ADD COLUMN entry_hash TEXT NOT NULL DEFAULT ''",
    ),
    (
        "013_image_attachments",
        "CREATE TABLE image_attachments (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
            file_name TEXT NOT NULL, file_path TEXT NOT NULL DEFAULT '', file_size INTEGER NOT NULL DEFAULT 0,
            mime_type TEXT NOT NULL DEFAULT 'image/png', upload_hash TEXT NOT NULL DEFAULT '', uploaded_at TEXT NOT NULL,
            pii_warning_acknowledged INTEGER NOT NULL DEFAULT 1, is_paste INTEGER NOT NULL DEFAULT 0)",
    ),
    (
        "014_create_ai_providers",
        "CREATE TABLE ai_providers (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, provider_type TEXT NOT NULL, api_url TEXT NOT NULL,
            encrypted_api_key TEXT NOT NULL, model TEXT NOT NULL, max_tokens INTEGER, temperature REAL, custom_endpoint_path TEXT,
            custom_auth_header TEXT, custom_auth_prefix TEXT, api_format TEXT, user_id TEXT, use_datastore_upload INTEGER,
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL)",
    ),
    ("015_add_use_datastore_upload", "SELECT 1"),
    ("016_add_created_at", "SELECT 1"),
    (
        "017_create_timeline_events",
        "CREATE TABLE timeline_events (id TEXT PRIMARY KEY, issue_id TEXT NOT NULL, event_type TEXT NOT NULL,
            description TEXT NOT NULL DEFAULT '', metadata TEXT NOT NULL DEFAULT '{}', created_at TEXT NOT NULL,
            FOREIGN KEY (issue_id) REFERENCES issues(id) ON DELETE CASCADE)",
    ),
    (
        "018_mcp_servers",
        "CREATE TABLE mcp_servers (id TEXT PRIMARY KEY, name TEXT NOT NULL, url TEXT NOT NULL, transport_type TEXT NOT NULL,
            transport_config TEXT NOT NULL DEFAULT '{}', auth_type TEXT NOT NULL, auth_value TEXT, enabled INTEGER NOT NULL DEFAULT 1,
            last_discovered_at TEXT, discovery_status TEXT NOT NULL DEFAULT 'pending', discovery_error TEXT,
            created_at TEXT NOT NULL, updated_at TEXT NOT NULL);
         CREATE TABLE mcp_tools (id TEXT PRIMARY KEY, server_id TEXT NOT NULL, name TEXT NOT NULL, tool_key TEXT NOT NULL,
            description TEXT, parameters TEXT NOT NULL DEFAULT '{}', FOREIGN KEY(server_id) REFERENCES mcp_servers(id) ON DELETE CASCADE);
         CREATE TABLE mcp_resources (id TEXT PRIMARY KEY, server_id TEXT NOT NULL, uri TEXT NOT NULL, name TEXT, description TEXT,
            FOREIGN KEY(server_id) REFERENCES mcp_servers(id) ON DELETE CASCADE)",
    ),
    (
        "019_create_sudo_config",
        "CREATE TABLE sudo_config (id TEXT PRIMARY KEY, username TEXT NOT NULL DEFAULT '', encrypted_password TEXT NOT NULL);
         INSERT INTO sudo_config VALUES ('s', 'root', 'x')",
    ),
    ("020_add_log_content_compressed", "ALTER TABLE log_files ADD COLUMN content_compressed BLOB"),
    ("021_add_image_data", "ALTER TABLE image_attachments ADD COLUMN image_data BLOB"),
    (
        "022_attachment_views",
        "CREATE VIEW v_log_files_with_issue AS SELECT lf.id, i.title AS issue_title FROM log_files lf JOIN issues i ON i.id = lf.issue_id;
         CREATE VIEW v_image_attachments_with_issue AS SELECT ia.id, i.title AS issue_title FROM image_attachments ia JOIN issues i ON i.id = ia.issue_id",
    ),
    ("023_add_mcp_env_config", "ALTER TABLE mcp_servers ADD COLUMN env_config TEXT"),
    (
        "024_create_shell_commands",
        "CREATE TABLE shell_commands (id TEXT PRIMARY KEY, command_template TEXT NOT NULL, tier INTEGER NOT NULL, description TEXT,
            category TEXT NOT NULL, created_at TEXT NOT NULL DEFAULT (datetime('now')));
         INSERT INTO shell_commands (id, command_template, tier, description, category) VALUES
            ('kubectl_get', 'kubectl get', 1, 'Read Kubernetes resources', 'kubectl'),
            ('qm_status', 'qm status', 1, 'Check VM status', 'proxmox')",
    ),
    (
        "025_create_kubeconfig_files",
        "CREATE TABLE kubeconfig_files (id TEXT PRIMARY KEY, name TEXT NOT NULL, encrypted_content TEXT NOT NULL, context TEXT NOT NULL,
            cluster_url TEXT, is_active INTEGER NOT NULL DEFAULT 0, uploaded_at TEXT NOT NULL)",
    ),
    (
        "026_create_command_executions",
        "CREATE TABLE command_executions (id TEXT PRIMARY KEY, issue_id TEXT, command TEXT NOT NULL, tier INTEGER NOT NULL,
            approval_status TEXT NOT NULL, kubeconfig_id TEXT, exit_code INTEGER, stdout TEXT, stderr TEXT, execution_time_ms INTEGER,
            executed_at TEXT NOT NULL)",
    ),
    (
        "027_create_approval_decisions",
        "CREATE TABLE approval_decisions (id TEXT PRIMARY KEY, command_pattern TEXT NOT NULL, decision TEXT NOT NULL, session_id TEXT,
            decided_at TEXT NOT NULL DEFAULT (datetime('now')), expires_at TEXT)",
    ),
    ("028_add_supports_tool_calling", "ALTER TABLE ai_providers ADD COLUMN supports_tool_calling INTEGER DEFAULT 1"),
    (
        "029_create_clusters",
        "CREATE TABLE clusters (id TEXT PRIMARY KEY, name TEXT NOT NULL, context TEXT NOT NULL, kubeconfig_content TEXT NOT NULL)",
    ),
];
