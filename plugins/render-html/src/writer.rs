//! Markup handed out in pieces.
//!
//! Must not know: what it says. Invariant: no piece is longer than [`PIECE_BYTES_MAX`].

use crate::escape::push_escaped;
use trcaa_sdk::render::RenderError;

/// Most bytes of one piece, so that a call over the ABI copies little.
pub const PIECE_BYTES_MAX: usize = 65_536;

/// Gathers markup for the receiver.
pub(crate) struct Writer<'a> {
    out: &'a mut dyn FnMut(&[u8]) -> Result<(), String>,
    buffer: String,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut dyn FnMut(&[u8]) -> Result<(), String>) -> Self {
        Self { out, buffer: String::new() }
    }

    /// Writes markup as it is.
    pub(crate) fn markup(&mut self, markup: &str) -> Result<(), RenderError> {
        self.buffer.push_str(markup);
        self.flush(PIECE_BYTES_MAX)
    }

    /// Writes text that says itself, as content or between the quotes of an attribute.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), RenderError> {
        push_escaped(&mut self.buffer, text);
        self.flush(PIECE_BYTES_MAX)
    }

    pub(crate) fn finish(mut self) -> Result<(), RenderError> {
        self.flush(1)
    }

    fn flush(&mut self, at: usize) -> Result<(), RenderError> {
        if self.buffer.len() < at {
            return Ok(());
        }
        for piece in self.buffer.as_bytes().chunks(PIECE_BYTES_MAX) {
            (self.out)(piece).map_err(RenderError::Output)?;
        }
        self.buffer.clear();
        Ok(())
    }
}
