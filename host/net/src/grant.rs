//! What one connection of one plugin may reach. Pure; grants come in as the user gave them.
//!
//! Invariant: without a grant that covers origin, method and path together, nothing is allowed.

use std::time::Duration;

use trcaa_model::plugin::HttpCapability;
use url::Host;

use crate::connection::Method;
use crate::error::{Denial, NetError, Rule};
use crate::target::{Origin, Prefix, Target};

/// Most grants of one policy, as in a manifest.
const GRANTS_MAX: usize = 64;
/// Most characters of a path in a denial.
const SHOWN_PATH_CHARS_MAX: usize = 200;

/// Limits of one request. A request can tighten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// From the first byte of the first hop to the last of the response.
    pub total: Duration,
    /// Longest wait for anything to arrive.
    pub idle: Duration,
    /// Most bytes of a request's body.
    pub request_bytes_max: u64,
    /// Most bytes of a response's body.
    pub response_bytes_max: u64,
}

impl Default for Allowance {
    /// An integration's: 60 s, 60 s idle, 8 MiB out, 8 MiB in.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self { total: minute, idle: minute, request_bytes_max: 8 << 20, response_bytes_max: 8 << 20 }
    }
}

/// What one connection of one plugin may reach.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) plugin: String,
    pub(crate) allowance: Allowance,
    grants: Vec<Grant>,
}

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    origin: Origin,
    methods: Vec<String>,
    prefixes: Vec<Prefix>,
    /// Whether the user typed this host, as the connection's base URL or a setting.
    pub(crate) typed: bool,
}

impl Policy {
    /// Compiles what the user granted. `{base_url}` must be resolved already; where an origin has a path
    /// (`https://host/wiki`), path prefixes count from there. `typed_origins` are addresses that the user entered by hand
    /// for this connection: their hosts may be plain http, and may be in the user's own network.
    ///
    /// # Errors
    /// [`NetError::Invalid`] names the grant that can't be read; [`NetError::TooLarge`] for more than 64.
    pub fn new(
        plugin: &str,
        granted: &[HttpCapability],
        typed_origins: &[String],
        allowance: Allowance,
    ) -> Result<Self, NetError> {
        if granted.len() > GRANTS_MAX {
            return Err(NetError::invalid("a plugin has more than 64 grants"));
        }
        let typed =
            typed_origins.iter().map(|o| Target::parse(o).map(|t| t.origin.host)).collect::<Result<Vec<_>, _>>()?;
        let grants = granted.iter().map(|g| Grant::new(g, &typed)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { plugin: plugin.to_owned(), allowance, grants })
    }

    /// The grant that covers a request.
    pub(crate) fn matching(&self, target: &Target, method: Method) -> Result<&Grant, Rule> {
        let path = target.url.path();
        let mut closest = Rule::Origin;
        for grant in self.grants.iter().filter(|g| g.origin == target.origin) {
            if !grant.methods.iter().any(|m| m == method.as_str()) {
                if closest == Rule::Origin {
                    closest = Rule::Method;
                }
                continue;
            }
            closest = Rule::Path;
            for prefix in &grant.prefixes {
                if prefix.covers(path)? {
                    return Ok(grant);
                }
            }
        }
        Err(closest)
    }

    /// Names what was refused, and the command that would allow it. `path` is the target's after the search for
    /// secrets: it is cut here, and half a secret would not be found any more.
    pub(crate) fn denial(
        &self,
        target: &Target,
        path: &str,
        method: Method,
        capability: &'static str,
        rule: Rule,
    ) -> Denial {
        let origin = &target.origin;
        let path: String = path.chars().take(SHOWN_PATH_CHARS_MAX).collect();
        let fix = match &rule {
            // No grant makes it reachable, so none is proposed.
            _ if crate::never_reachable(&origin.to_string()).is_some() => None,
            Rule::Origin | Rule::Method | Rule::Path => Some(format!(
                "trcaa plugin grant {} http {origin} {} {}",
                self.plugin,
                method.as_str(),
                pasteable(&path)
            )),
            Rule::OwnNetwork { .. } | Rule::ClearText => {
                Some(format!("enter {origin} yourself as this connection's --url"))
            }
            Rule::Audience => Some(format!("trcaa plugin grant {} secret {origin}", self.plugin)),
            _ => None,
        };
        Denial {
            plugin: self.plugin.clone(),
            capability,
            target: format!("{} {origin}{path}", method.as_str()),
            rule,
            fix,
        }
    }
}

/// The part of a guest's path that may stand in a command line that people paste: `;`, `$` and quotes are legal in
/// paths, and a grant for a parent is what is wanted anyway.
fn pasteable(path: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.' | b'~' | b'%');
    let safe = path.bytes().position(|b| !plain(b)).and_then(|end| path.get(..end)).unwrap_or(path);
    match safe.len() == path.len() {
        true => safe,
        false => safe.rfind('/').and_then(|end| safe.get(..=end)).unwrap_or("/"),
    }
}

impl Grant {
    fn new(granted: &HttpCapability, typed: &[Host<String>]) -> Result<Self, NetError> {
        let base = Target::parse(&granted.origin)
            .map_err(|_| NetError::invalid(format!("the grant for {:?} has no readable origin", granted.origin)))?;
        let root = base.url.path().trim_end_matches('/').to_owned();
        let asked: &[String] = if granted.path_prefixes.is_empty() { &[String::new()] } else { &granted.path_prefixes };
        let mut prefixes = Vec::with_capacity(asked.len());
        for prefix in asked {
            let bad =
                || NetError::invalid(format!("the grant for {:?} has no readable prefix {prefix:?}", granted.origin));
            let mut url = base.url.clone();
            url.set_path(&format!("{root}/{}", prefix.trim_start_matches('/')));
            let within = Prefix::new(&root).and_then(|r| r.covers(url.path())).unwrap_or(false);
            if !within {
                return Err(bad());
            }
            prefixes.push(Prefix::new(url.path()).map_err(|_| bad())?);
        }
        let typed = typed.contains(&base.origin.host);
        if !base.origin.https && !typed {
            return Err(NetError::invalid(format!(
                "the grant for {:?} is http, and the user did not type it",
                granted.origin
            )));
        }
        Ok(Self { typed, origin: base.origin, methods: granted.methods.clone(), prefixes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(origin: &str, methods: &[&str], prefixes: &[&str]) -> Policy {
        let own = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let grant = HttpCapability {
            origin: origin.into(),
            methods: own(methods),
            path_prefixes: own(prefixes),
            reason: "test".into(),
        };
        Policy::new("wiki", &[grant], &[], Allowance::default()).expect("the test's grant is readable")
    }

    fn verdict(policy: &Policy, method: Method, url: &str) -> Option<Rule> {
        let target = Target::parse(url).expect("the test names an address");
        policy.matching(&target, method).err()
    }

    #[test]
    fn scheme_host_port_method_and_path_must_all_match() {
        let policy = policy("https://wiki.example.com", &["GET"], &["/rest/"]);
        assert_eq!(verdict(&policy, Method::Get, "https://wiki.example.com:443/rest/x?q=1"), None);
        assert_eq!(verdict(&policy, Method::Get, "http://wiki.example.com:443/rest/x"), Some(Rule::Origin));
        assert_eq!(verdict(&policy, Method::Get, "https://wiki.example.com:8443/rest/x"), Some(Rule::Origin));
        assert_eq!(verdict(&policy, Method::Get, "https://a.wiki.example.com/rest/x"), Some(Rule::Origin));
        assert_eq!(verdict(&policy, Method::Post, "https://wiki.example.com/rest/x"), Some(Rule::Method));
        assert_eq!(verdict(&policy, Method::Get, "https://wiki.example.com/restricted"), Some(Rule::Path));
    }

    #[test]
    fn prefixes_count_from_the_base_path() {
        let policy = policy("https://h.example/wiki/", &["GET"], &["/rest"]);
        assert_eq!(verdict(&policy, Method::Get, "https://h.example/wiki/rest/x"), None);
        assert_eq!(verdict(&policy, Method::Get, "https://h.example/rest/x"), Some(Rule::Path));
        let unlimited = self::policy("https://h.example/wiki", &["GET"], &[]);
        assert_eq!(verdict(&unlimited, Method::Get, "https://h.example/wiki"), None);
        assert_eq!(verdict(&unlimited, Method::Get, "https://h.example/wiki2"), Some(Rule::Path));
        assert_eq!(verdict(&unlimited, Method::Get, "https://h.example/wiki/..%2fadmin"), Some(Rule::Path));
    }

    #[test]
    fn a_grant_cannot_climb_out_of_its_base_or_be_plain_http() {
        for (origin, prefix) in
            [("https://h.example/wiki", "/../admin"), ("http://h.example", "/"), ("{base_url}", "/")]
        {
            let grant = HttpCapability {
                origin: origin.into(),
                methods: vec!["GET".into()],
                path_prefixes: vec![prefix.into()],
                reason: "test".into(),
            };
            assert!(Policy::new("wiki", &[grant], &[], Allowance::default()).is_err(), "{origin} {prefix}");
        }
    }

    #[test]
    fn a_denial_says_who_what_why_and_the_way_out() {
        let policy = policy("https://wiki.example.com", &["GET"], &["/rest/"]);
        let target = Target::parse("https://wiki.example.com/admin/$(id);x?token=abc").expect("readable");
        let rule = policy.matching(&target, Method::Get).expect_err("not granted");
        let denial = policy.denial(&target, target.url.path(), Method::Get, "http", rule);
        assert_eq!(
            denial.to_string(),
            "wiki may not use http for GET https://wiki.example.com:443/admin/$(id);x: no grant for this origin covers \
             the path; to allow it: trcaa plugin grant wiki http https://wiki.example.com:443 GET /admin/"
        );
    }
}
