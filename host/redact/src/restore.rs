//! Restoring: placeholders of an issue become their values again, on the analyst's machine only.
//!
//! Invariant: one pass; a value that looks like a placeholder is not looked into again.

use crate::placeholder::Placeholder;
use crate::pseudonym::Pseudonyms;

/// Returns the text with every placeholder that the issue knows replaced by its value; others stay.
pub fn restore(text: &str, pseudonyms: &Pseudonyms) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(bracket) = rest.find('[') {
        let (clear, from) = rest.split_at(bracket);
        out.push_str(clear);
        let known = Placeholder::parse_prefix(from).and_then(|(found, length)| Some((pseudonyms.find(found)?, length)));
        let (text, length) = known.unwrap_or(("[", 1));
        out.push_str(text);
        rest = &from[length..];
    }
    out.push_str(rest);
    out
}
