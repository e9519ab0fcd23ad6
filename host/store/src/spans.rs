//! `pii_spans`: what detectors found in a log, and what the analyst decided.

use std::collections::HashSet;

use rusqlite::{Row, ToSql, params};
use trcaa_model::id::{LogFileId, PiiSpanId};
use trcaa_model::pii::{PiiSpan, SpanState};

use crate::ids::IdRun;
use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, log_file_id, pii_type, start_offset, end_offset, original_value, replacement, state, \
                       COALESCE(confidence, 1.0), COALESCE(detector, '')";
const INSERT: &str = "INSERT INTO pii_spans (log_file_id, id, pii_type, start_offset, end_offset, original_value,
                          replacement, state, confidence, detector) VALUES";
/// Rows of one statement of a bulk insert; what starting and ending a statement costs is shared by so many.
const BATCH_ROWS: usize = 64;

/// A span to be stored; borrows, as there may be hundreds of thousands.
#[derive(Clone, Copy, Debug)]
pub struct NewSpan<'a> {
    /// Label, such as `Email`.
    pub pii_type: &'a str,
    /// First byte.
    pub start: u64,
    /// One past the last byte; above `start`.
    pub end: u64,
    /// The text in clear.
    pub original: &'a str,
    /// The placeholder.
    pub replacement: &'a str,
    /// What the analyst decided.
    pub state: SpanState,
    /// 0 to 1.
    pub confidence: f64,
    /// Plugin id, or `manual`.
    pub detector: &'a str,
}

fn span_of(row: &Row<'_>) -> Result<PiiSpan, StoreError> {
    let id: String = row.get(0)?;
    let state: String = row.get(7)?;
    let state = SpanState::parse(&state).ok_or_else(|| StoreError::BadRow {
        table: "pii_spans",
        id: id.clone(),
        reason: format!("unknown state {state:?}"),
    })?;
    Ok(PiiSpan {
        id: PiiSpanId::from_stored(id),
        log_file_id: LogFileId::from_stored(row.get::<_, String>(1)?),
        pii_type: row.get(2)?,
        start_offset: row::unsigned(row.get(3)?),
        end_offset: row::unsigned(row.get(4)?),
        original_value: row.get(5)?,
        replacement: row.get(6)?,
        state,
        confidence: row.get(8)?,
        detector: row.get(9)?,
    })
}

impl Store {
    /// Lists spans of a log by their offsets; `limit` rows after the first `offset`.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn spans(&self, log: &LogFileId, limit: u32, offset: u32) -> Result<Vec<PiiSpan>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pii_spans WHERE log_file_id = ?1 ORDER BY start_offset, end_offset, id LIMIT ?2 OFFSET ?3"
        );
        row::all(&self.conn, &sql, params![log.as_str(), limit, offset], span_of)
    }

    /// Reads one span.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn span(&self, id: &PiiSpanId) -> Result<PiiSpan, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM pii_spans WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], span_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "span", given: id.to_string() })
    }

    /// Counts the spans of a log.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn span_count(&self, log: &LogFileId) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM pii_spans WHERE log_file_id = ?1";
        Ok(row::unsigned(row::first(&self.conn, sql, [log.as_str()], |row| Ok(row.get(0)?))?))
    }
}

impl Tx<'_> {
    /// Replaces the undecided spans of a log. A span that was accepted or rejected stays, and is not added again.
    ///
    /// Returns how many were inserted.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for the log, [`StoreError::Invalid`] for a span that covers nothing.
    pub fn replace_undecided_spans(&self, log: &LogFileId, spans: &[NewSpan<'_>]) -> Result<usize, StoreError> {
        self.log(log)?;
        let delete = "DELETE FROM pii_spans WHERE log_file_id = ?1 AND state = 'undecided'";
        row::execute(&self.conn, delete, [log.as_str()])?;
        let decided: HashSet<(i64, i64)> = row::all(
            &self.conn,
            "SELECT start_offset, end_offset FROM pii_spans WHERE log_file_id = ?1",
            [log.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect();
        let run = IdRun::new(self.clock(), self.entropy());
        let mut wanted = Vec::with_capacity(spans.len());
        for span in spans {
            if !decided.contains(&offsets(span)?) {
                wanted.push(span);
            }
        }
        let mut batches = wanted.chunks_exact(BATCH_ROWS);
        let sql = insert_sql(BATCH_ROWS);
        let mut statement = self.conn.prepare_cached(&sql)?;
        for batch in &mut batches {
            insert(&mut statement, &mut || run.next(), log, batch)?;
        }
        let sql = insert_sql(1);
        let mut statement = self.conn.prepare_cached(&sql)?;
        for span in batches.remainder() {
            insert(&mut statement, &mut || run.next(), log, &[span])?;
        }
        let inserted = wanted.len();
        Ok(inserted)
    }

    /// Inserts one span, such as one that the analyst marked.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for the log, [`StoreError::Invalid`] for a span that covers nothing.
    pub fn insert_span(&self, log: &LogFileId, span: &NewSpan<'_>) -> Result<PiiSpan, StoreError> {
        self.log(log)?;
        let id = PiiSpanId::generate(self.clock(), self.entropy());
        let mut statement = self.conn.prepare_cached(&insert_sql(1))?;
        insert(&mut statement, &mut || id.to_string(), log, &[span])?;
        self.span(&id)
    }

    /// Decides about some spans of a log; returns how many there were.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for a span that is not one of this log's.
    pub fn set_span_state(&self, log: &LogFileId, ids: &[PiiSpanId], state: SpanState) -> Result<usize, StoreError> {
        for id in ids {
            let sql = "UPDATE pii_spans SET state = ?3 WHERE id = ?1 AND log_file_id = ?2";
            if row::execute(&self.conn, sql, [id.as_str(), log.as_str(), state.as_str()])? == 0 {
                return Err(StoreError::NoSuch { what: "span", given: id.to_string() });
            }
        }
        Ok(ids.len())
    }

    /// Decides about all spans of a log; returns how many there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn set_all_span_states(&self, log: &LogFileId, state: SpanState) -> Result<usize, StoreError> {
        row::execute(
            &self.conn,
            "UPDATE pii_spans SET state = ?2 WHERE log_file_id = ?1",
            [log.as_str(), state.as_str()],
        )
    }
}

fn offsets(span: &NewSpan<'_>) -> Result<(i64, i64), StoreError> {
    if span.start >= span.end {
        let reason = format!("it covers nothing: {}..{}", span.start, span.end);
        return Err(StoreError::Invalid { what: "span", reason });
    }
    Ok((row::signed("start_offset", span.start)?, row::signed("end_offset", span.end)?))
}

/// `?1` is the log; each row adds nine values.
fn insert_sql(rows: usize) -> String {
    let values = |row: usize| {
        let numbers: Vec<String> = (0..9).map(|n| format!("?{}", 2 + row * 9 + n)).collect();
        format!("(?1, {})", numbers.join(", "))
    };
    let rows: Vec<String> = (0..rows).map(values).collect();
    format!("{INSERT} {}", rows.join(", "))
}

fn insert(
    statement: &mut rusqlite::Statement<'_>,
    next_id: &mut dyn FnMut() -> String,
    log: &LogFileId,
    spans: &[&NewSpan<'_>],
) -> Result<(), StoreError> {
    statement.raw_bind_parameter(1, log.as_str())?;
    for (row, span) in spans.iter().enumerate() {
        let (start, end) = offsets(span)?;
        let mut number = 2 + row * 9;
        let mut bind = |value: &dyn ToSql| {
            let bound = statement.raw_bind_parameter(number, value);
            number += 1;
            bound
        };
        bind(&next_id())?;
        bind(&span.pii_type)?;
        bind(&start)?;
        bind(&end)?;
        bind(&span.original)?;
        bind(&span.replacement)?;
        bind(&span.state.as_str())?;
        bind(&span.confidence)?;
        bind(&span.detector)?;
    }
    statement.raw_execute()?;
    Ok(())
}
