//! Values in the lines below their name: YAML block scalars (`key: |`), and empty values that go on deeper indented.
//!
//! Owns: where such a value begins and ends. Must not know: which names are secret, what makes a value one.
//! Invariant: reads at most `LINES_MAX` lines below the name and `LINE_START_MAX` bytes before it.

use crate::text::{Text, is_word};

/// Most lines a value goes on for.
const LINES_MAX: usize = 64;
/// Most lines without content before a value; with their indent they fit the context before a span.
const BLANK_LINES_MAX: usize = 4;
/// The deepest indent.
const INDENT_MAX: usize = 256;
/// How far before a name its line may begin.
const LINE_START_MAX: usize = 1024;
/// Blanks around a separator.
const BLANKS_MAX: usize = 8;

/// A value below its name.
#[derive(Debug, Clone, Copy)]
pub struct Below {
    /// Its first byte.
    pub start: usize,
    /// One past the value's part of its first line.
    pub first_end: usize,
    /// One past its last byte.
    pub end: usize,
    /// Whether `|` or `>` announced it.
    pub block: bool,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Whether the name has no blank, and only an indent, a dash and a quote stand before it.
    pub name_opens_line: bool,
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// Finds the value below the name from `name_start` to `name_end`, if nothing stands behind it in its own line.
pub fn value_below(text: Text<'_>, name_start: usize, name_end: usize) -> Option<Below> {
    let (body, block) = line_behind(text, name_end)?;
    let before = text.line_before(name_start, LINE_START_MAX);
    // The dash of a list and the blank behind it are a part of the indent.
    let indent = |at: &usize| match before.get(*at) {
        Some(b'-') => before.get(*at + 1).copied().is_some_and(is_blank),
        byte => byte.copied().is_some_and(is_blank),
    };
    let key_indent = (0..before.len()).take_while(indent).count();
    // `wrong password` reads as a name as well.
    let name_opens_line = before.iter().all(|byte| is_blank(*byte) || matches!(byte, b'-' | b'"' | b'\''))
        && !text.slice(name_start, name_end).contains(&b' ');
    let mut value: Option<Below> = None;
    let mut at = body;
    let mut blank_lines = 0;
    for _ in 0..LINES_MAX {
        let start = text.run(at, INDENT_MAX, is_blank);
        let line_end = text.run(start, usize::MAX, |byte| byte != b'\n');
        let end = text.run_back(line_end, INDENT_MAX, |byte| byte == b'\r' || is_blank(byte)).max(start);
        if start == end {
            blank_lines += 1;
            if value.is_none() && blank_lines > BLANK_LINES_MAX {
                return None;
            }
        } else if start - at <= key_indent {
            break;
        } else if let Some(value) = &mut value {
            // Without a mark only further words without blanks belong: keys of the next level do not.
            if !block && (value.quoted || !is_lone_word(text, start, end)) {
                break;
            }
            value.end = end;
        } else {
            let (start, end, quoted) = match quoted_value(text, start, end) {
                Some((inside, closing)) if !block => (inside, closing, true),
                _ if block || is_lone_word(text, start, end) => (start, end, false),
                _ => return None,
            };
            value = Some(Below { start, first_end: end, end, block, quoted, name_opens_line });
        }
        if line_end >= text.len() {
            break;
        }
        at = line_end + 1;
    }
    value
}

/// The line below a name with nothing but a separator, and perhaps the mark of a block, behind it.
fn line_behind(text: Text<'_>, name_end: usize) -> Option<(usize, bool)> {
    let closed = matches!(text.at(name_end), b'"' | b'\'');
    let at = text.run(name_end + usize::from(closed), BLANKS_MAX, is_blank);
    if !matches!(text.at(at), b'=' | b':') {
        return None;
    }
    let mut at = text.run(at + 1, BLANKS_MAX, is_blank);
    let block = matches!(text.at(at), b'|' | b'>');
    if block {
        at = text.run(at + 1, 2, |byte| matches!(byte, b'-' | b'+' | b'1'..=b'9'));
        at = text.run(at, BLANKS_MAX, is_blank);
        if text.at(at) == b'#' {
            at = text.run(at, INDENT_MAX, |byte| byte != b'\n' && byte != b'\r');
        }
    }
    at += usize::from(text.at(at) == b'\r');
    (text.at(at) == b'\n').then_some((at + 1, block))
}

/// The inside of a quoted value that is all of its line, a comma behind it left out.
fn quoted_value(text: Text<'_>, start: usize, end: usize) -> Option<(usize, usize)> {
    let quote = text.at(start);
    let end = end - usize::from(text.before(end, 1) == b',');
    (matches!(quote, b'"' | b'\'') && end > start + 1 && text.before(end, 1) == quote).then_some((start + 1, end - 1))
}

/// Tells whether a line is one word that is neither the name of what follows, a pair, a sign nor the opening of a list.
fn is_lone_word(text: Text<'_>, start: usize, end: usize) -> bool {
    const NAME_MAX: usize = 64;
    let name = text.run(start, NAME_MAX, |byte| is_word(byte) || matches!(byte, b'-' | b'.')).min(end);
    // Padding of base64 is no pair.
    let pair = match text.at(name) {
        b':' => true,
        b'=' => name > start && name + 1 < end && text.at(name + 1) != b'=',
        _ => false,
    };
    end - start >= 4
        && !pair
        && !matches!(text.at(start), b'{' | b'}' | b'[' | b']' | b'(' | b'<' | b'|' | b'#')
        && text.before(end, 1) != b':'
        && text.run(start, end - start, |byte| byte > b' ') == end
}
