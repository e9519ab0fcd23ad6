#![allow(clippy::unwrap_used)]
use std::io::Write as _;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use trcaa_model::limits::LOG_BYTES_DEFAULT;

use super::super::document::NoDocuments;
use super::*;

fn extracted(source: impl Read, limit: u64) -> Result<Extracted, &'static str> {
    extracted_within(source, Limits::of_original(limit))
}

fn extracted_within(source: impl Read, limits: Limits) -> Result<Extracted, &'static str> {
    let sink = Gzip::new(4);
    let mut read = extract(source, "x", limits, &NoDocuments, sink, |_| {}).map_err(|e| e.code)?;
    let mut text = Vec::new();
    GzDecoder::new(&read.text[..]).read_to_end(&mut text).unwrap();
    read.text = text;
    Ok(read)
}

fn text_of(bytes: &[u8], limit: u64) -> Result<Vec<u8>, &'static str> {
    let read = extracted(bytes, limit)?;
    assert_eq!(read.original_bytes, bytes.len() as u64);
    assert_eq!(read.hash, hex::encode(Sha256::digest(bytes)));
    Ok(read.text)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// A zstd frame of `count` bytes `a`: blocks of 128 KiB that are one byte each.
fn zstd_of(count: u64) -> Vec<u8> {
    const BLOCK: u64 = 128 << 10;
    // A window of 128 KiB, no size, no checksum.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3];
    let mut left = count;
    loop {
        let now = left.min(BLOCK);
        left -= now;
        let header = now << 3 | 1 << 1 | u64::from(left == 0);
        frame.extend_from_slice(&header.to_le_bytes()[..3]);
        frame.push(b'a');
        if left == 0 {
            return frame;
        }
    }
}

#[test]
fn bytes_that_are_no_utf8_are_kept_as_they_are() {
    assert_eq!(text_of(b"caf\xe9 \xff ok\n", 100), Ok(b"caf\xe9 \xff ok\n".to_vec()));
}

#[test]
fn the_limit_of_the_original_holds_at_the_byte() {
    assert!(text_of(&[b'x'; 100], 100).is_ok());
    assert_eq!(text_of(&[b'x'; 101], 100), Err("too_large"));
    let packed =
        gzip(&(0..2_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_string().into_bytes()).collect::<Vec<_>>());
    let length = packed.len() as u64;
    assert!(text_of(&packed, length).is_ok());
    for less in [1, 2, 10, length / 2] {
        assert_eq!(text_of(&packed, length - less), Err("too_large"), "it is not damaged, we cut it");
    }
}

#[test]
fn the_guard_of_the_text_holds_at_the_byte_for_every_format() {
    const LIMIT: u64 = 1_000_000;
    let limits = Limits { original: LOG_BYTES_DEFAULT, text: LIMIT };
    let length = |bytes: &[u8]| extracted_within(bytes, limits).map(|read| read.text.len() as u64);
    let text = vec![b'a'; usize::try_from(LIMIT).unwrap() + 1];
    let (at, half) = (&text[1..], &text[..text.len() / 2]);
    let rest = &at[half.len()..];
    let mut wide = vec![0xfe, 0xff];
    wide.extend("语".repeat(333_333).encode_utf16().flat_map(u16::to_be_bytes));
    wide.extend_from_slice(&[0, b'x']);
    let fitting = [at.to_vec(), gzip(at), [gzip(half), gzip(rest)].concat(), zstd_of(LIMIT), wide.clone(), gzip(&wide)];
    for bytes in fitting {
        assert_eq!(length(&bytes), Ok(LIMIT));
    }
    wide.extend_from_slice(&[0, b'x']);
    let frames = [zstd_of(LIMIT - 1), zstd_of(1), zstd_of(1)].concat();
    // Byte-order marks alone become no text, however many there are.
    let marks = gzip(&[0xff, 0xfe].repeat(text.len()));
    let over = [text.clone(), gzip(&text), [gzip(at), gzip(b"a")].concat(), zstd_of(LIMIT + 1), frames, wide, marks];
    for (number, bytes) in over.iter().enumerate() {
        assert_eq!(length(bytes), Err("too_large"), "{number}");
    }
}

#[test]
fn the_guard_is_a_hundred_mebibytes() {
    assert_eq!(EXTRACTED_BYTES_MAX, 104_857_600);
    assert_eq!(Limits::of_original(7).text, EXTRACTED_BYTES_MAX);
    let (at, over) = (zstd_of(EXTRACTED_BYTES_MAX), zstd_of(EXTRACTED_BYTES_MAX + 1));
    assert_eq!(text_of(&at, LOG_BYTES_DEFAULT).map(|text| text.len() as u64), Ok(EXTRACTED_BYTES_MAX));
    assert_eq!(text_of(&over, LOG_BYTES_DEFAULT), Err("too_large"));
}

#[test]
fn damage_and_tricks_are_told() {
    let whole = gzip(b"hello\n");
    assert_eq!(text_of(&whole, 1000), Ok(b"hello\n".to_vec()));
    assert_eq!(text_of(&whole[..whole.len() - 3], 1000), Err("damaged_gzip"));
    assert_eq!(text_of(&[&whole[..], b"more"].concat(), 1000), Err("damaged_gzip"));
    assert_eq!(text_of(&gzip(&whole), 1000), Err("binary_file"), "packed twice");
    assert_eq!(text_of(&gzip(&zstd_of(10)), 1000), Err("binary_file"));
    assert_eq!(text_of(&gzip(b"%PDF-1.7 in a gzip"), 1000), Err("binary_file"));
    assert_eq!(text_of(&gzip(b""), 1000), Err("empty_log"));

    let whole = zstd_of(10);
    assert_eq!(text_of(&whole, 1000), Ok(b"aaaaaaaaaa".to_vec()));
    assert_eq!(text_of(&whole[..whole.len() - 1], 1000), Err("damaged_zstd"));
    assert_eq!(text_of(&[&whole[..], b"more"].concat(), 1000), Err("damaged_zstd"));
    assert_eq!(text_of(b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\0\x01\0\0", 1000), Err("too_large"), "claims a terabyte");
    assert_eq!(text_of(b"\x50\x2a\x4d\x18\x02\0\0\0ab", 1000), Err("empty_log"), "a skippable frame alone");
}

#[test]
fn wide_text_becomes_utf8() {
    let text = "Gerät 😀 fällt aus\n";
    let mut bytes = vec![0xff, 0xfe];
    bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(text_of(&bytes, 1000), Ok(text.as_bytes().to_vec()));
    bytes.push(b'x');
    assert_eq!(text_of(&bytes, 1000), Ok(format!("{text}\u{fffd}").into_bytes()), "half a character is not left out");
}

#[test]
fn what_is_no_log_is_told_by_what_it_is() {
    for bytes in [&b"\x7fELF..........."[..], b"%PDF-1.7", b"PK\x03\x04 any archive", &[1, 2, 3, 4, 5, 6, 7, 8]] {
        assert_eq!(text_of(bytes, 1000), Err("binary_file"));
    }
    assert_eq!(text_of(&[b"%PDF-", &[b'x'; 100][..]].concat(), 100), Err("too_large"));
    assert_eq!(text_of(b"", 1000), Err("empty_log"));
    assert!(text_of(b"some text with one \0 in it, as a crash leaves it\n", 1000).is_ok());
}

/// A file that changes while it is read: every call sees another one.
struct Changing(u32);

impl Read for Changing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        let line = format!("line {} as it was then\n", self.0);
        if self.0 > 5_000 {
            return Ok(0);
        }
        let count = line.len().min(buffer.len());
        buffer[..count].copy_from_slice(&line.as_bytes()[..count]);
        Ok(count)
    }
}

#[test]
fn hash_size_and_text_agree_on_a_file_that_changes() {
    let read = extracted(Changing(0), 1 << 20).unwrap();
    assert_eq!(read.hash, hex::encode(Sha256::digest(&read.text)));
    assert_eq!(read.original_bytes, read.text.len() as u64);
    assert_eq!(extracted(Changing(0), 1_000).map(|_| ()), Err("too_large"));
}

/// A disk that gives up.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _buffer: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk"))
    }
}

#[test]
fn a_disk_that_fails_is_no_damage_of_the_file() {
    for head in [gzip(&[b'x'; 9_000]), zstd_of(9_000), b"text".to_vec()] {
        let cut = &head[..head.len() - 4];
        assert_eq!(extracted(cut.chain(Failing), 1_000_000).map(|_| ()), Err("unreadable"));
    }
}
