//! The store: one SQLCipher database per data folder, its keys, its migrations and its typed queries.
//!
//! Knows nothing of wasm, of what plugins do, of environment variables, the home folder or the terminal: folder, key,
//! clock and entropy are passed in. Synchronous. A [`Store`] is one connection; give each thread one of its own
//! ([`Store::reopen`]).
//!
//! Invariants:
//! 1. Nothing is written outside a transaction: every writing function belongs to [`Tx`], which only [`Store::write`]
//!    hands out, and which commits all or nothing.
//! 2. A timeline event has its audit row: [`Tx::happened`] writes both, and no other function writes events.
//! 3. `audit_log` is only ever appended to, and each row carries the hash of the one before.
//! 4. A wrong key, a damaged file or a newer schema changes no byte of the database.
//! 5. An acknowledged write survives `kill -9`: the WAL is in the kernel's hands when [`Store::write`] returns
//!    (`synchronous = NORMAL`; only a power cut may take the last transactions, whole ones, never parts).
//! 6. No list and no detail ever reads a BLOB.

mod audit;
mod backup;
mod check;
mod checkpoint;
mod cipher;
mod conversations;
mod convert;
mod documents;
mod out_file;
mod error;
mod fallback;
mod events;
mod export;
mod files;
mod fold;
mod ids;
mod images;
mod issues;
mod key_file;
mod keys;
mod logs;
mod migrate;
mod open;
mod packed;
mod plugins;
mod providers;
mod pseudonyms;
mod restore;
mod row;
mod row_check;
mod search;
mod settings;
mod spans;
mod steps;
mod store;
mod text;
mod timeline;

pub use audit::{AUDIT_CHAIN_FORMAT, AuditHead};
pub use backup::Backup;
pub use check::{CheckReport, CipherSettings, StoreStatus};
pub use checkpoint::{CHECKPOINT_BYTES_MAX, CHECKPOINT_FORMAT, Checkpoint, CheckpointError};
pub use cipher::{CipherError, ColumnCipher};
pub use documents::{DocumentRevision, NewDocument};
pub use error::{KeyFileProblem, StoreError};
pub use events::{EVENT_QUEUE_MAX, Event, EventError, EventWriter, PendingEvents};
pub use out_file::{OutFile, Overwrite};
pub use error::{BackupProblem, KeyFileProblem, StoreError};
pub use export::{ExportRow, ExportTable, ExportValue};
pub use ids::ID_FRAGMENT_CHARS_MIN;
pub use images::{ImageFilter, ImageListed};
pub use keys::{KeySource, Purpose, parse_key};
pub use logs::{LogFileListed, LogFilter, RedactedCopy};
pub use migrate::migration_names;
pub use open::{DATABASE_FILE, KEY_FILE, Mode, OpenOptions};
pub use packed::{PackedError, Packing, Unpacking, ZSTD_WINDOW_BYTES_MAX};
pub use plugins::{PluginGrant, PluginRow, PluginState};
pub use providers::{NewProvider, Provider};
pub use pseudonyms::Pseudonym;
pub use restore::{Restored, Unsound};
pub use spans::NewSpan;
pub use store::{Opened, Store, Tx};
pub use text::LogText;
