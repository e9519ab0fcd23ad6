ALTER TABLE log_files ADD COLUMN redacted_compressed BLOB;
ALTER TABLE log_files ADD COLUMN redacted_hash TEXT;
-- value_mac finds a value without decrypting any; it is keyed and bound to the issue.
CREATE TABLE issue_pseudonyms (
    id TEXT PRIMARY KEY,
    issue_id TEXT NOT NULL REFERENCES issues(id) ON DELETE CASCADE,
    label TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    value_mac TEXT NOT NULL,
    encrypted_value TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (issue_id, label, ordinal),
    UNIQUE (issue_id, value_mac)
);
