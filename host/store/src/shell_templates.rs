//! `shell_commands`: lines with places to fill in.

use serde::Serialize;

use crate::{Store, StoreError, row};

const COLUMNS: &str = "id, command_template, tier, description, category, created_at";
/// Most rows of the list.
const ROWS_MAX: u32 = 10_000;

/// A row of `shell_commands`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShellTemplate {
    /// Row id; of those that come with the product a name such as `kubectl-get`.
    pub id: String,
    /// The line, with places such as `{namespace}`.
    pub command_template: String,
    /// The least tier that it runs under.
    pub tier: u8,
    /// What it is for.
    pub description: Option<String>,
    /// `kubectl`, `proxmox` or `general`.
    pub category: String,
    /// `YYYY-MM-DD HH:MM:SS`, UTC.
    pub created_at: String,
}

fn template_of(row: &rusqlite::Row<'_>) -> Result<ShellTemplate, StoreError> {
    Ok(ShellTemplate {
        id: row.get(0)?,
        command_template: row.get(1)?,
        tier: row.get(2)?,
        description: row.get(3)?,
        category: row.get(4)?,
        created_at: row.get(5)?,
    })
}

impl Store {
    /// Lists the templates by category and id.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn shell_templates(&self) -> Result<Vec<ShellTemplate>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM shell_commands ORDER BY category, id LIMIT ?1");
        row::all(&self.conn, &sql, [ROWS_MAX], template_of)
    }

    /// Finds a template by its id.
    ///
    /// # Errors
    /// [`StoreError::NoSuch`].
    pub fn shell_template(&self, id: &str) -> Result<ShellTemplate, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM shell_commands WHERE id = ?1");
        row::first(&self.conn, &sql, [id], template_of)?
            .ok_or_else(|| StoreError::NoSuch { what: "template", given: id.to_owned() })
    }
}
