//! Cutting redacted text to size.

use crate::placeholder::{PLACEHOLDER_BYTES_MAX, Placeholder};

/// Returns the longest beginning of at most `bytes_max` bytes that splits neither a character nor a placeholder.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let end = text.floor_char_boundary(bytes_max);
    let from = text.floor_char_boundary(end.saturating_sub(PLACEHOLDER_BYTES_MAX));
    // The last bracket before the cut: a placeholder holds none but its first.
    let bracket = text[from..end].rfind('[').map(|at| from + at);
    let inside =
        bracket.filter(|at| Placeholder::parse_prefix(&text[*at..]).is_some_and(|(_, length)| at + length > end));
    &text[..inside.unwrap_or(end)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cut_spares_characters_and_placeholders() {
        let text = "é [Email_12] x";
        let expected =
            ["", "", "é", "é ", "é ", "é ", "é ", "é ", "é ", "é ", "é ", "é ", "é ", "é [Email_12]", "é [Email_12] "];
        for (bytes_max, wanted) in expected.iter().enumerate() {
            assert_eq!(cut(text, bytes_max), *wanted, "{bytes_max}");
        }
        assert_eq!(cut(text, text.len()), text);
        assert_eq!(cut("[thread_5]", 4), "[thr");
    }

    proptest! {
        #[test]
        fn a_cut_is_a_prefix_within_the_limit(text in "(\\[Email_[1-9]{1,9}\\]|é|€|a|\\[|_1\\]){0,12}", bytes_max in 0usize..80) {
            let short = cut(&text, bytes_max);
            prop_assert!(text.starts_with(short) && short.len() <= bytes_max);
            let lost = text.len() - short.len();
            prop_assert!(lost == 0 || bytes_max - short.len() < PLACEHOLDER_BYTES_MAX);
            // Every placeholder that begins in the kept part ends in it.
            for (at, _) in short.match_indices('[') {
                if let Some((_, length)) = Placeholder::parse_prefix(&text[at..]) {
                    prop_assert!(at + length <= short.len());
                }
            }
        }
    }
}
