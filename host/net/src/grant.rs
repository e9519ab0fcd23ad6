//! What one connection of one plugin may reach. Pure; grants come in as the user gave them.
//!
//! Invariant: without a grant that covers origin, method and path together, nothing is allowed.

use std::time::Duration;

use trcaa_model::plugin::{Grants, HttpCapability};

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
    /// Whether nothing may leave this machine: hosts that are literally loopback, at addresses of it, and no others.
    pub loopback_only: bool,
}

impl Default for Allowance {
    /// An integration's: 60 s, 60 s idle, 8 MiB out, 8 MiB in.
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Self {
            total: minute,
            idle: minute,
            request_bytes_max: 8 << 20,
            response_bytes_max: 8 << 20,
            loopback_only: false,
        }
    }
}

/// What one connection of one plugin may reach.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) plugin: String,
    pub(crate) allowance: Allowance,
    grants: Vec<Grant>,
    asked: Option<Asked>,
}

/// What the manifest asks for, granted or not: beyond it, no grant is possible.
#[derive(Clone, Debug)]
struct Asked {
    http: Vec<Grant>,
    audiences: Vec<Origin>,
}

#[derive(Clone, Debug)]
pub(crate) struct Grant {
    origin: Origin,
    methods: Vec<String>,
    prefixes: Vec<Prefix>,
    /// Whether the user typed this origin, as the connection's base URL or a setting.
    pub(crate) typed: bool,
}

impl Policy {
    /// Compiles what the user granted. `{base_url}` must be resolved already; where an origin has a path
    /// (`https://host/wiki`), path prefixes count from there. `typed_origins` are addresses that the user entered by hand
    /// for this connection: they may be plain http, and may be in the user's own network. That goes for scheme, host and
    /// port together: who typed one service of a host did not mean every other that listens there.
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
        let typed = typed_origins.iter().map(|o| Target::parse(o).map(|t| t.origin)).collect::<Result<Vec<_>, _>>()?;
        let grants = granted.iter().map(|g| Grant::new(g, &typed)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { plugin: plugin.to_owned(), allowance, grants, asked: None })
    }

    /// Tells what the manifest asks for, `{base_url}` resolved, so that a denial proposes no grant that is impossible.
    /// Allows nothing.
    #[must_use]
    pub fn asking(self, wishes: &Grants) -> Self {
        // Only asked whether they cover something: which of them may be http makes no difference.
        let origin = |o: &String| Target::parse(o).map(|t| t.origin).ok();
        let any = |g: &HttpCapability| origin(&g.origin).and_then(|o| Grant::new(g, &[o]).ok());
        let http = wishes.http.iter().filter_map(any).collect();
        let audiences = wishes.secrets.iter().flat_map(|secret| &secret.audience).filter_map(origin).collect();
        Self { asked: Some(Asked { http, audiences }), ..self }
    }

    /// The grant that covers a request.
    pub(crate) fn matching(&self, target: &Target, method: Method) -> Result<&Grant, Rule> {
        match covering(&self.grants, target, method) {
            Err(lacks @ (Rule::Origin | Rule::Method | Rule::Path)) => {
                match self.asked.as_ref().map(|asked| covering(&asked.http, target, method)) {
                    Some(Err(Rule::Origin | Rule::Method | Rule::Path)) => Err(Rule::NotAsked),
                    Some(Err(form)) => Err(form),
                    Some(Ok(_)) | None => Err(lacks),
                }
            }
            found => found,
        }
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
            Rule::Audience if self.asked.as_ref().is_some_and(|asked| !asked.audiences.contains(origin)) => None,
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

/// The one of `grants` that covers a request, or what the closest of them lacks.
fn covering<'a>(grants: &'a [Grant], target: &Target, method: Method) -> Result<&'a Grant, Rule> {
    let path = target.url.path();
    let mut closest = Rule::Origin;
    for grant in grants.iter().filter(|g| g.origin == target.origin) {
        if !grant.methods.iter().any(|m| m == method.as_str()) {
            if closest == Rule::Origin {
                closest = Rule::Method;
            }
            continue;
        }
        closest = Rule::Path;
        if Prefix::any_covers(&grant.prefixes, path)? {
            return Ok(grant);
        }
    }
    Err(closest)
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
    fn new(granted: &HttpCapability, typed: &[Origin]) -> Result<Self, NetError> {
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
        let typed = typed.contains(&base.origin);
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

    fn wish(origin: &str, methods: &[&str], prefixes: &[&str]) -> HttpCapability {
        let own = |all: &[&str]| all.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        let (methods, path_prefixes) = (own(methods), own(prefixes));
        HttpCapability { origin: origin.into(), methods, path_prefixes, reason: "test".into() }
    }

    #[test]
    fn typed_is_an_origin_and_not_every_service_of_its_host() {
        let typed = ["http://wiki.example:8080/base".to_owned()];
        let of = |origin: &str| Policy::new("wiki", &[wish(origin, &["GET"], &[])], &typed, Allowance::default());
        let is_typed = |origin: &str| of(origin).map(|policy| policy.grants.iter().all(|grant| grant.typed));
        assert_eq!(is_typed("http://wiki.example:8080/other"), Ok(true));
        assert_eq!(is_typed("https://wiki.example:8080"), Ok(false), "another scheme");
        assert_eq!(is_typed("https://wiki.example"), Ok(false), "another scheme and port");
        assert!(of("http://wiki.example:9090").is_err(), "another port, in clear");
        assert!(of("http://wiki.example").is_err());
    }

    #[test]
    fn what_the_manifest_does_not_ask_for_is_proposed_to_nobody() {
        let wishes = Grants {
            http: vec![wish("https://h.example", &["GET"], &["/rest"]), wish("http://h.example", &["GET"], &[])],
            ..Grants::default()
        };
        let narrow = policy("https://h.example", &["GET"], &["/rest/a"]).asking(&wishes);
        for (url, method, rule) in [
            ("https://h.example/rest/b", Method::Get, Rule::Path),
            ("http://h.example/x", Method::Get, Rule::Origin),
            ("https://h.example/rest/b", Method::Post, Rule::NotAsked),
            ("https://h.example/admin", Method::Get, Rule::NotAsked),
            ("https://other.example/rest", Method::Get, Rule::NotAsked),
        ] {
            let target = Target::parse(url).expect("readable");
            let refused = narrow.matching(&target, method).expect_err("not granted");
            assert_eq!(refused, rule, "{url}");
            let denial = narrow.denial(&target, target.url.path(), method, "http", refused);
            assert_eq!(denial.fix.is_none(), rule == Rule::NotAsked, "{denial}");
        }
        let target = Target::parse("https://other.example/rest").expect("readable");
        let denial = narrow.denial(&target, "/rest", Method::Get, "http", Rule::NotAsked);
        assert!(denial.to_string().ends_with("its manifest does not ask for this; nothing can allow this"), "{denial}");
        let secret = narrow.denial(&target, "/rest", Method::Get, "secret", Rule::Audience);
        assert_eq!(secret.fix, None, "no audience of the manifest has it");
    }
}
