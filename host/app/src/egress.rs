//! The way out of one plugin connection: the runtime's HTTP and secret ports, served by `net`'s guarded client.
//!
//! Invariants: what a plugin wants to send passes every detector first, as a body or not at all; a secret is looked up
//! by what the manifest declares, the user granted and the user bound, all three; a plugin gets refusals in words that
//! tell it nothing about the user's network.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use trcaa_model::guard::Redacted;
use trcaa_model::plugin::{Grants, SecretCapability};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Allowance, Body, Connection, Credential, NetError, Network, Observer, OutboundScan, Part, Policy, Request,
    Resolver, Response, ScanRefusal,
};
use trcaa_redact::{Guard, Origin, Pseudonyms};
use trcaa_runtime::Detector;
use trcaa_runtime::ports::{
    Caller, HttpAuth, HttpPort, HttpRequest, HttpResponse, Placement, PortError, SecretPort, SseEvent,
};

use crate::AppError;

/// A secret that the user bound to a name of the manifest.
#[derive(Debug, Clone)]
pub struct BoundSecret {
    /// The declared name.
    pub name: String,
    /// The secret.
    pub secret: Secret,
    /// Audience and placements, `{base_url}` resolved.
    pub granted: SecretCapability,
}

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
    secrets: Vec<BoundSecret>,
    granted_secrets: Vec<SecretCapability>,
    detectors: Vec<Detector>,
    observer: Arc<dyn Observer>,
    pseudonyms: Mutex<Pseudonyms>,
}

impl Egress {
    /// Sets a connection up; opens no socket.
    ///
    /// # Errors
    /// A grant that can't be read, or no detector: without one nothing may leave.
    pub fn new(setup: EgressSetup, network: &Network) -> Result<Self, AppError> {
        let failed =
            |e: NetError| AppError::failed("egress", format!("setting up the connection of {}: {e}", setup.plugin));
        if setup.detectors.is_empty() {
            return Err(AppError::failed(
                "no_detector",
                "setting up a connection: no detector is enabled, so nothing may leave",
            ));
        }
        let policy = Policy::new(&setup.plugin, &setup.grants.http, &setup.typed_origins, Allowance::default())
            .map_err(failed)?;
        let connection = Connection::new(policy, network, setup.resolver).map_err(failed)?;
        Ok(Self {
            connection,
            secrets: setup.secrets,
            granted_secrets: setup.grants.secrets,
            detectors: setup.detectors,
            observer: setup.observer,
            pseudonyms: Mutex::new(setup.pseudonyms),
        })
    }

    fn secret(&self, caller: &Caller<'_>, name: &str) -> Result<&BoundSecret, PortError> {
        let declared = caller.manifest.secrets.iter().any(|s| s.name == name);
        let granted = self.granted_secrets.iter().any(|g| g.name == name);
        let bound = self.secrets.iter().find(|s| s.name == name);
        match bound {
            Some(secret) if declared && granted => Ok(secret),
            _ => Err(PortError::Denied {
                capability: "secret",
                target: name.chars().take(80).collect(),
                fix: if declared {
                    format!("the user grants and binds it to {}", caller.manifest.id)
                } else {
                    format!(
                        "[[secret]]\nname = \"{}\"",
                        name.chars().filter(char::is_ascii_alphanumeric).take(40).collect::<String>()
                    )
                },
            }),
        }
    }

    fn credentials(&self, caller: &Caller<'_>, auth: HttpAuth) -> Result<Vec<Credential>, PortError> {
        let wanted = match auth {
            HttpAuth::None => Vec::new(),
            HttpAuth::Explicit(wanted) => wanted,
            HttpAuth::Connection => {
                return Err(PortError::Denied {
                    capability: "secret",
                    target: "connection".into(),
                    fix: "this connection has no credential of its own; name a secret".into(),
                });
            }
        };
        wanted
            .into_iter()
            .map(|(placement, name)| {
                let bound = self.secret(caller, &name)?;
                let placement = match placement {
                    Placement::Bearer => trcaa_net::Placement::Bearer,
                    Placement::Basic(user) => trcaa_net::Placement::Basic { user },
                    Placement::Header(name, prefix) => trcaa_net::Placement::Header { name, prefix },
                };
                Ok(Credential { id: name, secret: bound.secret.clone(), placement, granted: bound.granted.clone() })
            })
            .collect()
    }
}

/// The scan of what leaves over one connection, with pseudonyms that live as long as it does.
struct Scan<'a> {
    detectors: &'a [Detector],
    pseudonyms: &'a Mutex<Pseudonyms>,
}

impl OutboundScan for Scan<'_> {
    fn scan(&self, _part: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal> {
        let refused = |_| ScanRefusal { reason: "it could not be searched for personal data and secrets" };
        let mut spans = crate::redaction::detect(self.detectors, text, &crate::NoProgress).map_err(refused)?;
        let mut pseudonyms = self.pseudonyms.lock().unwrap_or_else(PoisonError::into_inner);
        spans.retain(|span| !crate::redaction::is_placeholder(text, span, &pseudonyms));
        Guard::pass(text, Origin::Redacted, &spans, &mut pseudonyms, usize::MAX)
            .map_err(|_| ScanRefusal { reason: "it could not be redacted" })
    }
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
        let scan = Scan { detectors: &self.detectors, pseudonyms: &self.pseudonyms };
        let body = Body::from_guest(request.body.as_deref().unwrap_or_default(), &scan)
            .map_err(|refusal| PortError::InvalidInput(refusal.reason.to_owned()))?;
        let credentials = self.credentials(caller, request.auth)?;
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
        match self.connection.send(&wanted, &credentials, &scan, self.observer.as_ref()) {
            Ok(response) => Ok(Box::new(Guarded(response))),
            Err(error) => Err(port_error(&error)),
        }
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
            return Err(PortError::Denied { capability: "secret", target: format!("{secret_id} to sign"), fix });
        }
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(bound.secret.expose().as_bytes())
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
            fix: denial.fix.clone().unwrap_or_else(|| "nothing can allow this".into()),
        },
        NetError::Invalid { .. } => PortError::InvalidInput(error.plugin_text()),
        NetError::Idle { .. } | NetError::Overtime { .. } => PortError::Timeout,
        NetError::TooLarge { bytes_max, .. } => PortError::TooLarge(*bytes_max),
        _ => PortError::Unavailable(error.plugin_text()),
    }
}
