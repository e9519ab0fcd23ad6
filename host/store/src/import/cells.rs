//! One cell of the source to one cell of ours: what is accepted, what is put in its place, and what is said of it.
//!
//! Nothing here trusts a declared type: any SQLite value may stand in any column.

use rusqlite::types::{Value, ValueRef};
use serde_json::Value as Json;
use trcaa_model::time;

use super::report::Reason;

/// Characters of an id.
const ID_CHARS_MAX: usize = 256;
/// Below this a number is seconds since the epoch, from it on milliseconds (the year 1973 in milliseconds).
const MILLISECONDS_MIN: i64 = 100_000_000_000;
/// Tags of one issue.
const TAGS_MAX: usize = 100;

/// A cell as the source has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    /// There is no such column.
    Missing,
    /// It is above the limit of its column, and was not read.
    TooLong,
    Null,
    Integer(i64),
    Real(f64),
    /// With U+FFFD for what was no UTF-8, which the mark tells.
    Text(String, bool),
    Blob(Vec<u8>),
}

impl Found {
    pub(super) fn read(value: ValueRef<'_>) -> Self {
        match value {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(number) => Self::Integer(number),
            ValueRef::Real(number) => Self::Real(number),
            ValueRef::Blob(bytes) => Self::Blob(bytes.to_vec()),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Self::Text(text.to_owned(), false),
                Err(_) => Self::Text(String::from_utf8_lossy(bytes).into_owned(), true),
            },
        }
    }

    /// Any value as text, and whether bytes were replaced; `None` where there is nothing.
    pub(super) fn text(&self) -> Option<(String, bool)> {
        match self {
            Self::Missing | Self::TooLong | Self::Null => None,
            Self::Integer(number) => Some((number.to_string(), false)),
            Self::Real(number) => Some((number.to_string(), false)),
            Self::Text(text, lossy) => Some((text.clone(), *lossy)),
            Self::Blob(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let lossy = matches!(text, std::borrow::Cow::Owned(_));
                Some((text.into_owned(), lossy))
            }
        }
    }

    /// Text that says something.
    pub(super) fn filled(&self) -> Option<String> {
        self.text().map(|(text, _)| text).filter(|text| !text.trim().is_empty())
    }

    /// A whole number, however it is written.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Real(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
                let whole = *number as i64;
                Some(whole)
            }
            Self::Text(text, _) => match text.trim().to_ascii_lowercase().as_str() {
                "true" => Some(1),
                "false" => Some(0),
                other => other.parse().ok(),
            },
            _ => None,
        }
    }
}

/// What a column of ours takes.
pub(super) enum Rule {
    /// A text that is an id.
    Id,
    /// The id of a row that is there.
    Parent(&'static str),
    /// The id of a row that is there, or nothing: so the schema has it.
    ParentOrNone(&'static str),
    /// One line; control characters become spaces.
    Line { chars_max: usize, default: Option<&'static str> },
    /// Any text.
    Text { default: Option<&'static str> },
    /// Any text; blank is none.
    TextOrNone,
    /// Any text; blank stays.
    Verbatim,
    /// One of some words, each with the other spellings that it has; else the last, which is said, or a refusal.
    Word { words: &'static [(&'static str, &'static [&'static str])], otherwise: Option<&'static str> },
    /// A whole number within bounds; without a default another is refused.
    Integer { min: i64, max: i64, default: Option<i64> },
    /// A whole number within bounds, or nothing.
    IntegerOrNone { min: i64, max: i64 },
    /// A finite number, or nothing.
    RealOrNone,
    /// 0 or 1.
    Flag { default: i64 },
    /// 0, 1 or nothing.
    FlagOrNone,
    /// A moment; else that of another column; else the import's.
    Stamp { or: Option<&'static str> },
    /// A moment or nothing.
    StampOrNone,
    /// A moment in milliseconds.
    Millis { or: Option<&'static str> },
    /// A JSON array of texts; also comes in as a list with commas.
    Tags,
    /// A JSON object of at most so many bytes; else an empty one, which is said.
    Object { bytes_max: usize },
    /// A JSON object; what is none is wrapped in one.
    Details,
    /// A sealed text; without its key the row comes over without it, or not at all.
    Sealed { required: bool, again: &'static str },
    /// Bytes. What they are is looked at by the table's own step.
    Blob,
    /// Set by the table's own step.
    Own,
}

/// A cell of ours.
pub(super) struct Taken {
    pub(super) value: Value,
    /// Whether it says something of the source's row: a moment that was made up does not.
    pub(super) telling: bool,
    pub(super) note: Option<Reason>,
}

fn said(value: impl Into<Value>, note: impl Into<Reason>) -> Taken {
    Taken { value: value.into(), telling: true, note: Some(note.into()) }
}

fn plain(value: impl Into<Value>) -> Taken {
    Taken { value: value.into(), telling: true, note: None }
}

/// What the other cells of the row and the import know.
pub(super) struct Around<'a> {
    pub(super) column: &'static str,
    pub(super) now: &'a str,
    pub(super) now_ms: i64,
    /// Another cell of the same row, made before.
    pub(super) other: Option<Value>,
}

/// Makes a cell of ours, or says why the whole row is refused.
pub(super) fn take(rule: &Rule, found: &Found, around: &Around<'_>) -> Result<Taken, Reason> {
    let column = around.column;
    if *found == Found::TooLong {
        return match rule {
            Rule::Line { .. } | Rule::Id | Rule::Parent(_) | Rule::Text { .. } => {
                Err(format!("{column} is too long").into())
            }
            _ => blank(rule, around)
                .map(|taken| Taken { note: Some(format!("{column} was too long and is left out").into()), ..taken }),
        };
    }
    match rule {
        Rule::Id | Rule::Parent(_) => id(found, column).map(plain),
        Rule::ParentOrNone(_) => match found.filled() {
            None => Ok(plain(Value::Null)),
            Some(_) => id(found, column).map(plain),
        },
        Rule::Line { chars_max, default } => line(found, *chars_max, *default, column),
        Rule::Text { default } => match (found.text(), default) {
            (Some((text, lossy)), _) => Ok(cleaned(text, lossy, column)),
            (None, Some(default)) => Ok(plain((*default).to_owned())),
            (None, None) => Err(format!("{column} is missing").into()),
        },
        Rule::TextOrNone | Rule::Verbatim => Ok(match found.text() {
            Some((text, _)) if matches!(rule, Rule::TextOrNone) && text.trim().is_empty() => plain(Value::Null),
            Some((text, lossy)) => cleaned(text, lossy, column),
            None => plain(Value::Null),
        }),
        Rule::Word { words, otherwise } => word(found, words, *otherwise, column),
        Rule::Integer { min, max, default } => match (found.integer().filter(|n| (*min..=*max).contains(n)), default) {
            (Some(number), _) => Ok(plain(number)),
            (None, Some(default)) if matches!(found, Found::Missing | Found::Null) => Ok(plain(*default)),
            (None, Some(default)) => {
                Ok(said(*default, format!("{column} was no number that it can be; {default} is put there")))
            }
            (None, None) => Err(format!("{column} is no number from {min} to {max}").into()),
        },
        Rule::IntegerOrNone { min, max } => Ok(match found.integer().filter(|n| (*min..=*max).contains(n)) {
            Some(number) => plain(number),
            None if found.filled().is_none() => plain(Value::Null),
            None => said(Value::Null, format!("{column} was no number that it can be and is left out")),
        }),
        Rule::RealOrNone => Ok(match found {
            Found::Real(number) if number.is_finite() => plain(*number),
            #[expect(clippy::cast_precision_loss, reason = "what a temperature or confidence is, is exact")]
            Found::Integer(number) => plain(*number as f64),
            Found::Text(text, _) => match text.trim().parse::<f64>().ok().filter(|n| n.is_finite()) {
                Some(number) => plain(number),
                None if text.trim().is_empty() => plain(Value::Null),
                None => said(Value::Null, format!("{column} was no number and is left out")),
            },
            Found::Missing | Found::Null => plain(Value::Null),
            _ => said(Value::Null, format!("{column} was no number and is left out")),
        }),
        Rule::Flag { default } => Ok(match found.integer() {
            Some(number) => plain(i64::from(number != 0)),
            None if found.filled().is_none() => plain(*default),
            None => said(*default, format!("{column} was neither 0 nor 1; {default} is put there")),
        }),
        Rule::FlagOrNone => Ok(plain(found.integer().map_or(Value::Null, |number| i64::from(number != 0).into()))),
        Rule::Stamp { .. } => Ok(match (moment(found), &around.other) {
            (Some(seconds), _) => plain(stamped(seconds)),
            (None, Some(Value::Text(other))) if found.filled().is_none() => plain(other.clone()),
            _ => Taken {
                telling: false,
                ..said(around.now.to_owned(), format!("{column} was no moment; that of the import is put there"))
            },
        }),
        Rule::StampOrNone => Ok(match moment(found) {
            Some(seconds) => plain(stamped(seconds)),
            None if found.filled().is_none() => plain(Value::Null),
            None => said(Value::Null, format!("{column} was no moment and is left out")),
        }),
        Rule::Millis { .. } => Ok(match (millis(found), &around.other) {
            (Some(ms), _) => plain(ms),
            (None, Some(Value::Integer(other))) if found.filled().is_none() => plain(*other),
            _ => Taken {
                telling: false,
                ..said(around.now_ms, format!("{column} was no moment; that of the import is put there"))
            },
        }),
        Rule::Tags => Ok(tags(found)),
        Rule::Object { bytes_max } => Ok(object(found, *bytes_max, column)),
        Rule::Details => Ok(details(found, column)),
        Rule::Blob => Ok(match found {
            Found::Blob(bytes) if !bytes.is_empty() => plain(bytes.clone()),
            _ => plain(Value::Null),
        }),
        Rule::Sealed { .. } | Rule::Own => Ok(plain(Value::Null)),
    }
}

/// The cell that an absent one becomes.
fn blank(rule: &Rule, around: &Around<'_>) -> Result<Taken, Reason> {
    let around = Around { other: around.other.clone(), ..*around };
    take(rule, &Found::Null, &around)
}

fn id(found: &Found, column: &str) -> Result<Value, Reason> {
    match found.text() {
        None => Err(format!("{column} is missing").into()),
        Some((text, true)) if !text.is_empty() => Err(format!("{column} is no UTF-8").into()),
        Some((text, _)) if text.trim().is_empty() => Err(format!("{column} is missing").into()),
        Some((text, _)) if text.chars().count() > ID_CHARS_MAX => Err(format!("{column} is too long").into()),
        Some((text, _)) if text.chars().any(char::is_control) => {
            Err(format!("{column} holds control characters").into())
        }
        Some((text, _)) => Ok(text.into()),
    }
}

fn line(found: &Found, chars_max: usize, default: Option<&'static str>, column: &str) -> Result<Taken, Reason> {
    let Some((text, lossy)) = found.text().filter(|(text, _)| !text.trim().is_empty()) else {
        return match default {
            Some("") => Ok(plain(String::new())),
            Some(default) => Ok(said(default.to_owned(), format!("{column} was empty; {default:?} is put there"))),
            None => Err(format!("{column} is missing").into()),
        };
    };
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() > chars_max {
        let cut: String = clean.chars().take(chars_max).collect();
        return Ok(said(cut, format!("{column} was cut to {chars_max} characters")));
    }
    Ok(match (lossy, clean == text) {
        (true, _) => said(clean, format!("{column} was no UTF-8; what was not is replaced")),
        (false, false) => said(clean, format!("{column} held control characters; spaces are put there")),
        (false, true) => plain(clean),
    })
}

/// Text as it is, but for NUL, at which SQLite's functions stop reading.
fn cleaned(text: String, lossy: bool, column: &str) -> Taken {
    if text.contains('\0') {
        return said(text.replace('\0', "\u{fffd}"), format!("{column} held NUL characters, which are replaced"));
    }
    if lossy {
        return said(text, format!("{column} was no UTF-8; what was not is replaced"));
    }
    plain(text)
}

fn word(
    found: &Found,
    words: &[(&'static str, &[&'static str])],
    otherwise: Option<&'static str>,
    column: &str,
) -> Result<Taken, Reason> {
    let given = found.filled().map(|text| text.trim().to_ascii_lowercase().replace(['-', ' '], "_"));
    let known = given.as_deref().and_then(|given| {
        words.iter().find(|(word, also)| *word == given || also.contains(&given)).map(|(word, _)| *word)
    });
    match (known, otherwise, given) {
        (Some(word), _, _) => Ok(plain(word.to_owned())),
        (None, Some(word), None) => Ok(plain(word.to_owned())),
        (None, Some(word), Some(_)) => {
            Ok(said(word.to_owned(), format!("{column} was an unknown word; {word:?} is put there")))
        }
        (None, None, None) => Err(format!("{column} is missing").into()),
        (None, None, Some(_)) => {
            let allowed = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
            Err(format!("{column} is none of {allowed}").into())
        }
    }
}

/// Seconds since the epoch: a stamp in any form that a version wrote, or a number.
fn moment(found: &Found) -> Option<i64> {
    let text = found.filled()?;
    time::parse(&text)
        .or_else(|| found.integer().map(|number| if number >= MILLISECONDS_MIN { number / 1000 } else { number }))
        .filter(|seconds| (0..=253_402_300_799).contains(seconds))
}

fn millis(found: &Found) -> Option<i64> {
    match found.integer() {
        Some(number) if number >= MILLISECONDS_MIN => (number <= 253_402_300_799_999).then_some(number),
        _ => moment(found).map(|seconds| seconds * 1000),
    }
}

fn stamped(seconds: i64) -> String {
    time::stamp(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000))
}

fn tags(found: &Found) -> Taken {
    let Some(text) = found.filled() else { return plain("[]".to_owned()) };
    let words: Vec<String> = match serde_json::from_str(&text) {
        Ok(Json::Array(items)) => items
            .into_iter()
            .map(|item| match item {
                Json::String(text) => text,
                other => other.to_string(),
            })
            .collect(),
        Ok(Json::String(one)) => vec![one],
        _ => text.split(',').map(|word| word.trim().to_owned()).collect(),
    };
    let mut words: Vec<String> = words.into_iter().filter(|word| !word.trim().is_empty()).collect();
    let count = words.len();
    words.truncate(TAGS_MAX);
    let array = Json::from(words).to_string();
    if count > TAGS_MAX { said(array, format!("of its tags the first {TAGS_MAX} came over")) } else { plain(array) }
}

fn object(found: &Found, bytes_max: usize, column: &str) -> Taken {
    let Some(text) = found.filled() else { return plain("{}".to_owned()) };
    match serde_json::from_str(&text) {
        Ok(Json::Object(_)) if text.len() <= bytes_max => plain(text),
        Ok(Json::Object(_)) => {
            said("{}".to_owned(), format!("{column} has more than {bytes_max} bytes and is left out"))
        }
        _ => said("{}".to_owned(), format!("{column} was no JSON object and is left out")),
    }
}

fn details(found: &Found, column: &str) -> Taken {
    let Some(text) = found.filled() else { return plain(Value::Null) };
    match serde_json::from_str(&text) {
        Ok(Json::Object(_)) => plain(text),
        _ => said(
            serde_json::json!({"text": text}).to_string(),
            format!("{column} was no JSON object and is wrapped in one"),
        ),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn taken(rule: &Rule, found: Found) -> (Value, bool) {
        let around = Around { column: "c", now: "2026-01-01 00:00:00", now_ms: 1, other: None };
        let taken = take(rule, &found, &around).unwrap();
        (taken.value, taken.note.is_some())
    }

    fn text(text: &str) -> Found {
        Found::Text(text.to_owned(), false)
    }

    #[test]
    fn moments_come_in_every_form_that_was_written() {
        let expected = Value::Text("2024-05-06 07:08:09".to_owned());
        for found in [
            text("2024-05-06 07:08:09"),
            text("2024-05-06 07:08:09 UTC"),
            text("2024-05-06T07:08:09.5Z"),
            text("2024-05-06T09:08:09+02:00"),
            Found::Integer(1_714_979_289),
            Found::Integer(1_714_979_289_999),
            text("1714979289"),
        ] {
            assert_eq!(taken(&Rule::Stamp { or: None }, found.clone()), (expected.clone(), false), "{found:?}");
        }
        let ms = Value::Integer(1_714_979_289_000);
        for found in [text("2024-05-06 07:08:09 UTC"), Found::Integer(1_714_979_289_000), Found::Integer(1_714_979_289)]
        {
            assert_eq!(taken(&Rule::Millis { or: None }, found), (ms.clone(), false));
        }
        for found in [text("yesterday"), Found::Blob(vec![0xff]), Found::Integer(i64::MIN), Found::Real(f64::NAN)] {
            assert_eq!(taken(&Rule::Stamp { or: None }, found), (Value::Text("2026-01-01 00:00:00".to_owned()), true));
        }
    }

    #[test]
    fn tags_come_in_every_form_that_was_written() {
        for (given, expected) in [
            ("", "[]"),
            ("[]", "[]"),
            ("[\"a\",\"b c\"]", "[\"a\",\"b c\"]"),
            ("a, b c,", "[\"a\",\"b c\"]"),
            ("[1,null]", "[\"1\",\"null\"]"),
            ("\"one\"", "[\"one\"]"),
            ("{broken", "[\"{broken\"]"),
        ] {
            assert_eq!(taken(&Rule::Tags, text(given)).0, Value::Text(expected.to_owned()), "{given}");
        }
        assert_eq!(taken(&Rule::Tags, Found::Null).0, Value::Text("[]".to_owned()));
    }

    #[test]
    fn what_is_replaced_is_said() {
        assert_eq!(taken(&Rule::Verbatim, text("a\0b")), (Value::Text("a\u{fffd}b".to_owned()), true));
        let line = Rule::Line { chars_max: 3, default: Some("none") };
        assert_eq!(taken(&line, text("a\nb")), (Value::Text("a b".to_owned()), true));
        assert_eq!(taken(&line, text("äöüß")), (Value::Text("äöü".to_owned()), true));
        assert_eq!(taken(&line, Found::Null), (Value::Text("none".to_owned()), true));
        assert_eq!(taken(&line, Found::Integer(7)), (Value::Text("7".to_owned()), false));
        assert_eq!(taken(&Rule::Flag { default: 1 }, text("true")), (Value::Integer(1), false));
        assert_eq!(taken(&Rule::Details, text("free")), (Value::Text("{\"text\":\"free\"}".to_owned()), true));
    }
}
