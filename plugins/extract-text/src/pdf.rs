//! PDF: pages in their order, each one's lines, an empty line between pages.
//!
//! The file's syntax (cross-reference tables and streams, object streams, repair of broken ones, decryption with the
//! empty password, filters) is `hayro-syntax`'s; fonts, text and lines are ours.

mod cmap;
mod encoding;
mod font;
mod layout;
mod page;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use crate::writer::{ExtractError, Writer};

pub(crate) fn extract(bytes: Vec<u8>, out: &mut Writer<'_>) -> Result<(), ExtractError> {
    let pdf = Pdf::new(bytes).map_err(|error| match error {
        LoadPdfError::Decryption(DecryptionError::PasswordProtected) => ExtractError::Password,
        LoadPdfError::Decryption(_) => ExtractError::Damaged("its encryption is broken or of no known kind"),
        LoadPdfError::Invalid => ExtractError::Damaged("no pages can be found in it"),
    })?;
    let mut document = page::Document::default();
    for (index, page) in pdf.pages().iter().enumerate() {
        if index > 0 {
            out.text("\n")?;
        }
        let mut lines = layout::Lines::new(out);
        document.page(page, &mut lines)?;
        lines.finish()?;
    }
    if out.has_text() { Ok(()) } else { Err(ExtractError::NoText) }
}
