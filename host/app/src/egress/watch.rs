//! Ends the calls of a connection once the user takes back what they run on, in this process or another.
//!
//! Invariants: a plugin that is disabled, removed or replaced, or that loses a grant or a secret, is stopped within
//! 250 ms, and so is one whose secret or key is another now, or whose provider is at another address or may see less; where that can't be
//! told any more, it is stopped as well. What is given in addition stops nothing, and neither do renewed tokens.

use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use trcaa_runtime::Cancel;
use trcaa_store::{PluginState, Store, StoreError};

use crate::AppError;
use crate::policy::{GuardPolicy, policy_of};

/// How often the database is asked whether anything changed; with the 25 ms of a network wait, well within 250.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Looks in a row that may fail: another process may have the database for itself for a moment.
const FAILURES_MAX: u32 = 20;

/// What a running call stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) plugin: String,
    pub(crate) publisher_key: Option<String>,
    pub(crate) connection: String,
    /// State and digest of its row; `None` where it has none.
    row: Option<(PluginState, String)>,
    grants: BTreeSet<String>,
    /// Ids of bindings: a secret that is bound anew has another.
    secrets: BTreeSet<String>,
    provider: Option<ProviderStanding>,
}

/// The row of `ai_providers` that a connection is of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ProviderStanding {
    id: String,
    api_url: String,
    /// Empty where it has no key.
    key_mark: String,
    /// What may leave for it.
    policy: GuardPolicy,
}

impl Standing {
    /// Reads it as it is now.
    pub(crate) fn read(
        store: &Store,
        plugin: &str,
        publisher_key: Option<&str>,
        connection: &str,
    ) -> Result<Self, StoreError> {
        let secrets = store.plugin_secrets(plugin)?.into_iter().filter(|s| s.connection == connection);
        let provider = store.providers()?.into_iter().find(|row| row.name == connection && row.plugin == plugin);
        let provider = match provider {
            Some(row) => Some(ProviderStanding {
                key_mark: store.provider_key_mark(&row.name)?,
                policy: policy_of(&row),
                id: row.id,
                api_url: row.api_url,
            }),
            None => None,
        };
        Ok(Self {
            plugin: plugin.to_owned(),
            publisher_key: publisher_key.map(str::to_owned),
            connection: connection.to_owned(),
            row: store.plugin(plugin)?.map(|row| (row.state, row.sha256)),
            grants: store.plugin_grants(plugin, publisher_key)?.into_iter().map(|g| g.capability_hash).collect(),
            secrets: secrets.map(|s| s.id).collect(),
            provider,
        })
    }

    /// Whether the connection is a provider's.
    pub(crate) fn is_of_provider(&self) -> bool {
        self.provider.is_some()
    }

    /// The same at the address that was read before: where the provider has another by now, nothing of it holds.
    pub(crate) fn at(mut self, base_url: &str) -> Self {
        if let Some(provider) = &mut self.provider {
            base_url.clone_into(&mut provider.api_url);
        }
        self
    }

    /// The same for a plugin of these bytes, which were read before: where another file took their place since, nothing
    /// of it holds.
    pub(crate) fn of_bytes(mut self, sha256: &str) -> Self {
        if let Some((_, digest)) = &mut self.row {
            sha256.clone_into(digest);
        }
        self
    }

    /// Whether nothing of it was taken back by `now`.
    pub(crate) fn holds(&self, now: &Self) -> bool {
        let runs = match (&self.row, &now.row) {
            (_, Some((state, _))) if *state != PluginState::Enabled => false,
            (Some((_, before)), Some((_, sha256))) => before == sha256,
            (Some(_), None) => false,
            (None, _) => true,
        };
        let has_provider = match (&self.provider, &now.provider) {
            (None, _) => true,
            (Some(before), Some(now)) => {
                let same_key = before.key_mark.is_empty() || before.key_mark == now.key_mark;
                let as_free = now.policy.lets_through() >= before.policy.lets_through();
                same_key && as_free && before.id == now.id && before.api_url == now.api_url
            }
            (Some(_), None) => false,
        };
        runs && has_provider && self.grants.is_subset(&now.grants) && self.secrets.is_subset(&now.secrets)
    }
}

#[derive(Default)]
struct Over {
    is_over: Mutex<bool>,
    told: Condvar,
}

/// A thread that looks, until this is dropped.
pub(crate) struct Watch {
    over: Arc<Over>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Starts looking, over a connection of its own.
    ///
    /// # Errors
    /// No thread could be started.
    pub(crate) fn start(store: Store, standing: Standing, cancel: Cancel) -> Result<Self, AppError> {
        let over = Arc::new(Over::default());
        let until = Arc::clone(&over);
        let thread = std::thread::Builder::new().name("revocations".into()).spawn(move || {
            look(&store, &standing, &cancel, &until);
        });
        let thread = thread.map_err(|e| AppError::failed("thread", format!("watching for revoked grants: {e}")))?;
        Ok(Self { over, thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        *self.over.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.over.told.notify_all();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn look(store: &Store, standing: &Standing, cancel: &Cancel, until: &Over) {
    let (mut version, mut failures) = (None, 0);
    loop {
        match holds(store, standing, &mut version) {
            Ok(true) => failures = 0,
            Err(_) if failures < FAILURES_MAX => failures += 1,
            Ok(false) | Err(_) => return cancel.cancel(),
        }
        let is_over = until.is_over.lock().unwrap_or_else(PoisonError::into_inner);
        let wait = until.told.wait_timeout_while(is_over, LOOK_EVERY, |is_over| !*is_over);
        if *wait.unwrap_or_else(PoisonError::into_inner).0 {
            return;
        }
    }
}

fn holds(store: &Store, standing: &Standing, version: &mut Option<i64>) -> Result<bool, StoreError> {
    let present = store.data_version()?;
    if *version == Some(present) {
        return Ok(true);
    }
    let now = Standing::read(store, &standing.plugin, standing.publisher_key.as_deref(), &standing.connection)?;
    // After the reading: what changed in between shows as a change again.
    *version = Some(present);
    Ok(standing.holds(&now))
}
