//! More than one connection at once.

use std::sync::Barrier;

use trcaa_store::KeySource;

use crate::fixture::{Home, insert_issue, new_issue, record};

#[test]
fn writers_at_once_lose_nothing_and_keep_the_chain() {
    const WRITERS: usize = 4;
    const ROWS: usize = 25;
    let home = Home::new();
    let store = home.open();
    let barrier = Barrier::new(WRITERS);
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (own, barrier) = (store.reopen().unwrap(), &barrier);
            scope.spawn(move || {
                barrier.wait();
                for row in 0..ROWS {
                    own.write(|tx| {
                        tx.insert_issue(&new_issue(&format!("w{writer} r{row}"), "d"))?;
                        tx.audit(&record(&format!("{writer}-{row}")))
                    })
                    .unwrap();
                }
            });
        }
    });
    let status = store.status().unwrap();
    let rows = |table: &str| status.rows.iter().find(|(name, _)| name == table).unwrap().1;
    assert_eq!((rows("issues"), rows("audit_log")), ((WRITERS * ROWS) as u64, (WRITERS * ROWS) as u64));
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn many_first_openings_at_once_make_one_key_and_one_database() {
    const OPENERS: usize = 6;
    let home = Home::new();
    let barrier = Barrier::new(OPENERS);
    std::thread::scope(|scope| {
        for _ in 0..OPENERS {
            scope.spawn(|| {
                let options = home.options(KeySource::KeyFile);
                barrier.wait();
                insert_issue(&options.open().unwrap(), "t", "d");
            });
        }
    });
    let store = home.try_open(KeySource::KeyFile).unwrap();
    assert_eq!(store.search("t", 100).unwrap().len(), OPENERS);
    assert!(store.check().unwrap().is_sound());
}

#[test]
fn a_reader_sees_whole_transactions_only() {
    let home = Home::new();
    let store = home.open();
    let reader = store.reopen().unwrap();
    store
        .write(|tx| {
            tx.insert_issue(&new_issue("t", "d"))?;
            assert_eq!(tx.search("t", 9)?.len(), 1);
            assert!(reader.search("t", 9)?.is_empty());
            Ok(())
        })
        .unwrap();
    assert_eq!(reader.search("t", 9).unwrap().len(), 1);
}
