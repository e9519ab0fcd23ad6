//! The host's half of the WIT: what a guest can call. Everything that needs data, a secret or the network goes
//! through a port; here are only shapes, sizes and budgets.
#![allow(unreachable_pub)] // bindgen re-exports the resource types, which only `pub` types allow

mod http;
mod io;
mod kv;
mod log;
mod secrets;
mod settings;

pub use http::ResponseHandle;
pub use io::{AssetsHandle, EventListener, OutputHandle, SinkHandle};
pub(crate) use io::{ByteSink, Pushed};
pub(crate) use log::log_line;
pub use secrets::SecretHandle;

use crate::bindings::shared::trcaa::types::types;
use crate::call::CallState;
use crate::error::{GuestError, plain};
use crate::ports::PortError;

impl types::Host for CallState {}

impl From<PortError> for types::Error {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Denied { capability, target, fix } => {
                Self::Denied(types::Denial { capability: capability.to_owned(), target, fix })
            }
            PortError::InvalidInput(text) => Self::InvalidInput(text),
            PortError::NotFound(text) => Self::NotFound(text),
            PortError::Unavailable(text) => Self::Unavailable(text),
            PortError::Unauthenticated(text) => Self::Unauthenticated(text),
            PortError::Cancelled => Self::Cancelled,
            PortError::Timeout => Self::Timeout,
            PortError::TooLarge(limit) => Self::TooLarge(limit),
        }
    }
}

/// What a guest reported, cut and stripped: it is a stranger's text.
impl From<types::Error> for GuestError {
    fn from(error: types::Error) -> Self {
        let mut retry_after_ms = None;
        let (code, message) = match error {
            types::Error::InvalidInput(text) => ("invalid-input", text),
            types::Error::Denied(denial) => ("denied", format!("{} {}", denial.capability, denial.target)),
            types::Error::Unauthenticated(text) => ("unauthenticated", text),
            types::Error::Forbidden(text) => ("forbidden", text),
            types::Error::NotFound(text) => ("not-found", text),
            types::Error::Conflict(text) => ("conflict", text),
            types::Error::RateLimited(after) => {
                retry_after_ms = after;
                ("rate-limited", String::new())
            }
            types::Error::Unavailable(text) => ("unavailable", text),
            types::Error::Timeout => ("timeout", String::new()),
            types::Error::Cancelled => ("cancelled", String::new()),
            types::Error::TooLarge(limit) => ("too-large", format!("limit {limit} bytes")),
            types::Error::Unsupported(text) => ("unsupported", text),
            types::Error::Other((code, text)) => {
                return Self { code: plain(&code, 60), message: plain(&text, 300), retry_after_ms };
            }
        };
        Self { code: code.to_owned(), message: plain(&message, 300), retry_after_ms }
    }
}

/// The refusal where nothing is plugged.
fn not_plugged(capability: &'static str, target: &str) -> PortError {
    PortError::Denied {
        capability,
        target: plain(target, 200),
        fix: format!("this call runs without {capability}; it needs a connection and a grant"),
    }
}
