//! The words of a query against a text: all of them, anywhere in it, upper and lower case alike.
//!
//! Texts of any size are looked through in linear time, whatever the words are. Letters are compared in lower case, by
//! Unicode's simple rules; words of ASCII letters are compared as such, which is how nearly every line of a log is.

use memchr::memmem::Finder;

/// Characters of a query that count; nobody types more, and each word costs a look-up.
pub(crate) const QUERY_CHARS_MAX: usize = 1_000;
/// Words of a query that count.
pub(crate) const WORDS_MAX: usize = 32;
/// Characters of a snippet before the match, and in all.
const SNIPPET_CHARS_BEFORE: usize = 40;
const SNIPPET_CHARS_MAX: usize = 160;

/// A query, cleaned: control characters separate words.
pub(crate) fn words_of(query: &str) -> Vec<String> {
    let clean: String = query.chars().take(QUERY_CHARS_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.split_whitespace().take(WORDS_MAX).map(str::to_owned).collect()
}

/// The words, ready to be looked for.
pub(crate) struct Words {
    /// Lower case, the longest first: it is the rarest, as a rule.
    ascii: Vec<Finder<'static>>,
    /// Lower case.
    others: Vec<String>,
}

impl Words {
    /// `None` where there is no word.
    pub(crate) fn new(query: &str) -> Option<Self> {
        let (mut ascii, others): (Vec<String>, Vec<String>) =
            words_of(query).iter().map(|word| word.to_lowercase()).partition(|word| word.is_ascii());
        if ascii.is_empty() && others.is_empty() {
            return None;
        }
        ascii.sort_by_key(|word| std::cmp::Reverse(word.len()));
        Some(Self { ascii: ascii.iter().map(|word| Finder::new(word).into_owned()).collect(), others })
    }

    /// Finds where the first word begins in `text`, given the same text with its ASCII letters in lower case, if all
    /// words are in it.
    pub(crate) fn find(&self, text: &[u8], lower: &[u8]) -> Option<usize> {
        let mut at = None;
        for word in &self.ascii {
            let found = word.find(lower)?;
            at.get_or_insert(found);
        }
        if self.others.is_empty() {
            return at;
        }
        if text.is_ascii() {
            return None;
        }
        let folded = String::from_utf8_lossy(text).to_lowercase();
        for word in &self.others {
            let found = folded.find(word.as_str())?;
            // An offset of the folded text, which may be a few bytes off in the text itself; a snippet can bear that.
            at.get_or_insert_with(|| found.min(text.len()));
        }
        at
    }

    /// The same, for a text of which no lower-case copy is there yet.
    pub(crate) fn find_in(&self, text: &str) -> Option<usize> {
        self.find(text.as_bytes(), text.to_ascii_lowercase().as_bytes())
    }

    /// The word that a long text is first looked through for; `None` if no word is ASCII.
    pub(crate) fn rarest(&self) -> Option<&Finder<'static>> {
        self.ascii.first()
    }
}

/// Cuts a piece out of a text around a byte of it, on character boundaries, with `…` where something was left out.
pub(crate) fn snippet(text: &str, at: usize) -> String {
    let at = text.floor_char_boundary(at);
    let (before, after) = text.split_at(at);
    let start = before.char_indices().rev().nth(SNIPPET_CHARS_BEFORE - 1).map_or(0, |(start, _)| start);
    let rest = SNIPPET_CHARS_MAX - SNIPPET_CHARS_BEFORE;
    let end = after.char_indices().nth(rest).map_or(text.len(), |(end, _)| at + end);
    let piece = text.get(start..end).unwrap_or_default();
    let mark = |cut: bool| if cut { "…" } else { "" };
    format!("{}{}{}", mark(start > 0), piece.trim_end_matches(['\r', '\n']), mark(end < text.len()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn found(query: &str, text: &str) -> Option<usize> {
        Words::new(query).unwrap().find_in(text)
    }

    #[test]
    fn all_words_count_in_any_order_and_case() {
        assert_eq!(found("disk FULL", "Full: the Disk"), Some(10));
        assert_eq!(found("disk full", "the disk is fine"), None);
        assert_eq!(found("roll", "payroll"), Some(3));
        assert_eq!(found("GERÄT", "das gerät fällt"), Some(4));
        assert_eq!(found("ошибка x", "X: ОШИБКА"), Some(0));
        assert_eq!(found("ошибка", "plain"), None);
        assert_eq!(found("c++", "C++ fails"), Some(0));
        assert!(Words::new(" \u{0}\t").is_none());
    }

    #[test]
    fn snippets_are_cut_between_characters() {
        assert_eq!(snippet("short", 2), "short");
        let long = format!("{}needle{}", "ä".repeat(100), "🦀".repeat(300));
        let cut = snippet(&long, 200);
        assert!(cut.starts_with("…ä") && cut.contains("needle") && cut.ends_with("🦀…"), "{cut}");
        assert_eq!(cut.chars().count(), SNIPPET_CHARS_MAX + 2);
    }

    #[test]
    fn no_text_and_no_place_breaks_a_snippet() {
        proptest!(|(text in "(?s).{0,400}", at in 0..1_000usize)| {
            prop_assert!(snippet(&text, at).chars().count() <= SNIPPET_CHARS_MAX + 2);
        });
    }
}
