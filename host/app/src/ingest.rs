//! Taking logs in: read once, hashed, unpacked, compressed; then stored in one transaction.
//!
//! Invariants: the hash is of the original bytes; the stored text is the extracted bytes as they were, so that offsets
//! into it are offsets into what the analyst has; no more than the limits is ever held; nothing is stored unless all
//! of it was read.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use trcaa_model::attachment::{LogFile, NewLogFile};
use trcaa_model::audit::AuditRecord;
use trcaa_model::id::IssueId;
use trcaa_model::limits::EXTRACTED_BYTES_MAX;
use trcaa_model::timeline::Happening;
use trcaa_store::{StoreError, Tx};

use crate::settings::LOG_SIZE;
use crate::{App, AppError};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes by which a binary file is told from a log.
const SNIFF_BYTES: usize = 64 << 10;
/// zlib's level 4: two thirds of level 6's time for 5 % more bytes on logs.
pub(crate) const GZIP_LEVEL: u32 = 4;

/// Where a log comes from.
#[derive(Debug, Clone)]
pub enum LogInput {
    /// A file.
    Path(PathBuf),
    /// Standard input, with the name that the log gets.
    Stdin(String),
}

/// A log that was read and is not stored yet.
pub(crate) struct ReadLog {
    pub(crate) name: String,
    path: String,
    size: u64,
    mime_type: &'static str,
    hash: String,
    compressed: Vec<u8>,
}

impl ReadLog {
    pub(crate) fn into_new(self, issue_id: IssueId) -> NewLogFile {
        NewLogFile {
            issue_id,
            file_name: self.name,
            file_path: self.path,
            file_size: self.size,
            mime_type: self.mime_type.to_owned(),
            content_hash: self.hash,
            content_compressed: self.compressed,
        }
    }
}

impl App {
    /// Reads a log and attaches it to an issue. The same bytes on the same issue are one log.
    ///
    /// # Errors
    /// Says what can't be read and why; nothing is stored then.
    pub fn add_log(&self, issue: &IssueId, input: &LogInput, name: Option<&str>) -> Result<LogFile, AppError> {
        self.store.issue(issue)?;
        let read = self.read_log(input, name)?;
        if let Some(known) = self.store.log_by_hash(issue, &read.hash)? {
            return Ok(known);
        }
        let new = read.into_new(issue.clone());
        Ok(self.store.write(|tx| store_log(tx, &new))?)
    }

    /// Reads a log without storing anything.
    pub(crate) fn read_log(&self, input: &LogInput, name: Option<&str>) -> Result<ReadLog, AppError> {
        let limit = self.log_size_max()?;
        let (shown, default_name, path) = match input {
            LogInput::Stdin(name) => ("standard input".to_owned(), name.clone(), String::new()),
            LogInput::Path(path) => (path.display().to_string(), file_name(path), absolute(path)),
        };
        let source: Box<dyn Read> = match input {
            LogInput::Stdin(_) => Box::new(io::stdin().lock()),
            LogInput::Path(path) => Box::new(open(path, &shown, limit)?),
        };
        let name = safe_name(name.unwrap_or(&default_name));
        self.progress.begin(&format!("reading {name}"), None);
        let outcome = extract(source, &shown, limit, |bytes| self.progress.advance(bytes));
        self.progress.end();
        let extracted = outcome?;
        Ok(ReadLog {
            name,
            path,
            size: extracted.original_bytes,
            mime_type: extracted.mime_type,
            hash: extracted.hash,
            compressed: extracted.compressed,
        })
    }
}

/// Reads a log's text without any store: unpacked and decoded as for storing.
pub(crate) fn text_of(input: &LogInput) -> Result<Vec<u8>, AppError> {
    let limit = EXTRACTED_BYTES_MAX;
    let (shown, source): (String, Box<dyn Read>) = match input {
        LogInput::Stdin(_) => ("standard input".to_owned(), Box::new(io::stdin().lock())),
        LogInput::Path(path) => {
            let shown = path.display().to_string();
            let file = open(path, &shown, limit)?;
            (shown, Box::new(file))
        }
    };
    let extracted = match extract(source, &shown, limit, |_| {}) {
        // Nothing in, nothing found: a filter in a pipe has to bear that.
        Err(error) if error.code == "empty_log" => return Ok(Vec::new()),
        other => other?,
    };
    let mut text = Vec::new();
    MultiGzDecoder::new(&extracted.compressed[..])
        .read_to_end(&mut text)
        .map_err(|e| AppError::failed("unreadable", format!("reading {shown}: {e}")))?;
    Ok(text)
}

/// Writes a log with its timeline event and audit row.
pub(crate) fn store_log(tx: &Tx<'_>, new: &NewLogFile) -> Result<LogFile, StoreError> {
    let log = tx.insert_log(new)?;
    let happening = Happening::LogUploaded { file_name: log.file_name.clone(), file_size: log.file_size };
    let audit = AuditRecord {
        action: "upload_log_file",
        entity_type: "log_file",
        entity_id: log.id.to_string(),
        details: serde_json::json!({"issue_id": log.issue_id, "content_hash": log.content_hash, "file_size": log.file_size}),
    };
    tx.happened(&log.issue_id, &happening, &format!("Log {} attached", log.file_name), &audit)?;
    Ok(log)
}

fn open(path: &Path, shown: &str, limit: u64) -> Result<File, AppError> {
    let failed = |e: &io::Error| {
        let error = AppError::failed("unreadable", format!("reading {shown}: {e}"));
        if e.kind() == io::ErrorKind::NotFound {
            error.hint("check the path; a relative one begins at the current folder")
        } else {
            error
        }
    };
    let metadata = std::fs::metadata(path).map_err(|e| failed(&e))?;
    if metadata.is_dir() {
        return Err(AppError::failed("is_folder", format!("reading {shown}: it is a folder"))
            .hint(format!("name the files in it: {shown}/*.log")));
    }
    if !metadata.is_file() && !is_pipe(&metadata) {
        return Err(AppError::failed(
            "not_a_file",
            format!("reading {shown}: it is neither a regular file nor a pipe"),
        ));
    }
    if metadata.len() > limit {
        return Err(too_large(shown, &format!("{} bytes", metadata.len()), limit));
    }
    File::open(path).map_err(|e| failed(&e))
}

#[cfg(unix)]
fn is_pipe(metadata: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&metadata.file_type())
}

#[cfg(not(unix))]
fn is_pipe(_metadata: &std::fs::Metadata) -> bool {
    false
}

fn too_large(shown: &str, size: &str, limit: u64) -> AppError {
    let error =
        AppError::failed("too_large", format!("reading {shown}: it has {size}, and a log may have {limit} bytes"))
            .hint("cut out the hours around the incident, or split it: split -b 50m -d FILE part-");
    if limit < EXTRACTED_BYTES_MAX {
        return error.hint(format!("or raise the limit: trcaa settings set {LOG_SIZE} {EXTRACTED_BYTES_MAX}"));
    }
    error
}

struct Extracted {
    original_bytes: u64,
    mime_type: &'static str,
    hash: String,
    compressed: Vec<u8>,
}

/// Reads to the end: hashes the original, unpacks gzip, compresses the text. Holds one chunk and the compressed text.
fn extract(source: impl Read, shown: &str, limit: u64, mut on_bytes: impl FnMut(u64)) -> Result<Extracted, AppError> {
    let failed = |e: io::Error| AppError::failed("unreadable", format!("reading {shown}: {e}"));
    let mut hashed = Hashing { inner: source.take(limit + 1), hasher: Sha256::new(), bytes: 0 };
    let mut head = Vec::with_capacity(SNIFF_BYTES);
    hashed.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut head).map_err(failed)?;
    if head.is_empty() {
        return Err(AppError::failed("empty_log", format!("reading {shown}: it is empty"))
            .hint("nothing can be learnt from it; check whether it was rotated away (look for .1 or .gz beside it)"));
    }
    let gzip = head.starts_with(b"\x1f\x8b");
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL));
    let mut left = EXTRACTED_BYTES_MAX;
    {
        let all = (&head[..]).chain(&mut hashed);
        let mut text: Box<dyn Read> =
            if gzip { Box::new(MultiGzDecoder::new(BufReader::new(all))) } else { Box::new(all) };
        let mut buffer = vec![0_u8; CHUNK_BYTES];
        let mut first = true;
        let mut wide: Option<WideText> = None;
        loop {
            let count = read_full(&mut text, &mut buffer).map_err(|e| {
                if gzip {
                    AppError::failed("damaged_gzip", format!("unpacking {shown}: {e}")).hint("check it with: gzip -t")
                } else {
                    failed(e)
                }
            })?;
            if count == 0 {
                break;
            }
            let chunk = &buffer[..count];
            if first {
                wide = WideText::by_mark(chunk);
                if wide.is_none()
                    && let Some(what) = binary(chunk)
                {
                    return Err(AppError::failed("binary_file", format!("reading {shown}: it is {what} and no log"))
                        .hint("export its text first, or unpack it"));
                }
                first = false;
            }
            if wide.is_none() && chunk.iter().filter(|b| **b == 0).count() * 10 > count {
                return Err(AppError::failed(
                    "binary_file",
                    format!("reading {shown}: it has stretches of NUL bytes, as UTF-16 text or binary data has"),
                )
                .hint("convert it first: iconv -f UTF-16LE -t UTF-8"));
            }
            left = left.checked_sub(count as u64).ok_or_else(|| {
                AppError::failed(
                    "too_large",
                    format!("unpacking {shown}: its text has more than {EXTRACTED_BYTES_MAX} bytes"),
                )
                .hint("unpack it yourself and cut out the hours around the incident")
            })?;
            let written = match &mut wide {
                Some(wide) => encoder.write_all(wide.decode(chunk).as_bytes()),
                None => encoder.write_all(chunk),
            };
            written.map_err(failed)?;
            on_bytes(count as u64);
        }
        if first {
            return Err(AppError::failed("empty_log", format!("unpacking {shown}: there is nothing in it")));
        }
    }
    // A gzip file may have bytes behind its last member; they belong to the original all the same.
    io::copy(&mut hashed, &mut io::sink()).map_err(failed)?;
    if hashed.bytes > limit {
        return Err(too_large(shown, &format!("more than {limit} bytes"), limit));
    }
    let compressed = encoder.finish().map_err(failed)?;
    Ok(Extracted {
        original_bytes: hashed.bytes,
        mime_type: if gzip { "application/gzip" } else { "text/plain" },
        hash: hex::encode(hashed.hasher.finalize()),
        compressed,
    })
}

fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match source.read(&mut buffer[filled..]) {
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

/// UTF-16 with a byte-order mark, as Windows writes it: becomes UTF-8.
struct WideText {
    big_endian: bool,
    rest: Vec<u8>,
    high: Option<u16>,
}

impl WideText {
    fn by_mark(head: &[u8]) -> Option<Self> {
        let big_endian = match head.get(..2)? {
            [0xff, 0xfe] => false,
            [0xfe, 0xff] => true,
            _ => return None,
        };
        Some(Self { big_endian, rest: Vec::new(), high: None })
    }

    fn decode(&mut self, chunk: &[u8]) -> String {
        self.rest.extend_from_slice(chunk);
        let whole = self.rest.len() / 2 * 2;
        let units = self.rest[..whole].chunks_exact(2).map(|pair| {
            if self.big_endian {
                u16::from_be_bytes([pair[0], pair[1]])
            } else {
                u16::from_le_bytes([pair[0], pair[1]])
            }
        });
        let mut units: Vec<u16> = self.high.take().into_iter().chain(units).filter(|u| *u != 0xfeff).collect();
        if let Some(last) = units.last().copied()
            && (0xd800..0xdc00).contains(&last)
        {
            self.high = units.pop();
        }
        self.rest.drain(..whole);
        String::from_utf16_lossy(&units)
    }
}

/// What a file is that is no text.
fn binary(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 12] = [
        (b"\x7fELF", "a program"),
        (b"MZ\x90", "a program"),
        (b"\x89PNG", "an image"),
        (b"\xff\xd8\xff", "an image"),
        (b"GIF8", "an image"),
        (b"%PDF-", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
        (b"\xfd7zXZ", "compressed by xz"),
        (b"BZh", "compressed by bzip2"),
        (b"SQLite format 3\0", "a database"),
        (b"\0asm", "a WebAssembly file"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    let sniffed = &head[..head.len().min(SNIFF_BYTES)];
    let odd = sniffed.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    // A crashed writer leaves some NULs in a log; one byte in ten is no log any more.
    (odd * 10 > sniffed.len()).then_some("binary")
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "log".into(), |name| name.to_string_lossy().into_owned())
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

/// One line without control characters and folders, at most 200 characters.
fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let plain: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if plain.trim().is_empty() { "log".into() } else { plain }
}

#[cfg(test)]
mod tests {
    use trcaa_model::limits::LOG_BYTES_DEFAULT;

    use super::*;

    fn text_of(bytes: &[u8], limit: u64) -> Result<Vec<u8>, &'static str> {
        let extracted = extract(bytes, "x", limit, |_| {}).map_err(|e| e.code)?;
        assert_eq!(extracted.original_bytes, bytes.len() as u64);
        assert_eq!(extracted.hash, hex::encode(Sha256::digest(bytes)));
        let mut text = Vec::new();
        MultiGzDecoder::new(&extracted.compressed[..]).read_to_end(&mut text).map_err(|_| "unreadable")?;
        Ok(text)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let written = encoder.write_all(text).and_then(|()| encoder.finish());
        written.unwrap_or_default()
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept_as_they_are() {
        assert_eq!(text_of(b"caf\xe9 \xff ok\n", 100), Ok(b"caf\xe9 \xff ok\n".to_vec()));
    }

    #[test]
    fn the_limit_holds_at_the_byte() {
        assert!(text_of(&[b'x'; 100], 100).is_ok());
        assert_eq!(text_of(&[b'x'; 101], 100), Err("too_large"));
        assert!(text_of(&[b'x'; 99], 100).is_ok());
    }

    #[test]
    fn gzip_is_unpacked_and_a_bomb_is_refused() {
        assert_eq!(text_of(&gzip(b"hello\n"), 1000), Ok(b"hello\n".to_vec()));
        let at_limit = usize::try_from(EXTRACTED_BYTES_MAX).unwrap_or(0);
        let mut zeros = vec![b'a'; at_limit];
        assert!(text_of(&gzip(&zeros), LOG_BYTES_DEFAULT).is_ok());
        zeros.push(b'a');
        assert_eq!(text_of(&gzip(&zeros), LOG_BYTES_DEFAULT), Err("too_large"));
        let whole = gzip(b"hello\n");
        assert_eq!(text_of(&whole[..whole.len() - 3], 1000), Err("damaged_gzip"));
    }

    #[test]
    fn wide_text_becomes_utf8_for_any_chunks() {
        let text = "Gerät 😀 fällt aus\n";
        let mut bytes = vec![0xff, 0xfe];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(text_of(&bytes, 1000), Ok(text.as_bytes().to_vec()));
        for cut in 2..bytes.len() {
            let mut wide = WideText { big_endian: false, rest: Vec::new(), high: None };
            let (first, second) = bytes.split_at(cut);
            assert_eq!(wide.decode(first) + &wide.decode(second), text, "{cut}");
        }
    }

    #[test]
    fn what_is_no_log_is_told_by_what_it_is() {
        for bytes in [&b"\x7fELF..........."[..], b"%PDF-1.7", &[1, 2, 3, 4, 5, 6, 7, 8]] {
            assert_eq!(text_of(bytes, 1000), Err("binary_file"));
        }
        assert_eq!(text_of(b"", 1000), Err("empty_log"));
        assert!(text_of(b"some text with one \0 in it, as a crash leaves it\n", 1000).is_ok());
    }
}
