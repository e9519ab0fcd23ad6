//! The attacks that must fail, each against the real client and a real server on loopback.
//!
//! A test here is written so that it fails when its guard is taken out: it looks at what the server saw, or grants
//! everything but the one thing that the guard is about.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod echo;
mod fetch;
mod limits;
mod peer;
mod redirect;
mod request;
mod stays;
mod stop;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use peer::{Names, Records, Scan};
use trcaa_model::plugin::{HttpCapability, SecretCapability};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Allowance, Body, Connection, Credential, Method, NetError, Network, Placement, Policy, Request, Resolver, Response,
    Rule,
};

const SECRET: &str = "hunter2/and+more";

/// Everything of one connection, open but for what a test closes.
struct Setup {
    origins: Vec<String>,
    typed: Vec<String>,
    prefixes: Vec<String>,
    allowance: Allowance,
    network: Network,
    records: Records,
}

impl Setup {
    /// Grants every method and path of `origins`, which the user typed.
    fn typed(origins: &[&str]) -> Self {
        let own: Vec<String> = origins.iter().map(|o| (*o).to_owned()).collect();
        Self { typed: own.clone(), ..Self::granted(&own) }
    }

    /// Grants every method and path of `origins`, which come from a manifest.
    fn granted(origins: &[String]) -> Self {
        let long = Duration::from_secs(20);
        Self {
            origins: origins.to_vec(),
            typed: vec![],
            prefixes: vec![],
            allowance: Allowance {
                total: long,
                idle: long,
                request_bytes_max: 1 << 20,
                response_bytes_max: 1 << 20,
                loopback_only: false,
            },
            network: Network::new(b"").unwrap(),
            records: Records::default(),
        }
    }

    fn connect(&self, names: &Arc<Names>) -> Connection {
        self.connect_by(names.clone())
    }

    fn connect_by(&self, names: Arc<dyn Resolver>) -> Connection {
        let grant = |origin: &String| HttpCapability {
            origin: origin.clone(),
            methods: ["GET", "POST", "PUT"].map(str::to_owned).to_vec(),
            path_prefixes: self.prefixes.clone(),
            reason: "test".into(),
        };
        let grants: Vec<_> = self.origins.iter().map(grant).collect();
        let policy = Policy::new("wiki", &grants, &self.typed, self.allowance).unwrap();
        Connection::new(policy, &self.network, names).unwrap()
    }

    /// A token that may go to every granted origin.
    fn token(&self) -> Credential {
        Credential {
            id: "wiki-token".into(),
            secret: Secret::new(SECRET),
            placement: Placement::Bearer,
            granted: SecretCapability {
                name: "token".into(),
                audience: self.origins.clone(),
                placements: vec!["bearer".into()],
                reason: "test".into(),
            },
        }
    }

    /// One request with its own connection.
    fn send(&self, request: &Request) -> Result<Response, NetError> {
        self.connect(&Names::loopback()).send(request, &[], &Scan, &self.records)
    }

    /// The same with the token.
    fn send_with_token(&self, request: &Request) -> Result<Response, NetError> {
        self.connect(&Names::loopback()).send(request, &[self.token()], &Scan, &self.records)
    }
}

fn get(url: impl Into<String>) -> Request {
    Request {
        method: Method::Get,
        url: url.into(),
        headers: vec![],
        body: Body::Empty,
        timeout: None,
        response_bytes_max: None,
        redirects_max: None,
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[track_caller]
fn rule(result: Result<Response, NetError>) -> Rule {
    match result {
        Err(NetError::Denied(denial)) => denial.rule,
        other => panic!("expected a denial, got {other:?}"),
    }
}

/// No text about an error carries the secret or the query.
#[track_caller]
fn tells_nothing(error: &NetError, hidden: &[&str]) {
    for text in [error.to_string(), format!("{error:?}"), error.plugin_text()] {
        for hidden in hidden {
            assert!(!text.contains(hidden), "{hidden:?} in {text:?}");
        }
    }
}
