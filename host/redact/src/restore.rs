//! Restoring: placeholders of an issue become their values again, on the analyst's machine only.
//!
//! Invariant: one pass; a value that looks like a placeholder is not looked into again. In Markdown that the host wrote
//! a placeholder stands as `\[Email_1\]`, which is restored as well.

use crate::placeholder::{PLACEHOLDER_BYTES_MAX, Placeholder};
use crate::pseudonym::Pseudonyms;

/// Returns the text with every placeholder that the issue knows replaced by its value; others stay.
pub fn restore(text: &str, pseudonyms: &Pseudonyms) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(bracket) = rest.find('[') {
        let (clear, from) = rest.split_at(bracket);
        out.push_str(clear);
        let known = Placeholder::parse_prefix(from).and_then(|(found, length)| Some((pseudonyms.find(found)?, length)));
        if let Some((value, length)) = known {
            out.push_str(value);
            rest = &from[length..];
        } else if out.ends_with('\\')
            && let Some((value, length)) = escaped(from, pseudonyms)
        {
            out.pop();
            out.push_str(value);
            rest = &from[length..];
        } else {
            out.push('[');
            rest = &from[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The value behind a placeholder whose closing bracket is escaped, and how long that is.
fn escaped<'p>(from: &str, pseudonyms: &'p Pseudonyms) -> Option<(&'p str, usize)> {
    let end = from.bytes().take(PLACEHOLDER_BYTES_MAX).position(|byte| byte == b'\\')?;
    let (inner, tail) = from.split_at(end);
    if !tail.starts_with("\\]") {
        return None;
    }
    let whole = format!("{inner}]");
    let (found, length) = Placeholder::parse_prefix(&whole)?;
    let value = pseudonyms.find(found).filter(|_| length == whole.len())?;
    Some((value, end + 2))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_restored_also_where_markdown_escapes_them() {
        let mut all = Pseudonyms::default();
        all.placeholder_for("Email", "a@b.co").unwrap();
        all.placeholder_for("Password", "[Email_1]").unwrap();
        for (text, expected) in [
            ("to [Email_1].", "to a@b.co."),
            ("to \\[Email_1\\].", "to a@b.co."),
            ("[Password_1]", "[Email_1]"),
            ("\\[Email_2\\] \\[Email_1] [Email_1\\] \\[x\\] [", "\\[Email_2\\] \\a@b.co [Email_1\\] \\[x\\] ["),
            ("[[Email_1]]", "[a@b.co]"),
        ] {
            assert_eq!(restore(text, &all), expected);
        }
    }
}
