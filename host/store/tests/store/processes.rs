//! More than one process: this test binary starts itself again as the writer.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use trcaa_model::env::fixed::{FixedClock, SeededEntropy};
use trcaa_store::{KeySource, OpenOptions, Overwrite, Restore, StoreError, Unsound};

use crate::fixture::{Home, new_issue, raw_key, record};

const FOLDER: &str = "STORE_WRITER_FOLDER";
const ROWS: &str = "STORE_WRITER_ROWS";

/// The child's part: writes, and says so once a write is acknowledged. Without its variables it has nothing to do.
#[test]
fn writer() {
    let (Ok(folder), Ok(rows)) = (std::env::var(FOLDER), std::env::var(ROWS)) else { return };
    let entropy = Arc::new(SeededEntropy::new(u64::from(std::process::id()) << 32));
    let clock = Arc::new(FixedClock(1_700_000_000_000));
    let store = OpenOptions::new(folder, raw_key(), clock, entropy).open().unwrap();
    for row in 0..rows.parse::<u32>().unwrap() {
        store
            .write(|tx| {
                tx.insert_issue(&new_issue(&format!("written {row}"), "d"))?;
                tx.audit(&record(&row.to_string()))
            })
            .unwrap();
        writeln!(std::io::stdout(), "acknowledged {row}").unwrap();
    }
}

fn start_writer(folder: &Path, rows: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--nocapture", "--test-threads=1", "processes::writer"])
        .env_clear()
        .env(FOLDER, folder)
        .env(ROWS, rows.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn processes_writing_at_once_lose_nothing() {
    let home = Home::new();
    let mut writers: Vec<Child> = (0..3).map(|_| start_writer(&home.folder(), 20)).collect();
    // Opening again and again in this process must not take the others' locks, or its own, away.
    let store = home.open();
    for _ in 0..10 {
        drop(home.open());
        store.write(|tx| tx.audit(&record("parent"))).unwrap();
    }
    for writer in &mut writers {
        assert!(writer.wait().unwrap().success());
    }
    assert_eq!(store.search("written", 1000).unwrap().len(), 60);
    let report = store.check().unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.audit.entries, 70);
}

#[test]
fn an_acknowledged_write_survives_kill_9() {
    for acknowledged in [1, 7, 23] {
        let home = Home::new();
        let mut writer = start_writer(&home.folder(), 100_000);
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        let seen = lines.map(Result::unwrap).filter(|line| line.contains("acknowledged")).take(acknowledged).count();
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert_eq!(seen, acknowledged);
        let store = home.open();
        let kept = store.search("written", 10_000).unwrap().len();
        assert!(kept >= acknowledged, "{kept} of {acknowledged}");
        let report = store.check().unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.audit.entries, kept as u64, "an issue without its audit row, or the other way round");
    }
}

#[test]
fn a_restore_waits_for_a_process_that_has_the_database_open_with_another_key() {
    let home = Home::new();
    let other = Home::new();
    let key = || KeySource::RawKey(zeroize::Zeroizing::new([9; 32]));
    let backup = other.dir.path().join("b");
    other.try_open(key()).unwrap().backup(&backup, Overwrite::Refuse, &mut |_, _| ()).unwrap();
    let mut writer = start_writer(&home.folder(), 100_000);
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line.contains("acknowledged")));
    let restore = || {
        let mut options = home.options(key());
        options.wait = std::time::Duration::ZERO;
        let what = Restore { file: &backup, key: None, unsound: Unsound::Refuse };
        options.restore(&what, &mut |_, _| ())
    };
    let refused = restore().unwrap_err();
    assert!(matches!(refused, StoreError::Locked), "{refused:?}");
    // What it goes on to acknowledge is there.
    let seen = lines.filter(|line| line.contains("acknowledged")).take(3).count();
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert_eq!(seen, 3);
    assert!(home.open().search("written", 10_000).unwrap().len() > seen);
    assert!(restore().unwrap().kept.is_some());
    drop(home.try_open(key()).unwrap());
}
