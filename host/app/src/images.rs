//! Taking images in and handing them out.
//!
//! Nothing looks into an image for personal data, and nothing of it is ever redacted: whoever attaches one has to say
//! that this is known. Invariants: what is stored is an image by its content, whatever its name says; the same bytes
//! on the same issue are one row; an image is data, it is never decoded, rendered or run here. An SVG keeps its
//! scripts, which is why it is only handed out as a data URL, for the `src` of an `<img>` element, or as a private file.

mod kind;
mod private_file;

use std::io::Read;
use std::path::Path;

use sha2::{Digest, Sha256};
use trcaa_model::attachment::{ImageAttachment, NewImageAttachment};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::{ImageId, IssueId};

use self::kind::ImageKind;
use crate::ingest::Attached;
use crate::ingest::source::{LogInput, Source, safe_name, unreadable};
use crate::{App, AppError};

/// An image to attach.
#[derive(Clone, Debug)]
pub struct ImageUpload {
    /// Where it comes from.
    pub input: LogInput,
    /// Its name, where it is not the file's.
    pub name: Option<String>,
    /// Whether it is known that images are not redacted.
    pub pii_acknowledged: bool,
    /// Whether it comes from a clipboard.
    pub is_paste: bool,
}

impl App {
    /// Reads an image and attaches it to an issue. The same bytes on the same issue are one image.
    ///
    /// # Errors
    /// It is not acknowledged that images are not redacted, it cannot be read, it is too large or no image; nothing is
    /// stored then.
    pub fn add_image(&self, issue: &IssueId, upload: &ImageUpload) -> Result<Attached<ImageAttachment>, AppError> {
        if !upload.pii_acknowledged {
            return Err(AppError::usage(
                "pii_not_acknowledged",
                "attaching an image: personal data and secrets in images are neither found nor redacted",
            )
            .hint("look at it, cut out what must not be seen, and add --acknowledge-pii"));
        }
        self.store.issue(issue)?;
        let source = Source::open(&upload.input, Some(self.store.path()))?;
        let (shown, given, path) = (source.shown.clone(), source.name.clone(), source.path.clone());
        let data = read_image(source, self.image_size_max()?)?;
        let kind = ImageKind::of(&data).map_err(|why| {
            AppError::failed("not_an_image", format!("reading {shown}: {why}"))
                .hint("images are PNG, JPEG, GIF, WebP, SVG and BMP; a log is attached with: trcaa log add")
        })?;
        let new = NewImageAttachment {
            issue_id: issue.clone(),
            file_name: safe_name(upload.name.as_deref().unwrap_or(&given), &format!("image.{}", kind.extension())),
            file_path: path,
            mime_type: kind.mime_type(),
            upload_hash: hex::encode(Sha256::digest(&data)),
            is_paste: upload.is_paste,
            data,
        };
        // Looked up with the write lock held: two processes that add the same image make one row.
        Ok(self.store.write(|tx| {
            if let Some(row) = tx.image_by_hash(issue, &new.upload_hash)? {
                return Ok(Attached { row, already_there: true });
            }
            let row = tx.insert_image(&new)?;
            tx.audit(&AuditRecord {
                action: "upload_image_attachment",
                entity_type: "image_attachment",
                entity_id: row.id.to_string(),
                details: serde_json::json!({
                    "issue_id": row.issue_id, "upload_hash": row.upload_hash, "file_size": row.file_size,
                    "mime_type": row.mime_type, "is_paste": row.is_paste, "pii_warning_acknowledged": true,
                }),
            })?;
            Ok(Attached { row, already_there: false })
        })?)
    }

    /// Gives an image as `data:<mime>;base64,…`.
    ///
    /// What an earlier product stored under another type than an image's is handed out as `application/octet-stream`.
    ///
    /// # Errors
    /// There is no such image, or its bytes cannot be read.
    pub fn image_data_url(&self, id: &ImageId) -> Result<String, AppError> {
        let row = self.store.image(id)?;
        let bytes = self.store.image_bytes(id)?;
        let mime_type =
            ImageKind::by_mime_type(&row.mime_type).map_or("application/octet-stream", ImageKind::mime_type);
        let mut url = format!("data:{mime_type};base64,");
        base64::Engine::encode_string(&base64::engine::general_purpose::STANDARD, bytes, &mut url);
        Ok(url)
    }

    /// Writes an image to a file of mode 0600, whole or not at all; one that is there is replaced only with `force`.
    ///
    /// # Errors
    /// There is no such image, its bytes cannot be read, or the file cannot be written.
    pub fn save_image(&self, id: &ImageId, path: &Path, force: bool) -> Result<(), AppError> {
        self.store.expect_foreign(path)?;
        let bytes = self.store.image_bytes(id)?;
        private_file::write(path, &bytes, force)
    }

    /// Deletes an image.
    ///
    /// # Errors
    /// There is none.
    pub fn delete_image(&self, id: &ImageId) -> Result<(), AppError> {
        Ok(self.store.write(|tx| {
            let row = tx.image(id)?;
            tx.delete_image(id)?;
            tx.audit(&AuditRecord {
                action: "delete_image_attachment",
                entity_type: "image_attachment",
                entity_id: id.to_string(),
                details: serde_json::json!({"issue_id": row.issue_id, "upload_hash": row.upload_hash}),
            })?;
            Ok(())
        })?)
    }
}

fn read_image(source: Source, limit: u64) -> Result<Vec<u8>, AppError> {
    let shown = source.shown;
    let too_large = |size: &str| {
        AppError::failed("too_large", format!("reading {shown}: it has {size}, and an image may have {limit} bytes"))
            .hint("cut it to what matters, or save it smaller")
    };
    if let Some(length) = source.length.filter(|length| *length > limit) {
        return Err(too_large(&format!("{length} bytes")));
    }
    let mut data = Vec::new();
    source.reader.take(limit + 1).read_to_end(&mut data).map_err(|e| unreadable(&shown, &e))?;
    match data.len() as u64 {
        0 => Err(AppError::failed("empty_image", format!("reading {shown}: it is empty"))),
        length if length > limit => Err(too_large(&format!("more than {limit} bytes"))),
        _ => Ok(data),
    }
}
