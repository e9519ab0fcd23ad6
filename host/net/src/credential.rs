//! Where a secret may be written, and the writing of it.
//!
//! Invariants: [`Credential::check`] runs before a name is looked up, [`Credential::header`] after everything else;
//! a secret that could not be found again in an echo is not used at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};
use trcaa_model::plugin::SecretCapability;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use crate::echo::SECRET_BYTES_MIN;
use crate::error::{NetError, Rule};
use crate::header::{is_framing, plain_value};
use crate::target::Target;

/// Most bytes of a secret: larger than any token, smaller than what servers take as a header.
const SECRET_BYTES_MAX: usize = 8 << 10;

/// Where the host writes a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placement {
    /// `Authorization: Bearer <secret>`
    Bearer,
    /// `Authorization: Basic <user:secret>`
    Basic {
        /// The user name, without `:`.
        user: String,
    },
    /// `<name>: <prefix><secret>`
    Header {
        /// The header's name.
        name: String,
        /// What stands before the secret, with its own space.
        prefix: String,
    },
}

impl Placement {
    fn is_declared(&self, declared: &[String]) -> bool {
        declared.iter().any(|d| match self {
            Self::Bearer => d == "bearer",
            Self::Basic { .. } => d == "basic",
            Self::Header { name, .. } => d.strip_prefix("header:").is_some_and(|d| d.eq_ignore_ascii_case(name)),
        })
    }
}

/// A secret that a request may carry.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Name for records; not secret.
    pub id: String,
    /// The secret.
    pub secret: Secret,
    /// Where it goes.
    pub placement: Placement,
    /// What the user granted: audience (`{base_url}` resolved) and placements.
    pub granted: SecretCapability,
}

impl Credential {
    /// Whether it may go to `target`. `typed`: the user typed that host.
    pub(crate) fn check(&self, target: &Target, typed: bool) -> Result<(), Rule> {
        if !self.granted.audience.iter().any(|origin| target.is_of(origin)) {
            return Err(Rule::Audience);
        }
        if !self.placement.is_declared(&self.granted.placements) {
            return Err(Rule::Placement);
        }
        if !target.origin.https && !typed {
            return Err(Rule::ClearText);
        }
        Ok(())
    }

    /// Name and value, the value marked so that nothing prints it.
    pub(crate) fn header(&self) -> Result<(HeaderName, HeaderValue), NetError> {
        let secret = self.secret.expose();
        if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&secret.len()) {
            return Err(NetError::invalid(format!("the secret {} has fewer than 4 or more than 8192 bytes", self.id)));
        }
        let (name, value) = match &self.placement {
            Placement::Bearer => (HeaderName::from_static("authorization"), Zeroizing::new(format!("Bearer {secret}"))),
            Placement::Basic { user } => {
                if user.contains(':') || user.chars().any(char::is_control) {
                    return Err(NetError::invalid(
                        "the user name for basic authentication holds : or a control character",
                    ));
                }
                let pair = Zeroizing::new(format!("{user}:{secret}"));
                let coded = Zeroizing::new(STANDARD.encode(pair.as_bytes()));
                (HeaderName::from_static("authorization"), Zeroizing::new(format!("Basic {}", *coded)))
            }
            Placement::Header { name, prefix } => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .ok()
                    .filter(|name| !is_framing(name.as_str()))
                    .ok_or_else(|| NetError::invalid("a secret can't be put into that header"))?;
                (name, Zeroizing::new(format!("{prefix}{secret}")))
            }
        };
        let mut value = plain_value(&value).ok_or_else(|| {
            NetError::invalid(format!("the secret {} holds a character that headers don't have", self.id))
        })?;
        value.set_sensitive(true);
        Ok((name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(placement: Placement, secret: &str) -> Credential {
        Credential {
            id: "wiki-token".into(),
            secret: Secret::new(secret),
            placement,
            granted: SecretCapability {
                name: "token".into(),
                audience: vec!["https://wiki.example.com".into(), "http://typed.example".into()],
                placements: vec!["bearer".into(), "header:X-Api-Key".into()],
                reason: "test".into(),
            },
        }
    }

    fn named(name: &str) -> Placement {
        Placement::Header { name: name.into(), prefix: String::new() }
    }

    #[test]
    fn a_secret_goes_to_its_audience_only_and_not_in_clear() {
        let token = credential(Placement::Bearer, "s3cr3t-t0ken");
        for (url, typed, expected) in [
            ("https://wiki.example.com/x", false, Ok(())),
            ("https://wiki.example.com:8443/x", false, Err(Rule::Audience)),
            ("http://wiki.example.com:443/x", true, Err(Rule::Audience)),
            ("https://evil.example/x", true, Err(Rule::Audience)),
            ("http://typed.example/x", true, Ok(())),
            ("http://typed.example/x", false, Err(Rule::ClearText)),
        ] {
            let target = Target::parse(url).expect("the test names an address");
            assert_eq!(token.check(&target, typed), expected, "{url} {typed}");
        }
    }

    #[test]
    fn a_secret_is_placed_where_it_was_declared() {
        let target = Target::parse("https://wiki.example.com/").expect("readable");
        for (placement, expected) in [
            (named("x-api-key"), Ok(())),
            (named("x-other"), Err(Rule::Placement)),
            (Placement::Basic { user: "me".into() }, Err(Rule::Placement)),
        ] {
            assert_eq!(credential(placement.clone(), "s3cr3t").check(&target, false), expected, "{placement:?}");
        }
    }

    #[test]
    fn what_would_break_the_message_is_refused_and_never_shown() {
        for (placement, secret) in [
            (Placement::Bearer, "abcd\r\nx: y"),
            (Placement::Bearer, "abc"),
            (Placement::Basic { user: "a:b".into() }, "hunter2!"),
            (named("host"), "hunter2!"),
            (named("content-length"), "hunter2!"),
            (named("x\r\ny"), "hunter2!"),
        ] {
            let error = credential(placement.clone(), secret).header().expect_err("refused");
            assert!(!format!("{error} {error:?} {}", error.plugin_text()).contains(secret), "{placement:?}: {error}");
        }
    }

    #[test]
    fn values_are_as_the_rfcs_write_them() {
        for (placement, expected) in [
            (Placement::Bearer, "Bearer hunter2!"),
            (Placement::Basic { user: "me".into() }, "Basic bWU6aHVudGVyMiE="),
            (Placement::Header { name: "X-Api-Key".into(), prefix: "Key ".into() }, "Key hunter2!"),
        ] {
            let (_, value) = credential(placement, "hunter2!").header().expect("placed");
            assert_eq!(value.to_str().expect("ASCII"), expected);
            assert!(value.is_sensitive());
        }
    }
}
