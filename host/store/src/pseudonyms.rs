//! `issue_pseudonyms`: which value stands behind `[Email_1]` in one issue; encrypted, and found by a keyed hash.

use hmac::{Hmac, KeyInit as _, Mac as _};
use rusqlite::{Row, params};
use sha2::Sha256;
use trcaa_model::id::{IssueId, PseudonymId};
use trcaa_model::secret::Secret;

use crate::ids::IdRun;
use crate::keys::Purpose;
use crate::{Store, StoreError, Tx, row};

const TABLE: &str = "issue_pseudonyms";
const COLUMN: &str = "encrypted_value";

/// A value of an issue and what stands for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pseudonym {
    /// Row id.
    pub id: PseudonymId,
    /// Label, such as `Email`.
    pub label: String,
    /// Counted from 1 within issue and label.
    pub ordinal: u32,
    /// The value in clear.
    pub value: Secret,
}

/// Row without its value opened.
struct Sealed {
    id: String,
    label: String,
    ordinal: u32,
    value: String,
}

fn sealed_of(row: &Row<'_>) -> Result<Sealed, StoreError> {
    Ok(Sealed { id: row.get(0)?, label: row.get(1)?, ordinal: row.get(2)?, value: row.get(3)? })
}

impl Store {
    /// Lists an issue's pseudonyms with their values, by label and number.
    ///
    /// # Errors
    /// [`StoreError::Column`] for a value that does not open.
    pub fn pseudonyms(&self, issue: &IssueId) -> Result<Vec<Pseudonym>, StoreError> {
        let sql = "SELECT id, label, ordinal, encrypted_value FROM issue_pseudonyms
                   WHERE issue_id = ?1 ORDER BY label, ordinal";
        let cipher = self.column_cipher();
        let sealed = row::all(&self.conn, sql, [issue.as_str()], sealed_of)?;
        sealed
            .into_iter()
            .map(|sealed| {
                let failed =
                    |source| StoreError::Column { table: TABLE, column: COLUMN, id: sealed.id.clone(), source };
                let bytes = cipher.open(TABLE, COLUMN, &sealed.id, &sealed.value).map_err(failed)?;
                let value = Secret::new(String::from_utf8_lossy(&bytes));
                Ok(Pseudonym {
                    id: PseudonymId::from_stored(sealed.id),
                    label: sealed.label,
                    ordinal: sealed.ordinal,
                    value,
                })
            })
            .collect()
    }

    /// Finds what stands for a value in an issue, without opening any: label and number.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn pseudonym_of(&self, issue: &IssueId, value: &str) -> Result<Option<(String, u32)>, StoreError> {
        self.find_pseudonym(issue, &value_mac(&self.derived_key(Purpose::PseudonymLookup), issue, value))
    }

    fn find_pseudonym(&self, issue: &IssueId, mac: &str) -> Result<Option<(String, u32)>, StoreError> {
        let sql = "SELECT label, ordinal FROM issue_pseudonyms WHERE issue_id = ?1 AND value_mac = ?2";
        row::first(&self.conn, sql, [issue.as_str(), mac], |row| Ok((row.get(0)?, row.get(1)?)))
    }
}

impl Tx<'_> {
    /// Stores pseudonyms that were given out as (label, ordinal, value); what is stored already is passed over.
    ///
    /// # Errors
    /// [`StoreError::PseudonymClash`] where a value or a placeholder of the issue is stored with another partner: two processes
    /// gave out at once, and the caller reads [`Store::pseudonyms`] again.
    pub fn insert_pseudonyms(&self, issue: &IssueId, given: &[(&str, u32, &str)]) -> Result<usize, StoreError> {
        self.expect_issue(issue)?;
        let lookup = self.derived_key(Purpose::PseudonymLookup);
        let cipher = self.column_cipher();
        let run = IdRun::new(self.clock(), self.entropy());
        let now = self.now();
        let mut inserted = 0;
        for (label, ordinal, value) in given {
            let mac = value_mac(&lookup, issue, value);
            if let Some((stored_label, stored_ordinal)) = self.find_pseudonym(issue, &mac)? {
                if (stored_label.as_str(), stored_ordinal) == (*label, *ordinal) {
                    continue;
                }
                let reason = format!("the value of [{label}_{ordinal}] is stored as [{stored_label}_{stored_ordinal}]");
                return Err(StoreError::PseudonymClash { reason });
            }
            let taken = "SELECT 1 FROM issue_pseudonyms WHERE issue_id = ?1 AND label = ?2 AND ordinal = ?3";
            if row::first(&self.conn, taken, params![issue.as_str(), label, ordinal], |_| Ok(()))?.is_some() {
                let reason = format!("[{label}_{ordinal}] stands for another value already");
                return Err(StoreError::PseudonymClash { reason });
            }
            let id = run.next();
            let sealed = cipher.seal(TABLE, COLUMN, &id, value.as_bytes()).map_err(|source| StoreError::Column {
                table: TABLE,
                column: COLUMN,
                id: id.clone(),
                source,
            })?;
            row::execute(
                &self.conn,
                "INSERT INTO issue_pseudonyms (id, issue_id, label, ordinal, value_mac, encrypted_value, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![id, issue.as_str(), label, ordinal, mac, sealed, now],
            )?;
            inserted += 1;
        }
        Ok(inserted)
    }

    /// Returns what stands for a value in an issue, giving out the label's next number if nothing does yet.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for the issue.
    pub fn pseudonym(&self, issue: &IssueId, label: &str, value: &str) -> Result<(String, u32), StoreError> {
        if let Some(found) = self.pseudonym_of(issue, value)? {
            return Ok(found);
        }
        let sql = "SELECT COALESCE(max(ordinal), 0) + 1 FROM issue_pseudonyms WHERE issue_id = ?1 AND label = ?2";
        let ordinal = row::first(&self.conn, sql, [issue.as_str(), label], |row| Ok(row.get(0)?))?.unwrap_or(1);
        self.insert_pseudonyms(issue, &[(label, ordinal, value)])?;
        Ok((label.to_owned(), ordinal))
    }
}

/// HMAC-SHA256 over issue and value: equal values of two issues cannot be told to be equal.
pub(crate) fn value_mac(key: &[u8; 32], issue: &IssueId, value: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(&(issue.as_str().len() as u64).to_be_bytes());
    mac.update(issue.as_str().as_bytes());
    mac.update(value.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}
