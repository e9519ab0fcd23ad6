//! Moving the store between keys: every secret goes along, and whatever goes wrong leaves the old key in force.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trcaa_model::env::Keyring;
use trcaa_model::secret::Secret;
use trcaa_store::{EncryptionKey, KeyKind, KeySource, KeyTarget, Purpose, Rekey, Rekeyed, Store, StoreError};
use zeroize::Zeroizing;

use crate::fixture::{Home, RAW_KEY, insert_issue, raw_key};

/// Every column that holds a secret, of a row with this id.
const PLACES: [(&str, &str); 5] = [
    ("credentials", "encrypted_token"),
    ("ai_providers", "encrypted_api_key"),
    ("mcp_servers", "auth_value"),
    ("mcp_servers", "env_config"),
    ("kubeconfig_files", "encrypted_content"),
];
const ROW: &str = "row-1";

#[derive(Default)]
struct FakeKeyring {
    entries: Mutex<BTreeMap<String, Secret>>,
    locked: AtomicBool,
}

impl FakeKeyring {
    fn answer(&self) -> Result<std::sync::MutexGuard<'_, BTreeMap<String, Secret>>, String> {
        if self.locked.load(Ordering::Relaxed) {
            Err("it is locked".to_owned())
        } else {
            Ok(self.entries.lock().unwrap())
        }
    }

    fn names(&self) -> Vec<String> {
        self.entries.lock().unwrap().keys().cloned().collect()
    }
}

impl Keyring for FakeKeyring {
    fn get(&self, name: &str) -> Result<Option<Secret>, String> {
        Ok(self.answer()?.get(name).cloned())
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), String> {
        self.answer()?.insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        self.answer()?.remove(name);
        Ok(())
    }
}

fn passphrase(text: &str) -> KeySource {
    KeySource::Passphrase(Secret::new(text))
}

/// Opens with a keyring at hand, without waiting for others.
fn try_open(home: &Home, key: KeySource, keyring: &Arc<FakeKeyring>) -> Result<Store, StoreError> {
    let mut options = home.options(key);
    options.keyring = Some(Arc::clone(keyring) as Arc<dyn Keyring>);
    options.wait = Duration::ZERO;
    options.open()
}

fn to(target: KeyTarget) -> Rekey {
    Rekey { target, encryption_key: EncryptionKey::Keep }
}

/// A store with a secret in every column, and an issue with a pseudonym behind a gap in the row numbers.
fn fill(store: &Store, raw: &rusqlite::Connection) {
    let cipher = store.column_cipher();
    let seal = |(table, column): (&str, &str)| cipher.seal(table, column, ROW, column.as_bytes()).unwrap();
    let [token, api_key, auth, env, kube] = PLACES.map(seal);
    raw.execute("INSERT INTO credentials VALUES (?1, 'confluence', 'h', ?2, 'now', NULL)", [ROW, &token]).unwrap();
    raw.execute(
        "INSERT INTO ai_providers (id, name, plugin, api_url, model, encrypted_api_key, created_at, updated_at)
         VALUES (?1, 'p', 'x', 'u', 'm', ?2, 'now', 'now')",
        [ROW, &api_key],
    )
    .unwrap();
    let server = "INSERT INTO mcp_servers (id, name, url, transport_type, auth_type, auth_value, env_config)
                  VALUES (?1, 'n', 'u', 'http', 'bearer', ?2, ?3)";
    raw.execute(server, [ROW, &auth, &env]).unwrap();
    raw.execute("INSERT INTO mcp_servers (id, name, url, transport_type, auth_type, auth_value) VALUES ('row-2', 'n', 'u', 'http', 'none', '')", []).unwrap();
    raw.execute(
        "INSERT INTO kubeconfig_files (id, name, encrypted_content, context) VALUES (?1, 'n', ?2, 'c')",
        [ROW, &kube],
    )
    .unwrap();
    let gone = insert_issue(store, "gone", "d");
    let issue = insert_issue(store, "canary issue", "d");
    store
        .write(|tx| {
            tx.delete_issue(&gone.id)?;
            tx.pseudonym(&issue.id, "Email", "anna@example.com")
        })
        .unwrap();
}

/// Every secret opens, is found by its hash, and nothing else is lost.
fn expect_whole(home: &Home, store: &Store, key: &str) {
    let raw = rusqlite::Connection::open(home.file("tftsr.db")).unwrap();
    raw.pragma_update(None, "key", key).unwrap();
    let cipher = store.column_cipher();
    for (table, column) in PLACES {
        let sql = format!("SELECT {column} FROM {table} WHERE id = ?1");
        let sealed: String = raw.query_row(&sql, [ROW], |row| row.get(0)).unwrap();
        assert_eq!(&**cipher.open(table, column, ROW, &sealed).unwrap(), column.as_bytes(), "{table}.{column}");
    }
    let issue = store.search("canary", 5).unwrap().remove(0).issue_id;
    let given = store.pseudonyms(&issue).unwrap();
    assert_eq!(given[0].value.expose(), "anna@example.com");
    assert_eq!(store.pseudonym_of(&issue, "anna@example.com").unwrap(), Some(("Email".to_owned(), 1)));
    let report = store.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(store.status().unwrap().cipher.unwrap().page_bytes, 4096);
    for entry in fs::read_dir(home.folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = ["tftsr.db", "tftsr.db-wal", "tftsr.db-shm", "tftsr.key"];
        assert!(known.contains(&name.as_str()), "{name} was left");
    }
}

fn key_of_file(home: &Home) -> String {
    format!("x'{}'", fs::read_to_string(home.file("tftsr.key")).unwrap().lines().next().unwrap())
}

#[test]
fn the_store_moves_between_all_key_sources_with_every_secret() {
    let home = Home::new();
    let keyring = Arc::new(FakeKeyring::default());
    let store = home.open();
    fill(&store, &home.raw());
    assert_eq!(store.status().unwrap().key_source, KeyKind::RawKey);

    let done = store.rekey(to(KeyTarget::KeyFile)).unwrap();
    let expected = Rekeyed { from: KeyKind::RawKey, to: KeyKind::KeyFile, resealed: 6, old_entry_left: false };
    assert_eq!(done, expected);
    assert!(matches!(home.open_refused(raw_key()), StoreError::WrongKeyOrDamaged { .. }));
    let store = try_open(&home, KeySource::KeyFile, &keyring).unwrap();
    expect_whole(&home, &store, &key_of_file(&home));
    let first = key_of_file(&home);

    store.rekey(to(KeyTarget::KeyFile)).unwrap();
    assert_ne!(key_of_file(&home), first, "a fresh key each time");
    let store = try_open(&home, KeySource::KeyFile, &keyring).unwrap();
    store.rekey(to(KeyTarget::Keyring)).unwrap();
    let [name] = &keyring.names()[..] else { panic!("one entry") };
    let kept = keyring.get(name).unwrap().unwrap();
    let file = fs::read_to_string(home.file("tftsr.key")).unwrap();
    assert!(file.starts_with(&format!("keyring {name}\n")) && !file.contains(kept.expose()), "{file}");
    let store = try_open(&home, KeySource::KeyFile, &keyring).unwrap();
    assert_eq!(store.key_kind(), KeyKind::Keyring);
    expect_whole(&home, &store, &format!("x'{}'", kept.expose()));

    store.rekey(to(KeyTarget::Passphrase(Secret::new("it's mine")))).unwrap();
    assert!(keyring.names().is_empty(), "the old entry is gone");
    let refused = home.open_refused(KeySource::KeyFile);
    assert!(matches!(refused, StoreError::KeyExternal { .. }) && refused.hint().is_some(), "{refused:?}");
    let store = home.try_open(passphrase("it's mine")).unwrap();
    assert_eq!(store.key_kind(), KeyKind::Passphrase);
    expect_whole(&home, &store, "it's mine");

    store.rekey(to(KeyTarget::RawKey(Zeroizing::new(RAW_KEY)))).unwrap();
    let store = home.open();
    expect_whole(&home, &store, &format!("x'{}'", hex::encode(RAW_KEY)));
    let trail = store.audit_entries(10, Some("database"), None).unwrap();
    assert_eq!(trail.len(), 5);
    let details = trail[0].details.as_deref().unwrap();
    assert_eq!(details, r#"{"encryption_key":"keep","from":"passphrase","to":"raw-key"}"#);
}

#[test]
fn the_key_of_columns_is_kept_replaced_or_removed() {
    let home = Home::new();
    let store = home.open();
    fill(&store, &home.raw());
    let with = |encryption_key: &str| {
        let mut options = home.options(raw_key());
        options.encryption_key = Some(Secret::new(encryption_key));
        options.open().unwrap()
    };
    let target = || KeyTarget::RawKey(Zeroizing::new(RAW_KEY));
    let raw = format!("x'{}'", hex::encode(RAW_KEY));
    store.rekey(Rekey { target: target(), encryption_key: EncryptionKey::Replace(Secret::new("other")) }).unwrap();
    let store = with("other");
    expect_whole(&home, &store, &raw);
    let columns = store.derived_key(Purpose::Columns);
    let done = store.rekey(Rekey { target: target(), encryption_key: EncryptionKey::Keep }).unwrap();
    assert_eq!(done.resealed, 0, "nothing to do: the columns do not hang on the database key");
    let store = with("other");
    assert_eq!(store.derived_key(Purpose::Columns), columns);
    expect_whole(&home, &store, &raw);
    store.rekey(Rekey { target: target(), encryption_key: EncryptionKey::Remove }).unwrap();
    expect_whole(&home, &home.open(), &raw);
}

#[test]
fn a_secret_that_does_not_open_stops_everything() {
    let home = Home::new();
    let keyring = Arc::new(FakeKeyring::default());
    let store = home.open();
    fill(&store, &home.raw());
    let moved = "UPDATE kubeconfig_files SET encrypted_content = (SELECT encrypted_token FROM credentials)";
    home.raw().execute(moved, []).unwrap();
    home.raw().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    drop(store);
    for target in [KeyTarget::KeyFile, KeyTarget::Keyring] {
        let store = try_open(&home, raw_key(), &keyring).unwrap();
        match store.rekey(to(target)).unwrap_err() {
            StoreError::Column { table: "kubeconfig_files", column: "encrypted_content", id, .. } => {
                assert_eq!(id, ROW)
            }
            other => panic!("{other:?}"),
        }
        assert!(keyring.names().is_empty(), "the key that opens nothing is gone");
        assert_eq!(fs::read_dir(home.folder()).unwrap().count(), 1, "nothing but the database");
    }
    let store = home.open();
    assert_eq!(store.pseudonyms(&store.search("canary", 5).unwrap()[0].issue_id).unwrap().len(), 1);
    assert!(store.audit_entries(10, Some("database"), None).unwrap().is_empty());
}

#[test]
fn a_store_in_use_is_not_rewritten() {
    let home = Home::new();
    let keyring = Arc::new(FakeKeyring::default());
    let busy = home.open();
    insert_issue(&busy, "before", "d");
    let rekeyed = try_open(&home, raw_key(), &keyring).unwrap().rekey(to(KeyTarget::KeyFile));
    assert!(matches!(rekeyed, Err(StoreError::Locked)), "{rekeyed:?}");
    let compacted = try_open(&home, raw_key(), &keyring).unwrap().compact();
    assert!(matches!(compacted, Err(StoreError::Locked)), "{compacted:?}");
    insert_issue(&busy, "after", "d");
    drop(busy);
    assert_eq!(home.open().search("after", 5).unwrap().len(), 1);
    assert!(!home.file("tftsr.key").exists());
}

#[test]
fn a_keyring_that_does_not_answer_is_told_and_no_key_is_made() {
    let home = Home::new();
    let keyring = Arc::new(FakeKeyring::default());
    let without = home.open().rekey(to(KeyTarget::Keyring));
    assert!(matches!(without, Err(StoreError::Keyring { .. })), "{without:?}");
    keyring.locked.store(true, Ordering::Relaxed);
    let locked = try_open(&home, raw_key(), &keyring).unwrap().rekey(to(KeyTarget::Keyring));
    assert!(matches!(locked, Err(StoreError::Keyring { .. })), "{locked:?}");
    keyring.locked.store(false, Ordering::Relaxed);
    try_open(&home, raw_key(), &keyring).unwrap().rekey(to(KeyTarget::Keyring)).unwrap();
    let file = fs::read(home.file("tftsr.key")).unwrap();
    let whole = fs::read(home.file("tftsr.db")).unwrap();
    keyring.locked.store(true, Ordering::Relaxed);
    for outcome in [try_open(&home, KeySource::KeyFile, &keyring), home.try_open(KeySource::KeyFile)] {
        let refused = outcome.unwrap_err();
        assert!(matches!(refused, StoreError::Keyring { .. }) && refused.hint().is_some(), "{refused:?}");
    }
    keyring.locked.store(false, Ordering::Relaxed);
    let name = keyring.names().remove(0);
    let kept = keyring.entries.lock().unwrap().remove(&name).unwrap();
    let refused = try_open(&home, KeySource::KeyFile, &keyring).unwrap_err();
    assert!(refused.to_string().contains(&name), "{refused}");
    assert_eq!((fs::read(home.file("tftsr.key")).unwrap(), fs::read(home.file("tftsr.db")).unwrap()), (file, whole));
    keyring.set(&name, &kept).unwrap();
    drop(try_open(&home, KeySource::KeyFile, &keyring).unwrap());
}

/// A store with a key file whose text is given back, before and after a rekey.
fn rekeyed() -> (Home, Vec<u8>, Vec<u8>) {
    let home = Home::new();
    drop(home.try_open(KeySource::KeyFile).unwrap());
    let before = fs::read(home.file("tftsr.key")).unwrap();
    home.try_open(KeySource::KeyFile).unwrap().rekey(to(KeyTarget::KeyFile)).unwrap();
    let after = fs::read(home.file("tftsr.key")).unwrap();
    (home, before, after)
}

fn private(home: &Home, name: &str, bytes: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(home.file(name), bytes).unwrap();
    fs::set_permissions(home.file(name), fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn a_rekey_killed_behind_its_commit_is_finished_by_the_next_opening() {
    let (home, before, after) = rekeyed();
    for old in [Some(before), None] {
        private(&home, "tftsr.key.next", &after);
        match old {
            Some(old) => private(&home, "tftsr.key", &old),
            None => fs::remove_file(home.file("tftsr.key")).unwrap(),
        }
        drop(home.try_open(KeySource::KeyFile).unwrap());
        assert_eq!(fs::read(home.file("tftsr.key")).unwrap(), after);
        assert!(!home.file("tftsr.key.next").exists());
    }
}

#[test]
fn a_rekey_killed_before_its_commit_is_forgotten_by_the_next_opening() {
    let (home, before, current) = rekeyed();
    let other = [before.as_slice(), b"for 00112233445566778899aabbccddeeff\n"].concat();
    for next in [other.as_slice(), &other[..40], b""] {
        private(&home, "tftsr.key.next", next);
        drop(home.try_open(KeySource::KeyFile).unwrap());
        assert_eq!(fs::read(home.file("tftsr.key")).unwrap(), current);
        assert!(!home.file("tftsr.key.next").exists());
    }
}

#[test]
fn no_key_is_thrown_away_before_another_has_opened_the_database() {
    let (home, before, _) = rekeyed();
    // Neither fits: the database's first page was changed, so who knows which of them was right.
    let other = [before.as_slice(), b"for 00112233445566778899aabbccddeeff\n"].concat();
    private(&home, "tftsr.key.next", &other);
    private(&home, "tftsr.key", &before);
    assert!(matches!(home.open_refused(KeySource::KeyFile), StoreError::WrongKeyOrDamaged { .. }));
    assert_eq!(fs::read(home.file("tftsr.key")).unwrap(), before);
    assert_eq!(fs::read(home.file("tftsr.key.next")).unwrap(), other);
}

#[test]
fn compacting_closes_gaps_and_brings_pages_to_the_standard_size() {
    let home = Home::new();
    let store = home.open();
    fill(&store, &home.raw());
    for n in 0..200 {
        let issue = insert_issue(&store, &format!("filler {n}"), &"text ".repeat(2000));
        store.write(|tx| tx.delete_issue(&issue.id)).unwrap();
    }
    let key = format!("x'{}'", hex::encode(RAW_KEY));
    let raw = home.raw();
    raw.execute("ATTACH DATABASE ?1 AS large KEY ?2", [home.file("large.db").to_str().unwrap(), &key]).unwrap();
    raw.execute_batch("PRAGMA large.cipher_page_size = 16384").unwrap();
    raw.query_row("SELECT sqlcipher_export('large')", [], |_| Ok(())).unwrap();
    drop(raw);
    let done = store.compact().unwrap();
    assert!(done.bytes_after < done.bytes_before / 2, "{done:?}");
    assert_eq!(done.bytes_after, fs::metadata(home.file("tftsr.db")).unwrap().len());
    fs::rename(home.file("large.db"), home.file("tftsr.db")).unwrap();
    let store = home.open();
    assert_eq!(store.status().unwrap().cipher.unwrap().page_bytes, 16_384);
    store.compact().unwrap();
    let store = home.open();
    expect_whole(&home, &store, &key);
    assert_eq!(store.audit_entries(10, Some("database"), None).unwrap()[0].action, "compact_database");
}

#[test]
fn a_damaged_database_is_not_rewritten() {
    let home = Home::new();
    let store = home.open();
    for n in 0..50 {
        insert_issue(&store, &format!("issue {n}"), &"text ".repeat(300));
    }
    drop(store);
    let mut bytes = fs::read(home.file("tftsr.db")).unwrap();
    let at = bytes.len() - 4096 + 100;
    bytes[at] ^= 1;
    fs::write(home.file("tftsr.db"), &bytes).unwrap();
    if let Ok(store) = home.try_open(raw_key()) {
        let refused = store.rekey(to(KeyTarget::KeyFile)).unwrap_err();
        assert!(matches!(refused, StoreError::Damaged { .. }), "{refused:?}");
    }
    assert_eq!(fs::read(home.file("tftsr.db")).unwrap().len(), bytes.len());
    assert!(!home.file("tftsr.key").exists() && !home.file("tftsr.db.new").exists());
}

#[cfg(debug_assertions)]
#[test]
fn a_plain_store_is_rekeyed_and_converted_with_its_secrets() {
    let plain = || {
        let home = Home::new();
        let store = home.try_open(KeySource::Plain).unwrap();
        fill(&store, &rusqlite::Connection::open(home.file("tftsr.db")).unwrap());
        (home, store)
    };
    let (home, store) = plain();
    store.rekey(to(KeyTarget::KeyFile)).unwrap();
    let store = home.try_open(KeySource::KeyFile).unwrap();
    expect_whole(&home, &store, &key_of_file(&home));
    let (home, store) = plain();
    drop(store);
    let store = home.open();
    expect_whole(&home, &store, &format!("x'{}'", hex::encode(RAW_KEY)));
}

#[cfg(debug_assertions)]
#[test]
fn a_conversion_with_a_newly_set_encryption_key_loses_no_secret() {
    let home = Home::new();
    let store = home.try_open(KeySource::Plain).unwrap();
    fill(&store, &rusqlite::Connection::open(home.file("tftsr.db")).unwrap());
    drop(store);
    let mut options = home.options(raw_key());
    options.encryption_key = Some(Secret::new("new"));
    let store = options.open().unwrap();
    expect_whole(&home, &store, &format!("x'{}'", hex::encode(RAW_KEY)));
}

#[cfg(debug_assertions)]
#[test]
fn the_column_key_stays_while_a_ciphertext_is_left_unopened() {
    let home = Home::new();
    let store = home.try_open(KeySource::Plain).unwrap();
    let raw = rusqlite::Connection::open(home.file("tftsr.db")).unwrap();
    fill(&store, &raw);
    raw.execute("UPDATE credentials SET encrypted_token = 'of an earlier product'", []).unwrap();
    drop((store, raw));
    let column_key = fs::read(home.file("tftsr.columns.key")).unwrap();
    let store = home.open();
    assert_eq!(fs::read(home.file("tftsr.columns.key")).unwrap(), column_key);
    let kept: String = home.raw().query_row("SELECT encrypted_token FROM credentials", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, "of an earlier product");
    let issue = store.search("canary", 5).unwrap().remove(0).issue_id;
    assert_eq!(store.pseudonyms(&issue).unwrap()[0].value.expose(), "anna@example.com");
}
