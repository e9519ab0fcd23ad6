//! The key file: made once, trusted only when it is private.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use trcaa_model::secret::Secret;
use trcaa_store::{KeyFileProblem, KeySource, Purpose, StoreError};

use crate::fixture::{Home, insert_issue};

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
    let mut options = home.options(crate::fixture::raw_key());
    options.encryption_key = Some(Secret::new("another"));
    let replaced = options.open().unwrap();
    assert_ne!(replaced.derived_key(Purpose::Columns), own);
    assert_ne!(replaced.derived_key(Purpose::PluginCode), replaced.derived_key(Purpose::Columns));
}
