//! From a plugin and what the user set up for it to what its calls run with.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use trcaa_model::id::IssueId;
use trcaa_model::plugin::{Grants, Kind};
use trcaa_model::secret::Secret;
use trcaa_net::{Allowance, Resolver, Stop, SystemResolver};
use trcaa_runtime::ports::{Ports, SettingsPort};
use trcaa_runtime::{CallContext, Plugin};

use super::audit::AuditTrail;
use super::credentials::{BoundSecret, ConnectionAuth};
use super::kv::State;
use super::oauth::Renewal;
use super::watch::{Standing, Watch};
use super::{Egress, Keeper, Kept, LastFailure, Parts, scan_of};
use crate::policy::{Rule, Target};
use crate::{App, AppError};

/// Longest wait for anything to arrive; the table of limits has it for providers.
const IDLE: Duration = Duration::from_secs(60);

/// What the user set up for one connection of a plugin.
pub struct ConnectionSetup {
    /// Its name; empty for a plugin's only one.
    pub name: String,
    /// The address that the user typed. `{base_url}` in the manifest stands for it, and only its host may be plain http
    /// or in the user's own network.
    pub base_url: String,
    /// Secrets that the caller keeps elsewhere, by the manifest's names; they go before a provider's key, and that before
    /// those bound with `trcaa plugin secret`.
    pub secrets: Vec<(String, Secret)>,
    /// The issue that the connection works for: its values are hidden, and placeholders that are first given out on the
    /// way are stored with it.
    pub(crate) issue: Option<IssueId>,
    /// What may leave.
    pub(crate) rule: Rule,
    /// How its own credential is written.
    pub auth: ConnectionAuth,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolver>,
    /// What the plugin may read of the connection: names and values, no secrets.
    pub settings: Vec<(String, String)>,
    /// Where the connection leaves its last refusal or failure.
    pub last_failure: LastFailure,
}

/// What a plugin sees of its connection.
struct ConnectionSettings(Vec<(String, String)>);

impl SettingsPort for ConnectionSettings {
    fn get(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }
}

impl ConnectionSetup {
    /// A connection to `base_url` with what is stored for it, and nothing else.
    pub fn new(name: impl Into<String>, base_url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            base_url: base_url.into(),
            secrets: Vec::new(),
            issue: None,
            rule: Rule::Redact,
            auth: ConnectionAuth::default(),
            resolver: Arc::new(SystemResolver),
            settings: Vec::new(),
            last_failure: LastFailure::default(),
        }
    }
}

impl App {
    /// What a plugin's calls over one connection run with: HTTP, secrets, state, log and clock, all behind what its
    /// manifest asks for and the user granted. While it is in use, a thread watches for revocations.
    ///
    /// # Errors
    /// No detector is enabled; an address that can't be read; a secret that does not open.
    pub fn connection_context(
        &self,
        plugin: &Arc<Plugin>,
        setup: ConnectionSetup,
    ) -> Result<Arc<CallContext>, AppError> {
        let manifest = plugin.manifest();
        if trcaa_net::origin_and_path(&setup.base_url).is_none() {
            return Err(AppError::usage(
                "bad_url",
                format!("setting up the connection {:?} of {}: its address can't be read", setup.name, manifest.id),
            )
            .hint("give it like https://host or https://host:port/path, without user name and password"));
        }
        let rule = match manifest.kind {
            Kind::Integration => self.target_rule(Target::Integration)?,
            _ => setup.rule,
        };
        let loopback_only = matches!(rule, Rule::Local(_));
        let ledger = Arc::new(Mutex::new(self.store.reopen()?));
        let values = setup.issue.as_ref().map(|issue| self.issue_values(issue)).transpose()?.unwrap_or_default();
        let keeper = setup.issue.map(|issue| Keeper { ledger: Arc::clone(&ledger), issue });
        let scan = scan_of(self.detectors()?, values, rule, keeper)?;
        // By the publisher's key, as grants are kept: those of a signed plugin are not in the list of unsigned ones.
        let key = plugin.publisher().map(|publisher| publisher.key.as_str());
        let standing = Standing::read(&self.store, &manifest.id, key, &setup.name)?;
        let standing = standing.of_bytes(plugin.sha256()).at(&setup.base_url);
        let grants = self.grants_of(plugin, Some(&setup.base_url))?;
        let mut secrets = setup.secrets;
        // A provider's key is the first secret of the manifest. Read after the standing, as all that it tells of: what
        // changes in between is seen as a change.
        if standing.is_of_provider()
            && let Some(name) = manifest.secrets.first().map(|wish| &wish.name)
            && !secrets.iter().any(|(given, _)| given == name)
            && let Some(key) = self.store.provider_api_key(&setup.name)?
        {
            secrets.push((name.clone(), key));
        }
        for (name, secret) in self.store.plugin_secrets_of(&manifest.id, &setup.name)? {
            if !secrets.iter().any(|(given, _)| *given == name) {
                secrets.push((name, secret));
            }
        }
        let secrets = secrets.into_iter().filter_map(|(name, secret)| {
            let granted = grants.secrets.iter().find(|granted| granted.name == name)?.clone();
            Some(BoundSecret { name, secret, granted })
        });
        let secrets: Vec<BoundSecret> = secrets.collect();

        let base = self.plugins.context();
        let cancel = base.cancel.below();
        let watch = Watch::start(self.store.reopen()?, standing, cancel.clone())?;
        let network = self.network()?;
        let (ends, over) = (cancel.clone(), cancel.clone());
        let stop = Stop::when(move || ends.is_cancelled());
        let trail = AuditTrail::new(Arc::clone(&ledger), &manifest.id, &setup.name, Arc::clone(&scan));
        let folder = self.store.path().parent().unwrap_or(Path::new("."));
        let renewal = Renewal {
            ledger: Arc::clone(&ledger),
            plugin: manifest.id.clone(),
            connection: setup.name.clone(),
            typed_origins: vec![setup.base_url.clone()],
            network: network.clone(),
            resolver: Arc::clone(&setup.resolver),
            stop: stop.clone(),
            is_over: Arc::new(move || over.is_cancelled()),
            lock_file: folder.join("plugins").join(format!(".oauth-{}.lock", manifest.id)),
        };
        let limits = plugin.limits();
        let allowance = Allowance {
            total: Duration::from_millis(limits.wall_ms_max),
            idle: IDLE.min(Duration::from_millis(limits.wall_ms_max)),
            request_bytes_max: limits.host_call_bytes_max,
            response_bytes_max: limits.host_call_bytes_max,
            loopback_only,
        };
        let clock = base.ports.clock.clone();
        let kept = Kept {
            auth: setup.auth,
            allowance,
            stop,
            renewal,
            clock: clock.clone().ok_or_else(|| AppError::failed("clock", "setting up a connection: no clock"))?,
            last_failure: setup.last_failure,
            watch,
        };
        let bytes_max = grants.kv_bytes_max;
        let parts = Parts {
            plugin: manifest.id.clone(),
            grants,
            asked: Some(Grants::effective(manifest, &manifest.capabilities(), Some(&setup.base_url))),
            typed_origins: vec![setup.base_url],
            secrets,
            scan,
            resolver: setup.resolver,
            observer: Arc::new(trail),
        };
        let egress = Arc::new(Egress::over(parts, &network, Some(kept))?);
        let state = State { ledger, egress: Arc::clone(&egress), bytes_max };
        let ports = Ports {
            http: Some(egress.clone()),
            secrets: Some(egress.clone()),
            kv: Some(Arc::new(state)),
            log: base.ports.log.clone(),
            failures: base.ports.failures.clone(),
            scrub: Some(egress),
            settings: Some(Arc::new(ConnectionSettings(setup.settings))),
            clock,
            meter: None,
        };
        Ok(Arc::new(CallContext { ports, connection: setup.name, cancel }))
    }
}
