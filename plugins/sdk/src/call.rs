//! Requests in one line: built up, sent with a secret that the host writes in, and told apart by what came back.
//!
//! ```no_run
//! use trcaa_sdk::call::Call;
//! # fn f() -> Result<(), trcaa_sdk::Error> {
//! let answer = Call::post("https://api.example.com/v1/answers").bearer("api-key").json(r#"{"q": "why"}"#).text()?;
//! # Ok(())
//! # }
//! ```

use std::fmt::Display;

use crate::Error;
use crate::host::http::{self, Auth, Credential, Method, Placement, Request, Response, SseEvent};
use crate::host::secrets;

/// One request and the secrets to be written into it. Sending it is [`Call::send`], [`Call::text`] or [`Call::events`].
#[derive(Debug)]
pub struct Call {
    request: Request,
    /// Where each goes, and the name that the manifest declares it by.
    secrets: Vec<(Placement, String)>,
}

impl Call {
    /// A request without headers and body, within the limits of the grant.
    pub fn new(method: Method, url: &str) -> Self {
        Self { request: http::request(method, url), secrets: Vec::new() }
    }

    /// A GET request.
    pub fn get(url: &str) -> Self {
        Self::new(Method::Get, url)
    }

    /// A POST request.
    pub fn post(url: &str) -> Self {
        Self::new(Method::Post, url)
    }

    /// Adds a header. Those that carry credentials (`Authorization`, `Cookie`, `X-Api-Key`) are refused by the host: use
    /// [`Call::bearer`], [`Call::basic`] or [`Call::header_secret`].
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds `name=value` to the query, percent-encoded.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let mark = if self.request.url.contains('?') { '&' } else { '?' };
        self.request.url.push_str(&format!("{mark}{}={}", encode(name), encode(value)));
        self
    }

    /// Sets a body of JSON text, such as `serde_json::Value::to_string` gives.
    #[must_use]
    pub fn json(self, body: impl Into<String>) -> Self {
        self.header("content-type", "application/json").body(body.into())
    }

    /// Sets a body of bytes.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.request.body = Some(bytes.into());
        self
    }

    /// Gives up after this many milliseconds; never later than the grant says.
    #[must_use]
    pub fn timeout_ms(mut self, ms: u32) -> Self {
        self.request.timeout_ms = Some(ms);
        self
    }

    /// Has the host send `Authorization: Bearer` with this secret of the manifest.
    #[must_use]
    pub fn bearer(mut self, secret: &str) -> Self {
        self.secrets.push((Placement::Bearer, secret.to_owned()));
        self
    }

    /// Has the host send `Authorization: Basic` with this user name and this secret of the manifest as the password.
    #[must_use]
    pub fn basic(mut self, user: &str, secret: &str) -> Self {
        self.secrets.push((Placement::Basic(user.to_owned()), secret.to_owned()));
        self
    }

    /// Has the host send the header `name` with `prefix` and then this secret of the manifest.
    #[must_use]
    pub fn header_secret(mut self, name: &str, prefix: &str, secret: &str) -> Self {
        self.secrets.push((Placement::Header((name.to_owned(), prefix.to_owned())), secret.to_owned()));
        self
    }

    /// Sends it, and gives the response whatever its status is.
    ///
    /// # Errors
    /// [`Error::Denied`] without a grant, [`Error::Timeout`], [`Error::Unavailable`] where nobody answers.
    pub fn send_any(self) -> Result<Response, Error> {
        let opened: Vec<(Placement, secrets::Secret)> = self
            .secrets
            .into_iter()
            .map(|(placement, name)| Ok((placement, secrets::open(&name)?)))
            .collect::<Result<_, Error>>()?;
        let credentials: Vec<Credential<'_>> =
            opened.iter().map(|(placement, secret)| Credential { placement: placement.clone(), secret }).collect();
        let auth = if credentials.is_empty() { Auth::None } else { Auth::Explicit(credentials) };
        http::send(&self.request, &auth)
    }

    /// Sends it, and gives the response if its status is 200 to 299.
    ///
    /// # Errors
    /// Those of [`Call::send_any`]; else [`error_of`] the response.
    pub fn send(self) -> Result<Response, Error> {
        let response = self.send_any()?;
        if (200..300).contains(&response.status()) { Ok(response) } else { Err(error_of(&response)) }
    }

    /// Sends it and reads the whole answer as text.
    ///
    /// # Errors
    /// Those of [`Call::send`]; an answer that is not UTF-8 is [`Error::Unavailable`].
    pub fn text(self) -> Result<String, Error> {
        String::from_utf8(self.send()?.read_all()?).map_err(|_| unreadable("it is not UTF-8"))
    }

    /// Sends it and hands on one server-sent event after the other, as they come.
    ///
    /// # Errors
    /// Those of [`Call::send`]. The host ends a stream that is silent for too long with [`Error::Timeout`].
    pub fn events(self) -> Result<Events, Error> {
        Ok(Events { response: self.header("accept", "text/event-stream").send()?, ended: false })
    }
}

/// Server-sent events, decoded by the host. Ends with the stream, or after the first error.
#[derive(Debug)]
pub struct Events {
    response: Response,
    ended: bool,
}

impl Iterator for Events {
    type Item = Result<SseEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let next = self.response.next_event().transpose();
        self.ended = !matches!(next, Some(Ok(_)));
        next
    }
}

/// The error that a response's status means. Its body is left alone: what a remote says may hold what it was sent.
pub fn error_of(response: &Response) -> Error {
    error_of_status(response.status(), response.header("retry-after").as_deref())
}

/// The error that a status means; `retry_after` is the header of that name, of which seconds are understood.
pub fn error_of_status(status: u16, retry_after: Option<&str>) -> Error {
    let told = format!("the remote answered {status}");
    match status {
        400 | 422 => Error::InvalidInput(told),
        401 => Error::Unauthenticated(told),
        403 => Error::Forbidden(told),
        404 | 410 => Error::NotFound(told),
        409 | 412 => Error::Conflict(told),
        408 | 504 => Error::Timeout,
        413 => Error::TooLarge(0),
        429 => {
            Error::RateLimited(retry_after.and_then(|s| s.trim().parse::<u64>().ok()).map(|s| s.saturating_mul(1_000)))
        }
        _ => Error::Unavailable(told),
    }
}

/// The error for an answer that is not of the expected form. `cause` must not quote the answer.
pub fn unreadable(cause: impl Display) -> Error {
    Error::Unavailable(format!("the remote's answer can't be read: {cause}"))
}

/// Percent-encodes one segment of a path or one value of a query: everything but letters, digits and `-._~`.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_into_a_url_cannot_leave_its_place() {
        assert_eq!(encode("a b/../c?d=é&"), "a%20b%2F..%2Fc%3Fd%3D%C3%A9%26");
        let call = Call::get("https://h.example/x").query("q", "a&b").query("n", "1");
        assert_eq!(call.request.url, "https://h.example/x?q=a%26b&n=1");
    }

    #[test]
    fn statuses_become_the_errors_that_the_host_acts_on() {
        assert!(matches!(error_of_status(401, None), Error::Unauthenticated(_)));
        assert!(matches!(error_of_status(429, Some(" 7 ")), Error::RateLimited(Some(7_000))));
        assert!(matches!(error_of_status(429, Some("Wed, 21 Oct")), Error::RateLimited(None)));
        assert!(matches!(error_of_status(503, None), Error::Unavailable(_)));
        assert!(matches!(error_of_status(418, None), Error::Unavailable(_)));
    }
}
