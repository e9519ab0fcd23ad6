//! Where a guest's output goes while it runs: a renderer's bytes, an extractor's text, a provider's events.

use trcaa_model::chat::ChatEvent;
use wasmtime::component::Resource;

use crate::bindings::ai::trcaa::ai::{chat, streaming};
use crate::bindings::extract::trcaa::extract::io as extract_io;
use crate::bindings::render::trcaa::render::{document, io};
use crate::bindings::shared::trcaa::types::types::Error;
use crate::call::CallState;
use crate::error::Fault;

/// Most events of one call: at eight million bytes of output, smaller ones than this are noise.
const EVENTS_MAX: usize = 200_000;

/// A renderer's or an extractor's output.
pub struct OutputHandle;
/// A renderer's assets. There are none yet: images come with their issue.
pub struct AssetsHandle;
/// A provider's sink.
pub struct SinkHandle;

/// Gets each event of a provider as it comes, on the calling thread.
pub type EventListener = Box<dyn FnMut(&ChatEvent) + Send>;

/// Takes an extractor's output as it comes, so that no more than a piece of it is held.
pub(crate) trait ByteSink: Send {
    /// Takes the next piece; a fault ends the call.
    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault>;
    /// Called once after the last piece of a call that went well.
    fn finish(&mut self) -> Result<(), Fault>;
}

/// Everything that a guest pushed in one call.
#[derive(Default)]
pub(crate) struct Pushed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) events: Vec<ChatEvent>,
    /// Gets each event as it comes.
    pub(crate) on_event: Option<EventListener>,
    /// Gets an extractor's bytes as they come.
    pub(crate) sink: Option<Box<dyn ByteSink>>,
    total_bytes: u64,
    event_count: usize,
}

impl Pushed {
    /// Nothing yet, with a listener for events.
    pub(crate) fn to(on_event: Option<EventListener>) -> Self {
        Self { on_event, ..Self::default() }
    }
}

impl Pushed {
    /// Takes an event, searched for secrets already.
    pub(crate) fn take(&mut self, event: ChatEvent) {
        if let Some(on_event) = &mut self.on_event {
            on_event(&event);
        }
        self.events.push(event);
    }
}

impl Pushed {
    /// Nothing yet, with a sink for an extractor's bytes.
    pub(crate) fn into_sink(sink: Box<dyn ByteSink>) -> Self {
        Self { sink: Some(sink), ..Self::default() }
    }
}

impl CallState {
    /// Counts output; ends the call at its limit.
    fn count_output(&mut self, bytes: usize) -> wasmtime::Result<()> {
        self.progressed();
        self.pushed.total_bytes = self.pushed.total_bytes.saturating_add(bytes as u64);
        let limit_bytes = self.limits.output_bytes_max;
        if self.pushed.total_bytes > limit_bytes { Err(self.stop(Fault::OutputLimit { limit_bytes })) } else { Ok(()) }
    }
}

impl document::Host for CallState {}
impl io::Host for CallState {}

impl io::HostOutput for CallState {
    fn write(&mut self, handle: Resource<OutputHandle>, bytes: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        self.table.get(&handle)?;
        self.admit(bytes.len())?;
        self.count_output(bytes.len())?;
        self.pushed.bytes.extend_from_slice(&bytes);
        Ok(Ok(()))
    }

    fn drop(&mut self, handle: Resource<OutputHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl io::HostAssets for CallState {
    fn read(&mut self, handle: Resource<AssetsHandle>, name: String) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        self.table.get(&handle)?;
        self.admit(name.len())?;
        Ok(Err(Error::NotFound("the document has no assets".into())))
    }

    fn drop(&mut self, handle: Resource<AssetsHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl extract_io::Host for CallState {}

impl extract_io::HostOutput for CallState {
    fn write(&mut self, handle: Resource<OutputHandle>, bytes: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        self.table.get(&handle)?;
        self.admit(bytes.len())?;
        self.count_output(bytes.len())?;
        match self.pushed.sink.as_mut().map_or(Ok(()), |sink| sink.take(&bytes)) {
            Ok(()) => Ok(Ok(())),
            Err(fault) => Err(self.stop(fault)),
        }
    }

    fn drop(&mut self, handle: Resource<OutputHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}

impl chat::Host for CallState {}
impl streaming::Host for CallState {}

impl streaming::HostSink for CallState {
    fn emit(
        &mut self,
        handle: Resource<SinkHandle>,
        event: chat::Event,
    ) -> wasmtime::Result<Result<(), streaming::Stop>> {
        self.table.get(&handle)?;
        if self.context.cancel.is_cancelled() {
            return Ok(Err(streaming::Stop::Cancelled));
        }
        self.progressed();
        self.pushed.event_count += 1;
        if self.pushed.event_count > EVENTS_MAX {
            return Ok(Err(streaming::Stop::OverBudget));
        }
        let event = crate::chat::event(event);
        self.count_output(crate::chat::weight_bytes(&event))?;
        for event in self.scrubbed_event(event) {
            self.pushed.take(event);
        }
        Ok(Ok(()))
    }

    fn drop(&mut self, handle: Resource<SinkHandle>) -> wasmtime::Result<()> {
        self.table.delete(handle)?;
        Ok(())
    }
}
impl crate::bindings::integration::trcaa::integration::records::Host for CallState {}
