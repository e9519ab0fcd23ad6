//! Detectors of personal data and secrets: pure functions from texts to spans.

use std::marker::PhantomData;

pub use crate::bindings::pii::exports::trcaa::pii::detector::{LabelInfo, Options, Span};
pub use crate::{Descriptor, Error};

/// A detector. Pure: equal input has to give equal output; beside the log there is nothing to import.
pub trait Detector {
    /// Names the plugin; must agree with its manifest.
    fn describe() -> Descriptor;

    /// Lists every label that `detect` can give.
    fn labels() -> Vec<LabelInfo>;

    /// Finds spans: one list per text, in the order of `texts`.
    ///
    /// Offsets are UTF-8 bytes into that text, on character boundaries, `start < end`; the host refuses the whole
    /// answer otherwise. Texts are windows of a larger one: a finding should not depend on what is more than 4 KiB
    /// before or 16 KiB after its start. Limits of a call: 64 MiB of memory, 2 s of CPU.
    ///
    /// # Errors
    /// Any error means that the text is not sent anywhere.
    fn detect(texts: Vec<String>, options: Options) -> Result<Vec<Vec<Span>>, Error>;
}

/// Makes a span. Offsets beyond 4 GiB can't occur within the memory limit and are clamped.
pub fn span(start: usize, end: usize, label: &str, confidence: f32) -> Span {
    let offset = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Span { start: offset(start), end: offset(end), label: label.to_owned(), confidence }
}

/// Makes a label's description.
pub fn label(label: &str, description: &str, example: &str) -> LabelInfo {
    LabelInfo { label: label.to_owned(), description: description.to_owned(), example: example.to_owned() }
}

#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

impl<T: Detector> crate::bindings::pii::exports::trcaa::pii::detector::Guest for Adapter<T> {
    fn describe() -> Descriptor {
        T::describe()
    }
    fn labels() -> Vec<LabelInfo> {
        T::labels()
    }
    fn detect(texts: Vec<String>, options: Options) -> Result<Vec<Vec<Span>>, Error> {
        T::detect(texts, options)
    }
}
