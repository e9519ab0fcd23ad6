-- Whose plugin an id is: the publisher's key as it was when the user first trusted a plugin of that id. NULL: unsigned.
CREATE TABLE plugin_publishers (
    plugin_id TEXT PRIMARY KEY,
    publisher TEXT,
    publisher_key TEXT,
    pinned_at TEXT NOT NULL
);
-- Every version that is kept: the one that runs, the one before it, the one that waits for consent.
CREATE TABLE plugin_versions (
    plugin_id TEXT NOT NULL,
    version TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    world TEXT NOT NULL,
    publisher TEXT,
    publisher_key TEXT,
    capability_hash TEXT NOT NULL,
    source TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('active', 'previous', 'pending')),
    manifest TEXT NOT NULL,
    installed_at TEXT NOT NULL,
    PRIMARY KEY (plugin_id, sha256)
);
CREATE UNIQUE INDEX idx_plugin_versions_role ON plugin_versions(plugin_id, role);
-- Secrets that the user bound to a name of the manifest, per connection ('' = the plugin's only one).
CREATE TABLE plugin_secrets (
    id TEXT PRIMARY KEY,
    plugin_id TEXT NOT NULL,
    connection TEXT NOT NULL DEFAULT '',
    name TEXT NOT NULL,
    encrypted_value TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (plugin_id, connection, name)
);
-- What plugins keep between calls (trcaa:host/kv).
CREATE TABLE plugin_state (
    plugin_id TEXT NOT NULL,
    connection TEXT NOT NULL DEFAULT '',
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at INTEGER,
    updated_at TEXT NOT NULL,
    PRIMARY KEY (plugin_id, connection, key)
);
-- Misbehaviour of exactly these bytes; three within ten minutes switch a plugin off, over restarts too.
CREATE TABLE plugin_failures (
    plugin_id TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    version TEXT NOT NULL,
    function TEXT NOT NULL,
    fault TEXT NOT NULL,
    failed_at INTEGER NOT NULL
);
CREATE INDEX idx_plugin_failures_plugin ON plugin_failures(plugin_id, failed_at);
-- Files of the drop-in folder that the user was told of or asked about, by digest, so that nobody is asked twice about
-- the same bytes. Size and time of change spare reading the file at every start; they decide about nothing else.
CREATE TABLE plugin_asked (
    file TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    modified_ns TEXT NOT NULL,
    answer TEXT NOT NULL CHECK (answer IN ('told', 'refused', 'no', 'yes')),
    asked_at TEXT NOT NULL,
    PRIMARY KEY (file, sha256)
);
