//! `image_attachments`: rows, and their bytes. No list reads the bytes.

use std::io::Read as _;
use std::path::Path;

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::attachment::{ImageAttachment, NewImageAttachment};
use trcaa_model::id::{ImageId, IssueId};
use trcaa_model::limits::EXTRACTED_BYTES_MAX;

use crate::fold::{self, Page};
use crate::{Store, StoreError, Tx, fallback, row};

const COLUMNS: &str = "id, issue_id, file_name, file_path, file_size, mime_type, upload_hash, uploaded_at, \
                       pii_warning_acknowledged, is_paste";
/// Most bytes of an image that is read back, wherever it lies: far above what is taken in, far below a machine's memory.
const IMAGE_READ_BYTES_MAX: u64 = EXTRACTED_BYTES_MAX;

/// Which images a list across issues shows: newest first.
#[derive(Clone, Debug)]
pub struct ImageFilter {
    /// Only this issue's.
    pub issue_id: Option<IssueId>,
    /// Only names that contain this, as it is written but for upper and lower case (of any script).
    pub search: Option<String>,
    /// At most this many, 1 to 10,000.
    pub limit: u32,
    /// Rows to pass over.
    pub offset: u32,
}

/// A row of `v_image_attachments_with_issue`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ImageListed {
    /// The image.
    #[serde(flatten)]
    pub image_attachment: ImageAttachment,
    /// Its issue's title.
    pub issue_title: String,
}

fn image_of(row: &Row<'_>) -> Result<ImageAttachment, StoreError> {
    Ok(ImageAttachment {
        id: ImageId::from_stored(row.get::<_, String>(0)?),
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        file_name: row.get(2)?,
        file_path: row.get(3)?,
        file_size: row::unsigned(row.get(4)?),
        mime_type: row.get(5)?,
        upload_hash: row.get(6)?,
        uploaded_at: row.get(7)?,
        pii_warning_acknowledged: row.get(8)?,
        is_paste: row.get(9)?,
    })
}

impl Store {
    /// Reads one image's row.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn image(&self, id: &ImageId) -> Result<ImageAttachment, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM image_attachments WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], image_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "image", given: id.to_string() })
    }

    /// Lists the images of one issue, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn images_of(&self, issue: &IssueId) -> Result<Vec<ImageAttachment>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM image_attachments WHERE issue_id = ?1 ORDER BY uploaded_at, rowid");
        row::all(&self.conn, &sql, [issue.as_str()], image_of)
    }

    /// Lists images across issues, newest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn images(&self, filter: &ImageFilter) -> Result<Vec<ImageListed>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, issue_title FROM v_image_attachments_with_issue WHERE (:issue IS NULL OR issue_id = :issue)
             ORDER BY uploaded_at DESC, id DESC LIMIT :limit OFFSET :offset"
        );
        let page = Page {
            issue: filter.issue_id.as_ref(),
            search: filter.search.as_deref(),
            limit: filter.limit,
            offset: filter.offset,
        };
        fold::listed(&self.conn, &sql, &page, |row| {
            Ok(ImageListed { image_attachment: image_of(row)?, issue_title: row.get(10)? })
        })
    }

    /// Finds an image of this issue by the hash of its bytes.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn image_by_hash(&self, issue: &IssueId, upload_hash: &str) -> Result<Option<ImageAttachment>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM image_attachments WHERE issue_id = ?1 AND upload_hash = ?2 LIMIT 1");
        row::first(&self.conn, &sql, [issue.as_str(), upload_hash], image_of)
    }

    /// Reads an image's bytes; one from before bytes were stored is read from `file_path`.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::ImageUnreadable`] with the file and the reason.
    pub fn image_bytes(&self, id: &ImageId) -> Result<Vec<u8>, StoreError> {
        let sql = "SELECT file_name, file_path, length(image_data),
                       CASE WHEN length(image_data) <= ?2 THEN image_data END, upload_hash
                   FROM image_attachments WHERE id = ?1";
        let most = row::signed("image size", IMAGE_READ_BYTES_MAX)?;
        let found = row::first(&self.conn, sql, params![id.as_str(), most], |row| {
            let bytes: Option<Vec<u8>> = row.get(3)?;
            let hash: String = row.get(4)?;
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<i64>>(2)?, bytes, hash))
        })?;
        let (name, path, length, bytes, hash) =
            found.ok_or_else(|| StoreError::NoSuch { what: "image", given: id.to_string() })?;
        if let Some(bytes) = bytes {
            return Ok(bytes);
        }
        let file = if path.is_empty() || length.is_some() { name } else { path.clone() };
        let read = if length.is_some() {
            Err(too_long())
        } else if path.is_empty() {
            Err(fallback::NOWHERE.to_owned())
        } else {
            read_file(&path, self.folder(), &hash)
        };
        read.map_err(|why| StoreError::ImageUnreadable { file, why })
    }
}

fn too_long() -> String {
    format!("it has more than {IMAGE_READ_BYTES_MAX} bytes")
}

fn read_file(path: &str, folder: &Path, hash: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut file = fallback::open(path, folder)?;
    fallback::expect_same(&mut file, Some(hash))?;
    file.take(IMAGE_READ_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    if bytes.len() as u64 > IMAGE_READ_BYTES_MAX { Err(too_long()) } else { Ok(bytes) }
}

impl Tx<'_> {
    /// Inserts an image with its bytes. The caller looks for the same bytes first, in this transaction.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`] for its issue.
    pub fn insert_image(&self, new: &NewImageAttachment) -> Result<ImageAttachment, StoreError> {
        self.expect_issue(&new.issue_id)?;
        let id = ImageId::generate(self.clock(), self.entropy());
        row::execute(
            &self.conn,
            "INSERT INTO image_attachments (id, issue_id, file_name, file_path, file_size, mime_type, upload_hash,
                 uploaded_at, pii_warning_acknowledged, is_paste, image_data)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 1, ?9, ?10)",
            params![
                id.as_str(),
                new.issue_id.as_str(),
                new.file_name,
                new.file_path,
                row::signed("file_size", new.data.len() as u64)?,
                new.mime_type,
                new.upload_hash,
                self.now(),
                new.is_paste,
                new.data,
            ],
        )?;
        self.image(&id)
    }

    /// Deletes an image with its bytes.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn delete_image(&self, id: &ImageId) -> Result<(), StoreError> {
        match row::execute(&self.conn, "DELETE FROM image_attachments WHERE id = ?1", [id.as_str()])? {
            0 => Err(StoreError::NoSuch { what: "image", given: id.to_string() }),
            _ => Ok(()),
        }
    }
}
