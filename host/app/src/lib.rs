//! The use cases: the only crate that sees the store, the plugins, the network and the redaction together.
//!
//! Owns: transactions, policy, what is audited. Must not know: arguments, the environment, the terminal; it prints
//! nothing and takes clock and randomness from its caller.
//!
//! Invariants: text goes to a plugin (detectors left out) or into an export only as
//! [`trcaa_model::guard::Redacted`]; whatever changes the store is one transaction with its timeline and audit rows;
//! a use case that fails leaves the store as it was.

mod audit;
mod care;
mod doctor;
mod document;
mod documents;
pub mod egress;
mod error;
mod excerpt;
mod export;
mod export_rows;
mod failures;
mod images;
mod import;
mod ingest;
mod investigate;
mod issues;
mod keys;
pub mod kit;
mod kubeconfig;
mod moments;
mod network;
mod plugin_secrets;
mod plugins;
mod policy;
mod progress;
mod protocol;
mod providers;
mod rca;
mod redaction;
mod review;
mod rules;
mod scan;
mod search;
mod settings;
pub mod shell_runs;
pub mod sources;
mod triage;

use std::path::PathBuf;
use std::sync::Arc;

pub use audit::AuditProof;
pub use care::restore_database;
pub use doctor::{Check, CheckStatus, examine};
pub use error::{AppError, Family};
pub use export::{ExportTarget, Exported};
pub use export_rows::{DatabaseExport, ExportForm};
pub use images::ImageUpload;
pub use import::ImportRequest;
pub use ingest::{Attached, LogInput};
pub use investigate::WhyRequest;
pub use keys::{PresentKey, compact, rekey};
pub use kubeconfig::AddedKubeconfig;
pub use plugins::{
    Audience, Consent, Difference, DigestPrefix, Downgrade, GrantChoice, GrantSubject, Granted, Keep, LockedPlugin,
    Offer, OfferedPublisher, PluginFinding, PluginSummary, PluginView, PluginsVerified, RemovedPlugin, UpdateOutcome,
    VersionView, Waiting, WishView, accepting,
};
pub use policy::{GuardPolicy, Target};
pub use progress::{NoProgress, Progress};
pub use protocol::{Analysis, Finding, LogNames, Moment, RootCause, WhyAnswer};
pub use providers::{NewConnection, Proposal, ProviderListed, ProviderRow, ScreenLine, TestResult};
pub use rules::{
    RULES_FILE, RuleChecked, RuleProblem, RuleSummary, RulesChecked, RulesSource, check_rules, list_rules,
};
pub use scan::{ScanSink, ScanSpan, ScanSummary, ScanWant, scan};
pub use settings::Setting;
pub use trcaa_mcp as mcp;
pub use trcaa_runtime::{Cancel, PluginError, Publisher, Severity};
pub use trcaa_shell as shell;
pub use trcaa_store::{
    ApprovalDecision, Backup, CHECKPOINT_BYTES_MAX, CheckReport, Checkpoint, Compacted, DATABASE_FILE, EncryptionKey,
    Execution, ImageFilter, ImageListed, ImportReport, KEY_FILE, KEY_FILES, KeyKind, KeySource, KeyTarget, Kubeconfig,
    LogFileListed, LogFilter, Opened, Overwrite, PendingEvents, PluginSecret, PluginState, Rekey, Rekeyed, Restore,
    Restored, ShellTemplate, Store, StoreError, StoreStatus, Unsound, VersionRole, parse_key, remove_drafts,
};
pub use triage::{TriageReport, TriageRequest, TriageWhy};

use trcaa_model::env::{Clock, Entropy, Keyring};
use trcaa_model::secret::Secret;
use trcaa_store::EventWriter;

/// What the product runs on; everything from outside is in here.
pub struct Setup {
    /// The data folder.
    pub data_dir: PathBuf,
    /// Where the database key comes from.
    pub key: KeySource,
    /// Replaces the database key as the input of derived keys.
    pub encryption_key: Option<Secret>,
    /// The operating system's keyring.
    pub keyring: Option<Arc<dyn Keyring>>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Gets the lines that plugins log; `None` drops them.
    pub plugin_log: Option<Arc<dyn LogPort>>,
    /// Ends running plugin calls.
    pub cancel: Cancel,
}

pub use trcaa_runtime::ports::LogPort;

/// The use cases over one open store.
pub struct App {
    pub(crate) store: Store,
    pub(crate) plugins: plugins::PluginHost,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) events: EventWriter,
    rules_source: RulesSource,
    /// Read when the first text is looked at.
    rules: std::sync::OnceLock<Option<Arc<rules::Rules>>>,
    /// Set up when the first connection needs it.
    pub(crate) network: std::sync::OnceLock<trcaa_net::Network>,
}

impl App {
    /// Opens the store (making it where there is none) and gets ready to load plugins; loads none yet.
    ///
    /// # Errors
    /// Whatever keeps the store from opening; nothing was changed then.
    pub fn open(setup: Setup, progress: Box<dyn Progress>) -> Result<Self, AppError> {
        let store = keys::open_options(&setup).open()?;
        let app = Self::over(store, setup, progress)?;
        // What a killed host left of a run; a folder that can't be cleared now is tried again by the next run, aloud.
        let _ = app.private_folder();
        Ok(app)
    }

    fn over(store: Store, setup: Setup, progress: Box<dyn Progress>) -> Result<Self, AppError> {
        let rules_source = RulesSource::IfThere(setup.data_dir.join(RULES_FILE));
        let plugins = plugins::PluginHost::new(
            Some(&setup.data_dir),
            setup.plugin_log,
            Some(failures::FailureLog::new(&store, Arc::clone(&setup.clock))?),
            setup.clock,
            setup.cancel,
        );
        let events = EventWriter::new(&store);
        Ok(Self {
            store,
            plugins,
            progress: Arc::from(progress),
            events,
            rules_source,
            rules: std::sync::OnceLock::new(),
            network: std::sync::OnceLock::new(),
        })
    }

    /// Waits until every event that was posted is in the store.
    ///
    /// # Errors
    /// `event_lost`: which kind could not be written, and why; what it tells of was done all the same.
    pub fn flush_events(&self) -> Result<(), AppError> {
        Ok(self.events.flush()?)
    }

    /// What is still to be written, for where the process is ended.
    pub fn pending_events(&self) -> PendingEvents {
        self.events.pending()
    }

    /// The folder that everything is kept in.
    pub fn data_folder(&self) -> &std::path::Path {
        self.store.path().parent().unwrap_or(std::path::Path::new("."))
    }

    /// The store, for reading.
    pub fn store(&self) -> &Store {
        &self.store
    }
}
