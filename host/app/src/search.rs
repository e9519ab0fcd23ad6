//! Searching: by the index, or through everything.

use trcaa_model::issue::SearchHit;
use trcaa_store::{DeepProgress, DeepSearch};

use crate::{App, AppError, Progress};

/// Shows the logs' bytes as they are looked through.
struct Shown<'a>(&'a dyn Progress);

impl DeepProgress for Shown<'_> {
    fn logs(&self, bytes: u64) {
        self.0.begin("searching logs", Some(bytes));
    }

    fn log_done(&self, bytes: u64) {
        self.0.advance(bytes);
    }
}

impl App {
    /// Finds issues by title and description.
    ///
    /// # Errors
    /// Those of the store.
    pub fn search(&self, query: &str, limit: u32) -> Result<Vec<SearchHit>, AppError> {
        Ok(self.store.search(query, limit)?)
    }

    /// Finds anything that is kept: texts of all kinds, and lines of logs.
    ///
    /// # Errors
    /// Those of the store; a log that cannot be read is told in the answer.
    pub fn search_deep(&self, query: &str, limit: u32) -> Result<DeepSearch, AppError> {
        let found = self.store.search_deep(query, limit, &Shown(self.progress.as_ref()));
        self.progress.end();
        Ok(found?)
    }
}
