//! What is written in another form: base64, `%40`, `\u0040`, `&#64;`, full-width and invisible characters.
//!
//! Owns: decoding and the way back from places in the decoded text. Must not know: what a detector looks for.
//! Invariants: every escape is read by itself, so where a text is cut decides nothing but at the cut; time and memory
//! are in proportion to the text for each of at most [`DEPTH_MAX`] levels.

use crate::Span;
use crate::base64::decode_value;
use crate::next_hit;
use crate::text::{Text, is_base64};

/// How often what was decoded is decoded again.
pub const DEPTH_MAX: u8 = 2;
/// The shortest word that may be text in base64.
pub const WORD_MIN_BYTES: usize = 16;
/// How much of a run of base64 is read for findings: the context of a window is 16 KiB.
const BASE64_MAX_BYTES: usize = 12 << 10;
/// How far behind the beginning of a run of base64 a text may begin: behind a few slashes and hyphens.
const RUN_START_MAX_BYTES: usize = 64;
/// The part of a line that is decoded at once; what begins in it is found with this much more text on each side.
const PIECE_BYTES: usize = 64 << 10;
const BEFORE_BYTES: usize = 4 << 10;
const BEHIND_BYTES: usize = 16 << 10;
/// How much of a line before and behind an escape is read with it: what is further away does not change its meaning.
const BEFORE_ESCAPE_BYTES: usize = 1 << 10;
const AFTER_BYTES: usize = 2 << 10;
/// What ends this near to a cut in a line goes on behind it.
const UNSETTLED_BYTES: usize = 16;

/// The text encoded in base64 in the run that begins at a word, and the end of what was read.
///
/// None if it is no text. Of a long run only the beginning is read.
pub fn base64_text(text: Text<'_>, start: usize) -> Option<(String, usize)> {
    const HEAD: usize = 16;
    // Every fourth letter holds the high bits of a byte: of ASCII only these are possible, of a digest few.
    let ascii = |at: usize| matches!(text.at(start + at), b'A'..=b'Z' | b'a'..=b'f');
    if !(ascii(0) && ascii(4) && ascii(8) && ascii(12)) {
        return None;
    }
    let printable = |byte: &u8| *byte >= b' ' && *byte != 0x7f || matches!(*byte, b'\n' | b'\r' | b'\t');
    let mut head = Vec::with_capacity(HEAD);
    decode_value(text.slice(start, start + HEAD), &mut head);
    if head.len() < HEAD / 4 * 3 || !head.iter().all(printable) {
        return None;
    }
    let run = text.run_back(start, RUN_START_MAX_BYTES, is_base64);
    if start - run == RUN_START_MAX_BYTES {
        return None;
    }
    let end = text.run(start, BASE64_MAX_BYTES, is_base64);
    let mut plain = Vec::with_capacity((end - start) / 4 * 3 + 3);
    decode_value(text.slice(start, end), &mut plain);
    if !plain.iter().all(printable) {
        return None;
    }
    match String::from_utf8(plain) {
        Ok(plain) => Some((plain, end)),
        // The reading may have ended inside a character.
        Err(error) if error.utf8_error().error_len().is_none() => {
            let valid = error.utf8_error().valid_up_to();
            let mut plain = error.into_bytes();
            plain.truncate(valid);
            String::from_utf8(plain).ok().map(|plain| (plain, end))
        }
        Err(_) => None,
    }
}

/// The lines that hold escapes, noted in their order during a pass.
#[derive(Debug, Default)]
pub struct EncodedLines {
    /// Groups of adjacent lines; of a long one what is near to an escape.
    groups: Vec<(usize, usize)>,
}

impl EncodedLines {
    /// Notes the sign at `at` if an escape begins there.
    #[inline]
    pub fn note(&mut self, text: Text<'_>, at: usize) {
        // Its line is noted whole.
        if self.groups.last().is_some_and(|(_, known)| at < *known && text.before(*known, 1) == b'\n') {
            return;
        }
        if escape_at(text, at).is_some_and(|escape| escape.opens) {
            self.note_escape(text, at);
        }
    }

    fn note_escape(&mut self, text: Text<'_>, at: usize) {
        let behind = |end: usize| end + usize::from(text.at(end) == b'\n' && end < text.len());
        let known = self.groups.last().map_or(0, |group| group.1);
        // What is known is not read again, so that many escapes cost one reading.
        let from = known.max(at);
        let whole = at < known && text.before(known, 1) == b'\n';
        let end = if whole {
            known
        } else {
            behind(text.run(from, (at + AFTER_BYTES).saturating_sub(from), |byte| byte != b'\n'))
        };
        let start = text.run_back(at, BEFORE_ESCAPE_BYTES.min(at.saturating_sub(known)), |byte| byte != b'\n');
        match self.groups.last_mut() {
            Some(last) if start <= last.1 => last.1 = end,
            _ => self.groups.push((start, end)),
        }
    }

    /// Decodes the lines one level, shows them to `detect`, and gives what it finds to `report`, in places of the text.
    pub fn detect(&self, text: &str, mut detect: impl FnMut(&str) -> Vec<Span>, mut report: impl FnMut(Span)) {
        let source = Text::new(text);
        let mut blank = next_hit!(|text, at| text.at(at) <= b' ');
        for &(start, end) in &self.groups {
            let mut core = start;
            while core < end {
                let core_end = line_cut(text, core, end);
                let from = text.floor_char_boundary(core.saturating_sub(BEFORE_BYTES).max(start));
                let to = text.ceil_char_boundary(core_end.saturating_add(BEHIND_BYTES).min(end));
                let plain = Plain::new(text, from, to);
                for span in detect(&plain.text) {
                    let mut span = plain.in_source(span);
                    if span.start < core || span.start >= core_end {
                        continue;
                    }
                    let cut = to < text.len() && source.before(to, 1) != b'\n';
                    if cut && span.end + UNSETTLED_BYTES > to {
                        span.end = blank.from(source, span.end);
                    }
                    report(span);
                }
                core = core_end;
            }
        }
    }
}

/// The end of the piece of a group that begins at `from`: behind a line if one ends in it.
fn line_cut(text: &str, from: usize, end: usize) -> usize {
    let limit = from + PIECE_BYTES;
    if limit >= end {
        return end;
    }
    let limit = text.ceil_char_boundary(limit);
    let piece = text.as_bytes().get(from..limit).unwrap_or(&[]);
    piece.iter().rposition(|byte| *byte == b'\n').map_or(limit, |at| from + at + 1)
}

/// A stretch of text without its escapes.
struct Plain {
    text: String,
    /// Where the stretch begins in the source.
    from: usize,
    /// Where the decoded text and the source stand behind each escape, and how long its source and its text are.
    escapes: Vec<Decoded>,
}

struct Decoded {
    plain_end: usize,
    source_end: usize,
    plain_len: u8,
    source_len: u8,
}

impl Plain {
    fn new(source: &str, from: usize, to: usize) -> Self {
        let stretch = source.get(from..to).unwrap_or("");
        let text = Text::new(stretch);
        let mut plain = Self { text: String::with_capacity(stretch.len()), from, escapes: Vec::new() };
        let mut at = 0;
        let mut copied = 0;
        while at < stretch.len() {
            if !may_open(text.at(at)) {
                at += 1;
                continue;
            }
            let Some(escape) = escape_at(text, at) else {
                at += 1;
                continue;
            };
            plain.text.push_str(stretch.get(copied..at).unwrap_or(""));
            let before = plain.text.len();
            plain.text.extend(escape.stands_for);
            at += usize::from(escape.len);
            copied = at;
            plain.escapes.push(Decoded {
                plain_end: plain.text.len(),
                source_end: at,
                plain_len: u8::try_from(plain.text.len() - before).unwrap_or(0),
                source_len: escape.len,
            });
        }
        plain.text.push_str(stretch.get(copied..).unwrap_or(""));
        plain
    }

    /// A span of the decoded text as one of the source.
    fn in_source(&self, span: Span) -> Span {
        // The escape that a byte of the text is of, or the last one before it.
        let last = |at: usize| {
            let behind = self.escapes.partition_point(|escape| escape.plain_end <= at);
            match self.escapes.get(behind) {
                Some(escape) if escape.plain_end - usize::from(escape.plain_len) <= at => (Some(escape), true),
                _ => (behind.checked_sub(1).and_then(|index| self.escapes.get(index)), false),
            }
        };
        let plain_place = |escape: Option<&Decoded>, at: usize| match escape {
            Some(escape) => escape.source_end + (at - escape.plain_end),
            None => at,
        };
        let start = match last(span.start) {
            (Some(escape), true) => escape.source_end - usize::from(escape.source_len),
            (escape, _) => plain_place(escape, span.start),
        };
        let end = match last(span.end.saturating_sub(1)) {
            (Some(escape), true) => escape.source_end,
            (escape, _) => plain_place(escape, span.end.saturating_sub(1)) + 1,
        };
        Span { start: self.from + start, end: self.from + end, ..span }
    }
}

struct Escape {
    len: u8,
    /// None for what is not seen.
    stands_for: Option<char>,
    /// Whether it alone makes a line worth decoding: rules read `\n` and `\"` as they are.
    opens: bool,
}

/// Whether an escape may begin with a byte; these are the marks of [`crate::words`].
#[inline]
fn may_open(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | 0xc2 | 0xe2 | 0xef)
}

fn escape_at(text: Text<'_>, at: usize) -> Option<Escape> {
    let some = |len: u8, stands_for: u32, opens: bool| {
        let character = char::from_u32(stands_for)?;
        let shown = !character.is_control() || matches!(character, '\n' | '\r' | '\t');
        shown.then_some(Escape { len, stands_for: Some(character), opens })
    };
    let digit = |at: usize| char::from(text.at(at)).to_digit(16);
    let hex = |from: usize, digits: usize| (0..digits).try_fold(0, |sum, at| Some(sum * 16 + digit(from + at)?));
    match text.at(at) {
        // Beyond ASCII one of these is a part of a character only.
        b'%' => some(3, hex(at + 1, 2).filter(|byte| *byte < 0x80)?, true),
        b'\\' => match text.at(at + 1) {
            b'u' => some(6, hex(at + 2, 4)?, true),
            b'x' => some(4, hex(at + 2, 2).filter(|byte| *byte < 0x80)?, true),
            b'/' => some(2, u32::from(b'/'), true),
            byte @ (b'"' | b'\\') => some(2, u32::from(byte), false),
            b'n' => some(2, u32::from(b'\n'), false),
            b'r' => some(2, u32::from(b'\r'), false),
            b't' => some(2, u32::from(b'\t'), false),
            _ => None,
        },
        b'&' => entity(text, at),
        0xc2 => match text.at(at + 1) {
            0xa0 => some(2, u32::from(b' '), true),
            0xad => Some(Escape { len: 2, stands_for: None, opens: true }),
            _ => None,
        },
        0xe2 => match [text.at(at + 1), text.at(at + 2)] {
            [0x80, 0x8b..=0x8f] | [0x81, 0xa0] => Some(Escape { len: 3, stands_for: None, opens: true }),
            [0x80, 0x80..=0x8a | 0xaf] => some(3, u32::from(b' '), true),
            [0x80, 0x90..=0x95] | [0x88, 0x92] => some(3, u32::from(b'-'), true),
            _ => None,
        },
        0xef => match [text.at(at + 1), text.at(at + 2)] {
            [0xbb, 0xbf] => Some(Escape { len: 3, stands_for: None, opens: true }),
            [0xbc, third @ 0x81..=0xbf] => some(3, u32::from(third) - 0x80 + 0x20, true),
            [0xbd, third @ 0x80..=0x9e] => some(3, u32::from(third) - 0x80 + 0x60, true),
            _ => None,
        },
        _ => None,
    }
}

/// `&#64;`, `&#x40;`, `&quot;` and their kind.
fn entity(text: Text<'_>, at: usize) -> Option<Escape> {
    const NAMED: [(&[u8], char); 6] =
        [(b"&amp;", '&'), (b"&quot;", '"'), (b"&apos;", '\''), (b"&lt;", '<'), (b"&gt;", '>'), (b"&commat;", '@')];
    if text.at(at + 1) == b'#' {
        let hexadecimal = matches!(text.at(at + 2), b'x' | b'X');
        let digits = at + 2 + usize::from(hexadecimal);
        let end = text.run(digits, 6, |byte| byte.is_ascii_hexdigit());
        let number = core::str::from_utf8(text.slice(digits, end)).ok()?;
        let number = u32::from_str_radix(number, if hexadecimal { 16 } else { 10 }).ok()?;
        let character = char::from_u32(number).filter(|character| !character.is_control())?;
        let len = u8::try_from(end + 1 - at).ok()?;
        return (text.at(end) == b';').then_some(Escape { len, stands_for: Some(character), opens: true });
    }
    let (name, character) = NAMED.iter().find(|(name, _)| text.starts_with(at, name))?;
    Some(Escape { len: u8::try_from(name.len()).ok()?, stands_for: Some(*character), opens: true })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Decodes all lines and finds every `x@y` in them, as parts of the source.
    fn found(source: &str) -> Vec<&str> {
        let text = Text::new(source);
        let mut lines = EncodedLines::default();
        for at in 0..source.len() {
            lines.note(text, at);
        }
        let mut parts = Vec::new();
        let detect = |plain: &str| {
            let spans = plain.match_indices("x@y");
            spans.map(|(start, _)| Span { start, end: start + 3, label: "X", confidence: 1.0 }).collect()
        };
        lines.detect(source, detect, |span| parts.push(&source[span.start..span.end]));
        parts
    }

    #[test]
    fn each_form_of_writing_is_read() {
        for form in [
            "x%40y",
            "x\\u0040y",
            "x\\x40y",
            "x&#64;y",
            "x&#x40;y",
            "x&commat;y",
            "x\u{200b}@y",
            "x@\u{ad}y",
            "\u{ff58}@y",
            "x\u{ff20}\u{ff59}",
            "%78%40%79",
            "x%4\u{200b}0y%20x%40y",
        ] {
            let text = format!("é {form} z");
            let wanted = form.rsplit("%20").next().unwrap_or_default();
            assert_eq!(found(&text), [wanted], "{form}");
        }
        assert_eq!(found("x%4y x\\u004y x&#;y x@y x%c3%a9y"), [""; 0]);
    }

    #[test]
    fn only_lines_with_escapes_are_decoded_and_neighbours_together() {
        assert_eq!(found("x@y\nx%40y\nx@y\n%20x@y\n%20x@y"), ["x%40y", "x@y", "x@y"]);
    }

    #[test]
    fn what_is_far_from_an_escape_is_read_as_it_is() {
        let far = "a".repeat(3000);
        assert_eq!(found(&format!("x@y{far}x%40y x@y{far}x@y")), ["x%40y", "x@y"]);
    }

    #[test]
    fn long_lines_are_read_in_pieces_without_a_seam() {
        let unit = "x%40y-éa%20";
        let text = unit.repeat(3 * PIECE_BYTES / unit.len());
        assert_eq!(found(&text).len(), 3 * PIECE_BYTES / unit.len());
    }

    #[test]
    fn base64_is_read_if_it_is_text() {
        let read = |text: &str, at: usize| base64_text(Text::new(text), at);
        assert_eq!(read("dXNlcj1hZGEmeD0xMjM0", 0), Some(("user=ada&x=1234".to_owned(), 20)));
        assert_eq!(read("a/dXNlcj1hZGEmeD0xMjM0 ", 2).map(|found| found.1), Some(22));
        assert_eq!(read("AAECAwQFBgcICQoLDA0ODw==", 0), None);
        assert_eq!(read(&"dXNlcj1hZGEmeD0xMjM0".repeat(9), 100), None);
        assert_eq!(read("short", 0), None);
    }

    proptest! {
        #[test]
        fn spans_come_back_on_characters(parts in prop::collection::vec(
            prop_oneof![Just("%40"), Just("x"), Just("y"), Just("@"), Just("\\u00e9"), Just("é"), Just("\u{ff20}"), Just("\u{200b}"), Just("\n")], 0..40
        )) {
            for part in found(&parts.concat()) {
                let begins = part.starts_with('x');
                prop_assert!(begins, "{}", part);
            }
        }
    }
}
