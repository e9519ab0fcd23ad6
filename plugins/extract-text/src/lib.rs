//! Reads the text of PDF and Word documents.
//!
//! Owns: what is text in them and in which order. Must not know: the plugin ABI (but for `component`), files, the host.
//!
//! Invariants: a document is a stranger's bytes, so nothing in it makes this panic, run without end or grow without
//! bound (the sandbox's limits are behind that, not instead of it); an error carries no text of the document; equal
//! bytes give equal text; the text is UTF-8 without control characters but tab and line break.

mod component;
mod docx;
mod pdf;
mod writer;

pub use writer::{ExtractError, PIECE_BYTES_MAX, Sink, TEXT_BYTES_MAX};

/// Ids of the formats, sorted.
pub const FORMATS: [&str; 2] = ["docx", "pdf"];

/// Writes the text of `bytes` to `out` in pieces of less than twice [`PIECE_BYTES_MAX`]; `out` may refuse one.
///
/// # Errors
/// [`ExtractError`]; what was written before is not the whole text.
pub fn extract(format: &str, bytes: Vec<u8>, out: &mut Sink<'_>) -> Result<(), ExtractError> {
    let mut writer = writer::Writer::new(out);
    match format {
        "pdf" => pdf::extract(bytes, &mut writer)?,
        "docx" => docx::extract(&bytes, &mut writer)?,
        _ => return Err(ExtractError::UnknownFormat),
    }
    writer.flush()
}
