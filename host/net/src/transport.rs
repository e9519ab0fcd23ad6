//! The client that sends what was checked. Nothing outside [`crate::connection`] and [`crate::fetch`] calls it.
//!
//! Invariants: it connects to pinned addresses only (a name without a pin fails) or, where one is set, to the proxy; it
//! follows no redirect, decodes nothing, retries nothing, and reads no environment variable.

use std::collections::HashMap;
use std::error::Error as _;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::HeaderMap;
use reqwest::{Client, Response};
use tokio::runtime::Runtime;

use crate::address::{Reach, reach};
use crate::connection::Method;
use crate::error::NetError;
use crate::network::Network;
use crate::port::Body;
use crate::stop::{LOOK_EVERY, Stop};
use crate::target::Target;

/// Longest wait for a connection with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an unused connection stays open: long enough for the calls of one run.
const KEEP_OPEN: Duration = Duration::from_secs(30);
/// Most unused connections to one host.
const KEEP_OPEN_MAX: usize = 4;
/// Most bytes of a cause that is shown.
const REASON_CHARS_MAX: usize = 200;

/// Checked addresses by name. Grows to at most one entry per grant, since only granted hosts get here.
#[derive(Clone, Debug, Default)]
struct Pins(Arc<Mutex<HashMap<String, Vec<SocketAddr>>>>);

impl Resolve for Pins {
    fn resolve(&self, name: Name) -> Resolving {
        let pinned = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name.as_str()).cloned();
        Box::pin(std::future::ready(match pinned {
            Some(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
            None => Err(io::Error::other("no checked address").into()),
        }))
    }
}

/// The client of one connection of one plugin; never shared, so that a socket opened under one policy can't serve
/// another.
#[derive(Debug)]
pub(crate) struct Transport {
    runtime: Arc<Runtime>,
    /// Straight to the pinned addresses.
    client: Client,
    /// Through the proxy, where there is one.
    proxied: Option<Client>,
    pins: Pins,
}

impl Transport {
    pub(crate) fn new(network: &Network, idle: Duration) -> Result<Self, NetError> {
        let pins = Pins::default();
        let failed = |_| NetError::invalid("the HTTP client can't be started");
        let builder = || {
            Client::builder()
                .tls_backend_preconfigured(network.trust.clone())
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .http1_only()
                .connect_timeout(CONNECT_TIMEOUT)
                .read_timeout(idle)
                .pool_idle_timeout(KEEP_OPEN)
                .pool_max_idle_per_host(KEEP_OPEN_MAX)
        };
        let client = builder().dns_resolver(pins.clone()).build().map_err(failed)?;
        let through = |proxy: &url::Url| {
            let proxy = reqwest::Proxy::all(proxy.clone()).map_err(failed)?;
            builder().proxy(proxy).build().map_err(failed)
        };
        let proxied = network.proxy.as_ref().map(through).transpose()?;
        Ok(Self { runtime: Arc::clone(&network.runtime), client, proxied, pins })
    }

    /// Sends one request to the checked addresses, and waits for the head of the response.
    pub(crate) fn exchange(
        &self,
        target: &Target,
        addresses: &[IpAddr],
        method: Method,
        headers: HeaderMap,
        body: &Body,
        watch: &Watch,
    ) -> Result<Response, NetError> {
        if let Some(name) = target.url.domain() {
            // Port 0 is replaced by the address's own.
            let pinned = addresses.iter().map(|a| SocketAddr::new(*a, 0)).collect();
            self.pins.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), pinned);
        }
        // The user's own network is not behind a proxy, and none of its business.
        let is_own = addresses.iter().any(|&address| reach(address) != Reach::Public);
        let client = self.proxied.as_ref().filter(|_| !is_own).unwrap_or(&self.client);
        let mut request =
            client.request(method.on_the_wire(), target.url.clone()).headers(headers).timeout(watch.remaining()?);
        if !body.is_empty() {
            request = request.body(body.as_str().to_owned());
        }
        // `send` starts its timers when it is called, so it must be called inside.
        wait(&self.runtime, &watch.stop, async { request.send().await })?.map_err(|e| watch.judge(&e))
    }
}

/// Waits for a future; dropping it where the wait is to end closes its socket.
fn wait<T>(runtime: &Runtime, stop: &Stop, future: impl Future<Output = T>) -> Result<T, NetError> {
    runtime.block_on(async {
        let mut future = pin!(future);
        loop {
            if stop.is_asked() {
                return Err(NetError::Stopped);
            }
            if let Ok(value) = tokio::time::timeout(LOOK_EVERY, &mut future).await {
                return Ok(value);
            }
        }
    })
}

/// Gives a body piece by piece.
pub(crate) trait Chunks {
    /// The next piece; none at the end.
    fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, NetError>;
}

/// The body of a response on the network.
pub(crate) struct Incoming {
    runtime: Arc<Runtime>,
    response: Response,
    watch: Watch,
}

impl Transport {
    /// Takes the body out of a response. Dropping it closes the socket.
    pub(crate) fn incoming(&self, response: Response, watch: Watch) -> Incoming {
        Incoming { runtime: Arc::clone(&self.runtime), response, watch }
    }
}

impl Chunks for Incoming {
    fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        self.watch.remaining()?;
        match wait(&self.runtime, &self.watch.stop, async { self.response.chunk().await })? {
            Ok(chunk) => Ok(chunk.map(Vec::from)),
            Err(error) => Err(self.watch.judge(&error)),
        }
    }
}

/// The time limits of one request, over all its hops.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    pub(crate) host: String,
    pub(crate) begun: Instant,
    pub(crate) total: Duration,
    pub(crate) idle: Duration,
    pub(crate) stop: Stop,
}

impl Watch {
    /// Time left; an error when there is none.
    pub(crate) fn remaining(&self) -> Result<Duration, NetError> {
        let left = self.total.saturating_sub(self.begun.elapsed());
        if left.is_zero() { Err(NetError::Overtime { after: self.total }) } else { Ok(left) }
    }

    /// Names a failure of the client. Its own text is not passed on but for the innermost cause, which is about
    /// sockets and certificates and has no address, header or body in it.
    fn judge(&self, error: &reqwest::Error) -> NetError {
        if error.is_timeout() && self.remaining().is_err() {
            return NetError::Overtime { after: self.total };
        }
        if error.is_timeout() && !error.is_connect() {
            return NetError::Idle { after: self.idle };
        }
        let mut reason = error.source();
        while let Some(deeper) = reason.and_then(std::error::Error::source) {
            reason = Some(deeper);
        }
        let reason = reason.map_or_else(|| "the connection broke".to_owned(), ToString::to_string);
        NetError::Unreachable { host: self.host.clone(), reason: reason.chars().take(REASON_CHARS_MAX).collect() }
    }
}
