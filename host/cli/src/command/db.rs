//! `trcaa db …`

use serde_json::json;
use trcaa_app::{App, AppError};

use crate::args::DbCommand;
use crate::output::Output;

pub(super) fn run(app: &App, command: &DbCommand, output: &Output) -> Result<(), AppError> {
    match command {
        DbCommand::Status => {
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
            match &status.cipher {
                Some(cipher) => output.text(&format!(
                    "encrypted: SQLCipher {}, pages of {} bytes, {}, {} × {}",
                    cipher.version, cipher.page_bytes, cipher.hmac_algorithm, cipher.kdf_algorithm, cipher.kdf_iter
                )),
                None => output.text("NOT encrypted: a debug build without a key"),
            }
            let rows: Vec<Vec<String>> =
                status.rows.iter().map(|(table, rows)| vec![table.clone(), rows.to_string()]).collect();
            output.table(&["TABLE", "ROWS"], &rows);
            Ok(())
        }
        DbCommand::Check => {
            let report = app.store().check()?;
            if output.json {
                output.object(json!({"sound": report.is_sound(), "check": report}))?;
            } else if report.is_sound() {
                output.text("sound: pages, references, full-text index, audit trail");
            }
            if report.is_sound() {
                return Ok(());
            }
            let found: Vec<&String> = report
                .integrity
                .iter()
                .chain(&report.cipher_integrity)
                .chain(&report.foreign_keys)
                .chain(&report.full_text)
                .collect();
            let first = found.first().map_or_else(|| report.audit.reason.clone().unwrap_or_default(), |f| (*f).clone());
            if output.json {
                // The report is the answer; a second object on stdout would be none.
                crate::signals::leave(1);
            }
            Err(AppError::failed(
                "damaged",
                format!("checking the store: {} findings, the first: {first}", found.len().max(1)),
            )
            .hint("restore a backup"))
        }
    }
}
