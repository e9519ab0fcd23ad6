//! Full-text search over issues. What a person typed is data: it reaches MATCH only as quoted phrases.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};
use trcaa_model::id::IssueId;
use trcaa_model::issue::SearchHit;

use crate::issues::LIST_ROWS_MAX;
use crate::{Store, StoreError, row};

/// Characters of a query that count; nobody types more, and each term costs a look-up.
const QUERY_CHARS_MAX: usize = 1_000;
/// Terms of a query that count.
const TERMS_MAX: usize = 32;
/// Marks of a match inside a snippet; taken out before it is handed on.
const MARKS: [char; 2] = ['\u{1}', '\u{2}'];

/// Matches that are ranked, the newest: what every other issue holds says little, and ranking 100,000 takes 0.1 s.
const RANKED_MAX: u32 = 1_000;

impl Store {
    /// Finds issues whose title or description holds all words, the best match first; the last word may be unfinished.
    ///
    /// Issues with the last word as it was typed come before those where it only begins one. Of equal matches the newer
    /// comes first; where there are more than 1,000 and `limit`, the newest of them are ranked.
    /// Every text is a search: `c++`, `NEAR(`, `*` and `foo"bar` too. One without a letter or digit finds nothing.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(terms) = match_terms(query) else { return Ok(Vec::new()) };
        let limit = limit.min(LIST_ROWS_MAX);
        let Some(whole) = terms.strip_suffix('*') else { return self.matching(&terms, limit) };
        // A prefix has the index merge the lists of all words that begin so: only where the word itself finds too few.
        let mut hits = self.matching(whole, limit)?;
        if (hits.len() as u64) < u64::from(limit) {
            let known: HashSet<IssueId> = hits.iter().map(|hit| hit.issue_id.clone()).collect();
            let more = self.matching(&terms, limit)?.into_iter().filter(|hit| !known.contains(&hit.issue_id));
            hits.extend(more.take(limit as usize - hits.len()));
        }
        Ok(hits)
    }

    /// The best `limit` matches of an expression. Ranked first and cut out then: SQLite would make the snippets of all
    /// of them before it sorts.
    fn matching(&self, terms: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let sql = "SELECT rowid, bm25(issues_fts, 0.0, 4.0, 1.0) FROM issues_fts WHERE issues_fts MATCH ?1
                   ORDER BY rowid DESC LIMIT ?2";
        let mut ranked: Vec<(i64, f64)> =
            row::all(&self.conn, sql, params![terms, limit.max(RANKED_MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The better a match, the lower its number; the sort is stable, so of equal ones the newer stays before.
        ranked.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        ranked.truncate(limit as usize);
        let rowids: Vec<i64> = ranked.iter().map(|(rowid, _)| *rowid).collect();
        let (Some(first), Some(last)) = (rowids.iter().min(), rowids.iter().max()) else { return Ok(Vec::new()) };
        // One pass over the range: asked for row by row, a prefix would be merged anew for each. The plus keeps SQLite
        // from doing that by itself.
        let sql = "SELECT i.rowid, i.id, i.title, snippet(issues_fts, 1, char(1), char(2), '…', 24),
                          snippet(issues_fts, 2, char(1), char(2), '…', 24)
                   FROM issues_fts CROSS JOIN issues i ON i.rowid = issues_fts.rowid
                   WHERE issues_fts MATCH ?1 AND issues_fts.rowid BETWEEN ?2 AND ?3
                       AND +issues_fts.rowid IN (SELECT value FROM json_each(?4))";
        let wanted = serde_json::Value::from(rowids.clone()).to_string();
        let mut found: HashMap<i64, SearchHit> =
            row::all(&self.conn, sql, params![terms, first, last, wanted], |row| Ok((row.get(0)?, hit_of(row)?)))?
                .into_iter()
                .collect();
        Ok(rowids.iter().filter_map(|rowid| found.remove(rowid)).collect())
    }
}

fn hit_of(row: &Row<'_>) -> Result<SearchHit, StoreError> {
    let in_title: String = row.get::<_, Option<String>>(3)?.unwrap_or_default();
    let in_description: String = row.get::<_, Option<String>>(4)?.unwrap_or_default();
    let (field, snippet) = if in_title.contains(MARKS) { ("title", in_title) } else { ("description", in_description) };
    Ok(SearchHit {
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        title: row.get(2)?,
        snippet: snippet.replace(MARKS, ""),
        field: field.to_owned(),
    })
}

/// Writes each word as a quoted phrase, the last one as a prefix; `None` where no word has anything to look up.
fn match_terms(query: &str) -> Option<String> {
    // A quote would end the phrase and a NUL the whole expression; both separate words to a reader anyway.
    let clean: String =
        query.chars().take(QUERY_CHARS_MAX).map(|c| if c == '"' || c.is_control() { ' ' } else { c }).collect();
    let words: Vec<&str> =
        clean.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).take(TERMS_MAX).collect();
    let last = words.last()?;
    let mut terms = words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
    // `c++` is finished: as a prefix it would find every word that begins with c.
    if last.ends_with(char::is_alphanumeric) {
        terms.push('*');
    }
    Some(terms)
}

#[cfg(test)]
mod tests {
    use super::match_terms;

    #[test]
    fn words_become_quoted_phrases() {
        for (query, expected) in [
            ("disk full", Some("\"disk\" \"full\"*")),
            ("foo\"bar", Some("\"foo\" \"bar\"*")),
            ("error: x", Some("\"error:\" \"x\"*")),
            ("c++", Some("\"c++\"")),
            ("10.0.0.1", Some("\"10.0.0.1\"*")),
            ("NEAR(", Some("\"NEAR(\"")),
            ("a\0b OR", Some("\"a\" \"b\" \"OR\"*")),
            ("*", None),
            ("\"\"", None),
            ("", None),
        ] {
            assert_eq!(match_terms(query).as_deref(), expected, "{query:?}");
        }
    }
}
