//! Turns a plain database into an encrypted one, in place and crash-safe, and wipes the plain bytes.
//!
//! At every moment `tftsr.db` is either the whole plain database or the whole encrypted one. The caller holds the
//! folder's lock.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use crate::files::{failed, sync_folder, wipe};
use crate::keys::DatabaseKey;
use crate::open::{connect, pragma_text, silence};
use crate::{StoreError, files};

/// Exports to a new file, checks it, puts it in the plain one's place and wipes what was plain.
pub(crate) fn encrypt_in_place(path: &Path, key: &DatabaseKey) -> Result<(), StoreError> {
    let draft = beside(path, ".encrypting");
    for left_over in ["", "-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(beside(&draft, left_over));
    }
    files::ensure_private(&draft)?;
    let rows = export(path, &draft, key)?;
    check(&draft, key, rows)?;
    File::open(&draft).and_then(|f| f.sync_all()).map_err(failed("flush", &draft))?;

    let mut plain = OpenOptions::new().read(true).write(true).open(path).map_err(failed("open", path))?;
    fs::rename(&draft, path).map_err(failed("replace", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    wipe(&mut plain).map_err(failed("wipe the plain copy of", path))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Copies everything; returns how many rows the schema table has.
fn export(path: &Path, draft: &Path, key: &DatabaseKey) -> Result<i64, StoreError> {
    // Held open over the checkpoint or roll-back, which removes a log's name but not its bytes from the disk.
    let logs = ["-wal", "-journal"].map(|log| OpenOptions::new().read(true).write(true).open(beside(path, log)).ok());
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    silence(&conn)?;
    conn.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON;")?;
    // Leaving WAL needs that nobody else has the file open: whoever had would go on writing to the plain one.
    let mode: String = conn.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    if mode != "delete" {
        return Err(StoreError::Locked);
    }
    conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT;")?;
    for mut log in logs.into_iter().flatten() {
        wipe(&mut log).map_err(failed("wipe the log of", path))?;
    }
    let text = key.pragma_text().ok_or(StoreError::KeyRefused("a plain database needs none"))?;
    let target = draft
        .to_str()
        .ok_or(StoreError::Invalid { what: "data folder", reason: "its name is not UTF-8".to_owned() })?;
    conn.execute("ATTACH DATABASE ?1 AS encrypted KEY ?2", [target, text.as_str()])?;
    conn.query_row("SELECT sqlcipher_export('encrypted')", [], |_| Ok(()))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    conn.pragma_update(Some("encrypted"), "user_version", version)?;
    let rows = conn.query_row("SELECT count(*) FROM main.sqlite_schema", [], |row| row.get(0))?;
    conn.execute_batch("DETACH DATABASE encrypted")?;
    conn.close().map_err(|(_, e)| e)?;
    Ok(rows)
}

/// Opens the copy with its key and reads every page of it.
fn check(draft: &Path, key: &DatabaseKey, rows: i64) -> Result<(), StoreError> {
    let (conn, _) = connect(draft, key)?;
    let verdict = pragma_text(&conn, "integrity_check")?;
    let copied: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    conn.close().map_err(|(_, e)| e)?;
    if verdict != "ok" || copied != rows {
        return Err(StoreError::Damaged {
            detail: format!("the encrypted copy has {copied} of {rows} parts: {verdict}"),
        });
    }
    Ok(())
}
