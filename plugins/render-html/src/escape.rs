//! Text as HTML that says just this text.
//!
//! Must not know: the tree.

/// Appends `text` for use as content or between double quotes. Control characters become their pictures, as a page
/// may not hold them.
pub(crate) fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' => out.push(c),
            '\r' => out.push('\n'),
            '\0'..='\x1f' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\x7f' => out.push('\u{2421}'),
            '\u{80}'..='\u{9f}' | '\u{fdd0}'..='\u{fdef}' => out.push('\u{fffd}'),
            c if u32::from(c) & 0xfffe == 0xfffe => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

/// `text` as [`push_escaped`] writes it.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_escaped(&mut out, text);
    out
}

/// Whether a document may link there.
pub(crate) fn is_allowed_link(url: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Whether `text` holds a letter of a script that is written from right to left.
pub(crate) fn has_right_to_left(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
    })
}

/// What the name of a metadatum or of a type of event reads as: `issue_id` as `Issue ID`.
pub(crate) fn label(name: &str) -> String {
    let mut label = String::new();
    for (at, word) in name.split(['_', ' ', '-']).filter(|word| !word.is_empty()).enumerate() {
        if at > 0 {
            label.push(' ');
        }
        if word.eq_ignore_ascii_case("id") {
            label.push_str("ID");
        } else if let (0, Some(first)) = (at, word.chars().next()) {
            label.extend(first.to_uppercase());
            label.push_str(word.get(first.len_utf8()..).unwrap_or_default());
        } else {
            label.push_str(word);
        }
    }
    label
}
