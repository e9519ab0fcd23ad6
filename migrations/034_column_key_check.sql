-- One row, sealed with the key of columns: by it a wrong, missing or stale TRCAA_ENCRYPTION_KEY is seen at opening.
CREATE TABLE column_key_check (
    id TEXT PRIMARY KEY,
    encrypted_check TEXT NOT NULL
);
