//! Lines behind the marks of quotes and list items, handed out in pieces.
//!
//! Must not know: what a line says. Invariant: no piece is longer than [`PIECE_BYTES_MAX`].

use trcaa_sdk::render::RenderError;

/// Most bytes of one piece, so that a call over the ABI copies little.
pub const PIECE_BYTES_MAX: usize = 65_536;

/// Writes lines to the receiver.
pub(crate) struct Writer<'a> {
    out: &'a mut dyn FnMut(&[u8]) -> Result<(), String>,
    buffer: Vec<u8>,
    prefix: String,
    /// The prefix of the next line alone: that with the mark of a new list item.
    first: Option<String>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(out: &'a mut dyn FnMut(&[u8]) -> Result<(), String>) -> Self {
        Self { out, buffer: Vec::new(), prefix: String::new(), first: None }
    }

    /// Writes a line behind the marks of what it stands in.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), RenderError> {
        let first = self.first.take();
        let prefix = first.as_deref().unwrap_or(&self.prefix);
        self.buffer.extend_from_slice(if text.is_empty() { prefix.trim_end() } else { prefix }.as_bytes());
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
        self.flush(PIECE_BYTES_MAX)
    }

    /// Puts `mark` before the next line and `rest` before those after it, until [`Writer::leave`].
    pub(crate) fn enter(&mut self, mark: &str, rest: &str) -> usize {
        let before = self.prefix.len();
        let mut first = self.first.take().unwrap_or_else(|| self.prefix.clone());
        first.push_str(mark);
        self.first = Some(first);
        self.prefix.push_str(rest);
        before
    }

    /// Ends what [`Writer::enter`] began, with what that returned; an entry without lines leaves its mark.
    pub(crate) fn leave(&mut self, before: usize) -> Result<(), RenderError> {
        if self.first.is_some() {
            self.line("")?;
        }
        self.prefix.truncate(before);
        Ok(())
    }

    pub(crate) fn finish(mut self) -> Result<(), RenderError> {
        self.flush(1)
    }

    fn flush(&mut self, at: usize) -> Result<(), RenderError> {
        if self.buffer.len() < at {
            return Ok(());
        }
        for piece in self.buffer.chunks(PIECE_BYTES_MAX) {
            (self.out)(piece).map_err(RenderError::Output)?;
        }
        self.buffer.clear();
        Ok(())
    }
}
