//! Makes a new database. The caller holds the folder exclusively and has seen that there is none.

use std::path::Path;

use trcaa_model::env::Clock;

use crate::draft::Draft;
use crate::keys::DatabaseKey;
use crate::{StoreError, migrate, open};

/// Makes the file under another name, applies all migrations, and puts it in place: what is killed before that leaves no
/// database, and so never one that looks empty.
pub(crate) fn create(path: &Path, key: &DatabaseKey, clock: &dyn Clock) -> Result<(), StoreError> {
    let draft = Draft::new(path)?;
    let (mut conn, _) = open::connect(draft.path(), key)?;
    migrate::run(&mut conn, clock)?;
    // All of it into the one file that is renamed.
    conn.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    conn.close().map_err(|(_, e)| e)?;
    draft.publish()
}
