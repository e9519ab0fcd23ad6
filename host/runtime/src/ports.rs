//! What the host functions need and this crate does not have: HTTP, secrets, state, a log, a clock.
//!
//! `app` plugs these. Calls are synchronous: a plugin call owns its thread.

use std::sync::Arc;

use trcaa_model::plugin::Manifest;

/// A refusal or failure, as a plugin gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortError {
    /// Not granted: capability, target and the manifest entry or command that would allow it.
    Denied {
        /// `http`, `secret`, `kv`
        capability: &'static str,
        /// Such as `https://wiki.example.com:443`.
        target: String,
        /// What would allow it.
        fix: String,
    },
    /// The plugin asked for something malformed.
    InvalidInput(String),
    /// There is no such thing.
    NotFound(String),
    /// The remote can't be reached or failed.
    Unavailable(String),
    /// The remote knows us no longer: what the user does to log in again.
    Unauthenticated(String),
    /// The user or the host ended the call meanwhile.
    Cancelled,
    /// It took too long.
    Timeout,
    /// More than the limit, in bytes.
    TooLarge(u64),
}

/// Who calls, and how much time is left.
pub struct Caller<'a> {
    /// The plugin's manifest.
    pub manifest: &'a Manifest,
    /// The connection it runs for; empty where there is none.
    pub connection: &'a str,
    /// Until the call's wall limit.
    pub wall_left_ms: u64,
}

/// A request that a plugin wants sent. Nothing in it was checked yet.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    /// Upper case.
    pub method: &'static str,
    /// As given.
    pub url: String,
    /// As given.
    pub headers: Vec<(String, String)>,
    /// As given.
    pub body: Option<Vec<u8>>,
    /// Tightens the grant's.
    pub timeout_ms: Option<u32>,
    /// Tightens the grant's.
    pub response_bytes_max: Option<u64>,
    /// Tightens the grant's.
    pub redirects_max: Option<u8>,
    /// Which credential the host is to write in.
    pub auth: HttpAuth,
}

/// Which credential the host writes into a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpAuth {
    /// None.
    None,
    /// The one of the connection.
    Connection,
    /// These: where each goes, and the id of the secret.
    Explicit(Vec<(Placement, String)>),
}

/// Where a secret goes in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placement {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: Basic …` with this user name.
    Basic(String),
    /// A header's name and what stands before the secret.
    Header(String, String),
}

/// One server-sent event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// `id:`
    pub id: Option<String>,
    /// `event:`
    pub event: Option<String>,
    /// `data:` lines joined by newlines.
    pub data: String,
}

/// A response being read: size caps, idle time-out and the redaction of echoed secrets are behind it.
pub trait HttpResponse: Send {
    /// Status code.
    fn status(&self) -> u16;
    /// Headers in order of arrival, names in lower case.
    fn headers(&self) -> &[(String, String)];
    /// The next at most `bytes_max` bytes; `None` at the end.
    ///
    /// # Errors
    /// [`PortError`]
    fn read(&mut self, bytes_max: usize) -> Result<Option<Vec<u8>>, PortError>;
    /// The next event of an event stream; `None` at the end.
    ///
    /// # Errors
    /// [`PortError`]
    fn next_event(&mut self) -> Result<Option<SseEvent>, PortError>;
}

/// The way out.
pub trait HttpPort: Send + Sync {
    /// Sends a request through every check.
    ///
    /// # Errors
    /// [`PortError::Denied`] unless granted.
    fn send(&self, caller: &Caller<'_>, request: HttpRequest) -> Result<Box<dyn HttpResponse>, PortError>;
}

/// Secrets by handle.
pub trait SecretPort: Send + Sync {
    /// Resolves a declared name into the id of a bound secret.
    ///
    /// # Errors
    /// [`PortError::Denied`] unless declared, granted and bound.
    fn open(&self, caller: &Caller<'_>, name: &str) -> Result<String, PortError>;
    /// HMAC-SHA256 with a secret as key.
    ///
    /// # Errors
    /// [`PortError::Denied`] without the `sign` placement.
    fn hmac_sha256(&self, caller: &Caller<'_>, secret_id: &str, data: &[u8]) -> Result<Vec<u8>, PortError>;
}

/// A page of names and the cursor of the next page.
pub type KeyPage = (Vec<String>, Option<String>);

/// State between calls.
pub trait KvPort: Send + Sync {
    /// Reads.
    ///
    /// # Errors
    /// [`PortError`]
    fn get(&self, caller: &Caller<'_>, key: &str) -> Result<Option<Vec<u8>>, PortError>;
    /// Writes, for `ttl_s` seconds or for good.
    ///
    /// # Errors
    /// [`PortError`]
    fn set(&self, caller: &Caller<'_>, key: &str, value: &[u8], ttl_s: Option<u32>) -> Result<(), PortError>;
    /// Writes or removes if the present value is `expected`; tells whether it did.
    ///
    /// # Errors
    /// [`PortError`]
    fn swap(
        &self,
        caller: &Caller<'_>,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, PortError>;
    /// Removes.
    ///
    /// # Errors
    /// [`PortError`]
    fn delete(&self, caller: &Caller<'_>, key: &str) -> Result<(), PortError>;
    /// Lists names that begin with `prefix`, a page at a time.
    ///
    /// # Errors
    /// [`PortError`]
    fn keys(&self, caller: &Caller<'_>, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, PortError>;
}

/// Lines that plugins log. Detectors' lines never arrive here: they see text in clear.
pub trait LogPort: Send + Sync {
    /// Takes one line; `message` is at most 4 KiB and not escaped.
    fn line(&self, plugin: &str, level: &'static str, message: &str);
}

/// Takes the secrets that a connection used out of what its plugin says, before anything of it is believed.
pub trait ScrubPort: Send + Sync {
    /// Searches a text of its own.
    fn text(&self, text: &str) -> String;
    /// Searches a text that comes in pieces and is read as one; what may be the beginning of a secret is held back.
    fn stream(&self) -> Box<dyn TextScrub>;
    /// Searches pieces that are shown one by one; none is held back, and the parts of a secret that lies over several
    /// are taken out of each.
    fn pieces(&self) -> Box<dyn TextScrub>;
}

/// A search over several pieces of text.
pub trait TextScrub: Send {
    /// Takes a piece, and gives what is decided.
    fn push(&mut self, piece: &str) -> String;
    /// Gives what was held back, once the last piece was pushed.
    fn finish(&mut self) -> String;
}

/// What the user set for a connection.
pub trait SettingsPort: Send + Sync {
    /// The value as it would be typed; `None` where there is none.
    fn get(&self, name: &str) -> Option<String>;
}

/// One misbehaviour of a plugin. None of the plugin's words is in it: it may have seen text in clear.
#[derive(Debug, Clone, Copy)]
pub struct Misbehaviour<'a> {
    /// The plugin's id.
    pub plugin: &'a str,
    /// Its version.
    pub version: &'a str,
    /// SHA-256 hex of the bytes that failed.
    pub sha256: &'a str,
    /// The exported function.
    pub function: &'static str,
    /// [`crate::Fault::code`].
    pub fault: &'static str,
    /// SHA-256 hex of the document that it failed on, where it was one: of each counts one failure.
    pub input: Option<&'a str>,
}

/// A misbehaviour that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFailure {
    /// How long ago.
    pub age_ms: u64,
    /// What it was: [`crate::Fault::code`].
    pub fault: String,
    /// As in [`Misbehaviour`].
    pub input: Option<String>,
}

/// Misbehaviour kept over restarts and processes: the memory of the circuit breaker. Called from any thread.
pub trait FailurePort: Send + Sync {
    /// What these bytes did within the `window` before now, one of each document; asked once per loaded plugin, before its
    /// first call.
    fn recent(&self, plugin: &str, sha256: &str, window: std::time::Duration) -> Vec<PastFailure>;
    /// Keeps one, switches the plugin off when that makes `failures_max` within the `window`, and gives all within it,
    /// this one among them; empty where it could not be kept.
    fn record(&self, what: &Misbehaviour<'_>, window: std::time::Duration, failures_max: usize) -> Vec<PastFailure>;
}

/// What one call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Linear memory at its largest.
    pub memory_bytes: u64,
    /// Of the guest; what ports use is left out.
    pub cpu_ms: u64,
    /// From call to return.
    pub wall_ms: u64,
}

/// Hears what each call used, those that failed too.
pub trait MeterPort: Send + Sync {
    /// Takes the figures of one call.
    fn call(&self, function: &'static str, usage: Usage);
}

/// All ports. What is not plugged is denied.
#[derive(Clone, Default)]
pub struct Ports {
    /// The way out.
    pub http: Option<Arc<dyn HttpPort>>,
    /// Secrets by handle.
    pub secrets: Option<Arc<dyn SecretPort>>,
    /// What the user set for the connection.
    pub settings: Option<Arc<dyn SettingsPort>>,
    /// State between calls.
    pub kv: Option<Arc<dyn KvPort>>,
    /// Lines that plugins log.
    pub log: Option<Arc<dyn LogPort>>,
    /// Takes secrets out of what a plugin says; `None` where it was given none.
    pub scrub: Option<Arc<dyn ScrubPort>>,
    /// The circuit breaker's memory; without it, failures count within this process alone.
    pub failures: Option<Arc<dyn FailurePort>>,
    /// Hears what each call used.
    pub meter: Option<Arc<dyn MeterPort>>,
    /// The clock that networked plugins see; pure ones see a frozen one.
    pub clock: Option<Arc<dyn trcaa_model::env::Clock>>,
}
