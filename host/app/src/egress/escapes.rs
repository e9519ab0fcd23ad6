//! Spans in JSON that is about to leave: none may begin or end within an escape, or what is left is no JSON any more.

use serde::de::IgnoredAny;
use trcaa_model::pii::Span;

/// Backslashes in a row that are looked at; more of them are nobody's text.
const BACKSLASHES_MAX: usize = 4_096;
/// Longest escape, `\u0041`.
const ESCAPE_BYTES_MAX: usize = 6;

/// Whether it is one JSON value.
pub(crate) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Widens a span to whole escapes: `\njohn@x.org` is a line break and an address, and a detector sees `njohn@x.org`.
pub(crate) fn widen(text: &str, span: &mut Span) {
    let at = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    if let Some((start, _)) = escape_across(text.as_bytes(), at(span.start)) {
        span.start = start as u64;
    }
    if let Some((_, end)) = escape_across(text.as_bytes(), at(span.end)) {
        span.end = end as u64;
    }
}

/// The escape that begins before `place` and ends after it.
fn escape_across(text: &[u8], place: usize) -> Option<(usize, usize)> {
    let first = place.saturating_sub(ESCAPE_BYTES_MAX - 1);
    for begin in (first..place).rev() {
        if text.get(begin) != Some(&b'\\') {
            continue;
        }
        let before = text.get(..begin)?.iter().rev().take(BACKSLASHES_MAX).take_while(|byte| **byte == b'\\').count();
        if before % 2 == 1 {
            continue;
        }
        let length = if text.get(begin + 1) == Some(&b'u') { ESCAPE_BYTES_MAX } else { 2 };
        return (begin + length > place).then(|| (begin, (begin + length).min(text.len())));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widened(text: &str, found: &str) -> String {
        let start = text.find(found).expect("it is in there");
        let mut span = Span {
            start: start as u64,
            end: (start + found.len()) as u64,
            label: "Email".into(),
            confidence: 1.0,
            detector: "test".into(),
        };
        widen(text, &mut span);
        let range = usize::try_from(span.start).expect("small")..usize::try_from(span.end).expect("small");
        text.get(range).expect("on character boundaries").to_owned()
    }

    #[test]
    fn a_span_takes_the_escapes_that_it_cuts() {
        for (text, found, expected) in [
            (r#"{"a":"x\njohn@x.org y"}"#, "njohn@x.org", r"\njohn@x.org"),
            (r#"{"a":"x\\njohn@x.org y"}"#, "njohn@x.org", "njohn@x.org"),
            (r#"{"a":"x\\\njohn@x.org y"}"#, "njohn@x.org", r"\njohn@x.org"),
            (r#"{"a":"\u000ajohn@x.org"}"#, "ajohn@x.org", r"\u000ajohn@x.org"),
            (r#"{"a":"\u000ajohn@x.org"}"#, "john@x.org", "john@x.org"),
            (r#"{"a":"pw=abc\"rest"}"#, r"abc\", r#"abc\""#),
            (r#"{"a":"pw=abc\u00e9rest"}"#, r"abc\u00", r"abc\u00e9"),
            (r#"{"a":"plain"}"#, "plain", "plain"),
        ] {
            assert_eq!(widened(text, found), expected, "{text} {found}");
        }
    }

    #[test]
    fn only_whole_json_counts_as_json() {
        assert!(is_json(" {\"a\":1}") && is_json("[1]"));
        for text in ["", "1", "{\"a\":", "{\"a\":\"\\[\"}", "text"] {
            assert!(!is_json(text), "{text}");
        }
    }
}
