//! What the host offers a plugin, as far as its world and its grants go.

/// Structured lines for the operator; at most 1,000 of 4 KiB each in a call, redacted by the host.
pub mod log {
    use crate::bindings::shared::trcaa::host::log as raw;
    pub use crate::bindings::shared::trcaa::host::log::Level;

    /// Writes a line.
    pub fn emit(level: Level, message: &str, fields: &[(String, String)]) {
        raw::emit(level, message, fields);
    }

    /// Tells whether lines of `level` are kept at all.
    pub fn enabled(level: Level) -> bool {
        raw::enabled(level)
    }
}

/// The host's clock.
pub mod clock {
    /// Milliseconds since the Unix epoch.
    pub fn now_ms() -> u64 {
        crate::bindings::shared::trcaa::host::clock::now()
    }

    /// Milliseconds until the host ends this call: ask before starting what can't be resumed, such as another page.
    /// Needs a host that serves trcaa:host 0.1.1.
    pub fn time_left_ms() -> u64 {
        crate::bindings::shared::trcaa::host::clock::time_left_ms()
    }
}

/// What the user set for the connection that the call runs for.
///
/// A plugin lists its settings in its manifest, and the host checks what is typed (`--set name=value`) against it:
///
/// ```toml
/// [[setting]]
/// name = "api_version"
/// kind = "text"            # or integer, boolean, choice with choices = ["a", "b"]
/// default = "2024-10-21"   # optional; always written as it would be typed
/// description = "Version of the API, sent as api-version"
/// ```
///
/// `base_url` and `model` are always the host's: the address that the user typed, without a slash at its end, and
/// the connection's default model. Secrets are never settings.
pub mod settings {
    /// Gives a setting as it would be typed, or its default.
    pub fn get(name: &str) -> Option<String> {
        crate::bindings::shared::trcaa::host::settings::get(name)
    }
}

/// State between calls, per plugin and connection, inside the encrypted store.
pub mod kv {
    pub use crate::bindings::shared::trcaa::host::kv::{delete, get, keys, set, swap};
}

/// Handles to secrets. A plugin never sees a secret's text: the host writes it into the request.
pub mod secrets {
    pub use crate::bindings::shared::trcaa::host::secrets::{Secret, open};
}

/// Requests to granted origins, through the host's guarded client.
pub mod http {
    pub use crate::bindings::shared::trcaa::host::http::{
        Auth, Credential, Method, Placement, Request, Response, SseEvent, send,
    };

    /// Makes a request without headers and body, with the limits of the grant.
    pub fn request(method: Method, url: &str) -> Request {
        Request {
            method,
            url: url.to_owned(),
            headers: Vec::new(),
            body: None,
            timeout_ms: None,
            max_response_bytes: None,
            max_redirects: None,
        }
    }
}
