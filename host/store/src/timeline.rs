//! `timeline_events`: written together with their audit row, by one function.

use rusqlite::params;
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::{IssueId, TimelineEventId};
use trcaa_model::timeline::{Happening, METADATA_BYTES_MAX, TimelineEvent};

use crate::{Store, StoreError, Tx, row};

impl Store {
    /// Lists an issue's events, oldest first.
    ///
    /// # Errors
    /// [`StoreError::BadRow`] for metadata that is no JSON.
    pub fn timeline(&self, issue: &IssueId) -> Result<Vec<TimelineEvent>, StoreError> {
        let sql = "SELECT id, issue_id, event_type, description, metadata, created_at FROM timeline_events
                   WHERE issue_id = ?1 ORDER BY created_at, rowid";
        row::all(&self.conn, sql, [issue.as_str()], |row| {
            let id: String = row.get(0)?;
            let metadata = match row.get::<_, Option<String>>(4)? {
                Some(text) if !text.trim().is_empty() => row::json("timeline_events", &id, &text)?,
                _ => serde_json::Value::Object(serde_json::Map::new()),
            };
            Ok(TimelineEvent {
                id: TimelineEventId::from_stored(id),
                issue_id: IssueId::from_stored(row.get::<_, String>(1)?),
                event_type: row.get(2)?,
                description: row.get(3)?,
                metadata,
                created_at: row.get(5)?,
            })
        })
    }
}

impl Tx<'_> {
    /// Writes that something happened: the timeline event and its audit row, never one without the other.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for metadata above [`METADATA_BYTES_MAX`] bytes of JSON, [`StoreError::NoSuch`] for the
    /// issue.
    pub fn happened(
        &self,
        issue: &IssueId,
        what: &Happening,
        description: &str,
        audit: &AuditRecord,
    ) -> Result<TimelineEvent, StoreError> {
        self.expect_issue(issue)?;
        let invalid = |reason: String| StoreError::Invalid { what: "timeline metadata", reason };
        let metadata = serde_json::to_value(what).map_err(|e| invalid(e.to_string()))?;
        if !metadata.is_object() {
            return Err(invalid("it is no JSON object".to_owned()));
        }
        let text = metadata.to_string();
        if text.len() > METADATA_BYTES_MAX {
            return Err(invalid(format!(
                "it has {} bytes as JSON; at most {METADATA_BYTES_MAX} are allowed: shorten its texts",
                text.len()
            )));
        }
        let event = TimelineEvent {
            id: TimelineEventId::generate(self.clock(), self.entropy()),
            issue_id: issue.clone(),
            event_type: what.event_type().to_owned(),
            description: description.to_owned(),
            metadata,
            created_at: self.now(),
        };
        row::execute(
            &self.conn,
            "INSERT INTO timeline_events (id, issue_id, event_type, description, metadata, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![event.id.as_str(), issue.as_str(), event.event_type, description, text, event.created_at],
        )?;
        self.audit(audit)?;
        Ok(event)
    }
}
