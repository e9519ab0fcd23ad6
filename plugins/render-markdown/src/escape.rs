//! Text as Markdown that says just this text.
//!
//! Must not know: the tree. Invariant: what comes out has no line end, and reads as the text that went in.

/// The picture of a control character, so that a log can neither steer a terminal nor end a line.
pub(crate) fn picture(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}'),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}' => '\u{fffd}',
        c => c,
    }
}

/// White space that text may hold any amount of and means one space by.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0b' | '\x0c')
}

/// Where a piece of text stands.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    /// At the start of a line, where a mark could begin a block.
    pub(crate) line_start: bool,
    /// In a heading, whose closing marks would be taken off.
    pub(crate) heading: bool,
    /// Write the first character as an entity, which counts as punctuation beside emphasis marks.
    pub(crate) entity_first: bool,
    /// Likewise the last.
    pub(crate) entity_last: bool,
}

/// Appends `text`, which is free of control characters, as Markdown.
pub(crate) fn push_text(out: &mut String, text: &str, place: Place) {
    let chars: Vec<char> = text.chars().collect();
    let last = chars.len().saturating_sub(1);
    let number_end = place.line_start.then(|| list_number_end(&chars)).flatten();
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied();
        if (at == 0 && place.entity_first) || (at == last && place.entity_last) || c == '\u{feff}' {
            out.push_str(&format!("&#{};", u32::from(c)));
            continue;
        }
        let escaped = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' | '$' => true,
            // Inside a word it can neither open nor close emphasis.
            '_' => !(at > 1 && at + 1 < last && [chars.get(at - 1), chars.get(at + 1)].into_iter().all(is_word)),
            '&' => next.is_none_or(|next| next == '#' || next.is_ascii_alphanumeric()),
            // Before what follows in the line it could make a link an image.
            '!' => next.is_none(),
            '#' => place.heading || (place.line_start && at == 0),
            '+' | '-' | '=' | '>' => place.line_start && at == 0,
            // A row of dashes below a table's head, or an address that viewers make a link of.
            ':' => (place.line_start && at == 0) || next == Some('/'),
            '.' => Some(at) == number_end || (at >= 3 && is_www(chars.get(at - 3..at))),
            ')' => Some(at) == number_end,
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
}

fn is_word(c: Option<&char>) -> bool {
    c.is_some_and(char::is_ascii_alphanumeric)
}

fn is_www(chars: Option<&[char]>) -> bool {
    chars.is_some_and(|chars| chars.iter().all(|c| c.eq_ignore_ascii_case(&'w')))
}

/// Index of the mark that would make the number at the start that of a list item.
fn list_number_end(chars: &[char]) -> Option<usize> {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    (digits > 0 && matches!(chars.get(digits), Some('.' | ')'))).then_some(digits)
}

/// Most backticks in a row that readers are sure to match.
const BACKTICKS_MAX: usize = 60;

/// Appends a code span of `code`, which is not empty; false, with nothing appended, where none can say it.
pub(crate) fn push_code(out: &mut String, code: &str, in_table: bool) -> bool {
    let longest = longest_run(code, '`');
    if longest >= BACKTICKS_MAX || (in_table && code.contains("\\|")) {
        return false;
    }
    let fence = "`".repeat(longest + 1);
    let stripped = code.starts_with(' ') && code.ends_with(' ') && code.chars().any(|c| c != ' ');
    let pad = if code.starts_with('`') || code.ends_with('`') || stripped { " " } else { "" };
    let code = if in_table { code.replace('|', "\\|") } else { code.to_owned() };
    out.push_str(&format!("{fence}{pad}{code}{pad}{fence}"));
    true
}

/// Length of the longest run of `wanted` in `text`.
pub(crate) fn longest_run(text: &str, wanted: char) -> usize {
    text.chars()
        .fold((0, 0), |(longest, here), c| {
            let here = if c == wanted { here + 1 } else { 0 };
            (std::cmp::max(longest, here), here)
        })
        .0
}

/// Whether a document may link there.
pub(crate) fn is_allowed_link(url: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|scheme| url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
}

/// Appends the target of a link, for between its parentheses.
pub(crate) fn push_url(out: &mut String, url: &str) {
    for c in url.chars() {
        match c {
            '\0'..=' ' | '\x7f' | '<' | '>' | '\\' | '|' | '`' | '"' => out.push_str(&format!("%{:02X}", u32::from(c))),
            // Not `\&`: some readers resolve entities before they take backslashes off.
            '&' => out.push_str("&amp;"),
            '(' | ')' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() || c.is_whitespace() => {
                let mut bytes = [0; 4];
                c.encode_utf8(&mut bytes).bytes().for_each(|byte| out.push_str(&format!("%{byte:02X}")));
            }
            c => out.push(c),
        }
    }
}
