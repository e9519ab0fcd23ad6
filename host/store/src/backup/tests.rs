//! Backups of stores that are written to, damaged or unsound, and to places that are taken.
#![allow(clippy::unwrap_used)]

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use super::*;
use crate::{KeySource, OpenOptions};

pub(crate) fn options(folder: &Path, key: u8) -> OpenOptions {
    // Each opening draws other ids, as the system's entropy would.
    static SEED: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    let seed = SEED.fetch_add(1 << 32, std::sync::atomic::Ordering::Relaxed);
    let entropy = Arc::new(SeededEntropy::new(seed));
    let key = KeySource::RawKey(Zeroizing::new([key; 32]));
    OpenOptions::new(folder, key, Arc::new(FixedClock(1_764_000_000_000)), entropy)
}

fn store(dir: &tempfile::TempDir) -> Store {
    options(&dir.path().join("data"), 1).open().unwrap()
}

fn setting(store: &Store, key: &str, value: &str) {
    store.write(|tx| tx.set_setting(key, value)).unwrap();
}

fn no_progress() -> impl FnMut(u64, u64) {
    |_, _| ()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_backup_is_one_private_file_that_the_key_opens() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    setting(&store, "a", "canary-in-a-setting");
    let target = dir.path().join("b.trcaa");
    let mut last = (0, 0);
    let made = store.backup(&target, Overwrite::Refuse, &mut |done, all| last = (done, all)).unwrap();
    assert!(made.verified && made.findings.is_empty(), "{made:?}");
    assert_eq!(made.bytes, fs::metadata(&target).unwrap().len());
    assert_eq!(last.0, last.1);
    assert_eq!(made.rows["settings"], 1);
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(dir.path()), ["b.trcaa", "data"], "nothing beside it");
    let bytes = fs::read(&target).unwrap();
    assert!(!bytes.windows(6).any(|w| w == b"canary" || w == b"SQLite"));
    assert_ne!(bytes[..16], fs::read(store.path()).unwrap()[..16], "a salt of its own");
    let entries = store.audit_entries(1, None, None).unwrap();
    assert_eq!(entries[0].action, "backup_database");
    assert_eq!(store.status().unwrap().last_backup_at.as_deref(), Some(entries[0].timestamp.as_str()));

    let other = crate::open::connect(&target, &DatabaseKey::Passphrase(Secret::new("other")));
    assert!(matches!(other, Err(StoreError::WrongKeyOrDamaged { .. })));
    let copy = store.open_copy(&target).unwrap();
    assert!(copy.check().unwrap().is_sound());
    assert_eq!(copy.settings().unwrap()[0].1, "canary-in-a-setting");
}

#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    // More than one step of pages.
    setting(&store, "big", &"x".repeat(12 << 20));
    let writer = store.reopen().unwrap();
    let target = dir.path().join("b");
    let mut steps = 0;
    let made = store
        .backup(&target, Overwrite::Refuse, &mut |_, _| {
            steps += 1;
            setting(&writer, &format!("during-{steps}"), &"y".repeat(5_000));
        })
        .unwrap();
    assert!(steps >= 2, "{steps}");
    assert_eq!(made.rows["settings"], 1, "what came later is not in it");
    assert!(made.verified);
    assert_eq!(store.settings().unwrap().len(), 1 + steps);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn nothing_is_replaced_unless_asked_and_nothing_is_left_after_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let target = dir.path().join("b");
    fs::write(&target, "mine").unwrap();
    let refused = store.backup(&target, Overwrite::Refuse, &mut no_progress());
    assert!(matches!(refused, Err(StoreError::TargetExists { .. })), "{refused:?}");
    assert_eq!(fs::read(&target).unwrap(), b"mine");
    assert!(store.audit_entries(1, None, None).unwrap().is_empty());
    let data = store.path().parent().unwrap().to_owned();
    let own: [PathBuf; 5] = [
        store.path().to_owned(),
        data.join("tftsr.db-wal"),
        data.join("tftsr.key"),
        data.join("../data/tftsr.db.restoring"),
        dir.path().to_owned(),
    ];
    for path in own {
        let refused = store.backup(&path, Overwrite::Replace, &mut no_progress());
        assert!(matches!(refused, Err(StoreError::TargetRefused { .. })), "{}: {refused:?}", path.display());
    }
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(store.path(), &link).unwrap();
    assert!(store.backup(&link, Overwrite::Replace, &mut no_progress()).is_err());
    assert!(store.backup(&dir.path().join("no/such"), Overwrite::Refuse, &mut no_progress()).is_err());
    assert_eq!(names(dir.path()), ["b", "data", "link"]);
    store.backup(&target, Overwrite::Replace, &mut no_progress()).unwrap();
    assert!(fs::metadata(&target).unwrap().len() > 100_000);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn rows_that_do_not_fit_are_told_and_still_backed_up() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    setting(&store, "a", "b");
    store
        .conn
        .execute(
            "INSERT INTO issues (id, title, severity, status, created_at, updated_at, tags)
             VALUES ('i', 't', 'high', 'open', '', '', 'no json')",
            [],
        )
        .unwrap();
    let made = store.backup(&dir.path().join("b"), Overwrite::Refuse, &mut no_progress()).unwrap();
    assert!(!made.verified);
    assert_eq!(made.findings, ["issues.tags of row \"i\" is no JSON array"]);
}

#[test]
fn a_damaged_page_makes_no_backup() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let path = store.path().to_owned();
    // A page that opening does not read; the last ones are the schema's.
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'log_files'";
    let page: i64 = store.conn.query_row(sql, [], |row| row.get(0)).unwrap();
    store.conn.close().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let at = usize::try_from(page).unwrap() * 4_096 - 2_000;
    bytes[at] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let store = options(&dir.path().join("data"), 1).open().unwrap();
    let refused = store.backup(&dir.path().join("b"), Overwrite::Refuse, &mut no_progress());
    assert_eq!(refused.unwrap_err().code(), "damaged");
    assert_eq!(names(dir.path()), ["data"]);
}

#[test]
fn pages_of_16384_bytes_stay_that() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    let key = DatabaseKey::Raw(Zeroizing::new([1; 32]));
    let big = dir.path().join("big");
    crate::files::ensure_private(&big).unwrap();
    let conn = connect_with(&big, &key, 16_384).unwrap();
    conn.execute_batch("CREATE TABLE t (a); INSERT INTO t VALUES ('x');").unwrap();
    let copy = dir.path().join("copy");
    crate::files::ensure_private(&copy).unwrap();
    let snapshot = Transaction::new_unchecked(&conn, TransactionBehavior::Deferred).unwrap();
    copy_pages(&snapshot, &copy, &store.key, 16_384, &mut no_progress()).unwrap();
    let (copied, page_bytes) = crate::open::connect(&copy, &key).unwrap();
    assert_eq!(page_bytes, 16_384);
    assert_eq!(copied.query_row("SELECT a FROM t", [], |row| row.get::<_, String>(0)).unwrap(), "x");
}

#[test]
fn the_status_tells_where_the_bytes_are() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(&dir);
    setting(&store, "big", &"x".repeat(1 << 20));
    let status = store.status().unwrap();
    assert_eq!(status.table_bytes[0].0, "settings");
    assert!((1 << 20..1 << 21).contains(&status.table_bytes[0].1), "{:?}", status.table_bytes);
    assert!(status.rows.contains(&("settings".to_owned(), 1)) && status.rows.len() > 20);
    assert_eq!(status.last_backup_at, None);
}
