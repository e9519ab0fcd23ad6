//! Packed streams: gzip (RFC 1952) and zstd (RFC 8878) unpacked as they are read, in Rust alone.
//!
//! Must not know where the bytes come from or how much text is allowed: whoever reads counts. Invariants: what is held
//! is bounded by the format's window, whatever a header claims; a stream that is cut, altered or followed by something
//! else is an error and never a shorter text; a decoder that panics is an error of the file.

use std::io::{self, BufRead, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Most bytes of a zstd frame's window: what `zstd -d` takes without being asked for more (`--long=27`).
pub const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;

/// How a stream is packed, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Members of gzip.
    Gzip,
    /// Frames of zstd.
    Zstd,
}

impl Packing {
    /// Tells by the first four bytes; `None` for anything that is not packed.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// A packed stream that cannot be unpacked here although nothing shows that it is damaged.
#[derive(Debug, thiserror::Error)]
pub enum PackedError {
    /// Unpacking needs more memory than is given to a file.
    #[error("a frame needs a window of {needed} bytes to be unpacked, and {ZSTD_WINDOW_BYTES_MAX} are allowed")]
    Window {
        /// What its header asks for.
        needed: u64,
    },
    /// The text was packed against a dictionary that is not here.
    #[error("it was packed with dictionary {id}, which is not in the file")]
    Dictionary {
        /// As in the frame's header.
        id: u32,
    },
}

/// Unpacks what is read through it.
///
/// Errors are of kind `InvalidData` (damaged), `UnexpectedEof` (cut), those of the source, or hold a [`PackedError`].
pub struct Unpacking<R: BufRead>(Kind<R>);

enum Kind<R: BufRead> {
    Gzip(Box<Gzip<R>>),
    Zstd(Box<Zstd<R>>),
}

impl<R: BufRead> Unpacking<R> {
    /// Begins at the first byte of the stream.
    pub fn new(packing: Packing, source: R) -> Self {
        Self(match packing {
            Packing::Gzip => Kind::Gzip(Box::new(Gzip { member: Some(GzDecoder::new(source)) })),
            Packing::Zstd => Kind::Zstd(Box::new(Zstd::new(source))),
        })
    }
}

impl<R: BufRead> Read for Unpacking<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        match &mut self.0 {
            Kind::Gzip(gzip) => gzip.read(buffer),
            Kind::Zstd(zstd) => zstd.read(buffer),
        }
    }
}

fn damaged(why: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

/// Members one after the other; zeros behind the last one are the padding of a tape or block device.
struct Gzip<R: BufRead> {
    /// `None` at the end, and after an error.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let count = member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            let Some(ended) = self.member.take() else { break };
            let mut source = ended.into_inner();
            match source.fill_buf()?.first() {
                None => {}
                Some(0x1f) => self.member = Some(GzDecoder::new(source)),
                Some(_) => expect_zeros(&mut source)?,
            }
        }
        Ok(0)
    }
}

fn expect_zeros(source: &mut impl BufRead) -> io::Result<()> {
    loop {
        let rest = source.fill_buf()?;
        if rest.is_empty() {
            return Ok(());
        }
        if rest.iter().any(|byte| *byte != 0) {
            return Err(damaged("there is something else behind its end"));
        }
        let count = rest.len();
        source.consume(count);
    }
}

/// Frames one after the other, skippable ones passed over.
struct Zstd<R: BufRead> {
    source: R,
    decoder: FrameDecoder,
    /// Bytes that the present frame gave; `None` between frames.
    frame_bytes: Option<u64>,
}

impl<R: BufRead> Zstd<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        Self { source, decoder, frame_bytes: None }
    }

    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(given) = &mut self.frame_bytes else {
                if self.source.fill_buf()?.is_empty() {
                    return Ok(0);
                }
                self.begin_frame()?;
                continue;
            };
            if self.decoder.can_collect() > 0 {
                let count = self.decoder.read(buffer)?;
                *given += count as u64;
                return Ok(count);
            }
            if self.decoder.is_finished() {
                let given = *given;
                self.frame_bytes = None;
                self.check_frame(given)?;
                continue;
            }
            let (decoder, source) = (&mut self.decoder, &mut self.source);
            // One block: 128 KiB at most, so that no more is held than the window and that.
            let decoded = guarded(|| decoder.decode_blocks(source, BlockDecodingStrategy::UptoBlocks(1)))?;
            decoded.map_err(frame_error)?;
        }
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        let (decoder, source) = (&mut self.decoder, &mut self.source);
        match guarded(|| decoder.reset(source))? {
            Ok(()) => {
                self.frame_bytes = Some(0);
                Ok(())
            }
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                let length = u64::from(length);
                match io::copy(&mut (&mut self.source).take(length), &mut io::sink())? {
                    skipped if skipped == length => Ok(()),
                    _ => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends inside a skippable frame")),
                }
            }
            Err(e) => Err(frame_error(e)),
        }
    }

    fn check_frame(&self, given: u64) -> io::Result<()> {
        // Zero also stands for a header without a size.
        let claimed = self.decoder.content_size();
        if claimed != 0 && claimed != given {
            return Err(damaged(format!("a frame says that it holds {claimed} bytes, and holds {given}")));
        }
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(written), calculated) if calculated != Some(written) => {
                Err(damaged("the checksum of a frame does not fit its content"))
            }
            _ => Ok(()),
        }
    }
}

/// The decoder asserts what it believes of its own work; a file that proves it wrong is a bad file and no reason to die.
fn guarded<T>(work: impl FnOnce() -> T) -> io::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| damaged("its decoder gave up on it"))
}

fn frame_error(error: FrameDecoderError) -> io::Error {
    match error {
        FrameDecoderError::WindowSizeTooBig { requested, .. } => {
            io::Error::other(PackedError::Window { needed: requested })
        }
        FrameDecoderError::DictNotProvided { dict_id } => io::Error::other(PackedError::Dictionary { id: dict_id }),
        other => {
            let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&other);
            // The source's own failure, such as a disk that cannot be read, is no damage of the stream.
            while let Some(inner) = cause {
                if let Some(io) = inner.downcast_ref::<io::Error>() {
                    let why =
                        if io.kind() == io::ErrorKind::UnexpectedEof { "it is cut".to_owned() } else { io.to_string() };
                    return io::Error::new(io.kind(), why);
                }
                cause = inner.source();
            }
            damaged(other.to_string())
        }
    }
}

#[cfg(test)]
mod tests;
