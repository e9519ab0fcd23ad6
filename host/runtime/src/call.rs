//! One call into one plugin: a store of its own, its limits, its deadline, and what became of it.
//!
//! Invariants: a store belongs to one plugin and one call; whatever a guest does ends as a [`Fault`]; no limit is
//! enforced by the guest's good will.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trcaa_model::plugin::Limits;
use wasmtime::component::{ResourceTable, ResourceTableError};
use wasmtime::{ResourceLimiter, Store, UpdateDeadline};

use crate::budget::Budget;
use crate::cpu_clock::thread_cpu;
use crate::error::{Fault, PluginError, plain};
use crate::host_functions::Pushed;
use crate::plugin::Plugin;
use crate::ports::{Caller, Ports, Usage};
use crate::scrub::Scrubs;

/// Lines a call may log; more are dropped.
pub(crate) const LOG_LINES_MAX: u32 = 1_000;
/// Bytes of one logged line; the rest is cut.
pub(crate) const LOG_LINE_BYTES_MAX: usize = 4 << 10;
/// Handles to host resources alive at once in a call.
const HANDLES_MAX: usize = 1_024;
/// Elements of one table of functions.
const TABLE_ELEMENTS_MAX: usize = 100_000;
/// Core instances, tables and memories of one component: adapters need a few.
const PARTS_MAX: usize = 16;

/// Ends running calls from another thread.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    asked: Arc<AtomicBool>,
    above: Option<Arc<Cancel>>,
}

impl Cancel {
    /// Ends every call that was given this handle or one below it, within a tick of guest time.
    pub fn cancel(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked for, here or above.
    pub fn is_cancelled(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.above.as_ref().is_some_and(|above| above.is_cancelled())
    }

    /// A handle below this one: it ends with it, and can end by itself.
    #[must_use]
    pub fn below(&self) -> Self {
        Self { asked: Arc::default(), above: Some(Arc::new(self.clone())) }
    }
}

/// What a call runs with.
#[derive(Clone, Default)]
pub struct CallContext {
    /// What the host functions reach.
    pub ports: Ports,
    /// The connection it runs for; empty where there is none.
    pub connection: String,
    /// Ends it.
    pub cancel: Cancel,
}

/// What came of a port's work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// Something arrived from elsewhere.
    Something,
    /// It was waited for, and nothing arrived.
    Nothing,
    /// Nobody was waited for: a refusal, a secret's handle, state. What it cost is the guest's, or else a loop of such
    /// calls would compute in the host for as long as the wall limit lets it.
    AtHand,
}

/// The host's side of one call.
pub(crate) struct CallState {
    pub(crate) plugin: Arc<Plugin>,
    pub(crate) context: Arc<CallContext>,
    pub(crate) table: ResourceTable,
    pub(crate) limits: Limits,
    pub(crate) pushed: Pushed,
    pub(crate) log_lines: u32,
    /// Responses that the guest holds.
    pub(crate) responses_open: usize,
    pub(crate) random_state: u64,
    /// Searches log lines, and the text of the answer, for secrets.
    pub(crate) scrubs: Scrubs,
    budget: Budget,
    memory_bytes: u64,
    stopped: Option<Fault>,
}

impl CallState {
    /// Milliseconds until the wall limit.
    pub(crate) fn wall_left_ms(&self) -> u64 {
        self.budget.wall_left_ms()
    }

    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller {
            manifest: self.plugin.manifest(),
            connection: &self.context.connection,
            wall_left_ms: self.wall_left_ms(),
        }
    }

    /// Ends the call with `fault`: remembered here, because what wasmtime hands back is only a trap.
    pub(crate) fn stop(&mut self, fault: Fault) -> wasmtime::Error {
        let text = fault.to_string();
        self.stopped.get_or_insert(fault);
        wasmtime::Error::msg(text)
    }

    /// Refuses an argument of a host call that is larger than one call may carry.
    pub(crate) fn admit(&mut self, bytes: usize) -> wasmtime::Result<()> {
        let limit_bytes = self.limits.host_call_bytes_max;
        if bytes as u64 > limit_bytes { Err(self.stop(Fault::OutputLimit { limit_bytes })) } else { Ok(()) }
    }

    /// What the call used so far. Memory only grows within a call.
    fn usage(&self) -> Usage {
        let (cpu_ms, wall_ms) = self.budget.used_ms();
        Usage { memory_bytes: self.memory_bytes, cpu_ms, wall_ms }
    }

    /// Runs the work of a port, which may wait. Its time on the wall is the guest's, and a call that is over or cancelled
    /// by then ends here, whatever came back. `came` tells whether that was progress, and whose its CPU was.
    pub(crate) fn through_port<R>(
        &mut self,
        work: impl FnOnce(&mut Self) -> wasmtime::Result<R>,
        came: impl FnOnce(&R) -> Came,
    ) -> wasmtime::Result<R> {
        self.still_in_time()?;
        let before = thread_cpu();
        let result = work(self);
        let port_cpu = thread_cpu().saturating_sub(before);
        let result = result?;
        match came(&result) {
            Came::Something => {
                self.budget.leave_out(port_cpu);
                self.budget.progressed();
            }
            Came::Nothing => self.budget.leave_out(port_cpu),
            Came::AtHand => {}
        }
        self.still_in_time()?;
        Ok(result)
    }

    /// The guest pushed something.
    pub(crate) fn progressed(&mut self) {
        self.budget.progressed();
    }

    /// Ends a call that waited past its limit or was cancelled.
    fn still_in_time(&mut self) -> wasmtime::Result<()> {
        if self.context.cancel.is_cancelled() {
            return Err(self.stop(Fault::Cancelled));
        }
        self.budget.waited_too_long().map_or(Ok(()), |fault| Err(self.stop(fault)))
    }

    fn on_tick(&mut self) -> wasmtime::Result<UpdateDeadline> {
        if self.context.cancel.is_cancelled() {
            return Err(self.stop(Fault::Cancelled));
        }
        match self.budget.exceeded() {
            Some(fault) => Err(self.stop(fault)),
            None => Ok(UpdateDeadline::Continue(1)),
        }
    }
}

impl ResourceLimiter for CallState {
    fn memory_growing(&mut self, current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        let total = self.memory_bytes.saturating_add((desired - current) as u64);
        let limit_bytes = self.limits.memory_bytes_max;
        if total > limit_bytes {
            // Not a trap: a guest may live with less. If it dies of it, this is what it died of.
            self.stopped.get_or_insert(Fault::MemoryLimit { limit_bytes });
            return Ok(false);
        }
        self.memory_bytes = total;
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS_MAX)
    }

    fn instances(&self) -> usize {
        PARTS_MAX
    }

    fn tables(&self) -> usize {
        PARTS_MAX
    }

    fn memories(&self) -> usize {
        PARTS_MAX
    }
}

/// Runs `body` in a fresh store, and tells apart how it ended.
///
/// `pushed` is where the guest's output goes while it runs; it comes back beside the answer.
pub(crate) fn run<R>(
    plugin: &Arc<Plugin>,
    context: &Arc<CallContext>,
    limits: Limits,
    function: &'static str,
    pushed: Pushed,
    body: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<R>,
) -> Result<(R, Pushed), PluginError> {
    run_on(None, plugin, context, limits, function, pushed, body)
}

/// The same, where the call is about a document that came from strangers: by that its failures are told apart.
pub(crate) fn run_on<R>(
    document: Option<&[u8]>,
    plugin: &Arc<Plugin>,
    context: &Arc<CallContext>,
    limits: Limits,
    function: &'static str,
    pushed: Pushed,
    body: impl FnOnce(&mut Store<CallState>) -> wasmtime::Result<R>,
) -> Result<(R, Pushed), PluginError> {
    let fail = |fault: Fault| plugin.failed(function, fault);
    if let Some(open) = plugin.circuit_open(context) {
        return Err(fail(open));
    }
    if context.cancel.is_cancelled() {
        return Err(fail(Fault::Cancelled));
    }
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES_MAX);
    let state = CallState {
        plugin: Arc::clone(plugin),
        context: Arc::clone(context),
        table,
        limits,
        pushed,
        log_lines: 0,
        responses_open: 0,
        random_state: 0,
        scrubs: Scrubs::new(&context.ports),
        budget: Budget::start(limits),
        memory_bytes: 0,
        stopped: None,
    };
    let mut store = Store::new(plugin.engine().wasmtime(), state);
    store.limiter(|state| state);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|mut store| store.data_mut().on_tick());
    let carried = limits.host_call_bytes_max.max(limits.output_bytes_max);
    store.set_hostcall_fuel(usize::try_from(carried).unwrap_or(usize::MAX));
    store.set_max_component_handles(HANDLES_MAX);
    // A panic in a host function unwinds through the guest to here; the store is thrown away, so nothing half-changed
    // is seen again.
    let outcome = catch_unwind(AssertUnwindSafe(|| body(&mut store)));
    if let Some(meter) = &context.ports.meter {
        meter.call(function, store.data().usage());
    }
    let result = match outcome {
        Err(_panic) => Err(Fault::HostPanic),
        // Who was stopped is not believed, even where the answer came first.
        Ok(_) if context.cancel.is_cancelled() => Err(Fault::Cancelled),
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(fault_of(&store.data().stopped, &limits, &error)),
    };
    match result {
        Ok(answer) => {
            let mut state = store.into_data();
            state.finish_scrubbing();
            Ok((answer, state.pushed))
        }
        Err(fault) => Err(plugin.refused_on(context, function, context.scrubbed_fault(fault), document)),
    }
}

fn fault_of(stopped: &Option<Fault>, limits: &Limits, error: &wasmtime::Error) -> Fault {
    if let Some(fault) = stopped {
        return fault.clone();
    }
    let text = format!("{error:#}");
    if text.contains("fuel allocated for hostcalls has been exhausted") {
        return Fault::OutputLimit { limit_bytes: limits.host_call_bytes_max.max(limits.output_bytes_max) };
    }
    if matches!(error.downcast_ref(), Some(ResourceTableError::Full)) || text.contains("store handle limit exceeded") {
        return Fault::HandleLimit { limit: HANDLES_MAX };
    }
    // The trap's own words name instructions and never memory contents.
    match error.downcast_ref::<wasmtime::Trap>() {
        Some(trap) => Fault::Trapped(trap.to_string()),
        None => Fault::Trapped(plain(&text, 300)),
    }
}
