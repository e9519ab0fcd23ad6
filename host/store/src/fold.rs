//! Lists of attachments across issues, with the search over their names.
//!
//! Upper and lower case are alike in every script, which SQLite's own `lower()` knows for ASCII only; everything else of
//! the searched text, `%` and `_` among it, stands for itself.

use rusqlite::{Connection, Row, named_params};
use trcaa_model::id::IssueId;

use crate::StoreError;
use crate::issues::LIST_ROWS_MAX;

/// The column of both attachment views that holds the file's name.
const NAME_COLUMN: usize = 2;

/// Which rows of a view are wanted.
pub(crate) struct Page<'f> {
    /// Only this issue's.
    pub(crate) issue: Option<&'f IssueId>,
    /// Only names that contain this.
    pub(crate) search: Option<&'f str>,
    /// At most so many.
    pub(crate) limit: u32,
    /// Rows to pass over.
    pub(crate) offset: u32,
}

/// Runs a list's query, which takes `:issue`, `:limit` and `:offset` and has the name in its third column.
pub(crate) fn listed<T>(
    conn: &Connection,
    sql: &str,
    page: &Page<'_>,
    map: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let wanted = page.search.map(folded);
    let limit = page.limit.min(LIST_ROWS_MAX);
    // A search goes over all rows in their order and stops with the last one wanted; pages are counted after it.
    let (sql_limit, sql_offset) = if wanted.is_some() { (-1, 0) } else { (i64::from(limit), i64::from(page.offset)) };
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(named_params! {
        ":issue": page.issue.map(IssueId::as_str),
        ":limit": sql_limit,
        ":offset": sql_offset,
    })?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut pass_over = if wanted.is_some() { page.offset } else { 0 };
    let mut found = Vec::new();
    while found.len() < limit
        && let Some(row) = rows.next()?
    {
        if let Some(wanted) = &wanted {
            let name = String::from_utf8_lossy(row.get_ref(NAME_COLUMN)?.as_bytes().unwrap_or_default());
            if !folded(&name).contains(wanted.as_str()) {
                continue;
            }
            if pass_over > 0 {
                pass_over -= 1;
                continue;
            }
        }
        found.push(map(row)?);
    }
    Ok(found)
}

/// The text without the difference of upper and lower case: `Straße` and `STRASSE`, `Σ`, `σ` and `ς` become the same.
///
/// By character, as a sigma at the end of a word has another lower case than one at the end of what is searched for.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::folded;

    #[test]
    fn case_does_not_count_in_any_script() {
        for (name, search) in [
            ("Straße.LOG", "STRASSE"),
            ("ПРИЛОЖЕНИЕ.log", "приложение"),
            ("ΟΔΥΣΣΕΥΣ.txt", "οδυσσευς"),
            ("ΟΔΥΣΣΕΥΣ.txt", "οδυσσευσ"),
            ("Çığ ÅNGSTRÖM", "ångström"),
            ("100%_done", "%_D"),
        ] {
            assert!(folded(name).contains(&folded(search)), "{name} {search}");
        }
        assert!(!folded("100 done").contains(&folded("%")));
        assert!(!folded("app.log").contains(&folded("a_p")));
    }
}
