//! The form of a placeholder: `[Email_1]`.
//!
//! Owns: which names stand for which labels, and recognising the form in a text.
//! Invariant: a name begins with an upper-case letter, so that `[thread_5]` in a log is none.

use std::fmt;

/// Longest name; a longer label is cut to it.
const NAME_BYTES_MAX: usize = 32;
/// Digits of the largest ordinal.
const ORDINAL_DIGITS_MAX: usize = 10;
/// Longest placeholder in bytes, brackets included.
pub const PLACEHOLDER_BYTES_MAX: usize = NAME_BYTES_MAX + ORDINAL_DIGITS_MAX + 3;

/// A placeholder read from a text, or about to be written to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Placeholder<'a> {
    /// The name of the label, as `IPv4`.
    pub name: &'a str,
    /// Counts the values of that name within an issue, from 1.
    pub ordinal: u32,
}

impl<'a> Placeholder<'a> {
    /// Reads the placeholder that `text` begins with; gives it with its length in bytes.
    pub fn parse_prefix(text: &'a str) -> Option<(Self, usize)> {
        let bytes = text.as_bytes();
        let inner = bytes.strip_prefix(b"[")?;
        if !inner.first()?.is_ascii_uppercase() {
            return None;
        }
        let name_len = inner.iter().take(NAME_BYTES_MAX + 1).take_while(|byte| byte.is_ascii_alphanumeric()).count();
        let digits_at = name_len + 2;
        if name_len > NAME_BYTES_MAX || inner.get(name_len) != Some(&b'_') || bytes.get(digits_at) == Some(&b'0') {
            return None;
        }
        let digits = bytes
            .get(digits_at..)?
            .iter()
            .take(ORDINAL_DIGITS_MAX + 1)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let end = digits_at + digits;
        if bytes.get(end) != Some(&b']') {
            return None;
        }
        let ordinal = text.get(digits_at..end)?.parse().ok()?;
        Some((Self { name: text.get(1..=name_len)?, ordinal }, end + 1))
    }

    /// Tells whether `text`, which begins with `[`, may become a placeholder when more text follows.
    pub(crate) fn may_begin(text: &str) -> bool {
        let Some(inner) = text.strip_prefix('[') else { return false };
        let name_len = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (name, rest) = inner.split_at(name_len);
        let digits = rest.strip_prefix('_');
        name.len() <= NAME_BYTES_MAX
            && name.bytes().next().is_none_or(|byte| byte.is_ascii_uppercase())
            && (rest.is_empty()
                || (!name.is_empty()
                    && digits.is_some_and(|digits| {
                        digits.len() <= ORDINAL_DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit())
                    })))
    }
}

impl fmt::Display for Placeholder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}_{}]", self.name, self.ordinal)
    }
}

/// Returns the name that stands for a label in placeholders: `UrlWithCredentials` is `URL`, most are themselves.
///
/// A foreign label is reduced to ASCII letters and digits with a leading capital, 32 bytes at most; one that holds
/// none is `Data`.
pub fn placeholder_name(label: &str) -> String {
    let short = match label {
        "UrlWithCredentials" => "URL",
        "BearerToken" => "Bearer",
        "Ssn" => "SSN",
        "MacAddress" => "MAC",
        "Ipv6" => "IPv6",
        "Ipv4" => "IPv4",
        "PhoneNumber" => "Phone",
        other => other,
    };
    let mut name: String = short.chars().filter(char::is_ascii_alphanumeric).take(NAME_BYTES_MAX).collect();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert_str(0, "Data");
        name.truncate(NAME_BYTES_MAX);
    }
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    name
}

/// Returns the label that a placeholder's name stands for, as detectors write it: `IPv4` is `Ipv4`.
pub fn label_of_name(name: &str) -> &str {
    match name {
        "URL" => "UrlWithCredentials",
        "Bearer" => "BearerToken",
        "SSN" => "Ssn",
        "MAC" => "MacAddress",
        "IPv6" => "Ipv6",
        "IPv4" => "Ipv4",
        "Phone" => "PhoneNumber",
        other => other,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_label() {
        for label in ["UrlWithCredentials", "BearerToken", "Ssn", "MacAddress", "Ipv6", "Ipv4", "PhoneNumber", "Email"]
        {
            assert_eq!(label_of_name(&placeholder_name(label)), label);
        }
    }

    #[test]
    fn base_labels_have_their_short_names() {
        let expected = [
            ("UrlWithCredentials", "URL"),
            ("BearerToken", "Bearer"),
            ("Ssn", "SSN"),
            ("MacAddress", "MAC"),
            ("Ipv6", "IPv6"),
            ("Ipv4", "IPv4"),
            ("PhoneNumber", "Phone"),
            ("Email", "Email"),
            ("ApiKey", "ApiKey"),
        ];
        for (label, name) in expected {
            assert_eq!(placeholder_name(label), name);
        }
    }

    #[test]
    fn foreign_labels_become_names_that_parse() {
        for (label, name) in
            [("person name", "Personname"), ("", "Data"), ("9lives", "Data9lives"), ("ключ", "Data"), ("a]_1[b", "A1b")]
        {
            assert_eq!(placeholder_name(label), name, "{label}");
            let text = Placeholder { name, ordinal: 7 }.to_string();
            assert_eq!(Placeholder::parse_prefix(&text), Some((Placeholder { name, ordinal: 7 }, text.len())));
        }
        assert_eq!(placeholder_name(&"x".repeat(99)).len(), 32);
    }

    #[test]
    fn only_the_exact_form_is_a_placeholder() {
        for text in [
            "[thread_5]",
            "[Email_0]",
            "[Email_01]",
            "[Email_]",
            "[Email]",
            "[_1]",
            "[Email_1",
            "[Email_99999999999]",
            "[Émail_1]",
            "Email_1]",
            "",
        ] {
            assert_eq!(Placeholder::parse_prefix(text), None, "{text}");
        }
        assert!(Placeholder::parse_prefix("[Email_4294967295]x").is_some());
        assert!(Placeholder::parse_prefix("[Email_4294967296]").is_none());
    }

    #[test]
    fn every_beginning_of_a_placeholder_is_known_as_one() {
        let text = "[Email_4294967295]";
        for end in 1..text.len() {
            assert!(Placeholder::may_begin(&text[..end]), "{}", &text[..end]);
        }
        for text in ["[thread", "[A b", "[Email_x", "[_", "x"] {
            assert!(!Placeholder::may_begin(text), "{text}");
        }
    }
}
