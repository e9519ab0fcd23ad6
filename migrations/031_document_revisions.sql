-- Every text a document had before its present one; saved_at is milliseconds since the epoch.
CREATE TABLE document_revisions (
    document_id TEXT NOT NULL REFERENCES documents(id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    content_md TEXT NOT NULL,
    saved_at INTEGER NOT NULL,
    PRIMARY KEY (document_id, revision)
);
