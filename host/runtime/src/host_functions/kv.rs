//! `trcaa:host/kv`: state between calls, behind a port.

use super::not_plugged;
use crate::bindings::shared::trcaa::host::kv;
use crate::bindings::shared::trcaa::types::types::Error;
use crate::call::{CallState, Came};
use crate::ports::{Caller, KeyPage, KvPort, PortError};

impl CallState {
    fn with_kv<R>(
        &mut self,
        bytes: usize,
        key: &str,
        body: impl FnOnce(&dyn KvPort, &Caller<'_>) -> Result<R, PortError>,
    ) -> wasmtime::Result<Result<R, Error>> {
        self.admit(bytes)?;
        let work = |state: &mut Self| {
            Ok(match &state.context.ports.kv {
                Some(port) => body(port.as_ref(), &state.caller()).map_err(Error::from),
                None => Err(not_plugged("kv", key).into()),
            })
        };
        // Reading it over and over is no progress.
        self.through_port(work, |_| Came::AtHand)
    }
}

impl kv::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<Vec<u8>>, Error>> {
        self.with_kv(key.len(), &key, |port, caller| port.get(caller, &key))
    }

    fn set(&mut self, key: String, value: Vec<u8>, ttl_s: Option<u32>) -> wasmtime::Result<Result<(), Error>> {
        self.with_kv(key.len() + value.len(), &key, |port, caller| port.set(caller, &key, &value, ttl_s))
    }

    fn swap(
        &mut self,
        key: String,
        expected: Option<Vec<u8>>,
        value: Option<Vec<u8>>,
    ) -> wasmtime::Result<Result<bool, Error>> {
        let bytes = key.len() + expected.as_ref().map_or(0, Vec::len) + value.as_ref().map_or(0, Vec::len);
        self.with_kv(bytes, &key, |port, caller| port.swap(caller, &key, expected.as_deref(), value.as_deref()))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Error>> {
        self.with_kv(key.len(), &key, |port, caller| port.delete(caller, &key))
    }

    fn keys(&mut self, prefix: String, cursor: Option<String>) -> wasmtime::Result<Result<KeyPage, Error>> {
        let bytes = prefix.len() + cursor.as_ref().map_or(0, String::len);
        self.with_kv(bytes, &prefix, |port, caller| port.keys(caller, &prefix, cursor.as_deref()))
    }
}
