//! Gzip on all cores: one ordinary member, its deflate blocks made side by side.
//!
//! Text is cut into blocks of [`BLOCK_BYTES`]; each is deflated alone and ends on a byte, so that the results joined in
//! order are one deflate stream, as pigz makes it. Invariants: the same text gives the same bytes on any machine; what
//! is held is the result and two blocks per worker; where no thread can be started, the work is done without.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use flate2::{Compress, Compression, Crc, FlushCompress};

/// Bytes deflated at a time: a worker's turn costs milliseconds, and a block's empty start costs below 1 % of size.
const BLOCK_BYTES: usize = 1 << 20;
/// More workers than this wait for the reader, which hashes.
const WORKERS_MAX: usize = 8;
/// Blocks of one worker that are on their way: one being deflated, one waiting.
const BLOCKS_PER_WORKER: usize = 2;
/// Calls of the compressor for one block; it needs one, as its room is made for the worst case.
const CALLS_MAX: usize = 64;

/// Deflate, unknown time, unknown system.
const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
/// The empty last block of a deflate stream.
const END: [u8; 2] = [0x03, 0x00];

/// Takes text, gives gzip.
pub(crate) struct Gzip {
    level: u32,
    block: Vec<u8>,
    /// Room of a block that is done: fresh memory costs a fault for each of its pages.
    spare: Option<Vec<u8>>,
    result: Vec<u8>,
    crc: Crc,
    workers: Workers,
}

struct Deflated {
    bytes: Vec<u8>,
    crc: Crc,
    /// What was deflated.
    block: Vec<u8>,
}

impl Gzip {
    /// Starts no thread before there is a second block to work on.
    pub(crate) fn new(level: u32) -> Self {
        Self {
            level,
            block: Vec::new(),
            spare: None,
            result: HEADER.to_vec(),
            crc: Crc::new(),
            workers: Workers { all: None, sent: 0, received: 0 },
        }
    }

    /// Takes the next bytes of the text.
    pub(crate) fn write(&mut self, mut text: &[u8]) -> io::Result<()> {
        while !text.is_empty() {
            if self.block.len() == BLOCK_BYTES {
                self.send()?;
            }
            let (now, later) = text.split_at(text.len().min(BLOCK_BYTES - self.block.len()));
            self.block.extend_from_slice(now);
            text = later;
        }
        Ok(())
    }

    /// Gives the whole member.
    pub(crate) fn finish(mut self) -> io::Result<Vec<u8>> {
        while let Some(done) = self.workers.receive()? {
            self.append(done);
        }
        if !self.block.is_empty() {
            let last =
                deflate(&mut Compress::new(Compression::new(self.level), false), std::mem::take(&mut self.block))?;
            self.append(last);
        }
        self.result.extend_from_slice(&END);
        self.result.extend_from_slice(&self.crc.sum().to_le_bytes());
        // Modulo 2^32, as the format has it.
        self.result.extend_from_slice(&self.crc.amount().to_le_bytes());
        Ok(self.result)
    }

    fn send(&mut self) -> io::Result<()> {
        if self.workers.are_full()
            && let Some(done) = self.workers.receive()?
        {
            self.append(done);
        }
        let room = self.spare.take().unwrap_or_else(|| Vec::with_capacity(BLOCK_BYTES));
        let block = std::mem::replace(&mut self.block, room);
        if let Some(block) = self.workers.send(self.level, block)? {
            let done = deflate(&mut Compress::new(Compression::new(self.level), false), block)?;
            self.append(done);
        }
        Ok(())
    }

    fn append(&mut self, mut done: Deflated) {
        self.result.extend_from_slice(&done.bytes);
        self.crc.combine(&done.crc);
        done.block.clear();
        self.spare = Some(done.block);
    }
}

/// Blocks go round the workers, and results are taken in the same round: that keeps their order.
struct Workers {
    /// `None` before the first block.
    all: Option<Vec<Worker>>,
    sent: usize,
    received: usize,
}

struct Worker {
    blocks: SyncSender<Vec<u8>>,
    done: Receiver<io::Result<Deflated>>,
}

impl Workers {
    fn count(&self) -> usize {
        self.all.as_ref().map_or(0, Vec::len)
    }

    fn are_full(&self) -> bool {
        self.count() > 0 && self.sent - self.received >= self.count() * BLOCKS_PER_WORKER
    }

    /// Gives the block back where there are no workers.
    fn send(&mut self, level: u32, block: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let all = self.all.get_or_insert_with(|| start(level));
        let Some(worker) = all.get(self.sent % all.len().max(1)) else { return Ok(Some(block)) };
        worker.blocks.send(block).map_err(|_| gone())?;
        self.sent += 1;
        Ok(None)
    }

    /// Waits for the oldest block that is on its way; `None` if none is.
    fn receive(&mut self) -> io::Result<Option<Deflated>> {
        if self.sent == self.received {
            return Ok(None);
        }
        let worker = self.all.as_ref().and_then(|all| all.get(self.received % all.len().max(1)));
        self.received += 1;
        worker.ok_or_else(gone)?.done.recv().map_err(|_| gone())?.map(Some)
    }
}

fn gone() -> io::Error {
    io::Error::other("a thread that compresses has ended early")
}

/// As many as there are cores; fewer, or none, where the system gives no more threads.
fn start(level: u32) -> Vec<Worker> {
    let wanted = std::thread::available_parallelism().map_or(1, usize::from).min(WORKERS_MAX);
    let one = |_| {
        let (blocks, to_do) = sync_channel::<Vec<u8>>(BLOCKS_PER_WORKER);
        let (results, done) = sync_channel(BLOCKS_PER_WORKER);
        let work = move || {
            let mut compress = Compress::new(Compression::new(level), false);
            for block in to_do {
                if results.send(deflate(&mut compress, block)).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("gzip".to_owned()).spawn(work).ok()?;
        Some(Worker { blocks, done })
    };
    // On one core a thread would only take turns with the reader.
    if wanted == 1 { Vec::new() } else { (0..wanted).map_while(one).collect() }
}

/// Deflates one block up to a byte's boundary.
fn deflate(compress: &mut Compress, block: Vec<u8>) -> io::Result<Deflated> {
    compress.reset();
    let mut crc = Crc::new();
    crc.update(&block);
    let mut bytes = Vec::with_capacity(block.len() / 4 + 1024);
    for _ in 0..CALLS_MAX {
        let taken = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
        let rest = block.get(taken..).unwrap_or_default();
        compress.compress_vec(rest, &mut bytes, FlushCompress::Sync).map_err(io::Error::other)?;
        // Room left over means that everything is out, the flush included.
        if bytes.len() < bytes.capacity() {
            return Ok(Deflated { bytes, crc, block });
        }
        bytes.reserve(block.len() / 2 + 1024);
    }
    Err(io::Error::other("compressing a block does not end"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Read as _;

    use flate2::read::GzDecoder;

    use super::*;

    fn noise(length: usize) -> Vec<u8> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state.to_be_bytes()[0]
        };
        (0..length).map(|_| next()).collect()
    }

    fn packed(text: &[u8], chunk: usize) -> Vec<u8> {
        let mut gzip = Gzip::new(4);
        text.chunks(chunk).for_each(|chunk| gzip.write(chunk).unwrap());
        gzip.finish().unwrap()
    }

    #[test]
    fn one_member_of_any_length_reads_back() {
        let line = b"2026-11-21 10:00:01 INFO the same again\n".repeat(90_000);
        let noise = noise(2 * BLOCK_BYTES + 10);
        for text in
            [&b""[..], b"x", &line[..BLOCK_BYTES - 1], &line[..BLOCK_BYTES], &line[..BLOCK_BYTES + 1], &line, &noise]
        {
            let whole = packed(text, 300_000);
            // One member only: a reader that knows no more than that gets all of it.
            let (mut back, mut decoder) = (Vec::new(), GzDecoder::new(&whole[..]));
            decoder.read_to_end(&mut back).unwrap();
            assert!(back == text, "{} bytes", text.len());
            assert!(decoder.into_inner().is_empty());
            assert_eq!(whole, packed(text, 7_001), "whatever the chunks are");
        }
    }

    #[test]
    fn what_is_on_its_way_is_dropped_without_waiting() {
        let mut gzip = Gzip::new(4);
        gzip.write(&vec![b'x'; 20 * BLOCK_BYTES]).unwrap();
        assert!(gzip.workers.sent - gzip.workers.received <= WORKERS_MAX * BLOCKS_PER_WORKER);
        drop(gzip);
    }
}
