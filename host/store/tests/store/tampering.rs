//! Any one change to any chain, made with the key and an SQL client, is found, and the first bad row is named.

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use trcaa_model::audit::{AuditEntry, AuditRecord};
use trcaa_store::{Overwrite, Store};

use crate::fixture::Home;

/// Most rows of a chain here.
const ROWS_MAX: usize = 7;
const FIELDS: [&str; 9] =
    ["id", "timestamp", "action", "entity_type", "entity_id", "user_id", "details", "prev_hash", "entry_hash"];

#[derive(Clone, Debug)]
enum Tampering {
    Edit {
        field: usize,
        to: Option<String>,
    },
    Remove,
    Swap {
        with: usize,
    },
    Insert {
        hashed: bool,
    },
    TakeHashes,
    TakeAllHashesUpTo,
    /// The last row, which no row has to follow.
    MoveLast {
        to: i64,
    },
}

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (0..FIELDS.len(), prop::option::of("[a-z0-9]{0,12}")).prop_map(|(field, to)| Tampering::Edit { field, to }),
        Just(Tampering::Remove),
        (0..ROWS_MAX).prop_map(|with| Tampering::Swap { with }),
        any::<bool>().prop_map(|hashed| Tampering::Insert { hashed }),
        Just(Tampering::TakeHashes),
        Just(Tampering::TakeAllHashesUpTo),
        prop_oneof![Just(i64::MAX), 100..1_000i64].prop_map(|to| Tampering::MoveLast { to }),
    ]
}

/// The encoding as the module's head has it, written a second time.
fn hash_of(prev: &str, fields: [Option<&str>; 7]) -> String {
    let mut hash = Sha256::new();
    for field in [Some("trcaa-audit/1"), Some(prev)].into_iter().chain(fields) {
        hash.update([u8::from(field.is_some())]);
        hash.update((field.unwrap_or("").len() as u64).to_be_bytes());
        hash.update(field.unwrap_or(""));
    }
    hex::encode(hash.finalize())
}

fn begin(home: &Home, store: &Store, texts: &[(String, String)]) -> Vec<AuditEntry> {
    home.raw().execute_batch("DELETE FROM audit_log; DELETE FROM audit_chain_start").unwrap();
    let write = |(entity, value): &(String, String)| {
        let record = AuditRecord {
            action: "ai_send",
            entity_type: "issue",
            entity_id: entity.clone(),
            details: serde_json::json!({"v": value}),
        };
        store.write(|tx| tx.audit(&record)).unwrap()
    };
    texts.iter().map(write).collect()
}

/// Does it; gives the id of the first bad row, or `None` where nothing was changed or only the end was cut.
fn tamper(home: &Home, entries: &[AuditEntry], at: usize, how: &Tampering) -> Option<String> {
    let raw = home.raw();
    let rowid = |index: usize| index as i64 + 1;
    let id = |index: usize| entries.get(index).map(|entry| entry.id.clone());
    match how {
        Tampering::Edit { field, to } => {
            let name = FIELDS[*field];
            let old: Option<String> = raw
                .query_row(&format!("SELECT {name} FROM audit_log WHERE rowid = ?1"), [rowid(at)], |r| r.get(0))
                .unwrap();
            // The columns that may not be NULL refuse it, which is not what is tried here.
            let to = if matches!(name, "timestamp" | "action" | "entity_type" | "entity_id") {
                Some(to.clone().unwrap_or_default())
            } else {
                to.clone()
            };
            if old == to {
                return None;
            }
            let sql = format!("UPDATE audit_log SET {name} = ?2 WHERE rowid = ?1");
            raw.execute(&sql, rusqlite::params![rowid(at), to]).unwrap();
            match (name, to) {
                ("id", Some(to)) => Some(to),
                ("id", None) => Some(format!("rowid {}", rowid(at))),
                _ => id(at),
            }
        }
        Tampering::Remove => {
            raw.execute("DELETE FROM audit_log WHERE rowid = ?1", [rowid(at)]).unwrap();
            id(at + 1)
        }
        Tampering::Swap { with } => {
            let with = with % entries.len();
            let (low, high) = (at.min(with), at.max(with));
            if low == high {
                return None;
            }
            for (from, to) in [(rowid(low), 9_999), (rowid(high), rowid(low)), (9_999, rowid(high))] {
                raw.execute("UPDATE audit_log SET rowid = ?2 WHERE rowid = ?1", [from, to]).unwrap();
            }
            id(high)
        }
        Tampering::Insert { hashed } => {
            let prev = at.checked_sub(1).and_then(|i| entries[i].entry_hash.clone()).unwrap_or_default();
            let fields =
                [Some("new"), Some("2000-01-01 00:00:00"), Some("x"), Some("y"), Some("z"), Some("local"), None];
            let hash = hashed.then(|| hash_of(&prev, fields));
            for later in (at..entries.len()).rev() {
                raw.execute("UPDATE audit_log SET rowid = ?1 + 1 WHERE rowid = ?1", [rowid(later)]).unwrap();
            }
            raw.execute(
                "INSERT INTO audit_log (rowid, id, timestamp, action, entity_type, entity_id, user_id, prev_hash, entry_hash)
                 VALUES (?1, 'new', '2000-01-01 00:00:00', 'x', 'y', 'z', 'local', ?2, ?3)",
                rusqlite::params![rowid(at), hashed.then_some(prev), hash],
            )
            .unwrap();
            // A row that fits the one before it shows by the one after it; but nothing comes before the chain's start.
            if *hashed && at > 0 { id(at) } else { Some("new".to_owned()) }
        }
        Tampering::TakeHashes => {
            let sql = "UPDATE audit_log SET prev_hash = NULL, entry_hash = NULL WHERE rowid = ?1";
            raw.execute(sql, [rowid(at)]).unwrap();
            id(at)
        }
        Tampering::MoveLast { to } => {
            let last = entries.len() - 1;
            raw.execute("UPDATE audit_log SET rowid = ?2 WHERE rowid = ?1", [rowid(last), *to]).unwrap();
            id(last)
        }
        Tampering::TakeAllHashesUpTo => {
            let sql = "UPDATE audit_log SET prev_hash = NULL, entry_hash = NULL WHERE rowid <= ?1";
            raw.execute(sql, [rowid(at)]).unwrap();
            id(0)
        }
    }
}

#[test]
fn any_single_change_is_found_and_the_first_bad_row_named() {
    let home = Home::new();
    let store = home.open();
    let text = "[a-z\"\\\\\u{0}-\u{1f}äß]{0,8}";
    let config = ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(
        texts in prop::collection::vec((text, text), 1..=ROWS_MAX),
        at in 0..ROWS_MAX,
        how in tampering(),
    )| {
        let entries = begin(&home, &store, &texts);
        prop_assert!(store.verify_audit(None).unwrap().intact);
        let head = store.audit_head().unwrap().unwrap();
        let at = at % entries.len();
        let first_bad = tamper(&home, &entries, at, &how);
        let verdict = store.verify_audit(None).unwrap();
        prop_assert_eq!(&verdict.first_bad_id, &first_bad, "{:?}", verdict);
        let cut = matches!(how, Tampering::Remove) && first_bad.is_none();
        let emptied = cut && entries.len() == 1;
        prop_assert_eq!(verdict.intact, first_bad.is_none() && !emptied, "{:?}", verdict);
        let against = store.verify_audit(Some(&head)).unwrap();
        prop_assert_eq!(against.intact, first_bad.is_none() && !cut, "{:?}", against);
    });
}

#[test]
fn a_row_written_by_the_store_has_the_hash_that_its_documentation_says() {
    let home = Home::new();
    let store = home.open();
    let entries = begin(&home, &store, &[("a".into(), "b".into()), ("c".into(), "d".into())]);
    let [first, second] = entries.as_slice() else { panic!("two rows") };
    for (prev, entry) in [("", first), (first.entry_hash.as_deref().unwrap(), second)] {
        let fields = [&entry.id, &entry.timestamp, &entry.action, &entry.entity_type, &entry.entity_id, &entry.user_id];
        let [a, b, c, d, e, f] = fields.map(|field| Some(field.as_str()));
        assert_eq!(entry.entry_hash, Some(hash_of(prev, [a, b, c, d, e, f, entry.details.as_deref()])));
    }
}

#[test]
fn a_cell_of_another_type_breaks_its_row_and_nothing_dies_of_it() {
    let invalid = ["x'00ff'", "CAST(x'ff' AS TEXT)"];
    for (column, value) in FIELDS.iter().flat_map(|column| invalid.map(|value| (column, value))) {
        let home = Home::new();
        let store = home.open();
        let entries = begin(&home, &store, &[("a".into(), "b".into()), ("c".into(), "d".into())]);
        home.raw()
            .execute_batch(&format!("UPDATE audit_log SET {column} = {value} WHERE id = '{}'", entries[1].id))
            .unwrap();
        let verdict = store.verify_audit(None).unwrap();
        let named = verdict.first_bad_id.unwrap();
        // An id that is bytes names nothing.
        assert!(
            if *column == "id" { named.starts_with("rowid ") } else { named == entries[1].id },
            "{column}: {named}"
        );
        assert!(verdict.reason.unwrap().contains("type"), "{column} = {value}");
        assert!(!store.check().unwrap().is_sound());
        assert_eq!(store.audit_entries(9, None, None).unwrap().len(), 2);
        store.status().unwrap();
        assert!(!store.backup(&home.dir.path().join("b"), Overwrite::Refuse, &mut |_, _| ()).unwrap().verified);
    }
}

#[test]
fn after_a_row_moved_to_the_last_of_all_places_nothing_is_written_and_no_other_row_is_blamed() {
    let home = Home::new();
    let store = home.open();
    let entries = begin(&home, &store, &[("a".into(), "b".into()), ("c".into(), "d".into())]);
    home.raw().execute_batch("UPDATE audit_log SET rowid = 9223372036854775807 WHERE rowid = 2").unwrap();
    let later = store.write(|tx| tx.audit(&crate::fixture::record("later")));
    assert_eq!(later.unwrap_err().code(), "damaged");
    assert_eq!(store.verify_audit(None).unwrap().first_bad_id.as_ref(), Some(&entries[1].id));
}
