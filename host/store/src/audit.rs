//! `audit_log`: append-only, each row with the hash of the one before.
//!
//! The chain goes by rowid, and its rowids have no gaps, from 1 or from that of the last row before the chain: a row that
//! is moved to the end of all numbers would make the next ones begin anywhere. `entry_hash` = SHA-256 over [`AUDIT_CHAIN_FORMAT`], `prev_hash` and every field, each with a
//! mark for absence and its length before it, so that no two rows read the same. Rows from before the chain have no
//! hash; they may only come first, and the first hashed row's `prev_hash` is the hash over all of them (empty where
//! there are none), so they are bound too from then on. `audit_chain_start` names that first hashed row, so that taking
//! hashes away does not turn rows into such from before the chain: a hashed row without exactly one such mark is broken,
//! and so is a mark without its row. Rows without a hash and without a mark are what a trail of an earlier product is
//! until the first append, so that is allowed, but only for rows from before migration [`MARKED_SINCE`] was applied
//! here: every later one was written with a hash. What was cut off the end, and a chain that was computed anew from its
//! first row with all moments set back, is only seen against a head that was written down before ([`AuditHead`],
//! [`crate::Checkpoint`]).

mod tail;

use rusqlite::types::ValueRef;
use rusqlite::{Row, params};
use sha2::{Digest, Sha256};
use trcaa_model::audit::{AuditEntry, AuditRecord, AuditVerdict};
use trcaa_model::id::AuditId;

use crate::ids::{ID_FRAGMENT_CHARS_MAX, ID_FRAGMENT_CHARS_MIN, MATCHES_MAX};
use crate::issues::LIST_ROWS_MAX;
use crate::{Store, StoreError, Tx, row};

/// Name of the encoding that is hashed; first thing in every hash.
pub const AUDIT_CHAIN_FORMAT: &str = "trcaa-audit/1";

/// The migration that brought the mark of the chain's beginning.
const MARKED_SINCE: &str = "033_audit_signing_keys";
/// Characters of `YYYY-MM-DD HH:MM:SS`, in which moments are compared.
const STAMP_CHARS: usize = 19;

const COLUMNS: &str =
    "id, timestamp, action, entity_type, entity_id, COALESCE(user_id, ''), details, prev_hash, entry_hash";
/// How many those are.
const CELLS: usize = 9;
/// From which one on they may be NULL.
const NULLABLE_FROM: usize = 6;
/// Who acts on an analyst's own machine.
const USER: &str = "local";

/// The last row of the chain at some moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditHead {
    /// Rows up to and with it, those from before the chain among them.
    pub entries: u64,
    /// Its `entry_hash`.
    pub hash: String,
}

/// Reads a row whatever its cells hold; what is no text is shown as such.
fn entry_of(row: &Row<'_>) -> Result<AuditEntry, StoreError> {
    let text = |index| row::lossy(row, index);
    Ok(AuditEntry {
        id: text(0)?,
        timestamp: text(1)?,
        action: text(2)?,
        entity_type: text(3)?,
        entity_id: text(4)?,
        user_id: text(5)?,
        details: row::lossy_or_null(row, 6)?,
        prev_hash: row::lossy_or_null(row, 7)?,
        entry_hash: row::lossy_or_null(row, 8)?,
    })
}

fn is_null(row: &Row<'_>, index: usize) -> Result<bool, StoreError> {
    Ok(matches!(row.get_ref(index)?, ValueRef::Null))
}

/// Whether a cell is UTF-8 text, as every cell of a row of ours was written.
fn is_text(row: &Row<'_>, index: usize) -> Result<bool, StoreError> {
    Ok(matches!(row.get_ref(index)?, ValueRef::Text(bytes) if std::str::from_utf8(bytes).is_ok()))
}

/// Whether every cell has a type that it may have.
fn is_typed(row: &Row<'_>) -> Result<bool, StoreError> {
    for index in 0..CELLS {
        let absent = index >= NULLABLE_FROM && is_null(row, index)?;
        if !absent && !is_text(row, index)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn entry_hash(prev_hash: &str, entry: &AuditEntry) -> String {
    let mut hash = Sha256::new();
    let details = entry.details.as_deref();
    for field in [
        Some(AUDIT_CHAIN_FORMAT),
        Some(prev_hash),
        Some(&entry.id),
        Some(&entry.timestamp),
        Some(&entry.action),
        Some(&entry.entity_type),
        Some(&entry.entity_id),
        Some(&entry.user_id),
        details,
    ] {
        hash.update([u8::from(field.is_some())]);
        let text = field.unwrap_or_default();
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    hex::encode(hash.finalize())
}

impl Store {
    /// Lists audit rows, newest first; `entity` keeps those whose entity type or id is that text, `action` those of it.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn audit_entries(
        &self,
        limit: u32,
        entity: Option<&str>,
        action: Option<&str>,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        // One text per filter, so that each is planned for what it asks and the indexes serve.
        let of = if entity.is_some() { "(entity_type = ?2 OR entity_id = ?2)" } else { "?2 IS NULL" };
        let sql = format!(
            "SELECT {COLUMNS} FROM audit_log WHERE {of} AND (?3 IS NULL OR action = ?3) ORDER BY rowid DESC LIMIT ?1"
        );
        row::all(&self.conn, &sql, params![limit.min(LIST_ROWS_MAX), entity, action], entry_of)
    }

    /// Finds the entity that a person means: a type or id that the trail names, a prefix or suffix of 6 or more
    /// characters of such an id (what it speaks of may be deleted), an issue without entries, or `last` for the last
    /// issue.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], [`StoreError::Ambiguous`], [`StoreError::IdTooShort`].
    pub fn resolve_entity(&self, text: &str) -> Result<String, StoreError> {
        let text = text.trim();
        let of = |row: &Row<'_>| row::lossy(row, 0);
        if text != "last" {
            let named = "SELECT ?1 FROM audit_log WHERE entity_type = ?1 OR entity_id = ?1 LIMIT 1";
            if let Some(named) = row::first(&self.conn, named, [text], of)? {
                return Ok(named);
            }
            let chars = text.chars().count();
            if (ID_FRAGMENT_CHARS_MIN..=ID_FRAGMENT_CHARS_MAX).contains(&chars) {
                let fragment = "SELECT DISTINCT entity_id FROM audit_log
                     WHERE substr(lower(entity_id), 1, ?2) = ?1 OR substr(lower(entity_id), -?2) = ?1 LIMIT ?3";
                let values = params![text.to_ascii_lowercase(), chars as i64, MATCHES_MAX];
                let mut matches = row::all(&self.conn, fragment, values, of)?;
                match matches.len() {
                    0 => {}
                    1 => return Ok(matches.remove(0)),
                    _ => return Err(StoreError::Ambiguous { what: "entity", given: text.to_owned(), matches }),
                }
            }
        }
        self.resolve_issue(text).map(|id| id.to_string())
    }

    /// The chain's head now; `None` before its first row.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, StoreError> {
        let sql = "SELECT (SELECT count(*) FROM audit_log), entry_hash FROM audit_log ORDER BY rowid DESC LIMIT 1";
        let head =
            row::first(&self.conn, sql, [], |row| Ok((row::unsigned(row.get(0)?), row::lossy_or_null(row, 1)?)))?;
        Ok(head.and_then(|(entries, hash)| Some(AuditHead { entries, hash: hash? })))
    }

    /// Checks the whole chain, and that it still contains `checkpoint` where one is given; names the first bad row.
    ///
    /// # Errors
    /// Those of SQLite; a broken chain is no error but a verdict.
    pub fn verify_audit(&self, checkpoint: Option<&AuditHead>) -> Result<AuditVerdict, StoreError> {
        let sql = format!("SELECT {COLUMNS}, rowid FROM audit_log ORDER BY rowid");
        let mut statement = self.conn.prepare(&sql)?;
        let mut rows = statement.query([])?;
        let marks = row::all(&self.conn, "SELECT id FROM audit_chain_start LIMIT 2", [], |row| row::lossy(row, 0))?;
        let (start, doubled) = (marks.first().cloned(), marks.len() > 1);
        let mut chain = Chain { start, unhashed_before: Some(self.marked_since()?), ..Chain::default() };
        let mut there: Option<bool> = None;
        let mut bad: Option<(String, &'static str)> = None;
        let mut first_id = None;
        let mut before: i64 = 0;
        while let Some(row) = rows.next()? {
            let entry = entry_of(row)?;
            let rowid: i64 = row.get(CELLS)?;
            // An id that is none cannot name its row.
            let id = if is_text(row, 0)? { entry.id.clone() } else { format!("rowid {rowid}") };
            let first_id = first_id.get_or_insert_with(|| id.clone());
            let followed = if !is_typed(row)? {
                Err(Broken::Here("it is not of the type that it was written as"))
            } else {
                chain.follow(&entry).and_then(|()| match before.checked_add(1) == Some(rowid) || !chain.chained {
                    true => Ok(()),
                    false => Err(Broken::Here("it is not in its place: a row was removed before it, or it was moved")),
                })
            };
            before = rowid;
            if bad.is_none()
                && let Err(broken) = followed
            {
                bad = Some(match broken {
                    Broken::Here(reason) => (id, reason),
                    Broken::First(reason) => (first_id.clone(), reason),
                });
            }
            chain.entries += 1;
            if let Some(head) = checkpoint
                && head.entries == chain.entries
            {
                there = Some(entry.entry_hash.as_deref() == Some(head.hash.as_str()));
            }
        }
        let cut = match (checkpoint, there) {
            _ if bad.is_some() => None,
            _ if chain.entries == 0 && chain.start.is_some() => Some("all its entries are gone".to_owned()),
            _ if doubled || chain.chained != chain.start.is_some() => {
                Some("the mark of its beginning is missing or doubled, or its row is gone".to_owned())
            }
            (None, _) | (_, Some(true)) => None,
            (Some(head), None) => Some(format!(
                "it has {} entries, and had {}: entries were cut off its end",
                chain.entries, head.entries
            )),
            (Some(head), Some(false)) => Some(format!(
                "entry {} of {} is not the one it was: entries were cut off, and others written in their place",
                head.entries, chain.entries
            )),
        };
        Ok(AuditVerdict {
            entries: chain.entries,
            intact: bad.is_none() && cut.is_none(),
            first_bad_id: bad.as_ref().map(|(id, _)| id.clone()),
            reason: bad.map(|(_, reason)| reason.to_owned()).or(cut),
            head: chain.chained.then_some(chain.prev),
        })
    }

    /// When the mark came into this database: rows of that second and later have a hash.
    fn marked_since(&self) -> Result<String, StoreError> {
        let sql = "SELECT applied_at FROM _migrations WHERE name = ?1";
        let since = row::first(&self.conn, sql, [MARKED_SINCE], |row| row::lossy(row, 0))?;
        Ok(moment(&since.unwrap_or_default()))
    }

    /// Where the next row goes.
    fn audit_link(&self) -> Result<Link, StoreError> {
        let sql = "SELECT entry_hash, rowid FROM audit_log ORDER BY rowid DESC LIMIT 1";
        let last = row::first(&self.conn, sql, [], |row| Ok((row::lossy_or_null(row, 0)?, row.get::<_, i64>(1)?)))?;
        let Some((hash, last)) = last else { return Ok(Link { prev: String::new(), first: true, rowid: 1 }) };
        let rowid = last.checked_add(1).ok_or_else(|| StoreError::Damaged {
            detail: "the last row of the audit trail was moved to where no row can follow it".to_owned(),
        })?;
        match hash {
            Some(prev) => Ok(Link { prev, first: false, rowid }),
            None => {
                // The first row of the chain after some from before it: bind them all, once.
                let sql = format!("SELECT {COLUMNS} FROM audit_log ORDER BY rowid");
                let mut statement = self.conn.prepare(&sql)?;
                let mut rows = statement.query([])?;
                let mut prev = String::new();
                while let Some(row) = rows.next()? {
                    prev = entry_hash(&prev, &entry_of(row)?);
                }
                Ok(Link { prev, first: true, rowid })
            }
        }
    }
}

/// A moment in the form that compares; earlier products wrote a `T` in it, parts of seconds and zones.
fn moment(stamp: &str) -> String {
    stamp.chars().take(STAMP_CHARS).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// What a row needs to follow the last one.
struct Link {
    prev: String,
    /// Whether it is the chain's first.
    first: bool,
    rowid: i64,
}

/// How far the chain was followed.
#[derive(Default)]
pub(crate) struct Chain {
    /// Rows of this moment or later have to have a hash; `None` where nobody knows.
    unhashed_before: Option<String>,
    /// Id of its first row; `None` before there is one.
    start: Option<String>,
    prev: String,
    chained: bool,
    entries: u64,
}

/// What is wrong, and with which row.
pub(crate) enum Broken {
    Here(&'static str),
    First(&'static str),
}

impl Chain {
    pub(crate) fn follow(&mut self, entry: &AuditEntry) -> Result<(), Broken> {
        let hash = entry_hash(&self.prev, entry);
        let is_start = self.start.as_ref() == Some(&entry.id);
        match (&entry.prev_hash, &entry.entry_hash) {
            (None, None) if !self.chained && !is_start => {
                if self.unhashed_before.as_ref().is_some_and(|since| moment(&entry.timestamp) >= *since) {
                    return Err(Broken::Here("it has no hash, and was written when every row got one"));
                }
            }
            (Some(prev), Some(stored)) => {
                let first = !self.chained;
                self.chained = true;
                if first && self.entries > 0 && prev.is_empty() {
                    return Err(Broken::First("it was not there when the chain began"));
                }
                if first && self.start.is_some() && !is_start {
                    return Err(Broken::Here("it is not the row that the chain began with"));
                }
                if *prev != self.prev {
                    return Err(Broken::Here(if first && self.entries > 0 {
                        "a row from before the chain was changed, removed or added"
                    } else {
                        "it does not follow the row before: a row was removed, added or moved"
                    }));
                }
                if *stored != hash {
                    return Err(Broken::Here("it is not as it was written"));
                }
            }
            _ => return Err(Broken::Here("it has no hash, and belongs to the chain")),
        }
        self.prev = hash;
        Ok(())
    }
}

impl Tx<'_> {
    /// Appends a row to the audit trail.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for details that are no JSON object.
    pub fn audit(&self, record: &AuditRecord) -> Result<AuditEntry, StoreError> {
        if !record.details.is_object() {
            return Err(StoreError::Invalid { what: "audit details", reason: "they are no JSON object".to_owned() });
        }
        self.append_audit(AuditEntry {
            id: AuditId::generate(self.clock(), self.entropy()).to_string(),
            timestamp: self.now(),
            action: record.action.to_owned(),
            entity_type: record.entity_type.to_owned(),
            entity_id: record.entity_id.clone(),
            user_id: USER.to_owned(),
            details: Some(record.details.to_string()),
            prev_hash: None,
            entry_hash: None,
        })
    }

    /// Links an entry to the chain and writes it.
    pub(crate) fn append_audit(&self, mut entry: AuditEntry) -> Result<AuditEntry, StoreError> {
        let Link { prev, first, rowid } = self.audit_link()?;
        if first {
            // Never twice: a trail that was emptied and begun anew is to be seen as that.
            let start =
                "INSERT INTO audit_chain_start (id) SELECT ?1 WHERE NOT EXISTS (SELECT 1 FROM audit_chain_start)";
            row::execute(&self.conn, start, [&entry.id])?;
        }
        entry.entry_hash = Some(entry_hash(&prev, &entry));
        entry.prev_hash = Some(prev);
        let changed = row::execute(
            &self.conn,
            "INSERT INTO audit_log (rowid, id, timestamp, action, entity_type, entity_id, user_id, details, prev_hash,
                                    entry_hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                rowid,
                entry.id,
                entry.timestamp,
                entry.action,
                entry.entity_type,
                entry.entity_id,
                entry.user_id,
                entry.details,
                entry.prev_hash,
                entry.entry_hash,
            ],
        )?;
        // A trigger could have swallowed or changed it, under an answer that sounds like success.
        let kept = format!("SELECT {COLUMNS} FROM audit_log WHERE rowid = ?1");
        if changed != 1 || row::first(&self.conn, &kept, [rowid], entry_of)?.as_ref() != Some(&entry) {
            return Err(StoreError::Damaged {
                detail: "the audit trail did not keep the row written to it".to_owned(),
            });
        }
        Ok(entry)
    }
}
