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
//! 6. The file is made, replaced and renamed as a whole only under the folder's exclusive lock, by the one process that
//!    has it open, and the key of what is put in place is durable before it is.
//! 7. No list and no detail ever reads a BLOB.

mod approvals;
mod audit;
mod backup;
mod changes;
mod check;
mod checkpoint;
mod cipher;
mod conversations;
mod convert;
mod create;
mod deep;
mod documents;
mod draft;
mod error;
mod events;
mod executions;
mod export;
mod fallback;
mod files;
mod fold;
mod handover;
mod ids;
mod images;
mod import;
mod issues;
mod key_check;
mod key_file;
mod keys;
mod kubeconfigs;
mod lock;
mod logs;
mod migrate;
mod open;
mod out_file;
mod packed;
mod plugin_asked;
mod plugin_failures;
mod plugin_quarantine;
mod plugin_secrets;
mod plugin_state;
mod plugin_versions;
mod plugins;
mod providers;
mod pseudonyms;
mod rekey;
mod restore;
mod rewrite;
mod row;
mod row_check;
mod scan;
mod schema;
mod search;
mod secret_columns;
mod settings;
mod shell_templates;
mod spans;
mod standings;
mod steps;
mod store;
mod text;
mod timeline;
mod words;

pub use approvals::{ApprovalDecision, NewDecision};
pub use audit::{AUDIT_CHAIN_FORMAT, AuditHead};
pub use backup::Backup;
pub use check::{CheckReport, CipherSettings, StoreStatus};
pub use checkpoint::{CHECKPOINT_BYTES_MAX, CHECKPOINT_FORMAT, Checkpoint, CheckpointError};
pub use cipher::{CipherError, ColumnCipher};
pub use deep::{DeepProgress, DeepSearch, HITS_PER_LOG_MAX};
pub use documents::{DocumentRevision, NewDocument};
pub use error::{BackupProblem, KeyFileProblem, StoreError};
pub use events::{EVENT_QUEUE_MAX, Event, EventError, EventWriter, PendingEvents};
pub use executions::{Execution, ExecutionEnd, NewExecution};
pub use export::{ExportRow, ExportTable, ExportValue};
pub use ids::ID_FRAGMENT_CHARS_MIN;
pub use images::{ImageFilter, ImageListed};
pub use import::{
    ImportError, ImportOptions, ImportReport, KeyElsewhere, NotTaken, Outcome, ReasonCount, SourceChain, TableReport,
};
pub use keys::{KeyKind, KeySource, Purpose, parse_key};
pub use kubeconfigs::{Kubeconfig, NewKubeconfig};
pub use logs::{LogFileListed, LogFilter, RedactedCopy};
pub use migrate::migration_names;
pub use open::{DATABASE_FILE, KEY_FILE, KEY_FILES, Mode, OpenOptions};
pub use out_file::{OutFile, Overwrite, remove_drafts};
pub use packed::{PackedError, Packing, Unpacking, ZSTD_WINDOW_BYTES_MAX};
pub use plugin_asked::{AskedAnswer, AskedFile};
pub use plugin_failures::{PluginFailure, StoreDoor};
pub use plugin_secrets::{PLUGIN_SECRET_BYTES_MAX, PluginSecret};
pub use plugin_state::{NewState, STATE_KEY_BYTES_MAX, STATE_KEYS_MAX, StateOwner, StateWrite};
pub use plugin_versions::{PinnedPublisher, PluginVersion, VersionRole};
pub use plugins::{PluginGrant, PluginRow, PluginState};
pub use providers::{NewProvider, Provider};
pub use pseudonyms::Pseudonym;
pub use rekey::{Compacted, EncryptionKey, KeyTarget, Rekey, Rekeyed};
pub use restore::{Restore, Restored, Unsound};
pub use shell_templates::ShellTemplate;
pub use spans::NewSpan;
pub use standings::ValueStanding;
pub use store::{Opened, Store, Tx};
pub use text::LogText;
