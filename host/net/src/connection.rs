//! The pipeline that every request takes, hop by hop: read → own headers → grant → scan → audience → look up → check
//! addresses → record → inject → send → redirect from the top.
//!
//! Invariant: [`Connection::hop`] is the only caller of the transport, and reaches it past every check.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderValue};
use trcaa_model::secret::Secret;

use crate::credential::Credential;
use crate::echo::{Known, Pieces, Redactor};
use crate::error::{NetError, Rule};
use crate::grant::Policy;
use crate::header::{self, Refused};
use crate::lookup::{allowed, look_up};
use crate::network::Network;
use crate::port::{Body, Decision, Observer, OutboundScan, Part, Record, Resolver, ScanRefusal};
use crate::response::{BodyReader, Response};
use crate::stop::Stop;
use crate::target::Target;
use crate::transport::{Transport, Watch};

/// Most redirects of one request.
const REDIRECTS_MAX: u8 = 3;
/// Most credentials of one request.
const CREDENTIALS_MAX: usize = 4;

/// Request methods that a plugin can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are HTTP's")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
    Options,
}

impl Method {
    /// In upper case, as grants write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }

    pub(crate) fn on_the_wire(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Head => reqwest::Method::HEAD,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
            Self::Options => reqwest::Method::OPTIONS,
        }
    }
}

/// What a plugin wants to send. The last three can only tighten what the policy allows.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// An absolute http or https address, at most 8 KiB.
    pub url: String,
    /// At most 64, none of those that are the host's to set.
    pub headers: Vec<(String, String)>,
    /// The body, which passed the guard.
    pub body: Body,
    /// From the first byte of the first hop to the last of the response.
    pub timeout: Option<Duration>,
    /// Most bytes of the response's body.
    pub response_bytes_max: Option<u64>,
    /// At most 3; with 0 a redirect is given back as the response that it is.
    pub redirects_max: Option<u8>,
}

/// One connection of one plugin to the outside: its policy, its sockets, and the secrets that it used.
pub struct Connection {
    policy: Policy,
    resolver: Arc<dyn Resolver>,
    transport: Transport,
    known: Known,
    stop: Stop,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection of {}", self.policy.plugin)
    }
}

/// The surroundings of one request.
struct Errand<'a> {
    scan: &'a dyn OutboundScan,
    observer: &'a dyn Observer,
}

/// Hears nothing: what is decided only is no request.
struct Unheard;

impl Observer for Unheard {
    fn record(&self, _: &Record<'_>) {}
}

/// One request of a chain of redirects.
struct Hop<'a> {
    method: Method,
    headers: Cow<'a, [(String, String)]>,
    body: &'a Body,
    /// Of the body; made once for all hops.
    body_sha256: Option<[u8; 32]>,
    credentials: &'a [Credential],
    begun: Instant,
    /// When the whole request is to be over.
    until: Instant,
}

impl Connection {
    /// Sets up a client; opens no socket.
    ///
    /// # Errors
    /// [`NetError::Invalid`] when the client can't be started.
    pub fn new(policy: Policy, network: &Network, resolver: Arc<dyn Resolver>) -> Result<Self, NetError> {
        let transport = Transport::new(network, policy.allowance.idle)?;
        Ok(Self { policy, resolver, transport, known: Known::default(), stop: Stop::default() })
    }

    /// Lets every request, and every wait of one, end once `stop` says so.
    #[must_use]
    pub fn stopped_by(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Searches for this secret from now on, before it is used or where it is used otherwise than in a header. One of
    /// fewer than 4 bytes is not searched for, and never used.
    pub fn remember(&self, secret: &Secret) {
        self.known.remember(secret);
    }

    /// Replaces every form of every secret in bytes that need not be text.
    pub fn scrub_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.known.scrub_bytes(bytes)
    }

    /// Starts a search through what comes in pieces and is read as one.
    pub fn redactor(&self) -> Redactor {
        self.known.redactor()
    }

    /// Starts a search over pieces that are shown one by one.
    pub fn pieces(&self) -> Pieces {
        self.known.pieces()
    }

    /// Replaces every form of every secret that this connection used, for logs, errors, state and results.
    pub fn scrub(&self, text: &str) -> String {
        self.known.scrub(text)
    }

    /// Sends a request and gives the response once its head is there. Blocks; must not be called in an async runtime.
    ///
    /// # Errors
    /// [`NetError`] for anything but a response, whatever the response's status.
    pub fn send(
        &self,
        request: &Request,
        credentials: &[Credential],
        scan: &dyn OutboundScan,
        observer: &dyn Observer,
    ) -> Result<Response, NetError> {
        let allowance = &self.policy.allowance;
        if request.body.len() as u64 > allowance.request_bytes_max {
            let bytes_max = allowance.request_bytes_max;
            return Err(NetError::TooLarge { what: "the request body", bytes_max });
        }
        if credentials.len() > CREDENTIALS_MAX {
            return Err(NetError::invalid("it has more than 4 credentials"));
        }
        let errand = Errand { scan, observer };
        let begun = Instant::now();
        let mut watch = Watch {
            host: String::new(),
            begun,
            total: request.timeout.map_or(allowance.total, |t| t.min(allowance.total)),
            idle: allowance.idle,
            stop: self.stop.clone(),
        };
        let bytes_max =
            request.response_bytes_max.map_or(allowance.response_bytes_max, |m| m.min(allowance.response_bytes_max));
        let redirects_max = request.redirects_max.map_or(REDIRECTS_MAX, |m| m.min(REDIRECTS_MAX));
        let (method, headers, until) = (request.method, Cow::Borrowed(&*request.headers), begun + watch.total);
        let body_sha256 = request.body.sha256();
        let mut hop = Hop { method, headers, body: &request.body, body_sha256, credentials, begun, until };
        let mut target = Target::parse(&request.url).inspect_err(|e| self.unread(&hop, &errand, e))?;
        let mut redirects = 0;
        loop {
            watch.host.clone_from(&target.host);
            let response = self.hop(&target, &hop, &errand, &watch)?;
            let next = if redirects_max == 0 { None } else { redirect(&target, &response) };
            let Some(next) = next else { return self.received(response, watch, bytes_max) };
            if redirects == redirects_max {
                return Err(NetError::Redirects { max: redirects_max });
            }
            redirects += 1;
            let next = next.inspect_err(|e| self.unread(&hop, &errand, e))?;
            hop.begun = Instant::now();
            hop.turn(response.status().as_u16());
            if next.origin != target.origin {
                hop.headers = Cow::Borrowed(&[]);
                hop.credentials = &[];
                if !hop.body.is_empty() {
                    return Err(self.refuse(&next, &hop, &errand, "http", Rule::BodyAcross));
                }
            }
            target = next;
        }
    }

    /// Decides about a request as [`Self::send`] does, and sends nothing; looks its host up.
    ///
    /// # Errors
    /// As those of `send` before anything leaves.
    pub fn decide(
        &self,
        request: &Request,
        credentials: &[Credential],
        scan: &dyn OutboundScan,
    ) -> Result<(), NetError> {
        let errand = Errand { scan, observer: &Unheard };
        let headers = Cow::Borrowed(&*request.headers);
        let (method, begun) = (request.method, Instant::now());
        let until = begun + self.policy.allowance.total;
        let hop = Hop { method, headers, body: &request.body, body_sha256: None, credentials, begun, until };
        self.decided(&Target::parse(&request.url)?, &hop, &errand).map(|_| ())
    }

    /// Everything that is checked before a request may leave; gives its headers and where it may go.
    fn decided(
        &self,
        target: &Target,
        hop: &Hop<'_>,
        errand: &Errand<'_>,
    ) -> Result<(HeaderMap, Vec<IpAddr>), NetError> {
        let refuse = |capability, rule| self.refuse(target, hop, errand, capability, rule);
        let headers = header::checked(&hop.headers).map_err(|refused| match refused {
            Refused::Rule(rule) => refuse("http", rule),
            Refused::Invalid(error) => {
                self.unread(hop, errand, &error);
                error
            }
        })?;
        let grant = self.policy.matching(target, hop.method).map_err(|rule| refuse("http", rule))?;
        let stays = self.policy.allowance.loopback_only;
        if stays && crate::loopback_host(target.url.as_str()).is_none() {
            return Err(refuse("scan", Rule::NotLoopback));
        }
        let decoded = target.decoded();
        self.unechoed(target, &decoded, hop).map_err(|refusal| refuse("scan", Rule::Scan(refusal)))?;
        scanned(&decoded, hop, errand.scan).map_err(|refusal| refuse("scan", Rule::Scan(refusal)))?;
        for credential in hop.credentials {
            credential.check(target, grant.typed).map_err(|rule| refuse("secret", rule))?;
        }
        let failed = |e: &NetError| self.record(Some(target), hop, errand, Decision::Failed(e.kind()));
        let addresses = look_up(&self.resolver, &self.stop, target, hop.until).inspect_err(failed)?;
        allowed(&addresses, grant.typed).map_err(|rule| refuse("http", rule))?;
        // What a hosts file or a resolver makes of `localhost` is not what was allowed.
        if stays && !addresses.iter().all(IpAddr::is_loopback) {
            return Err(refuse("scan", Rule::NotLoopback));
        }
        Ok((headers, addresses))
    }

    /// Refuses what holds one of the connection's secrets before the host wrote any into it: a server's redirect that
    /// repeats the token in its address, or a plugin that got one in a form that no search knows. The host's own
    /// question for tokens is made of secrets, and is no plugin's.
    fn unechoed(&self, target: &Target, decoded: &str, hop: &Hop<'_>) -> Result<(), ScanRefusal> {
        let headers = hop.headers.iter().flat_map(|(name, value)| [name.as_str(), value]);
        let body = match hop.body {
            Body::Redacted(text) => Some(text.as_str()),
            _ => None,
        };
        let texts = [target.host.as_str(), decoded, target.url.as_str()].into_iter().chain(headers).chain(body);
        let found = self.known.leaving().finds_in_any(texts);
        if found { Err(ScanRefusal { reason: "it holds a secret of the connection" }) } else { Ok(()) }
    }

    fn hop(
        &self,
        target: &Target,
        hop: &Hop<'_>,
        errand: &Errand<'_>,
        watch: &Watch,
    ) -> Result<reqwest::Response, NetError> {
        let (mut headers, addresses) = self.decided(target, hop, errand)?;
        headers.insert("accept-encoding", HeaderValue::from_static("identity"));
        headers.entry("user-agent").or_insert(HeaderValue::from_static(concat!("trcaa/", env!("CARGO_PKG_VERSION"))));
        // From here on nothing prints the headers.
        for credential in hop.credentials {
            let (name, value) = credential.header().inspect_err(|e| self.unread(hop, errand, e))?;
            self.known.remember(&credential.secret);
            headers.insert(name, value);
        }
        if self.stop.is_asked() {
            self.record(Some(target), hop, errand, Decision::Failed(NetError::Stopped.kind()));
            return Err(NetError::Stopped);
        }
        self.admit(target, hop, errand)?;
        let answer = self.transport.exchange(target, &addresses, hop.method, headers, hop.body, watch);
        self.record(
            Some(target),
            hop,
            errand,
            match &answer {
                Ok(response) => Decision::Answered(response.status().as_u16()),
                Err(error) => Decision::Failed(error.kind()),
            },
        );
        answer
    }

    fn received(&self, response: reqwest::Response, watch: Watch, bytes_max: u64) -> Result<Response, NetError> {
        uncoded(response.headers())?;
        let headers = self.shown(response.headers());
        let status = response.status().as_u16();
        let body = Box::new(self.transport.incoming(response, watch));
        Ok(Response::new(status, headers, BodyReader::new(body, self.known.redactor(), bytes_max)))
    }

    fn shown(&self, headers: &HeaderMap) -> Vec<(String, String)> {
        let shown = headers.iter().filter(|(name, _)| header::is_shown(name.as_str()));
        shown.map(|(n, v)| (self.scrub(n.as_str()), self.scrub(&String::from_utf8_lossy(v.as_bytes())))).collect()
    }

    /// A redirect's address is the server's text, so that its path can hold an echo.
    fn refuse(
        &self,
        target: &Target,
        hop: &Hop<'_>,
        errand: &Errand<'_>,
        capability: &'static str,
        rule: Rule,
    ) -> NetError {
        self.record(Some(target), hop, errand, Decision::Denied(&self.scrub(&rule.to_string())));
        let path = self.scrub(target.url.path());
        NetError::Denied(Box::new(self.policy.denial(target, &path, hop.method, capability, rule)))
    }

    fn unread(&self, hop: &Hop<'_>, errand: &Errand<'_>, error: &NetError) {
        self.record(None, hop, errand, Decision::Denied(&self.scrub(&error.to_string())));
    }

    fn record(&self, target: Option<&Target>, hop: &Hop<'_>, errand: &Errand<'_>, decision: Decision<'_>) {
        self.told(target, hop, decision, |record| errand.observer.record(record));
    }

    /// Writes down that a request is about to leave.
    fn admit(&self, target: &Target, hop: &Hop<'_>, errand: &Errand<'_>) -> Result<(), NetError> {
        let admitted = self.told(Some(target), hop, Decision::Allowed, |record| errand.observer.admit(record));
        admitted.map_err(|_| NetError::Unrecorded { host: target.host.clone() })
    }

    fn told<R>(
        &self,
        target: Option<&Target>,
        hop: &Hop<'_>,
        decision: Decision<'_>,
        tell: impl FnOnce(&Record<'_>) -> R,
    ) -> R {
        let path = target.map(|t| self.scrub(t.url.path())).unwrap_or_default();
        let host = target.map(|t| self.scrub(&t.host)).unwrap_or_default();
        let secret_ids: Vec<&str> = hop.credentials.iter().map(|c| c.id.as_str()).collect();
        tell(&Record {
            plugin: &self.policy.plugin,
            method: hop.method,
            host: &host,
            port: target.map_or(0, |t| t.origin.port),
            path: &path,
            bytes: hop.body.len() as u64,
            body_sha256: hop.body_sha256,
            secret_ids: &secret_ids,
            duration: hop.begun.elapsed(),
            decision,
        })
    }
}

impl Hop<'_> {
    /// Changes the method as browsers do (RFC 9110, section 15.4): 303 always, 301 and 302 for POST.
    fn turn(&mut self, status: u16) {
        let to_get = match status {
            303 => self.method != Method::Head,
            301 | 302 => self.method == Method::Post,
            _ => false,
        };
        if to_get {
            self.method = Method::Get;
            self.body = &Body::Empty;
            self.body_sha256 = None;
            self.headers.to_mut().retain(|(name, _)| !name.to_ascii_lowercase().starts_with("content-"));
        }
    }
}

/// A coded body would carry an echoed secret past the search; nothing coded was asked for.
pub(crate) fn uncoded(headers: &HeaderMap) -> Result<(), NetError> {
    for (header, plain) in [("content-encoding", "identity"), ("transfer-encoding", "chunked")] {
        let is_plain = |v: &HeaderValue| v.as_bytes().eq_ignore_ascii_case(plain.as_bytes());
        if !headers.get_all(header).iter().all(is_plain) {
            return Err(NetError::Encoded { header });
        }
    }
    Ok(())
}

/// Where a response sends us; none when it does not.
pub(crate) fn redirect(target: &Target, response: &reqwest::Response) -> Option<Result<Target, NetError>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.headers().get("location")?;
    Some(match location.to_str() {
        Ok(location) => target.join(location),
        Err(_) => Err(NetError::invalid("the redirect's address can't be read")),
    })
}

/// Shows the scan what is in the address and the headers; the body's type says that it was scanned.
fn scanned(decoded: &str, hop: &Hop<'_>, scan: &dyn OutboundScan) -> Result<(), ScanRefusal> {
    let unchanged = |part: Part<'_>, text: &str| match scan.scan(part, text)? {
        cleaned if cleaned.as_str() == text => Ok(()),
        _ if part == Part::Target => Err(ScanRefusal { reason: "the address holds a secret or personal data" }),
        _ => Err(ScanRefusal { reason: "a header holds a secret or personal data" }),
    };
    unchanged(Part::Target, decoded)?;
    hop.headers.iter().try_for_each(|(name, value)| unchanged(Part::Header(name), value))
}
