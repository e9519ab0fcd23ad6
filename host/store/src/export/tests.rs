//! Order of tables, owners of rows, and columns that are not read.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::backup::tests::options;

#[test]
fn parents_come_before_children_and_every_table_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = options(dir.path(), 1).open().unwrap();
    let tables = store.export_tables().unwrap();
    let at = |name: &str| tables.iter().position(|table| table.name == name).unwrap();
    for (parent, child) in [
        ("issues", "log_files"),
        ("log_files", "pii_spans"),
        ("ai_conversations", "ai_messages"),
        ("kubeconfig_files", "command_executions"),
        ("documents", "document_revisions"),
        ("mcp_servers", "mcp_tools"),
    ] {
        assert!(at(parent) < at(child), "{parent} before {child}");
    }
    let own = [LEDGER, key_check::TABLE];
    assert!(tables.iter().all(|table| !own.contains(&table.name.as_str()) && !table.name.contains("fts")));
    assert_eq!(tables.len() + own.len(), backup::tables(&store.conn).unwrap().len());
}

#[test]
fn rows_know_their_issue_and_what_is_not_wanted_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = options(dir.path(), 1).open().unwrap();
    store
        .conn
        .execute_batch(
            "INSERT INTO issues (id, title, severity, status, created_at, updated_at) VALUES ('i', 'T', 'low', 'open', '', '');
             INSERT INTO log_files (id, issue_id, file_name, file_path, uploaded_at, content_compressed)
             VALUES ('l', 'i', 'a', '', '', x'00ff');
             INSERT INTO pii_spans (id, log_file_id, pii_type, start_offset, end_offset, original_value, replacement)
             VALUES ('s', 'l', 'Email', 0, 1, 'secret', '[Email_1]');",
        )
        .unwrap();
    let tables = store.export_tables().unwrap();
    let rows = |name: &str, wanted: &str| {
        let table = tables.iter().find(|table| table.name == name).unwrap();
        let mut rows = Vec::new();
        let count = store.export_rows::<StoreError>(
            table,
            |column| column == wanted,
            |row| {
                rows.push(row);
                Ok(())
            },
        );
        assert_eq!(count.unwrap(), rows.len() as u64);
        rows
    };
    let spans = rows("pii_spans", "replacement");
    assert_eq!(spans[0].issue_id.as_deref(), Some("i"));
    assert!(spans[0].values.contains(&ExportValue::Text("[Email_1]".into())));
    assert!(!format!("{spans:?}").contains("secret"));
    assert!(rows("log_files", "content_compressed")[0].values.contains(&ExportValue::Blob(vec![0, 255])));
    assert_eq!(rows("shell_commands", "id")[0].issue_id, None);
}
