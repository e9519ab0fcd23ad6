//! `plugin grant` and `plugin revoke`: the user's word about single capabilities, before or after the first use.

use serde::Serialize;
use serde_json::json;
use trcaa_model::plugin::{BASE_URL, Capability, HttpCapability, Manifest, SecretCapability, canonical_origin};
use url::Url;

use super::folder::Found;
use super::grants::{capability_hash, granted_to, record, told, write_grants};
use super::list::manifest_of;
use crate::{App, AppError};

/// Which capabilities are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantSubject {
    /// All that the manifest asks for.
    All,
    /// Requests: everywhere, or to one origin, by these methods (empty: all), below one path.
    Http {
        /// An address, or `{base_url}`.
        origin: Option<String>,
        /// Upper-case methods.
        methods: Vec<String>,
        /// Path of the address, as a request has it.
        path: Option<String>,
    },
    /// Use of secrets: all, that of one name, or those that go to one origin.
    Secret {
        /// A name of the manifest, or an address.
        what: Option<String>,
    },
    /// State between calls.
    Kv,
}

/// What a plugin may do after a change.
#[derive(Clone, Debug, Serialize)]
pub struct Granted {
    /// The manifest's id.
    pub plugin_id: String,
    /// What this change granted or took back.
    pub changed: Vec<Capability>,
    /// All that is granted now.
    pub grants: Vec<Capability>,
}

/// Whose grants are changed.
struct Holder {
    id: String,
    manifest: Manifest,
    key: Option<String>,
}

impl App {
    /// Grants what the manifest asks for, or a part of it. Nothing has to be enabled for that.
    ///
    /// # Errors
    /// `not_asked`: the manifest does not ask for it, so it can't be granted.
    pub fn grant_plugin(&self, id: &str, subject: &GrantSubject) -> Result<Granted, AppError> {
        let holder = self.holder(id)?;
        let wishes = self.wishes_meant(&holder, subject)?;
        let held = granted_to(&self.store, &holder.id, holder.key.as_deref())?;
        let new: Vec<Capability> = wishes
            .into_iter()
            .filter(|wish| !held.iter().any(|held| capability_hash(held) == capability_hash(wish)))
            .collect();
        self.store.write(|tx| write_grants(tx, &holder.id, holder.key.as_deref(), &new, None))?;
        self.granted(holder, new)
    }

    /// Takes grants back: all, those of one kind, or a part of one, from the next request on.
    ///
    /// # Errors
    /// `not_granted`; `grant_wider`: what is granted can't be split there.
    pub fn revoke_plugin(&self, id: &str, subject: &GrantSubject) -> Result<Granted, AppError> {
        let holder = self.holder(id)?;
        let held = granted_to(&self.store, &holder.id, holder.key.as_deref())?;
        let mut taken = Vec::new();
        let mut rest = Vec::new();
        for grant in &held {
            match self.without(&holder, grant, subject)? {
                None => {}
                Some(left) => {
                    taken.push(grant.clone());
                    rest.extend(left);
                }
            }
        }
        if taken.is_empty() && *subject != GrantSubject::All {
            return Err(AppError::failed(
                "not_granted",
                format!("revoking from plugin {id}: nothing of that is granted"),
            )
            .hint(format!("see what is: trcaa plugin show {id}")));
        }
        let mut changed = false;
        self.store.write(|tx| {
            // What is left is written anew: nothing that another process took back meanwhile may come back with it.
            if granted_to(tx, &holder.id, holder.key.as_deref()).ok().as_ref() != Some(&held) {
                changed = true;
                return Ok(());
            }
            // All means all: also what was granted to another publisher of that id.
            match subject {
                GrantSubject::All => drop(tx.revoke(&holder.id, None)?),
                _ => {
                    for grant in &taken {
                        tx.revoke(&holder.id, Some(&capability_hash(grant)))?;
                    }
                }
            }
            write_grants(tx, &holder.id, holder.key.as_deref(), &rest, None)?;
            let details = json!({"publisher_key": holder.key, "capabilities": told(&taken), "left": told(&rest)});
            tx.audit(&record("capability_revoked", &holder.id, details)).map(drop)
        })?;
        if changed {
            return Err(AppError::failed(
                "changed_meanwhile",
                format!("revoking from plugin {id}: another process changed its grants meanwhile; nothing was done"),
            )
            .hint("do it again"));
        }
        self.granted(holder, taken)
    }

    fn granted(&self, holder: Holder, changed: Vec<Capability>) -> Result<Granted, AppError> {
        let grants = granted_to(&self.store, &holder.id, holder.key.as_deref())?;
        Ok(Granted { plugin_id: holder.id, changed, grants })
    }

    fn holder(&self, id: &str) -> Result<Holder, AppError> {
        // A bundled plugin is nobody's; what it may do beyond computing is granted like any other's.
        if let Some(found) = Found::bundled(id) {
            return Ok(Holder { id: found.manifest.id.clone(), manifest: found.manifest, key: None });
        }
        if let Some(row) = self.store.plugin(id)? {
            return Ok(Holder { id: row.id.clone(), manifest: manifest_of(&row)?, key: self.key_of(id)? });
        }
        let found = self.find_plugin(id)?;
        let key = found.key().map(str::to_owned);
        Ok(Holder { id: found.manifest.id.clone(), manifest: found.manifest, key })
    }

    /// The wishes, or parts of them, that a person means.
    fn wishes_meant(&self, holder: &Holder, subject: &GrantSubject) -> Result<Vec<Capability>, AppError> {
        let wishes = holder.manifest.capabilities();
        let id = &holder.id;
        let meant: Vec<Capability> = match subject {
            GrantSubject::All => wishes,
            GrantSubject::Kv => wishes.into_iter().filter(|wish| matches!(wish, Capability::Kv(_))).collect(),
            GrantSubject::Http { origin: None, .. } => {
                wishes.into_iter().filter(|wish| matches!(wish, Capability::Http(_))).collect()
            }
            GrantSubject::Http { origin: Some(origin), methods, path } => {
                let places = self.places(holder, origin, path.as_deref())?;
                let narrowed = |wish: &Capability| {
                    let Capability::Http(http) = wish else { return None };
                    places.iter().find_map(|place| {
                        wish.narrowed_to(&Capability::Http(HttpCapability {
                            origin: place.origin.clone(),
                            methods: if methods.is_empty() { http.methods.clone() } else { methods.clone() },
                            path_prefixes: place.path.iter().cloned().collect(),
                            reason: String::new(),
                        }))
                    })
                };
                let found: Vec<Capability> = wishes.iter().filter_map(narrowed).collect();
                // Half of what was said would look like all of it.
                let missing = methods.iter().find(|method| {
                    !found.iter().any(|wish| matches!(wish, Capability::Http(http) if http.methods.contains(method)))
                });
                match missing {
                    Some(method) if !found.is_empty() => {
                        return Err(not_asked(
                            holder,
                            &format!("{method} {origin}{}", path.as_deref().unwrap_or_default()),
                        ));
                    }
                    _ => found,
                }
            }
            GrantSubject::Secret { what: None } => {
                wishes.into_iter().filter(|wish| matches!(wish, Capability::Secret(_))).collect()
            }
            GrantSubject::Secret { what: Some(what) } => match what.contains("://") || what == BASE_URL {
                false => wishes
                    .into_iter()
                    .filter(|wish| matches!(wish, Capability::Secret(secret) if secret.name == *what))
                    .collect(),
                true => {
                    let places = self.places(holder, what, None)?;
                    let audience: Vec<String> = places.into_iter().map(|place| place.origin).collect();
                    let narrowed = |wish: &Capability| {
                        let Capability::Secret(secret) = wish else { return None };
                        let asked = SecretCapability { audience: audience.clone(), ..secret.clone() };
                        wish.narrowed_to(&Capability::Secret(asked))
                    };
                    wishes.iter().filter_map(narrowed).collect()
                }
            },
        };
        match (meant.is_empty(), subject) {
            (false, _) => Ok(meant),
            (true, GrantSubject::All) => Err(AppError::failed(
                "not_asked",
                format!("granting to plugin {id}: it asks for nothing but to compute"),
            )),
            (true, GrantSubject::Http { origin: Some(origin), methods, path }) => {
                let methods = if methods.is_empty() { String::new() } else { format!("{} ", methods.join(",")) };
                Err(not_asked(holder, &format!("{methods}{origin}{}", path.as_deref().unwrap_or_default())))
            }
            (true, GrantSubject::Secret { what: Some(what) }) => Err(not_asked(holder, &format!("secret {what}"))),
            (true, GrantSubject::Http { .. }) => Err(not_asked(holder, "http")),
            (true, GrantSubject::Secret { .. }) => Err(not_asked(holder, "a secret")),
            (true, GrantSubject::Kv) => Err(not_asked(holder, "kv")),
        }
    }

    /// How a manifest may spell an address: as it is, or as `{base_url}` where it is the address of one of the
    /// plugin's connections; paths count from there.
    fn places(&self, holder: &Holder, origin: &str, path: Option<&str>) -> Result<Vec<HttpPlace>, AppError> {
        if origin == BASE_URL {
            return Ok(vec![HttpPlace { origin: BASE_URL.to_owned(), path: path.map(str::to_owned) }]);
        }
        let unreadable = || {
            AppError::usage("bad_origin", format!("reading the address {origin:?}: it is no http or https address"))
                .hint("name it as https://host or https://host:port, or as '{base_url}'")
        };
        let address = Address::parse(origin).ok_or_else(unreadable)?;
        let mut places = vec![HttpPlace { origin: address.origin.clone(), path: path.map(str::to_owned) }];
        for provider in self.store.providers()?.into_iter().filter(|provider| provider.plugin == holder.id) {
            let Some(base) = Address::parse(&provider.api_url).filter(|base| base.origin == address.origin) else {
                continue;
            };
            let within = match path {
                None => Some(None),
                Some(path) => {
                    path.strip_prefix(base.path.as_str()).map(|rest| Some(format!("/{}", rest.trim_start_matches('/'))))
                }
            };
            if let Some(path) = within {
                places.push(HttpPlace { origin: BASE_URL.to_owned(), path });
            }
        }
        Ok(places)
    }

    /// What is left of a grant; `None` where the subject does not touch it.
    fn without(
        &self,
        holder: &Holder,
        grant: &Capability,
        subject: &GrantSubject,
    ) -> Result<Option<Vec<Capability>>, AppError> {
        Ok(match (subject, grant) {
            (GrantSubject::All, _)
            | (GrantSubject::Kv, Capability::Kv(_))
            | (GrantSubject::Http { origin: None, .. }, Capability::Http(_))
            | (GrantSubject::Secret { what: None }, Capability::Secret(_)) => Some(Vec::new()),
            (GrantSubject::Secret { what: Some(what) }, Capability::Secret(secret)) => {
                if secret.name == *what {
                    return Ok(Some(Vec::new()));
                }
                if !what.contains("://") && what != BASE_URL {
                    return Ok(None);
                }
                let places = self.places(holder, what, None)?;
                let mut left = secret.clone();
                left.audience.retain(|o| !places.iter().any(|place| canonical_origin(o) == place.origin));
                if left.audience.len() == secret.audience.len() {
                    return Ok(None);
                }
                Some(if left.audience.is_empty() { Vec::new() } else { vec![Capability::Secret(left)] })
            }
            (GrantSubject::Http { origin: Some(origin), methods, path }, Capability::Http(http)) => {
                let places = self.places(holder, origin, path.as_deref())?;
                let here = places.iter().find(|place| place.origin == canonical_origin(&http.origin));
                let touched = methods.is_empty() || http.methods.iter().any(|method| methods.contains(method));
                match here.filter(|_| touched) {
                    None => None,
                    Some(place) => less(&holder.id, http, methods, place.path.as_deref())?,
                }
            }
            _ => None,
        })
    }
}

/// What is left of an HTTP grant without these methods below this path.
fn less(
    id: &str,
    http: &HttpCapability,
    methods: &[String],
    path: Option<&str>,
) -> Result<Option<Vec<Capability>>, AppError> {
    let taken = |method: &String| methods.is_empty() || methods.contains(method);
    let part = |methods: Vec<String>, path_prefixes: Vec<String>| {
        (!methods.is_empty()).then(|| Capability::Http(HttpCapability { methods, path_prefixes, ..http.clone() }))
    };
    let mut left: Vec<Capability> = Vec::new();
    left.extend(part(http.methods.iter().filter(|m| !taken(m)).cloned().collect(), http.path_prefixes.clone()));
    let Some(path) = path.filter(|path| *path != "/") else { return Ok(Some(left)) };
    let below = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|r| r.is_empty() || outer.ends_with('/') || r.starts_with('/'))
    };
    let kept: Vec<String> = http.path_prefixes.iter().filter(|prefix| !below(path, prefix)).cloned().collect();
    if http.path_prefixes.is_empty() || kept.iter().any(|prefix| below(prefix, path)) {
        let wider = if kept.is_empty() { "every path".to_owned() } else { kept.join(", ") };
        return Err(AppError::failed(
            "grant_wider",
            format!("revoking from plugin {id}: what is granted covers {wider}, and a part below it can't be left out"),
        )
        .hint(format!("revoke it whole, then grant what is to stay: trcaa plugin revoke {id} http {}", http.origin)));
    }
    if kept.len() == http.path_prefixes.len() {
        return Ok(None);
    }
    if !kept.is_empty() {
        left.extend(part(http.methods.iter().filter(|m| taken(m)).cloned().collect(), kept));
    }
    Ok(Some(left))
}

fn not_asked(holder: &Holder, what: &str) -> AppError {
    let id = &holder.id;
    let base = holder.manifest.http.iter().any(|wish| wish.origin == BASE_URL);
    let error = AppError::failed(
        "not_asked",
        format!("granting to plugin {id}: its manifest does not ask for {what}, so nobody can grant it"),
    )
    .hint(format!(
        "the manifest has to ask first, which only its author can change; see what it asks: trcaa plugin show {id}"
    ));
    match base {
        true => error.hint(format!(
            "if that is the address of a connection that you are about to make: trcaa plugin grant {id} http '{BASE_URL}'"
        )),
        false => error,
    }
}

/// An origin as manifests spell it, and a path that counts from there.
struct HttpPlace {
    origin: String,
    path: Option<String>,
}

/// An address, canonical.
struct Address {
    origin: String,
    /// Without a slash at its end.
    path: String,
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        if !matches!(url.scheme(), "https" | "http") || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        // Writes no port that the scheme has anyway.
        Some(Self { origin: url.origin().ascii_serialization(), path: url.path().trim_end_matches('/').to_owned() })
    }
}
