//! Rows of a foreign database that would make this machine's files readable, one person's value another's, or an issue
//! unusable.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use trcaa_model::id::{ImageId, LogFileId};
use trcaa_store::{ImportOptions, ImportReport, Store, StoreError};

use crate::earlier::{Earlier, PNG, sha256};
use crate::fixture::Home;

fn options(source: &Path) -> ImportOptions<'static> {
    ImportOptions {
        source: source.to_path_buf(),
        dry_run: false,
        key: None,
        configured_keys: Vec::new(),
        column_keys: Vec::new(),
        accepts_setting: &|_, _| false,
    }
}

fn import(store: &Store, source: &Path) -> ImportReport {
    store.import(&options(source)).unwrap()
}

/// imported, already there, kept ours, refused
fn counts(report: &ImportReport, name: &str) -> [u64; 4] {
    let table = report.tables.iter().find(|table| table.table == name).unwrap_or_else(|| panic!("{name}: {report:#?}"));
    [table.imported, table.already_there, table.kept_ours, table.refused]
}

fn reasons(report: &ImportReport, name: &str) -> String {
    let table = report.tables.iter().find(|table| table.table == name).unwrap();
    table.reasons.iter().map(|reason| format!("{} {:?}\n", reason.reason, reason.ids)).collect()
}

fn hostile(home: &Home, fill: impl FnOnce(&Connection)) -> PathBuf {
    let folder = home.dir.path().join("from elsewhere");
    let path = folder.join("tftsr.db");
    fill(&Earlier::at(27).make_open(&folder, &path));
    path
}

#[test]
fn no_row_names_a_file_of_this_machine_that_is_then_read() {
    let home = Home::new();
    let store = home.open();
    let own = |name: &str, content: &[u8]| {
        let path = home.dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (text, picture) = (own("letter.txt", b"canary-91c4"), own("photo.png", PNG));
    let key = home.file("tftsr.key").to_str().unwrap().to_owned();
    std::fs::write(&key, "the key").unwrap();
    let fitting = sha256(b"the key");
    let paths = [
        ("environ", "/proc/self/environ", None),
        ("own", text.as_str(), None),
        ("blank", text.as_str(), Some("")),
        ("other", text.as_str(), Some("00")),
        ("relative", "letter.txt", None),
        // A hash that fits says that somebody knows it, and not that it may be read.
        ("key", key.as_str(), Some(fitting.as_str())),
    ];
    let source = hostile(&home, |conn| {
        conn.execute_batch(
            "ALTER TABLE log_files DROP COLUMN content_hash; ALTER TABLE log_files ADD COLUMN content_hash",
        )
        .unwrap();
        for (id, path, hash) in paths {
            let sql = "INSERT INTO log_files (id, issue_id, file_name, file_path, content_hash, uploaded_at)
                       VALUES ('log-' || ?1, 'issue-0001', 'a.log', ?2, ?3, '')";
            conn.execute(sql, rusqlite::params![id, path, hash]).unwrap();
        }
        for (id, path, data) in [
            ("environ", "/proc/self/environ", None),
            ("own", picture.as_str(), None),
            ("script", picture.as_str(), Some(b"<script>".as_slice())),
        ] {
            let sql = "INSERT INTO image_attachments (id, issue_id, file_name, file_path, upload_hash, uploaded_at, image_data)
                       VALUES ('img-' || ?1, 'issue-0001', 'a.png', ?2, '', '', ?3)";
            conn.execute(sql, rusqlite::params![id, path, data]).unwrap();
        }
    });
    let report = import(&store, &source);
    for (id, ..) in paths {
        let id = LogFileId::from_stored(format!("log-{id}"));
        assert_eq!(store.log(&id).unwrap().file_path, "", "{id}");
        assert!(matches!(store.read_text(&id), Err(StoreError::LogUnreadable { .. })), "{id}");
        assert!(reasons(&report, "log_files").contains("not verifiably found"), "{report:#?}");
    }
    for id in ["img-environ", "img-own", "img-script"].map(ImageId::from_stored) {
        assert_eq!(store.image(&id).unwrap().file_path, "", "{id}");
        assert!(matches!(store.image_bytes(&id), Err(StoreError::ImageUnreadable { .. })), "{id}");
    }
    let again = import(&store, &source);
    assert_eq!(again.imported(), 0);
    assert_eq!(counts(&again, "log_files")[2..], [0, 0], "{}", reasons(&again, "log_files"));
    assert_eq!(counts(&again, "image_attachments")[2..], [0, 0]);
    // A row that came over before this was looked at.
    home.raw().execute("UPDATE log_files SET file_path = '/proc/self/environ', content_hash = NULL", []).unwrap();
    let id = LogFileId::from_stored("log-environ");
    match store.read_text(&id) {
        Err(StoreError::LogUnreadable { why, .. }) => assert!(why.contains("the system's"), "{why}"),
        other => panic!("{other:?}"),
    }
    home.raw().execute("UPDATE image_attachments SET file_path = ?1, upload_hash = ''", [&key]).unwrap();
    match store.image_bytes(&ImageId::from_stored("img-own")) {
        Err(StoreError::ImageUnreadable { why, .. }) => assert!(why.contains("the folder of the database"), "{why}"),
        other => panic!("{other:?}"),
    }
}
