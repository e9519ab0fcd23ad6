//! The guard: the one place where text becomes [`Redacted`], which everything that sends asks for.
//!
//! Invariants: redacted in full, then cut; a refused span means that nothing is returned. Its doors are on clippy's list
//! of disallowed methods as well: each has its few callers, which a test of the repository names.

use std::net::IpAddr;

use trcaa_model::guard::Redacted;
use trcaa_model::pii::Span;

use crate::apply::{ApplyError, Origin, apply};
use crate::cut::cut;
use crate::pseudonym::Pseudonyms;

/// The guard of everything that leaves.
#[derive(Clone, Copy, Debug)]
pub struct Guard;

/// Proof that a text stays on this machine: a host that is literally loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTarget(());

impl LocalTarget {
    /// Looks at the host of an address that was read already: an IP address of loopback, or `localhost`. Any other name
    /// is none, whatever it resolves to, and neither is an IPv6 form that carries an IPv4 address.
    pub fn of_host(host: &str) -> Option<Self> {
        let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        let is_loopback = match bare.parse::<IpAddr>() {
            Ok(address) => address.is_loopback(),
            Err(_) => host == "localhost",
        };
        is_loopback.then_some(Self(()))
    }
}

impl Guard {
    /// Redacts a text by the spans that all detectors found in it, then cuts it to at most `bytes_max` bytes.
    ///
    /// # Errors
    /// A span that is not believed, or a table of pseudonyms that is full: the text must not leave.
    pub fn pass(
        text: &str,
        origin: Origin,
        spans: &[Span],
        pseudonyms: &mut Pseudonyms,
        bytes_max: usize,
    ) -> Result<Redacted, ApplyError> {
        let mut redacted = apply(text, spans, origin, pseudonyms)?;
        let kept = cut(&redacted, bytes_max).len();
        redacted.truncate(kept);
        Ok(declared(redacted))
    }

    /// Passes words of the program itself, which speak of nobody.
    pub fn pass_own(words: &'static str) -> Redacted {
        declared(words.to_owned())
    }

    /// Passes text as it is, for a target on this machine that the user allowed to see it.
    pub fn pass_local(text: &str, _: LocalTarget) -> Redacted {
        declared(text.to_owned())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the guard, and each of its doors says why it may")]
fn declared(text: String) -> Redacted {
    Redacted::from_guard(text)
}

#[cfg(test)]
mod tests {
    use super::LocalTarget;

    #[test]
    fn only_a_literal_loopback_host_is_local() {
        for host in ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"] {
            assert!(LocalTarget::of_host(host).is_some(), "{host}");
        }
        for host in [
            "",
            "example.com",
            "localhost.example.com",
            "LOCALHOST.",
            "ip6-localhost",
            "10.0.0.1",
            "0.0.0.0",
            "::",
            "::ffff:127.0.0.1",
            "[::ffff:127.0.0.1]",
            "169.254.169.254",
            "127.0.0.1.nip.io",
            "127.1",
            "2130706433",
            "127.0.0.1:80",
            "user@127.0.0.1",
        ] {
            assert!(LocalTarget::of_host(host).is_none(), "{host}");
        }
    }
}
