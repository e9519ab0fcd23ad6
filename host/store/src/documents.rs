//! `documents` and every text they had before.

use rusqlite::{Row, params};
use serde::Serialize;
use trcaa_model::document::Document;
use trcaa_model::id::{DocumentId, IssueId};

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, issue_id, doc_type, title, content_md, created_at, updated_at";
/// What `documents.doc_type` may hold.
const DOC_TYPES: [&str; 2] = ["rca", "postmortem"];

/// What a document is made from.
#[derive(Clone, Debug)]
pub struct NewDocument {
    /// Its issue.
    pub issue_id: IssueId,
    /// `rca` or `postmortem`.
    pub doc_type: String,
    /// One line.
    pub title: String,
    /// The text.
    pub content_md: String,
}

/// A text that a document had once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DocumentRevision {
    /// Its document.
    pub document_id: DocumentId,
    /// Counted from 1.
    pub revision: u32,
    /// The text.
    pub content_md: String,
    /// When it was replaced, milliseconds since the epoch.
    pub saved_at: u64,
}

fn document_of(row: &Row<'_>) -> Result<Document, StoreError> {
    Ok(Document {
        id: DocumentId::from_stored(row.get::<_, String>(0)?),
        issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
        doc_type: row.get(2)?,
        title: row.get(3)?,
        content_md: row.get(4)?,
        created_at: row::unsigned(row.get(5)?),
        updated_at: row::unsigned(row.get(6)?),
    })
}

impl Store {
    /// Reads one document.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn document(&self, id: &DocumentId) -> Result<Document, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM documents WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], document_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "document", given: id.to_string() })
    }

    /// Lists documents, of one issue or of all, newest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn documents(&self, issue: Option<&IssueId>) -> Result<Vec<Document>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM documents WHERE ?1 IS NULL OR issue_id = ?1 ORDER BY created_at DESC, rowid DESC"
        );
        row::all(&self.conn, &sql, [issue.map(IssueId::as_str)], document_of)
    }

    /// Lists the texts that a document had before its present one, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn document_revisions(&self, id: &DocumentId) -> Result<Vec<DocumentRevision>, StoreError> {
        let sql = "SELECT document_id, revision, content_md, saved_at FROM document_revisions
                   WHERE document_id = ?1 ORDER BY revision";
        row::all(&self.conn, sql, [id.as_str()], |row| {
            Ok(DocumentRevision {
                document_id: DocumentId::from_stored(row.get::<_, String>(0)?),
                revision: row.get(1)?,
                content_md: row.get(2)?,
                saved_at: row::unsigned(row.get(3)?),
            })
        })
    }
}

impl Tx<'_> {
    /// Inserts a document.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for another type, [`StoreError::NoSuch`] for the issue.
    pub fn insert_document(&self, new: &NewDocument) -> Result<Document, StoreError> {
        if !DOC_TYPES.contains(&new.doc_type.as_str()) {
            let reason = format!("unknown {:?}; allowed: {}", new.doc_type, DOC_TYPES.join(", "));
            return Err(StoreError::Invalid { what: "doc_type", reason });
        }
        self.expect_issue(&new.issue_id)?;
        let id = DocumentId::generate(self.clock(), self.entropy());
        let now = row::signed("created_at", self.clock().now_ms())?;
        row::execute(
            &self.conn,
            "INSERT INTO documents (id, issue_id, doc_type, title, content_md, created_at, updated_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
            params![id.as_str(), new.issue_id.as_str(), new.doc_type, new.title, new.content_md, now],
        )?;
        self.document(&id)
    }

    /// Replaces a document's text; the one before is kept as a revision. An equal text changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn edit_document(&self, id: &DocumentId, content_md: &str) -> Result<Document, StoreError> {
        let before = self.document(id)?;
        if before.content_md == content_md {
            return Ok(before);
        }
        let now = row::signed("updated_at", self.clock().now_ms())?;
        row::execute(
            &self.conn,
            "INSERT INTO document_revisions (document_id, revision, content_md, saved_at)
             SELECT ?1, COALESCE(max(revision), 0) + 1, ?2, ?3 FROM document_revisions WHERE document_id = ?1",
            params![id.as_str(), before.content_md, now],
        )?;
        row::execute(
            &self.conn,
            "UPDATE documents SET content_md = ?2, updated_at = ?3 WHERE id = ?1",
            params![id.as_str(), content_md, now],
        )?;
        self.document(id)
    }
}
