//! The source's audit trail: its rows become links of our chain, and its own chain is checked by its own rules.

use rusqlite::types::Value;
use sha2::{Digest as _, Sha256};
use trcaa_model::audit::AuditEntry;

use super::Importer;
use super::report::{SourceChain, named};
use super::rows::{Incoming, Made};
use crate::StoreError;
use crate::audit::{AUDIT_CHAIN_FORMAT, Chain};

/// Stands before the user of every row taken over, inside its hash: it never passes for a row of this store's own.
const IMPORTED: &str = "imported:";

/// Appends a row as history: its id, moment, action and details as they were; its link is ours, and its user is marked.
pub(super) fn append(importer: &Importer<'_>, made: &Made) -> Result<(), StoreError> {
    let text = |index: usize| match made.values.get(index) {
        Some(Value::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let details = Some(text(6)).filter(|details| !details.is_empty());
    importer.tx.append_audit(AuditEntry {
        id: text(0),
        timestamp: text(1),
        action: text(2),
        entity_type: text(3),
        entity_id: text(4),
        user_id: marked(&text(5)),
        details,
        prev_hash: None,
        entry_hash: None,
    })?;
    Ok(())
}

/// The mark, once: a trail that goes from store to store does not collect them.
fn marked(user: &str) -> String {
    if user.starts_with(IMPORTED) { user.to_owned() } else { format!("{IMPORTED}{user}") }
}

/// Follows a chain of either kind, row by row in the order of writing.
#[derive(Default)]
pub(super) struct Follower {
    hashed: u64,
    unhashed: u64,
    head: Option<String>,
    ours: Chain,
    ours_bad: Option<String>,
    earlier_prev: String,
    earlier_bad: Option<String>,
    /// Which rules the first hashed row fits.
    first_is_ours: Option<bool>,
}

impl Follower {
    pub(super) fn follow(&mut self, row: &Incoming) {
        let raw = |column: &str| row.get(column).text().map(|(text, _)| text);
        let hash = |column: &str| raw(column).filter(|hash| !hash.is_empty());
        let entry = AuditEntry {
            id: raw("id").unwrap_or_default(),
            timestamp: raw("timestamp").unwrap_or_default(),
            action: raw("action").unwrap_or_default(),
            entity_type: raw("entity_type").unwrap_or_default(),
            entity_id: raw("entity_id").unwrap_or_default(),
            user_id: raw("user_id").unwrap_or_default(),
            details: raw("details"),
            prev_hash: raw("prev_hash"),
            entry_hash: hash("entry_hash"),
        };
        let Some(stored) = &entry.entry_hash else {
            self.unhashed += 1;
            let _ = self.ours.follow(&AuditEntry { prev_hash: None, ..entry });
            return;
        };
        self.hashed += 1;
        let ours = self.ours.follow(&entry).is_ok();
        let prev = entry.prev_hash.as_deref().unwrap_or_default();
        let earlier = prev == self.earlier_prev && *stored == earlier_hash(prev, &entry);
        self.first_is_ours.get_or_insert(ours);
        if !ours {
            self.ours_bad.get_or_insert_with(|| named(&entry.id));
        }
        if !earlier {
            self.earlier_bad.get_or_insert_with(|| named(&entry.id));
        }
        self.earlier_prev.clone_from(stored);
        self.head = Some(named(stored));
    }

    /// What the source's chain is worth.
    pub(super) fn verdict(self) -> SourceChain {
        let first_bad_id = if self.first_is_ours == Some(true) { self.ours_bad } else { self.earlier_bad };
        SourceChain {
            hashed: self.hashed,
            unhashed: self.unhashed,
            format: match self.first_is_ours {
                None => "none",
                Some(true) => AUDIT_CHAIN_FORMAT,
                Some(false) => "earlier",
            },
            intact: self.first_is_ours.map(|_| first_bad_id.is_none()),
            first_bad_id,
            head: self.head,
        }
    }
}

/// The earlier product's hash: fields joined by bars. It is ambiguous, so it is checked and not carried on.
fn earlier_hash(prev: &str, entry: &AuditEntry) -> String {
    let AuditEntry { id, timestamp, action, entity_type, entity_id, user_id, .. } = entry;
    let details = entry.details.as_deref().unwrap_or_default();
    hex::encode(Sha256::digest(format!(
        "{prev}|{id}|{timestamp}|{action}|{entity_type}|{entity_id}|{user_id}|{details}"
    )))
}
