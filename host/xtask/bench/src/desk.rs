//! What a host call costs beside crossing the border, the same on both sides: a grant is looked up, an audit record is
//! queued, a value is given back.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use trcaa_model::plugin::Grants;

/// Records that wait to be written; one more and the call is refused, as nothing may happen unaudited.
const QUEUED_MAX: usize = 4_096;

/// One entry of the audit trail, to be written by another thread.
pub(crate) struct Record {
    /// Who asked.
    pub(crate) plugin: String,
    /// For what.
    pub(crate) target: String,
    /// Whether it was allowed.
    pub(crate) allowed: bool,
}

/// Where guests ask.
pub(crate) struct Desk {
    grants: Grants,
    /// How often the guest is to ask, little-endian.
    pub(crate) times: [u8; 4],
    audit: SyncSender<Record>,
}

impl Desk {
    /// A desk under `grants`, and the other end of its queue.
    pub(crate) fn new(grants: Grants, times: u32) -> (Self, Receiver<Record>) {
        let (audit, records) = sync_channel(QUEUED_MAX);
        (Self { grants, times: times.to_le_bytes(), audit }, records)
    }

    /// Decides, queues the record of it, and answers; `None` is a refusal.
    pub(crate) fn get(&self, plugin: &str, key: &str) -> Option<Vec<u8>> {
        let allowed = self.grants.kv_bytes_max > 0;
        let record = Record { plugin: plugin.to_owned(), target: key.to_owned(), allowed };
        if self.audit.try_send(record).is_err() || !allowed {
            return None;
        }
        Some(if key == "times" { self.times.to_vec() } else { b"a value".to_vec() })
    }
}

/// Takes out what was queued; gives how many records there were, all of them allowed ones of somebody.
pub(crate) fn drain(records: &Receiver<Record>) -> usize {
    records.try_iter().filter(|r| r.allowed && !r.plugin.is_empty() && !r.target.is_empty()).count()
}
