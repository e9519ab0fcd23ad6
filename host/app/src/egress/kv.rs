//! What a plugin keeps between calls: the runtime's state port over `plugin_state`.
//!
//! Invariants: nothing is kept without a grant, and no more than it allows; a value is searched for the connection's
//! secrets before it is kept, and a key that holds one is refused.

use std::sync::{Arc, PoisonError};

use trcaa_runtime::ports::{Caller, KeyPage, KvPort, PortError};
use trcaa_store::{NewState, STATE_KEY_BYTES_MAX, STATE_KEYS_MAX, StateOwner, StateWrite, Store, StoreError};

use super::Egress;
use super::audit::Ledger;

/// The state of one plugin connection.
pub(crate) struct State {
    pub(crate) ledger: Ledger,
    pub(crate) egress: Arc<Egress>,
    /// From the grant; 0 = none.
    pub(crate) bytes_max: u64,
}

impl State {
    fn with<R>(
        &self,
        caller: &Caller<'_>,
        key: &str,
        work: impl FnOnce(&Store, StateOwner<'_>) -> Result<R, StoreError>,
    ) -> Result<R, PortError> {
        if self.bytes_max == 0 {
            let fix = match caller.manifest.kv {
                Some(_) => format!("trcaa plugin grant {} kv", caller.manifest.id),
                None => "[kv] in its manifest, and a grant".to_owned(),
            };
            return Err(PortError::Denied { capability: "kv", target: "state".into(), fix });
        }
        if key.len() > STATE_KEY_BYTES_MAX {
            return Err(PortError::InvalidInput(format!("a key has at most {STATE_KEY_BYTES_MAX} bytes")));
        }
        if self.egress.scrub(key) != key {
            return Err(PortError::InvalidInput("the key holds a secret".into()));
        }
        let store = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let of = StateOwner { plugin: &caller.manifest.id, connection: caller.connection };
        // What SQLite says is for the user and not for a plugin.
        work(&store, of).map_err(|_| PortError::Unavailable("the state could not be read or written".into()))
    }

    fn done(&self, write: StateWrite) -> Result<bool, PortError> {
        match write {
            StateWrite::Done => Ok(true),
            StateWrite::Unexpected => Ok(false),
            StateWrite::OverBytes => Err(PortError::TooLarge(self.bytes_max)),
            StateWrite::OverKeys => Err(PortError::TooLarge(STATE_KEYS_MAX)),
        }
    }
}

fn expect_key(key: &str) -> Result<(), PortError> {
    if key.is_empty() { Err(PortError::InvalidInput("the key is empty".into())) } else { Ok(()) }
}

impl KvPort for State {
    fn get(&self, caller: &Caller<'_>, key: &str) -> Result<Option<Vec<u8>>, PortError> {
        self.with(caller, key, |store, of| store.plugin_state(of, key))
    }

    fn set(&self, caller: &Caller<'_>, key: &str, value: &[u8], ttl_s: Option<u32>) -> Result<(), PortError> {
        expect_key(key)?;
        let value = self.egress.scrub_bytes(value);
        let write = self.with(caller, key, |store, of| {
            let expires_at_ms = ttl_s.map(|ttl| store.clock().now_ms().saturating_add(u64::from(ttl) * 1_000));
            let new = NewState { value: &value, expires_at_ms, bytes_max: self.bytes_max };
            store.write(|tx| tx.write_plugin_state(of, key, new))
        })?;
        self.done(write).map(|_| ())
    }

    fn swap(
        &self,
        caller: &Caller<'_>,
        key: &str,
        expected: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<bool, PortError> {
        expect_key(key)?;
        // What is kept was searched, so what is expected has to be as well.
        let expected = expected.map(|bytes| self.egress.scrub_bytes(bytes));
        let value = value.map(|bytes| self.egress.scrub_bytes(bytes));
        let write = self.with(caller, key, |store, of| {
            let bytes_max = self.bytes_max;
            let new = value.as_deref().map(|value| NewState { value, expires_at_ms: None, bytes_max });
            store.write(|tx| tx.swap_plugin_state(of, key, expected.as_deref(), new))
        })?;
        self.done(write)
    }

    fn delete(&self, caller: &Caller<'_>, key: &str) -> Result<(), PortError> {
        self.with(caller, key, |store, of| store.write(|tx| tx.remove_plugin_state(of, key)))
    }

    fn keys(&self, caller: &Caller<'_>, prefix: &str, cursor: Option<&str>) -> Result<KeyPage, PortError> {
        let (keys, more) = self.with(caller, prefix, |store, of| store.plugin_state_keys(of, prefix, cursor))?;
        let next = keys.last().filter(|_| more).cloned();
        Ok((keys, next))
    }
}
