//! The network as the settings have it.

use trcaa_net::Network;

use crate::{App, AppError};

impl App {
    /// What every connection of this process goes over; set up once.
    ///
    /// # Errors
    /// Certificates that can't be read, or no thread for the sockets.
    pub fn network(&self) -> Result<Network, AppError> {
        if let Some(network) = self.network.get() {
            return Ok(network.clone());
        }
        let network =
            Network::new(b"").map_err(|e| AppError::failed("network", format!("setting up the network: {e}")))?;
        Ok(self.network.get_or_init(|| network).clone())
    }
}
