//! Downloads of the host itself, such as a plugin's component: a GET without body, from where the user said.
//!
//! The way of a plugin's request without its grants: read → scheme → audience → look up → check addresses → record →
//! inject → send → redirect from the top. There is nothing personal in a request that the user typed, and no body
//! that could carry something, so nothing is scanned.
//!
//! Invariants: an address of the user's own network, and plain http, are for the host that the user typed and no
//! other, on every hop; a credential leaves its audience on no hop; at most [`Download::bytes_max`] bytes are kept.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, HeaderValue};

use crate::connection::{Method, redirect, uncoded};
use crate::credential::Credential;
use crate::echo::Known;
use crate::error::{NetError, Rule};
use crate::header::plain_value;
use crate::lookup::{allowed, look_up};
use crate::network::Network;
use crate::port::{Body, Decision, Observer, Record, Resolver};
use crate::response::{BodyReader, Response};
use crate::stop::Stop;
use crate::target::{Origin, Target};
use crate::transport::{Transport, Watch};

/// Most redirects of one download: an archive's front door, its mirror, its storage.
const REDIRECTS_MAX: u8 = 3;
/// Most bytes kept of an answer that is not the file: enough for any error code.
const REFUSAL_BYTES_MAX: u64 = 64 << 10;
/// Longest wait for anything to arrive.
const IDLE: Duration = Duration::from_secs(30);
/// Longest download: the largest component over a line of 2 Mbit/s.
const TOTAL: Duration = Duration::from_secs(600);

/// Whether a download goes on, from whom it reports to.
pub type Flow = ControlFlow<()>;

/// What is downloaded.
#[derive(Clone, Copy, Debug)]
pub struct Download<'a> {
    /// An absolute http or https address, at most 8 KiB.
    pub url: &'a str,
    /// The value of `Accept`.
    pub accept: &'a str,
    /// Goes to its audience only.
    pub credential: Option<&'a Credential>,
    /// Most bytes of the body; one more is an error.
    pub bytes_max: u64,
}

/// What came, whatever its status.
#[derive(Clone, PartialEq, Eq)]
pub struct Downloaded {
    /// The status code, 200 to 599.
    pub status: u16,
    /// Scheme, host and port that answered, such as `https://ghcr.io:443`.
    pub origin: String,
    /// Names in lower case with their values.
    pub headers: Vec<(String, String)>,
    /// The whole body; of an answer other than 200 at most its first 64 KiB.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Downloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Downloaded({} from {}, {} bytes)", self.status, self.origin, self.body.len())
    }
}

impl Downloaded {
    /// The first value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers_of(name).next()
    }

    /// All values of a header, its name in lower case.
    pub fn headers_of(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// Why nothing was downloaded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The network, the server, or a limit.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A rule forbids an address on the way.
    #[error("{origin} may not be reached: {rule}")]
    Refused {
        /// Scheme, host and port.
        origin: String,
        /// The rule.
        rule: Rule,
    },
    /// Plain http, and not at a host that the user typed so.
    #[error("{origin} is plain http, which is for a host only that was typed so")]
    ClearText {
        /// Scheme, host and port.
        origin: String,
    },
    /// Whom it reports to wants no more.
    #[error("it was cancelled")]
    Cancelled,
}

/// Downloads from one address that the user typed, and from where that sends us.
pub struct Fetcher {
    typed: Origin,
    resolver: Arc<dyn Resolver>,
    transport: Transport,
    known: Known,
    idle: Duration,
    total: Duration,
}

impl std::fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetcher of {}", self.typed)
    }
}

/// What one request of a chain of redirects is told of.
struct Errand<'a> {
    credential: Option<&'a Credential>,
    observer: &'a dyn Observer,
    begun: Instant,
}

impl Fetcher {
    /// Gets ready; opens no socket. `typed` is the address that the user typed: its host may be in the user's own
    /// network, and be plain http where it says so.
    ///
    /// # Errors
    /// [`NetError::Invalid`] when the address can't be read or the client can't be started.
    pub fn new(network: &Network, typed: &str, resolver: Arc<dyn Resolver>) -> Result<Self, NetError> {
        Self::within(network, typed, resolver, IDLE, TOTAL)
    }

    /// The same with time limits other than 30 s without a byte and 10 min for all of one download.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn within(
        network: &Network,
        typed: &str,
        resolver: Arc<dyn Resolver>,
        idle: Duration,
        total: Duration,
    ) -> Result<Self, NetError> {
        let typed = Target::parse(typed)?.origin;
        let transport = Transport::new(network, idle)?;
        Ok(Self { typed, resolver, transport, known: Known::default(), idle, total })
    }

    /// Downloads one file. Blocks; must not be called in an async runtime. `progress` hears of the bytes that are
    /// there and of all there will be (as the server says, if it does) after each piece, and ends it with a break.
    ///
    /// # Errors
    /// [`FetchError`] for anything but an answer, whatever its status.
    pub fn fetch(
        &self,
        download: &Download<'_>,
        observer: &dyn Observer,
        progress: &mut dyn FnMut(u64, Option<u64>) -> Flow,
    ) -> Result<Downloaded, FetchError> {
        let mut watch = Watch {
            host: String::new(),
            begun: Instant::now(),
            total: self.total,
            idle: self.idle,
            stop: Stop::default(),
        };
        let mut errand = Errand { credential: download.credential, observer, begun: watch.begun };
        let mut target = Target::parse(download.url)?;
        let mut redirects = 0;
        loop {
            watch.host.clone_from(&target.host);
            let response = self.hop(&target, download, &errand, &watch)?;
            let Some(next) = redirect(&target, &response) else {
                return self.received(&target, response, download, watch, progress);
            };
            if redirects == REDIRECTS_MAX {
                return Err(NetError::Redirects { max: REDIRECTS_MAX }.into());
            }
            redirects += 1;
            let next = next?;
            errand.begun = Instant::now();
            if next.origin != target.origin {
                errand.credential = None;
            }
            target = next;
        }
    }

    /// One request; the only caller of the transport in this module, past every check.
    fn hop(
        &self,
        target: &Target,
        download: &Download<'_>,
        errand: &Errand<'_>,
        watch: &Watch,
    ) -> Result<reqwest::Response, FetchError> {
        let origin = || target.origin.to_string();
        let refuse = |rule: Rule| {
            self.record(target, errand, Decision::Denied(&rule.to_string()));
            FetchError::Refused { origin: origin(), rule }
        };
        let typed = target.origin.host == self.typed.host;
        let clear_text_was_typed = typed && !self.typed.https;
        if !target.origin.https && !clear_text_was_typed {
            self.record(target, errand, Decision::Denied("plain http"));
            return Err(FetchError::ClearText { origin: origin() });
        }
        if let Some(credential) = errand.credential {
            credential.check(target, typed).map_err(refuse)?;
        }
        let failed = |e: &NetError| self.record(target, errand, Decision::Failed(e.kind()));
        let addresses = look_up(&self.resolver, &watch.stop, target, watch.begun + watch.total).inspect_err(failed)?;
        allowed(&addresses, typed).map_err(refuse)?;
        let headers = self.headers(download, errand)?;
        self.record(target, errand, Decision::Allowed);
        let answer = self.transport.exchange(target, &addresses, Method::Get, headers, &Body::Empty, watch);
        let decision = match &answer {
            Ok(response) => Decision::Answered(response.status().as_u16()),
            Err(error) => Decision::Failed(error.kind()),
        };
        self.record(target, errand, decision);
        Ok(answer?)
    }

    fn headers(&self, download: &Download<'_>, errand: &Errand<'_>) -> Result<HeaderMap, NetError> {
        let accept = plain_value(download.accept).ok_or_else(|| NetError::invalid("what it accepts is no header"))?;
        let mut headers = HeaderMap::with_capacity(4);
        headers.insert("accept", accept);
        headers.insert("accept-encoding", HeaderValue::from_static("identity"));
        headers.insert("user-agent", HeaderValue::from_static(concat!("trcaa/", env!("CARGO_PKG_VERSION"))));
        if let Some(credential) = errand.credential {
            let (name, value) = credential.header()?;
            self.known.remember(&credential.secret);
            headers.insert(name, value);
        }
        Ok(headers)
    }

    fn received(
        &self,
        target: &Target,
        response: reqwest::Response,
        download: &Download<'_>,
        watch: Watch,
        progress: &mut dyn FnMut(u64, Option<u64>) -> Flow,
    ) -> Result<Downloaded, FetchError> {
        uncoded(response.headers())?;
        let status = response.status().as_u16();
        let is_file = status == 200;
        let bytes_max = if is_file { download.bytes_max } else { REFUSAL_BYTES_MAX.min(download.bytes_max) };
        let told = response.content_length();
        if is_file && told.is_some_and(|told| told > bytes_max) {
            return Err(NetError::TooLarge { what: "the response", bytes_max }.into());
        }
        let text = |value: &HeaderValue| self.known.scrub(&String::from_utf8_lossy(value.as_bytes()));
        let headers = response.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
        let incoming = Box::new(self.transport.incoming(response, watch));
        let reader = BodyReader::new(incoming, self.known.redactor(), bytes_max);
        let mut answer = Response::new(status, headers, reader);
        let mut body = Vec::new();
        loop {
            match answer.read(usize::MAX) {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) => break,
                // A page that says why there is no file is cut, not refused.
                Err(NetError::TooLarge { .. }) if !is_file => break,
                Err(error) => return Err(error.into()),
            }
            if progress(body.len() as u64, told).is_break() {
                return Err(FetchError::Cancelled);
            }
        }
        Ok(Downloaded { status, origin: target.origin.to_string(), headers: answer.headers().to_vec(), body })
    }

    fn record(&self, target: &Target, errand: &Errand<'_>, decision: Decision<'_>) {
        let secret_ids: Vec<&str> = errand.credential.iter().map(|c| c.id.as_str()).collect();
        errand.observer.record(&Record {
            plugin: "",
            method: Method::Get,
            host: &target.host,
            port: target.origin.port,
            path: &self.known.scrub(target.url.path()),
            bytes: 0,
            body_sha256: None,
            secret_ids: &secret_ids,
            duration: errand.begun.elapsed(),
            decision,
        });
    }
}
