//! Facts that are written in several tables at once, and how to find half of one.

use rusqlite::Connection;

/// What is one fact, each with a query that gives the rows of which only a part is there.
const HALF_FACTS: [(&str, &str); 12] = [
    (
        "an issue without its event",
        "SELECT id FROM issues i WHERE 1 <> (SELECT count(*) FROM timeline_events t
             WHERE t.issue_id = i.id AND t.event_type = 'triage_started')",
    ),
    (
        "an issue without its audit row",
        "SELECT id FROM issues i WHERE 1 <> (SELECT count(*) FROM audit_log a
             WHERE a.entity_type = 'issue' AND a.entity_id = i.id AND a.action = 'create_issue')",
    ),
    (
        "an audit row of an issue that is not there and was not deleted",
        "SELECT entity_id FROM audit_log a WHERE a.action = 'create_issue'
             AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.id = a.entity_id)
             AND NOT EXISTS (SELECT 1 FROM audit_log d
                 WHERE d.entity_type = 'issue' AND d.entity_id = a.entity_id AND d.action = 'delete_issue')",
    ),
    (
        "a deleted issue that is there",
        "SELECT entity_id FROM audit_log WHERE action = 'delete_issue' AND entity_id IN (SELECT id FROM issues)",
    ),
    (
        "a log without its event, or the other way round",
        "SELECT id FROM issues i WHERE (SELECT count(*) FROM log_files l WHERE l.issue_id = i.id) <>
             (SELECT count(*) FROM timeline_events t WHERE t.issue_id = i.id AND t.event_type = 'log_uploaded')",
    ),
    (
        "a log without its audit row or its text",
        "SELECT id FROM log_files l WHERE l.content_compressed IS NULL OR 1 <> (SELECT count(*) FROM audit_log a
             WHERE a.entity_type = 'log_file' AND a.entity_id = l.id AND a.action = 'upload_log_file')",
    ),
    (
        "a redaction without its copy or its audit row, or the other way round",
        "SELECT id FROM log_files l WHERE redacted <> (redacted_compressed IS NOT NULL) OR redacted <>
             (SELECT count(*) FROM audit_log a
                 WHERE a.entity_type = 'log_file' AND a.entity_id = l.id AND a.action = 'apply_redactions')",
    ),
    (
        "a value in clear beside its redacted log",
        "SELECT s.id FROM pii_spans s JOIN log_files l ON l.id = s.log_file_id
             WHERE l.redacted = 1 AND s.original_value <> ''",
    ),
    (
        "a redacted log without pseudonyms",
        "SELECT id FROM log_files l WHERE redacted = 1
             AND NOT EXISTS (SELECT 1 FROM issue_pseudonyms p WHERE p.issue_id = l.issue_id)",
    ),
    (
        "a why without its event, or the other way round",
        "SELECT id FROM issues i WHERE (SELECT count(*) FROM resolution_steps s WHERE s.issue_id = i.id) <>
             (SELECT count(*) FROM timeline_events t WHERE t.issue_id = i.id AND t.event_type = 'why_level_advanced')",
    ),
    (
        "a resolved issue without its root cause, time or audit row, or the other way round",
        "SELECT id FROM issues i WHERE (status = 'resolved') <> (resolved_at IS NOT NULL)
             OR (status = 'resolved') <> (SELECT count(*) FROM timeline_events t
                 WHERE t.issue_id = i.id AND t.event_type = 'root_cause_identified')
             OR (status = 'resolved') <> (SELECT count(*) FROM audit_log a
                 WHERE a.entity_type = 'issue' AND a.entity_id = i.id AND a.action = 'resolve_issue')",
    ),
    (
        "an image without its bytes or its audit row",
        "SELECT id FROM image_attachments m WHERE m.image_data IS NULL OR 1 <> (SELECT count(*) FROM audit_log a
             WHERE a.entity_id = m.id AND a.action = 'upload_image_attachment')",
    ),
];

/// Expects that no fact is there in part.
pub(super) fn expect_whole(conn: &Connection, place: &str) {
    for (what, sql) in HALF_FACTS {
        let mut statement = conn.prepare_cached(sql).unwrap();
        let found: Vec<String> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert!(found.is_empty(), "{place}: {what}: {found:?}");
    }
}
