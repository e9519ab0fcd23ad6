-- What a proposal was bound to, who made it, and how what ran ended; NULL for rows of before.
ALTER TABLE command_executions ADD COLUMN proposed_by TEXT NOT NULL DEFAULT 'person'
    CHECK (proposed_by IN ('person', 'model'));
-- SHA-256 hex over line, folder, environment and kube context.
ALTER TABLE command_executions ADD COLUMN binding TEXT;
-- NULL while it runs, and where the host ended before it did.
ALTER TABLE command_executions ADD COLUMN ended TEXT
    CHECK (ended IS NULL OR ended IN ('exited', 'signalled', 'timed_out', 'stopped', 'over_limit', 'not_started'));
-- Whether more was put out than is kept.
ALTER TABLE command_executions ADD COLUMN output_cut INTEGER NOT NULL DEFAULT 0 CHECK (output_cut IN (0, 1));
-- What a decision is bound to: for allow_once the binding of the one run, for the others that of folder, environment and
-- kube context.
ALTER TABLE approval_decisions ADD COLUMN binding TEXT;
-- When an allow_once was used up.
ALTER TABLE approval_decisions ADD COLUMN used_at TEXT;
-- SHA-256 hex of the kubeconfig's plain text: two connections are told apart without opening either.
ALTER TABLE kubeconfig_files ADD COLUMN content_sha256 TEXT;
-- JSON array of the names of its contexts.
ALTER TABLE kubeconfig_files ADD COLUMN contexts TEXT;
