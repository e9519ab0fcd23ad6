-- Authenticates compiled plugin code beside the database. Random, as what is derived from a passphrase would let anyone
-- who has those files try passphrases without the cost that the database puts on each.
CREATE TABLE plugin_code_key (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key BLOB NOT NULL CHECK (length(key) = 32)
);
