//! What is attached to an issue: logs and images.

use serde::Serialize;

use crate::id::{ImageId, IssueId, LogFileId};

/// A row of `log_files`, without any content.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogFile {
    /// Row id.
    pub id: LogFileId,
    /// Its issue.
    pub issue_id: IssueId,
    /// Name without folders.
    pub file_name: String,
    /// Where it was read from; empty for stdin and given content.
    pub file_path: String,
    /// Bytes of the original.
    pub file_size: u64,
    /// Media type of the original, such as `text/plain` or `application/gzip`.
    pub mime_type: Option<String>,
    /// SHA-256 hex of the original bytes.
    pub content_hash: Option<String>,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub uploaded_at: String,
    /// Whether a redacted copy is stored.
    #[serde(serialize_with = "as_integer")]
    pub redacted: bool,
}

/// Booleans of the store are 0 and 1, in JSON as in the column.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_integer<S: serde::Serializer>(value: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(u8::from(*value))
}

/// A log ready to be stored: everything was read, hashed and compressed before the transaction opens.
#[derive(Clone, Debug)]
pub struct NewLogFile {
    /// Its issue.
    pub issue_id: IssueId,
    /// Name without folders.
    pub file_name: String,
    /// Where it was read from; empty for stdin and given content.
    pub file_path: String,
    /// Bytes of the original.
    pub file_size: u64,
    /// Media type of the original.
    pub mime_type: String,
    /// SHA-256 hex of the original bytes.
    pub content_hash: String,
    /// Gzip of the extracted text.
    pub content_compressed: Vec<u8>,
}

/// A row of `image_attachments`, without its bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageAttachment {
    /// Row id.
    pub id: ImageId,
    /// Its issue.
    pub issue_id: IssueId,
    /// Name without folders.
    pub file_name: String,
    /// Where it was read from; empty for stdin.
    pub file_path: String,
    /// Bytes of the image.
    pub file_size: u64,
    /// Media type by content, such as `image/png`; in rows of earlier products whatever they wrote.
    pub mime_type: String,
    /// SHA-256 hex of the bytes; empty in rows from before hashes were kept.
    pub upload_hash: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub uploaded_at: String,
    /// Whether whoever attached it took note that images are not redacted.
    #[serde(serialize_with = "as_integer")]
    pub pii_warning_acknowledged: bool,
    /// Whether it came from a clipboard.
    #[serde(serialize_with = "as_integer")]
    pub is_paste: bool,
}

/// An image ready to be stored: read whole, checked by its content and acknowledged.
#[derive(Clone)]
pub struct NewImageAttachment {
    /// Its issue.
    pub issue_id: IssueId,
    /// Name without folders.
    pub file_name: String,
    /// Where it was read from; empty for stdin.
    pub file_path: String,
    /// Media type by content.
    pub mime_type: &'static str,
    /// SHA-256 hex of the bytes.
    pub upload_hash: String,
    /// Whether it came from a clipboard.
    pub is_paste: bool,
    /// The image.
    pub data: Vec<u8>,
}

impl std::fmt::Debug for NewImageAttachment {
    /// Leaves the bytes out: a screenshot shows what nobody redacted.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewImageAttachment").field("bytes", &self.data.len()).finish_non_exhaustive()
    }
}
