-- Signs heads of the audit chain. A random seed and no derived key: what was signed has to stay verifiable after a rekey.
CREATE TABLE audit_signing_keys (
    id TEXT PRIMARY KEY,
    public_key TEXT NOT NULL UNIQUE,
    encrypted_seed TEXT NOT NULL,
    created_at TEXT NOT NULL
);
-- Lists that are filtered still come out in their order, page by page, without a sort.
CREATE INDEX idx_issues_status_created ON issues(status, created_at);
CREATE INDEX idx_issues_severity_created ON issues(severity, created_at);
CREATE INDEX idx_audit_log_entity_id ON audit_log(entity_id);
-- Where the hash chain begins: without it, rows whose hashes were taken away would pass for rows from before the chain.
CREATE TABLE audit_chain_start (id TEXT PRIMARY KEY);
INSERT INTO audit_chain_start (id) SELECT id FROM audit_log WHERE entry_hash IS NOT NULL ORDER BY rowid LIMIT 1;
