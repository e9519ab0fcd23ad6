//! Ids: resolving what a person typed, and making many at once.

use std::sync::Mutex;

use rusqlite::params;
use trcaa_model::env::{Clock, Entropy};
use trcaa_model::id::{ConversationId, DocumentId, ImageId, IssueId, LogFileId, PiiSpanId, uuid_v7};

use crate::{Store, StoreError, row};

/// Fewest characters of a prefix or suffix.
pub const ID_FRAGMENT_CHARS_MIN: usize = 6;
/// More than any id has; what is longer is no fragment of one.
pub(crate) const ID_FRAGMENT_CHARS_MAX: usize = 256;
/// How many fitting ids an error names.
pub(crate) const MATCHES_MAX: u32 = 5;

macro_rules! resolvers {
    ($($(#[$doc:meta])* $name:ident: $id:ident, $what:literal, $table:literal;)*) => {
        impl Store {$(
            $(#[$doc])*
            ///
            /// Takes a whole id, a prefix or suffix of [`ID_FRAGMENT_CHARS_MIN`] characters or more (case does not
            /// count), or `last` for the row made last.
            ///
            /// # Errors
            /// [`StoreError::NoSuch`], [`StoreError::Ambiguous`], [`StoreError::IdTooShort`].
            pub fn $name(&self, text: &str) -> Result<$id, StoreError> {
                let last = concat!("SELECT id FROM ", $table, " ORDER BY rowid DESC LIMIT 1");
                let exact = concat!("SELECT id FROM ", $table, " WHERE id = ?1");
                let fragment = concat!(
                    "SELECT id FROM ", $table, " WHERE substr(lower(id), 1, ?2) = ?1 OR substr(lower(id), -?2) = ?1 LIMIT ?3"
                );
                self.resolve($what, [last, exact, fragment], text).map($id::from_stored)
            }
        )*}
    };
}

resolvers! {
    /// Finds an issue.
    resolve_issue: IssueId, "issue", "issues";
    /// Finds a log.
    resolve_log: LogFileId, "log", "log_files";
    /// Finds an image.
    resolve_image: ImageId, "image", "image_attachments";
    /// Finds a span.
    resolve_span: PiiSpanId, "span", "pii_spans";
    /// Finds a conversation.
    resolve_conversation: ConversationId, "conversation", "ai_conversations";
    /// Finds a document.
    resolve_document: DocumentId, "document", "documents";
}

impl Store {
    /// Finds a kubeconfig's id as the others are found.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], [`StoreError::Ambiguous`], [`StoreError::IdTooShort`].
    pub(crate) fn resolve_kubeconfig(&self, text: &str) -> Result<String, StoreError> {
        self.resolve_plain("kubeconfig", "kubeconfig_files", text)
    }

    /// Finds an execution's id as the others are found.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], [`StoreError::Ambiguous`], [`StoreError::IdTooShort`].
    pub fn resolve_execution(&self, text: &str) -> Result<String, StoreError> {
        self.resolve_plain("execution", "command_executions", text)
    }

    fn resolve_plain(&self, what: &'static str, table: &str, text: &str) -> Result<String, StoreError> {
        let last = format!("SELECT id FROM {table} ORDER BY rowid DESC LIMIT 1");
        let exact = format!("SELECT id FROM {table} WHERE id = ?1");
        let fragment = format!(
            "SELECT id FROM {table} WHERE substr(lower(id), 1, ?2) = ?1 OR substr(lower(id), -?2) = ?1 LIMIT ?3"
        );
        self.resolve(what, [&last, &exact, &fragment], text)
    }

    fn resolve(
        &self,
        what: &'static str,
        [last, exact, fragment]: [&str; 3],
        text: &str,
    ) -> Result<String, StoreError> {
        let text = text.trim();
        let id = |row: &rusqlite::Row<'_>| Ok(row.get::<_, String>(0)?);
        let given = || text.chars().take(ID_FRAGMENT_CHARS_MAX).collect::<String>();
        if text == "last" {
            return row::first(&self.conn, last, [], id)?.ok_or_else(|| StoreError::NoSuch { what, given: given() });
        }
        if let Some(found) = row::first(&self.conn, exact, [text], id)? {
            return Ok(found);
        }
        let chars = text.chars().count();
        if chars < ID_FRAGMENT_CHARS_MIN {
            return Err(StoreError::IdTooShort { what, given: given() });
        }
        if chars > ID_FRAGMENT_CHARS_MAX {
            return Err(StoreError::NoSuch { what, given: given() });
        }
        let wanted = text.to_ascii_lowercase();
        let mut matches = row::all(&self.conn, fragment, params![wanted, chars as i64, MATCHES_MAX], id)?;
        match matches.len() {
            0 => Err(StoreError::NoSuch { what, given: given() }),
            1 => Ok(matches.remove(0)),
            _ => Err(StoreError::Ambiguous { what, given: given(), matches }),
        }
    }
}

/// Makes ids whose order is that of their making even within one millisecond (RFC 9562, 6.2, method 2), so that a
/// bulk insert appends to its index instead of scattering over it.
pub(crate) struct IdRun<'c> {
    clock: &'c dyn Clock,
    counter: Counter,
}

impl<'c> IdRun<'c> {
    pub(crate) fn new(clock: &'c dyn Clock, entropy: &dyn Entropy) -> Self {
        let mut start = [0u8; 10];
        entropy.fill(&mut start);
        // Room to count up in without a carry out of the top.
        start[0] &= 0x07;
        start[2] &= 0x1f;
        Self { clock, counter: Counter(Mutex::new(start)) }
    }

    pub(crate) fn next(&self) -> String {
        uuid_v7(self.clock, &self.counter)
    }
}

/// Hands out a number that grows by one, as if it were random bytes.
struct Counter(Mutex<[u8; 10]>);

impl Entropy for Counter {
    fn fill(&self, buffer: &mut [u8]) {
        let mut bytes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        // The uuid keeps 12 + 62 of 80 bits: the variant overwrites the top two of byte 2, so carries stop below them.
        for (index, byte) in bytes.iter_mut().enumerate().rev() {
            let limit = if index == 2 { 0x3f } else { 0xff };
            if *byte < limit {
                *byte += 1;
                break;
            }
            *byte = 0;
        }
        for (to, from) in buffer.iter_mut().zip(bytes.iter()) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use trcaa_model::env::fixed::{FixedClock, SeededEntropy};

    use super::*;

    #[test]
    fn ids_of_a_run_grow_over_every_carry() {
        let clock = FixedClock(1_700_000_000_000);
        let run = IdRun::new(&clock, &SeededEntropy::new(3));
        let mut before = run.next();
        for _ in 0..70_000 {
            let id = run.next();
            assert!(before < id, "{before} {id}");
            before = id;
        }
        *run.counter.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) =
            [1, 2, 0x3e, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe];
        let ids: Vec<String> = (0..4).map(|_| run.next()).collect();
        assert!(ids.is_sorted(), "{ids:?}");
    }
}
