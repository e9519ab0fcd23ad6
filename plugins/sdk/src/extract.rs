//! Text extractors: the bytes of a document in, its text into the host's output.

use std::marker::PhantomData;

pub use crate::bindings::extract::trcaa::extract::io::Output;
pub use crate::{Descriptor, Error};

/// An extractor. Pure: the same document gives the same text.
pub trait Extractor {
    /// Names the plugin; must agree with its manifest.
    fn describe() -> Descriptor;

    /// Lists the ids of the formats that `extract` reads, such as `pdf`.
    fn formats() -> Vec<String>;

    /// Writes the text of `bytes` to `out` as UTF-8, in pieces of at most 4 MiB.
    ///
    /// Limits of a call: 512 MiB of memory, 20 s of CPU, 100 MiB of output (exactly that much passes).
    ///
    /// # Errors
    /// [`Error::Unsupported`] for an unknown format, [`Error::InvalidInput`] for a damaged document, [`refusal`] for the
    /// rest. None of them carries text of the document; the host reads the case and the code alone.
    fn extract(format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error>;
}

/// Makes a refusal with one of the codes that the host knows: `password`, `no-text`, `zip`, `xlsx`, `pptx`.
pub fn refusal(code: &str) -> Error {
    Error::Other((code.to_owned(), String::new()))
}

#[doc(hidden)]
pub struct Adapter<T>(PhantomData<T>);

impl<T: Extractor> crate::bindings::extract::exports::trcaa::extract::extractor::Guest for Adapter<T> {
    fn describe() -> Descriptor {
        T::describe()
    }
    fn formats() -> Vec<String> {
        T::formats()
    }
    fn extract(format: String, bytes: Vec<u8>, out: &Output) -> Result<(), Error> {
        T::extract(format, bytes, out)
    }
}
