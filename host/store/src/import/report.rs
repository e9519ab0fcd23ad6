//! What an import tells: per table how many rows came over, and why the others did not. Never a value of a row.

use std::borrow::Cow;

use serde::Serialize;

/// Ids that are named per reason.
const IDS_MAX: usize = 5;
/// Distinct reasons per table; there are fewer in this crate.
const REASONS_MAX: usize = 64;
/// Characters of a name or id from the source.
const NAME_CHARS_MAX: usize = 80;
/// Unknown tables and columns that are listed.
const NOT_TAKEN_MAX: usize = 200;

/// Why a row did not come over, or not as it was.
pub(super) type Reason = Cow<'static, str>;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It came over; a reason then says what of it did not.
    Imported,
    /// The store had the same row.
    AlreadyThere,
    /// The store has another row in its place, which is kept.
    KeptOurs,
    /// It did not come over.
    Refused,
}

/// One reason with the rows it holds for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// What became of the rows.
    pub outcome: Outcome,
    /// For a person.
    pub reason: String,
    /// How many rows.
    pub count: u64,
    /// The first few ids.
    pub ids: Vec<String>,
}

/// One table's account: `found` is the sum of the four after it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// Its name in both databases.
    pub table: String,
    /// Rows of the source.
    pub found: u64,
    /// Rows that came over.
    pub imported: u64,
    /// Rows that the store had.
    pub already_there: u64,
    /// Rows in whose place the store has another.
    pub kept_ours: u64,
    /// Rows that did not come over.
    pub refused: u64,
    /// Why.
    pub reasons: Vec<ReasonCount>,
}

/// A table or column of the source that has no place in the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotTaken {
    /// The table.
    pub table: String,
    /// `None` for the whole table.
    pub column: Option<String>,
    /// Rows that hold something there.
    pub rows: u64,
    /// Why.
    pub reason: &'static str,
}

/// The source's own audit chain, by the rules of the product that wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SourceChain {
    /// Rows with a hash.
    pub hashed: u64,
    /// Rows without one.
    pub unhashed: u64,
    /// `earlier`, `trcaa-audit/1`, or `none` where no row has a hash.
    pub format: &'static str,
    /// Whether every hash and link holds; `None` where there is no hash.
    pub intact: Option<bool>,
    /// The first row whose hash or link does not hold.
    pub first_bad_id: Option<String>,
    /// The last row's hash.
    pub head: Option<String>,
}

/// What an import did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// The file.
    pub source: String,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// Where the key that opened it came from.
    pub key: Option<&'static str>,
    /// Whether nothing was kept of what is told here.
    pub dry_run: bool,
    /// Names of its migrations.
    pub migrations: Vec<String>,
    /// Every table that has a place in the store and is in the source.
    pub tables: Vec<TableReport>,
    /// What has no place.
    pub not_taken: Vec<NotTaken>,
    /// Its audit chain, where it has an audit trail.
    pub audit_chain: Option<SourceChain>,
}

impl ImportReport {
    /// Rows that came over.
    pub fn imported(&self) -> u64 {
        self.tables.iter().map(|table| table.imported).sum()
    }

    pub(super) fn not_taken(&mut self, table: &str, column: Option<&str>, rows: u64, reason: &'static str) {
        if self.not_taken.len() < NOT_TAKEN_MAX {
            self.not_taken.push(NotTaken { table: named(table), column: column.map(named), rows, reason });
        }
    }
}

impl TableReport {
    pub(super) fn new(table: &str) -> Self {
        Self { table: table.to_owned(), ..Self::default() }
    }

    /// Counts a row.
    pub(super) fn count(&mut self, outcome: Outcome) {
        self.found += 1;
        *match outcome {
            Outcome::Imported => &mut self.imported,
            Outcome::AlreadyThere => &mut self.already_there,
            Outcome::KeptOurs => &mut self.kept_ours,
            Outcome::Refused => &mut self.refused,
        } += 1;
    }

    /// Counts a whole table that stays out.
    pub(super) fn refuse_all(&mut self, rows: u64, why: &str) {
        (self.found, self.refused) = (rows, rows);
        if rows > 0 {
            let reason = why.to_owned();
            self.reasons.push(ReasonCount { outcome: Outcome::Refused, reason, count: rows, ids: Vec::new() });
        }
    }

    /// Says why, for a row that is counted.
    pub(super) fn explain(&mut self, outcome: Outcome, reason: &str, id: &str) {
        let known = self.reasons.iter().position(|known| known.outcome == outcome && known.reason == reason);
        let index = known.unwrap_or_else(|| {
            if self.reasons.len() < REASONS_MAX {
                let reason = reason.to_owned();
                self.reasons.push(ReasonCount { outcome, reason, count: 0, ids: Vec::new() });
            }
            self.reasons.len() - 1
        });
        let Some(entry) = self.reasons.get_mut(index) else { return };
        entry.count += 1;
        if entry.ids.len() < IDS_MAX {
            entry.ids.push(named(id));
        }
    }
}

/// A name of the source, cut to what a report shows.
pub(super) fn named(text: &str) -> String {
    text.chars().take(NAME_CHARS_MAX).collect()
}
