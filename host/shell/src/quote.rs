//! Writes words so that a person sees each sign, and so that two different words never look alike.

/// Gives a word as it could be typed in a shell: quoted where that matters, escaped to printable ASCII.
pub(crate) fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./=,+:@%~^".contains(&b));
    let mut out = String::new();
    if plain {
        return word.to_owned();
    }
    out.push('\'');
    for c in word.chars() {
        match c {
            '\'' => out.push_str("'\\''"),
            ' '..='~' => out.push(c),
            other => out.extend(other.escape_default()),
        }
    }
    out.push('\'');
    out
}

/// Appends text as printable ASCII, cut to a number of characters.
pub(crate) fn push_printable(out: &mut String, text: &str, chars_max: usize) {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        // Each byte is one character.
        match text.get(..chars_max).filter(|_| text.len() > chars_max) {
            Some(begin) => {
                out.push_str(begin.get(..chars_max.saturating_sub(3)).unwrap_or_default());
                out.push_str("...");
            }
            None => out.push_str(text),
        }
        return;
    }
    let mut signs = text.chars().flat_map(|c| {
        let plain = matches!(c, ' '..='~');
        plain.then_some(c).into_iter().chain(c.escape_default().take(if plain { 0 } else { usize::MAX }))
    });
    let begin: String = signs.by_ref().take(chars_max).collect();
    if signs.next().is_some() {
        out.extend(begin.chars().take(chars_max.saturating_sub(3)));
        out.push_str("...");
    } else {
        out.push_str(&begin);
    }
}

#[cfg(test)]
mod tests {
    use super::push_printable;

    #[test]
    fn text_is_cut_and_escaped_to_printable_ascii() {
        let pushed = |text: &str, chars_max: usize| {
            let mut out = String::new();
            push_printable(&mut out, text, chars_max);
            out
        };
        assert_eq!(pushed("abcdef", 6), "abcdef");
        assert_eq!(pushed("abcdefg", 6), "abc...");
        assert_eq!(pushed("a\u{e9}\n", 20), "a\\u{e9}\\n");
        assert_eq!(pushed("ab\u{e9}cdef", 8), "ab\\u{...");
        assert_eq!(pushed("abc", 2), "...");
    }
}
