//! The audit chain against a person with the key and an SQL client.

use trcaa_store::{AuditHead, Store};

use crate::fixture::{Home, record};

fn with_rows(count: usize) -> (Home, Store, Vec<String>) {
    let home = Home::new();
    let store = home.open();
    let ids = (0..count).map(|n| store.write(|tx| tx.audit(&record(&n.to_string()))).unwrap().id).collect();
    (home, store, ids)
}

#[test]
fn a_chain_left_alone_is_intact() {
    let (_home, store, ids) = with_rows(5);
    let verdict = store.verify_audit(None).unwrap();
    assert!(verdict.intact, "{verdict:?}");
    assert_eq!(verdict.entries, 5);
    let head = store.audit_head().unwrap().unwrap();
    assert_eq!((head.entries, Some(&head.hash)), (5, verdict.head.as_ref()));
    let newest = store.audit_entries(2, None, None).unwrap();
    assert_eq!(newest.iter().map(|e| &e.id).collect::<Vec<_>>(), [&ids[4], &ids[3]]);
    assert_eq!(store.audit_entries(9, Some("3"), None).unwrap().len(), 1);
    assert_eq!(store.audit_entries(9, Some("log_file"), None).unwrap().len(), 5);
}

#[test]
fn every_way_of_tampering_is_found_and_the_first_bad_row_named() {
    for (what, sql, first_bad) in [
        ("action", "UPDATE audit_log SET action = 'x' WHERE rowid = 3", 2),
        ("time", "UPDATE audit_log SET timestamp = '2000-01-01 00:00:00' WHERE rowid = 3", 2),
        ("user", "UPDATE audit_log SET user_id = NULL WHERE rowid = 3", 2),
        ("details", "UPDATE audit_log SET details = NULL WHERE rowid = 3", 2),
        ("shifted fields", "UPDATE audit_log SET entity_type = 'log_file2', entity_id = '' WHERE rowid = 3", 2),
        ("hash", "UPDATE audit_log SET entry_hash = prev_hash WHERE rowid = 3", 2),
        ("no hash", "UPDATE audit_log SET entry_hash = NULL, prev_hash = NULL WHERE rowid = 3", 2),
        ("removal", "DELETE FROM audit_log WHERE rowid = 3", 3),
        ("removal of the first", "DELETE FROM audit_log WHERE rowid = 1", 1),
        (
            "swap",
            "UPDATE audit_log SET rowid = 99 WHERE rowid = 2; UPDATE audit_log SET rowid = 2 WHERE rowid = 3;
                  UPDATE audit_log SET rowid = 3 WHERE rowid = 99",
            2,
        ),
        ("move to the end", "UPDATE audit_log SET rowid = 99 WHERE rowid = 2", 2),
    ] {
        let (home, store, ids) = with_rows(5);
        home.raw().execute_batch(sql).unwrap();
        let verdict = store.verify_audit(None).unwrap();
        assert!(!verdict.intact, "{what}");
        assert_eq!(verdict.first_bad_id.as_ref(), Some(&ids[first_bad]), "{what}: {verdict:?}");
        assert!(verdict.reason.is_some());
    }
}

#[test]
fn inserted_rows_are_found_wherever_they_are_put() {
    for (rowid, first_bad) in [(0, "new"), (-5, "new"), (6, "new")] {
        let (home, store, _) = with_rows(5);
        let values = "'new', 'x', 'log_file', 'y', 'local'";
        home.raw()
            .execute_batch(&format!(
                "INSERT INTO audit_log (rowid, id, action, entity_type, entity_id, user_id) VALUES ({rowid}, {values})"
            ))
            .unwrap();
        let verdict = store.verify_audit(None).unwrap();
        assert!(!verdict.intact);
        // A row without a hash before the chain shows at the row that binds what came before it.
        if rowid > 0 {
            assert_eq!(verdict.first_bad_id.as_deref(), Some(first_bad));
        }
    }
}

#[test]
fn what_was_cut_off_the_end_shows_against_a_checkpoint_only() {
    let (home, store, _) = with_rows(5);
    let head = store.audit_head().unwrap().unwrap();
    store.write(|tx| tx.audit(&record("later"))).unwrap();
    assert!(store.verify_audit(Some(&head)).unwrap().intact);
    home.raw().execute_batch("DELETE FROM audit_log WHERE rowid >= 5").unwrap();
    assert!(store.verify_audit(None).unwrap().intact);
    let verdict = store.verify_audit(Some(&head)).unwrap();
    assert!(!verdict.intact && verdict.first_bad_id.is_none(), "{verdict:?}");
    let early = AuditHead { entries: 1, hash: head.hash };
    assert!(!store.verify_audit(Some(&early)).unwrap().intact);
}

#[test]
fn rows_from_before_the_chain_are_accepted_first_and_bound_by_it() {
    let home = Home::new();
    let store = home.open();
    let raw = home.raw();
    for n in 0..3 {
        raw.execute(
            "INSERT INTO audit_log (id, timestamp, action, entity_type, entity_id)
             VALUES (?1, '2020-01-01T00:00:00.5Z', 'x', 'y', 'z')",
            [format!("old{n}")],
        )
        .unwrap();
    }
    assert!(store.verify_audit(None).unwrap().intact);
    assert!(store.audit_head().unwrap().is_none());
    store.write(|tx| tx.audit(&record("a"))).unwrap();
    store.write(|tx| tx.audit(&record("b"))).unwrap();
    let verdict = store.verify_audit(None).unwrap();
    assert!(verdict.intact, "{verdict:?}");
    assert_eq!(verdict.entries, 5);
    raw.execute_batch("UPDATE audit_log SET action = 'w' WHERE id = 'old1'").unwrap();
    assert!(!store.verify_audit(None).unwrap().intact);
}

#[test]
fn a_trail_whose_hashes_and_mark_were_taken_away_is_broken_and_stays_so() {
    for (what, sql) in [
        ("hashes and mark", "UPDATE audit_log SET prev_hash = NULL, entry_hash = NULL; DELETE FROM audit_chain_start"),
        ("hashes", "UPDATE audit_log SET prev_hash = NULL, entry_hash = NULL"),
        ("mark", "DELETE FROM audit_chain_start"),
        ("a second mark", "INSERT INTO audit_chain_start VALUES ('more')"),
        ("a mark of no type", "UPDATE audit_chain_start SET id = NULL"),
        ("rows", "DELETE FROM audit_log"),
    ] {
        let (home, store, _) = with_rows(3);
        home.raw().execute_batch(sql).unwrap();
        let verdict = store.verify_audit(None).unwrap();
        assert!(!verdict.intact && verdict.reason.is_some(), "{what}: {verdict:?}");
        assert!(!store.check().unwrap().is_sound(), "{what}");
        store.write(|tx| tx.audit(&record("later"))).unwrap();
        assert!(!store.verify_audit(None).unwrap().intact, "{what}, and one more row");
    }
}

#[test]
fn a_new_store_without_rows_is_intact_and_a_mark_without_rows_is_not() {
    let (home, store, _) = with_rows(0);
    assert!(store.verify_audit(None).unwrap().intact);
    home.raw().execute_batch("INSERT INTO audit_chain_start VALUES ('gone')").unwrap();
    assert!(!store.verify_audit(None).unwrap().intact);
}

#[test]
fn unhashed_rows_with_a_mark_of_a_row_that_is_gone_are_broken() {
    let (home, store, _) = with_rows(0);
    home.raw()
        .execute_batch(
            "INSERT INTO audit_log (id, timestamp, action, entity_type, entity_id)
             VALUES ('old', '2020-01-01 00:00:00', 'x', 'y', 'z')",
        )
        .unwrap();
    assert!(store.verify_audit(None).unwrap().intact);
    home.raw().execute_batch("INSERT INTO audit_chain_start VALUES ('gone')").unwrap();
    assert!(!store.verify_audit(None).unwrap().intact);
}

#[test]
fn details_have_to_be_an_object() {
    let (_home, store, _) = with_rows(0);
    let mut bad = record("x");
    bad.details = serde_json::json!("text");
    assert!(store.write(|tx| tx.audit(&bad)).is_err());
}
