//! Searching everything that is kept of all issues: messages, steps, documents, names, timeline, and the text of logs.
//!
//! It has no index. What is searched is what is stored, at that moment, so it is always in step with edits, deletes,
//! VACUUM and import; no second copy of log text grows the database or outlives a delete; and
//! unpacking a log costs more time than looking through it. What it costs is a read of the store per search.
//!
//! All words have to be in one text: one message, one question, answer or evidence, one line of a log. Hits come ranked:
//! titles, descriptions, then the other texts of the newest issue, the next one, and so on; logs' text last, as that is
//! most of the work. The search ends as soon as there are enough hits. A log gives at most [`HITS_PER_LOG_MAX`].

use std::collections::HashSet;

use rusqlite::params;
use trcaa_model::id::{IssueId, LogFileId};
use trcaa_model::issue::SearchHit;

use crate::issues::LIST_ROWS_MAX;
use crate::scan::lines_with;
use crate::words::{Words, snippet};
use crate::{Store, StoreError, row};

/// Lines that one log contributes: a noisy log must not fill the list.
pub const HITS_PER_LOG_MAX: usize = 3;
/// Logs that could not be read and are named.
const UNREAD_MAX: usize = 100;

/// What a deep search found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeepSearch {
    /// Best first.
    pub hits: Vec<SearchHit>,
    /// Logs whose text could not be read, with the reason; at most 100.
    pub unread: Vec<(LogFileId, String)>,
}

/// Gets told what a deep search has done.
pub trait DeepProgress {
    /// So many logs' original bytes will be looked at, at most.
    fn logs(&self, bytes: u64);
    /// A log of so many original bytes is done.
    fn log_done(&self, bytes: u64);
}

struct LogToScan {
    id: LogFileId,
    name: String,
    bytes: u64,
    issue_id: IssueId,
    title: String,
}

impl Store {
    /// Finds all words in anything that is kept, as the module's head says; at most `limit` hits.
    ///
    /// # Errors
    /// Those of SQLite. A log that cannot be read is told in the answer.
    pub fn search_deep(&self, query: &str, limit: u32, progress: &dyn DeepProgress) -> Result<DeepSearch, StoreError> {
        let most = limit.min(LIST_ROWS_MAX) as usize;
        let Some(words) = Words::new(query) else { return Ok(DeepSearch::default()) };
        let mut found = DeepSearch { hits: self.search(query, limit)?, unread: Vec::new() };
        // The index finds beginnings of words; what else is in titles and descriptions comes after that.
        for column in ["title", "description"] {
            let known: HashSet<IssueId> = found.hits.iter().map(|hit| hit.issue_id.clone()).collect();
            let more = self.scan_issues(column, &words, most)?;
            let room = most.saturating_sub(found.hits.len());
            found.hits.extend(more.into_iter().filter(|hit| !known.contains(&hit.issue_id)).take(room));
        }
        self.scan_rows(&words, most, &mut found.hits)?;
        if found.hits.len() < most {
            self.scan_logs(&words, most, &mut found, progress)?;
        }
        Ok(found)
    }

    fn scan_rows(&self, words: &Words, most: usize, hits: &mut Vec<SearchHit>) -> Result<(), StoreError> {
        // One look-up by index per issue and table, so that no result is sorted, and texts are seen one at a time.
        let texts = "SELECT 'message', m.content FROM ai_conversations c JOIN ai_messages m ON m.conversation_id = c.id
                         WHERE c.issue_id = ?1
             UNION ALL SELECT 'resolution_step', why_question FROM resolution_steps WHERE issue_id = ?1
             UNION ALL SELECT 'resolution_step', answer FROM resolution_steps WHERE issue_id = ?1
             UNION ALL SELECT 'resolution_step', evidence FROM resolution_steps WHERE issue_id = ?1
             UNION ALL SELECT 'document', title FROM documents WHERE issue_id = ?1
             UNION ALL SELECT 'document', content_md FROM documents WHERE issue_id = ?1
             UNION ALL SELECT 'log_name', file_name FROM log_files WHERE issue_id = ?1
             UNION ALL SELECT 'timeline', description FROM timeline_events WHERE issue_id = ?1
             UNION ALL SELECT 'timeline', metadata FROM timeline_events WHERE issue_id = ?1";
        let mut issues =
            self.conn.prepare_cached("SELECT id, title FROM issues ORDER BY created_at DESC, rowid DESC")?;
        let mut issues = issues.query([])?;
        let mut texts = self.conn.prepare_cached(texts)?;
        while hits.len() < most {
            let Some(issue) = issues.next()? else { break };
            let id: String = issue.get(0)?;
            let mut rows = texts.query(params![id])?;
            while hits.len() < most {
                let Some(row) = rows.next()? else { break };
                let text = row.get_ref(1)?.as_str_or_null().ok().flatten().unwrap_or_default();
                if let Some(at) = words.find_in(text) {
                    hits.push(SearchHit {
                        issue_id: IssueId::from_stored(id.as_str()),
                        title: issue.get(1)?,
                        snippet: snippet(text, at),
                        field: row.get(0)?,
                    });
                }
            }
        }
        Ok(())
    }

    fn scan_logs(
        &self,
        words: &Words,
        most: usize,
        found: &mut DeepSearch,
        progress: &dyn DeepProgress,
    ) -> Result<(), StoreError> {
        // Names and sizes only; a store has thousands of logs, and not millions.
        let sql =
            "SELECT l.id, l.file_name, l.file_size, i.id, i.title FROM log_files l JOIN issues i ON i.id = l.issue_id
                   ORDER BY i.created_at DESC, i.rowid DESC, l.uploaded_at DESC, l.rowid DESC";
        let logs = row::all(&self.conn, sql, [], |row| {
            Ok(LogToScan {
                id: LogFileId::from_stored(row.get::<_, String>(0)?),
                name: row.get(1)?,
                bytes: row::unsigned(row.get(2)?),
                issue_id: IssueId::from_stored(row.get::<_, String>(3)?),
                title: row.get(4)?,
            })
        })?;
        // A size is what a row says, and may be anything.
        progress.logs(logs.iter().fold(0, |sum: u64, log| sum.saturating_add(log.bytes)));
        for log in logs {
            let room = most.saturating_sub(found.hits.len()).min(HITS_PER_LOG_MAX);
            if room == 0 {
                break;
            }
            let lines = self
                .open_text(&log.id)
                .map_err(|e| e.to_string())
                .and_then(|text| lines_with(text, words, room).map_err(|e| e.to_string()));
            match lines {
                Ok(lines) => found.hits.extend(lines.into_iter().map(|line| SearchHit {
                    issue_id: log.issue_id.clone(),
                    title: log.title.clone(),
                    snippet: format!("{}:{}: {}", log.name, line.number, line.snippet),
                    field: "log_text".to_owned(),
                })),
                Err(why) if found.unread.len() < UNREAD_MAX => found.unread.push((log.id, why)),
                Err(_) => {}
            }
            progress.log_done(log.bytes);
        }
        Ok(())
    }
}
