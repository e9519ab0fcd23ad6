//! `trcaa:host/settings`: what the user set for the connection, behind a port.

use crate::bindings::shared::trcaa::host::settings;
use crate::call::CallState;

impl settings::Host for CallState {
    fn get(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        self.admit(name.len())?;
        Ok(self.context.ports.settings.as_ref().and_then(|port| port.get(&name)))
    }
}
