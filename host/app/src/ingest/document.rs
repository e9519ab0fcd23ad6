//! Whole documents, such as PDF: read to the end and turned into text at once, by whoever can.

use crate::AppError;

/// A format that has no text before all of it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    /// By its mark.
    Pdf,
    /// Any ZIP archive by its first entry; whether it is a DOCX, its entries tell.
    Zip,
}

impl Document {
    /// Tells by the first bytes.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'%', b'P', b'D', b'F', b'-', ..] => Some(Self::Pdf),
            [b'P', b'K', 3, 4, ..] => Some(Self::Zip),
            _ => None,
        }
    }

    /// What to call it.
    #[cfg(test)]
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF",
            Self::Zip => "a ZIP archive",
        }
    }
}

/// The text of a document.
pub(crate) struct DocumentText {
    /// Media type of the document.
    pub(crate) mime_type: &'static str,
    /// UTF-8.
    pub(crate) text: String,
}

/// Turns documents into text. The bytes are what an analyst was sent: hostile until the contrary is shown.
pub(crate) trait Documents {
    /// `shown` names the document in errors; `bytes` are all of it, as many as a log may have.
    ///
    /// # Errors
    /// It is damaged, encrypted, or no document that holds text; nothing is stored then.
    fn text(&self, document: Document, bytes: &[u8], shown: &str) -> Result<DocumentText, AppError>;
}

/// Refuses every document: for the tests of what comes before and after.
#[cfg(test)]
pub(crate) struct NoDocuments;

#[cfg(test)]
impl Documents for NoDocuments {
    fn text(&self, document: Document, _bytes: &[u8], shown: &str) -> Result<DocumentText, AppError> {
        Err(super::decode::no_log(shown, document.name()))
    }
}
