#![allow(clippy::unwrap_used)]
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;

const TEXT: &[u8] = b"2026-11-21 10:00:01 ERROR the same line\n2026-11-21 10:00:02 ERROR the same line\n";

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    compress_to_vec(text, CompressionLevel::Fastest)
}

/// A frame of one raw block; `header` is descriptor, window and claimed size.
fn frame(header: &[u8], content: &[u8]) -> Vec<u8> {
    let block = u32::try_from(content.len()).unwrap() << 3 | 1;
    [&[0x28, 0xb5, 0x2f, 0xfd], header, &block.to_le_bytes()[..3], content].concat()
}

fn skippable(length: u32, content: &[u8]) -> Vec<u8> {
    [&[0x5a, 0x2a, 0x4d, 0x18], &length.to_le_bytes()[..], content].concat()
}

fn unpack(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // A tiny buffer, so that every boundary falls into a frame's middle somewhere.
    let source = io::BufReader::with_capacity(7, bytes);
    Unpacking::new(Packing::of(bytes).unwrap(), source).read_to_end(&mut text)?;
    Ok(text)
}

fn kind(bytes: &[u8]) -> io::ErrorKind {
    unpack(bytes).unwrap_err().kind()
}

#[test]
fn several_members_and_frames_are_one_text() {
    let twice = [TEXT, TEXT].concat();
    assert_eq!(unpack(&[gzip(TEXT), gzip(b""), gzip(TEXT)].concat()).unwrap(), twice);
    assert_eq!(unpack(&[zstd(TEXT), zstd(b""), zstd(TEXT)].concat()).unwrap(), twice);
    let skipping = [skippable(3, b"abc"), zstd(TEXT), skippable(0, b""), zstd(TEXT), skippable(1, b"x")].concat();
    assert_eq!(unpack(&skipping).unwrap(), twice);
    assert_eq!(unpack(&[gzip(TEXT), vec![0; 1024]].concat()).unwrap(), TEXT, "padding of a block device");
}

#[test]
fn what_is_cut_anywhere_is_an_error_and_no_shorter_text() {
    for whole in [gzip(TEXT), zstd(TEXT), skippable(8, b"12345678"), frame(&[0x00, 0x00], b"raw")] {
        for length in 4..whole.len() {
            assert_eq!(kind(&whole[..length]), io::ErrorKind::UnexpectedEof, "{length} of {}", whole.len());
        }
        assert!(unpack(&whole).is_ok());
    }
}

#[test]
fn what_was_altered_or_has_something_behind_it_is_damaged() {
    for whole in [gzip(TEXT), zstd(TEXT)] {
        let mut flipped = whole.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 1;
        assert!(unpack(&flipped).is_err(), "the checksum is at the end");
        assert!(unpack(&[whole.clone(), b"trailing".to_vec()].concat()).is_err());
        for at in 4..whole.len() {
            let mut flipped = whole.clone();
            flipped[at] ^= 0x10;
            // Some bits carry nothing, such as a time stamp; no other text may come out.
            assert!(unpack(&flipped).map_or(true, |text| text == TEXT), "byte {at}");
        }
    }
}

#[test]
fn a_frame_may_not_lie_about_its_size() {
    // One byte for the size, no window: a single segment.
    assert_eq!(unpack(&frame(&[0x20, 3], b"raw")).unwrap(), b"raw");
    for claimed in [2, 4, 200] {
        assert_eq!(kind(&frame(&[0x20, claimed], b"raw")), io::ErrorKind::InvalidData, "{claimed}");
    }
}

#[test]
fn a_window_is_bounded_before_it_is_taken() {
    let packed_error =
        |bytes: &[u8]| unpack(bytes).unwrap_err().into_inner().unwrap().downcast::<PackedError>().unwrap();
    // 2^(10 + 17) is the limit, with an eighth more it is passed; 2^41 would be 2 TB.
    assert_eq!(unpack(&frame(&[0x00, 17 << 3], b"raw")).unwrap(), b"raw");
    for descriptor in [17 << 3 | 1, 31 << 3] {
        assert!(matches!(*packed_error(&frame(&[0x00, descriptor], b"raw")), PackedError::Window { .. }));
    }
    let claims = [&[0xe0], &(1_u64 << 40).to_le_bytes()[..]].concat();
    assert!(matches!(*packed_error(&frame(&claims, b"raw")), PackedError::Window { needed } if needed == 1 << 40));
    assert!(matches!(*packed_error(&frame(&[0x01, 0x00, 7], b"raw")), PackedError::Dictionary { id: 7 }));
}

#[test]
fn packing_is_told_by_content() {
    assert_eq!(Packing::of(b"\x1f\x8b\x08"), Some(Packing::Gzip));
    assert_eq!(Packing::of(b"\x28\xb5\x2f\xfd"), Some(Packing::Zstd));
    assert_eq!(Packing::of(b"\x50\x2a\x4d\x18"), Some(Packing::Zstd));
    for head in [&b""[..], b"\x1f", b"2026-11-21", b"\x60\x2a\x4d\x18", b"\x28\xb5\x2f"] {
        assert_eq!(Packing::of(head), None, "{head:?}");
    }
}
