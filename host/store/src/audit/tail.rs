//! A look at the end of the chain, where the whole of it would take too long.

use trcaa_model::audit::AuditVerdict;

use super::{COLUMNS, Chain, entry_of};
use crate::{Store, StoreError, row};

impl Store {
    /// Checks the last `rows` of the chain: that each is as it was written and follows the one before. A trail that is
    /// not longer, or has rows without a hash there, is checked whole.
    ///
    /// # Errors
    /// Those of SQLite; a broken chain is no error but a verdict.
    pub fn verify_audit_tail(&self, rows: u32) -> Result<AuditVerdict, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM audit_log ORDER BY rowid DESC LIMIT ?1");
        let mut last = row::all(&self.conn, &sql, [i64::from(rows) + 1], entry_of)?;
        let first = last.pop().filter(|_| last.len() == rows as usize);
        let Some(prev) = first.and_then(|first| first.entry_hash) else { return self.verify_audit(None) };
        let mut chain = Chain { prev, chained: true, ..Chain::default() };
        for entry in last.into_iter().rev() {
            chain.entries += 1;
            if chain.follow(&entry).is_err() {
                let reason = Some("it is not as it was written, or does not follow the row before".to_owned());
                let entries = chain.entries;
                return Ok(AuditVerdict { entries, intact: false, first_bad_id: Some(entry.id), reason, head: None });
            }
        }
        Ok(AuditVerdict {
            entries: chain.entries,
            intact: true,
            first_bad_id: None,
            reason: None,
            head: Some(chain.prev),
        })
    }
}
