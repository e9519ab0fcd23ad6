//! From original bytes to text: told by content, unpacked, checked, counted, hashed, in one pass.
//!
//! Invariants: the hash is of the original bytes, all of them and those alone that the text was made from; of the text
//! no byte more than [`EXTRACTED_BYTES_MAX`] is ever kept; text of a plain or packed log goes through as it is.

use std::io::{self, BufReader, Read};

use sha2::{Digest, Sha256};
use trcaa_model::limits::EXTRACTED_BYTES_MAX;
use trcaa_store::{PackedError, Packing, Unpacking};

use super::document::{Document, Documents};
use super::gzip::Gzip;
use super::nuls::NulPairs;
use super::source::unreadable;
use super::wide::WideText;
use crate::AppError;
use crate::settings::LOG_SIZE;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes by which a binary file is told from a log.
const SNIFF_BYTES: usize = 64 << 10;
/// Unpacked bytes that are looked at, per byte of text that may be kept: UTF-16 has two for the shortest character.
const UNPACKED_PER_TEXT_MAX: u64 = 2;

/// How much is taken in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Bytes of the original.
    pub(super) original: u64,
    /// Bytes of its text.
    pub(super) text: u64,
}

impl Limits {
    /// The text's limit is the same for every log.
    pub(super) fn of_original(original: u64) -> Self {
        Self { original, text: EXTRACTED_BYTES_MAX }
    }
}

/// What an original is, by its first bytes and by nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Packed(Packing),
    Document(Document),
}

impl Format {
    /// Whether first bytes may be the beginning of a mark, by which anything is told, with what follows.
    pub(crate) fn may_begin(head: &[u8]) -> bool {
        const MARKS: [&[u8]; 7] =
            [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"%PDF-", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\x50\x2a\x4d\x18"];
        let skippable = |head: &[u8]| matches!(head, [0x50..=0x5f, rest @ ..] if b"\x2a\x4d\x18".starts_with(rest));
        let known = MARKS.into_iter().chain(MAGIC.iter().map(|(magic, _)| *magic));
        skippable(head) || known.into_iter().any(|mark| mark.len() > head.len() && mark.starts_with(head))
    }

    /// Tells by the first bytes.
    pub(crate) fn of(head: &[u8]) -> Self {
        let packed = Packing::of(head).map(Self::Packed);
        packed.or_else(|| Document::of(head).map(Self::Document)).unwrap_or(Self::Text)
    }

    fn mime_type(self) -> &'static str {
        match self {
            Self::Packed(Packing::Gzip) => "application/gzip",
            Self::Packed(Packing::Zstd) => "application/zstd",
            Self::Text | Self::Document(_) => "text/plain",
        }
    }
}

/// What reading gave.
pub(super) struct Extracted {
    pub(super) original_bytes: u64,
    pub(super) mime_type: &'static str,
    /// SHA-256 hex of the original.
    pub(super) hash: String,
    /// As the sink holds it.
    pub(super) text: Vec<u8>,
}

/// Reads an original to its end.
pub(super) fn extract(
    source: impl Read,
    shown: &str,
    limits: Limits,
    documents: &dyn Documents,
    sink: Gzip,
    on_bytes: impl FnMut(u64),
) -> Result<Extracted, AppError> {
    let limit = limits.original;
    let mut original = Hashing { inner: source.take(limit + 1), hasher: Sha256::new(), bytes: 0 };
    let outcome = extract_from(&mut original, shown, limits, documents, sink, on_bytes);
    let cut_by_us = |error: &AppError| error.code.starts_with("damaged_") || error.code == "too_large";
    if original.bytes > limit && outcome.as_ref().map_or_else(cut_by_us, |_| true) {
        return Err(too_large(shown, &format!("more than {limit} bytes"), limit));
    }
    let (mime_type, text) = outcome?;
    Ok(Extracted { original_bytes: original.bytes, mime_type, hash: hex::encode(original.hasher.finalize()), text })
}

fn extract_from(
    original: &mut impl Read,
    shown: &str,
    limits: Limits,
    documents: &dyn Documents,
    sink: Gzip,
    mut on_bytes: impl FnMut(u64),
) -> Result<(&'static str, Vec<u8>), AppError> {
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    original.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut head).map_err(|e| unreadable(shown, &e))?;
    if head.is_empty() {
        return Err(AppError::failed("empty_log", format!("reading {shown}: it is empty"))
            .hint("nothing can be learnt from it; check whether it was rotated away (look for .1 or .gz beside it)"));
    }
    let format = Format::of(&head);
    let mut text =
        Text { shown, sink, limit: limits.text, wide: None, nuls: NulPairs::default(), bytes: 0, unpacked: 0 };
    let mut mime_type = format.mime_type();
    if let Format::Document(document) = format {
        original.read_to_end(&mut head).map_err(|e| unreadable(shown, &e))?;
        let limit = limits.original;
        if head.len() as u64 > limit {
            return Err(too_large(shown, &format!("more than {limit} bytes"), limit));
        }
        let found = documents.text(document, &head, shown)?;
        mime_type = found.mime_type;
        for chunk in found.text.as_bytes().chunks(CHUNK_BYTES) {
            text.keep(chunk)?;
            on_bytes(chunk.len() as u64);
        }
    } else {
        let all = (&head[..]).chain(original);
        let mut unpacked: Box<dyn Read> = match format {
            Format::Packed(packing) => Box::new(Unpacking::new(packing, BufReader::with_capacity(CHUNK_BYTES, all))),
            _ => Box::new(all),
        };
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        loop {
            let count = read_full(&mut unpacked, &mut buffer).map_err(|e| read_error(e, shown, format))?;
            let chunk = buffer.get(..count).unwrap_or_default();
            if chunk.is_empty() {
                break;
            }
            text.take(chunk)?;
            on_bytes(count as u64);
        }
    }
    if text.unpacked == 0 && text.bytes == 0 {
        return Err(AppError::failed("empty_log", format!("unpacking {shown}: there is nothing in it")));
    }
    Ok((mime_type, text.finish()?))
}

/// The text as it comes out.
struct Text<'s> {
    shown: &'s str,
    sink: Gzip,
    /// Bytes that may be kept.
    limit: u64,
    wide: Option<WideText>,
    nuls: NulPairs,
    /// Kept.
    bytes: u64,
    /// Taken, before UTF-16 became UTF-8.
    unpacked: u64,
}

impl Text<'_> {
    /// Takes the next unpacked bytes.
    fn take(&mut self, chunk: &[u8]) -> Result<(), AppError> {
        if self.unpacked == 0 {
            self.wide = WideText::by_mark(chunk);
            if self.wide.is_none()
                && let Some(what) = binary(chunk, 0)
            {
                return Err(no_log(self.shown, what));
            }
        }
        self.unpacked += chunk.len() as u64;
        match self.wide.as_mut().map(|wide| wide.decode(chunk)) {
            Some(text) if self.unpacked / UNPACKED_PER_TEXT_MAX <= self.limit => self.keep(text.as_bytes()),
            Some(_) => Err(self.too_long()),
            None if self.nuls.found_in(chunk) || memchr::memchr_iter(0, chunk).count() * 10 > chunk.len() => {
                Err(wide_within(self.shown))
            }
            None => self.keep(chunk),
        }
    }

    /// Keeps text, up to the limit.
    fn keep(&mut self, text: &[u8]) -> Result<(), AppError> {
        self.bytes += text.len() as u64;
        if self.bytes > self.limit {
            return Err(self.too_long());
        }
        self.sink.write(text).map_err(|e| unreadable(self.shown, &e))
    }

    fn too_long(&self) -> AppError {
        AppError::failed("too_large", format!("unpacking {}: its text has more than {} bytes", self.shown, self.limit))
            .hint("unpack it yourself and cut out the hours around the incident")
    }

    fn finish(mut self) -> Result<Vec<u8>, AppError> {
        if let Some(wide) = self.wide.take() {
            self.keep(wide.finish().as_bytes())?;
        }
        let shown = self.shown;
        self.sink.finish().map_err(|e| unreadable(shown, &e))
    }
}

/// What reading a packed log ran into: damage, a bound, or the disk.
pub(crate) fn read_error(error: io::Error, shown: &str, format: Format) -> AppError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let Format::Packed(packing) = format else { return unreadable(shown, &error) };
    if let Some(packed) = error.get_ref().and_then(|inner| inner.downcast_ref::<PackedError>()) {
        let (code, hint) = match packed {
            PackedError::Window { .. } => ("too_large", "unpack it yourself: zstd -d --long=31"),
            PackedError::Dictionary { .. } => ("damaged_zstd", "unpack it yourself: zstd -d -D DICTIONARY"),
        };
        return AppError::failed(code, format!("unpacking {shown}: {packed}")).hint(hint);
    }
    if !matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof) {
        return unreadable(shown, &error);
    }
    let (code, hint) = match packing {
        Packing::Gzip => ("damaged_gzip", "check it with: gzip -t"),
        Packing::Zstd => ("damaged_zstd", "check it with: zstd -t"),
    };
    AppError::failed(code, format!("unpacking {shown}: {error}"))
        .hint(hint)
        .hint("copy it again, or attach what can be unpacked of it as text")
}

/// An original, or what is known of it before reading, is above the limit.
pub(crate) fn too_large(shown: &str, size: &str, limit: u64) -> AppError {
    let error =
        AppError::failed("too_large", format!("reading {shown}: it has {size}, and a log may have {limit} bytes"))
            .hint("cut out the hours around the incident, or split it: split -b 50m -d FILE part-");
    if limit < EXTRACTED_BYTES_MAX {
        return error.hint(format!("or raise the limit: trcaa settings set {LOG_SIZE} {EXTRACTED_BYTES_MAX}"));
    }
    error
}

/// It is something else.
pub(crate) fn no_log(shown: &str, what: &str) -> AppError {
    AppError::failed("binary_file", format!("reading {shown}: it is {what} and no log"))
        .hint("export its text first, or unpack it")
}

fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(free) = buffer.get_mut(filled..)
        && !free.is_empty()
    {
        match source.read(free) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        self.bytes += count as u64;
        Ok(count)
    }
}

/// UTF-16 stands where other text does.
pub(crate) fn wide_within(shown: &str) -> AppError {
    AppError::failed(
        "binary_file",
        format!("reading {shown}: it has stretches of NUL bytes, as UTF-16 text or binary data has"),
    )
    .hint("convert it first: iconv -f UTF-16LE -t UTF-8")
    .hint("or, where only a part of it is so, take the NUL bytes out: tr -d '\\000' < FILE")
}

/// Beginnings of files that are no text.
const MAGIC: [(&[u8], &str); 13] = [
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\x89PNG", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "compressed by gzip a second time"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd a second time"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"BZh", "compressed by bzip2"),
    (b"SQLite format 3\0", "a database"),
    (b"\0asm", "a WebAssembly file"),
];

/// What a file is that is no text: by its mark, and by its look where at least `look_bytes_min` of it are there.
pub(crate) fn binary(head: &[u8], look_bytes_min: usize) -> Option<&'static str> {
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    let sniffed = &head[..head.len().min(SNIFF_BYTES)];
    if sniffed.len() < look_bytes_min {
        return None;
    }
    let odd = sniffed.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    // A crashed writer leaves some NULs in a log; one byte in ten is no log any more.
    (odd * 10 > sniffed.len()).then_some("binary")
}

#[cfg(test)]
mod tests;
