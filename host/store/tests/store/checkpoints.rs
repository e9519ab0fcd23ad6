//! Signed heads: what they prove, and what is refused.

use serde_json::{Value, json};
use trcaa_store::{CHECKPOINT_BYTES_MAX, Checkpoint, CheckpointError, Purpose, Store};

use crate::fixture::{Home, raw_key, record};

fn take(store: &Store) -> Checkpoint {
    store.write(|tx| tx.checkpoint_audit()).unwrap()
}

fn printed(checkpoint: &Checkpoint) -> Value {
    json!({"schema_version": 1, "checkpoint": checkpoint})
}

#[test]
fn a_checkpoint_covers_the_row_that_tells_of_it() {
    let home = Home::new();
    let store = home.open();
    store.write(|tx| tx.audit(&record("a"))).unwrap();
    let checkpoint = take(&store);
    let read = Checkpoint::parse(printed(&checkpoint).to_string().as_bytes()).unwrap();
    assert_eq!(read, checkpoint);
    assert_eq!(Checkpoint::parse(json!(checkpoint).to_string().as_bytes()), Ok(checkpoint.clone()));
    let head = checkpoint.verified_head().unwrap();
    assert_eq!((head.entries, store.audit_head().unwrap().unwrap()), (2, head.clone()));
    assert_eq!(store.audit_entries(1, None, None).unwrap()[0].action, "audit_checkpoint");
    assert!(store.signs_with(&checkpoint.public_key).unwrap());
    store.write(|tx| tx.audit(&record("b"))).unwrap();
    assert!(store.verify_audit(Some(&head)).unwrap().intact);
}

#[test]
fn the_key_is_made_once_sealed_and_does_not_follow_the_database_key() {
    let home = Home::new();
    let store = home.open();
    let (first, second) = (take(&store), take(&store));
    assert_eq!(first.public_key, second.public_key);
    let raw = home.raw();
    let row = |column: &str| -> String {
        raw.query_row(&format!("SELECT {column} FROM audit_signing_keys"), [], |row| row.get(0)).unwrap()
    };
    let seed = store.column_cipher().open("audit_signing_keys", "encrypted_seed", &row("id"), &row("encrypted_seed"));
    let seed = seed.unwrap();
    assert_eq!(seed.len(), 32);
    for purpose in [Purpose::Columns, Purpose::PseudonymLookup] {
        assert_ne!(seed.as_slice(), store.derived_key(purpose).as_slice(), "{purpose:?}");
    }
    // Sealed for its own row only, like every secret in a column.
    assert!(
        store.column_cipher().open("audit_signing_keys", "encrypted_seed", "other", &row("encrypted_seed")).is_err()
    );
}

#[test]
fn a_changed_field_does_not_fit_the_signature() {
    let home = Home::new();
    let store = home.open();
    let good = take(&store);
    let other = take(&Home::new().try_open(raw_key()).unwrap());
    for change in [
        |c: &mut Checkpoint, _: &Checkpoint| c.entries += 1,
        |c: &mut Checkpoint, o: &Checkpoint| c.entry_hash.clone_from(&o.entry_hash),
        |c: &mut Checkpoint, _: &Checkpoint| c.created_at.push('0'),
        |c: &mut Checkpoint, o: &Checkpoint| c.public_key.clone_from(&o.public_key),
        |c: &mut Checkpoint, o: &Checkpoint| c.signature.clone_from(&o.signature),
        |c: &mut Checkpoint, _: &Checkpoint| c.format.push('1'),
    ] {
        let mut changed = good.clone();
        change(&mut changed, &other);
        assert_eq!(changed.verified_head(), Err(CheckpointError::Forged), "{changed:?}");
    }
    assert!(!store.signs_with(&other.public_key).unwrap());
}

#[test]
fn what_is_no_checkpoint_is_told_as_that() {
    let good = printed(&take(&Home::new().try_open(raw_key()).unwrap()));
    let with = |field: &str, value: Value| {
        let mut changed = good.clone();
        changed["checkpoint"][field] = value;
        Checkpoint::parse(changed.to_string().as_bytes())
    };
    for text in ["", "{", "[]", "null", "{\"checkpoint\": 3}", "{\"checkpoint\": {}}", "\u{0}", "{\"a\":1}"] {
        assert!(matches!(Checkpoint::parse(text.as_bytes()), Err(CheckpointError::NotJson(_))), "{text:?}");
    }
    assert!(matches!(Checkpoint::parse(b"\xff\xfe"), Err(CheckpointError::NotJson(_))));
    assert!(matches!(with("entries", json!("3")), Err(CheckpointError::NotJson(_))));
    assert!(matches!(with("entries", json!(-3)), Err(CheckpointError::NotJson(_))));
    assert!(matches!(with("entry_hash", json!(3)), Err(CheckpointError::NotJson(_))));
    assert!(matches!(with("another", json!(3)), Err(CheckpointError::NotJson(_))));
    assert_eq!(with("format", json!("trcaa-checkpoint/2")), Err(CheckpointError::Format));
    assert_eq!(with("entry_hash", json!("A".repeat(64))), Err(CheckpointError::Field("entry_hash")));
    assert_eq!(with("public_key", json!("é".repeat(32))), Err(CheckpointError::Field("public_key")));
    assert_eq!(with("signature", json!("00")), Err(CheckpointError::Field("signature")));
    // Not a point of the curve, or of small order: refused when it is used.
    let small_order = with("public_key", json!(format!("01{}", "00".repeat(31)))).unwrap();
    assert!(small_order.verified_head().is_err());
    let mut padded = good.to_string().into_bytes();
    padded.resize(CHECKPOINT_BYTES_MAX, b' ');
    assert!(Checkpoint::parse(&padded).is_ok());
    padded.push(b' ');
    assert_eq!(Checkpoint::parse(&padded), Err(CheckpointError::TooLarge));
}

#[test]
fn a_cut_tail_shows_also_under_rows_that_came_later() {
    let home = Home::new();
    let store = home.open();
    for n in 0..5 {
        store.write(|tx| tx.audit(&record(&n.to_string()))).unwrap();
    }
    let head = take(&store).verified_head().unwrap();
    home.raw().execute_batch("DELETE FROM audit_log WHERE rowid > 3").unwrap();
    let cut = store.verify_audit(Some(&head)).unwrap();
    assert!(!cut.intact && cut.first_bad_id.is_none() && cut.reason.unwrap().contains("cut off its end"));
    for n in 0..9 {
        store.write(|tx| tx.audit(&record(&n.to_string()))).unwrap();
    }
    assert!(store.verify_audit(None).unwrap().intact);
    let covered = store.verify_audit(Some(&head)).unwrap();
    assert!(!covered.intact && covered.first_bad_id.is_none() && covered.reason.unwrap().contains("in their place"));
}

#[test]
fn a_trail_emptied_and_begun_anew_shows_without_a_checkpoint() {
    let home = Home::new();
    let store = home.open();
    store.write(|tx| tx.audit(&record("a"))).unwrap();
    home.raw().execute_batch("DELETE FROM audit_log").unwrap();
    assert!(!store.verify_audit(None).unwrap().intact);
    let new = store.write(|tx| tx.audit(&record("b"))).unwrap();
    assert_eq!(store.verify_audit(None).unwrap().first_bad_id, Some(new.id));
}

#[test]
fn a_key_that_was_exchanged_signs_nothing() {
    let home = Home::new();
    let store = home.open();
    take(&store);
    home.raw().execute_batch("UPDATE audit_signing_keys SET public_key = lower(hex(randomblob(32)))").unwrap();
    assert!(store.write(|tx| tx.checkpoint_audit()).is_err());
    // Nor does a seed that does not open; nothing is written then.
    home.raw()
        .execute_batch("UPDATE audit_signing_keys SET encrypted_seed = (SELECT encrypted_check FROM column_key_check)")
        .unwrap();
    let before = store.audit_head().unwrap();
    assert!(store.write(|tx| tx.checkpoint_audit()).is_err());
    assert_eq!(store.audit_head().unwrap(), before);
}
