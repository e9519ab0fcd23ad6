//! Looking through the text of a log, line by line, without ever holding it.
//!
//! A window of the text is held, with a copy in lower case beside it; lines are only cut out where the rarest word was
//! found. A line longer than the window is looked at in pieces that overlap by [`OVERLAP_BYTES`].

use std::io::{self, Read};

use crate::words::{Words, snippet};

/// Bytes of text held; fits a core's cache together with its copy.
const WINDOW_BYTES: usize = 256 << 10;
/// What two pieces of an endless line have in common: more than a query has.
const OVERLAP_BYTES: usize = 4 << 10;

/// A line that holds all words.
pub(crate) struct FoundLine {
    /// From 1.
    pub(crate) number: u64,
    /// Around the match.
    pub(crate) snippet: String,
}

/// Finds at most `most` lines that hold all words.
pub(crate) fn lines_with(mut text: impl Read, words: &Words, most: usize) -> io::Result<Vec<FoundLine>> {
    let mut found = Vec::new();
    let mut window = Vec::with_capacity(WINDOW_BYTES);
    let mut lower = Vec::with_capacity(WINDOW_BYTES);
    let mut number = 1;
    loop {
        let room = (WINDOW_BYTES - window.len()) as u64;
        let read = text.by_ref().take(room).read_to_end(&mut window)? as u64;
        let ended = read < room;
        let whole = memchr::memrchr(b'\n', &window).map(|at| at + 1);
        let (lines, keep_from) = match whole {
            _ if ended => (window.len(), window.len()),
            Some(end) => (end, end),
            None => (window.len(), window.len() - OVERLAP_BYTES),
        };
        let piece = window.get(..lines).unwrap_or_default();
        lower.clear();
        lower.extend_from_slice(piece);
        lower.make_ascii_lowercase();
        look_at(piece, &lower, words, most, &mut number, &mut found);
        if ended || found.len() >= most {
            return Ok(found);
        }
        window.drain(..keep_from);
    }
}

/// Looks at a piece of whole lines, or of one line that has no end yet; each line is told once.
fn look_at(piece: &[u8], lower: &[u8], words: &Words, most: usize, number: &mut u64, found: &mut Vec<FoundLine>) {
    let mut from = 0;
    while from < piece.len() {
        let rest = lower.get(from..).unwrap_or_default();
        // Without a word of ASCII letters every line is looked at; else only those with the rarest word.
        let candidate = match words.rarest() {
            Some(word) => word.find(rest),
            None => Some(0),
        };
        let Some(candidate) = candidate.map(|at| from + at) else { break };
        let start = memchr::memrchr(b'\n', lower.get(..candidate).unwrap_or_default()).map_or(0, |at| at + 1);
        let end = memchr::memchr(b'\n', lower.get(candidate..).unwrap_or_default())
            .map_or(piece.len(), |at| candidate + at + 1);
        let (line, line_lower) = (piece.get(start..end).unwrap_or_default(), lower.get(start..end).unwrap_or_default());
        *number += newlines(piece.get(from..start).unwrap_or_default());
        if let Some(at) = words.find(line, line_lower)
            && found.last().is_none_or(|last| last.number != *number)
        {
            let text = String::from_utf8_lossy(line);
            found.push(FoundLine { number: *number, snippet: snippet(&text, at.min(text.len())) });
            if found.len() >= most {
                return;
            }
        }
        *number += newlines(line);
        from = end;
    }
    *number += newlines(piece.get(from..).unwrap_or_default());
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    fn scan(text: &[u8], query: &str, most: usize) -> Vec<(u64, String)> {
        let words = Words::new(query).unwrap();
        lines_with(text, &words, most).unwrap().into_iter().map(|line| (line.number, line.snippet)).collect()
    }

    #[test]
    fn lines_are_found_with_their_numbers() {
        let text = b"first\r\nDisk FULL on a\nnothing\n\xff\xfe disk\nfull disk";
        let found = [(2, "Disk FULL on a".to_owned()), (5, "full disk".to_owned())];
        assert_eq!(scan(text, "disk full", 9), found);
        assert_eq!(scan(text, "disk full", 1), found[..1]);
        assert_eq!(
            scan("a\nß größe\nb\nGRÖSSE GRÖßE".as_bytes(), "GRÖßE", 9).iter().map(|f| f.0).collect::<Vec<_>>(),
            [2, 4]
        );
        assert!(scan(b"", "x", 9).is_empty());
    }

    #[test]
    fn windows_do_not_split_lines_or_lose_count() {
        let line = "some words of a line that is of no interest\n";
        let lines = 3 * WINDOW_BYTES / line.len();
        let mut text = line.repeat(lines);
        text.push_str("the needle\n");
        text.push_str(&line.repeat(lines));
        text.push_str("a needle without an end");
        let found = scan(text.as_bytes(), "needle", 9);
        assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [lines as u64 + 1, 2 * lines as u64 + 2]);
    }

    #[test]
    fn a_line_longer_than_the_window_is_looked_at_whole() {
        for at in [0, WINDOW_BYTES - 3, WINDOW_BYTES - OVERLAP_BYTES - 3, 2 * WINDOW_BYTES - OVERLAP_BYTES - 3, 900_000]
        {
            let mut text = vec![b'x'; 1_000_000];
            text.splice(at..at + 6, *b"needle");
            text.extend_from_slice(b"\nneedle");
            let found = scan(&text, "needle", 9);
            assert_eq!(found.iter().map(|f| f.0).collect::<Vec<_>>(), [1, 2], "{at}");
        }
    }

    #[test]
    fn what_is_found_is_what_a_plain_look_at_each_line_finds() {
        proptest!(ProptestConfig::with_cases(200), |(text in "[abcABC \n]{0,300}", query in "[abc]{1,2}( [abc]{1,2})?")| {
            let plain: Vec<u64> = (1..)
                .zip(text.split('\n'))
                .filter(|(_, line)| query.split(' ').all(|word| line.to_lowercase().contains(word)))
                .map(|(number, _)| number)
                .collect();
            let found: Vec<u64> = scan(text.as_bytes(), &query, usize::MAX).iter().map(|f| f.0).collect();
            prop_assert_eq!(found, plain);
        });
    }
}
