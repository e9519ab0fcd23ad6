//! Where plugins come from: a file, a folder, an https address, an OCI registry.
//!
//! Owns: the grammar of sources, the pull from a registry, the digests. Must not know: what a component is beyond its
//! first four bytes (the runtime inspects it), the store (the caller writes the audit row), the terminal.
//!
//! Invariants: everything from outside goes through [`trcaa_net::Fetcher`]; no more than [`COMPONENT_BYTES_MAX`] bytes
//! are ever held; the source that is recorded for something remote is pinned by SHA-256; no text of a server is shown
//! but its status, its media type and its error code.

mod local;
mod reference;
mod registry;
mod trace;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use trcaa_model::secret::Secret;
use trcaa_net::{
    Credential, Download, Downloaded, FetchError, Fetcher, Flow, NetError, Network, Observer, Resolver, SystemResolver,
};
use trcaa_runtime::{COMPONENT_BYTES_MAX, Cancel};

use crate::{AppError, Progress};
pub(crate) use local::fetch as fetch_local;
pub use reference::unpinned;
use reference::{Remote, Source};
pub use trace::Exchange;
use trace::Trace;

/// What every component begins with.
const MAGIC: &[u8] = b"\0asm";

/// A component, and where it came from.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The file as it came, at most [`COMPONENT_BYTES_MAX`] bytes.
    pub bytes: Vec<u8>,
    /// To be recorded: an absolute path; `https://…#sha256=HEX`; or `oci://host/repo[:tag]@sha256:HEX`. An address's
    /// query is written as `?…`, since it may hold a key.
    pub source: String,
    /// SHA-256 hex of the bytes.
    pub sha256: String,
    /// Every request that was made for it, in order; for the audit trail.
    pub requests: Vec<Exchange>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({} bytes from {})", self.bytes.len(), self.source)
    }
}

/// A login at a registry.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// Password or access token.
    pub password: Secret,
}

/// Gets components; every part can be set.
pub struct Sources<'a> {
    /// The way out.
    pub network: &'a Network,
    /// Finds addresses.
    pub resolver: Arc<dyn Resolver>,
    /// Hears of every request as it is made, beside [`Fetched::requests`].
    pub observer: Option<&'a dyn Observer>,
    /// Used where a registry asks for one; never sent unasked.
    pub login: Option<&'a Login>,
    /// Hears of the bytes.
    pub progress: &'a dyn Progress,
    /// Ends it between two pieces.
    pub cancel: Cancel,
}

/// Gets the component at `source`: a file, a folder with one `.wasm` in it, `https://…[#sha256=HEX]` or
/// `oci://host[:port]/repo[:tag][@sha256:HEX]`. Blocks. Plain http is taken where the host is this machine, and
/// elsewhere with a `#sha256=` pin.
///
/// # Errors
/// [`AppError`] names the source and the step that failed; nothing is left behind.
pub fn fetch(source: &str, network: &Network, progress: &dyn Progress) -> Result<Fetched, AppError> {
    let (resolver, cancel) = (Arc::new(SystemResolver), Cancel::default());
    Sources { network, resolver, observer: None, login: None, progress, cancel }.fetch(source)
}

impl Sources<'_> {
    /// As [`fetch`].
    ///
    /// # Errors
    /// As [`fetch`]; after requests were made, its field `requests` tells them.
    pub fn fetch(&self, source: &str) -> Result<Fetched, AppError> {
        match Source::parse(source)? {
            Source::Local(path) => local::fetch(&path),
            Source::Address(address) => self.remote(&address.shown(), &address.typed(), |errand| {
                let (digest, bytes) = errand.address(&address)?;
                Ok((bytes, address.pinned(&digest)))
            }),
            Source::Registry(reference) => self.remote(&reference.shown(), &reference.base(), |errand| {
                let (digest, bytes) = registry::pull(errand, &reference)?;
                Ok((bytes, reference.pinned(&digest)))
            }),
        }
    }

    fn remote(
        &self,
        shown: &str,
        typed: &str,
        get: impl FnOnce(&Errand<'_>) -> Result<(Vec<u8>, String), AppError>,
    ) -> Result<Fetched, AppError> {
        let fetcher = Fetcher::new(self.network, typed, Arc::clone(&self.resolver))
            .map_err(|e| AppError::usage("source_invalid", format!("fetching {shown}: {e}")))?;
        let errand = Errand { sources: self, shown, fetcher, trace: Trace::new(self.observer) };
        let got = get(&errand);
        let requests = errand.trace.into_requests();
        match got {
            Ok((bytes, source)) => Ok(Fetched { sha256: sha256(&bytes), bytes, source, requests }),
            Err(error) => {
                let requests = serde_json::to_value(&requests).unwrap_or_default();
                Err(error.field("source", shown.into()).field("requests", requests))
            }
        }
    }
}

/// Everything that is done for one remote source.
struct Errand<'a> {
    sources: &'a Sources<'a>,
    shown: &'a str,
    fetcher: Fetcher,
    trace: Trace<'a>,
}

/// One file of an errand.
struct Wanted<'a> {
    /// What is done, such as `asking for the manifest`.
    step: &'static str,
    url: &'a str,
    accept: &'a str,
    credential: Option<&'a Credential>,
    bytes_max: u64,
}

impl Errand<'_> {
    /// Downloads a component by its address; gives its digest and its bytes.
    fn address(&self, address: &Remote) -> Result<(String, Vec<u8>), AppError> {
        const STEP: &str = "downloading the component";
        let got = self.get(&Wanted {
            step: STEP,
            url: &address.url,
            accept: "application/wasm, */*;q=0.1",
            credential: None,
            bytes_max: COMPONENT_BYTES_MAX as u64,
        })?;
        if got.status != 200 {
            return Err(self.status(STEP, &got));
        }
        let digest = sha256(&got.body);
        if let Some(pin) = address.pin.as_ref().filter(|pin| **pin != digest) {
            return Err(self.digest(STEP, pin, &digest));
        }
        self.check_magic(STEP, &got)?;
        Ok((digest, got.body))
    }

    /// One download, whatever its status.
    fn get(&self, wanted: &Wanted<'_>) -> Result<Downloaded, AppError> {
        let download = Download {
            url: wanted.url,
            accept: wanted.accept,
            credential: wanted.credential,
            bytes_max: wanted.bytes_max,
        };
        let mut told = Told { progress: self.sources.progress, step: wanted.step, bytes: None };
        let got = self.fetcher.fetch(&download, &self.trace, &mut |bytes, all| {
            told.hear(bytes, all);
            if self.sources.cancel.is_cancelled() { Flow::Break(()) } else { ControlFlow::Continue(()) }
        });
        got.map_err(|e| self.broken(wanted.step, &e))
    }

    fn check_magic(&self, step: &str, got: &Downloaded) -> Result<(), AppError> {
        if got.body.starts_with(MAGIC) {
            return Ok(());
        }
        let problem = match got.body.iter().find(|b| !b.is_ascii_whitespace()) {
            None => "what came is empty".to_owned(),
            Some(b'<') => "what came is a page and no WebAssembly; is this the address of the file itself?".to_owned(),
            Some(_) => format!("what came is no WebAssembly ({})", media_type(got)),
        };
        Err(self.failed("source_answer", step, &problem))
    }

    fn failed(&self, code: &'static str, step: &str, problem: &str) -> AppError {
        AppError::failed(code, format!("fetching {}: {step}: {problem}", self.shown)).field("step", step.into())
    }

    fn digest(&self, step: &str, wanted: &str, found: &str) -> AppError {
        self.failed("source_digest", step, &format!("its SHA-256 is {found}, and it should be {wanted}"))
            .hint("somebody changed it, or the digest was mistyped; nothing of it was kept")
    }

    /// An answer with another status than 200.
    fn status(&self, step: &str, got: &Downloaded) -> AppError {
        let code = registry::error_code(&got.body).map_or_else(String::new, |code| format!(" ({code})"));
        let problem = format!("{} answered {}{code}", got.origin, got.status);
        match got.status {
            401 | 403 => self
                .failed("source_login", step, &problem)
                .hint("it is private, or not there; log in, or check the name"),
            404 | 410 => {
                self.failed("source_not_found", step, &problem).hint("check the name; upper and lower case count")
            }
            429 => self.failed("source_status", step, &problem).hint("it was asked too often; try again later"),
            _ => self.failed("source_status", step, &problem),
        }
    }

    /// No answer at all, or one that broke off.
    fn broken(&self, step: &str, error: &FetchError) -> AppError {
        let code = match error {
            FetchError::Refused { .. } | FetchError::ClearText { .. } => "source_refused",
            FetchError::Cancelled => "cancelled",
            FetchError::Net(NetError::TooLarge { .. }) => "source_too_large",
            FetchError::Net(NetError::Unreachable { .. } | NetError::Unresolved { .. }) => "source_unreachable",
            FetchError::Net(_) => "source_broken",
        };
        let failed = self.failed(code, step, &error.to_string());
        match error {
            FetchError::Refused { .. } | FetchError::ClearText { .. } => {
                failed.hint("the host sends elsewhere; download the file yourself and install that")
            }
            FetchError::Net(NetError::Unreachable { .. } | NetError::Unresolved { .. }) => {
                failed.hint("what is installed works offline; try again when the host can be reached")
            }
            _ => failed,
        }
    }
}

/// Passes the bytes of one download on; ends what it began.
struct Told<'a> {
    progress: &'a dyn Progress,
    step: &'a str,
    bytes: Option<u64>,
}

impl Told<'_> {
    fn hear(&mut self, bytes: u64, all: Option<u64>) {
        let before = match self.bytes {
            Some(before) => before,
            None => {
                self.progress.begin(self.step, all);
                0
            }
        };
        self.progress.advance(bytes.saturating_sub(before));
        self.bytes = Some(bytes);
    }
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if self.bytes.is_some() {
            self.progress.end();
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The media type that a server names, fit to be shown and compared: lower case, without parameters.
fn media_type(got: &Downloaded) -> String {
    let named = got.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let shaped = !named.is_empty()
        && named.len() <= 127
        && named.bytes().all(|b| b.is_ascii_alphanumeric() || b"/.+-_".contains(&b));
    if shaped { named.to_ascii_lowercase() } else { "no media type".to_owned() }
}
