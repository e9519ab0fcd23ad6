//! Restoring over nothing, good, damaged and foreign databases; and everything that is no backup.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use rusqlite::Connection;
use trcaa_model::env::fixed::FixedClock;
use trcaa_model::secret::Secret;

use super::*;
use crate::backup::tests::options;
use crate::keys::DatabaseKey;
use crate::{KeySource, Overwrite};

struct Place {
    dir: tempfile::TempDir,
    data: PathBuf,
    backup: PathBuf,
}

/// A store whose setting `of` is `backup` in a backup and `present` in the data folder.
fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let (data, backup) = (dir.path().join("data"), dir.path().join("b"));
    let store = options(&data, 1).open().unwrap();
    store.write(|tx| tx.set_setting("of", "backup")).unwrap();
    store.backup(&backup, Overwrite::Refuse, &mut |_, _| ()).unwrap();
    store.write(|tx| tx.set_setting("of", "present")).unwrap();
    Place { dir, data, backup }
}

fn what(file: &Path) -> Restore<'_> {
    Restore { file, key: None, unsound: Unsound::Refuse }
}

impl Place {
    fn restore(&self) -> Result<Restored, StoreError> {
        options(&self.data, 1).restore(&what(&self.backup), &mut |_, _| ())
    }

    fn database(&self) -> PathBuf {
        self.data.join(DATABASE_FILE)
    }

    fn of(&self) -> String {
        let store = options(&self.data, 1).open().unwrap();
        assert!(store.check().unwrap().is_sound());
        store.settings().unwrap().iter().find(|(key, _)| key == "of").unwrap().1.clone()
    }

    fn snapshot(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files: Vec<_> = fs::read_dir(&self.data)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }

    /// Expects a refusal that changes nothing.
    fn refused(&self) -> StoreError {
        let before = self.snapshot();
        let error = self.restore().unwrap_err();
        assert!(self.snapshot() == before, "{error}: something was changed");
        error
    }
}

#[test]
fn the_present_database_is_kept_whole() {
    let place = place();
    let backup = fs::read(&place.backup).unwrap();
    let done = place.restore().unwrap();
    assert!(done.verified && done.migrated == 0, "{done:?}");
    assert_eq!(place.of(), "backup");
    let kept = PathBuf::from(done.kept.unwrap());
    let name = kept.file_name().unwrap().to_string_lossy().into_owned();
    assert_eq!(name, "tftsr.db.kept-20251124T160000Z");
    assert_eq!(fs::read(&place.backup).unwrap(), backup, "the backup is only read");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place.database()), mode(&kept)), (0o600, 0o600));
    let store = options(&place.data, 1).open().unwrap();
    let entry = store.audit_entries(1, None, None).unwrap().remove(0);
    assert_eq!(entry.action, "restore_database");
    assert!(entry.details.unwrap().contains(&name));
    drop(store);

    // What was kept can be put back, and is a database in its own right.
    let back = options(&place.data, 1).restore(&what(&kept), &mut |_, _| ()).unwrap();
    assert_eq!(place.of(), "present");
    assert_ne!(back.kept.as_deref(), Some(&*kept.display().to_string()), "a second one of the same second");
}

#[test]
fn a_missing_damaged_or_foreign_database_is_no_hindrance() {
    for what in ["missing", "empty", "no folder", "cut", "garbage", "damaged", "foreign"] {
        let place = place();
        let database = place.database();
        let bytes = fs::read(&database).unwrap();
        let put = match what {
            "missing" => None,
            "no folder" => {
                fs::remove_dir_all(&place.data).unwrap();
                None
            }
            "empty" => Some(Vec::new()),
            "cut" => Some(bytes[..1_000].to_vec()),
            "garbage" => Some(vec![7; 50_000]),
            "damaged" => {
                let mut bytes = bytes;
                let at = bytes.len() - 2_000;
                bytes[at] ^= 1;
                Some(bytes)
            }
            _ => {
                let other = place.dir.path().join("other");
                options(&other, 2).open().unwrap();
                Some(fs::read(other.join(DATABASE_FILE)).unwrap())
            }
        };
        let _ = fs::remove_file(&database);
        if let Some(bytes) = &put {
            fs::write(&database, bytes).unwrap();
        }
        let done = place.restore().unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!(place.of(), "backup", "{what}");
        match put {
            Some(bytes) => {
                let kept = fs::read(done.kept.unwrap()).unwrap();
                assert_eq!(kept.len(), bytes.len(), "{what}");
                assert!(kept == bytes || what == "damaged", "{what}: kept as it was");
            }
            None => assert_eq!(done.kept, None, "{what}"),
        }
    }
}

#[test]
fn a_log_of_another_database_is_kept_and_never_replayed() {
    let place = place();
    // A database under another key, killed: its last transactions are in its log alone.
    let other = place.dir.path().join("other");
    let killed = options(&other, 2).open().unwrap();
    killed.write(|tx| tx.set_setting("of", "log")).unwrap();
    for suffix in ["", "-wal"] {
        fs::copy(beside(&other.join(DATABASE_FILE), suffix), beside(&place.database(), suffix)).unwrap();
    }
    fs::write(beside(&place.database(), "-shm"), [9; 32_768]).unwrap();
    let done = place.restore().unwrap();
    assert_eq!(place.of(), "backup");
    let kept = PathBuf::from(done.kept.unwrap());
    let again = place.dir.path().join("again");
    fs::create_dir(&again).unwrap();
    // Whoever opens a file, with whatever key, may bring its log into it when closing it; nothing of it is lost.
    for suffix in ["", "-wal"].into_iter().filter(|suffix| beside(&kept, suffix).exists()) {
        fs::copy(beside(&kept, suffix), beside(&again.join(DATABASE_FILE), suffix)).unwrap();
    }
    assert_eq!(options(&again, 2).open().unwrap().settings().unwrap()[0].1, "log", "the log was kept with it");
}

#[test]
fn a_log_of_the_same_database_ends_in_what_is_kept() {
    let place = place();
    let store = options(&place.data, 1).open().unwrap();
    store.write(|tx| tx.set_setting("of", "log")).unwrap();
    let copy = place.dir.path().join("killed");
    fs::create_dir(&copy).unwrap();
    for suffix in ["", "-wal"] {
        fs::copy(beside(&place.database(), suffix), beside(&copy.join(DATABASE_FILE), suffix)).unwrap();
    }
    let killed = Place { data: copy, backup: place.backup.clone(), dir: tempfile::tempdir().unwrap() };
    let done = killed.restore().unwrap();
    assert_eq!(killed.of(), "backup");
    // And a file with a log beside it is a backup too, with what the log has.
    options(&killed.data, 1).restore(&what(Path::new(&done.kept.unwrap())), &mut |_, _| ()).unwrap();
    assert_eq!(killed.of(), "log");
}

#[test]
fn a_backup_with_a_log_beside_it_is_restored_with_it() {
    let place = place();
    let store = options(&place.data, 1).open().unwrap();
    store.write(|tx| tx.set_setting("of", "log")).unwrap();
    let copy = place.dir.path().join("copy");
    for suffix in ["", "-wal"] {
        fs::copy(beside(&place.database(), suffix), beside(&copy, suffix)).unwrap();
    }
    drop(store);
    let log = fs::read(beside(&copy, "-wal")).unwrap();
    options(&place.data, 1).restore(&what(&copy), &mut |_, _| ()).unwrap();
    assert_eq!(place.of(), "log");
    assert_eq!(fs::read(beside(&copy, "-wal")).unwrap(), log, "left as it was");
}

#[test]
fn what_is_no_backup_is_refused_and_nothing_is_touched() {
    let place = place();
    let good = fs::read(&place.backup).unwrap();
    let last = good.len() - 2_000;
    let mut flipped = good.clone();
    flipped[last] ^= 1;
    for (what, bytes, code) in [
        ("nothing", Vec::new(), "damaged"),
        ("short", good[..4_000].to_vec(), "damaged"),
        ("cut at a page", good[..good.len() - 4_096].to_vec(), "damaged"),
        ("cut in a page", good[..good.len() - 100].to_vec(), "damaged"),
        ("one page", good[..4_096].to_vec(), "damaged"),
        ("a flipped bit", flipped, "damaged"),
        ("noise", vec![3; 40_000], "wrong_key"),
        ("plain", b"SQLite format 3\0 and so on".repeat(500), "plain_database"),
    ] {
        fs::write(&place.backup, bytes).unwrap();
        assert_eq!(place.refused().code(), code, "{what}");
    }
    fs::remove_file(&place.backup).unwrap();
    assert_eq!(place.refused().code(), "not_found");
    fs::create_dir(&place.backup).unwrap();
    assert_eq!(place.refused().code(), "bad_path");
    fs::remove_dir(&place.backup).unwrap();
    std::os::unix::fs::symlink(place.database(), &place.backup).unwrap();
    assert!(place.refused().to_string().contains("the database itself"));
    assert_eq!(place.of(), "present");
}

#[test]
fn another_key_says_so_and_no_key_makes_none() {
    let place = place();
    let before = place.snapshot();
    let error = options(&place.data, 2).restore(&what(&place.backup), &mut |_, _| ()).unwrap_err();
    assert_eq!(error.code(), "wrong_key");
    assert!(error.to_string().contains("another key"), "{error}");
    let mut without = options(&place.data, 1);
    without.key = KeySource::KeyFile;
    let error = without.restore(&what(&place.backup), &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, StoreError::KeyFileMissing { .. }), "{error}");
    assert!(place.snapshot() == before);
}

fn change(place: &Place, sql: &str) {
    let key = DatabaseKey::Raw(zeroize::Zeroizing::new([1; 32]));
    let (conn, _) = open::connect(&place.backup, &key).unwrap();
    conn.execute_batch(sql).unwrap();
    without_log(&conn).unwrap();
}

#[test]
fn newer_and_changed_schemas_are_refused() {
    let place = place();
    change(&place, "INSERT INTO _migrations VALUES ('999_later', '', 'x')");
    assert_eq!(place.refused().code(), "newer_schema");
    change(
        &place,
        "DELETE FROM _migrations WHERE name LIKE '999%'; UPDATE _migrations SET checksum = 'x' WHERE name LIKE '003%'",
    );
    assert_eq!(place.refused().code(), "migration_changed");
}

#[test]
fn an_older_schema_is_migrated_on_the_copy() {
    let place = place();
    fs::remove_file(&place.backup).unwrap();
    files::ensure_private(&place.backup).unwrap();
    let key = DatabaseKey::Raw(zeroize::Zeroizing::new([1; 32]));
    let mut conn: Connection = open::connect(&place.backup, &key).unwrap().0;
    migrate::run_up_to(&mut conn, &FixedClock(0), 12).unwrap();
    conn.execute_batch(
        "INSERT INTO issues (id, title, severity, status, created_at, updated_at)
         VALUES ('old', 'inode table', 'high', 'open', '2024-01-01 00:00:00', '2024-01-01 00:00:00')",
    )
    .unwrap();
    without_log(&conn).unwrap();
    drop(conn);
    let before = fs::read(&place.backup).unwrap();
    let done = place.restore().unwrap();
    assert_eq!(done.migrated, migrate::migration_names().len() as u64 - 12);
    assert_eq!(fs::read(&place.backup).unwrap(), before);
    let store = options(&place.data, 1).open().unwrap();
    assert_eq!(store.search("inode", 5).unwrap().len(), 1);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn unsound_rows_are_refused_until_they_are_accepted() {
    let place = place();
    change(
        &place,
        "UPDATE settings SET value = 'x'; INSERT INTO audit_log (id, timestamp, action, entity_type, entity_id, prev_hash, entry_hash) VALUES ('a', '', 'x', 'y', 'z', 'no', 'no')",
    );
    let error = place.refused();
    assert_eq!(error.code(), "unsound");
    assert!(error.to_string().contains("audit"), "{error}");
    let done = options(&place.data, 1)
        .restore(&Restore { unsound: Unsound::Accept, ..what(&place.backup) }, &mut |_, _| ())
        .unwrap();
    assert!(!done.verified && done.findings.len() == 1, "{done:?}");
}

#[test]
fn what_runs_by_itself_in_a_backup_is_refused_even_by_force() {
    for sql in [
        "CREATE TRIGGER quiet BEFORE INSERT ON audit_log BEGIN SELECT RAISE(IGNORE); END",
        "DROP VIEW v_log_files_with_issue; CREATE VIEW v_log_files_with_issue AS SELECT * FROM log_files",
    ] {
        let place = place();
        change(&place, sql);
        let force = Restore { unsound: Unsound::Accept, ..what(&place.backup) };
        let error = options(&place.data, 1).restore(&force, &mut |_, _| ()).unwrap_err();
        assert_eq!((error.code(), place.refused().code()), ("damaged", "damaged"), "{error}");
        assert_eq!(place.of(), "present");
    }
    let place = place();
    change(&place, "CREATE TABLE more (x)");
    assert_eq!(place.refused().code(), "unsound");
    let force = Restore { unsound: Unsound::Accept, ..what(&place.backup) };
    assert!(!options(&place.data, 1).restore(&force, &mut |_, _| ()).unwrap().verified);
}

#[test]
fn a_database_in_use_is_not_taken_away() {
    let place = place();
    let store = options(&place.data, 1).open().unwrap();
    store.write(|tx| tx.set_setting("of", "in use")).unwrap();
    let error = place.restore().unwrap_err();
    assert_eq!(error.code(), "locked");
    store.write(|tx| tx.set_setting("still", "in use")).unwrap();
    drop(store);
    assert_eq!(place.of(), "in use");
}

#[test]
fn a_second_name_that_a_killed_restore_left_is_cleared_away() {
    let place = place();
    let alias = place.data.join("tftsr.db.kept-20200101T000000Z");
    fs::hard_link(place.database(), &alias).unwrap();
    fs::write(place.data.join("tftsr.db.new"), "half").unwrap();
    place.restore().unwrap();
    assert!(!alias.exists() && !place.data.join("tftsr.db.new").exists());
    assert_eq!(place.of(), "backup");
    // The kept one has a name of its own and is not the same file any more.
    let file = File::open(place.database()).unwrap();
    file.read_exact_at(&mut [0; 16], 0).unwrap();
}

#[test]
fn whoever_opened_the_old_database_too_early_writes_nothing_beside_the_new_one() {
    let place = place();
    place.restore().unwrap();
    let key = DatabaseKey::Raw(zeroize::Zeroizing::new([1; 32]));
    // Between its first look and its first write, when nothing tells that it is there.
    let (early, _) = open::connect(&place.database(), &key).unwrap();
    place.restore().unwrap();
    assert_eq!(open::set_up(&early).unwrap_err().code(), "locked");
    assert!(!beside(&place.database(), "-wal").exists() && !beside(&place.database(), "-journal").exists());
    assert_eq!(place.of(), "backup");
}

#[test]
fn a_log_whose_database_was_deleted_is_kept_and_never_replayed() {
    for suffix in LOGS {
        let place = place();
        let store = options(&place.data, 1).open().unwrap();
        store.write(|tx| tx.set_setting("of", "log")).unwrap();
        let log = fs::read(beside(&place.database(), "-wal")).unwrap();
        drop(store);
        fs::remove_file(place.database()).unwrap();
        fs::write(beside(&place.database(), suffix), &log).unwrap();
        let done = place.restore().unwrap();
        assert!(!beside(&place.database(), suffix).exists());
        assert_eq!(place.of(), "backup");
        assert!(fs::read(beside(Path::new(&done.kept.unwrap()), suffix)).unwrap() == log);
    }
}

#[test]
fn a_backup_of_another_key_moves_to_the_present_key_with_its_secrets() {
    let place = place();
    let (issue, public_key) = {
        let store = options(&place.data, 1).open().unwrap();
        let issue = store
            .write(|tx| {
                tx.insert_issue(&trcaa_model::issue::NewIssue {
                    title: "t".to_owned(),
                    description: None,
                    severity: trcaa_model::issue::Severity::Low,
                    category: None,
                    source: None,
                    assigned_to: None,
                    tags: Vec::new(),
                })
            })
            .unwrap()
            .id;
        store.write(|tx| tx.pseudonym(&issue, "Email", "anna@example.org")).unwrap();
        (issue, store.write(|tx| tx.checkpoint_audit()).unwrap().public_key)
    };
    let store = options(&place.data, 1).open().unwrap();
    store.backup(&place.backup, Overwrite::Replace, &mut |_, _| ()).unwrap();
    drop(store);
    let other = place.dir.path().join("other");
    let restore = |key: Option<KeySource>, number| {
        options(&other, number).restore(&Restore { key, ..what(&place.backup) }, &mut |_, _| ())
    };
    let made_with = || Some(KeySource::RawKey(zeroize::Zeroizing::new([1; 32])));
    assert_eq!(restore(None, 2).unwrap_err().code(), "wrong_key");
    assert_eq!(restore(Some(KeySource::Passphrase(Secret::new("no"))), 2).unwrap_err().code(), "wrong_key");
    assert!(!other.join(DATABASE_FILE).exists());
    let done = restore(made_with(), 2).unwrap();
    assert!(done.verified && done.kept.is_none(), "{done:?}");
    let names: Vec<_> = fs::read_dir(&other).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [DATABASE_FILE], "nothing of the old key stays behind");
    let store = options(&other, 2).open().unwrap();
    assert!(store.check().unwrap().is_sound());
    assert_eq!(store.pseudonym_of(&issue, "anna@example.org").unwrap(), Some(("Email".to_owned(), 1)));
    assert_eq!(store.pseudonyms(&issue).unwrap()[0].value.expose(), "anna@example.org");
    assert!(store.signs_with(&public_key).unwrap());
    assert_eq!(store.write(|tx| tx.checkpoint_audit()).unwrap().public_key, public_key, "its seed opens");
}

#[test]
fn a_backup_with_another_key_of_columns_replaces_nothing() {
    let place = place();
    for migrated in [true, false] {
        let key = DatabaseKey::Raw(zeroize::Zeroizing::new([1; 32]));
        let (conn, _) = open::connect(&place.backup, &key).unwrap();
        let sealed = "INSERT OR REPLACE INTO credentials
                      VALUES ('c1', 'confluence', 'h', 'sealed with another key', 'now', NULL)";
        conn.execute(sealed, []).unwrap();
        if !migrated {
            // From before the row that tells it.
            conn.execute_batch("DROP TABLE column_key_check; DELETE FROM _migrations WHERE name LIKE '034%'").unwrap();
        }
        drop(conn);
        let before = place.snapshot();
        let mut options = options(&place.data, 1);
        options.encryption_key = Some(Secret::new("other"));
        let refused = options.restore(&what(&place.backup), &mut |_, _| ()).unwrap_err();
        assert_eq!(refused.code(), if migrated { "encryption_key" } else { "column_cipher" }, "{refused:?}");
        assert!(place.snapshot() == before);
    }
}
