//! Which headers a guest may set, and which of a response it may see.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::error::{NetError, Rule};

/// Most headers of one request.
const HEADERS_MAX: usize = 64;
/// Most bytes of all names and values of one request.
const HEADER_BYTES_MAX: usize = 16 << 10;

/// Headers that say where a message ends, where it goes, or how it is coded. Not even a credential may be put there.
/// `accept-encoding` is among them because a compressed body hides an echoed secret, `range` because slices of an
/// echo hide it as well, the overrides because they change the method after it was matched.
const FRAMING: [&str; 22] = [
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "if-range",
    "keep-alive",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-real-ip",
];

/// Words that make a header a key's place. A guest has no key of its own: what it would put there is either stolen
/// or would get round the audience of a secret.
const KEY_WORDS: [&str; 21] = [
    "apikey",
    "auth",
    "authentication",
    "authorization",
    "bearer",
    "cookie",
    "cookie2",
    "credential",
    "credentials",
    "jwt",
    "key",
    "passwd",
    "password",
    "proxy",
    "secret",
    "session",
    "sessionid",
    "signature",
    "token",
    "usertoken",
    "accesstoken",
];

/// Headers with such a word that hold no key: a client-made id, and Confluence's switch against form forgery.
const NO_KEYS: [&str; 3] = ["idempotency-key", "x-idempotency-key", "x-atlassian-token"];

/// Response headers that are credentials themselves.
const KEPT_BACK: [&str; 4] = ["set-cookie", "set-cookie2", "authentication-info", "proxy-authentication-info"];

/// Why a guest's headers are refused.
pub(crate) enum Refused {
    Invalid(NetError),
    Rule(Rule),
}

/// Checks and converts the headers that a guest set.
pub(crate) fn checked(headers: &[(String, String)]) -> Result<HeaderMap, Refused> {
    let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(Refused::Invalid(NetError::invalid("it has more than 64 headers or 16 KiB of them")));
    }
    let mut map = HeaderMap::with_capacity(headers.len() + 4);
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
            Refused::Invalid(NetError::invalid("a header's name has a character that names don't have"))
        })?;
        if is_framing(name.as_str()) || is_key_like(name.as_str()) {
            return Err(Refused::Rule(Rule::Header(name.as_str().chars().take(64).collect())));
        }
        let value = plain_value(value).ok_or_else(|| {
            Refused::Invalid(NetError::invalid(format!("the value of {name} holds a line end or is not ASCII")))
        })?;
        map.append(name, value);
    }
    Ok(map)
}

/// A value of visible ASCII, space and tab. Other bytes are text in no agreed coding, and line ends begin a header.
pub(crate) fn plain_value(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_str(value).ok().filter(|_| value.is_ascii())
}

/// Whether a header says how a message is framed, routed or coded.
pub(crate) fn is_framing(name: &str) -> bool {
    FRAMING.contains(&name)
        || name.starts_with("proxy-")
        || name.starts_with("sec-")
        || name.starts_with("x-forwarded-")
}

fn is_key_like(name: &str) -> bool {
    !NO_KEYS.contains(&name) && name.split(['-', '_', '.']).any(|word| KEY_WORDS.contains(&word))
}

/// Whether a plugin may see a response's header.
pub(crate) fn is_shown(name: &str) -> bool {
    !KEPT_BACK.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(name: &str, value: &str) -> &'static str {
        match checked(&[(name.to_owned(), value.to_owned())]) {
            Ok(_) => "ok",
            Err(Refused::Invalid(_)) => "invalid",
            Err(Refused::Rule(_)) => "denied",
        }
    }

    #[test]
    fn headers_that_the_host_owns_are_refused_in_any_case() {
        for name in [
            "Authorization",
            "AUTHORIZATION",
            "Cookie",
            "Host",
            "Proxy-Authorization",
            "proxy-connection",
            "X-Api-Key",
            "api-key",
            "apikey",
            "X-Goog-Api-Key",
            "X-Auth-Token",
            "X-UserToken",
            "X_Api_Key",
            "Private-Token",
            "Content-Length",
            "Transfer-Encoding",
            "Connection",
            "Upgrade",
            "TE",
            "Accept-Encoding",
            "Range",
            "X-HTTP-Method-Override",
            "X-Forwarded-Host",
            "Forwarded",
            "Sec-Fetch-Site",
        ] {
            assert_eq!(verdict(name, "v"), "denied", "{name}");
        }
    }

    #[test]
    fn ordinary_headers_pass() {
        for name in [
            "Accept",
            "Content-Type",
            "User-Agent",
            "anthropic-version",
            "If-Match",
            "Idempotency-Key",
            "X-Atlassian-Token",
            "OpenAI-Organization",
            "X-Monkey",
        ] {
            assert_eq!(verdict(name, "application/json; q=1"), "ok", "{name}");
        }
    }

    #[test]
    fn line_ends_and_odd_bytes_are_refused() {
        for (name, value) in [
            ("x-a", "b\r\nx-evil: 1"),
            ("x-a", "b\nc"),
            ("x-a", "b\0"),
            ("x-a", "ü"),
            ("x-a\r\nx-evil", "b"),
            ("x a", "b"),
            ("x-a:", "b"),
            ("", "b"),
        ] {
            assert_eq!(verdict(name, value), "invalid", "{name:?} {value:?}");
        }
    }

    #[test]
    fn count_and_size_are_bounded_at_the_value() {
        let many = |n: usize| vec![("x-a".to_owned(), "b".to_owned()); n];
        assert!(checked(&many(HEADERS_MAX)).is_ok());
        assert!(checked(&many(HEADERS_MAX + 1)).is_err());
        let long = |n: usize| [("x-a".to_owned(), "b".repeat(n - 3))];
        assert!(checked(&long(HEADER_BYTES_MAX)).is_ok());
        assert!(checked(&long(HEADER_BYTES_MAX + 1)).is_err());
    }
}
