//! `trcaa db status`

use std::collections::BTreeMap;

use serde_json::json;
use trcaa_app::{App, AppError};

use crate::output::Output;

pub(super) fn run(app: &App, output: &Output) -> Result<(), AppError> {
    let status = app.store().status()?;
    if output.json {
        return output.object(json!({"status": status, "version": env!("CARGO_PKG_VERSION")}));
    }
    output.text(&format!(
        "{}  ({} bytes, log {}, free {})",
        status.path, status.file_bytes, status.wal_bytes, status.free_bytes
    ));
    output.text(&format!(
        "trcaa {}, SQLite {}, {} migrations, the last {}",
        env!("CARGO_PKG_VERSION"),
        status.sqlite_version,
        status.migrations,
        status.latest_migration.as_deref().unwrap_or("–")
    ));
    output.text(&format!("key: {}", status.key_source));
    match &status.cipher {
        Some(cipher) => output.text(&format!(
            "encrypted: SQLCipher {}, pages of {} bytes, {}, {} × {}",
            cipher.version, cipher.page_bytes, cipher.hmac_algorithm, cipher.kdf_algorithm, cipher.kdf_iter
        )),
        None => output.text("NOT encrypted: a debug build without a key"),
    }
    match &status.last_backup_at {
        Some(at) => output.text(&format!("last backup: {at} UTC")),
        None => output.text("last backup: never (make one: trcaa db backup FILE)"),
    }
    let bytes: BTreeMap<&String, u64> = status.table_bytes.iter().map(|(table, bytes)| (table, *bytes)).collect();
    let row = |(table, rows): &(String, u64)| {
        vec![table.clone(), rows.to_string(), bytes.get(table).copied().unwrap_or(0).to_string()]
    };
    output.table(&["TABLE", "ROWS", "BYTES"], &status.rows.iter().map(row).collect::<Vec<_>>());
    Ok(())
}
