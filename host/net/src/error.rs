//! What can go wrong, in two voices: `Display` for the user, [`NetError::plugin_text`] for the plugin.
//!
//! Invariants: no variant holds a secret, a query string or a header's value; the plugin's text names no address, so
//! that errors don't map the user's network for it.

use std::fmt;
use std::time::Duration;

use crate::port::ScanRefusal;

/// Why a request did not give a response, or a body ended early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NetError {
    /// The request itself is wrong.
    #[error("the request is not valid: {problem}")]
    Invalid {
        /// What is wrong, such as `the address has a user name`.
        problem: String,
    },
    /// A rule forbids it.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// The name has no address, or the look-up failed.
    #[error("no address was found for {host}")]
    Unresolved {
        /// The name.
        host: String,
    },
    /// No connection, no secure connection, or it broke.
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// The innermost cause.
        reason: String,
    },
    /// Nothing came for a while.
    #[error("nothing came for {} ms", after.as_millis())]
    Idle {
        /// The idle time-out.
        after: Duration,
    },
    /// The whole took too long.
    #[error("it took more than {} ms", after.as_millis())]
    Overtime {
        /// The total time-out.
        after: Duration,
    },
    /// More bytes than allowed.
    #[error("{what} has more than {bytes_max} bytes")]
    TooLarge {
        /// `the response`, `the request body` or `an event`.
        what: &'static str,
        /// The limit.
        bytes_max: u64,
    },
    /// More redirects than allowed.
    #[error("more than {max} redirects")]
    Redirects {
        /// The limit.
        max: u8,
    },
    /// It could not be written down that it was about to be sent.
    #[error("the request to {host} was not sent, since it could not be recorded")]
    Unrecorded {
        /// The host.
        host: String,
    },
    /// The connection was stopped.
    #[error("the request was ended, since its call was")]
    Stopped,
    /// The server sends a form that can't be searched for echoed secrets.
    #[error("the server sent a {header} that was not asked for")]
    Encoded {
        /// `content-encoding` or `transfer-encoding`.
        header: &'static str,
    },
}

impl NetError {
    /// The text for the plugin: what its author needs, and nothing about the user's network.
    pub fn plugin_text(&self) -> String {
        match self {
            Self::Denied(denial) => denial.plugin_text(),
            Self::Unreachable { host, .. } => format!("{host} can't be reached"),
            other => other.to_string(),
        }
    }

    pub(crate) fn invalid(problem: impl Into<String>) -> Self {
        Self::Invalid { problem: problem.into() }
    }

    /// A word for records.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::Denied(_) => "denied",
            Self::Unresolved { .. } => "unresolved",
            Self::Unreachable { .. } => "unreachable",
            Self::Idle { .. } => "idle",
            Self::Overtime { .. } => "overtime",
            Self::TooLarge { .. } => "too-large",
            Self::Redirects { .. } => "redirects",
            Self::Encoded { .. } => "encoded",
            Self::Unrecorded { .. } => "unrecorded",
            Self::Stopped => "stopped",
        }
    }
}

/// A request that a rule forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Which plugin asked.
    pub plugin: String,
    /// `http`, `secret` or `scan`.
    pub capability: &'static str,
    /// Method, origin and path, such as `GET https://wiki.example.com:443/rest`; never the query.
    pub target: String,
    /// The rule.
    pub rule: Rule,
    /// What the user can run or set to allow it; none where nothing can.
    pub fix: Option<String>,
}

impl Denial {
    /// Says capability, target and rule, but no address.
    fn plugin_text(&self) -> String {
        let rule = match &self.rule {
            Rule::Address { .. } | Rule::OwnNetwork { .. } => "the host's address is not allowed".to_owned(),
            other => other.to_string(),
        };
        format!("{} {}: {rule}", self.capability, self.target)
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} may not use {} for {}: {}", self.plugin, self.capability, self.target, self.rule)?;
        match &self.fix {
            Some(fix) => write!(f, "; to allow it: {fix}"),
            None => f.write_str("; nothing can allow this"),
        }
    }
}

/// The rule that a request broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// No grant for scheme, host and port.
    #[error("no grant covers this origin")]
    Origin,
    /// Nothing of the kind is asked for, so nobody can grant it.
    #[error("its manifest does not ask for this")]
    NotAsked,
    /// A grant for the origin, but not for the method.
    #[error("no grant for this origin covers the method")]
    Method,
    /// A grant for origin and method, but not for the path.
    #[error("no grant for this origin covers the path")]
    Path,
    /// A path that servers read in different ways.
    #[error("the path {0}")]
    PathForm(&'static str),
    /// A header that only the host sets.
    #[error("the header {0} is the host's to set")]
    Header(String),
    /// The scan found something.
    #[error("{0}")]
    Scan(ScanRefusal),
    /// An address that nobody may reach through here.
    #[error("{address} is {range}")]
    Address {
        /// The address.
        address: std::net::IpAddr,
        /// What it is.
        range: &'static str,
    },
    /// An address of the user's own network, for a host that the user did not type.
    #[error("{address} is {range}, and only a host that the user typed may be there")]
    OwnNetwork {
        /// The address.
        address: std::net::IpAddr,
        /// What it is.
        range: &'static str,
    },
    /// A place that is not this machine, for a connection that stays on it.
    #[error("text in clear was allowed on this connection, and it is for this machine alone")]
    NotLoopback,
    /// A secret towards an origin that is not its audience.
    #[error("this origin is not in the secret's audience")]
    Audience,
    /// A secret in a place that it was not declared for.
    #[error("the secret may not be placed there")]
    Placement,
    /// A secret over plain http to a host that the user did not type.
    #[error("a secret goes over https only")]
    ClearText,
    /// A redirect that would carry a body to another origin.
    #[error("a redirect would carry the body to another origin")]
    BodyAcross,
}
