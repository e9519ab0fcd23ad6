-- Rebuilt, not altered: SQLite adds no column with a non-constant default to a table that has rows.
CREATE TABLE mcp_resources_rebuilt (
    id TEXT PRIMARY KEY,
    server_id TEXT NOT NULL REFERENCES mcp_servers(id) ON DELETE CASCADE,
    uri TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    mime_type TEXT,
    discovered_at TEXT NOT NULL DEFAULT (datetime('now'))
);
INSERT INTO mcp_resources_rebuilt (id, server_id, uri, name, description)
SELECT id, server_id, uri, COALESCE(name, uri), description FROM mcp_resources ORDER BY rowid;
DROP TABLE mcp_resources;
ALTER TABLE mcp_resources_rebuilt RENAME TO mcp_resources;
CREATE INDEX idx_mcp_resources_server ON mcp_resources(server_id);
