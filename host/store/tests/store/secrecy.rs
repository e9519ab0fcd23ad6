//! No plaintext anywhere in the data folder, and nothing lost when the process just ends.

use crate::fixture::{Home, all_bytes, contains, gzip, insert_issue, new_issue, new_log, record};

const CANARY: &str = "canary-51c0-plaintext";

#[test]
fn no_canary_is_in_clear_in_any_file() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, CANARY, CANARY);
    store
        .write(|tx| {
            let log = tx.insert_log(&new_log(&issue.id, gzip(CANARY.as_bytes())))?;
            tx.set_setting(CANARY, CANARY)?;
            tx.pseudonym(&issue.id, "Email", CANARY)?;
            tx.audit(&record(log.id.as_str()))
        })
        .unwrap();
    let clear = |when: &str| {
        let files = all_bytes(&home.folder());
        assert!(files.iter().any(|(_, bytes)| !bytes.is_empty()));
        for (path, bytes) in files {
            assert!(!contains(&bytes, CANARY), "{when}: {}", path.display());
            assert!(!contains(&bytes, "CREATE TABLE"), "{when}: {}", path.display());
        }
    };
    clear("while open");
    store.write(|tx| tx.delete_issue(&issue.id)).unwrap();
    clear("after deleting");
    drop(store);
    clear("after closing");
}

#[test]
fn what_was_acknowledged_is_there_after_the_process_is_gone() {
    let home = Home::new();
    let store = home.open();
    for n in 0..20 {
        store.write(|tx| tx.insert_issue(&new_issue(&format!("kept {n}"), "d"))).unwrap();
    }
    // As kill -9 leaves it: the files of this moment, with nothing closed or checkpointed.
    let after = Home::new();
    std::fs::create_dir(after.folder()).unwrap();
    for (path, bytes) in all_bytes(&home.folder()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if !name.ends_with("-shm") {
            std::fs::write(after.file(name), bytes).unwrap();
        }
    }
    let store = after.open();
    assert_eq!(store.search("kept", 100).unwrap().len(), 20);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn a_torn_log_loses_only_what_was_not_acknowledged() {
    let home = Home::new();
    let store = home.open();
    for n in 0..5 {
        insert_issue(&store, &format!("kept {n}"), "d");
    }
    let files = all_bytes(&home.folder());
    let wal_whole = files.iter().find(|(p, _)| p.ends_with("tftsr.db-wal")).unwrap().1.len();
    insert_issue(&store, "torn", "d");
    let wal_after = std::fs::read(home.file("tftsr.db-wal")).unwrap();
    assert!(wal_after.len() > wal_whole);
    for cut in [wal_whole, wal_whole + 1, wal_whole + 2000, wal_after.len() - 1] {
        let after = Home::new();
        std::fs::create_dir(after.folder()).unwrap();
        std::fs::copy(home.file("tftsr.db"), after.file("tftsr.db")).unwrap();
        std::fs::write(after.file("tftsr.db-wal"), &wal_after[..cut]).unwrap();
        let store = after.open();
        assert_eq!(store.search("kept", 100).unwrap().len(), 5, "cut at {cut}");
        assert!(store.search("torn", 100).unwrap().is_empty(), "cut at {cut}");
        assert!(store.check().unwrap().is_sound(), "cut at {cut}");
    }
}
