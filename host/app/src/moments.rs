//! Texts in the timeline: its metadata are bounded, and no legitimate action may fail because of that.

/// Bytes that one text may have in an event's JSON, escapes included; its other fields take a few hundred of the
/// [`trcaa_model::timeline::METADATA_BYTES_MAX`].
const TEXT_JSON_BYTES_MAX: usize = 9_000;

/// Cuts a text, on a character boundary, to what an event's metadata can hold: a control character is six bytes there.
/// The text itself is stored whole elsewhere.
pub(crate) fn fitted(text: &str) -> &str {
    let mut bytes = 0;
    for (at, c) in text.char_indices() {
        bytes += match c {
            '"' | '\\' | '\u{8}' | '\t' | '\n' | '\u{c}' | '\r' => 2,
            '\0'..='\u{1f}' => 6,
            _ => c.len_utf8(),
        };
        if bytes > TEXT_JSON_BYTES_MAX {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn json_bytes(text: &str) -> usize {
        serde_json::Value::from(text).to_string().len() - 2
    }

    #[test]
    fn the_limit_is_that_of_the_escaped_text() {
        for (unit, fits) in
            [("a", 9_000), ("\u{1}", 1_500), ("\n", 4_500), ("ä", 4_500), ("\u{7f}", 9_000), ("🦀", 2_250)]
        {
            let exact = unit.repeat(fits);
            assert_eq!(json_bytes(&exact), TEXT_JSON_BYTES_MAX, "{unit:?}");
            assert_eq!(fitted(&exact), exact);
            assert_eq!(fitted(&format!("{exact}{unit}")), exact);
        }
    }

    #[test]
    fn any_text_is_cut_to_fit_and_no_shorter_than_needed() {
        proptest!(ProptestConfig::with_cases(64), |(text in "[\\x00-\\x1f\"\\\\aä🦀]{0,6000}")| {
            let kept = fitted(&text);
            prop_assert!(text.starts_with(kept) && json_bytes(kept) <= TEXT_JSON_BYTES_MAX);
            prop_assert!(kept.len() == text.len() || json_bytes(kept) > TEXT_JSON_BYTES_MAX - 6);
        });
    }
}
