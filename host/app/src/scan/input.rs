//! From the bytes of a file or a pipe to text, piece by piece as they come, on a thread of its own.
//!
//! Invariants: the same text for any chunks of the same bytes, and as many bytes of it as `log add` would store; a byte
//! that is no UTF-8 is one `?`; what is held is a few pieces, and of a document all of it, which has a limit.

use std::io::{self, BufReader, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use trcaa_model::limits::EXTRACTED_BYTES_MAX;
use trcaa_store::{Packing, Unpacking};

use crate::AppError;
use crate::documents::BundledDocuments;
use crate::ingest::decode::{Format, binary, no_log, read_error, too_large};
use crate::ingest::document::{Document, Documents};
use crate::ingest::nuls::NulPairs;
use crate::ingest::source::{Source, unreadable};
use crate::ingest::wide::WideText;

/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Pieces that wait to be taken.
const PIECES_MAX: usize = 2;
/// First bytes by which the format is told; fewer do where no format begins like them.
const MARK_BYTES: usize = 16;
/// First bytes by whose look binary data is told from text; of less, nothing can be said.
const LOOK_BYTES_MIN: usize = 512;

/// What comes out of the thread.
pub(super) enum Piece {
    /// The next text, not empty.
    Text(String),
    /// There is no more.
    End,
    /// It can't be read any further.
    Failed(AppError),
}

/// Starts reading.
///
/// # Errors
/// No thread can be started.
pub(super) fn read(source: Source) -> Result<Receiver<Piece>, AppError> {
    let (send, receive) = sync_channel(PIECES_MAX);
    // Not waited for: it may sit in a read of a pipe that never ends, and then ends with the process.
    std::thread::Builder::new()
        .name("scan-input".into())
        .spawn(move || {
            let last = match read_all(source, &send) {
                Ok(()) => Piece::End,
                Err(Stop::Failed(error)) => Piece::Failed(error),
                Err(Stop::Unwanted) => return,
            };
            let _ = send.send(last);
        })
        .map_err(|e| AppError::failed("no_thread", format!("starting a thread to read the input: {e}")))?;
    Ok(receive)
}

enum Stop {
    Failed(AppError),
    /// Nobody takes pieces any more.
    Unwanted,
}

impl From<AppError> for Stop {
    fn from(error: AppError) -> Self {
        Self::Failed(error)
    }
}

fn read_all(mut source: Source, out: &SyncSender<Piece>) -> Result<(), Stop> {
    let shown = std::mem::take(&mut source.shown);
    let mut head = Vec::new();
    while head.len() < MARK_BYTES && (head.is_empty() || Format::may_begin(&head)) {
        let mut chunk = vec![0; CHUNK_BYTES];
        let count = read_some(&mut source.reader, &mut chunk).map_err(|e| unreadable(&shown, &e))?;
        if count == 0 {
            break;
        }
        head.extend_from_slice(&chunk[..count]);
    }
    if head.is_empty() {
        // Nothing in, nothing found: a filter in a pipe has to bear that.
        return Ok(());
    }
    let format = Format::of(&head);
    if let Format::Document(document) = format {
        return read_document(document, head, source.reader, &shown, out);
    }
    let all = io::Cursor::new(head).chain(source.reader);
    let mut reader: Box<dyn Read> = match format {
        Format::Packed(packing) => unpacking(packing, all),
        _ => Box::new(all),
    };
    let mut text = TextOf { shown: &shown, begun: false, wide: None, rest: Vec::new(), nuls: NulPairs::default() };
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let count = read_some(&mut reader, &mut chunk).map_err(|e| read_error(e, &shown, format))?;
        if count == 0 {
            return send(out, text.finish());
        }
        send(out, text.take(&chunk[..count])?)?;
    }
}

fn unpacking(packing: Packing, packed: impl Read + 'static) -> Box<dyn Read> {
    Box::new(Unpacking::new(packing, BufReader::with_capacity(CHUNK_BYTES, packed)))
}

fn read_document(
    document: Document,
    mut bytes: Vec<u8>,
    rest: impl Read,
    shown: &str,
    out: &SyncSender<Piece>,
) -> Result<(), Stop> {
    rest.take(EXTRACTED_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|e| unreadable(shown, &e))?;
    if bytes.len() as u64 > EXTRACTED_BYTES_MAX {
        let size = format!("more than {EXTRACTED_BYTES_MAX} bytes");
        return Err(too_large(shown, &size, EXTRACTED_BYTES_MAX).into());
    }
    let text = BundledDocuments.text(document, &bytes, shown)?.text;
    drop(bytes);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.ceil_char_boundary(CHUNK_BYTES.min(rest.len())));
        send(out, piece.to_owned())?;
        rest = behind;
    }
    Ok(())
}

fn send(out: &SyncSender<Piece>, text: String) -> Result<(), Stop> {
    if text.is_empty() { Ok(()) } else { out.send(Piece::Text(text)).map_err(|_| Stop::Unwanted) }
}

fn read_some(reader: &mut impl Read, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(chunk) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// Text as it comes out of unpacked bytes.
struct TextOf<'s> {
    shown: &'s str,
    begun: bool,
    wide: Option<WideText>,
    /// What may be the beginning of a character.
    rest: Vec<u8>,
    nuls: NulPairs,
}

impl TextOf<'_> {
    fn take(&mut self, chunk: &[u8]) -> Result<String, AppError> {
        if !self.begun {
            // The mark is two bytes, and one of them may come alone.
            self.rest.extend_from_slice(chunk);
            if matches!(self.rest[..], [0xff | 0xfe]) {
                return Ok(String::new());
            }
            self.begun = true;
            let first = std::mem::take(&mut self.rest);
            self.wide = WideText::by_mark(&first);
            if self.wide.is_none()
                && let Some(what) = binary(&first, LOOK_BYTES_MIN)
            {
                return Err(no_log(self.shown, what));
            }
            return self.take(&first);
        }
        if let Some(wide) = &mut self.wide {
            return Ok(wide.decode(chunk));
        }
        if self.nuls.found_in(chunk) {
            return Err(crate::ingest::decode::wide_within(self.shown));
        }
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(chunk);
        self.rest = bytes.split_off(bytes.len() - unfinished(&bytes));
        Ok(crate::redaction::masked(bytes))
    }

    fn finish(mut self) -> String {
        match self.wide.take() {
            Some(wide) => wide.finish().to_owned(),
            None => crate::redaction::masked(self.rest),
        }
    }
}

/// Bytes at the end that are the beginning of one character, and may be all of it with what follows.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    let last = bytes.get(tail..).unwrap_or_default();
    let Some(lead) = last.iter().rposition(|byte| !matches!(byte, 0x80..=0xbf)) else { return 0 };
    let begun = &last[lead..];
    match std::str::from_utf8(begun) {
        Err(error) if error.valid_up_to() == 0 && error.error_len().is_none() => begun.len(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
