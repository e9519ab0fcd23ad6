//! The pseudonyms of one issue: which placeholder stands for which value.
//!
//! Owns: numbering, and finding either side. Must not know: where rows are stored or how they are encrypted.
//! Invariants: one value, one placeholder, for the life of the issue; an ordinal is never given twice.
//!
//! Values are compared byte by byte, those of e-mail addresses and host names without ASCII case. Restoring yields the
//! spelling that was seen first.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use crate::placeholder::{Placeholder, placeholder_name};

/// One row of an issue's pseudonym table.
#[derive(Clone, PartialEq, Eq)]
pub struct Pseudonym {
    /// The name in the placeholder, as `IPv4`.
    pub label: String,
    /// Counts the values of that name, from 1.
    pub ordinal: u32,
    /// The value in clear.
    pub value: String,
}

impl Pseudonym {
    /// Returns the placeholder that stands for the value.
    pub fn placeholder(&self) -> Placeholder<'_> {
        Placeholder { name: &self.label, ordinal: self.ordinal }
    }

    /// Returns the form of the value that is unique within an issue, for a keyed digest in a store.
    pub fn key(&self) -> Cow<'_, str> {
        key_of(&self.label, &self.value)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {} bytes", self.placeholder(), self.value.len())
    }
}

/// Why rows are no pseudonym table, or why it cannot grow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PseudonymError {
    /// A label that cannot be in a placeholder, or an ordinal of zero.
    #[error("stored pseudonym {label:?} number {ordinal} is not of the form of a placeholder")]
    Malformed {
        /// The label as stored.
        label: String,
        /// The ordinal as stored.
        ordinal: u32,
    },
    /// Two rows with one placeholder, or two with one value.
    #[error("stored pseudonym {label:?} number {ordinal} clashes with another row")]
    Clash {
        /// The label as stored.
        label: String,
        /// The ordinal as stored.
        ordinal: u32,
    },
    /// Every ordinal of a name is taken.
    #[error("no number is left for pseudonyms {label:?}")]
    Exhausted {
        /// The name that is used up.
        label: String,
    },
}

/// Who gives out placeholders while text is replaced.
pub trait Numbering {
    /// Returns the placeholder of a value, a new one if it has none yet.
    ///
    /// # Errors
    /// `Exhausted` after 4,294,967,295 values of one name.
    fn placeholder_for(&mut self, label: &str, value: &str) -> Result<Placeholder<'_>, PseudonymError>;

    /// Tells whether it gave out this placeholder.
    fn gave(&self, placeholder: Placeholder<'_>) -> bool;
}

/// All pseudonyms of one issue.
#[derive(Clone, Default)]
pub struct Pseudonyms {
    rows: Vec<Pseudonym>,
    by_key: HashMap<String, usize>,
    by_name: HashMap<String, HashMap<u32, usize>>,
    last_ordinal: HashMap<String, u32>,
    saved: usize,
}

impl Pseudonyms {
    /// Makes the table of an issue from its stored rows, in any order.
    ///
    /// # Errors
    /// A row that is malformed or clashes with another.
    pub fn from_rows(rows: impl IntoIterator<Item = Pseudonym>) -> Result<Self, PseudonymError> {
        let mut all = Self::default();
        for row in rows {
            let text = row.placeholder().to_string();
            if Placeholder::parse_prefix(&text) != Some((row.placeholder(), text.len())) {
                return Err(PseudonymError::Malformed { label: row.label, ordinal: row.ordinal });
            }
            if all.by_key.contains_key(&*row.key()) || all.find(row.placeholder()).is_some() {
                return Err(PseudonymError::Clash { label: row.label, ordinal: row.ordinal });
            }
            all.insert(row);
        }
        all.saved = all.rows.len();
        Ok(all)
    }

    /// Returns the placeholder of a value, a new one if it has none yet.
    ///
    /// # Errors
    /// `Exhausted` after 4,294,967,295 values of one name.
    pub fn placeholder_for(&mut self, label: &str, value: &str) -> Result<Placeholder<'_>, PseudonymError> {
        let name = placeholder_name(label);
        let known = self.by_key.get(&*key_of(&name, value)).copied();
        let index = match known {
            Some(index) => index,
            None => {
                let ordinal = self.last_ordinal.get(&name).copied().unwrap_or(0).checked_add(1);
                let ordinal = ordinal.ok_or_else(|| PseudonymError::Exhausted { label: name.clone() })?;
                self.insert(Pseudonym { label: name, ordinal, value: value.to_owned() })
            }
        };
        Ok(self.rows[index].placeholder())
    }

    /// Returns the value behind a placeholder, if the issue has it.
    pub fn find(&self, placeholder: Placeholder<'_>) -> Option<&str> {
        let index = self.by_name.get(placeholder.name)?.get(&placeholder.ordinal)?;
        self.rows.get(*index).map(|row| row.value.as_str())
    }

    /// Lists all rows, in the order they were made or read.
    pub fn rows(&self) -> &[Pseudonym] {
        &self.rows
    }

    /// Lists the rows that are not stored yet, in the order they were made.
    pub fn unsaved(&self) -> &[Pseudonym] {
        self.rows.get(self.saved..).unwrap_or(&[])
    }

    /// Notes that every row is stored.
    pub fn mark_saved(&mut self) {
        self.saved = self.rows.len();
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no value yet.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn insert(&mut self, row: Pseudonym) -> usize {
        let index = self.rows.len();
        self.by_key.insert(row.key().into_owned(), index);
        self.by_name.entry(row.label.clone()).or_default().insert(row.ordinal, index);
        let last = self.last_ordinal.entry(row.label.clone()).or_default();
        *last = row.ordinal.max(*last);
        self.rows.push(row);
        index
    }
}

impl Numbering for Pseudonyms {
    fn placeholder_for(&mut self, label: &str, value: &str) -> Result<Placeholder<'_>, PseudonymError> {
        Self::placeholder_for(self, label, value)
    }

    fn gave(&self, placeholder: Placeholder<'_>) -> bool {
        self.find(placeholder).is_some()
    }
}

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms({} values, {} unsaved)", self.rows.len(), self.unsaved().len())
    }
}

/// Whether values of that name are compared without ASCII case.
pub(crate) fn folds(name: &str) -> bool {
    matches!(name, "Email" | "Hostname")
}

pub(crate) fn key_of<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if folds(name) && value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(value.to_ascii_lowercase())
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn row(label: &str, ordinal: u32, value: &str) -> Pseudonym {
        Pseudonym { label: label.to_owned(), ordinal, value: value.to_owned() }
    }

    #[test]
    fn one_value_keeps_its_placeholder_and_new_values_count_on() {
        let mut all = Pseudonyms::default();
        let mut ask = |label: &str, value: &str| all.placeholder_for(label, value).unwrap().to_string();
        assert_eq!(ask("Ipv4", "10.0.0.1"), "[IPv4_1]");
        assert_eq!(ask("Ipv4", "10.0.0.2"), "[IPv4_2]");
        assert_eq!(ask("Ipv4", "10.0.0.1"), "[IPv4_1]");
        assert_eq!(ask("Email", "Ada@Example.org"), "[Email_1]");
        assert_eq!(ask("Email", "ada@example.ORG"), "[Email_1]");
        assert_eq!(ask("Password", "Secret"), "[Password_1]");
        assert_eq!(ask("Password", "secret"), "[Password_2]");
        // The same value under another label is the same value.
        assert_eq!(ask("ApiKey", "secret"), "[Password_2]");
    }

    #[test]
    fn stored_rows_are_continued_and_only_new_ones_are_unsaved() {
        let mut all = Pseudonyms::from_rows([row("Email", 7, "a@b.co"), row("Email", 2, "c@d.co")]).unwrap();
        assert_eq!(all.placeholder_for("Email", "A@B.co").unwrap().to_string(), "[Email_7]");
        assert!(all.unsaved().is_empty());
        assert_eq!(all.placeholder_for("Email", "new@b.co").unwrap().to_string(), "[Email_8]");
        assert_eq!(all.unsaved(), [row("Email", 8, "new@b.co")]);
        all.mark_saved();
        assert!(all.unsaved().is_empty());
    }

    #[test]
    fn rows_that_are_no_table_are_refused() {
        let refused = |rows: Vec<Pseudonym>| Pseudonyms::from_rows(rows).unwrap_err();
        assert!(matches!(refused(vec![row("email", 1, "x")]), PseudonymError::Malformed { .. }));
        assert!(matches!(refused(vec![row("Email", 0, "x")]), PseudonymError::Malformed { .. }));
        assert!(matches!(refused(vec![row("Email", 1, "x"), row("Email", 1, "y")]), PseudonymError::Clash { .. }));
        assert!(matches!(refused(vec![row("Email", 1, "x"), row("Email", 2, "X")]), PseudonymError::Clash { .. }));
    }

    #[test]
    fn the_last_ordinal_is_given_once() {
        let mut all = Pseudonyms::from_rows([row("Email", u32::MAX, "x")]).unwrap();
        assert!(matches!(all.placeholder_for("Email", "y"), Err(PseudonymError::Exhausted { .. })));
    }

    #[test]
    fn debug_shows_no_value() {
        let mut all = Pseudonyms::default();
        all.placeholder_for("Password", "canary").unwrap();
        assert!(!format!("{all:?} {:?}", all.unsaved()).contains("canary"));
    }
}
