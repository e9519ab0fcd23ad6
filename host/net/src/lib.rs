//! The one way out: every byte that leaves over HTTP goes through [`Connection::send`] (a plugin's) or
//! [`Fetcher::fetch`] (a download of the host itself, which carries nothing), and nothing else here sends.
//!
//! Owns: reading of addresses, the match against grants, address checks, redirects, credential injection, size and
//! time limits, and the redaction of echoed secrets. Must not know: plugins' code, the store, the terminal, the
//! environment (no proxy variable, no certificate variable is read).
//!
//! Invariants, each with a test in `tests/attacks.rs` that fails when the guard is taken out:
//! 1. A request is matched against a grant before its host is looked up, and looked up before it is connected.
//! 2. A host is looked up once per hop; only the addresses that were checked are connected.
//! 3. A body is [`Body::Redacted`], [`Body::Empty`], or the host's own [`Body::Token`]; unguarded bytes of a guest have
//!    no type that fits.
//! 4. A secret is written into a request after every check, only towards its audience, and no response, error or
//!    record carries it back.
//! 5. Every redirect starts again from the top.
//! 6. What the [`Observer`] could not write down does not leave.
//! 7. A stopped connection sends nothing more, and every wait of it ends.

mod address;
mod connection;
mod credential;
mod echo;
mod error;
mod fetch;
mod grant;
mod header;
mod lookup;
mod network;
mod port;
mod response;
mod sse;
mod stop;
mod target;
mod token;
mod transport;

pub use address::{loopback_host, never_reachable};
pub use connection::{Connection, Method, Request};
pub use credential::{Credential, Placement};
pub use echo::{Pieces, Redactor};
pub use error::{Denial, NetError, Rule};
pub use fetch::{Download, Downloaded, FetchError, Fetcher, Flow};
pub use grant::{Allowance, Policy};
pub use network::{Network, parse_proxy};
pub use port::{Body, Decision, Observer, OutboundScan, Part, Record, Resolver, ScanRefusal, SystemResolver};
pub use response::Response;
pub use sse::Event;
pub use stop::Stop;
pub use token::{TokenForm, is_in_audience, origin_and_path};
