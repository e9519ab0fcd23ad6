-- Why these bytes were switched off by their failures; NULL where they were not. Kept with the version, so that going back
-- to it does not let it run again.
ALTER TABLE plugin_versions ADD COLUMN quarantine TEXT;
UPDATE plugin_versions SET quarantine = (
    SELECT COALESCE(reason, 'it failed too often') FROM plugins
    WHERE plugins.id = plugin_versions.plugin_id AND plugins.sha256 = plugin_versions.sha256 AND state = 'quarantined'
);
-- SHA-256 hex of the document that a plugin failed on; NULL where failures are counted one by one.
ALTER TABLE plugin_failures ADD COLUMN input TEXT;
