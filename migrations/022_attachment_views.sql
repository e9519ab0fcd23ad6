-- Named columns: a list across issues never touches a BLOB.
CREATE VIEW v_log_files_with_issue AS
SELECT l.id AS id, l.issue_id AS issue_id, l.file_name AS file_name, l.file_path AS file_path,
       l.file_size AS file_size, l.mime_type AS mime_type, l.content_hash AS content_hash,
       l.uploaded_at AS uploaded_at, l.redacted AS redacted, i.title AS issue_title
FROM log_files l JOIN issues i ON i.id = l.issue_id;
CREATE VIEW v_image_attachments_with_issue AS
SELECT a.id AS id, a.issue_id AS issue_id, a.file_name AS file_name, a.file_path AS file_path,
       a.file_size AS file_size, a.mime_type AS mime_type, a.upload_hash AS upload_hash,
       a.uploaded_at AS uploaded_at, a.pii_warning_acknowledged AS pii_warning_acknowledged,
       a.is_paste AS is_paste, i.title AS issue_title
FROM image_attachments a JOIN issues i ON i.id = a.issue_id;
