//! What all connections share: whom to believe, the proxy, and the thread that serves the sockets.
//!
//! Invariant: all of it is given; no environment variable and no file is read here.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::error::NetError;

/// Which servers are believed to be who they say, the way out, and the thread that serves the sockets.
#[derive(Clone, Debug)]
pub struct Network {
    pub(crate) trust: ClientConfig,
    pub(crate) runtime: Arc<Runtime>,
    /// None: straight to the servers.
    pub(crate) proxy: Option<Url>,
}

impl Network {
    /// Mozilla's roots, and the certificates of the setting `net.extra_ca` in PEM (may be empty).
    ///
    /// # Errors
    /// [`NetError::Invalid`] when the PEM text holds a certificate that can't be read, or the system gives no thread.
    pub fn new(extra_ca_pem: &[u8]) -> Result<Self, NetError> {
        let unreadable = || NetError::invalid("the extra certificates can't be read");
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        for certificate in CertificateDer::pem_slice_iter(extra_ca_pem) {
            roots.add(certificate.map_err(|_| unreadable())?).map_err(|_| unreadable())?;
        }
        let trust = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has the cipher suites of TLS 1.2 and 1.3")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("net").enable_all().build();
        let runtime = runtime.map_err(|_| NetError::invalid("the network thread can't be started"))?;
        Ok(Self { trust, runtime: Arc::new(runtime), proxy: None })
    }

    /// Lets everything but the user's own network be reached through the HTTP proxy of the setting `net.proxy`.
    ///
    /// A host is looked up and its addresses are checked here all the same, and first. Then the proxy is asked for the
    /// host by its name (`CONNECT name:port`), and looks it up by itself: the TLS of the client goes by that name, and
    /// proxies commonly allow names only. What it may reach is for whoever runs it to say.
    ///
    /// # Errors
    /// As [`parse_proxy`].
    pub fn through(self, proxy: &str) -> Result<Self, NetError> {
        Ok(Self { proxy: Some(parse_proxy(proxy)?), ..self })
    }
}

/// Reads the address of a proxy: `http://host:port`.
///
/// # Errors
/// [`NetError::Invalid`] for another scheme, a path, or a user name or password, which would be kept in clear.
pub fn parse_proxy(text: &str) -> Result<Url, NetError> {
    let target = crate::target::Target::parse(text)
        .map_err(|e| NetError::invalid(format!("the proxy's address can't be used: {e}")))?;
    if target.origin.https || target.url.path() != "/" || target.url.query().is_some() {
        return Err(NetError::invalid("the proxy's address is not http://host:port"));
    }
    Ok(target.url)
}

#[cfg(test)]
mod tests {
    use super::parse_proxy;

    #[test]
    fn a_proxy_is_plain_http_without_a_password_or_path() {
        assert!(parse_proxy("http://proxy.example:3128").is_ok() && parse_proxy("http://10.0.0.1:8080/").is_ok());
        for bad in [
            "",
            "proxy:3128",
            "https://proxy.example",
            "socks5://proxy.example:1080",
            "http://me@proxy.example:3128",
            "http://me:hunter2@proxy.example:3128",
            "http://proxy.example/x",
            "http://proxy.example/?x",
        ] {
            let error = parse_proxy(bad).expect_err(bad).to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
