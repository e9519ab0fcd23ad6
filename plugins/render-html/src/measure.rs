//! Text broken to a width without a font to measure by.
//!
//! Must not know: what is drawn. Invariant: estimates err on the wide side, so that lines stay within their place.

/// Most lines of an event's text in a drawing; the document has the rest.
const LINES_MAX: usize = 4;
/// Most characters of a word that are measured before it is broken anyway.
const WORD_CHARS_MAX: usize = 1000;

/// About how wide a character is at 15 px, in tenths of a px: there are no fonts here to measure by, so wide of the
/// mark on the safe side.
fn width_tenths(c: char) -> i64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 50,
        'f' | 't' | 'r' | ' ' | '(' | ')' | '[' | ']' | '-' | '/' => 62,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 148,
        'A'..='Z' | '#' | '&' | '+' | '=' | '<' | '>' | '~' => 112,
        '\0'..='\u{2ff}' => 94,
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0,
        '\u{370}'..='\u{10ff}' => 100,
        _ => 170,
    }
}

/// The start of `text` that is at most `width` px wide, with a mark if that is not all.
pub(crate) fn cut(text: &str, width: i64) -> String {
    if text.chars().map(width_tenths).sum::<i64>() <= width * 10 {
        return text.to_owned();
    }
    let lines = wrap_all(text, width, 1);
    match lines.as_slice() {
        [only] => only.clone(),
        [first, ..] => format!("{first}…"),
        [] => String::new(),
    }
}

/// Lines at most `width` px wide, [`LINES_MAX`] of them, with a mark if that is not all.
pub(crate) fn wrap(text: &str, width: i64) -> Vec<String> {
    let mut lines = wrap_all(text, width, LINES_MAX);
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

/// Lines at most `width` px wide, broken at spaces where there are any; no more than one line beyond `lines_max`.
fn wrap_all(text: &str, width: i64, lines_max: usize) -> Vec<String> {
    // Room for the mark of what is cut off.
    let room = width * 10 - 170;
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let word_width: i64 = word.chars().take(WORD_CHARS_MAX).map(width_tenths).sum();
        if used > 0 && used + width_tenths(' ') + word_width > room && (word_width <= room || used > room / 2) {
            lines.push(String::new());
            used = 0;
        }
        if used > 0 {
            used += width_tenths(' ');
            lines.last_mut().expect("there is a line").push(' ');
        }
        for c in word.chars() {
            if lines.len() > lines_max {
                return lines;
            }
            if used + width_tenths(c) > room {
                lines.push(String::new());
                used = 0;
            }
            used += width_tenths(c);
            lines.last_mut().expect("there is a line").push(c);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_at_spaces_and_cut_with_a_mark() {
        assert_eq!(wrap("one two three", 60), ["one", "two", "three"]);
        assert_eq!(wrap(&"word ".repeat(100), 200).len(), LINES_MAX);
        let unbroken = wrap(&"x".repeat(10_000), 200);
        assert_eq!(unbroken.len(), LINES_MAX);
        assert!(unbroken.iter().all(|line| line.chars().count() < 25) && unbroken[3].ends_with('…'));
    }
}
