//! What somebody with the key puts into the schema is found, and does nothing.

#[cfg(debug_assertions)]
use trcaa_store::KeySource;

use crate::fixture::{Home, insert_issue, record};

/// Takes every audit row back as if it had been written.
const SWALLOW: &str = "CREATE TRIGGER quiet BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END";

fn refused(home: &Home) -> String {
    let error = home.open_refused(crate::fixture::raw_key());
    assert_eq!(error.code(), "foreign_schema", "{error}");
    error.to_string()
}

#[test]
fn what_runs_by_itself_and_is_not_ours_keeps_the_store_shut() {
    for sql in [
        SWALLOW,
        "CREATE TRIGGER issues_fts_extra AFTER UPDATE ON pii_spans BEGIN DELETE FROM pii_spans; END",
        "DROP TRIGGER issues_fts_insert; CREATE TRIGGER issues_fts_insert AFTER INSERT ON issues BEGIN SELECT 1; END",
        "DROP VIEW v_log_files_with_issue; CREATE VIEW v_log_files_with_issue AS SELECT * FROM log_files",
        "DROP VIEW v_log_files_with_issue; CREATE VIEW v_log_files_with_issue AS SELECT 1 AS id",
        "ALTER TABLE settings RENAME TO aside; CREATE VIEW settings AS SELECT * FROM aside",
        "CREATE VIRTUAL TABLE more USING fts5(x)",
    ] {
        let home = Home::new();
        drop(home.open());
        home.raw().execute_batch(sql).unwrap();
        refused(&home);
    }
}

#[test]
fn a_check_finds_objects_that_are_missing_more_or_otherwise() {
    for (sql, finding) in [
        ("DROP INDEX idx_audit_log_entity_id", "\"idx_audit_log_entity_id\" is missing"),
        ("DROP TRIGGER issues_fts_insert", "\"issues_fts_insert\" is missing"),
        ("CREATE TABLE more (x)", "\"more\" is none of this program's"),
        ("CREATE INDEX more ON issues(title)", "\"more\" is none of this program's"),
        ("ALTER TABLE settings ADD COLUMN more TEXT", "\"settings\" is not as it was made"),
        (SWALLOW, "\"quiet\" is none of this program's"),
    ] {
        let home = Home::new();
        let store = home.open();
        insert_issue(&store, "t", "d");
        assert!(store.check().unwrap().is_sound());
        home.raw().execute_batch(sql).unwrap();
        let report = store.check().unwrap();
        assert!(report.schema.iter().any(|found| found.ends_with(finding)), "{sql}: {:?}", report.schema);
        assert!(!report.is_sound());
    }
}

#[test]
fn a_store_that_was_open_before_writes_nothing_that_its_trail_does_not_keep() {
    for trigger in [
        SWALLOW,
        "CREATE TRIGGER quiet AFTER INSERT ON audit_log BEGIN DELETE FROM audit_log WHERE rowid = new.rowid; END",
        "CREATE TRIGGER quiet AFTER INSERT ON audit_log BEGIN UPDATE audit_log SET action = 'x' WHERE rowid = new.rowid; END",
    ] {
        let home = Home::new();
        let store = home.open();
        store.write(|tx| tx.audit(&record("a"))).unwrap();
        home.raw().execute_batch(trigger).unwrap();
        let written = store.write(|tx| {
            tx.set_setting("of", "this")?;
            tx.audit(&record("b"))
        });
        assert_eq!(written.unwrap_err().code(), "damaged", "{trigger}");
        assert!(store.settings().unwrap().is_empty());
    }
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_database_with_a_trigger_is_not_converted_and_stays_as_it_is() {
    let home = Home::new();
    drop(home.try_open(KeySource::Plain).unwrap());
    let raw = rusqlite::Connection::open(home.file("tftsr.db")).unwrap();
    raw.execute_batch(&format!("PRAGMA journal_mode = DELETE; {SWALLOW}")).unwrap();
    drop(raw);
    let before = std::fs::read(home.file("tftsr.db")).unwrap();
    refused(&home);
    assert_eq!(std::fs::read(home.file("tftsr.db")).unwrap(), before);
}

#[test]
fn a_rewritten_store_has_the_schema_of_a_new_one() {
    let home = Home::new();
    insert_issue(&home.open(), "t", "d");
    home.open().compact().unwrap();
    assert!(home.open().check().unwrap().is_sound());
}
