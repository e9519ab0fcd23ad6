//! What is attached to an issue: logs and images.

use serde::Serialize;

use crate::id::{IssueId, LogFileId};

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
