//! Whether somebody else changed the database.

use crate::{Store, StoreError};

impl Store {
    /// A number that differs from the last one after any other connection, of this process or another, committed
    /// something. Reads no page; what changed is the caller's to find out.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn data_version(&self) -> Result<i64, StoreError> {
        Ok(self.conn.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}
