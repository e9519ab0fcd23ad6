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
    let mut signs =
        text.chars().flat_map(|c| if matches!(c, ' '..='~') { vec![c] } else { c.escape_default().collect() });
    let begin: String = signs.by_ref().take(chars_max).collect();
    if signs.next().is_some() {
        out.extend(begin.chars().take(chars_max.saturating_sub(3)));
        out.push_str("...");
    } else {
        out.push_str(&begin);
    }
}
