//! From SQL rows to model types.

use std::str::FromStr;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Params, Row};

use crate::StoreError;

/// Runs a query and maps every row.
pub(crate) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(map(row)?);
    }
    Ok(found)
}

/// Runs a query and maps its first row, if there is one.
pub(crate) fn first<T>(
    conn: &Connection,
    sql: &str,
    params: impl Params,
    map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?.map(map).transpose()
}

/// Runs a statement; returns how many rows it changed.
pub(crate) fn execute(conn: &Connection, sql: &str, params: impl Params) -> Result<usize, StoreError> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// A cell as text whatever it holds: bytes that are no UTF-8 are replaced, NULL is empty.
pub(crate) fn lossy(row: &Row<'_>, index: usize) -> Result<String, StoreError> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    })
}

/// As [`lossy`], with NULL as `None`.
pub(crate) fn lossy_or_null(row: &Row<'_>, index: usize) -> Result<Option<String>, StoreError> {
    Ok(match row.get_ref(index)? {
        ValueRef::Null => None,
        _ => Some(lossy(row, index)?),
    })
}

/// Parses a stored text, naming the row where it does not.
pub(crate) fn parsed<T: FromStr>(table: &'static str, id: &str, text: &str) -> Result<T, StoreError>
where
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|e: T::Err| StoreError::BadRow { table, id: id.to_owned(), reason: e.to_string() })
}

/// Parses stored JSON, naming the row where it does not.
pub(crate) fn json(table: &'static str, id: &str, text: &str) -> Result<serde_json::Value, StoreError> {
    parsed(table, id, text)
}

/// A count or size that is never negative; what an earlier product wrote below zero reads as zero.
pub(crate) fn unsigned(value: Option<i64>) -> u64 {
    value.and_then(|v| u64::try_from(v).ok()).unwrap_or(0)
}

/// The other way round; SQLite's integers are signed.
pub(crate) fn signed(what: &'static str, value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Invalid { what, reason: format!("{value} is too large") })
}
