//! Use cases that rewrite the whole store: another key, or no gaps. They open the store themselves, as nothing else may
//! have it open, and load no plugin.

use std::sync::Arc;

use trcaa_store::{Compacted, KeyKind, Mode, OpenOptions, Rekey, Rekeyed, Store};

use crate::{AppError, Setup};

/// What is asked before a store gets another key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PresentKey {
    /// Where it comes from.
    pub kind: KeyKind,
    /// Whether backups or kept databases may need it.
    pub has_copies: bool,
}

/// Moves an existing store to the key that `choose` names, which is told of the present one.
///
/// # Errors
/// Those of opening, of `choose`, and of [`Store::rekey`]; the store has its old key then.
pub fn rekey(setup: Setup, choose: impl FnOnce(PresentKey) -> Result<Rekey, AppError>) -> Result<Rekeyed, AppError> {
    let store = open_existing(setup)?;
    let change = choose(PresentKey { kind: store.key_kind(), has_copies: store.has_copies()? })?;
    Ok(store.rekey(change)?)
}

/// Writes an existing store anew with the same key.
///
/// # Errors
/// Those of opening and of [`Store::compact`]; the store is as it was.
pub fn compact(setup: Setup) -> Result<Compacted, AppError> {
    Ok(open_existing(setup)?.compact()?)
}

fn open_existing(setup: Setup) -> Result<Store, AppError> {
    let mut options = open_options(&setup);
    options.mode = Mode::Existing;
    Ok(options.open()?)
}

/// How a store is opened with what the setup has.
pub(crate) fn open_options(setup: &Setup) -> OpenOptions {
    let mut options = OpenOptions::new(
        setup.data_dir.clone(),
        setup.key.clone(),
        Arc::clone(&setup.clock),
        Arc::clone(&setup.entropy),
    );
    options.encryption_key = setup.encryption_key.clone();
    options.keyring = setup.keyring.clone();
    options
}
