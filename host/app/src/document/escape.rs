//! Foreign text, above all lines of logs, as Markdown that says just this text.
//!
//! Must not know: trees. Invariants: what comes out of any of these never begins or ends a block, row, cell, span
//! or link around it; characters that steer a terminal or turn the reading direction are shown instead of obeyed.
//! White space is normalised, save in code blocks: line ends and tabs are spaces, runs of them one, none at the
//! ends. So text of white space alone comes out empty.

/// Most backticks in a row that readers are sure to match.
const BACKTICKS_MAX: usize = 60;

/// Text with what is invisible shown: control characters as their pictures (`␛`), those of the upper range and the
/// ones that turn the reading direction as `\x85` and `\u{202e}`. Tabs and line ends stay.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' | '\n' | '\r' => shown.push(c),
            '\0'..='\x1f' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
            '\x7f' => shown.push('\u{2421}'),
            '\u{80}'..='\u{9f}' => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                shown.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            }
            c => shown.push(c),
        }
    }
    shown
}

/// Text on one line, with single spaces.
fn one_line(text: &str) -> String {
    let shown = visible(text);
    let words: Vec<&str> = shown.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// `text` as Markdown for any place in a line of text or in a heading, safe at the start of one too.
///
/// Read again it is one paragraph of [`visible`] text with single spaces; empty if there is nothing but space.
pub(crate) fn escape_markdown(text: &str) -> String {
    let line = one_line(text);
    let chars: Vec<char> = line.chars().collect();
    let number_end = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    for (at, &c) in chars.iter().enumerate() {
        let next = chars.get(at + 1).copied();
        let first = at == 0;
        let escaped = match c {
            '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' | '#' | '$' => true,
            // Inside a word it means nothing, and names in logs are full of it.
            '_' => !(in_word(&chars, at.checked_sub(1)) && in_word(&chars, at.checked_add(1))),
            '&' => next.is_none_or(|next| next == '#' || next.is_ascii_alphanumeric()),
            '!' => next.is_none(),
            '+' | '-' | '=' | '>' => first,
            ':' => first || next == Some('/'),
            '.' => (at == number_end && number_end > 0) || ends_in_www(&chars, at),
            ')' => at == number_end && number_end > 0,
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

fn in_word(chars: &[char], at: Option<usize>) -> bool {
    at.and_then(|at| chars.get(at)).is_some_and(char::is_ascii_alphanumeric)
}

fn ends_in_www(chars: &[char], at: usize) -> bool {
    at.checked_sub(3)
        .and_then(|from| chars.get(from..at))
        .is_some_and(|word| word.iter().all(|c| c.eq_ignore_ascii_case(&'w')))
}

/// `text` for a cell of a table: [`escape_markdown`], which leaves no bar and no line end that could end a cell.
pub(crate) fn escape_table_cell(text: &str) -> String {
    escape_markdown(text)
}

/// `text` as inline code, for any line but a cell and not within a link; as plain text where Markdown has no way to
/// say it as code, which is with 60 backticks in a row.
pub(crate) fn code_span(text: &str) -> String {
    let code = one_line(text);
    let longest = longest_run(&code, '`');
    if code.is_empty() || longest >= BACKTICKS_MAX {
        return escape_markdown(&code);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{code}{pad}{fence}")
}

/// [`code_span`] for a cell; as plain text also where a bar stands behind a backslash.
pub(crate) fn table_code_span(text: &str) -> String {
    let code = one_line(text);
    if code.contains("\\|") || longest_run(&code, '`') >= BACKTICKS_MAX {
        return escape_markdown(&code);
    }
    code_span(&code).replace('|', "\\|")
}

/// `text` as a fenced block, for the left margin; ends with a line end.
pub(crate) fn fenced(text: &str) -> String {
    fenced_as("", text)
}

/// [`fenced`] with a language, of which letters, digits and `+-_.#` are kept.
pub(crate) fn fenced_as(language: &str, text: &str) -> String {
    let language: String = language.chars().filter(|c| c.is_ascii_alphanumeric() || "+-_.#".contains(*c)).collect();
    let text = visible(text).replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let fence = "`".repeat(std::cmp::max(3, longest_run(text, '`') + 1));
    let end = if text.is_empty() { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

fn longest_run(text: &str, wanted: char) -> usize {
    let (mut longest, mut here) = (0, 0);
    for c in text.chars() {
        here = if c == wanted { here + 1 } else { 0 };
        longest = std::cmp::max(longest, here);
    }
    longest
}
