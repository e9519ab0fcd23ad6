//! Taking over databases of the earlier products: what comes over, what stays, and that nothing else changes.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rusqlite::Connection;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::issue::{Severity, Status};
use trcaa_model::secret::Secret;
use trcaa_store::{ImportError, ImportOptions, ImportReport, KeySource, Outcome, Store, StoreError, TableReport};

use crate::earlier::{COLUMN_KEY, Earlier, FILE_LOG, PNG, STORED_LOG, Stamps};
use crate::fixture::{Home, all_bytes, contains, insert_issue};

fn options(source: &Path) -> ImportOptions<'static> {
    ImportOptions {
        source: source.to_path_buf(),
        dry_run: false,
        key: None,
        configured_keys: Vec::new(),
        column_keys: vec![Secret::new(COLUMN_KEY)],
        accepts_setting: &|key, value| key == "log.size_bytes_max" && value.parse::<u64>().is_ok(),
    }
}

fn import(store: &Store, source: &Path) -> ImportReport {
    store.import(&options(source)).unwrap()
}

fn refused(store: &Store, source: &Path) -> ImportError {
    match store.import(&options(source)) {
        Err(StoreError::Import(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn table<'r>(report: &'r ImportReport, name: &str) -> &'r TableReport {
    report.tables.iter().find(|table| table.table == name).unwrap_or_else(|| panic!("{name}: {report:#?}"))
}

/// found, imported, already there, kept ours, refused
fn counts(report: &ImportReport, name: &str) -> [u64; 5] {
    let table = table(report, name);
    assert_eq!(table.found, table.imported + table.already_there + table.kept_ours + table.refused, "{table:?}");
    [table.found, table.imported, table.already_there, table.kept_ours, table.refused]
}

/// Every row of every table, as text.
fn dump(home: &Home) -> Vec<String> {
    let conn = home.raw();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'issues_fts%' ORDER BY name";
    let tables: Vec<String> =
        conn.prepare(names).unwrap().query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut lines = Vec::new();
    for table in tables {
        let mut statement = conn.prepare(&format!("SELECT rowid, * FROM {table} ORDER BY rowid")).unwrap();
        let columns = statement.column_count();
        let mut rows = statement.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            let cells: Vec<String> = (0..columns).map(|n| format!("{:?}", row.get_ref(n).unwrap())).collect();
            lines.push(format!("{table}: {}", cells.join(" | ")));
        }
    }
    lines
}

fn elsewhere(home: &Home) -> PathBuf {
    home.dir.path().join("earlier product & co?")
}

#[test]
fn every_version_comes_over_whole() {
    for migrations in [11, 18, 22, 27] {
        for stamps in if migrations == 27 { &[Stamps::Plain, Stamps::Rfc3339][..] } else { &[Stamps::Utc] } {
            let home = Home::new();
            let source = Earlier { stamps: *stamps, ..Earlier::at(migrations) }.make(&elsewhere(&home));
            let store = home.open();
            let report = import(&store, &source);
            assert_eq!(report.migrations.len(), migrations);
            assert!(!report.encrypted);
            assert_eq!(counts(&report, "issues"), [2, 2, 0, 0, 0]);
            assert_eq!(counts(&report, "log_files"), [3, 3, 0, 0, 0]);
            assert_eq!(counts(&report, "ai_messages"), [3, 3, 0, 0, 0]);
            assert_eq!(counts(&report, "resolution_steps"), [2, 2, 0, 0, 0]);
            assert_eq!(counts(&report, "documents"), [2, 2, 0, 0, 0]);
            assert_eq!(counts(&report, "audit_log"), [3, 3, 0, 0, 0]);
            assert_eq!(counts(&report, "settings"), [2, 1, 0, 0, 1]);
            assert_eq!(counts(&report, "credentials"), [1, 1, 0, 0, 0]);
            assert_eq!(counts(&report, "integration_config"), [1, 1, 0, 0, 0]);
            assert_eq!(report.tables.iter().any(|t| t.table == "timeline_events"), migrations >= 17);
            if migrations >= 18 {
                assert_eq!(counts(&report, "timeline_events"), [2, 2, 0, 0, 0]);
                assert_eq!(counts(&report, "ai_providers"), [4, 4, 0, 0, 0]);
                assert_eq!(counts(&report, "mcp_servers"), [1, 1, 0, 0, 0]);
                assert_eq!(counts(&report, "mcp_resources"), [1, 1, 0, 0, 0]);
            }
            if migrations >= 27 {
                assert_eq!(counts(&report, "shell_commands"), [3, 1, 0, 0, 2]);
                assert_eq!(counts(&report, "kubeconfig_files"), [1, 1, 0, 0, 0]);
                assert_eq!(counts(&report, "command_executions"), [1, 1, 0, 0, 0]);
                assert_eq!(counts(&report, "approval_decisions"), [1, 0, 0, 0, 1]);
            }

            let issue = store.issue(&IssueId::from_stored("issue-0001")).unwrap();
            assert_eq!((issue.severity, issue.status), (Severity::Critical, Status::Investigating));
            assert_eq!(issue.created_at, "2024-05-06 07:00:00");
            assert_eq!(issue.tags, ["disk", "payroll"]);
            assert_eq!(issue.assigned_to, None);
            let other = store.issue(&IssueId::from_stored("issue-0002")).unwrap();
            assert_eq!(other.tags, ["net", "core"]);
            assert_eq!(other.resolved_at.as_deref(), Some("2024-05-06 08:00:00"));
            let file = LogFileId::from_stored("log-file-1");
            assert_eq!(store.read_text(&file).unwrap(), FILE_LOG);
            let documents = store.documents(Some(&issue.id)).unwrap();
            assert!(documents.iter().any(|d| d.doc_type == "postmortem" && d.created_at == 1_714_979_289_000));
            assert_eq!(store.search("inode", 5).unwrap().len(), 1);
            let check = store.check().unwrap();
            assert!(check.is_sound(), "{check:?}");
            assert_eq!(check.audit.entries, 4, "three of theirs and one of ours");
            // The file may go: its text is in the store.
            std::fs::remove_file(elsewhere(&home).join("file.log")).unwrap();
            assert_eq!(store.read_text(&file).unwrap(), FILE_LOG);
        }
    }
}

#[test]
fn content_secrets_and_mappings_are_as_they_were() {
    let home = Home::new();
    let source = Earlier::at(29).make(&elsewhere(&home));
    let store = home.open();
    let report = import(&store, &source);
    assert_eq!(store.read_text(&LogFileId::from_stored("log-stored")).unwrap(), STORED_LOG);
    let log = store.log(&LogFileId::from_stored("log-stored")).unwrap();
    assert!(!log.redacted, "the mark does not come over without the redacted copy");
    for (name, key) in
        [("work", "canary-api-key-91c4"), ("gateway", "canary-old-key-91c4"), ("lab", "canary-public-91c4")]
    {
        assert_eq!(store.provider_api_key(name).unwrap().unwrap().expose(), key);
    }
    assert!(store.provider_api_key("lost").unwrap().is_none());
    let providers = store.providers().unwrap();
    let plugins: Vec<(&str, &str)> = providers.iter().map(|p| (p.name.as_str(), p.plugin.as_str())).collect();
    assert_eq!(plugins, [("gateway", "custom-rest"), ("lab", "ollama"), ("lost", "anthropic"), ("work", "openai")]);
    let gateway = store.provider("gateway").unwrap();
    assert_eq!(
        gateway.options,
        serde_json::json!({"custom_endpoint_path": "/chat", "custom_auth_header": "x-key", "api_format": "custom_rest", "user_id": "sam"})
    );
    assert_eq!(gateway.supports_tool_calling, Some(true));

    let conn = home.raw();
    let cell = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    let opened = |table: &str, column: &str, id: &str| {
        let sealed = cell(&format!("SELECT {column} FROM {table} WHERE id = '{id}'"));
        String::from_utf8(store.column_cipher().open(table, column, id, &sealed).unwrap().to_vec()).unwrap()
    };
    assert_eq!(opened("credentials", "encrypted_token", "cred-1"), "canary-token-91c4");
    assert_eq!(opened("mcp_servers", "auth_value", "mcp-1"), "canary-auth-91c4");
    assert_eq!(opened("mcp_servers", "env_config", "mcp-1"), "{\"MODE\":\"canary-env-91c4\"}");
    assert!(opened("kubeconfig_files", "encrypted_content", "kube-1").contains("canary-kube-91c4"));
    assert_eq!(cell("SELECT name FROM mcp_resources"), "file:///x");
    assert_eq!(cell("SELECT is_active || '' FROM kubeconfig_files"), "1");
    // What acts by itself is off, and said to be.
    assert_eq!(cell("SELECT enabled || '' FROM mcp_servers"), "0");
    assert_eq!(cell("SELECT auto_create_enabled || '' FROM integration_config"), "0");
    assert!(
        table(&report, "mcp_servers")
            .reasons
            .iter()
            .any(|r| r.outcome == Outcome::Imported && r.reason.contains("switched off"))
    );
    let image: Vec<u8> =
        conn.query_row("SELECT image_data FROM image_attachments WHERE id = 'img-1'", [], |r| r.get(0)).unwrap();
    assert_eq!(image, PNG);
    assert_eq!(cell("SELECT file_path FROM image_attachments WHERE id = 'img-gone'"), "", "nothing says what is there");
    assert_eq!(cell("SELECT details FROM audit_log WHERE id = 'aud-3'"), "{\"text\":\"sent in clear words\"}");
    assert_eq!(cell("SELECT count(*) || '' FROM approval_decisions"), "0");

    let reasons = |name: &str| serde_json::to_string(&table(&report, name).reasons).unwrap();
    assert!(reasons("ai_providers").contains("enter it again with"), "{report:#?}");
    assert!(reasons("ai_providers").contains("published key"));
    assert!(reasons("log_files").contains("not verifiably found") && reasons("log_files").contains("log-gone-1"));
    let unknown: Vec<&str> = report.not_taken.iter().map(|part| part.table.as_str()).collect();
    assert_eq!(unknown, ["clusters", "sudo_config"]);
    let chain = report.audit_chain.as_ref().unwrap();
    assert_eq!((chain.format, chain.hashed, chain.unhashed, chain.intact), ("earlier", 2, 1, Some(true)));
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains("91c4") && !told.contains("payroll-db") && !told.contains("Disk full"), "no value is told");
    drop(store);
    for (path, bytes) in all_bytes(&home.folder()) {
        for canary in ["91c4", "payroll-db", "Disk full"] {
            assert!(!contains(&bytes, canary), "{canary} in {}", path.display());
        }
    }
}

#[test]
fn a_second_import_changes_nothing_and_a_dry_run_neither() {
    let home = Home::new();
    let source = Earlier::at(29).make(&elsewhere(&home));
    let store = home.open();
    insert_issue(&store, "ours", "stays");
    let empty = dump(&home);
    let told = store.import(&ImportOptions { dry_run: true, ..options(&source) }).unwrap();
    assert_eq!(dump(&home), empty, "a dry run writes nothing");
    let first = import(&store, &source);
    assert_eq!(told.tables, first.tables, "and tells what would come over");
    let full = dump(&home);
    assert!(full.len() > empty.len() + 30);
    let second = import(&store, &source);
    assert_eq!(dump(&home), full);
    assert_eq!(second.imported(), 0);
    for table in &second.tables {
        let came = first.tables.iter().find(|t| t.table == table.table).unwrap().imported;
        assert_eq!((table.already_there, table.kept_ours), (came, 0), "{table:?}");
    }
}

#[test]
fn a_trail_taken_over_never_passes_for_this_stores_own() {
    let (home, other) = (Home::new(), Home::new());
    let from = other.try_open(KeySource::Passphrase(Secret::new("the other machine's"))).unwrap();
    insert_issue(&from, "theirs", "x");
    from.backup(&other.dir.path().join("b"), trcaa_store::Overwrite::Refuse, &mut |_, _| ()).unwrap();
    assert!(from.status().unwrap().last_backup_at.is_some());
    drop(from);
    let store = home.open();
    let key = || Some(Secret::new("the other machine's"));
    let take_over = || store.import(&ImportOptions { key: key(), ..options(&other.file("tftsr.db")) }).unwrap();
    take_over();
    let trail = store.audit_entries(9, None, Some("backup_database")).unwrap();
    assert_eq!(trail.iter().map(|entry| entry.user_id.as_str()).collect::<Vec<_>>(), ["imported:local"]);
    assert_eq!(store.status().unwrap().last_backup_at, None, "another store's backup is none of this one");
    assert!(store.verify_audit(None).unwrap().intact);
    home.raw().execute_batch("UPDATE audit_log SET user_id = 'local'").unwrap();
    assert!(!store.verify_audit(None).unwrap().intact, "the mark is inside the hash");
}

#[test]
fn what_was_changed_here_is_kept() {
    let home = Home::new();
    let source = Earlier::at(27).make(&elsewhere(&home));
    let store = home.open();
    import(&store, &source);
    let id = IssueId::from_stored("issue-0001");
    let edit = trcaa_model::issue::IssueEdit { title: Some("Renamed".into()), ..Default::default() };
    store.write(|tx| tx.edit_issue(&id, &edit)).unwrap();
    store.write(|tx| tx.delete_issue(&IssueId::from_stored("issue-0002"))).unwrap();
    let report = import(&store, &source);
    assert_eq!(counts(&report, "issues"), [2, 1, 0, 1, 0]);
    assert_eq!(table(&report, "issues").reasons[0].ids, ["issue-0001"]);
    assert_eq!(store.issue(&id).unwrap().title, "Renamed");
    assert_eq!(counts(&report, "log_files"), [3, 1, 2, 0, 0], "the deleted issue's log comes back with it");
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn encrypted_sources_open_with_every_kind_of_key_and_both_page_sizes() {
    const DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
    const RAW: &str = "x'00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff'";
    for (key, page_bytes, given, beside) in [
        ("it's a passphrase", 16_384, Some("it's a passphrase"), None),
        // The earlier product gave the digits of its key file to SQLCipher as a passphrase.
        (DIGITS, 16_384, None, Some(".dbkey")),
        (DIGITS, 4096, Some(DIGITS), None),
        (RAW, 4096, Some(DIGITS), None),
        (RAW, 16_384, None, Some("tftsr.key")),
        ("dev-key-change-in-prod", 16_384, Some("dev-key-change-in-prod"), None),
    ] {
        let home = Home::new();
        let folder = elsewhere(&home);
        let source = Earlier { key: Some(key), page_bytes, ..Earlier::at(22) }.make(&folder);
        if let Some(name) = beside {
            std::fs::write(folder.join(name), format!("{DIGITS}\n")).unwrap();
            std::fs::write(folder.join(".enckey"), COLUMN_KEY).unwrap();
        }
        let before = all_bytes(&folder);
        let store = home.open();
        let key = given.map(Secret::new);
        let report = store.import(&ImportOptions { key, column_keys: Vec::new(), ..options(&source) }).unwrap();
        assert!(report.encrypted);
        assert_eq!(counts(&report, "issues"), [2, 2, 0, 0, 0]);
        if beside.is_some() {
            assert_eq!(counts(&report, "credentials"), [1, 1, 0, 0, 0], ".enckey is found");
        } else {
            assert_eq!(counts(&report, "credentials"), [1, 0, 0, 0, 1]);
        }
        assert_eq!(all_bytes(&folder), before, "no byte of the source or beside it changed");
    }
}

#[test]
fn a_key_that_does_not_fit_is_told_and_changes_nothing() {
    let home = Home::new();
    let source = Earlier { key: Some("right"), ..Earlier::at(11) }.make(&elsewhere(&home));
    let store = home.open();
    let before = dump(&home);
    let wrong = ImportOptions { key: Some(Secret::new("wrong")), ..options(&source) };
    let Err(StoreError::Import(error)) = store.import(&wrong) else { panic!("a wrong key opened it") };
    assert_eq!(error.code(), "import_key");
    assert!(!error.to_string().contains("wrong") && error.hint().unwrap().contains("--key-stdin"));
    let error = refused(&store, &source);
    assert_eq!(error.code(), "import_key");
    assert!(error.to_string().contains("the store's own"), "{error}");
    let right = ImportOptions { configured_keys: vec![Secret::new("right")], ..options(&source) };
    assert_eq!(store.import(&ImportOptions { dry_run: true, ..right }).unwrap().key, Some("configured"));
    assert_eq!(dump(&home), before);
}

#[test]
fn rows_of_a_write_ahead_log_come_over_and_nothing_beside_the_source_changes() {
    for key in [None, Some("k")] {
        let home = Home::new();
        let folder = elsewhere(&home);
        let path = folder.join("tftsr.db");
        let conn = Earlier { key, ..Earlier::at(22) }.make_open(&folder, &path);
        conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;").unwrap();
        conn.execute("UPDATE issues SET title = 'only in the log' WHERE id = 'issue-0001'", []).unwrap();
        // As a crash leaves it: copied while open, without the shared memory file.
        let crashed = home.dir.path().join("crashed");
        std::fs::create_dir(&crashed).unwrap();
        for name in ["tftsr.db", "tftsr.db-wal"] {
            std::fs::copy(folder.join(name), crashed.join(name)).unwrap();
        }
        let before = all_bytes(&crashed);
        assert_eq!(before.len(), 2);
        let store = home.open();
        // As a killed import leaves it.
        std::fs::write(home.file("import-0.tmp"), "left over").unwrap();
        let report =
            store.import(&ImportOptions { key: key.map(Secret::new), ..options(&crashed.join("tftsr.db")) }).unwrap();
        assert_eq!(counts(&report, "issues"), [2, 2, 0, 0, 0]);
        assert_eq!(store.issue(&IssueId::from_stored("issue-0001")).unwrap().title, "only in the log");
        assert_eq!(all_bytes(&crashed), before);
        let left =
            all_bytes(&home.folder()).into_iter().filter(|(path, _)| path.extension().is_some_and(|e| e == "tmp"));
        assert_eq!(left.count(), 0, "no copy stays behind");
    }
}

#[test]
fn a_store_of_this_product_comes_over_with_its_own_seals_and_chain() {
    let home = Home::new();
    let other = Home::new();
    let from = other.try_open(KeySource::Passphrase(Secret::new("the other machine's"))).unwrap();
    let issue = insert_issue(&from, "theirs", "with a pseudonym");
    from.write(|tx| {
        tx.insert_pseudonyms(&issue.id, &[("Email", 1, "canary-mail-91c4@example.com")])?;
        tx.audit(&crate::fixture::record("x"))?;
        Ok(())
    })
    .unwrap();
    drop(from);
    let store = home.open();
    let key = Some(Secret::new("the other machine's"));
    let report = store.import(&ImportOptions { key, ..options(&other.file("tftsr.db")) }).unwrap();
    assert_eq!(counts(&report, "issue_pseudonyms"), [1, 1, 0, 0, 0], "{report:#?}");
    assert_eq!(report.audit_chain.as_ref().unwrap().format, trcaa_store::AUDIT_CHAIN_FORMAT);
    assert_eq!(report.audit_chain.as_ref().unwrap().intact, Some(true));
    let pseudonyms = store.pseudonyms(&issue.id).unwrap();
    assert_eq!(pseudonyms[0].value.expose(), "canary-mail-91c4@example.com");
    assert!(store.pseudonym_of(&issue.id, "canary-mail-91c4@example.com").unwrap().is_some());
    assert_eq!(table(&report, "shell_commands").imported, 0, "seeds are there");
    assert!(store.check().unwrap().is_sound());
}

fn hostile(home: &Home, sql: &str) -> PathBuf {
    let folder = elsewhere(home);
    let path = folder.join("tftsr.db");
    let conn = Earlier::at(27).make_open(&folder, &path);
    conn.execute_batch(sql).unwrap();
    path
}

#[test]
fn nothing_in_a_hostile_schema_runs() {
    let home = Home::new();
    let source = hostile(
        &home,
        "CREATE TRIGGER t AFTER INSERT ON issues BEGIN DELETE FROM issues; END;
         CREATE TABLE \"odd \"\" name; DROP TABLE issues\" (x); INSERT INTO \"odd \"\" name; DROP TABLE issues\" VALUES (1);
         ALTER TABLE issues ADD COLUMN \"odd \"\" column\" TEXT DEFAULT 'x';
         ALTER TABLE issues ADD COLUMN computed TEXT GENERATED ALWAYS AS (upper(title)) VIRTUAL;
         DROP TABLE settings; CREATE VIEW settings AS SELECT 'log.size_bytes_max' AS key, '1' AS value, load_extension('x') AS updated_at;
         DROP TABLE ai_messages; CREATE VIRTUAL TABLE ai_messages USING fts5(id, content);
         CREATE INDEX trap ON issues(abs(-9223372036854775807)) WHERE title > 'z';",
    );
    let store = home.open();
    let report = import(&store, &source);
    assert_eq!(counts(&report, "issues"), [2, 2, 0, 0, 0]);
    assert!(!report.tables.iter().any(|t| t.table == "settings" || t.table == "ai_messages"));
    let unknown: Vec<String> = report
        .not_taken
        .iter()
        .map(|part| format!("{}.{}", part.table, part.column.as_deref().unwrap_or("*")))
        .collect();
    for expected in
        ["settings.*", "ai_messages.*", "issues.odd \" column", "issues.computed", "odd \" name; DROP TABLE issues.*"]
    {
        assert!(unknown.iter().any(|name| name == expected), "{expected}: {unknown:?}");
    }
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn wrong_types_orphans_and_broken_values_are_refused_or_mended_row_by_row() {
    let home = Home::new();
    let source = hostile(
        &home,
        "INSERT INTO issues (id, title, severity, status, created_at, updated_at, tags) VALUES
            (x'69642d626c6f62', x'ff00fe', 'apocalyptic', 'limbo', 'yesterday', 12345678901234567, '{'),
            ('', 'no id', 'low', 'open', '', '', ''), ('two\nlines', 't', 'low', 'open', '', '', ''),
            ('issue-long', replace(hex(zeroblob(400)), '0', 'x'), 1, 0.5, 1714979289, '', '');
         INSERT INTO log_files (id, issue_id, file_name, file_size, uploaded_at, content_compressed) VALUES
            ('log-orphan', 'no-such-issue', 'a', 1, '', NULL), ('log-broken', 'issue-0001', 'b', 'many', '', x'1f8b00'),
            ('log-text', 'issue-0001', 'c', 1, '', 'not a blob');
         INSERT INTO pii_spans VALUES ('span-back', 'log-broken', 'Email', 9, 3, 'x', 'y'), ('span-words', 'log-broken', 'Email', 'nine', 'ten', 'x', 'y');
         INSERT INTO resolution_steps VALUES ('step-9', 'issue-0001', 9, 'q', '', '', '');
         INSERT INTO documents VALUES ('doc-odd', 'issue-0001', 'novel', 't', 'c', 1, 1);
         INSERT INTO timeline_events VALUES ('ev-odd', 'issue-0001', 'party', '', '{}', ''), ('ev-big', 'issue-0001', 'log_uploaded', '', '{\"a\":\"' || hex(zeroblob(6000)) || '\"}', '');
         INSERT INTO image_attachments (id, issue_id, file_name, uploaded_at, image_data) VALUES
            ('img-script', 'issue-0001', 'x.png', '', CAST('<script>alert(1)</script>' AS BLOB)),
            ('img-big', 'issue-0001', 'y.png', '', zeroblob(10485761));
         INSERT INTO command_executions (id, issue_id, command, tier, approval_status, kubeconfig_id, executed_at) VALUES
            ('exec-nokube', NULL, 'ls', 1, 'approved', 'gone', ''), ('exec-orphan', 'gone', 'ls', 1, 'auto', NULL, '');
         INSERT INTO credentials VALUES ('cred-2', 'servicenow', 'h', 'c2VhbGVkIGJ5IG5vYm9keSBrbm93bg==', '', NULL);
         UPDATE audit_log SET entity_id = 'someone-else' WHERE id = 'aud-2';",
    );
    let store = home.open();
    let report = import(&store, &source);
    assert_eq!(counts(&report, "issues"), [6, 4, 0, 0, 2], "{:#?}", table(&report, "issues"));
    let mended = store.issue(&IssueId::from_stored("id-blob")).unwrap();
    assert_eq!((mended.severity, mended.status), (Severity::Medium, Status::Open));
    assert_eq!(mended.tags, ["{"]);
    let long = store.issue(&IssueId::from_stored("issue-long")).unwrap();
    assert_eq!(
        (long.title.len(), long.severity, long.created_at.as_str()),
        (300, Severity::Critical, "2024-05-06 07:08:09")
    );
    assert_eq!(counts(&report, "log_files"), [6, 5, 0, 0, 1]);
    assert!(store.read_text(&LogFileId::from_stored("log-broken")).is_err());
    assert_eq!(counts(&report, "pii_spans"), [3, 1, 0, 0, 2]);
    assert_eq!(counts(&report, "resolution_steps"), [3, 2, 0, 0, 1]);
    assert_eq!(counts(&report, "documents"), [3, 2, 0, 0, 1]);
    assert_eq!(counts(&report, "timeline_events"), [4, 3, 0, 0, 1]);
    assert_eq!(counts(&report, "image_attachments"), [4, 4, 0, 0, 0]);
    assert_eq!(counts(&report, "command_executions"), [3, 2, 0, 0, 1]);
    assert_eq!(counts(&report, "credentials"), [2, 1, 0, 0, 1]);
    let chain = report.audit_chain.as_ref().unwrap();
    assert_eq!((chain.intact, chain.first_bad_id.as_deref()), (Some(false), Some("aud-2")));
    let conn = home.raw();
    let held: i64 = conn
        .query_row("SELECT count(*) FROM image_attachments WHERE image_data IS NOT NULL", [], |r| r.get(0))
        .unwrap();
    assert_eq!(held, 1, "neither the script nor the one byte too many");
    for issue in
        store.issues(&trcaa_model::issue::IssueFilter { status: None, severity: None, limit: 50, offset: 0 }).unwrap()
    {
        store.issue_detail(&issue.id).unwrap();
    }
    assert!(store.check().unwrap().is_sound());
    let before = dump(&home);
    import(&store, &source);
    assert_eq!(dump(&home), before, "what was mended is known again");
}

#[test]
fn what_is_no_database_of_ours_or_damaged_is_told() {
    let home = Home::new();
    let store = home.open();
    let folder = elsewhere(&home);
    std::fs::create_dir_all(&folder).unwrap();
    let before = dump(&home);
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    assert_eq!(refused(&store, &file("empty", b"")).code(), "import_no_database");
    assert_eq!(refused(&store, &file("short", b"hello there, no database")).code(), "import_no_database");
    assert_eq!(refused(&store, &file("noise", &[7; 9000])).code(), "import_key");
    assert_eq!(refused(&store, &folder).code(), "import_no_database");
    assert_eq!(refused(&store, store.path()).code(), "import_itself");
    assert!(matches!(store.import(&options(&folder.join("nothing"))), Err(StoreError::File { .. })));
    let foreign = folder.join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE moz_places (id)").unwrap();
    assert_eq!(refused(&store, &foreign).code(), "import_foreign");

    let source = Earlier::at(27).make(&home.dir.path().join("whole"));
    let whole = std::fs::read(&source).unwrap();
    std::fs::write(folder.join("cut.db-journal"), [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 1]).unwrap();
    assert_eq!(refused(&store, &file("cut.db", &whole)).code(), "import_unfinished");
    let cut = refused(&store, &file("half.db", &whole[..whole.len() / 2]));
    assert_eq!(cut.code(), "import_damaged", "{cut}");
    assert_eq!(dump(&home), before);
}

#[test]
fn a_damaged_page_stops_the_import_and_never_the_program() {
    let home = Home::new();
    let source = Earlier::at(27).make(&elsewhere(&home));
    let whole = std::fs::read(&source).unwrap();
    let store = home.open();
    let before = dump(&home);
    let mut told = 0;
    for page in 0..whole.len() / 4096 {
        let wounds = [(0, 0xff), (3, 0x7f), (8, 0xff), (100, 0x00), (4000, 0xff)];
        for (from, byte) in [wounds[page % 5], wounds[(page + 2) % 5]] {
            let mut bytes = whole.clone();
            for place in &mut bytes[page * 4096 + from..page * 4096 + from + 8] {
                *place = byte;
            }
            let path = home.dir.path().join("damaged.db");
            std::fs::write(&path, &bytes).unwrap();
            match store.import(&ImportOptions { dry_run: true, ..options(&path) }) {
                Ok(_) => {}
                Err(StoreError::Import(error)) => {
                    assert!(["import_damaged", "import_foreign", "import_key"].contains(&error.code()), "{error}");
                    told += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
    }
    assert!(told > 20, "{told}");
    assert_eq!(dump(&home), before);
}

#[test]
fn a_source_that_is_written_to_meanwhile_is_given_up() {
    let home = Home::new();
    let source = Earlier::at(11).make(&elsewhere(&home));
    let store = home.open();
    let before = dump(&home);
    let path = source.clone();
    let touch = move |_: &str, _: &str| {
        Connection::open(&path).unwrap().execute("UPDATE issues SET title = 'new'", []).unwrap();
        true
    };
    let result = store.import(&ImportOptions { accepts_setting: &touch, ..options(&source) });
    assert!(matches!(result, Err(StoreError::Import(ImportError::Changed { .. }))), "{result:?}");
    assert_eq!(dump(&home), before);
}

#[test]
fn an_earlier_products_file_in_the_data_folder_says_how_to_take_it_over() {
    let home = Home::new();
    Earlier { key: Some("x'5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a'"), ..Earlier::at(27) }
        .make(&home.folder());
    let before = std::fs::read(home.file("tftsr.db")).unwrap();
    let error = home.try_open(crate::fixture::raw_key()).unwrap_err();
    assert_eq!(error.code(), "earlier_product");
    assert!(error.hint().unwrap().contains("trcaa db import"));
    assert_eq!(std::fs::read(home.file("tftsr.db")).unwrap(), before);
}

#[test]
fn a_damaged_page_of_an_encrypted_source_is_told() {
    let home = Home::new();
    let source = Earlier { key: Some("k"), ..Earlier::at(27) }.make(&elsewhere(&home));
    let mut bytes = std::fs::read(&source).unwrap();
    let store = home.open();
    let before = dump(&home);
    // The page of a table, whose seal no longer holds; the first page is whole.
    for page in bytes.chunks_exact_mut(4096).skip(2) {
        page[2000] ^= 1;
    }
    std::fs::write(&source, &bytes).unwrap();
    let with_key = ImportOptions { key: Some(Secret::new("k")), ..options(&source) };
    let result = store.import(&with_key);
    assert!(matches!(result, Err(StoreError::Import(ImportError::Damaged { .. }))), "{result:?}");
    assert_eq!(dump(&home), before);
}

#[test]
fn pages_that_lead_back_into_themselves_end() {
    let home = Home::new();
    let folder = elsewhere(&home);
    let path = folder.join("tftsr.db");
    let conn = Earlier::at(11).make_open(&folder, &path);
    conn.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         INSERT INTO settings SELECT 'key ' || i, hex(zeroblob(200)), '' FROM n;",
    )
    .unwrap();
    let root: i64 =
        conn.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'settings'", [], |row| row.get(0)).unwrap();
    drop(conn);
    let mut bytes = std::fs::read(&path).unwrap();
    let start = usize::try_from(root - 1).unwrap() * 4096;
    let word = |bytes: &[u8], at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    assert_eq!(bytes[start], 5, "an inner page of a table");
    let cells = usize::from(u16::from_be_bytes([bytes[start + 3], bytes[start + 4]]));
    // Every child becomes one and the same page, three levels deep: more rows than the file has bytes for.
    let mut child = word(&bytes, start + 8);
    for level in 0..3 {
        let mut page = bytes[start..start + 4096].to_vec();
        for cell in 0..cells {
            let pointer = usize::from(u16::from_be_bytes([page[12 + cell * 2], page[13 + cell * 2]]));
            page[pointer..pointer + 4].copy_from_slice(&child.to_be_bytes());
        }
        if level == 2 {
            bytes[start..start + 4096].copy_from_slice(&page);
        } else {
            bytes.extend_from_slice(&page);
            child = u32::try_from(bytes.len() / 4096).unwrap();
        }
    }
    let inner = child;
    bytes[28..32].copy_from_slice(&inner.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let store = home.open();
    let error = refused(&store, &path);
    assert_eq!(error.code(), "import_damaged", "{error}");
    assert!(store.settings().unwrap().is_empty());
}

/// A change that some version, some accident or somebody's malice could have made.
fn wound() -> impl Strategy<Value = (usize, usize, String)> {
    let value = prop_oneof![
        Just("NULL".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        Just("9e999".to_owned()),
        Just("-0.0".to_owned()),
        Just("x'00ff'".to_owned()),
        Just("''".to_owned()),
        Just("zeroblob(20000)".to_owned()),
        Just("CAST(x'61ff62' AS TEXT)".to_owned()),
        "[ -~äß\u{0}-\u{1f}]{0,12}".prop_map(|text| format!("CAST(x'{}' AS TEXT)", hex::encode(text))),
        Just("DROP COLUMN".to_owned()),
        Just("DROP TABLE".to_owned()),
    ];
    (0usize..64, 0usize..16, value)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_missing_or_wrong_the_store_stays_sound_and_a_second_import_changes_nothing(
        migrations in 9usize..=29,
        wounds in proptest::collection::vec(wound(), 0..40),
    ) {
        let home = Home::new();
        let folder = elsewhere(&home);
        let path = folder.join("tftsr.db");
        let conn = Earlier { stamps: Stamps::Plain, ..Earlier::at(migrations.max(11)) }.make_open(&folder, &path);
        conn.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA legacy_alter_table = ON; DROP TABLE issues_fts;").unwrap();
        for (table, column, value) in wounds {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name LIMIT 1 OFFSET ?1 % 27";
            let Ok(table) = conn.query_row(sql, [table as i64], |row| row.get::<_, String>(0)) else { continue };
            let sql = "SELECT name FROM pragma_table_info(?1) LIMIT 1 OFFSET ?2";
            let column = conn.query_row(sql, rusqlite::params![table, column as i64], |row| row.get::<_, String>(0));
            let _ = match (value.as_str(), column) {
                ("DROP TABLE", _) if table != "issues" => conn.execute_batch(&format!("DROP TABLE {table}")),
                ("DROP COLUMN", Ok(column)) => conn.execute_batch(&format!("ALTER TABLE {table} DROP COLUMN {column}")),
                (value, Ok(column)) => conn.execute_batch(&format!(
                    "UPDATE OR IGNORE {table} SET {column} = {value} WHERE rowid = (SELECT min(rowid) FROM {table})"
                )),
                _ => Ok(()),
            };
        }
        drop(conn);
        let store = home.open();
        let first = import(&store, &path);
        for table in &first.tables {
            prop_assert_eq!(table.found, table.imported + table.already_there + table.kept_ours + table.refused);
        }
        let check = store.check().unwrap();
        prop_assert!(check.is_sound(), "{:?}", check);
        for issue in store.issues(&trcaa_model::issue::IssueFilter { status: None, severity: None, limit: 50, offset: 0 }).unwrap() {
            store.issue_detail(&issue.id).unwrap();
        }
        store.providers().unwrap();
        store.documents(None).unwrap();
        store.audit_entries(50, None, None).unwrap();
        let full = dump(&home);
        let second = import(&store, &path);
        prop_assert_eq!(second.imported(), 0);
        prop_assert_eq!(dump(&home), full);
    }
}
