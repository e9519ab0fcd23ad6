//! Taking over a database of the earlier products, whatever migrations it had.
//!
//! Owns: what of a foreign schema fits ours, and the report of what came over. Must not know: where a key was asked for,
//! or how a report is shown. What there is to read is found by looking at tables and columns, never by the names or
//! numbers of migrations, which say other things in each product.
//!
//! Invariants:
//! 1. The source is opened so that nothing in it runs, and neither it nor anything beside it changes by a byte.
//! 2. One transaction: all that is reported as imported is there afterwards, or nothing is. A row that cannot come over
//!    is counted with its reason and never stops the others; a source that cannot be read stops everything.
//! 3. Importing again changes nothing: rows are known by their ids, and ours are kept.
//! 4. Whatever can act by itself comes over switched off, and no permission comes over.
//! 5. No text comes over whose placeholder restores to another value than where it was written.
//! 6. The report names tables, columns and ids, never a value.

mod cells;
mod error;
mod keys;
mod placeholders;
mod report;
mod rows;
mod secrets;
mod source;
mod steps;
mod tables;
mod trail;
mod wal;

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::json;
use trcaa_model::audit::AuditRecord;
use trcaa_model::secret::Secret;
use trcaa_model::time::stamp;

pub use error::{ImportError, KeyElsewhere};
pub use report::{ImportReport, NotTaken, Outcome, ReasonCount, SourceChain, TableReport};

use secrets::Secrets;
use source::{Shape, Source};
use tables::{TABLES, Way};

use crate::{Store, StoreError, Tx, row};

/// Migrations whose names are read.
const MIGRATIONS_MAX: u32 = 1_000;

/// What is taken over, and how.
pub struct ImportOptions<'a> {
    /// The database file.
    pub source: PathBuf,
    /// Tells what would come over, and changes nothing.
    pub dry_run: bool,
    /// Its key as a person writes it. Without one, key files beside it and the store's own key are tried.
    pub key: Option<Secret>,
    /// Further keys that may be its, tried after the key files.
    pub configured_keys: Vec<Secret>,
    /// Keys of its sealed columns; the one that the earlier product kept beside the database is tried as well.
    pub column_keys: Vec<Secret>,
    /// Says whether a setting of that name takes that value.
    pub accepts_setting: &'a dyn Fn(&str, &str) -> bool,
}

/// One import under way.
struct Importer<'i> {
    tx: &'i Tx<'i>,
    source: &'i Source,
    secrets: Secrets<'i>,
    accepts_setting: &'i dyn Fn(&str, &str) -> bool,
    now: String,
    now_ms: i64,
    /// Whether providers' keys stand in clear in this source.
    clear_keys: bool,
    chain: RefCell<trail::Follower>,
    placeholders: placeholders::Placeholders,
    /// Bytes of the texts of logs that spans were read of.
    text_lengths: RefCell<HashMap<String, Option<u64>>>,
}

impl Importer<'_> {
    fn exists(&self, table: &str, id: &str) -> Result<bool, StoreError> {
        Ok(row::first(&self.tx.conn, &format!("SELECT 1 FROM {table} WHERE id = ?1"), [id], |_| Ok(()))?.is_some())
    }

    fn is_clear(&self, table: &str, column: &str) -> bool {
        self.clear_keys && (table, column) == ("ai_providers", "encrypted_api_key")
    }
}

impl Store {
    /// Takes over a database of the earlier products, or another store of this one.
    ///
    /// # Errors
    /// [`StoreError::Import`] for what is wrong with the source; those of writing. Nothing was taken over then.
    pub fn import(&self, options: &ImportOptions<'_>) -> Result<ImportReport, StoreError> {
        let candidates = keys::candidates(options.key.as_ref(), &options.configured_keys, &options.source, &self.key);
        let source = Source::open(&options.source, self.path(), candidates, (self.clock(), self.entropy()))?;
        let mut column_keys = options.column_keys.clone();
        column_keys.extend(keys::column_key_beside(&options.source));
        let mut done = None;
        let kept = self.write(|tx| {
            let report = take_over(tx, &source, options, &column_keys)?;
            source.expect_unchanged()?;
            done = Some(report);
            if options.dry_run {
                // The one way out of a transaction that keeps nothing; the report is out already.
                return Err(StoreError::Invalid { what: "import", reason: "a dry run keeps nothing".to_owned() });
            }
            Ok(())
        });
        match (kept, done) {
            (Ok(()), Some(report)) => Ok(report),
            (Err(_), Some(report)) if options.dry_run => Ok(report),
            (Err(error), _) => Err(error),
            (Ok(()), None) => Ok(ImportReport::default()),
        }
    }
}

fn take_over(
    tx: &Tx<'_>,
    source: &Source,
    options: &ImportOptions<'_>,
    column_keys: &[Secret],
) -> Result<ImportReport, StoreError> {
    let (shapes, others) = source.shapes()?;
    let find = |name: &str| shapes.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    if !TABLES.iter().any(|table| find(table.name).is_some()) {
        return Err(ImportError::Foreign { path: source.path.clone() }.into());
    }
    let now_ms = row::signed("clock", tx.clock().now_ms())?;
    let has = |shape: &Shape, column: &str| shape.columns.iter().any(|known| known.eq_ignore_ascii_case(column));
    let importer = Importer {
        tx,
        source,
        secrets: Secrets::new(tx, source.key.as_ref(), column_keys),
        accepts_setting: options.accepts_setting,
        now: stamp(tx.clock().now_ms()),
        now_ms,
        clear_keys: find("ai_providers").is_some_and(|(_, shape)| !has(shape, "encrypted_api_key")),
        chain: RefCell::default(),
        placeholders: placeholders::Placeholders::default(),
        text_lengths: RefCell::default(),
    };
    let mut report = ImportReport {
        source: source.path.display().to_string(),
        encrypted: source.encrypted,
        key: source.key.as_ref().map(|candidate| candidate.from),
        dry_run: options.dry_run,
        migrations: migrations(source, find("_migrations").map(|(_, shape)| shape))?,
        ..ImportReport::default()
    };
    for table in TABLES {
        if let Some((name, shape)) = find(table.name) {
            report.tables.push(rows::take_table(&importer, table, shape, name)?);
            if !matches!(table.way, Way::Never(_)) {
                columns_without_place(source, table, name, shape, &mut report)?;
            }
        }
    }
    for name in shapes.keys() {
        if TABLES.iter().all(|table| !table.name.eq_ignore_ascii_case(name)) && !tables::is_bookkeeping(name) {
            let rows = source.count(name, None)?;
            if rows > 0 {
                report.not_taken(name, None, rows, tables::stays_behind(name));
            }
        }
    }
    for name in others.iter().filter(|name| TABLES.iter().any(|table| table.name.eq_ignore_ascii_case(name))) {
        report.not_taken(name, None, 0, "it is no table but a view or a virtual table, which are not read");
    }
    let Importer { chain, .. } = importer;
    if find("audit_log").is_some() {
        report.audit_chain = Some(chain.into_inner().verdict());
    }
    if report.imported() > 0 {
        record(tx, source, &report)?;
    }
    Ok(report)
}

fn columns_without_place(
    source: &Source,
    table: &tables::Table,
    name: &str,
    shape: &Shape,
    report: &mut ImportReport,
) -> Result<(), StoreError> {
    for column in &shape.columns {
        let is = |known: &&str| known.eq_ignore_ascii_case(column);
        let known = table.columns.iter().any(|ours| is(&ours.name) || ours.from.iter().any(is));
        if known || table.reads.iter().any(is) {
            continue;
        }
        let rows = source.count(name, Some(column))?;
        if rows > 0 {
            report.not_taken(name, Some(column), rows, "this version has no place for it");
        }
    }
    for column in &shape.generated {
        report.not_taken(name, Some(column), 0, "it is computed by the database itself, and was not read");
    }
    Ok(())
}

fn migrations(source: &Source, shape: Option<&Shape>) -> Result<Vec<String>, StoreError> {
    if !shape.is_some_and(|shape| shape.columns.iter().any(|column| column == "name")) {
        return Ok(Vec::new());
    }
    let sql = "SELECT substr(CAST(name AS TEXT), 1, 100) FROM _migrations NOT INDEXED LIMIT ?1";
    let mut statement = source.conn.prepare(sql).map_err(|e| source.failed(e))?;
    let mut rows = statement.query([MIGRATIONS_MAX]).map_err(|e| source.failed(e))?;
    let mut names = Vec::new();
    while let Some(row) = rows.next().map_err(|e| source.failed(e))? {
        let found = cells::Found::read(row.get_ref(0).map_err(|e| source.failed(e))?);
        names.extend(found.filled().map(|name| report::named(&name)));
    }
    names.sort_unstable();
    Ok(names)
}

/// One row of ours says that, from what and how much was taken over, and what the source's own chain was worth.
fn record(tx: &Tx<'_>, source: &Source, report: &ImportReport) -> Result<(), StoreError> {
    let rows: serde_json::Map<String, serde_json::Value> = report
        .tables
        .iter()
        .filter(|table| table.imported > 0)
        .map(|table| (table.table.clone(), table.imported.into()))
        .collect();
    let name = source.path.file_name().map(|name| report::named(&name.to_string_lossy())).unwrap_or_default();
    tx.audit(&AuditRecord {
        action: "import_database",
        entity_type: "database",
        entity_id: name,
        details: json!({
            "rows": rows,
            "migrations": report.migrations.len(),
            "encrypted": report.encrypted,
            "source_chain": report.audit_chain,
        }),
    })?;
    Ok(())
}
