//! `issues`: create, edit, list, detail, delete.

use rusqlite::{Row, ToSql, params};
use trcaa_model::id::IssueId;
use trcaa_model::issue::{Issue, IssueDetail, IssueEdit, IssueFilter, NewIssue, Severity, Status};

use crate::{Store, StoreError, Tx, row};

const COLUMNS: &str = "id, title, description, severity, status, category, source, created_at, updated_at, resolved_at, \
                       assigned_to, tags";
/// Most rows of one list.
pub(crate) const LIST_ROWS_MAX: u32 = 10_000;

fn issue_of(row: &Row<'_>) -> Result<Issue, StoreError> {
    let id: String = row.get(0)?;
    let severity = row::parsed("issues", &id, row.get_ref(3)?.as_str().unwrap_or_default())?;
    let status = row::parsed("issues", &id, row.get_ref(4)?.as_str().unwrap_or_default())?;
    let tags = tags_of(&id, row.get::<_, Option<String>>(11)?.as_deref().unwrap_or(""))?;
    Ok(Issue {
        title: row.get(1)?,
        description: row.get(2)?,
        severity,
        status,
        category: row.get(5)?,
        source: row.get(6)?,
        created_at: row.get(7)?,
        updated_at: row.get(8)?,
        resolved_at: row.get(9)?,
        assigned_to: row.get(10)?,
        tags,
        id: IssueId::from_stored(id),
    })
}

fn tags_of(id: &str, text: &str) -> Result<Vec<String>, StoreError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|e| StoreError::BadRow {
        table: "issues",
        id: id.to_owned(),
        reason: format!("tags are no JSON array of texts: {e}"),
    })
}

fn tags_json(tags: &[String]) -> String {
    serde_json::Value::from(tags.to_vec()).to_string()
}

fn check_title(title: &str) -> Result<(), StoreError> {
    if title.trim().is_empty() {
        return Err(StoreError::Invalid { what: "title", reason: "it is empty".to_owned() });
    }
    Ok(())
}

impl Store {
    /// Reads one issue.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn issue(&self, id: &IssueId) -> Result<Issue, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM issues WHERE id = ?1");
        row::first(&self.conn, &sql, [id.as_str()], issue_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "issue", given: id.to_string() })
    }

    /// Lists issues, newest first.
    ///
    /// # Errors
    /// [`StoreError::BadRow`] for a row that no version of the product writes.
    pub fn issues(&self, filter: &IssueFilter) -> Result<Vec<Issue>, StoreError> {
        let mut values: Vec<Box<dyn ToSql>> = vec![Box::new(filter.limit.min(LIST_ROWS_MAX)), Box::new(filter.offset)];
        // Only the conditions that are there: no index could serve `:status IS NULL OR status = :status`.
        let mut conditions = Vec::new();
        for (column, value) in
            [("status", filter.status.map(Status::as_str)), ("severity", filter.severity.map(Severity::as_str))]
        {
            if let Some(value) = value {
                values.push(Box::new(value));
                conditions.push(format!("{column} = ?{}", values.len()));
            }
        }
        let whose = if conditions.is_empty() { String::new() } else { format!("WHERE {}", conditions.join(" AND ")) };
        let sql =
            format!("SELECT {COLUMNS} FROM issues {whose} ORDER BY created_at DESC, rowid DESC LIMIT ?1 OFFSET ?2");
        let values = rusqlite::params_from_iter(values);
        row::all(&self.conn, &sql, values, issue_of)
    }

    /// Reads an issue with everything below it, without any content.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn issue_detail(&self, id: &IssueId) -> Result<IssueDetail, StoreError> {
        Ok(IssueDetail {
            issue: self.issue(id)?,
            log_files: self.logs_of(id)?,
            image_attachments: self.images_of(id)?,
            resolution_steps: self.steps(id)?,
            conversations: self.conversations(id)?,
            timeline_events: self.timeline(id)?,
        })
    }

    /// Counts what goes with an issue when it is deleted, by table.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn counts_below(&self, id: &IssueId) -> Result<std::collections::BTreeMap<String, u64>, StoreError> {
        let tables = [
            "ai_conversations",
            "command_executions",
            "documents",
            "image_attachments",
            "log_files",
            "resolution_steps",
            "timeline_events",
        ];
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table} WHERE issue_id = ?1");
            let count = row::first(&self.conn, &sql, [id.as_str()], |row| Ok(row::unsigned(row.get(0)?)))?;
            Ok((table.to_owned(), count.unwrap_or(0)))
        };
        tables.into_iter().map(count).collect()
    }

    /// Refuses an issue that is not there, before SQLite refuses its child less clearly.
    pub(crate) fn expect_issue(&self, id: &IssueId) -> Result<(), StoreError> {
        row::first(&self.conn, "SELECT 1 FROM issues WHERE id = ?1", [id.as_str()], |_| Ok(()))?
            .ok_or_else(|| StoreError::NoSuch { what: "issue", given: id.to_string() })
    }
}

impl Tx<'_> {
    /// Inserts an issue; its status is `open`.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for an empty title.
    pub fn insert_issue(&self, new: &NewIssue) -> Result<Issue, StoreError> {
        check_title(&new.title)?;
        let id = IssueId::generate(self.clock(), self.entropy());
        let now = self.now();
        row::execute(
            &self.conn,
            "INSERT INTO issues (id, title, description, severity, status, category, source, created_at, updated_at,
                 assigned_to, tags) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10)",
            params![
                id.as_str(),
                new.title,
                new.description,
                new.severity.as_str(),
                Status::Open.as_str(),
                new.category,
                new.source,
                now,
                new.assigned_to,
                tags_json(&new.tags),
            ],
        )?;
        // What was just written, without reading it again: an import writes many.
        Ok(Issue {
            id,
            title: new.title.clone(),
            description: new.description.clone(),
            severity: new.severity,
            status: Status::Open,
            category: new.category.clone(),
            source: new.source.clone(),
            created_at: now.clone(),
            updated_at: now,
            resolved_at: None,
            assigned_to: new.assigned_to.clone(),
            tags: new.tags.clone(),
        })
    }

    /// Changes an issue. Resolving stamps `resolved_at`; opening it again clears that; closing keeps it.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`], and [`StoreError::Invalid`] for an empty title.
    pub fn edit_issue(&self, id: &IssueId, edit: &IssueEdit) -> Result<Issue, StoreError> {
        let mut issue = self.issue(id)?;
        let edit = edit.clone();
        let now = self.now();
        if let Some(title) = edit.title {
            check_title(&title)?;
            issue.title = title;
        }
        issue.description = edit.description.unwrap_or(issue.description);
        issue.severity = edit.severity.unwrap_or(issue.severity);
        issue.category = edit.category.unwrap_or(issue.category);
        issue.source = edit.source.unwrap_or(issue.source);
        issue.assigned_to = edit.assigned_to.unwrap_or(issue.assigned_to);
        issue.tags = edit.tags.unwrap_or(issue.tags);
        if let Some(status) = edit.status {
            issue.status = status;
            issue.resolved_at = match status {
                Status::Open | Status::Investigating => None,
                Status::Resolved => Some(issue.resolved_at.unwrap_or_else(|| now.clone())),
                Status::Closed => issue.resolved_at,
            };
        }
        row::execute(
            &self.conn,
            "UPDATE issues SET title = ?2, description = ?3, severity = ?4, status = ?5, category = ?6, source = ?7,
                 updated_at = ?8, resolved_at = ?9, assigned_to = ?10, tags = ?11 WHERE id = ?1",
            params![
                id.as_str(),
                issue.title,
                issue.description,
                issue.severity.as_str(),
                issue.status.as_str(),
                issue.category,
                issue.source,
                now,
                issue.resolved_at,
                issue.assigned_to,
                tags_json(&issue.tags),
            ],
        )?;
        issue.updated_at = now;
        Ok(issue)
    }

    /// Deletes an issue and everything below it; the audit trail stays.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn delete_issue(&self, id: &IssueId) -> Result<(), StoreError> {
        match row::execute(&self.conn, "DELETE FROM issues WHERE id = ?1", [id.as_str()])? {
            0 => Err(StoreError::NoSuch { what: "issue", given: id.to_string() }),
            _ => Ok(()),
        }
    }
}
