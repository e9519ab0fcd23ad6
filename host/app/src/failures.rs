//! The circuit breaker's memory: what plugins did wrong, in the store, and what follows from it.
//!
//! Invariants: the third misbehaviour of the same bytes within the window switches an installed plugin off, in the
//! transaction that records it and with an audit row; what is kept holds no word of the plugin's; a store that cannot be
//! written costs the memory of a failure, and never the call's own error.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use trcaa_model::audit::AuditRecord;
use trcaa_model::env::Clock;
use trcaa_model::plugin::Kind;
use trcaa_runtime::CIRCUIT_WINDOW;
use trcaa_runtime::ports::{FailurePort, Misbehaviour, PastFailure};
use trcaa_store::{PluginFailure, PluginRow, PluginState, Store, StoreDoor, StoreError, Tx};

use crate::AppError;

/// Failures of plugins, read once when the store is opened and written as they happen.
pub(crate) struct FailureLog {
    clock: Arc<dyn Clock>,
    /// What earlier processes left: plugins are called from threads that the store is not for.
    before: Vec<PluginFailure>,
    door: StoreDoor,
    /// A connection for writing, opened by the first failure.
    writer: Mutex<Option<Store>>,
}

impl FailureLog {
    /// Reads what still counts.
    ///
    /// # Errors
    /// Those of reading the store.
    pub(crate) fn new(store: &Store, clock: Arc<dyn Clock>) -> Result<Arc<Self>, AppError> {
        let before = store.plugin_failures(None, since(clock.now_ms(), CIRCUIT_WINDOW))?;
        Ok(Arc::new(Self { clock, before, door: store.door(), writer: Mutex::new(None) }))
    }

    fn past(&self, rows: &[PluginFailure], plugin: &str, sha256: &str, window: Duration) -> Vec<PastFailure> {
        let now_ms = self.clock.now_ms();
        let counts = |row: &&PluginFailure| {
            row.plugin_id == plugin && row.sha256 == sha256 && row.failed_at >= since(now_ms, window)
        };
        let counted = once_per_document(rows.iter().filter(counts).cloned().collect());
        let past = |row: PluginFailure| PastFailure {
            age_ms: now_ms.saturating_sub(row.failed_at),
            fault: row.fault,
            input: row.input,
        };
        counted.into_iter().map(past).collect()
    }
}

impl FailurePort for FailureLog {
    fn recent(&self, plugin: &str, sha256: &str, window: Duration) -> Vec<PastFailure> {
        self.past(&self.before, plugin, sha256, window)
    }

    fn record(&self, what: &Misbehaviour<'_>, window: Duration, failures_max: usize) -> Vec<PastFailure> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(store) = writer.take().or_else(|| self.door.open().ok()) else { return Vec::new() };
        let now_ms = self.clock.now_ms();
        let kept = store.write(|tx| {
            tx.record_plugin_failure(&PluginFailure {
                plugin_id: what.plugin.to_owned(),
                sha256: what.sha256.to_owned(),
                version: what.version.to_owned(),
                function: what.function.to_owned(),
                fault: what.fault.to_owned(),
                input: what.input.map(str::to_owned),
                failed_at: now_ms,
            })?;
            let mut rows = tx.plugin_failures(Some(what.plugin), since(now_ms, window))?;
            rows.retain(|row| row.sha256 == what.sha256);
            let rows = once_per_document(rows);
            if rows.len() >= failures_max {
                quarantine(tx, what, rows.len(), failures_max)?;
            }
            Ok(rows)
        });
        *writer = Some(store);
        kept.map_or_else(|_| Vec::new(), |rows| self.past(&rows, what.plugin, what.sha256, window))
    }
}

/// Leaves the newest failure of each document, and all that have none: the same file tried again tells nothing new.
pub(crate) fn once_per_document(mut rows: Vec<PluginFailure>) -> Vec<PluginFailure> {
    let mut seen = Vec::new();
    rows.reverse();
    rows.retain(|row| match &row.input {
        Some(input) if seen.contains(input) => false,
        Some(input) => {
            seen.push(input.clone());
            true
        }
        None => true,
    });
    rows.reverse();
    rows
}

fn since(now_ms: u64, window: Duration) -> u64 {
    now_ms.saturating_sub(u64::try_from(window.as_millis()).unwrap_or(u64::MAX))
}

/// Switches exactly these bytes off, once. A bundled plugin has no row to switch: the failures alone refuse it, as
/// long as they count.
fn quarantine(tx: &Tx<'_>, what: &Misbehaviour<'_>, failures: usize, failures_max: usize) -> Result<(), StoreError> {
    let row = tx.plugin(what.plugin)?.filter(|row| row.sha256 == what.sha256);
    let switched = row.is_some_and(|row| row.state == PluginState::Enabled);
    let reason =
        format!("{failures} failures within ten minutes, the last in function {}: {}", what.function, what.fault);
    // With the bytes as well, whether they are the active ones or not: going back to them does not make them better.
    tx.set_plugin_quarantine(what.plugin, what.sha256, Some(&reason))?;
    if switched {
        tx.set_plugin_state(what.plugin, PluginState::Quarantined, Some(&reason))?;
    } else if failures > failures_max {
        return Ok(());
    }
    tx.audit(&AuditRecord {
        action: "plugin_quarantined",
        entity_type: "plugin",
        entity_id: what.plugin.to_owned(),
        details: serde_json::json!({
            "version": what.version, "sha256": what.sha256, "function": what.function, "fault": what.fault,
            "failures": failures,
        }),
    })?;
    Ok(())
}

/// Refuses to go on without a detector that was switched off by its failures: leaving it out in silence would let text
/// out that it would have hidden.
pub(crate) fn refuse_without(rows: &[PluginRow], kind: Kind) -> Result<(), AppError> {
    if kind == Kind::PiiDetector { switched_off(rows, kind).map_or(Ok(()), Err) } else { Ok(()) }
}

/// What to tell where a plugin of `kind` is missed, and one was switched off by its failures.
pub(crate) fn switched_off(rows: &[PluginRow], kind: Kind) -> Option<AppError> {
    let row = rows.iter().find(|row| row.kind == kind && row.state == PluginState::Quarantined)?;
    let why = row.reason.as_deref().unwrap_or("it failed too often");
    let told = format!("{} {} was switched off: {why}", kind.as_str(), row.id);
    let next = format!("try it again: trcaa plugin enable {0}, or do without it: trcaa plugin disable {0}", row.id);
    Some(AppError::failed("plugin_quarantined", told).hint(next))
}

#[cfg(test)]
mod tests;
