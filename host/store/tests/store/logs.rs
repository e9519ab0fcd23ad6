//! Stored logs: streaming, the guard, the fall-back, all-or-nothing.

use std::io::{Read as _, Write as _};

use trcaa_model::limits::EXTRACTED_BYTES_MAX;
use trcaa_store::{LogFilter, RedactedCopy, StoreError};

use crate::fixture::{Home, gzip, insert_issue, insert_log, new_log, record};

#[test]
fn a_log_reads_back_and_lists_without_content() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "Payroll", "d");
    let log = insert_log(&store, &issue.id, "one\ntwo\n");
    let mut text = String::new();
    store.open_text(&log.id).unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(text, "one\ntwo\n");
    let filter =
        |search: Option<&str>| LogFilter { issue_id: None, search: search.map(str::to_owned), limit: 9, offset: 0 };
    assert_eq!(store.logs(&filter(Some("APP"))).unwrap()[0].issue_title, "Payroll");
    assert!(store.logs(&filter(Some("%"))).unwrap().is_empty());
    let mut named = new_log(&issue.id, Vec::new());
    named.file_name = "ПРИЛОЖЕНИЕ_1.log".to_owned();
    store.write(|tx| tx.insert_log(&named)).unwrap();
    assert_eq!(store.logs(&filter(Some("приложение_"))).unwrap().len(), 1);
    assert_eq!(store.logs(&filter(None)).unwrap()[0].log_file.file_name, named.file_name, "newest first");
    assert_eq!(store.log_by_hash(&issue.id, &"00".repeat(32)).unwrap(), Some(log.clone()));
    store.write(|tx| tx.delete_log(&log.id)).unwrap();
    assert!(matches!(store.read_text(&log.id), Err(StoreError::NoSuch { .. })));
}

fn zeros(count: u64) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let chunk = vec![b'0'; 1 << 20];
    let mut left = count;
    while left > 0 {
        let now = left.min(1 << 20);
        encoder.write_all(&chunk[..usize::try_from(now).unwrap()]).unwrap();
        left -= now;
    }
    encoder.finish().unwrap()
}

#[test]
fn the_guard_stops_at_the_byte() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    for (bytes, passes) in [(EXTRACTED_BYTES_MAX, true), (EXTRACTED_BYTES_MAX + 1, false)] {
        let log = store.write(|tx| tx.insert_log(&new_log(&issue.id, zeros(bytes)))).unwrap();
        let mut read = 0u64;
        let mut text = store.open_text(&log.id).unwrap();
        let mut buffer = vec![0u8; 1 << 16];
        let end = loop {
            match text.read(&mut buffer) {
                Ok(0) => break Ok(()),
                Ok(count) => read += count as u64,
                Err(e) => break Err(e),
            }
        };
        assert_eq!(end.is_ok(), passes, "{end:?}");
        assert_eq!(read, EXTRACTED_BYTES_MAX);
    }
}

#[test]
fn a_log_from_before_is_read_from_its_file_and_says_why_not() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let path = home.dir.path().join("old.log");
    std::fs::write(&path, "from the file").unwrap();
    let mut new = new_log(&issue.id, Vec::new());
    new.file_path = path.display().to_string();
    let log = store.write(|tx| tx.insert_log(&new)).unwrap();
    home.raw().execute("UPDATE log_files SET content_compressed = NULL", []).unwrap();
    match store.read_text(&log.id) {
        Err(StoreError::LogUnreadable { why, .. }) => assert!(why.contains("not the file that was attached"), "{why}"),
        other => panic!("{other:?}"),
    }
    home.raw().execute("UPDATE log_files SET content_hash = NULL", []).unwrap();
    assert_eq!(store.read_text(&log.id).unwrap(), "from the file");
    std::fs::write(&path, [gzip(b"from "), gzip(b"two members")].concat()).unwrap();
    assert_eq!(store.read_text(&log.id).unwrap(), "from two members");
    let zstd = ruzstd::encoding::compress_to_vec(&b"from zstd"[..], ruzstd::encoding::CompressionLevel::Fastest);
    std::fs::write(&path, &zstd).unwrap();
    assert_eq!(store.read_text(&log.id).unwrap(), "from zstd");
    std::fs::write(&path, &zstd[..zstd.len() - 1]).unwrap();
    assert!(matches!(store.read_text(&log.id), Err(StoreError::LogUnreadable { .. })));
    std::fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    assert!(
        matches!(store.read_text(&log.id), Err(StoreError::LogUnreadable { .. })),
        "and does not wait for a writer"
    );
    std::fs::remove_file(&path).unwrap();
    match store.read_text(&log.id) {
        Err(StoreError::LogUnreadable { file, why }) => {
            assert_eq!(file, path.display().to_string());
            assert!(why.contains("No such file"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    std::fs::create_dir(&path).unwrap();
    assert!(matches!(store.read_text(&log.id), Err(StoreError::LogUnreadable { .. })));
}

#[test]
fn damaged_content_is_an_error_with_the_name() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let whole = gzip("line\n".repeat(1000).as_bytes());
    for bytes in [Vec::new(), whole[..whole.len() / 2].to_vec(), b"no gzip at all".to_vec()] {
        let log = store.write(|tx| tx.insert_log(&new_log(&issue.id, bytes))).unwrap();
        match store.read_text(&log.id) {
            Err(StoreError::LogUnreadable { file, .. }) => assert!(file.contains("app.log")),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_log_is_stored_with_its_event_or_not_at_all() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let failed: Result<(), _> = store.write(|tx| {
        let log = tx.insert_log(&new_log(&issue.id, gzip(b"x")))?;
        tx.audit(&record(log.id.as_str()))?;
        Err(StoreError::Locked)
    });
    assert!(failed.is_err());
    assert!(store.logs_of(&issue.id).unwrap().is_empty());
    assert!(store.audit_entries(9, None, None).unwrap().is_empty());
}

#[test]
fn the_redacted_copy_is_apart_from_the_text() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let log = insert_log(&store, &issue.id, "mail a@b.de");
    assert!(matches!(store.read_redacted_text(&log.id), Err(StoreError::LogUnreadable { .. })));
    let copy = RedactedCopy { compressed: gzip(b"mail [Email_1]"), hash: "h".to_owned() };
    store.write(|tx| tx.apply_redactions(&log.id, &copy)).unwrap();
    assert!(store.log(&log.id).unwrap().redacted);
    assert_eq!(store.read_redacted_text(&log.id).unwrap(), "mail [Email_1]");
    assert_eq!(store.read_text(&log.id).unwrap(), "mail a@b.de");
}
