//! `trcaa:host/secrets`: handles. The text of a secret never comes into this crate.

use wasmtime::component::Resource;

use super::not_plugged;
use crate::bindings::shared::trcaa::host::secrets;
use crate::bindings::shared::trcaa::types::types::Error;
use crate::call::{CallState, Came};

/// Names a secret that the port resolved.
pub struct SecretHandle {
    pub(crate) id: String,
}

impl secrets::Host for CallState {
    fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<SecretHandle>, Error>> {
        self.admit(name.len())?;
        let open = |state: &mut Self| {
            Ok(match &state.context.ports.secrets {
                Some(port) => port.open(&state.caller(), &name),
                None => Err(not_plugged("secret", &name)),
            })
        };
        let opened = self.through_port(open, |_| Came::AtHand)?;
        match opened {
            Ok(id) => Ok(Ok(self.table.push(SecretHandle { id })?)),
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl secrets::HostSecret for CallState {
    fn id(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<String> {
        Ok(self.table.get(&handle)?.id.clone())
    }

    fn hmac_sha256(
        &mut self,
        handle: Resource<SecretHandle>,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        self.admit(data.len())?;
        let sign = |state: &mut Self| {
            let id = &state.table.get(&handle)?.id;
            Ok(match &state.context.ports.secrets {
                Some(port) => port.hmac_sha256(&state.caller(), id, &data).map_err(Error::from),
                None => Err(not_plugged("secret", id).into()),
            })
        };
        self.through_port(sign, |_| Came::AtHand)
    }

    fn drop(&mut self, handle: Resource<SecretHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
