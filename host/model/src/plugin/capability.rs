//! One wish of a manifest as a thing that is granted by itself, and what is left when a grant meets a manifest.
//!
//! Invariant: what a plugin may do is never more than its manifest asks for and never more than was granted: both are
//! compared field by field, and what is in one of them only is not allowed.

use serde::{Deserialize, Serialize};

use super::{Grants, HttpCapability, KvCapability, Manifest, SecretCapability};

/// Stands for the address that the user typed for a connection.
pub const BASE_URL: &str = "{base_url}";

/// One spelling for one origin: without the port that https has anyway.
pub fn canonical_origin(origin: &str) -> &str {
    match origin.strip_suffix(":443") {
        Some(host) if host.starts_with("https://") => host,
        _ => origin,
    }
}

/// One wish of a manifest, or the user's word about one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Capability {
    /// Requests to one origin.
    Http(HttpCapability),
    /// Use of one secret.
    Secret(SecretCapability),
    /// State between calls.
    Kv(KvCapability),
}

impl Capability {
    /// `http`, `secret` or `kv`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Secret(_) => "secret",
            Self::Kv(_) => "kv",
        }
    }

    /// Why the author wants it.
    pub fn reason(&self) -> &str {
        match self {
            Self::Http(wish) => &wish.reason,
            Self::Secret(wish) => &wish.reason,
            Self::Kv(wish) => &wish.reason,
        }
    }

    /// One text for one meaning, to be hashed: lists sorted, without the reason. A better-worded reason asks nobody
    /// anew; another method does.
    pub fn canonical(&self) -> String {
        let sorted = |list: &[String]| {
            let mut list = list.to_vec();
            list.sort();
            list.dedup();
            list
        };
        let origins = |list: &[String]| {
            sorted(&list.iter().map(|origin| canonical_origin(origin).to_owned()).collect::<Vec<_>>())
        };
        match self {
            Self::Http(wish) => serde_json::json!({"http": {
                "origin": canonical_origin(&wish.origin), "methods": sorted(&wish.methods), "path_prefixes": sorted(&wish.path_prefixes),
            }}),
            Self::Secret(wish) => serde_json::json!({"secret": {
                "name": wish.name, "audience": origins(&wish.audience), "placements": sorted(&wish.placements),
            }}),
            Self::Kv(wish) => serde_json::json!({"kv": {"bytes_max": wish.bytes_max}}),
        }
        .to_string()
    }
}

impl Manifest {
    /// Everything that it asks for, in the order of the manifest.
    pub fn capabilities(&self) -> Vec<Capability> {
        let http = self.http.iter().cloned().map(Capability::Http);
        let secrets = self.secrets.iter().cloned().map(Capability::Secret);
        http.chain(secrets).chain(self.kv.iter().cloned().map(Capability::Kv)).collect()
    }
}

impl Grants {
    /// What is left of `manifest` under what the user granted; `{base_url}` becomes `base_url`, and what needs one
    /// falls away where there is none.
    pub fn effective(manifest: &Manifest, granted: &[Capability], base_url: Option<&str>) -> Self {
        let resolved = |origin: &str| match origin {
            BASE_URL => base_url.map(str::to_owned),
            other => Some(other.to_owned()),
        };
        let mut grants = Self::default();
        for given in granted {
            match given {
                Capability::Http(given) => {
                    let same =
                        |wish: &&HttpCapability| canonical_origin(&wish.origin) == canonical_origin(&given.origin);
                    for wish in manifest.http.iter().filter(same) {
                        let (Some(origin), methods) = (resolved(&wish.origin), both(&wish.methods, &given.methods))
                        else {
                            continue;
                        };
                        let Some(path_prefixes) = narrower(&wish.path_prefixes, &given.path_prefixes) else { continue };
                        if !methods.is_empty() {
                            let reason = wish.reason.clone();
                            grants.http.push(HttpCapability { origin, methods, path_prefixes, reason });
                        }
                    }
                }
                Capability::Secret(given) => {
                    for wish in manifest.secrets.iter().filter(|wish| wish.name == given.name) {
                        let given_to = |origin: &&String| {
                            given.audience.iter().any(|o| canonical_origin(o) == canonical_origin(origin))
                        };
                        let audience: Vec<String> =
                            wish.audience.iter().filter(given_to).filter_map(|o| resolved(o)).collect();
                        let placements = both(&wish.placements, &given.placements);
                        if !audience.is_empty() && !placements.is_empty() {
                            let (name, reason) = (wish.name.clone(), wish.reason.clone());
                            grants.secrets.push(SecretCapability { name, audience, placements, reason });
                        }
                    }
                }
                Capability::Kv(given) => {
                    let wished = manifest.kv.as_ref().map_or(0, |kv| kv.bytes_max);
                    grants.kv_bytes_max = grants.kv_bytes_max.max(wished.min(given.bytes_max));
                }
            }
        }
        grants
    }
}

fn both(wished: &[String], given: &[String]) -> Vec<String> {
    wished.iter().filter(|w| given.contains(w)).cloned().collect()
}

/// Prefixes that both allow; none when there is no path that both do. An empty list allows every path.
fn narrower(wished: &[String], given: &[String]) -> Option<Vec<String>> {
    if wished.is_empty() || given.is_empty() {
        return Some(if wished.is_empty() { given.to_vec() } else { wished.to_vec() });
    }
    let mut left: Vec<String> = Vec::new();
    for wish in wished {
        for grant in given {
            let narrow = if covers(wish, grant) {
                grant
            } else if covers(grant, wish) {
                wish
            } else {
                continue;
            };
            if !left.contains(narrow) {
                left.push(narrow.clone());
            }
        }
    }
    (!left.is_empty()).then_some(left)
}

/// Whether every path below `inner` is below `outer`, by whole segments.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || outer.ends_with('/') || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(origin: &str, methods: &[&str], prefixes: &[&str]) -> HttpCapability {
        let own = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
        HttpCapability {
            origin: origin.into(),
            methods: own(methods),
            path_prefixes: own(prefixes),
            reason: "why".into(),
        }
    }

    fn manifest(http: Vec<HttpCapability>) -> Manifest {
        let text = "id='x-y'\nversion='1.0.0'\nkind='integration'\nworld='trcaa:integration/integration@0.1.0'\ndescription='x'\n";
        Manifest { http, ..Manifest::parse(text.as_bytes()).expect("the test's manifest is readable") }
    }

    #[test]
    fn a_grant_gives_no_more_than_the_manifest_asks_and_no_more_than_was_granted() {
        let asked = manifest(vec![http(BASE_URL, &["GET", "POST"], &["/rest/", "/api"])]);
        for (given, expected) in [
            (http(BASE_URL, &["GET", "DELETE"], &["/rest/pages"]), Some((vec!["GET"], vec!["/rest/pages"]))),
            (http(BASE_URL, &["GET"], &["/"]), Some((vec!["GET"], vec!["/rest/", "/api"]))),
            (http(BASE_URL, &["GET"], &[]), Some((vec!["GET"], vec!["/rest/", "/api"]))),
            (http(BASE_URL, &["GET"], &["/apiary"]), None),
            (http(BASE_URL, &["DELETE"], &["/rest/"]), None),
            (http("https://other.example", &["GET"], &["/rest/"]), None),
        ] {
            let left = Grants::effective(&asked, &[Capability::Http(given.clone())], Some("https://h.example"));
            match expected {
                None => assert!(left.http.is_empty(), "{given:?}: {left:?}"),
                Some((methods, prefixes)) => {
                    let only = left.http.first().expect("one is left");
                    assert_eq!((only.origin.as_str(), &only.methods[..]), ("https://h.example", &own(&methods)[..]));
                    assert_eq!(only.path_prefixes, own(&prefixes));
                }
            }
        }
        let without_address = Grants::effective(&asked, &[Capability::Http(http(BASE_URL, &["GET"], &[]))], None);
        assert_eq!(without_address, Grants::default());
        assert_eq!(Grants::effective(&asked, &[], Some("https://h.example")), Grants::default());
    }

    fn own(list: &[&str]) -> Vec<String> {
        list.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn the_port_that_https_has_anyway_makes_no_other_origin() {
        let asked = manifest(vec![http("https://h.example", &["GET"], &[])]);
        let given = Capability::Http(http("https://h.example:443", &["GET"], &[]));
        assert_eq!(Grants::effective(&asked, std::slice::from_ref(&given), None).http.len(), 1);
        assert_eq!(given.canonical(), Capability::Http(http("https://h.example", &["GET"], &[])).canonical());
        let other = Capability::Http(http("https://h.example:8443", &["GET"], &[]));
        assert!(Grants::effective(&asked, &[other], None).http.is_empty());
    }

    #[test]
    fn the_canonical_form_is_of_the_meaning_alone() {
        let one = Capability::Http(http("https://h.example", &["GET", "POST"], &[]));
        let mut other = http("https://h.example", &["POST", "GET", "GET"], &[]);
        other.reason = "a better one".into();
        assert_eq!(one.canonical(), Capability::Http(other.clone()).canonical());
        other.methods.push("PUT".into());
        assert_ne!(one.canonical(), Capability::Http(other).canonical());
    }
}
