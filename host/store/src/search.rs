//! Full-text search over issues. What a person typed is data: it reaches MATCH only as quoted phrases.

use rusqlite::params;
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

impl Store {
    /// Finds issues whose title or description holds all words, the best match first; the last word may be unfinished.
    ///
    /// Every text is a search: `c++`, `NEAR(`, `*` and `foo"bar` too. One without a letter or digit finds nothing.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, StoreError> {
        let Some(terms) = match_terms(query) else { return Ok(Vec::new()) };
        let sql = "SELECT i.id, i.title, snippet(issues_fts, 1, char(1), char(2), '…', 24),
                          snippet(issues_fts, 2, char(1), char(2), '…', 24)
                   FROM issues_fts JOIN issues i ON i.rowid = issues_fts.rowid
                   WHERE issues_fts MATCH ?1 ORDER BY bm25(issues_fts, 0.0, 4.0, 1.0), i.rowid DESC LIMIT ?2";
        row::all(&self.conn, sql, params![terms, limit.min(LIST_ROWS_MAX)], |row| {
            let in_title: String = row.get::<_, Option<String>>(2)?.unwrap_or_default();
            let in_description: String = row.get::<_, Option<String>>(3)?.unwrap_or_default();
            let (field, snippet) =
                if in_title.contains(MARKS) { ("title", in_title) } else { ("description", in_description) };
            Ok(SearchHit {
                issue_id: IssueId::from_stored(row.get::<_, String>(0)?),
                title: row.get(1)?,
                snippet: snippet.replace(MARKS, ""),
                field: field.to_owned(),
            })
        })
    }
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
