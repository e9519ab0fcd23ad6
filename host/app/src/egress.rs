//! The way out of one plugin connection: the runtime's HTTP, secret, state and scrub ports, served by `net`'s guarded
//! client and the store.
//!
//! Invariants: what a plugin wants to send passes every detector first, as a body or not at all; a secret is looked up
//! by what the manifest declares, the user granted and the user bound, all three; every secret of the connection is
//! searched for in whatever comes back, from the server or from the plugin; a plugin gets refusals in words that tell
//! it nothing about the user's network.

mod audit;
mod context;
mod credentials;
pub(crate) mod escapes;
mod failed;
mod kv;
mod oauth;
mod scan;
mod scrubbing;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use trcaa_model::env::Clock;
use trcaa_model::plugin::{Grants, SecretCapability};
use trcaa_net::{
    Allowance, Body, Connection, Credential, NetError, Network, Observer, Policy, Request, Resolver, Response,
    Rule as NetRule, Stop,
};
use trcaa_redact::Pseudonyms;
use trcaa_runtime::Detector;
use trcaa_runtime::ports::{Caller, HttpPort, HttpRequest, HttpResponse, PortError, SecretPort, SseEvent};

use crate::AppError;
use crate::policy::Rule;
use crate::redaction::{Detectors, IssueValues};
pub use context::ConnectionSetup;
use credentials::{Bound, Value};
pub use credentials::{BoundSecret, ConnectionAuth};
pub(crate) use failed::Failure;
pub use failed::LastFailure;
use oauth::Renewal;
pub(crate) use oauth::{OAUTH_FIELDS, is_oauth_record};
use scan::{Keeper, Scan};
use watch::Watch;

/// Most bytes that are signed at once: what a request can hold, and a hash of a body where it is longer.
const SIGNED_BYTES_MAX: usize = 1 << 20;

/// What one connection is set up from.
pub struct EgressSetup {
    /// Id of the plugin.
    pub plugin: String,
    /// What the user granted.
    pub grants: Grants,
    /// Origins that the user typed for this connection.
    pub typed_origins: Vec<String>,
    /// Secrets that the user bound.
    pub secrets: Vec<BoundSecret>,
    /// What looks at everything that leaves; not empty.
    pub detectors: Vec<Detector>,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Hears of every request.
    pub observer: Arc<dyn Observer>,
    /// The pseudonyms of the issue that the connection works for: its placeholders stay what they are.
    pub pseudonyms: Pseudonyms,
}

/// One connection of one plugin.
pub struct Egress {
    connection: Connection,
    secrets: Vec<Bound>,
    granted_secrets: Vec<SecretCapability>,
    scan: Arc<Scan>,
    observer: Arc<dyn Observer>,
    auth: ConnectionAuth,
    renewal: Option<Renewal>,
    clock: Option<Arc<dyn Clock>>,
    last_failure: LastFailure,
    /// Ends with the last port of the connection.
    _watch: Option<Watch>,
}

/// What a connection over the store has, and one without does not.
struct Kept {
    auth: ConnectionAuth,
    allowance: Allowance,
    stop: Stop,
    renewal: Renewal,
    clock: Arc<dyn Clock>,
    last_failure: LastFailure,
    watch: Watch,
}

/// What leaves is looked at by these; without any, nothing may.
fn scan_of(
    detectors: Detectors,
    values: IssueValues,
    rule: Rule,
    keeper: Option<Keeper>,
) -> Result<Arc<Scan>, AppError> {
    if detectors.is_empty() {
        return Err(AppError::failed(
            "no_detector",
            "setting up a connection: no detector is enabled, so nothing may leave",
        )
        .hint("enable one: trcaa plugin enable pii-base"));
    }
    Ok(Arc::new(Scan::new(detectors, values, rule, keeper)))
}

impl Egress {
    /// Sets a connection up without a store: no state, no renewal of tokens; opens no socket.
    ///
    /// # Errors
    /// A grant that can't be read, or no detector: without one nothing may leave.
    pub fn new(setup: EgressSetup, network: &Network) -> Result<Self, AppError> {
        let values = IssueValues::new(setup.pseudonyms, Vec::new());
        let scan = scan_of(setup.detectors.into(), values, Rule::Redact, None)?;
        let parts = Parts {
            plugin: setup.plugin,
            grants: setup.grants,
            asked: None,
            typed_origins: setup.typed_origins,
            secrets: setup.secrets,
            scan,
            resolver: setup.resolver,
            observer: setup.observer,
        };
        Self::over(parts, network, None)
    }

    fn over(parts: Parts, network: &Network, kept: Option<Kept>) -> Result<Self, AppError> {
        let failed =
            |e: NetError| AppError::failed("egress", format!("setting up the connection of {}: {e}", parts.plugin));
        let allowance = kept.as_ref().map_or_else(Allowance::default, |kept| kept.allowance);
        let policy = Policy::new(&parts.plugin, &parts.grants.http, &parts.typed_origins, allowance).map_err(failed)?;
        let policy = match &parts.asked {
            Some(asked) => policy.asking(asked),
            None => policy,
        };
        let stop = kept.as_ref().map_or_else(Stop::default, |kept| kept.stop.clone());
        let connection = Connection::new(policy, network, parts.resolver).map_err(failed)?.stopped_by(stop);
        let secrets: Vec<Bound> = parts.secrets.into_iter().map(|bound| Bound::new(bound, kept.is_some())).collect();
        // Before the first use: what comes back is searched for all of them, used or not.
        secrets.iter().flat_map(Bound::secrets).for_each(|secret| connection.remember(&secret));
        let (auth, renewal, clock, last_failure, watch) = match kept {
            Some(kept) => (kept.auth, Some(kept.renewal), Some(kept.clock), kept.last_failure, Some(kept.watch)),
            None => Default::default(),
        };
        Ok(Self {
            connection,
            secrets,
            granted_secrets: parts.grants.secrets,
            scan: parts.scan,
            observer: parts.observer,
            auth,
            renewal,
            clock,
            last_failure,
            _watch: watch,
        })
    }

    fn now_ms(&self) -> u64 {
        self.clock.as_ref().map_or(0, |clock| clock.now_ms())
    }

    /// A text without any form of the connection's secrets.
    pub fn scrub(&self, text: &str) -> String {
        self.connection.scrub(text)
    }

    fn scrub_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.connection.scrub_bytes(bytes)
    }

    fn exchange(&self, wanted: &Request, credentials: &[Credential]) -> Result<Response, PortError> {
        self.last_failure.take();
        let sent = self.connection.send(wanted, credentials, self.scan.as_ref(), self.observer.as_ref());
        // The address is the plugin's own words, and may hold what it was told by the server.
        sent.inspect_err(|error| self.keep_failure(error)).map_err(|error| match port_error(&error) {
            PortError::Denied { capability, target, fix } => {
                PortError::Denied { capability, target: self.scrub(&target), fix: self.scrub(&fix) }
            }
            other => other,
        })
    }

    /// The user may know the rule and the addresses behind a name; the plugin gets what [`port_error`] says.
    fn keep_failure(&self, error: &NetError) {
        let (message, fix) = match error {
            NetError::Denied(denial) => {
                let trcaa_net::Denial { plugin, capability, target, rule, fix } = denial.as_ref();
                (format!("plugin {plugin} may not use {capability} for {target}: {rule}"), fix.as_deref())
            }
            NetError::Unreachable { .. } => (error.to_string(), None),
            _ => return,
        };
        self.last_failure.keep(Failure { message: self.scrub(&message), fix: fix.map(|fix| self.scrub(fix)) });
    }
}

/// What every connection has.
struct Parts {
    plugin: String,
    grants: Grants,
    /// What the manifest asks for, where that is known.
    asked: Option<Grants>,
    typed_origins: Vec<String>,
    secrets: Vec<BoundSecret>,
    scan: Arc<Scan>,
    resolver: Arc<dyn Resolver>,
    observer: Arc<dyn Observer>,
}

impl HttpPort for Egress {
    fn send(&self, caller: &Caller<'_>, request: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError> {
        let method = match request.method {
            "GET" => trcaa_net::Method::Get,
            "HEAD" => trcaa_net::Method::Head,
            "POST" => trcaa_net::Method::Post,
            "PUT" => trcaa_net::Method::Put,
            "PATCH" => trcaa_net::Method::Patch,
            "DELETE" => trcaa_net::Method::Delete,
            "OPTIONS" => trcaa_net::Method::Options,
            other => return Err(PortError::InvalidInput(format!("method {other}"))),
        };
        let body = Body::from_guest(request.body.as_deref().unwrap_or_default(), self.scan.as_ref())
            .map_err(|refusal| PortError::InvalidInput(refusal.reason.to_owned()))?;
        let placed = self.wanted(caller, request.auth)?;
        let credentials = self.credentials(caller, &placed)?;
        let asked = request.timeout_ms.map_or(u64::MAX, u64::from);
        let wanted = Request {
            method,
            url: request.url,
            headers: request.headers,
            body,
            timeout: Some(Duration::from_millis(asked.min(caller.wall_left_ms).max(1))),
            response_bytes_max: request.response_bytes_max,
            redirects_max: request.redirects_max,
        };
        let response = self.exchange(&wanted, &credentials)?;
        // Once: a server that refuses fresh tokens as well means it.
        if response.status() == 401 && self.renew_all(caller, &credentials)? {
            drop(response);
            let credentials = self.credentials(caller, &placed)?;
            return Ok(Box::new(Guarded(self.exchange(&wanted, &credentials)?)));
        }
        Ok(Box::new(Guarded(response)))
    }
}

impl SecretPort for Egress {
    fn open(&self, caller: &Caller<'_>, name: &str) -> Result<String, PortError> {
        self.secret(caller, name).map(|bound| bound.name.clone())
    }

    fn hmac_sha256(&self, caller: &Caller<'_>, secret_id: &str, data: &[u8]) -> Result<Vec<u8>, PortError> {
        let bound = self.secret(caller, secret_id)?;
        if !bound.granted.placements.iter().any(|p| p == "sign") {
            let fix = "placements = [\"sign\"]".to_owned();
            return Err(PortError::Denied { capability: "secret", target: format!("{} to sign", bound.name), fix });
        }
        if data.len() > SIGNED_BYTES_MAX {
            return Err(PortError::TooLarge(SIGNED_BYTES_MAX as u64));
        }
        let Value::Plain(secret) = &bound.value else {
            return Err(PortError::InvalidInput("an OAuth record signs nothing".into()));
        };
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.expose().as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(data);
        Ok(mac.finalize().into_bytes().to_vec())
    }
}

struct Guarded(Response);

impl HttpResponse for Guarded {
    fn status(&self) -> u16 {
        self.0.status()
    }

    fn headers(&self) -> &[(String, String)] {
        self.0.headers()
    }

    fn read(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, PortError> {
        self.0.read(bytes_max).map_err(|e| port_error(&e))
    }

    fn next_event(&mut self) -> Result<Option<SseEvent>, PortError> {
        let event = self.0.next_event().map_err(|e| port_error(&e))?;
        Ok(event.map(|e| SseEvent { id: e.id, event: e.event, data: e.data }))
    }
}

fn port_error(error: &NetError) -> PortError {
    match error {
        NetError::Denied(denial) => PortError::Denied {
            capability: denial.capability,
            target: denial.target.clone(),
            fix: denial.fix.clone().unwrap_or_else(|| match denial.rule {
                NetRule::NotAsked => "the manifest does not ask for this, so nothing can allow it".into(),
                _ => "nothing can allow this".into(),
            }),
        },
        NetError::Invalid { .. } => PortError::InvalidInput(error.plugin_text()),
        NetError::Idle { .. } | NetError::Overtime { .. } => PortError::Timeout,
        NetError::Stopped => PortError::Cancelled,
        NetError::TooLarge { bytes_max, .. } => PortError::TooLarge(*bytes_max),
        _ => PortError::Unavailable(error.plugin_text()),
    }
}
