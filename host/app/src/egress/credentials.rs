//! Which secret goes where in a request.
//!
//! Invariant: a secret is used only if the manifest declares it, the user granted it and the user bound it, all three.

use std::sync::{Mutex, PoisonError};

use trcaa_model::plugin::SecretCapability;
use trcaa_model::secret::Secret;
use trcaa_net::Credential;
use trcaa_runtime::ports::{Caller, HttpAuth, Placement, PortError};

use super::Egress;
use super::oauth::OAuth;

/// Most characters of a name that a denial repeats.
const NAME_CHARS_MAX: usize = 80;

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

/// How the connection's own credential is written, where a plugin asks for that of the connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectionAuth {
    /// The first bound secret of the manifest, in the first of its placements that needs nothing else: bearer, or a header.
    #[default]
    Declared,
    /// `Authorization: Bearer <secret>`
    Bearer {
        /// The secret's name.
        secret: String,
    },
    /// `Authorization: Basic <user:secret>`
    Basic {
        /// The secret's name.
        secret: String,
        /// The user name.
        user: String,
    },
    /// `<header>: <prefix><secret>`
    Header {
        /// The secret's name.
        secret: String,
        /// The header's name.
        header: String,
        /// What stands before the secret, with its own space.
        prefix: String,
    },
}

/// A bound secret as it is used.
pub(super) struct Bound {
    pub(super) name: String,
    pub(super) granted: SecretCapability,
    pub(super) value: Value,
}

/// What is written into requests.
pub(super) enum Value {
    Plain(Secret),
    OAuth(Mutex<OAuth>),
}

impl Bound {
    /// `renews`: whether there is somebody who can renew tokens; else a record is a text like any other.
    pub(super) fn new(bound: BoundSecret, renews: bool) -> Self {
        let value = match OAuth::parse(&bound.secret).filter(|_| renews) {
            Some(record) => Value::OAuth(Mutex::new(record)),
            None => Value::Plain(bound.secret),
        };
        Self { name: bound.name, granted: bound.granted, value }
    }

    /// Everything in it that must not come back.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match &self.value {
            Value::Plain(secret) => vec![secret.clone()],
            Value::OAuth(record) => record.lock().unwrap_or_else(PoisonError::into_inner).secrets().collect(),
        }
    }
}

impl Egress {
    /// A secret by its name, if all three allow it.
    pub(super) fn secret(&self, caller: &Caller<'_>, name: &str) -> Result<&Bound, PortError> {
        let declared = caller.manifest.secrets.iter().any(|s| s.name == name);
        let granted = self.granted_secrets.iter().any(|g| g.name == name);
        let bound = self.secrets.iter().find(|s| s.name == name);
        let target = || name.chars().take(NAME_CHARS_MAX).collect::<String>();
        let id = &caller.manifest.id;
        let denied = |fix: String| Err(PortError::Denied { capability: "secret", target: target(), fix });
        match bound {
            _ if !declared => {
                let plain = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect::<String>();
                denied(format!("[[secret]]\nname = \"{plain}\""))
            }
            _ if !granted => denied(format!("trcaa plugin grant {id}")),
            None if caller.connection.is_empty() => denied(format!("trcaa plugin secret {id} {} --stdin", target())),
            None => denied(format!("trcaa plugin secret {id} {} --stdin --connection {}", target(), caller.connection)),
            Some(bound) => Ok(bound),
        }
    }

    /// What a request is to carry.
    pub(super) fn wanted(&self, caller: &Caller<'_>, auth: HttpAuth) -> Result<Vec<(Placement, String)>, PortError> {
        match auth {
            HttpAuth::None => Ok(Vec::new()),
            HttpAuth::Explicit(wanted) => Ok(wanted),
            HttpAuth::Connection => self.of_connection(caller).map(|own| own.into_iter().collect()),
        }
    }

    /// The connection's own credential; none where the user set up none, as for a server that asks for none.
    fn of_connection(&self, caller: &Caller<'_>) -> Result<Option<(Placement, String)>, PortError> {
        Ok(Some(match &self.auth {
            ConnectionAuth::Bearer { secret } => (Placement::Bearer, secret.clone()),
            ConnectionAuth::Basic { secret, user } => (Placement::Basic(user.clone()), secret.clone()),
            ConnectionAuth::Header { secret, header, prefix } => {
                (Placement::Header(header.clone(), prefix.clone()), secret.clone())
            }
            ConnectionAuth::Declared => {
                let bound = |name: &str| self.secrets.iter().any(|b| b.name == name);
                let Some(declared) = caller.manifest.secrets.iter().find(|s| bound(&s.name)) else { return Ok(None) };
                let placement = declared.placements.iter().find_map(|placement| match placement.as_str() {
                    "bearer" => Some(Placement::Bearer),
                    other => other.strip_prefix("header:").map(|h| Placement::Header(h.to_owned(), String::new())),
                });
                let denied = || PortError::Denied {
                    capability: "secret",
                    target: declared.name.clone(),
                    fix: "the connection says how it is used: a user name for basic".into(),
                };
                (placement.ok_or_else(denied)?, declared.name.clone())
            }
        }))
    }

    /// The credentials as they are written, renewed where they ran out.
    pub(super) fn credentials(
        &self,
        caller: &Caller<'_>,
        wanted: &[(Placement, String)],
    ) -> Result<Vec<Credential>, PortError> {
        let mut credentials = Vec::with_capacity(wanted.len());
        for (placement, name) in wanted {
            let bound = self.secret(caller, name)?;
            let secret = match &bound.value {
                Value::Plain(secret) => secret.clone(),
                Value::OAuth(record) => {
                    let present = record.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    match present.is_expired(self.now_ms()) {
                        true => self.renewed(bound, &present)?.access_token(),
                        false => present.access_token(),
                    }
                }
            };
            let placement = match placement.clone() {
                Placement::Bearer => trcaa_net::Placement::Bearer,
                Placement::Basic(user) => trcaa_net::Placement::Basic { user },
                Placement::Header(name, prefix) => trcaa_net::Placement::Header { name, prefix },
            };
            credentials.push(Credential { id: name.clone(), secret, placement, granted: bound.granted.clone() });
        }
        Ok(credentials)
    }

    /// Renews what of these credentials can be renewed, after the server refused them; says whether anything was.
    pub(super) fn renew_all(&self, caller: &Caller<'_>, used: &[Credential]) -> Result<bool, PortError> {
        let mut any = false;
        for credential in used {
            let bound = self.secret(caller, &credential.id)?;
            let Value::OAuth(record) = &bound.value else { continue };
            let present = record.lock().unwrap_or_else(PoisonError::into_inner).clone();
            // Another thread may have renewed it while this request was under way.
            if present.access_token() == credential.secret {
                self.renewed(bound, &present)?;
            }
            any = true;
        }
        Ok(any)
    }

    fn renewed(&self, bound: &Bound, stale: &OAuth) -> Result<OAuth, PortError> {
        let (Value::OAuth(record), Some(renewal)) = (&bound.value, &self.renewal) else {
            return Err(PortError::Unavailable("the token can't be renewed here".into()));
        };
        let remember = |tokens: &OAuth| tokens.secrets().for_each(|secret| self.connection.remember(&secret));
        let new = renewal.renew(&bound.name, &bound.granted.audience, stale, self.observer.as_ref(), &remember)?;
        *record.lock().unwrap_or_else(PoisonError::into_inner) = new.clone();
        Ok(new)
    }
}
