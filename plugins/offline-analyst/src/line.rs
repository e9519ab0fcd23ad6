//! Owns the documents as lines: numbering, references to lines, and citing them.
//! Invariants: a [`LineRef`] made here names an existing line of an existing document; a quote is a prefix of its line.

use crate::report::{Citation, Doc};

/// How many bytes of a line a citation quotes.
const QUOTE_BYTES: usize = 300;

/// One line of one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LineRef {
    pub(crate) doc: u32,
    /// 0-based in the document's text.
    pub(crate) index: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Walks over a document's lines: number and byte range, without the line break.
pub(crate) fn lines(doc: u32, text: &str) -> impl Iterator<Item = LineRef> {
    let bytes = text.as_bytes();
    let mut start = 0_usize;
    let mut index = 0_u32;
    // An offset that does not fit ends the walk: the host hands over 8 MiB at most.
    std::iter::from_fn(move || {
        if start >= bytes.len() {
            return None;
        }
        let stop = memchr::memchr(b'\n', &bytes[start..]).map_or(bytes.len(), |length| start + length);
        let trimmed = if stop > start && bytes[stop - 1] == b'\r' { stop - 1 } else { stop };
        let line = LineRef { doc, index, start: u32::try_from(start).ok()?, end: u32::try_from(trimmed).ok()? };
        start = stop + 1;
        index = index.saturating_add(1);
        Some(line)
    })
}

/// The documents, for looking lines up again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub(crate) docs: &'a [Doc<'a>],
}

impl<'a> Source<'a> {
    /// The text of a line.
    pub(crate) fn text(&self, line: LineRef) -> &'a str {
        self.docs
            .get(line.doc as usize)
            .and_then(|doc| doc.text.get(line.start as usize..line.end as usize))
            .unwrap_or("")
    }

    /// The name of the document that a line is of, without its folders.
    pub(crate) fn name(&self, line: LineRef) -> &'a str {
        let name = self.docs.get(line.doc as usize).map_or("", |doc| doc.name);
        name.rsplit(['/', '\\']).next().unwrap_or(name)
    }

    /// The 1-based number of a line in the original document.
    pub(crate) fn number(&self, line: LineRef) -> u32 {
        self.docs.get(line.doc as usize).map_or(0, |doc| doc.first_line).saturating_add(line.index)
    }

    /// Cites one line.
    pub(crate) fn cite(&self, line: LineRef) -> Citation {
        let digest = self.docs.get(line.doc as usize).map_or("", |doc| doc.digest).to_owned();
        let number = self.number(line);
        Citation { digest, first_line: number, last_line: number, quote: cut(self.text(line), QUOTE_BYTES).to_owned() }
    }

    /// The time of a line as it stands in it; a bare number is written out as a date.
    pub(crate) fn time(&self, line: LineRef) -> Option<String> {
        let text = self.text(line);
        let stamp = crate::record::parse(text.as_bytes()).stamp?;
        let raw = text.get(stamp.start..stamp.end)?;
        if raw.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && stamp.frame != crate::stamp::Frame::Uptime {
            return Some(format!("{} UTC", crate::calendar::render(stamp.ms)));
        }
        // A klog stamp carries the level letter: what a person reads as time begins behind it.
        Some(
            raw.strip_prefix(['I', 'W', 'E', 'F', 'D'])
                .filter(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
                .unwrap_or(raw)
                .to_owned(),
        )
    }
}

/// The longest prefix of at most `bytes` bytes that ends on a character boundary.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_like_an_editor_numbers_them() {
        let text = "a\r\n\nc";
        let docs = [Doc { name: "x/y.log", digest: "d", first_line: 10, text }];
        let source = Source { docs: &docs };
        let all: Vec<_> = lines(0, text).map(|line| (source.number(line), source.text(line).to_owned())).collect();
        assert_eq!(all, [(10, "a".to_owned()), (11, String::new()), (12, "c".to_owned())]);
        assert_eq!(lines(0, "a\n").count(), 1);
        assert_eq!(lines(0, "").count(), 0);
    }

    #[test]
    fn quotes_are_cut_on_a_character() {
        let text = "é".repeat(200);
        let docs = [Doc { name: "n", digest: "d", first_line: u32::MAX, text: &text }];
        let source = Source { docs: &docs };
        let line = lines(0, &text).next().expect("a line");
        let citation = source.cite(line);
        assert_eq!(citation.quote.len(), 300);
        assert_eq!(cut(&text, 301).len(), 300);
        assert!(text.starts_with(&citation.quote));
    }
}
