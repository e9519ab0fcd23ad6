//! Placeholders of a source, such as `[Email_1]`: which of them stand here for what they stood for there.
//!
//! Owns: the form of a placeholder, as this crate has to know it, and what is said of a row whose placeholders would
//! restore to another value here. Must not know: how a row is read or written.
//!
//! Invariants:
//! 1. A text whose placeholder stands for another value in the store, or may do so, does not come over. It is refused,
//!    never rewritten: a wrong value would be shown as if it had been there.
//! 2. What comes over into `issue_pseudonyms` is what the redactor takes when it reads an issue's rows: one row that it
//!    does not take would make the whole issue unusable.
//!
//! The table of pseudonyms is read before every table whose texts have placeholders.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use rusqlite::types::Value;
use serde_json::Value as Json;
use trcaa_model::id::IssueId;

use super::Importer;
use super::cells::Rule;
use super::report::Outcome;
use super::rows::{Incoming, Made, Making, Stop};
use super::tables::Table;
use crate::keys::Purpose;
use crate::{StoreError, pseudonyms, row};

/// The table that this module follows.
const TABLE: &str = "issue_pseudonyms";
/// Longest label, as in `host/redact/src/placeholder.rs`.
const LABEL_BYTES_MAX: usize = 32;
/// Digits of the largest number, as there.
const ORDINAL_DIGITS_MAX: usize = 10;
/// Longest placeholder in bytes, as there.
pub(super) const PLACEHOLDER_BYTES_MAX: usize = LABEL_BYTES_MAX + ORDINAL_DIGITS_MAX + 3;
/// The largest number that comes over. Numbers are given out from the largest on, so one near the end of their range
/// would leave none.
pub(super) const ORDINAL_MAX: i64 = 10_000_000;
/// What is said of a text.
const OTHERS: &str = "a placeholder in it stands for another value here, or may do so";
/// What is said of a span.
const STRIPPED: &str = "it belongs to a redacted copy that did not come over";
/// What was seen of the pseudonyms of a source.
#[derive(Default)]
pub(super) struct Placeholders {
    seen: RefCell<HashMap<String, Issue>>,
    /// Logs that came over without their redacted copy.
    stripped: RefCell<HashSet<String>>,
}

/// One issue's.
#[derive(Default)]
struct Issue {
    /// Stand here for what they stood for there.
    same: HashSet<String>,
    /// Do not, by the source's rows.
    clashed: HashSet<String>,
    /// What stands for a value, by a keyed hash of the form in which the redactor compares it.
    given: Option<HashMap<String, String>>,
    /// The value of the row at hand, to be added once it is stored.
    pending: Option<(String, String)>,
    /// Placeholders that no text may have; known once all pseudonyms are read.
    others: Option<Rc<HashSet<String>>>,
}

/// The placeholder that `text` begins with: `[`, a capital, letters and digits, `_`, a number without leading zeros, `]`.
fn prefix(text: &[u8]) -> Option<&str> {
    let inner = text.strip_prefix(b"[")?;
    if !inner.first()?.is_ascii_uppercase() {
        return None;
    }
    let label = inner.iter().take(LABEL_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let digits = inner.get(label..)?.strip_prefix(b"_")?;
    let count = digits.iter().take(ORDINAL_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    let fits = label <= LABEL_BYTES_MAX && (1..=ORDINAL_DIGITS_MAX).contains(&count);
    if !fits || digits.first() == Some(&b'0') || digits.get(count) != Some(&b']') {
        return None;
    }
    std::str::from_utf8(text.get(..label + count + 3)?).ok()
}

/// Whether one of the placeholders is in a text, or in a piece of one.
pub(super) fn any_in(text: &[u8], placeholders: &HashSet<String>) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'[', rest) {
        rest = rest.get(at..).unwrap_or_default();
        if prefix(rest).is_some_and(|found| placeholders.contains(found)) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

/// The form in which the redactor compares values, as in `host/redact/src/pseudonym.rs`.
fn compared(label: &str, value: &str) -> String {
    if matches!(label, "Email" | "Hostname") { value.to_ascii_lowercase() } else { value.to_owned() }
}

fn keyed(importer: &Importer<'_>, issue: &str, label: &str, value: &str) -> String {
    let key = importer.tx.derived_key(Purpose::PseudonymLookup);
    pseudonyms::value_mac(&key, &IssueId::from_stored(issue), &compared(label, value))
}

/// Looks at a pseudonym before it is stored: its form, and whether the issue has its value already.
pub(super) fn pseudonym(making: &mut Making<'_, '_>) -> Result<(), Stop> {
    let importer = making.importer;
    let value = making.secret("encrypted_value").map(String::from_utf8_lossy).unwrap_or_default().into_owned();
    let (issue, label) = (making.text("issue_id"), making.text("label"));
    let ordinal = match making.value("ordinal") {
        Some(Value::Integer(ordinal)) => *ordinal,
        _ => 0,
    };
    let placeholder = format!("[{label}_{ordinal}]");
    if prefix(placeholder.as_bytes()) != Some(placeholder.as_str()) {
        return Err(Stop::refused("its label and number are not of the form of a placeholder"));
    }
    if value.is_empty() {
        return Err(Stop::refused("it stands for nothing"));
    }
    let mut seen = importer.placeholders.seen.borrow_mut();
    let known = seen.entry(issue.clone()).or_default();
    let given = match &mut known.given {
        Some(given) => given,
        empty => {
            let stored = importer.tx.pseudonyms(&IssueId::from_stored(issue.as_str()))?;
            empty.insert(
                stored
                    .into_iter()
                    .map(|row| {
                        let key = keyed(importer, &issue, &row.label, row.value.expose());
                        (key, format!("[{}_{}]", row.label, row.ordinal))
                    })
                    .collect(),
            )
        }
    };
    let key = keyed(importer, &issue, &label, &value);
    match given.get(&key) {
        Some(same) if *same == placeholder => return Err(Stop::Row(Outcome::AlreadyThere, "".into())),
        Some(_) => {
            return Err(Stop::Row(Outcome::KeptOurs, "the issue has another placeholder for this value".into()));
        }
        None => known.pending = Some((key, placeholder)),
    }
    drop(seen);
    let mac = importer.tx.derived_key(Purpose::PseudonymLookup);
    making.set("value_mac", pseudonyms::value_mac(&mac, &IssueId::from_stored(issue), &value));
    Ok(())
}

/// Notes what became of a pseudonym.
pub(super) fn follow(importer: &Importer<'_>, table: &Table, incoming: &Incoming, outcome: Outcome) {
    if table.name != TABLE {
        return;
    }
    let text = |column: &str| incoming.get(column).text().map(|(text, _)| text).unwrap_or_default();
    let mut seen = importer.placeholders.seen.borrow_mut();
    let known = seen.entry(text("issue_id")).or_default();
    let pending = known.pending.take();
    if let (Outcome::Imported, Some((key, placeholder))) = (outcome, pending) {
        known.given.get_or_insert_default().insert(key, placeholder);
    }
    // What cannot be read as a placeholder is found in no text either.
    let Some(ordinal) = incoming.get("ordinal").integer() else { return };
    let placeholder = format!("[{}_{ordinal}]", text("label"));
    match outcome {
        Outcome::Imported | Outcome::AlreadyThere => known.same.insert(placeholder),
        Outcome::KeptOurs | Outcome::Refused => known.clashed.insert(placeholder),
    };
}

/// The placeholders that no text of the issue may have: those that clashed, and those of the store that the source did
/// not name with the same value.
pub(super) fn others(importer: &Importer<'_>, issue: &str) -> Result<Rc<HashSet<String>>, StoreError> {
    let mut seen = importer.placeholders.seen.borrow_mut();
    let known = seen.entry(issue.to_owned()).or_default();
    if let Some(others) = &known.others {
        return Ok(Rc::clone(others));
    }
    let sql = "SELECT label, ordinal FROM issue_pseudonyms WHERE issue_id = ?1";
    let stored = row::all(&importer.tx.conn, sql, [issue], |row| {
        Ok(format!("[{}_{}]", row.get::<_, String>(0)?, row.get::<_, i64>(1)?))
    })?;
    let mut others = known.clashed.clone();
    others.extend(stored.into_iter().filter(|placeholder| !known.same.contains(placeholder)));
    Ok(Rc::clone(known.others.insert(Rc::new(others))))
}

/// Notes that a log comes over without its redacted copy.
pub(super) fn strip(importer: &Importer<'_>, log: String) {
    importer.placeholders.stripped.borrow_mut().insert(log);
}

/// Refuses a row that is new to the store and has such a placeholder in one of its texts.
pub(super) fn expect_same(importer: &Importer<'_>, table: &Table, made: &Made) -> Result<(), Stop> {
    let cell = |name: &str| match made.values.get(table.columns.iter().position(|column| column.name == name)?) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let (parent, column) = match table.name {
        TABLE => return Ok(()),
        "ai_messages" | "ai_tool_calls" => ("ai_conversations", "conversation_id"),
        "document_revisions" => ("documents", "document_id"),
        "pii_spans" => ("log_files", "log_file_id"),
        _ => ("", "issue_id"),
    };
    let Some(id) = cell(column) else { return Ok(()) };
    if table.name == "pii_spans" && importer.placeholders.stripped.borrow().contains(id) {
        return Err(Stop::refused(STRIPPED));
    }
    let issue = if parent.is_empty() {
        Some(id.to_owned())
    } else {
        let sql = format!("SELECT issue_id FROM {parent} WHERE id = ?1");
        row::first(&importer.tx.conn, &sql, [id], |row| Ok(row.get::<_, String>(0)?))?
    };
    let Some(issue) = issue else { return Ok(()) };
    let others = others(importer, &issue)?;
    if others.is_empty() {
        return Ok(());
    }
    for (column, value) in table.columns.iter().zip(&made.values) {
        let Value::Text(text) = value else { continue };
        // A bracket can be escaped in JSON.
        let is_json = matches!(column.rule, Rule::Object { .. } | Rule::Details);
        let plain = if is_json { serde_json::from_str::<Json>(text).ok().map(|json| json.to_string()) } else { None };
        if any_in(text.as_bytes(), &others) || plain.is_some_and(|text| any_in(text.as_bytes(), &others)) {
            return Err(Stop::refused(OTHERS));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_form_of_a_placeholder_is_one() {
        let longest = format!("[E{}_4294967295]", "x".repeat(LABEL_BYTES_MAX - 1));
        assert_eq!(longest.len(), PLACEHOLDER_BYTES_MAX);
        for text in ["[Email_1]", "[IPv4_12]", longest.as_str()] {
            assert_eq!(prefix(format!("{text}]x").as_bytes()), Some(text));
            assert!(any_in(format!("[[ä {text}").as_bytes(), &HashSet::from([text.to_owned()])));
        }
        let long = format!("[E{}_1]", "x".repeat(LABEL_BYTES_MAX));
        for text in [
            "",
            "[",
            "[Email",
            "[Email_",
            "[Email_]",
            "[Email_0]",
            "[Email_01]",
            "[email_1]",
            "[_1]",
            "[E l_1]",
            "[E_1",
            &long,
        ] {
            assert_eq!(prefix(text.as_bytes()), None, "{text}");
        }
    }
}
