//! What opening does with every kind of file that may lie there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use trcaa_model::secret::Secret;
use trcaa_store::{KeySource, Mode, Opened, StoreError};

use crate::fixture::{Home, all_bytes, contains, insert_issue, raw_key, record};

fn passphrase(text: &str) -> KeySource {
    KeySource::Passphrase(Secret::new(text))
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_and_folder_are_private() {
    let home = Home::new();
    let store = home.open();
    insert_issue(&store, "t", "d");
    assert_eq!(store.opened(), Opened::Created);
    assert_eq!(mode(&home.folder()), 0o700);
    for name in ["tftsr.db", "tftsr.db-wal", "tftsr.db-shm"] {
        assert_eq!(mode(&home.file(name)), 0o600, "{name}");
    }
}

#[test]
fn a_file_that_became_readable_is_tightened() {
    let home = Home::new();
    drop(home.open());
    fs::set_permissions(home.file("tftsr.db"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(home.open().opened(), Opened::Existing);
    assert_eq!(mode(&home.file("tftsr.db")), 0o600);
    assert_eq!(mode(&home.folder()), 0o700);
}

#[test]
fn a_folder_with_foreign_files_keeps_its_mode() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    fs::write(home.file("notes.txt"), "mine").unwrap();
    fs::set_permissions(home.folder(), fs::Permissions::from_mode(0o755)).unwrap();
    drop(home.open());
    assert_eq!(mode(&home.folder()), 0o755);
    assert_eq!(mode(&home.file("tftsr.db")), 0o600);
}

#[test]
fn the_cipher_is_sqlcipher_4() {
    let home = Home::new();
    let status = home.open().status().unwrap();
    let cipher = status.cipher.unwrap();
    assert!(cipher.version.starts_with("4."), "{cipher:?}");
    assert_eq!(cipher.page_bytes, 4096);
    assert_eq!(cipher.kdf_iter, "256000");
    assert_eq!(cipher.hmac_algorithm, "HMAC_SHA512");
    assert_eq!(cipher.kdf_algorithm, "PBKDF2_HMAC_SHA512");
    assert_eq!(status.journal_mode, "wal");
    assert_eq!(status.migrations, trcaa_store::migration_names().len() as u64);
}

#[test]
fn a_wrong_key_is_told_and_changes_nothing() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    drop(store);
    let before = fs::read(home.file("tftsr.db")).unwrap();
    for key in [passphrase("wrong"), KeySource::RawKey(zeroize::Zeroizing::new([1; 32]))] {
        let refused = home.try_open(key).unwrap_err();
        assert!(matches!(refused, StoreError::WrongKeyOrDamaged { .. }), "{refused:?}");
    }
    assert_eq!(fs::read(home.file("tftsr.db")).unwrap(), before);
    assert_eq!(home.open().issue(&issue.id).unwrap().title, "t");
}

#[test]
fn nothing_is_written_to_stderr() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", "opening::a_wrong_key_is_told_and_changes_nothing"])
        .env_clear()
        .output()
        .unwrap();
    assert!(child.status.success());
    assert!(String::from_utf8_lossy(&child.stdout).contains("1 passed"));
    assert_eq!(String::from_utf8_lossy(&child.stderr), "");
}

#[test]
fn passphrases_may_hold_quotes_and_are_what_any_client_opens_it_with() {
    let home = Home::new();
    let store = home.try_open(passphrase("it's \"quoted\"; --")).unwrap();
    let issue = insert_issue(&store, "t", "d");
    drop(store);
    assert!(home.try_open(passphrase("it")).is_err());
    assert_eq!(home.try_open(passphrase("it's \"quoted\"; --")).unwrap().issue(&issue.id).unwrap().title, "t");
    let conn = rusqlite::Connection::open(home.file("tftsr.db")).unwrap();
    conn.pragma_update(None, "key", "it's \"quoted\"; --").unwrap();
    assert_eq!(conn.query_row("SELECT title FROM issues", [], |row| row.get::<_, String>(0)).unwrap(), "t");
}

#[test]
fn databases_with_larger_pages_open() {
    let home = Home::new();
    drop(home.open());
    let plain = home.raw();
    let (old, new) = (home.file("tftsr.db"), home.file("large.db"));
    let key = format!("x'{}'", hex::encode(crate::fixture::RAW_KEY));
    plain.execute("ATTACH DATABASE ?1 AS large KEY ?2", [new.to_str().unwrap(), &key]).unwrap();
    plain.execute_batch("PRAGMA large.cipher_page_size = 16384").unwrap();
    plain.query_row("SELECT sqlcipher_export('large')", [], |_| Ok(())).unwrap();
    drop(plain);
    fs::rename(new, old).unwrap();
    let store = home.open();
    insert_issue(&store, "t", "d");
    assert_eq!(store.status().unwrap().cipher.unwrap().page_bytes, 16_384);
    assert!(store.check().unwrap().is_sound());
    assert_eq!(store.reopen().unwrap().search("t", 5).unwrap().len(), 1);
}

#[test]
fn garbage_and_cut_files_are_refused_and_kept() {
    let home = Home::new();
    let store = home.open();
    for n in 0..50 {
        insert_issue(&store, &format!("issue {n}"), &"text ".repeat(200));
    }
    drop(store);
    let whole = fs::read(home.file("tftsr.db")).unwrap();
    assert!(whole.len() > 20_000);
    let noise: Vec<u8> = (0..20_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]).collect();
    for (what, bytes) in [
        ("noise", noise.as_slice()),
        ("a few bytes", &whole[..100]),
        ("half a page", &whole[..2048]),
        ("one page", &whole[..4096]),
        ("half", &whole[..8192]),
        ("an odd end", &whole[..whole.len() - 777]),
    ] {
        fs::write(home.file("tftsr.db"), bytes).unwrap();
        let outcome = home.try_open(raw_key()).and_then(|store| {
            let sound = store.check()?.is_sound();
            assert!(!sound, "{what} passed as sound");
            Err::<(), _>(StoreError::Damaged { detail: String::new() })
        });
        let refused = outcome.unwrap_err();
        assert!(
            matches!(refused, StoreError::WrongKeyOrDamaged { .. } | StoreError::Damaged { .. }),
            "{what}: {refused:?}"
        );
        assert_eq!(fs::read(home.file("tftsr.db")).unwrap().len(), bytes.len(), "{what} was changed");
    }
}

#[test]
fn a_flipped_bit_in_any_page_is_an_error_and_no_panic() {
    let home = Home::new();
    let store = home.open();
    for n in 0..30 {
        let issue = insert_issue(&store, &format!("issue {n}"), &"text ".repeat(300));
        store.write(|tx| tx.audit(&record(issue.id.as_str()))).unwrap();
    }
    drop(store);
    let whole = fs::read(home.file("tftsr.db")).unwrap();
    for page in 0..whole.len() / 4096 {
        let mut bytes = whole.clone();
        bytes[page * 4096 + 1000] ^= 0x10;
        fs::write(home.file("tftsr.db"), &bytes).unwrap();
        match home.try_open(raw_key()) {
            Ok(store) => {
                let written = store.write(|tx| tx.audit(&record("x")));
                assert!(matches!(written, Ok(_) | Err(StoreError::Damaged { .. })), "page {page}: {written:?}");
                assert!(!store.check().unwrap().is_sound(), "page {page} passed as sound");
            }
            Err(refused) => assert!(
                matches!(refused, StoreError::WrongKeyOrDamaged { .. } | StoreError::Damaged { .. }),
                "page {page}: {refused:?}"
            ),
        }
    }
}

#[test]
fn an_empty_file_is_a_cut_one_and_never_a_fresh_start() {
    for key_file in [false, true] {
        let home = Home::new();
        if key_file {
            drop(home.try_open(KeySource::KeyFile).unwrap());
        } else {
            fs::create_dir(home.folder()).unwrap();
        }
        fs::write(home.file("tftsr.db"), "").unwrap();
        for key in [KeySource::KeyFile, raw_key()] {
            let refused = home.try_open(key).unwrap_err();
            assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
        }
        assert_eq!(fs::metadata(home.file("tftsr.db")).unwrap().len(), 0);
        assert_eq!(home.file("tftsr.key").exists(), key_file, "no key is made for it");
    }
}

#[test]
fn what_a_killed_creation_left_is_removed_by_the_next() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    let left = ["tftsr.db.new", "tftsr.db.new-wal", "tftsr.db.new-journal", "tftsr.db.new-shm"];
    for name in left {
        fs::write(home.file(name), "half").unwrap();
    }
    assert_eq!(home.open().opened(), Opened::Created);
    fs::write(home.file("tftsr.db.new-journal"), "half").unwrap();
    assert_eq!(home.open().opened(), Opened::Existing);
    for name in left {
        assert!(!home.file(name).exists(), "{name}");
    }
}

#[test]
fn garbage_that_begins_like_a_plain_database_is_refused_and_leaves_nothing_behind() {
    let home = Home::new();
    fs::create_dir(home.folder()).unwrap();
    let mut garbage = b"SQLite format 3\0".to_vec();
    garbage.extend((0..50_000u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[2]));
    fs::write(home.file("tftsr.db"), &garbage).unwrap();
    let refused = home.open_refused(raw_key());
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
    assert_eq!(fs::read(home.file("tftsr.db")).unwrap(), garbage);
    assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 1, "nothing but the file that was there");
}

#[test]
fn opening_and_whole_file_work_wait_for_each_other_and_not_for_ever() {
    let home = Home::new();
    let store = home.open();
    let folder = fs::File::open(home.folder()).unwrap();
    folder.lock().unwrap();
    assert!(matches!(home.open_refused(raw_key()), StoreError::Locked));
    // The lock is for making connections; who has one goes on.
    insert_issue(&store, "t", "d");
    drop(folder);
    drop(home.open());
}

#[test]
fn existing_mode_makes_nothing() {
    let home = Home::new();
    let mut options = home.options(KeySource::KeyFile);
    options.mode = Mode::Existing;
    assert!(matches!(options.open().unwrap_err(), StoreError::NoDatabase { .. }));
    assert!(!home.folder().exists());
}

#[test]
fn a_symlinked_database_is_refused() {
    let home = Home::new();
    drop(home.open());
    let elsewhere = home.dir.path().join("elsewhere.db");
    fs::rename(home.file("tftsr.db"), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, home.file("tftsr.db")).unwrap();
    assert!(matches!(home.try_open(raw_key()).unwrap_err(), StoreError::File { .. }));
}

#[test]
fn a_newer_schema_is_refused_and_the_file_left_untouched() {
    let home = Home::new();
    drop(home.open());
    home.raw().execute("INSERT INTO _migrations (name) VALUES ('999_later')", []).unwrap();
    home.raw().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let before = fs::read(home.file("tftsr.db")).unwrap();
    assert!(matches!(home.try_open(raw_key()).unwrap_err(), StoreError::NewerSchema { .. }));
    assert_eq!(fs::read(home.file("tftsr.db")).unwrap(), before);
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_database_is_encrypted_in_place_and_no_plain_byte_stays() {
    const CANARY: &str = "canary-7f3a-plaintext";
    let home = Home::new();
    let store = home.try_open(KeySource::Plain).unwrap();
    // Deleted first, so that row numbers have a gap to close on the way.
    let gone = insert_issue(&store, "canary-gone", "x");
    let issue = insert_issue(&store, CANARY, "before");
    store.write(|tx| tx.delete_issue(&gone.id)).unwrap();
    for n in 0..5 {
        store.write(|tx| tx.audit(&record(&n.to_string()))).unwrap();
    }
    assert!(store.status().unwrap().cipher.is_none());
    // A crash leaves the log behind: copy it away and put it back after closing.
    let kept: Vec<_> = all_bytes(&home.folder());
    assert!(kept.iter().any(|(_, bytes)| contains(bytes, CANARY)));
    drop(store);
    for (path, bytes) in kept.iter().filter(|(path, _)| !path.ends_with("tftsr.db-shm")) {
        fs::write(path, bytes).unwrap();
    }
    // A handle on the old file, as undelete tools would have: what it held has to be gone as well.
    let mut old = fs::File::open(home.file("tftsr.db")).unwrap();

    let store = home.open();
    assert_eq!(store.opened(), Opened::Converted);
    assert_eq!(store.issue(&issue.id).unwrap().title, CANARY);
    assert_eq!(store.search("canary", 5).unwrap().len(), 1);
    assert!(store.check().unwrap().is_sound());
    for (path, bytes) in all_bytes(&home.folder()) {
        assert!(!contains(&bytes, CANARY), "{}", path.display());
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut old, &mut bytes).unwrap();
    assert!(!contains(&bytes, CANARY), "the old file's blocks still hold it");
    assert!(matches!(home.try_open(KeySource::Plain).unwrap_err(), StoreError::EncryptedWherePlain { .. }));
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_database_in_use_is_not_converted() {
    let home = Home::new();
    let busy = home.try_open(KeySource::Plain).unwrap();
    insert_issue(&busy, "t", "d");
    let refused = home.open_refused(raw_key());
    assert!(matches!(refused, StoreError::Locked), "{refused:?}");
    insert_issue(&busy, "u", "d");
    drop(busy);
    assert_eq!(home.open().search("t", 9).unwrap().len() + home.open().search("u", 9).unwrap().len(), 2);
}

#[cfg(debug_assertions)]
#[test]
fn secrets_in_columns_are_sealed_in_a_plain_database_too() {
    let home = Home::new();
    let store = home.try_open(KeySource::Plain).unwrap();
    let issue = insert_issue(&store, "t", "d");
    store.write(|tx| tx.pseudonym(&issue.id, "Email", "canary@example.org")).unwrap();
    assert_eq!(store.pseudonyms(&issue.id).unwrap()[0].value.expose(), "canary@example.org");
    drop(store);
    for (path, bytes) in all_bytes(&home.folder()) {
        assert!(!contains(&bytes, "canary@example.org"), "{}", path.display());
    }
    let store = home.try_open(KeySource::Plain).unwrap();
    assert_eq!(store.pseudonyms(&issue.id).unwrap()[0].value.expose(), "canary@example.org");
}
