//! `plugin_asked`: which files of the drop-in folder the user was told of or asked about.
//!
//! Invariant: of one file at most [`OF_FILE_MAX`] rows are kept and of all [`ROWS_MAX`], the newest; what is forgotten is
//! told of or asked about anew.

use rusqlite::{Row, params};

use crate::{Store, StoreError, Tx, row};

/// Rows of one file: a file that is built again and again would leave one each time.
const OF_FILE_MAX: u32 = 8;
/// Rows in all: more than a full folder needs.
const ROWS_MAX: u32 = 1_024;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedAnswer {
    /// A line said that it is there; it asks where somebody can be asked.
    Told,
    /// It is no plugin that could run, and that was said.
    Refused,
    /// The user said no.
    No,
    /// The user said yes, or had enabled it by a command.
    Yes,
}

impl AskedAnswer {
    /// The text of `plugin_asked.answer`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Told => "told",
            Self::Refused => "refused",
            Self::No => "no",
            Self::Yes => "yes",
        }
    }
}

impl std::str::FromStr for AskedAnswer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "told" => Ok(Self::Told),
            "refused" => Ok(Self::Refused),
            "no" => Ok(Self::No),
            "yes" => Ok(Self::Yes),
            _ => Err(format!("unknown answer {text:?}")),
        }
    }
}

/// A row of `plugin_asked`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedFile {
    /// Name in the drop-in folder.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// When it was changed last, in nanoseconds; text, because SQLite's integers are shorter.
    pub modified_ns: String,
    /// SHA-256 hex of what was in it.
    pub sha256: String,
    /// What became of it.
    pub answer: AskedAnswer,
}

fn asked_of(row: &Row<'_>) -> Result<AskedFile, StoreError> {
    let file: String = row.get(0)?;
    let answer: String = row.get(4)?;
    Ok(AskedFile {
        bytes: row::unsigned(row.get(1)?),
        modified_ns: row.get(2)?,
        sha256: row.get(3)?,
        answer: row::parsed("plugin_asked", &file, &answer)?,
        file,
    })
}

impl Store {
    /// Lists files that the user was told of or asked about.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn plugins_asked(&self) -> Result<Vec<AskedFile>, StoreError> {
        let sql = "SELECT file, bytes, modified_ns, sha256, answer FROM plugin_asked ORDER BY file";
        row::all(&self.conn, sql, [], asked_of)
    }
}

impl Tx<'_> {
    /// Remembers what became of a file; what was known of the same bytes under that name is replaced.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn remember_asked(&self, asked: &AskedFile) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO plugin_asked (file, bytes, modified_ns, sha256, answer, asked_at)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let bytes = row::signed("size of a file", asked.bytes)?;
        let values = params![asked.file, bytes, asked.modified_ns, asked.sha256, asked.answer.as_str(), self.now()];
        row::execute(&self.conn, sql, values)?;
        // What is replaced gets a new row number, so that numbers stand in the order of asking.
        let sql = "DELETE FROM plugin_asked WHERE file = ?1 AND rowid NOT IN
                   (SELECT rowid FROM plugin_asked WHERE file = ?1 ORDER BY rowid DESC LIMIT ?2)";
        row::execute(&self.conn, sql, params![asked.file, OF_FILE_MAX])?;
        let sql = "DELETE FROM plugin_asked WHERE rowid NOT IN
                   (SELECT rowid FROM plugin_asked ORDER BY rowid DESC LIMIT ?1)";
        row::execute(&self.conn, sql, [ROWS_MAX])?;
        Ok(())
    }

    /// Forgets what became of a file that is gone; returns how many rows there were.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_asked_file(&self, file: &str) -> Result<usize, StoreError> {
        row::execute(&self.conn, "DELETE FROM plugin_asked WHERE file = ?1", [file])
    }

    /// Forgets what became of these bytes, whatever the file was called.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn forget_asked(&self, sha256: &str) -> Result<usize, StoreError> {
        row::execute(&self.conn, "DELETE FROM plugin_asked WHERE sha256 = ?1", [sha256])
    }
}
