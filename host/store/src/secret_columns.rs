//! Which columns hold ciphertexts of their own, and moving all of them from one key to another.
//!
//! Invariant: every column of the schema that holds one is in [`SECRET_COLUMNS`]; a test compares it with the schema.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, params};
use trcaa_model::env::Entropy;
use trcaa_model::id::IssueId;
use zeroize::Zeroizing;

use crate::keys::{KeyMaterial, Purpose};
use crate::pseudonyms::value_mac;
use crate::{CipherError, ColumnCipher, Store, StoreError, key_check, row};

/// A column whose texts are sealed for their table, column and row id.
pub(crate) struct SecretColumn {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

/// All of them; the one that tells whether the key is right comes last, so that what is told of is a secret.
pub(crate) const SECRET_COLUMNS: [SecretColumn; 9] = [
    SecretColumn { table: "credentials", column: "encrypted_token" },
    SecretColumn { table: "ai_providers", column: "encrypted_api_key" },
    SecretColumn { table: "mcp_servers", column: "auth_value" },
    SecretColumn { table: "mcp_servers", column: "env_config" },
    SecretColumn { table: "kubeconfig_files", column: "encrypted_content" },
    SecretColumn { table: PSEUDONYMS, column: "encrypted_value" },
    SecretColumn { table: "plugin_secrets", column: "encrypted_value" },
    SecretColumn { table: "audit_signing_keys", column: "encrypted_seed" },
    SecretColumn { table: key_check::TABLE, column: key_check::COLUMN },
];

/// Its rows also have a keyed hash of the value.
const PSEUDONYMS: &str = "issue_pseudonyms";

/// What becomes of a ciphertext that does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unopenable {
    /// It stops everything.
    Refuse,
    /// It stays as it is: it was sealed by an earlier product, with a key that is not ours to know.
    Keep,
}

/// What became of the secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resealed {
    /// Sealed anew; what tells the key is none of them.
    pub(crate) resealed: u64,
    /// Opened by no key that was tried, and kept as they were.
    pub(crate) unopened: u64,
}

/// Opens every secret with the first key of `old` that does, and seals it anew where that is not the new key, inside the
/// caller's transaction.
///
/// Opened is every one, even where the key stays: what `old` is said to open may be what something else had sealed.
///
/// # Errors
/// [`StoreError::Column`] with table, column and row id for a ciphertext that does not open.
pub(crate) fn reseal(
    conn: &Connection,
    old: &[&KeyMaterial],
    new: &KeyMaterial,
    entropy: &dyn Entropy,
    unopenable: Unopenable,
) -> Result<Resealed, StoreError> {
    let cipher = |material: &KeyMaterial| ColumnCipher::new(&material.derive(Purpose::Columns), entropy);
    let keys = Keys {
        old: old.iter().map(|old| (cipher(old), old.is_same(new))).collect(),
        new: cipher(new),
        lookup: new.derive(Purpose::PseudonymLookup),
    };
    let mut done = Resealed::default();
    for place in SECRET_COLUMNS.iter().filter_map(|place| exists(conn, place).transpose()) {
        reseal_column(conn, place?, &keys, unopenable, &mut done)?;
    }
    Ok(done)
}

/// The keys before and after.
struct Keys<'e> {
    /// Each with whether it is the new one.
    old: Vec<(ColumnCipher<'e>, bool)>,
    new: ColumnCipher<'e>,
    lookup: Zeroizing<[u8; 32]>,
}

impl Keys<'_> {
    /// The plain text, and whether it is sealed with the new key already.
    fn open(&self, place: &SecretColumn, id: &str, sealed: &str) -> Result<(Zeroizing<Vec<u8>>, bool), CipherError> {
        let mut failed = CipherError::NotAuthentic;
        for (cipher, is_new) in &self.old {
            match cipher.open(place.table, place.column, id, sealed) {
                Ok(plain) => return Ok((plain, *is_new)),
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }
}

/// The place, if this schema has it: databases of earlier versions lack some.
fn exists<'p>(conn: &Connection, place: &'p SecretColumn) -> Result<Option<&'p SecretColumn>, StoreError> {
    let sql = "SELECT count(*) FROM pragma_table_info(?1) WHERE name = ?2";
    let columns: i64 = conn.query_row(sql, [place.table, place.column], |row| row.get(0))?;
    Ok((columns > 0).then_some(place))
}

/// Row number, row id and what stands in the column.
type Sealed = (i64, String, Option<String>);

fn reseal_column(
    conn: &Connection,
    place: &SecretColumn,
    keys: &Keys<'_>,
    unopenable: Unopenable,
    done: &mut Resealed,
) -> Result<(), StoreError> {
    let SecretColumn { table, column } = *place;
    // One row at a time, by row number: a row that is changed is never met again, and one is held in memory.
    let mut next = conn.prepare(&next_of(place))?;
    let mut update = conn.prepare(&format!("UPDATE {table} SET {column} = ?2 WHERE rowid = ?1"))?;
    let mut after = i64::MIN;
    while let Some((number, id, sealed)) = next.query_row([after], sealed_of).optional()? {
        after = number;
        let failed = |source| StoreError::Column { table, column, id: id.clone(), source };
        let opened = sealed.ok_or(CipherError::NotBase64).and_then(|text| keys.open(place, &id, &text));
        let plain = match opened {
            Ok((_, true)) => continue,
            Ok((plain, false)) => plain,
            Err(_) if unopenable == Unopenable::Keep => {
                done.unopened += 1;
                continue;
            }
            Err(source) => return Err(failed(source)),
        };
        update.execute(params![number, keys.new.seal(table, column, &id, &plain).map_err(failed)?])?;
        if table == PSEUDONYMS {
            remake_mac(conn, number, &id, &plain, &keys.lookup)?;
        }
        done.resealed += u64::from(table != key_check::TABLE);
    }
    Ok(())
}

/// The first secret of a column behind a row number.
fn next_of(SecretColumn { table, column }: &SecretColumn) -> String {
    format!(
        "SELECT rowid, COALESCE(id, ''), {column} FROM {table} WHERE rowid > ?1 AND {column} <> '' ORDER BY rowid LIMIT 1"
    )
}

/// A ciphertext that does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unopened {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) id: String,
    why: CipherError,
}

impl From<Unopened> for StoreError {
    fn from(Unopened { table, column, id, why: source }: Unopened) -> Self {
        Self::Column { table, column, id, source }
    }
}

/// Opens every secret, and lists the first `max` that do not open.
///
/// # Errors
/// Those of SQLite.
pub(crate) fn unopened(conn: &Connection, cipher: &ColumnCipher<'_>, max: usize) -> Result<Vec<Unopened>, StoreError> {
    let mut found = Vec::new();
    for place in SECRET_COLUMNS.iter().filter_map(|place| exists(conn, place).transpose()) {
        let place = place?;
        let SecretColumn { table, column } = *place;
        let mut next = conn.prepare(&next_of(place))?;
        let mut after = i64::MIN;
        while let Some((number, id, sealed)) = next.query_row([after], sealed_of).optional()? {
            after = number;
            let opened = sealed.ok_or(CipherError::NotBase64).and_then(|text| cipher.open(table, column, &id, &text));
            if let Err(why) = opened {
                found.push(Unopened { table, column, id, why });
                if found.len() >= max {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

impl Store {
    /// Opens every secret; at most `findings_max` that do not open, by table, column and row.
    ///
    /// # Errors
    /// Those of SQLite.
    pub(crate) fn check_secrets(&self, findings_max: u32) -> Result<Vec<String>, StoreError> {
        let found = unopened(&self.conn, &self.column_cipher(), findings_max as usize)?;
        let told = |found: Unopened| format!("{}.{} of row {:?} does not open", found.table, found.column, found.id);
        Ok(found.into_iter().map(told).collect())
    }
}

fn sealed_of(row: &rusqlite::Row<'_>) -> Result<Sealed, rusqlite::Error> {
    let text = match row.get_ref(2)? {
        ValueRef::Text(bytes) => String::from_utf8(bytes.to_vec()).ok(),
        _ => None,
    };
    Ok((row.get(0)?, row.get(1)?, text))
}

/// The hash by which a pseudonym's value is found has a derived key too.
fn remake_mac(
    conn: &Connection,
    number: i64,
    id: &str,
    plain: &Zeroizing<Vec<u8>>,
    lookup: &[u8; 32],
) -> Result<(), StoreError> {
    let bad = |reason: &str| StoreError::BadRow { table: PSEUDONYMS, id: id.to_owned(), reason: reason.to_owned() };
    let value = std::str::from_utf8(plain).map_err(|_| bad("its value is no UTF-8"))?;
    let sql = "SELECT issue_id FROM issue_pseudonyms WHERE rowid = ?1";
    let issue = conn.query_row(sql, [number], |row| row.get::<_, String>(0))?;
    let mac = value_mac(lookup, &IssueId::from_stored(issue), value);
    let sql = "UPDATE issue_pseudonyms SET value_mac = ?2 WHERE rowid = ?1";
    row::execute(conn, sql, params![number, mac]).map(|_| ())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trcaa_model::env::fixed::FixedClock;

    use super::*;

    #[test]
    fn every_secret_column_of_the_schema_is_listed() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::migrate::run(&mut conn, &FixedClock(0)).unwrap();
        let sql = "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_info(t.name) c
                   WHERE t.schema = 'main' AND t.type = 'table'
                     AND (c.name LIKE 'encrypted\\_%' ESCAPE '\\' OR c.name IN ('auth_value', 'env_config'))";
        let mut statement = conn.prepare(sql).unwrap();
        let found: Vec<(String, String)> =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        assert!(found.len() >= 6, "{found:?}");
        for (table, column) in &found {
            let listed = SECRET_COLUMNS.iter().any(|place| place.table == table && place.column == column);
            assert!(listed, "{table}.{column} is not in SECRET_COLUMNS: a rekey would lose it");
        }
        for place in &SECRET_COLUMNS {
            let in_schema = found.iter().any(|(table, column)| place.table == table && place.column == column);
            assert!(in_schema, "{}.{}", place.table, place.column);
        }
    }
}
