//! What the pipeline is given from outside: name look-up, the outbound scan, the observer; and the type of bodies.

use std::io;
use std::net::{IpAddr, ToSocketAddrs};
use std::time::Duration;

use sha2::{Digest, Sha256};
use trcaa_model::guard::Redacted;

use crate::connection::Method;
use crate::token::TokenForm;

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync {
    /// All addresses of `host`, in the order of preference. Called once per hop, never for an IP literal.
    ///
    /// # Errors
    /// Whatever the look-up says; its text is not shown.
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The operating system's look-up (hosts file, mDNS, DNS). As long as the system takes; a connection waits 10 s.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        (host, 0).to_socket_addrs().map(|all| all.map(|a| a.ip()).collect())
    }
}

/// What a request carries. There is no variant for plain bytes: what leaves went through the guard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// Text from the guard.
    Redacted(Redacted),
    /// The host's own question for new tokens; no guest can make one.
    Token(TokenForm),
}

impl Body {
    /// Takes bytes of a guest through the scan.
    ///
    /// # Errors
    /// [`ScanRefusal`] when they are no UTF-8 text, or the scan refuses.
    pub fn from_guest(bytes: &[u8], scan: &dyn OutboundScan) -> Result<Self, ScanRefusal> {
        if bytes.is_empty() {
            return Ok(Self::Empty);
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| ScanRefusal { reason: "a body that is not UTF-8 text can't be scanned" })?;
        scan.scan(Part::Body, text).map(Self::Redacted)
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.as_str().len()
    }

    /// Whether nothing would be sent.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Redacted(text) if !text.is_empty() => Some(Sha256::digest(text.as_str()).into()),
            Self::Empty | Self::Redacted(_) | Self::Token(_) => None,
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Empty => "",
            Self::Redacted(text) => text.as_str(),
            Self::Token(form) => form.as_str(),
        }
    }
}

/// Which part of a request is scanned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Path and query, percent-decoded once.
    Target,
    /// The value of this header.
    Header(&'a str),
    /// The body.
    Body,
}

/// Looks for secrets and personal data in what is about to leave.
pub trait OutboundScan {
    /// Gives `text` as it may leave. A target or header that would have to change is refused by the pipeline, since
    /// an address with a piece cut out of it is a different address; a body leaves as it comes back.
    ///
    /// # Errors
    /// [`ScanRefusal`] when it may not leave at all.
    fn scan(&self, part: Part<'_>, text: &str) -> Result<Redacted, ScanRefusal>;
}

/// Why the scan lets nothing out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ScanRefusal {
    /// For user and plugin; names kinds, never the finding.
    pub reason: &'static str,
}

/// Hears of every request, for the audit trail.
pub trait Observer: Send + Sync {
    /// Called on the sending thread: once with [`Decision::Allowed`] before bytes leave, or once with
    /// [`Decision::Denied`]; after `Allowed`, once more with how it ended. Each redirect is a request of its own.
    fn record(&self, record: &Record<'_>);

    /// Called with [`Decision::Allowed`] instead, where what is recorded must be durable before bytes leave.
    ///
    /// # Errors
    /// It could not be written down; then nothing leaves.
    fn admit(&self, record: &Record<'_>) -> io::Result<()> {
        self.record(record);
        Ok(())
    }
}

/// One request in the eyes of the [`Observer`]. Holds no query, header or body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Which plugin asked; empty for a download of the host itself.
    pub plugin: &'a str,
    /// The method.
    pub method: Method,
    /// Host name or address literal; empty when the address could not be read.
    pub host: &'a str,
    /// Port; 0 when the address could not be read.
    pub port: u16,
    /// Path without query.
    pub path: &'a str,
    /// Bytes of the body.
    pub bytes: u64,
    /// SHA-256 of exactly those bytes; none without a body, and none of the host's own question for tokens, which is a
    /// secret as a whole.
    pub body_sha256: Option<[u8; 32]>,
    /// Ids of the secrets that are written into it.
    pub secret_ids: &'a [&'a str],
    /// Time since this hop began.
    pub duration: Duration,
    /// What was decided, or how it ended.
    pub decision: Decision<'a>,
}

/// What was decided about a request, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// Every check passed; it leaves now.
    Allowed,
    /// A check failed; nothing left. Holds the rule's text.
    Denied(&'a str),
    /// The server answered with this status.
    Answered(u16),
    /// It broke off, with a word for how.
    Failed(&'static str),
}
