//! The network as the settings `net.extra_ca` and `net.proxy` have it.

use std::io::Read;

use trcaa_net::{NetError, Network};

use crate::settings::{EXTRA_CA, PROXY};
use crate::{App, AppError};

/// Most bytes of a file of certificates: a whole system's are under 300 KiB.
const PEM_BYTES_MAX: u64 = 4 << 20;

impl App {
    /// What every connection of this process goes over; set up once.
    ///
    /// # Errors
    /// A setting that can't be used: a file of certificates that can't be read, or the address of a proxy.
    pub fn network(&self) -> Result<Network, AppError> {
        if let Some(network) = self.network.get() {
            return Ok(network.clone());
        }
        let (path, proxy) = (self.extra_ca()?, self.proxy()?);
        let pem = if path.is_empty() { Vec::new() } else { read_pem(&path)? };
        let mut network = Network::new(&pem).map_err(|e| refused(EXTRA_CA, &e))?;
        if !proxy.is_empty() {
            network = network.through(&proxy).map_err(|e| refused(PROXY, &e))?;
        }
        Ok(self.network.get_or_init(|| network).clone())
    }
}

fn read_pem(path: &str) -> Result<Vec<u8>, AppError> {
    let failed = |why: String| {
        AppError::failed("extra_ca", format!("reading the certificates of {path}: {why}"))
            .hint(format!("name another file, or none: trcaa settings unset {EXTRA_CA}"))
    };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    let mut pem = Vec::new();
    file.take(PEM_BYTES_MAX + 1).read_to_end(&mut pem).map_err(|e| failed(e.to_string()))?;
    match pem.len() as u64 {
        0 => Err(failed("it is empty".into())),
        bytes if bytes > PEM_BYTES_MAX => Err(failed(format!("it has more than {PEM_BYTES_MAX} bytes"))),
        _ if !pem.windows(11).any(|w| w == b"-----BEGIN ") => Err(failed("it holds no certificate".into())),
        _ => Ok(pem),
    }
}

fn refused(setting: &str, error: &NetError) -> AppError {
    AppError::failed("network", format!("setting up the network: {error}"))
        .hint(format!("the setting {setting} may be the reason; take it back with: trcaa settings unset {setting}"))
}
