//! What a server's refusal means.
//!
//! Invariant: the words of a server are cut to one line, and are told only beside what they are about.

use serde_json::Value;
use trcaa_sdk::Error;

use crate::retry_after::retry_after_ms;

/// Most bytes of an error's body that are read.
pub const BODY_BYTES_MAX: usize = 64 << 10;
/// Most characters of a server's words.
const SAID_CHARS_MAX: usize = 200;

/// A refusal, read.
#[derive(Debug)]
pub struct Failure {
    /// What the host is told.
    pub error: Error,
    /// The field of the request that it is about, where the server names one.
    pub param: Option<String>,
    /// What the server said, in lower case, for looking up what it is about.
    pub said: String,
    /// Whether another request may be answered: the server read this one and did not like it.
    pub is_about_the_request: bool,
}

impl Failure {
    /// Reads a response that is no success.
    pub fn of_response(status: u16, header: &dyn Fn(&str) -> Option<String>, body: &[u8], now_ms: u64) -> Self {
        let body = serde_json::from_slice::<Value>(body.get(..BODY_BYTES_MAX).unwrap_or(body)).unwrap_or(Value::Null);
        Self::new(Some(status), retry_after_ms(header, now_ms), &body)
    }

    /// Reads an error object that stands inside a stream or an answer with status 200.
    pub fn of_object(object: &Value) -> Self {
        // Some say the status inside: `"code": 529`.
        let code = object.get("error").and_then(|error| error.get("code")).and_then(Value::as_u64);
        Self::new(code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code)), None, object)
    }

    fn new(status: Option<u16>, retry_after_ms: Option<u64>, body: &Value) -> Self {
        let error = body.get("error").unwrap_or(body);
        let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (code, kind) = (field("code").to_lowercase(), field("type").to_lowercase());
        let words = [error.get("message"), Some(error), body.get("detail"), body.get("message")];
        let message = words.into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
        let said = line(message);
        let lower = said.to_lowercase();
        let told = match (status, said.is_empty()) {
            (Some(status), true) => format!("the server answered with status {status}"),
            (Some(status), false) => format!("the server answered with status {status}: {said}"),
            (None, true) => "the server sent an error without words".to_owned(),
            (None, false) => format!("the server sent an error: {said}"),
        };
        let is = |names: &[&str]| names.iter().any(|name| code == *name || kind == *name);
        let says = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        let is_too_long = is(&["context_length_exceeded", "exceed_context_size_error", "string_above_max_length"])
            || says(&["maximum context length", "context length exceeded", "context size", "context window"]);
        let error = if is_too_long || status == Some(413) {
            Error::Other(("context-too-large".into(), told))
        } else if is(&["content_filter", "content_policy_violation", "responsibleaipolicyviolation"]) {
            Error::Other(("content-filter".into(), told))
        } else if is(&["insufficient_quota", "billing_hard_limit_reached"]) {
            Error::Other(("quota".into(), told))
        } else if status == Some(401) || is(&["invalid_api_key", "authentication_error"]) {
            Error::Unauthenticated(told)
        } else if status == Some(403) || is(&["permission_error"]) {
            Error::Forbidden(told)
        } else if status == Some(429) || is(&["rate_limit_exceeded", "rate_limit_error"]) {
            Error::RateLimited(retry_after_ms)
        } else {
            match status {
                Some(404) => Error::NotFound(told),
                Some(408) => Error::Timeout,
                // The one case that has room for when to come back.
                Some(500..) if retry_after_ms.is_some() => Error::RateLimited(retry_after_ms),
                Some(500..) => Error::Unavailable(told),
                Some(400..) => Error::InvalidInput(told),
                Some(_) => Error::Other(("bad-response".into(), told)),
                None if is(&["invalid_request_error", "badrequesterror"]) => Error::InvalidInput(told),
                None => Error::Unavailable(told),
            }
        };
        let is_about_the_request = matches!(error, Error::InvalidInput(_) | Error::NotFound(_));
        let param = Some(field("param").to_lowercase()).filter(|param| !param.is_empty());
        Self { error, param, said: lower, is_about_the_request }
    }

    /// Whether it is about this field of the request.
    pub fn is_about(&self, field: &str) -> bool {
        self.is_about_the_request
            && (self.param.as_deref().is_some_and(|param| param.split(['.', '[']).next() == Some(field))
                || self.said.contains(field))
    }
}

/// One line of a stranger's words, bounded.
fn line(text: &str) -> String {
    text.chars()
        .take(SAID_CHARS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A response that makes no sense.
pub fn nonsense(problem: &str) -> Error {
    Error::Other(("bad-response".into(), problem.to_owned()))
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> String {
        let failure = Failure::of_response(status, &|_| None, body.as_bytes(), 0);
        match failure.error {
            Error::Other((code, _)) => code,
            other => format!("{other:?}").split('(').next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        for (status, body, expected) in [
            (
                401,
                r#"{"error":{"message":"Incorrect API key provided: sk-1***","code":"invalid_api_key"}}"#,
                "Error::Unauthenticated",
            ),
            (403, "", "Error::Forbidden"),
            (
                404,
                r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#,
                "Error::NotFound",
            ),
            (429, r#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, "Error::RateLimited"),
            (429, r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#, "quota"),
            (400, r#"{"error":{"message":"x","code":"context_length_exceeded"}}"#, "context-too-large"),
            (
                400,
                r#"{"error":{"code":400,"message":"request (9 tokens) exceeds the available context size (4 tokens)","type":"exceed_context_size_error"}}"#,
                "context-too-large",
            ),
            (
                400,
                r#"{"object":"error","message":"This model's maximum context length is 8 tokens","type":"BadRequestError"}"#,
                "context-too-large",
            ),
            (413, "too large", "context-too-large"),
            (400, r#"{"error":{"code":"content_filter","message":"filtered"}}"#, "content-filter"),
            (400, r#"{"error":"bad"}"#, "Error::InvalidInput"),
            (422, r#"{"detail":[{"loc":["body"]}]}"#, "Error::InvalidInput"),
            (408, "", "Error::Timeout"),
            (500, "<html>oops</html>", "Error::Unavailable"),
            (503, "", "Error::Unavailable"),
            (529, r#"{"error":{"type":"overloaded_error","message":"Overloaded"}}"#, "Error::Unavailable"),
            (302, "", "bad-response"),
        ] {
            assert_eq!(error(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn when_to_come_back_is_kept_for_limits_and_overload() {
        for status in [429, 503, 529] {
            let failure = Failure::of_response(status, &|name| (name == "retry-after").then(|| "3".into()), b"", 0);
            assert!(matches!(failure.error, Error::RateLimited(Some(3_000))), "{status}: {:?}", failure.error);
        }
    }

    #[test]
    fn the_field_in_question_is_found_by_name_and_in_words() {
        let failure = |body: &str| Failure::of_response(400, &|_| None, body.as_bytes(), 0);
        let named = failure(r#"{"error":{"message":"no","param":"response_format.json_schema"}}"#);
        assert!(named.is_about("response_format") && !named.is_about("max_tokens"));
        let told = failure(r#"{"error":{"message":"Unsupported parameter: 'max_tokens'"}}"#);
        assert!(told.is_about("max_tokens"));
        let server = Failure::of_response(500, &|_| None, br#"{"error":{"message":"max_tokens"}}"#, 0);
        assert!(!server.is_about("max_tokens"), "a server that fails is not asked for less");
    }

    #[test]
    fn a_servers_words_are_one_bounded_line() {
        let long = format!(r#"{{"error":{{"message":"a\n\u001b[31m{}"}}}}"#, "x".repeat(5_000));
        let failure = Failure::of_response(400, &|_| None, long.as_bytes(), 0);
        let Error::InvalidInput(told) = failure.error else { panic!("it is another error") };
        assert!(told.len() < 300 && !told.chars().any(char::is_control), "{told}");
    }
}
