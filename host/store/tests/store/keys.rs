//! The key file: made once, trusted only when it is private.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use trcaa_model::secret::Secret;
use trcaa_store::{KeyFileProblem, KeySource, Purpose, StoreError};

use crate::fixture::{Home, insert_issue, raw_key};

fn problem(home: &Home) -> KeyFileProblem {
    match home.try_open(KeySource::KeyFile).unwrap_err() {
        StoreError::KeyFile { problem, .. } => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_key_file_is_made_once_and_private() {
    let home = Home::new();
    let store = home.try_open(KeySource::KeyFile).unwrap();
    let issue = insert_issue(&store, "t", "d");
    drop(store);
    let key = fs::read_to_string(home.file("tftsr.key")).unwrap();
    assert_eq!(key.trim().len(), 64);
    assert_eq!(fs::metadata(home.file("tftsr.key")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.try_open(KeySource::KeyFile).unwrap().issue(&issue.id).unwrap().title, "t");
    assert_eq!(fs::read_to_string(home.file("tftsr.key")).unwrap(), key);
    assert_eq!(
        fs::read_dir(home.folder()).unwrap().filter(|e| e.as_ref().unwrap().path().ends_with("tftsr.key.new")).count(),
        0
    );
}

#[test]
fn a_key_file_open_to_others_is_refused() {
    let home = Home::new();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    for mode in [0o640, 0o604, 0o660, 0o610] {
        fs::set_permissions(home.file("tftsr.key"), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(problem(&home), KeyFileProblem::OpenToOthers, "{mode:o}");
    }
    fs::set_permissions(home.file("tftsr.key"), fs::Permissions::from_mode(0o400)).unwrap();
    assert!(home.try_open(KeySource::KeyFile).is_ok());
}

#[test]
fn links_folders_and_nonsense_are_no_key_files() {
    let home = Home::new();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    let key = home.file("tftsr.key");
    let elsewhere = home.dir.path().join("elsewhere.key");
    fs::rename(&key, &elsewhere).unwrap();
    symlink(&elsewhere, &key).unwrap();
    assert_eq!(problem(&home), KeyFileProblem::Symlink);
    fs::remove_file(&key).unwrap();
    symlink(home.dir.path().join("nowhere"), &key).unwrap();
    assert_eq!(problem(&home), KeyFileProblem::Symlink);
    fs::remove_file(&key).unwrap();
    fs::create_dir(&key).unwrap();
    assert_eq!(problem(&home), KeyFileProblem::NotAFile);
    fs::remove_dir(&key).unwrap();
    for text in ["", "abc", &"g".repeat(64), &"0".repeat(63), &"0".repeat(300)] {
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(problem(&home), KeyFileProblem::Malformed, "{text}");
    }
}

#[test]
fn no_new_key_is_made_for_a_database_that_has_lost_its_own() {
    let home = Home::new();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    fs::remove_file(home.file("tftsr.key")).unwrap();
    let refused = home.try_open(KeySource::KeyFile).unwrap_err();
    assert!(matches!(refused, StoreError::KeyFileMissing { .. }), "{refused:?}");
    assert!(!home.file("tftsr.key").exists());
}

#[test]
fn a_crash_between_key_and_database_is_survived() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    fs::write(home.file("tftsr.key.new"), "half").unwrap();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    let home = Home::new();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    fs::remove_file(home.file("tftsr.db")).unwrap();
    let key = fs::read(home.file("tftsr.key")).unwrap();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    assert_eq!(fs::read(home.file("tftsr.key")).unwrap(), key);
}

#[test]
fn derived_keys_follow_the_database_key_unless_it_is_replaced() {
    let home = Home::new();
    let own = home.open().derived_key(Purpose::Columns);
    assert_eq!(home.open().derived_key(Purpose::Columns), own);
    let home = Home::new();
    let mut options = home.options(raw_key());
    options.encryption_key = Some(Secret::new("another"));
    let replaced = options.open().unwrap();
    assert_ne!(replaced.derived_key(Purpose::Columns), own);
    assert_ne!(replaced.derived_key(Purpose::PseudonymLookup), replaced.derived_key(Purpose::Columns));
}

/// Opens with this TRCAA_ENCRYPTION_KEY.
fn with(home: &Home, key: Option<&str>) -> Result<trcaa_store::Store, StoreError> {
    let mut options = home.options(raw_key());
    options.encryption_key = key.map(Secret::new);
    options.open()
}

/// Files of the folder; the log is empty or gone once the store is closed.
fn bytes(home: &Home) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut files = crate::fixture::all_bytes(&home.folder());
    files.retain(|(path, _)| path.ends_with("tftsr.db"));
    files
}

#[test]
fn a_wrong_missing_or_stray_encryption_key_is_told_and_writes_nothing() {
    for (right, wrong) in [(Some("a"), Some("b")), (Some("a"), None), (None, Some("b"))] {
        let home = Home::new();
        let store = with(&home, right).unwrap();
        store.write(|tx| tx.checkpoint_audit()).unwrap();
        drop(store);
        let before = bytes(&home);
        let refused = with(&home, wrong).unwrap_err();
        assert_eq!(refused.code(), "encryption_key", "{refused:?}");
        assert!(refused.hint().is_some());
        assert!(bytes(&home) == before, "something was written");
        drop(with(&home, right).unwrap());
    }
}

#[test]
fn where_there_is_no_secret_none_is_lost_by_another_key() {
    let home = Home::new();
    drop(with(&home, Some("a")).unwrap());
    // As after another SQLCipher client gave the database another key.
    let store = with(&home, None).unwrap();
    assert!(store.check().unwrap().is_sound());
    store.write(|tx| tx.checkpoint_audit()).unwrap();
    drop(store);
    assert_eq!(with(&home, Some("a")).unwrap_err().code(), "encryption_key");
    drop(with(&home, None).unwrap());
}

#[test]
fn a_store_from_before_the_check_gets_it_only_from_the_key_that_opens_every_secret() {
    let home = Home::new();
    let store = home.open();
    let sealed = store.column_cipher().seal("credentials", "encrypted_token", "c1", b"t").unwrap();
    drop(store);
    let raw = home.raw();
    raw.execute("INSERT INTO credentials VALUES ('c1', 'confluence', 'h', ?1, 'now', NULL)", [&sealed]).unwrap();
    raw.execute_batch(
        "DROP TABLE column_key_check; DELETE FROM _migrations WHERE name LIKE '034%'; PRAGMA wal_checkpoint(TRUNCATE);",
    )
    .unwrap();
    drop(raw);
    let before = bytes(&home);
    let refused = with(&home, Some("stray")).unwrap_err();
    assert!(matches!(&refused, StoreError::Column { table: "credentials", id, .. } if id == "c1"), "{refused:?}");
    assert!(bytes(&home) == before, "not even migrated");
    drop(home.open());
    assert_eq!(with(&home, Some("stray")).unwrap_err().code(), "encryption_key");
}

#[test]
fn a_check_names_secrets_that_do_not_open() {
    let home = Home::new();
    let store = home.open();
    let sealed = store.column_cipher().seal("credentials", "encrypted_token", "another row", b"t").unwrap();
    home.raw().execute("INSERT INTO credentials VALUES ('c1', 'confluence', 'h', ?1, 'now', NULL)", [&sealed]).unwrap();
    let report = store.check().unwrap();
    assert_eq!(report.content, [r#"credentials.encrypted_token of row "c1" does not open"#]);
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_store_is_not_encrypted_with_the_wrong_key_of_columns() {
    let home = Home::new();
    let mut options = home.options(KeySource::Plain);
    options.encryption_key = Some(Secret::new("a"));
    let store = options.open().unwrap();
    store.write(|tx| tx.checkpoint_audit()).unwrap();
    drop(store);
    for wrong in [None, Some("b")] {
        assert_eq!(with(&home, wrong).unwrap_err().code(), "encryption_key");
        assert!(fs::read(home.file("tftsr.db")).unwrap().starts_with(b"SQLite format 3"));
        assert!(home.file("tftsr.columns.key").exists() && !home.file("tftsr.db.new").exists());
    }
    drop(with(&home, Some("a")).unwrap());
}
