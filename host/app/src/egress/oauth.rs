//! OAuth 2 with refresh on the host's side: the plugin has a handle, and never sees a token.
//!
//! A secret whose text is a JSON object with these fields is such a record. Invariants: one refresh at a time, over all
//! threads and processes, by a file that is locked; whoever comes second takes what the first one stored; new tokens
//! are searched for in everything that comes back before they are used, and stored in one transaction with their audit
//! row; the token's address is in the secret's audience, and is reached through the pipeline of everything else.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use trcaa_model::audit::AuditRecord;
use trcaa_model::plugin::HttpCapability;
use trcaa_model::secret::Secret;
use trcaa_net::{Allowance, Body, Connection, Method, Network, Observer, Policy, Request, Resolver, Stop, TokenForm};
use trcaa_runtime::ports::PortError;
use zeroize::Zeroize;

use super::audit::Ledger;
use super::scan::OwnAddress;

/// Longest wait for another thread or process that refreshes the same secret; longer than its own request may take.
const TURN_WAIT: Duration = Duration::from_secs(40);
/// How often the lock is tried.
const TURN_LOOK: Duration = Duration::from_millis(25);
/// Longest wait for the token server.
const ANSWER_WAIT: Duration = Duration::from_secs(30);
/// Most bytes of its answer.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// Replaced tokens that are remembered, two of each renewal.
const PREVIOUS_MAX: usize = 8;
/// A token that ends so soon is as good as expired: the request has to arrive as well.
const EARLY_S: u64 = 30;

/// The fields of a record, for a person who writes one.
pub(crate) const OAUTH_FIELDS: &str =
    "access_token, refresh_token, token_url, client_id, and perhaps client_secret and expires_at (seconds since 1970)";

/// Whether a secret is such a record, with a token in each place.
pub(crate) fn is_oauth_record(secret: &Secret) -> bool {
    OAuth::parse(secret).is_some_and(|record| {
        record.secrets().all(|token| token.expose().len() >= 4)
            && trcaa_net::origin_and_path(&record.token_url).is_some()
    })
}

/// A secret that renews itself.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct OAuth {
    access_token: String,
    refresh_token: String,
    /// Where new tokens come from; in the secret's audience.
    token_url: String,
    client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
    /// Seconds since the Unix epoch; 0 = unknown, so that only a 401 tells.
    #[serde(default)]
    expires_at: u64,
    /// Tokens that were replaced; a server may still speak of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    previous: Vec<String>,
}

impl Drop for OAuth {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
        self.client_secret.zeroize();
        self.previous.zeroize();
    }
}

impl OAuth {
    /// Reads a record; `None` where the secret is a plain one.
    pub(crate) fn parse(secret: &Secret) -> Option<Self> {
        if !secret.expose().trim_start().starts_with('{') {
            return None;
        }
        serde_json::from_str(secret.expose()).ok()
    }

    /// What is written into requests.
    pub(crate) fn access_token(&self) -> Secret {
        Secret::new(self.access_token.as_str())
    }

    /// Whether it ends before a request would arrive.
    pub(crate) fn is_expired(&self, now_ms: u64) -> bool {
        self.expires_at != 0 && self.expires_at <= now_ms / 1_000 + EARLY_S
    }

    /// Everything in it that must not come back.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = Secret> {
        let all = [Some(&self.access_token), Some(&self.refresh_token), self.client_secret.as_ref()];
        all.into_iter()
            .flatten()
            .chain(&self.previous)
            .map(|text| Secret::new(text.as_str()))
            .collect::<Vec<_>>()
            .into_iter()
    }
}

/// What a token server answers (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    refresh_token: Option<String>,
    expires_in: Option<u64>,
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.access_token.zeroize();
        self.refresh_token.zeroize();
    }
}

/// Renews the tokens of one plugin connection.
pub(crate) struct Renewal {
    pub(crate) ledger: Ledger,
    pub(crate) plugin: String,
    pub(crate) connection: String,
    pub(crate) typed_origins: Vec<String>,
    pub(crate) network: Network,
    pub(crate) resolver: Arc<dyn Resolver>,
    pub(crate) stop: Stop,
    /// Whether the call is over; the same as `stop`, for the wait that is not on the network.
    pub(crate) is_over: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Locked while tokens are asked for.
    pub(crate) lock_file: PathBuf,
}

impl Renewal {
    /// Gives tokens that are newer than `stale`: those that another one stored meanwhile, or new ones of the server.
    /// `remember` is told of every token before anything else is done with it.
    pub(crate) fn renew(
        &self,
        name: &str,
        audience: &[String],
        stale: &OAuth,
        observer: &dyn Observer,
        remember: &dyn Fn(&OAuth),
    ) -> Result<OAuth, PortError> {
        let _turn = self.turn()?;
        let stored = {
            let store = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            store.plugin_secret(&self.plugin, &self.connection, name)
        };
        let stored = stored.map_err(|_| unavailable())?.as_ref().and_then(OAuth::parse);
        let stored = stored.ok_or_else(|| self.log_in_again(name))?;
        remember(&stored);
        if stored.access_token != stale.access_token {
            return Ok(stored);
        }
        if !trcaa_net::is_in_audience(audience, &stored.token_url) {
            let origin = trcaa_net::origin_and_path(&stored.token_url).map_or_else(String::new, |(origin, _)| origin);
            let fix = format!("audience of [[secret]] {name} in the manifest: {origin}");
            return Err(PortError::Denied { capability: "secret", target: origin, fix });
        }
        let new = self.ask(name, &stored, observer)?;
        remember(&new);
        self.keep(name, &stored, &new)?;
        Ok(new)
    }

    /// Waits for its turn. The lock ends with the file, and with the process.
    fn turn(&self) -> Result<File, PortError> {
        if let Some(folder) = self.lock_file.parent() {
            std::fs::create_dir_all(folder).map_err(|_| unavailable())?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&self.lock_file);
        let file = file.map_err(|_| unavailable())?;
        let begun = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(_) if (self.is_over)() => return Err(PortError::Cancelled),
                Err(_) if begun.elapsed() > TURN_WAIT => return Err(PortError::Timeout),
                Err(_) => std::thread::sleep(TURN_LOOK),
            }
        }
    }

    fn ask(&self, name: &str, old: &OAuth, observer: &dyn Observer) -> Result<OAuth, PortError> {
        let (origin, path) = trcaa_net::origin_and_path(&old.token_url).ok_or_else(|| self.log_in_again(name))?;
        let only = HttpCapability {
            origin,
            methods: vec!["POST".into()],
            path_prefixes: vec![path],
            reason: "to renew a token".into(),
        };
        let allowance = Allowance { total: ANSWER_WAIT, response_bytes_max: ANSWER_BYTES_MAX, ..Allowance::default() };
        let policy = Policy::new(&self.plugin, &[only], &self.typed_origins, allowance);
        // A connection of its own: its answer is read as it came, for what it holds are secrets and not echoes.
        let connection = policy.and_then(|policy| {
            Ok(Connection::new(policy, &self.network, Arc::clone(&self.resolver))?.stopped_by(self.stop.clone()))
        });
        let connection = connection.map_err(|_| self.log_in_again(name))?;
        let client_secret = old.client_secret.as_deref().map(Secret::new);
        let form = TokenForm::refresh(&Secret::new(old.refresh_token.as_str()), &old.client_id, client_secret.as_ref());
        let request = Request {
            method: Method::Post,
            url: old.token_url.clone(),
            headers: vec![
                ("content-type".into(), "application/x-www-form-urlencoded".into()),
                ("accept".into(), "application/json".into()),
            ],
            body: Body::Token(form),
            timeout: None,
            response_bytes_max: None,
            redirects_max: Some(0),
        };
        let mut response = connection.send(&request, &[], &OwnAddress, observer).map_err(|e| super::port_error(&e))?;
        match response.status() {
            200 => {}
            400..=499 => return Err(self.log_in_again(name)),
            _ => return Err(PortError::Unavailable("the token server does not answer as it should".into())),
        }
        let mut bytes = response.read_all().map_err(|e| super::port_error(&e))?;
        let answer: Result<Answer, _> = serde_json::from_slice(&bytes);
        bytes.zeroize();
        let mut answer = answer.map_err(|_| self.log_in_again(name))?;
        let mut new = old.clone();
        new.previous.extend([old.access_token.clone(), old.refresh_token.clone()]);
        let forgotten = new.previous.len().saturating_sub(PREVIOUS_MAX);
        new.previous.drain(..forgotten).for_each(|mut token| token.zeroize());
        new.access_token = std::mem::take(&mut answer.access_token);
        if let Some(refresh_token) = answer.refresh_token.take() {
            new.refresh_token = refresh_token;
        }
        let now_s = self.ledger.lock().unwrap_or_else(PoisonError::into_inner).clock().now_ms() / 1_000;
        new.expires_at = answer.expires_in.map_or(0, |seconds| now_s.saturating_add(seconds));
        Ok(new)
    }

    /// Stores new tokens in the place of those that they were given for, and nowhere else: a secret that the user
    /// removed or bound anew meanwhile stays as the user left it.
    fn keep(&self, name: &str, old: &OAuth, new: &OAuth) -> Result<(), PortError> {
        let text = Secret::new(serde_json::to_string(new).map_err(|_| unavailable())?);
        let row = AuditRecord {
            action: "plugin_secret_renewed",
            entity_type: "plugin",
            entity_id: self.plugin.clone(),
            details: json!({"connection": self.connection, "name": name}),
        };
        let store = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = store.write(|tx| {
            let present = tx.plugin_secret(&self.plugin, &self.connection, name)?.as_ref().and_then(OAuth::parse);
            let is_old = present.is_some_and(|present| {
                present.access_token == old.access_token && present.refresh_token == old.refresh_token
            });
            if is_old {
                tx.renew_plugin_secret(&self.plugin, &self.connection, name, &text)?;
                tx.audit(&row)?;
            }
            Ok(is_old)
        });
        match kept {
            Ok(true) => Ok(()),
            Ok(false) => Err(PortError::Unavailable("the secret was changed while its tokens were renewed".into())),
            Err(_) => Err(unavailable()),
        }
    }

    fn log_in_again(&self, name: &str) -> PortError {
        let connection = match self.connection.as_str() {
            "" => String::new(),
            connection => format!(" --connection {connection}"),
        };
        PortError::Unauthenticated(format!(
            "log in again: trcaa plugin secret {} {name} --stdin{connection}",
            self.plugin
        ))
    }
}

fn unavailable() -> PortError {
    PortError::Unavailable("the tokens could not be read or stored".into())
}
