//! AI providers: a request in, events pushed into the host's sink, a completion back.

use std::marker::PhantomData;

pub use crate::bindings::ai::trcaa::ai::chat::{
    Completion, Document, Event, Finish, Image, Message, Model, OutputFormat, Part, Reasoning, Request, Role, Tool,
    ToolCall, ToolChoice, ToolResult, Usage,
};
pub use crate::bindings::ai::trcaa::ai::streaming::{Sink, Stop};
pub use crate::{Descriptor, Error};

/// A provider.
pub trait Provider {
    /// Names the plugin; must agree with its manifest.
    fn describe() -> Descriptor;

    /// Lists the models of the connection.
    ///
    /// # Errors
    /// What the remote said, told apart by [`Error`]'s cases.
    fn models() -> Result<Vec<Model>, Error>;

    /// Answers `request`, pushing events into `out` while it runs.
    ///
    /// [`Sink::emit`] blocks while the host is behind, and returns [`Stop`] when the call is to end. The host never
    /// retries after the first `emit`.
    ///
    /// # Errors
    /// What the remote said, told apart by [`Error`]'s cases; none of them carries a secret or the prompt.
    fn complete(request: Request, out: &Sink) -> Result<Completion, Error>;
}

/// Pushes text; a stop becomes the error that ends the call.
///
/// # Errors
/// [`Error::Cancelled`] or [`Error::TooLarge`].
pub fn emit_text(out: &Sink, text: &str) -> Result<(), Error> {
    out.emit(&Event::TextDelta(text.to_owned())).map_err(|stop| match stop {
        Stop::Cancelled => Error::Cancelled,
        Stop::OverBudget => Error::TooLarge(0),
    })
}

#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

impl<T: Provider> crate::bindings::ai::exports::trcaa::ai::provider::Guest for Adapter<T> {
    fn describe() -> Descriptor {
        T::describe()
    }
    fn models() -> Result<Vec<Model>, Error> {
        T::models()
    }
    fn complete(request: Request, out: &Sink) -> Result<Completion, Error> {
        T::complete(request, out)
    }
}
