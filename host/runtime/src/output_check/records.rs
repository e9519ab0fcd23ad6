//! What an integration answers: ids, addresses and texts of a remote system that end up on a terminal, in the store and
//! in links that a person follows.

/// Bytes of an id, a revision or a collection's name.
const ID_BYTES_MAX: usize = 512;
/// Bytes of an address.
const URL_BYTES_MAX: usize = 4 << 10;
/// Bytes of a title or another text of one line.
const LINE_BYTES_MAX: usize = 4 << 10;

/// Checks what names a thing: not empty, bounded, without control characters.
pub(crate) fn id(what: &str, value: &str) -> Result<(), String> {
    if value.is_empty() { Err(format!("{what} is empty")) } else { bounded(what, value, ID_BYTES_MAX) }
}

/// Checks a text of one line: bounded, without control characters.
pub(crate) fn line(what: &str, value: &str) -> Result<(), String> {
    bounded(what, value, LINE_BYTES_MAX)
}

/// Checks a text of several lines: no control characters but line breaks and tabs. Its size is bounded by the call's.
pub(crate) fn text(what: &str, value: &str) -> Result<(), String> {
    match value.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        true => Err(format!("{what} has control characters")),
        false => Ok(()),
    }
}

/// Checks an address that a person may follow: http or https, with a host, without user name, white space or controls.
pub(crate) fn url(what: &str, value: &str) -> Result<(), String> {
    bounded(what, value, URL_BYTES_MAX)?;
    let lower = value.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    let Some(rest) = rest else { return Err(format!("{what} is neither http nor https")) };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // Browsers read a backslash as a slash, so that the host would be another one than it seems.
    let odd = value.contains(['\\', '"', '<', '>', '`']) || value.chars().any(char::is_whitespace);
    if authority.is_empty() || authority.contains('@') || odd {
        return Err(format!("{what} is malformed, or names a user"));
    }
    Ok(())
}

fn bounded(what: &str, value: &str, bytes_max: usize) -> Result<(), String> {
    if value.len() > bytes_max {
        return Err(format!("{what} has more than {bytes_max} bytes"));
    }
    if value.chars().any(char::is_control) { Err(format!("{what} has control characters")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_http_and_say_where_they_lead() {
        for good in ["https://wiki.example/a?b=1#c", "http://10.0.0.7:8080", "HTTPS://Wiki.Example/ä"] {
            assert_eq!(url("its url", good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "//evil.example",
            "https://",
            "https:///x",
            "https://wiki.example@evil.example/",
            "https://evil.example\\@wiki.example",
            "https://wiki.example/a b",
            "https://wiki.example/\u{1b}[31m",
            "https://wiki.example/\"onclick=x",
        ] {
            assert!(url("its url", bad).is_err(), "{bad:?}");
        }
        assert!(url("its url", &format!("https://{}", "x".repeat(URL_BYTES_MAX))).is_err());
    }

    #[test]
    fn ids_and_lines_end_at_their_border() {
        assert_eq!(id("id", &"x".repeat(ID_BYTES_MAX)), Ok(()));
        assert!(id("id", &"x".repeat(ID_BYTES_MAX + 1)).is_err());
        assert!(id("id", "").is_err() && id("id", "a\nb").is_err() && id("id", "\u{7f}").is_err());
        assert_eq!(line("title", &"x".repeat(LINE_BYTES_MAX)), Ok(()));
        assert!(line("title", &"x".repeat(LINE_BYTES_MAX + 1)).is_err());
        assert_eq!(text("body", "a\n\tb\r\n"), Ok(()));
        assert!(text("body", "a\u{1b}[2J").is_err());
    }
}
