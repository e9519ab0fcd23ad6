//! Whether the key of columns is the one that the store's secrets were sealed with.
//!
//! One sealed row, `column_key_check`, tells that at each opening: the database key may fit and TRCAA_ENCRYPTION_KEY be
//! wrong, missing or stale. Invariants: nothing is written to a store whose row does not open; the row is only made by a
//! key that opens every secret there is, unless those are an earlier product's.

use rusqlite::{Connection, Transaction, TransactionBehavior};
use trcaa_model::env::Entropy;

use crate::keys::{KeyMaterial, Purpose};
use crate::{ColumnCipher, StoreError, migrate, row, secret_columns};

/// Where the row is.
pub(crate) const TABLE: &str = "column_key_check";
pub(crate) const COLUMN: &str = "encrypted_check";
/// Its id, and what is sealed in it.
const ID: &str = "columns";

/// What was seen before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The key opens the row.
    Fits,
    /// There is no row yet, and the key opens every secret.
    Whole,
    /// There is no row yet, and the secrets are not ours.
    EarlierProduct,
}

/// The key in question.
pub(crate) struct Key<'k> {
    material: &'k KeyMaterial,
    /// Whether it is TRCAA_ENCRYPTION_KEY.
    replaced: bool,
    entropy: &'k dyn Entropy,
}

impl<'k> Key<'k> {
    pub(crate) fn new(material: &'k KeyMaterial, replaced: bool, entropy: &'k dyn Entropy) -> Self {
        Self { material, replaced, entropy }
    }

    fn cipher(&self) -> ColumnCipher<'k> {
        ColumnCipher::new(&self.material.derive(Purpose::Columns), self.entropy)
    }

    /// Looks at a store of any version, before it is migrated, and writes nothing.
    ///
    /// # Errors
    /// [`StoreError::EncryptionKey`] where the row does not open, [`StoreError::Column`] where there is no row and a
    /// secret does not.
    pub(crate) fn look(&self, conn: &Connection) -> Result<Seen, StoreError> {
        if self.row_fits(conn)? {
            return Ok(Seen::Fits);
        }
        if !migrate::is_ours(conn)? {
            return Ok(Seen::EarlierProduct);
        }
        self.expect_whole(conn)?;
        Ok(Seen::Whole)
    }

    /// Makes the row where it is missing, in a migrated store.
    ///
    /// # Errors
    /// Those of [`Key::look`], as another process may have been quicker.
    pub(crate) fn seal(&self, conn: &Connection, seen: Seen) -> Result<(), StoreError> {
        if seen == Seen::Fits {
            return Ok(());
        }
        let tx = Transaction::new_unchecked(conn, TransactionBehavior::Immediate)?;
        if !self.row_fits(&tx)? {
            if seen == Seen::Whole {
                self.expect_whole(&tx)?;
            }
            let sealed = self.cipher().seal(TABLE, COLUMN, ID, ID.as_bytes()).map_err(|source| StoreError::Column {
                table: TABLE,
                column: COLUMN,
                id: ID.to_owned(),
                source,
            })?;
            tx.execute("INSERT OR REPLACE INTO column_key_check (id, encrypted_check) VALUES (?1, ?2)", [ID, &sealed])?;
        }
        Ok(tx.commit()?)
    }

    /// Whether there is a row; one that does not open is an error.
    pub(crate) fn row_fits(&self, conn: &Connection) -> Result<bool, StoreError> {
        let there = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)";
        if !conn.query_row(there, [TABLE], |row| row.get::<_, bool>(0))? {
            return Ok(false);
        }
        let sql = "SELECT id, CAST(encrypted_check AS TEXT) FROM column_key_check LIMIT 1";
        let found: Option<(String, String)> = row::first(conn, sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        match found {
            None => Ok(false),
            Some((id, sealed)) if self.cipher().open(TABLE, COLUMN, &id, &sealed).is_ok() => Ok(true),
            // Another SQLCipher client gave the database another key: where there is no other secret, none is lost.
            Some(_) if self.other_unopened(conn)?.is_none() => Ok(false),
            Some(_) => Err(StoreError::EncryptionKey { configured: self.replaced }),
        }
    }

    /// A secret, the row left out, that does not open.
    fn other_unopened(&self, conn: &Connection) -> Result<Option<secret_columns::Unopened>, StoreError> {
        let found = secret_columns::unopened(conn, &self.cipher(), 2)?;
        Ok(found.into_iter().find(|found| found.table != TABLE))
    }

    fn expect_whole(&self, conn: &Connection) -> Result<(), StoreError> {
        match self.other_unopened(conn)? {
            None => Ok(()),
            Some(found) => Err(found.into()),
        }
    }
}
