#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{self, Read};

use proptest::prelude::*;

use super::*;

/// Gives its bytes in pieces of these lengths, over and over.
struct Dribble {
    bytes: Vec<u8>,
    at: usize,
    lengths: Vec<usize>,
    turn: usize,
}

impl Read for Dribble {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.lengths[self.turn % self.lengths.len()];
        self.turn += 1;
        let count = length.min(buffer.len()).min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn text_of(bytes: &[u8], lengths: &[usize]) -> Result<String, &'static str> {
    let reader = Box::new(Dribble { bytes: bytes.to_vec(), at: 0, lengths: lengths.to_vec(), turn: 0 });
    let source = Source { shown: "x".into(), name: "x".into(), path: String::new(), length: None, reader };
    let mut text = String::new();
    for piece in read(source).unwrap() {
        match piece {
            Piece::Text(more) => text.push_str(&more),
            Piece::End => return Ok(text),
            Piece::Failed(error) => return Err(error.code),
        }
    }
    panic!("neither an end nor an error");
}

#[test]
fn any_bytes_become_text_of_the_same_length() {
    let wide = |text: &str| [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big = |text: &str| [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    let cases: [(Vec<u8>, &str); 9] = [
        (b"".to_vec(), ""),
        (b"\xff".to_vec(), "?"),
        (b"a".to_vec(), "a"),
        (b"caf\xe9 \xf0\x9f\x98 x \xe2\x82".to_vec(), "caf? ??? x ??"),
        ("h\u{e4}lt \u{1f600}".into(), "h\u{e4}lt \u{1f600}"),
        (wide("Ger\u{e4}t \u{1f600}\n"), "Ger\u{e4}t \u{1f600}\n"),
        (big("Ger\u{e4}t \u{1f600}\n"), "Ger\u{e4}t \u{1f600}\n"),
        (b"a\0b\n".to_vec(), "a\0b\n"),
        (b"\xef\xbb\xbfmarked".to_vec(), "\u{feff}marked"),
    ];
    for (bytes, wanted) in cases {
        for size in 1..=bytes.len().max(1) {
            assert_eq!(text_of(&bytes, &[size]).as_deref(), Ok(wanted), "{bytes:?} by {size}");
        }
    }
}

#[test]
fn what_no_detector_could_read_is_refused() {
    let mut mixed = b"plain\n".to_vec();
    mixed.extend("password=hunter2\n".encode_utf16().flat_map(u16::to_le_bytes));
    for size in [1, 3, 1000] {
        assert_eq!(text_of(&mixed, &[size]), Err("binary_file"));
        assert_eq!(text_of(&[b"\x7fELF", &[b'x'; 600][..]].concat(), &[size.max(4)]), Err("binary_file"));
    }
    assert_eq!(text_of(b"\x1f\x8b\x08\0 not gzip at all, though it begins so", &[5]), Err("damaged_gzip"));
}

proptest! {
    #[test]
    fn chunks_do_not_matter(bytes in prop::collection::vec(any::<u8>(), 0..200), lengths in prop::collection::vec(1usize..9, 1..5)) {
        // What is told by the first chunk alone (programs, images) is no text for any chunks.
        prop_assume!(Format::of(&bytes) == Format::Text && binary(&bytes, usize::MAX).is_none());
        prop_assert_eq!(text_of(&bytes, &lengths), text_of(&bytes, &[1000]));
    }

    #[test]
    fn text_with_bytes_that_are_none_is_masked_as_a_whole(text in "[a€😀\n]{0,40}", bad in prop::collection::vec((0usize..60, 0x80u8..), 0..6), lengths in prop::collection::vec(1usize..5, 1..4)) {
        let mut bytes = text.into_bytes();
        for (at, byte) in bad {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        prop_assume!(!matches!(bytes[..], [0xff, 0xfe, ..] | [0xfe, 0xff, ..]));
        prop_assume!(Format::of(&bytes) == Format::Text && binary(&bytes, usize::MAX).is_none());
        prop_assert_eq!(text_of(&bytes, &lengths), Ok(crate::redaction::masked(bytes)));
    }
}
