//! Sources of every kind, honest and hostile, against a server on loopback.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

mod hostile;
mod local;
mod login;
mod peer;
mod pull;
mod real;
mod written;

use std::sync::Arc;

use trcaa_net::{Network, SystemResolver};
use trcaa_runtime::Cancel;

use super::{Fetched, Login, Sources};
use crate::{AppError, NoProgress};

/// What passes for a component here: only its first bytes are looked at.
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0 and the rest of it";

fn fetch(source: &str) -> Result<Fetched, AppError> {
    fetch_as(source, None)
}

fn fetch_as(source: &str, login: Option<&Login>) -> Result<Fetched, AppError> {
    let network = Network::new(b"").unwrap();
    Sources {
        network: &network,
        resolver: Arc::new(SystemResolver),
        observer: None,
        login,
        progress: &NoProgress,
        cancel: Cancel::default(),
    }
    .fetch(source)
}

/// The error's code, after a look at its text: one line that names the source.
#[track_caller]
fn refused(source: &str) -> (&'static str, String) {
    let error = fetch(source).unwrap_err();
    assert!(!error.message.contains(char::is_control), "{error:?}");
    let shown = source.split(['?', '#']).next().unwrap();
    assert!(error.message.contains(shown), "{error:?}");
    (error.code, error.message)
}
