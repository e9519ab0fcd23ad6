//! Full-text search over issues. What a person typed is data: it reaches MATCH only as quoted phrases.
//!
//! The index sees letters and digits only: to it, `c++` is `c`. So matches that hold what was typed to the letter come
//! first, and a query without any letter or digit is looked for in the texts themselves. Of the matches of a word that is
//! nearly everywhere, the newest [`RANKED_MAX`] are ranked, and as many of those with all words in the title: that bounds
//! the time, and who gets so many hits has to say more anyway.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};
use trcaa_model::id::IssueId;
use trcaa_model::issue::SearchHit;

use crate::issues::LIST_ROWS_MAX;
use crate::words::{Words, snippet, words_of};
use crate::{Store, StoreError, row};

/// Matches that are ranked, the newest: what every other issue holds says little, and ranking 100,000 takes 0.1 s.
const RANKED_MAX: u32 = 1_000;
/// Of those, the ones that are looked for by their titles alone.
const TITLED_MAX: u32 = 200;
/// Marks of a match inside a snippet; taken out before it is handed on.
const MARKS: [char; 2] = ['\u{1}', '\u{2}'];

impl Store {
    /// Finds issues whose title or description holds all words, the best match first; the last word may be unfinished.
    ///
    /// Issues with the last word as it was typed come before those where it only begins one, and of equal matches the
    /// newer comes first. Every text is a search: `c++`, `NEAR(`, `*` and `foo"bar` too. One without a word finds nothing.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let limit = limit.min(LIST_ROWS_MAX);
        let words = words_of(query);
        let Some(terms) = match_terms(&words) else { return self.search_to_the_letter(query, limit) };
        // What the index does not see of a word: its dots, its plus signs.
        let marked: Vec<String> = words
            .iter()
            .filter(|word| !word.chars().all(char::is_alphanumeric))
            .map(|word| word.to_ascii_lowercase())
            .collect();
        let Some(whole) = terms.strip_suffix('*') else { return self.matching(&terms, &marked, limit) };
        // A prefix has the index merge the lists of all words that begin so: only where the word itself finds too few.
        let mut hits = self.matching(whole, &marked, limit)?;
        if (hits.len() as u64) < u64::from(limit) {
            let known: HashSet<IssueId> = hits.iter().map(|hit| hit.issue_id.clone()).collect();
            let more = self.matching(&terms, &marked, limit)?;
            let left = limit as usize - hits.len();
            hits.extend(more.into_iter().filter(|hit| !known.contains(&hit.issue_id)).take(left));
        }
        // Scripts without spaces are one word to the index, of which it finds the beginning only.
        if hits.is_empty() && !query.is_ascii() { self.search_to_the_letter(query, limit) } else { Ok(hits) }
    }

    /// The best `limit` matches of an expression, those that hold the `marked` words to the letter first. Ranked first
    /// and cut out then: SQLite would make the snippets of all of them before it sorts.
    fn matching(&self, terms: &str, marked: &[String], limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let sql = "SELECT rowid, bm25(issues_fts, 0.0, 4.0, 1.0) FROM issues_fts WHERE issues_fts MATCH ?1
                   ORDER BY rowid DESC LIMIT ?2";
        let newest = limit.max(RANKED_MAX);
        let rank = |terms: &str, most: u32| {
            row::all(&self.conn, sql, params![terms, most], |row| Ok((row.get(0)?, row.get(1)?)))
        };
        let mut ranked: Vec<(i64, f64)> = rank(terms, newest)?;
        // The better a match, the lower its number; the sort is stable, so of equal ones the newer stays before.
        ranked.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        if ranked.len() as u64 == u64::from(newest) && !terms.ends_with('*') {
            // Of a word that is nearly everywhere, those with it in the title come first, older ones too. Not of its mere
            // beginning: the index would merge the lists of all words that begin so once more.
            let mut titled: Vec<(i64, f64)> = rank(&format!("title : ({terms})"), limit.max(TITLED_MAX))?;
            titled.sort_by(|(_, one), (_, other)| one.total_cmp(other));
            let known: HashSet<i64> = titled.iter().map(|(rowid, _)| *rowid).collect();
            ranked.retain(|(rowid, _)| !known.contains(rowid));
            ranked.splice(0..0, titled);
        }
        if !marked.is_empty() {
            let exact = self.to_the_letter(&ranked, marked)?;
            ranked.sort_by_key(|(rowid, _)| !exact.contains(rowid));
        }
        ranked.truncate(limit as usize);
        let rowids: Vec<i64> = ranked.iter().map(|(rowid, _)| *rowid).collect();
        let (Some(first), Some(last)) = (rowids.iter().min(), rowids.iter().max()) else { return Ok(Vec::new()) };
        // One pass over the range: asked for row by row, a prefix would be merged anew for each. The plus keeps SQLite
        // from doing that by itself.
        let sql = "SELECT i.rowid, i.id, i.title, snippet(issues_fts, 1, char(1), char(2), '…', 12),
                          snippet(issues_fts, 2, char(1), char(2), '…', 12)
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

    /// Which of these rows hold every marked word as it was typed.
    fn to_the_letter(&self, ranked: &[(i64, f64)], marked: &[String]) -> Result<HashSet<i64>, StoreError> {
        let sql = "SELECT i.rowid FROM json_each(?1) AS wanted JOIN issues i ON i.rowid = wanted.value
                   WHERE NOT EXISTS (SELECT 1 FROM json_each(?2) AS word
                       WHERE instr(lower(i.title), word.value) = 0
                           AND instr(lower(COALESCE(i.description, '')), word.value) = 0)";
        let rowids = serde_json::Value::from(ranked.iter().map(|(rowid, _)| *rowid).collect::<Vec<_>>()).to_string();
        let words = serde_json::Value::from(marked.to_vec()).to_string();
        Ok(row::all(&self.conn, sql, [rowids, words], |row| Ok(row.get(0)?))?.into_iter().collect())
    }

    /// Finds words that the index does not know, such as `*`, titles first and newest first.
    fn search_to_the_letter(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(words) = Words::new(query) else { return Ok(Vec::new()) };
        let mut hits = self.scan_issues("title", &words, limit as usize)?;
        let left = (limit as usize).saturating_sub(hits.len());
        let titled: HashSet<IssueId> = hits.iter().map(|hit| hit.issue_id.clone()).collect();
        let described = self.scan_issues("description", &words, left + titled.len())?;
        hits.extend(described.into_iter().filter(|hit| !titled.contains(&hit.issue_id)).take(left));
        Ok(hits)
    }

    /// Looks through one column of all issues, newest first.
    pub(crate) fn scan_issues(
        &self,
        column: &'static str,
        words: &Words,
        most: usize,
    ) -> Result<Vec<SearchHit>, StoreError> {
        let sql = format!("SELECT id, title, {column} FROM issues ORDER BY created_at DESC, rowid DESC");
        let mut statement = self.conn.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut hits = Vec::new();
        while hits.len() < most {
            let Some(row) = rows.next()? else { break };
            let text = row.get_ref(2)?.as_str_or_null().ok().flatten().unwrap_or_default();
            if let Some(at) = words.find_in(text) {
                hits.push(SearchHit {
                    issue_id: IssueId::from_stored(row.get::<_, String>(0)?),
                    title: row.get(1)?,
                    snippet: snippet(text, at),
                    field: column.to_owned(),
                });
            }
        }
        Ok(hits)
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
fn match_terms(words: &[String]) -> Option<String> {
    // A quote would end the phrase; it separates words to a reader anyway.
    let words: Vec<&str> =
        words.iter().flat_map(|word| word.split('"')).filter(|word| word.chars().any(char::is_alphanumeric)).collect();
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
    use super::*;

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
            assert_eq!(match_terms(&words_of(query)).as_deref(), expected, "{query:?}");
        }
    }
}
