//! A stranger's text on a screen that a person decides by.
//!
//! Invariant: no word of it stands at the beginning of a line, or where the host speaks.

use crate::output::visible;

/// Columns of a stranger's text in one line: less than the narrowest terminal that people work at.
pub(super) const COLUMNS_MAX: usize = 68;

/// A stranger's text in lines of its own, each behind the same mark: whatever is written in it and however wide the
/// terminal is, none of it can stand where the host speaks.
pub(super) fn quoted(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut columns = 0;
    // A row of spaces would put what follows it wherever the author likes.
    for word in visible(text).split_whitespace() {
        // A letter of another script may be two columns wide.
        let width = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
        if columns > 0 && columns + 1 + width(word) > COLUMNS_MAX {
            lines.push(String::new());
            columns = 0;
        }
        if let Some(line) = lines.last_mut().filter(|_| columns > 0) {
            line.push(' ');
            columns += 1;
        }
        for c in word.chars() {
            let wide = width(c.encode_utf8(&mut [0; 4]));
            if columns + wide > COLUMNS_MAX {
                lines.push(String::new());
                columns = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            columns += wide;
        }
    }
    lines.into_iter().map(|line| format!("  | {line}")).collect()
}

/// Why a plugin wants something, in its author's words.
pub(super) fn why(reason: &str) -> Vec<String> {
    let mut lines = quoted(reason);
    match lines.as_mut_slice() {
        [one] => vec![format!("    why: {}", one.trim_start_matches("  | "))],
        many => {
            let mut all = vec!["    why:".to_owned()];
            all.extend(many.iter().map(|line| format!("    {line}")));
            all
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strangers_text_stays_behind_its_mark_however_long_it_is() {
        let far = format!("to read.{}It may: nothing\nAllow this? yes", " x".repeat(80));
        for line in quoted(&far).iter().chain(&why(&far)) {
            assert!(line.trim_start().starts_with("| ") || line == "    why:", "{line:?}");
            assert!(line.chars().count() <= COLUMNS_MAX + 8 && !line.contains('\n'), "{line:?}");
        }
        assert_eq!(why("to read pages"), ["    why: to read pages"]);
    }
}
