//! The pseudonyms of an issue between the store and those who give out placeholders.
//!
//! Invariant: work that lost a race for a placeholder is done again with what the other process wrote.

use trcaa_model::id::IssueId;
use trcaa_redact::{Pseudonym, Pseudonyms};
use trcaa_store::{Store, StoreError, Tx};

use crate::{App, AppError};

/// Times that work is tried when another process gave out pseudonyms meanwhile.
pub(crate) const CLASH_TRIES: usize = 10;
/// What the store calls that.
pub(crate) const CLASH_CODE: &str = "pseudonym_clash";

impl App {
    pub(crate) fn pseudonyms(&self, issue: &IssueId) -> Result<Pseudonyms, AppError> {
        pseudonyms_of(&self.store, issue)
    }
}

/// The pseudonyms of an issue as they are stored.
pub(crate) fn pseudonyms_of(store: &Store, issue: &IssueId) -> Result<Pseudonyms, AppError> {
    let rows = store.pseudonyms(issue)?.into_iter().map(|row| Pseudonym {
        label: row.label,
        ordinal: row.ordinal,
        value: row.value.expose().to_owned(),
    });
    Ok(Pseudonyms::from_rows(rows)?)
}

/// Does `work` again when another process gave out pseudonyms of the same issue meanwhile: it reads them anew.
pub(super) fn retrying<T>(work: impl Fn() -> Result<T, AppError>) -> Result<T, AppError> {
    for _ in 1..CLASH_TRIES {
        match work() {
            Err(error) if error.code == CLASH_CODE => {}
            done => return done,
        }
    }
    work()
}

pub(crate) fn save_pseudonyms(tx: &Tx<'_>, issue: &IssueId, pseudonyms: &Pseudonyms) -> Result<(), StoreError> {
    let given: Vec<(&str, u32, &str)> =
        pseudonyms.unsaved().iter().map(|p| (p.label.as_str(), p.ordinal, p.value.as_str())).collect();
    tx.insert_pseudonyms(issue, &given)?;
    Ok(())
}
