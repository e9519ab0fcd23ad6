//! Applying: text in, the same text with placeholders out, in chunks of any size.
//!
//! Owns: replacing, and keeping foreign text that looks like a placeholder apart from ours.
//! Invariant: what is held back between chunks is one open span and less than one placeholder of clear text.
//!
//! A log that literally holds `[Email_1]` gets `[Literal_1]` in its place, with `[Email_1]` as the value: so restoring
//! is exact, and a stranger's text cannot name a placeholder of ours to have it filled in. Text that we redacted
//! before says so with [`Origin::Redacted`]: placeholders the issue knows then stay as they are.

use std::fmt::Write;

use trcaa_model::pii::Span;

use crate::placeholder::Placeholder;
use crate::pseudonym::{Numbering, PseudonymError, Pseudonyms};
use crate::spans::{Merged, SpanError, check_spans, merge};

/// Label of text that only looks like a placeholder.
const LITERAL: &str = "Literal";

/// Where a text comes from, which decides what a placeholder in it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A log, a tool, a document, a server: what looks like a placeholder is a stranger's text.
    Raw,
    /// Text that went through redaction in this issue, or was written about such text: known placeholders are ours.
    Redacted,
}

/// Why text could not be redacted. It must not leave.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A span is not believed.
    #[error("a span was refused")]
    Span(#[from] SpanError),
    /// The pseudonym table cannot grow.
    #[error("a value could not be given a pseudonym")]
    Pseudonym(#[from] PseudonymError),
    /// The receiver of the text failed.
    #[error("writing redacted text failed")]
    Write(#[from] std::fmt::Error),
    /// The text ended before the last span did.
    #[error("the text ended at byte {text_len}, inside or before the span that ends at {end}")]
    TextTooShort {
        /// Bytes seen.
        text_len: u64,
        /// End of the span that is left over.
        end: u64,
    },
}

/// Replaces the spans of a text by placeholders.
///
/// # Errors
/// A span that is inverted, leaves the text or cuts a character; nothing is numbered then.
pub fn apply(text: &str, spans: &[Span], origin: Origin, pseudonyms: &mut Pseudonyms) -> Result<String, ApplyError> {
    check_spans(text, spans)?;
    let merged = merge(spans, text.len() as u64)?;
    let mut out = String::with_capacity(text.len());
    let mut applier = Applier::new(&merged, origin, pseudonyms);
    applier.push(text, &mut out)?;
    applier.finish(&mut out)?;
    Ok(out)
}

/// Replaces spans in a text that comes in chunks; offsets count from the first byte of the first chunk.
#[derive(Debug)]
pub struct Applier<'a, N: Numbering = Pseudonyms> {
    left: std::slice::Iter<'a, Merged>,
    next: Option<&'a Merged>,
    origin: Origin,
    pseudonyms: &'a mut N,
    /// Absolute offset of the next byte to come.
    at: u64,
    /// The part of an open span that has come already.
    value: String,
    /// Clear text from a `[` on that may still become a placeholder.
    held: String,
}

/// Where an [`Applier`] stopped, for another one to go on from: as when the spans behind are not known yet.
#[derive(Clone, Default)]
pub struct Stopped {
    at: u64,
    held: String,
}

impl<'a, N: Numbering> Applier<'a, N> {
    /// Starts at the beginning of a text with the spans that [`merge`] made of it.
    pub fn new(merged: &'a [Merged], origin: Origin, pseudonyms: &'a mut N) -> Self {
        Self::resume(Stopped::default(), merged, origin, pseudonyms)
    }

    /// Goes on where another one stopped, with the spans behind that place.
    pub fn resume(stopped: Stopped, merged: &'a [Merged], origin: Origin, pseudonyms: &'a mut N) -> Self {
        let mut left = merged.iter();
        let next = left.next();
        Self { left, next, origin, pseudonyms, at: stopped.at, value: String::new(), held: stopped.held }
    }

    /// Stops behind what was pushed, with everything decided but the beginning of what may become a placeholder.
    ///
    /// # Errors
    /// `TextTooShort` if a span is left over.
    pub fn stop(self) -> Result<Stopped, ApplyError> {
        if let Some(span) = self.next {
            return Err(ApplyError::TextTooShort { text_len: self.at, end: span.end });
        }
        Ok(Stopped { at: self.at, held: self.held })
    }

    /// Takes the next chunk and writes what is decided of it.
    ///
    /// # Errors
    /// `Span` if a span cuts a character, `Pseudonym`, or the writer's error.
    pub fn push(&mut self, chunk: &str, out: &mut impl Write) -> Result<(), ApplyError> {
        let mut rest = chunk;
        while let (Some(span), false) = (self.next, rest.is_empty()) {
            let clear = self.split(&mut rest, span.start, span)?;
            self.write_clear(clear, out)?;
            if self.at < span.start {
                return Ok(());
            }
            let hidden = self.split(&mut rest, span.end, span)?;
            self.value.push_str(hidden);
            if self.at < span.end {
                return Ok(());
            }
            self.flush_held(out)?;
            write!(out, "{}", self.pseudonyms.placeholder_for(&span.label, &self.value)?)?;
            self.value.clear();
            self.next = self.left.next();
        }
        self.at += rest.len() as u64;
        self.write_clear(rest, out)
    }

    /// Writes what was held back.
    ///
    /// # Errors
    /// `TextTooShort` if a span is left over, or the writer's error.
    pub fn finish(mut self, out: &mut impl Write) -> Result<(), ApplyError> {
        if let Some(span) = self.next {
            return Err(ApplyError::TextTooShort { text_len: self.at, end: span.end });
        }
        self.flush_held(out)
    }

    /// Takes what `rest` holds up to the absolute offset `until`.
    fn split<'t>(&mut self, rest: &mut &'t str, until: u64, span: &Merged) -> Result<&'t str, ApplyError> {
        // Spans are disjoint and sorted, else the text before one would be taken twice; then it is nothing.
        let wanted = until.saturating_sub(self.at);
        let taken = usize::try_from(wanted).map_or(rest.len(), |wanted| wanted.min(rest.len()));
        let Some((head, tail)) = rest.split_at_checked(taken) else {
            return Err(
                SpanError::MidCharacter { start: span.start, end: span.end, detector: String::from("merged") }.into()
            );
        };
        *rest = tail;
        self.at += taken as u64;
        Ok(head)
    }

    fn write_clear(&mut self, text: &str, out: &mut impl Write) -> Result<(), ApplyError> {
        let joined;
        let mut rest = text;
        if !self.held.is_empty() && !text.is_empty() {
            let mut held = std::mem::take(&mut self.held);
            held.push_str(text);
            joined = held;
            rest = &joined;
        }
        while let Some(bracket) = memchr::memchr(b'[', rest.as_bytes()) {
            let (clear, from) = rest.split_at(bracket);
            out.write_str(clear)?;
            if let Some((placeholder, length)) = Placeholder::parse_prefix(from) {
                let (literal, tail) = from.split_at(length);
                self.write_literal(literal, placeholder, out)?;
                rest = tail;
            } else if Placeholder::may_begin(from) {
                from.clone_into(&mut self.held);
                return Ok(());
            } else {
                out.write_char('[')?;
                rest = &from[1..];
            }
        }
        out.write_str(rest)?;
        Ok(())
    }

    fn write_literal(
        &mut self,
        literal: &str,
        placeholder: Placeholder<'_>,
        out: &mut impl Write,
    ) -> Result<(), ApplyError> {
        if self.origin == Origin::Redacted && self.pseudonyms.gave(placeholder) {
            out.write_str(literal)?;
        } else {
            write!(out, "{}", self.pseudonyms.placeholder_for(LITERAL, literal)?)?;
        }
        Ok(())
    }

    /// Writes held text as it is: what follows it is no part of a placeholder.
    fn flush_held(&mut self, out: &mut impl Write) -> Result<(), ApplyError> {
        out.write_str(&std::mem::take(&mut self.held))?;
        Ok(())
    }
}
