CREATE TABLE plugins (
    id TEXT PRIMARY KEY,
    version TEXT NOT NULL,
    kind TEXT NOT NULL,
    world TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    source TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'disabled' CHECK (state IN ('enabled', 'disabled', 'quarantined')),
    reason TEXT,
    installed_at TEXT NOT NULL,
    manifest TEXT NOT NULL
);
-- A grant belongs to publisher, plugin and capability, not to an installed file: no foreign key, so that it
-- outlasts an update. The empty publisher key of an unsigned plugin is stored as NULL and counts as one.
CREATE TABLE plugin_grants (
    plugin_id TEXT NOT NULL,
    publisher_key TEXT,
    capability_hash TEXT NOT NULL,
    capability TEXT NOT NULL,
    granted_at TEXT NOT NULL
);
CREATE UNIQUE INDEX idx_plugin_grants_capability
    ON plugin_grants(plugin_id, COALESCE(publisher_key, ''), capability_hash);
