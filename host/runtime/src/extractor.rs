//! Calls into text extractors, and the checks of what they write.
//!
//! Invariants: a document's bytes are looked into by the guest alone; its text is handed on piece by piece, as valid
//! UTF-8 and never more of it than the limit; an extractor sees clear text, so nothing that it says of an error gets out
//! beyond a code that the host knows.

use std::sync::Arc;

use trcaa_model::plugin::Kind;
use wasmtime::component::Resource;

use crate::bindings::extract::{TextExtractor, TextExtractorPre};
use crate::call::{CallContext, CallState, run_on};
use crate::error::{Fault, GuestError, LoadError, PluginError};
use crate::host_functions::{ByteSink, OutputHandle, Pushed};
use crate::plugin::{Plugin, Source};

/// Formats of one extractor.
const FORMATS_MAX: usize = 32;
/// Codes of `other` that an extractor may report (wit/extract).
const CODES: [&str; 5] = ["password", "no-text", "zip", "xlsx", "pptx"];

/// An extractor, ready to be called.
#[derive(Clone)]
pub struct Extractor {
    plugin: Arc<Plugin>,
    pre: TextExtractorPre<CallState>,
    context: Arc<CallContext>,
}

impl Extractor {
    /// Takes a plugin of the right kind.
    ///
    /// # Errors
    /// [`LoadError`] if it is of another kind.
    pub fn new(plugin: &Arc<Plugin>, context: Arc<CallContext>) -> Result<Self, LoadError> {
        plugin.expect_kind(Kind::TextExtractor)?;
        let pre = TextExtractorPre::new(plugin.instance().clone())
            .map_err(|e| LoadError { name: plugin.manifest().id.clone(), problem: format!("{e:#}") })?;
        Ok(Self { plugin: Arc::clone(plugin), pre, context })
    }

    /// Whether it is part of this program.
    pub fn is_bundled(&self) -> bool {
        *self.plugin.source() == Source::Bundled
    }

    /// Lists the ids of the formats that it reads.
    ///
    /// # Errors
    /// [`PluginError`]
    pub fn formats(&self) -> Result<Vec<String>, PluginError> {
        let (formats, _) = self.run(None, "formats", Pushed::default(), |guest, store| {
            guest.trcaa_extract_extractor().call_formats(store)
        })?;
        let shaped = |id: &String| {
            (1..=40).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if formats.len() > FORMATS_MAX || !formats.iter().all(shaped) {
            return Err(self.refuse(None, "formats", Fault::BadOutput("a format's id is malformed".into())));
        }
        Ok(formats)
    }

    /// Reads the document `bytes`, handing its text to `on_text` piece by piece, at most 104,857,600 bytes of it.
    ///
    /// # Errors
    /// [`PluginError`]; what `on_text` got until then is worth nothing and has to be thrown away.
    pub fn extract(
        &self,
        format: &str,
        bytes: &[u8],
        on_text: impl FnMut(&str) + Send + 'static,
    ) -> Result<(), PluginError> {
        let sink = Pushed::into_sink(Box::new(TextGate::new(on_text)));
        let (answer, mut pushed) = self.run(Some(bytes), "extract", sink, |guest, store| {
            let output = store.data_mut().table.push(OutputHandle)?;
            let lent = Resource::new_borrow(output.rep());
            guest.trcaa_extract_extractor().call_extract(store, format, bytes, lent)
        })?;
        answer.map_err(|e| self.plugin.failed("extract", Fault::Reported(without_words(e.into()))))?;
        match pushed.sink.as_mut().map_or(Ok(()), |sink| sink.finish()) {
            Ok(()) => Ok(()),
            Err(fault) => Err(self.refuse(Some(bytes), "extract", fault)),
        }
    }

    fn run<R>(
        &self,
        document: Option<&[u8]>,
        function: &'static str,
        pushed: Pushed,
        body: impl FnOnce(&TextExtractor, &mut wasmtime::Store<CallState>) -> wasmtime::Result<R>,
    ) -> Result<(R, Pushed), PluginError> {
        run_on(document, &self.plugin, &self.context, self.plugin.limits(), function, pushed, |store| {
            let guest = self.pre.instantiate(&mut *store)?;
            body(&guest, store)
        })
    }

    fn refuse(&self, document: Option<&[u8]>, function: &'static str, fault: Fault) -> PluginError {
        self.plugin.refused_on(&self.context, function, fault, document)
    }
}

/// Leaves a code that this host's own code wrote, and none of the guest's words.
fn without_words(error: GuestError) -> GuestError {
    const CASES: [&str; 4] = ["invalid-input", "unsupported", "too-large", "not-found"];
    let known = CODES.iter().chain(&CASES).find(|code| **code == error.code);
    GuestError { code: (*known.unwrap_or(&"other")).to_owned(), message: String::new(), retry_after_ms: None }
}

/// Lets only UTF-8 through. Pieces may end within a character: at most three bytes wait for the next one.
pub(crate) struct TextGate<F> {
    rest: Vec<u8>,
    on_text: F,
}

impl<F: FnMut(&str) + Send> TextGate<F> {
    /// Nothing yet; `on_text` gets each piece.
    pub(crate) fn new(on_text: F) -> Self {
        Self { rest: Vec::new(), on_text }
    }
}

impl<F: FnMut(&str) + Send> ByteSink for TextGate<F> {
    fn take(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let joined;
        let piece = if self.rest.is_empty() {
            bytes
        } else {
            joined = [std::mem::take(&mut self.rest).as_slice(), bytes].concat();
            &joined
        };
        match std::str::from_utf8(piece) {
            Ok(text) => (self.on_text)(text),
            // Cut within a character, which few pieces are: only those are looked through twice.
            Err(e) if e.error_len().is_none() => {
                let (whole, rest) = piece.split_at(e.valid_up_to());
                self.rest.extend_from_slice(rest);
                (self.on_text)(std::str::from_utf8(whole).expect("checked up to here just now"));
            }
            Err(_) => return Err(not_utf8()),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Fault> {
        if self.rest.is_empty() { Ok(()) } else { Err(not_utf8()) }
    }
}

fn not_utf8() -> Fault {
    Fault::BadOutput("its text is not UTF-8".into())
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    fn gate(pieces: &[&[u8]]) -> Result<String, Fault> {
        let text = Arc::new(Mutex::new(String::new()));
        let into = Arc::clone(&text);
        let on_text = move |piece: &str| into.lock().unwrap_or_else(PoisonError::into_inner).push_str(piece);
        let mut gate = TextGate::new(on_text);
        pieces.iter().try_for_each(|piece| gate.take(piece))?;
        gate.finish()?;
        Ok(text.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    #[test]
    fn a_character_may_be_split_anywhere_and_nothing_else_passes() {
        let text = "aé😀z".as_bytes();
        for cut in 0..=text.len() {
            for second in cut..=text.len() {
                assert_eq!(gate(&[&text[..cut], &text[cut..second], &text[second..]]), Ok("aé😀z".into()));
            }
        }
        assert!(gate(&[b"a\xff"]).is_err());
        assert!(gate(&[b"a\xf0\x9f", b"x"]).is_err());
        assert!(gate(&[b"a\xf0\x9f\x98"]).is_err(), "an unfinished character at the end");
    }

    #[test]
    fn an_error_carries_no_words_of_the_guest() {
        let said = |code: &str| GuestError { code: code.into(), message: "secret".into(), retry_after_ms: Some(1) };
        assert_eq!(without_words(said("password")).to_string(), "password");
        assert_eq!(without_words(said("my secret is hunter2")).to_string(), "other");
    }
}
