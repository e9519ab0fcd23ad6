//! The body that asks an OAuth 2 server for new tokens (RFC 6749, section 6). Made of secrets, by the host alone.

use std::fmt;

use trcaa_model::secret::Secret;
use url::form_urlencoded::Serializer;
use zeroize::Zeroizing;

use crate::target::Target;

/// A request body of tokens. It did not pass the guard: what is in it are credentials of the place it goes to.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenForm(Zeroizing<String>);

impl TokenForm {
    /// Asks for a new access token with a refresh token. The client's secret, where it has one, goes into the form.
    pub fn refresh(refresh_token: &Secret, client_id: &str, client_secret: Option<&Secret>) -> Self {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token");
        form.append_pair("refresh_token", refresh_token.expose());
        form.append_pair("client_id", client_id);
        if let Some(secret) = client_secret {
            form.append_pair("client_secret", secret.expose());
        }
        Self(Zeroizing::new(form.finish()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenForm(…)")
    }
}

/// Whether an address belongs to one of the origins that a secret may go to.
pub fn is_in_audience(audience: &[String], address: &str) -> bool {
    let Ok(target) = Target::parse(address) else { return false };
    audience.iter().any(|origin| Target::parse(origin).is_ok_and(|allowed| allowed.origin == target.origin))
}

/// Origin and path of an address, as a grant names them; `None` where it can't be read.
pub fn origin_and_path(address: &str) -> Option<(String, String)> {
    let target = Target::parse(address).ok()?;
    Some((target.origin.to_string(), target.url.path().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_coded_and_never_printed() {
        let form = TokenForm::refresh(&Secret::new("r/1 +&"), "me", Some(&Secret::new("s=2")));
        let text = "grant_type=refresh_token&refresh_token=r%2F1+%2B%26&client_id=me&client_secret=s%3D2";
        assert_eq!(form.as_str(), text);
        assert_eq!(format!("{form:?}"), "TokenForm(…)");
    }

    #[test]
    fn an_audience_is_compared_by_origin() {
        let audience = ["https://login.example".to_owned()];
        assert!(is_in_audience(&audience, "https://login.example:443/token?x=1"));
        for other in ["http://login.example/token", "https://login.example.evil/token", "https://evil/", "token"] {
            assert!(!is_in_audience(&audience, other), "{other}");
        }
    }
}
