//! Taking over a database of the earlier products.

use std::path::Path;

use trcaa_model::secret::Secret;
use trcaa_store::{ImportOptions, ImportReport};

use crate::{App, AppError};

/// What is taken over, and with which keys.
#[derive(Debug, Default)]
pub struct ImportRequest {
    /// Tells what would come over, and changes nothing.
    pub dry_run: bool,
    /// The database's key, where the user gave it: then no other is tried.
    pub key: Option<Secret>,
    /// Keys that were configured for an earlier product.
    pub configured_keys: Vec<Secret>,
    /// Keys of its sealed columns.
    pub column_keys: Vec<Secret>,
}

impl App {
    /// Takes over what fits of the database at `source`, or tells what would come over.
    ///
    /// # Errors
    /// The source cannot be opened or read, or the store cannot be written; nothing was taken over then.
    pub fn import(&self, source: &Path, request: ImportRequest) -> Result<ImportReport, AppError> {
        self.progress.begin("importing", None);
        let outcome = self.store.import(&ImportOptions {
            source: source.to_path_buf(),
            dry_run: request.dry_run,
            key: request.key,
            configured_keys: request.configured_keys,
            column_keys: request.column_keys,
            accepts_setting: &|key, value| self.takes_setting(key, value),
        });
        self.progress.end();
        Ok(outcome?)
    }
}
