ALTER TABLE pii_spans ADD COLUMN state TEXT NOT NULL DEFAULT 'undecided'
    CHECK (state IN ('undecided', 'accepted', 'rejected'));
ALTER TABLE pii_spans ADD COLUMN confidence REAL;
ALTER TABLE pii_spans ADD COLUMN detector TEXT;
CREATE INDEX idx_pii_spans_log_file ON pii_spans(log_file_id, start_offset);
