//! The host's side of a running pipeline: reads what it puts out, asks for its end, hears how it ended.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

use super::{Captured, Channel, Ended, RunError, raw, report, supervisor, tree};

/// Bytes read at a time, and given to the sink at most.
const PIECE_BYTES: usize = 64 * 1024;
/// Time between two questions whether to stop.
const ASK_MS: i32 = 40;
/// Time that the supervisor has to end everything once it should, before it is killed itself. It takes 2.5 s at most.
const END_MAX: Duration = Duration::from_secs(5);
/// Most bytes read when all is over: what a pipe can hold at most, unless root made it larger.
const REST_BYTES_MAX: usize = 1 << 20;

/// What is kept of the streams, over all steps.
pub(super) struct Kept<'a> {
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) most: usize,
    pub(super) sink: &'a mut dyn FnMut(Channel, &[u8]),
}

impl Kept<'_> {
    pub(super) fn take(&mut self, channel: Channel, bytes: &[u8]) {
        let stream = match channel {
            Channel::Output => &mut self.stdout,
            Channel::Error => &mut self.stderr,
        };
        stream.total = stream.total.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        let room = self.most.saturating_sub(stream.bytes.len());
        let kept = bytes.get(..room).unwrap_or(bytes);
        stream.cut |= kept.len() < bytes.len();
        if !kept.is_empty() {
            stream.bytes.extend_from_slice(kept);
            (self.sink)(channel, kept);
        }
    }
}

/// The host's ends of a running pipeline.
pub(super) struct Running<'a> {
    /// Number of the supervisor, once it runs.
    pub(super) supervisor: &'a AtomicI32,
    /// What the programs get: closed here once the supervisor has its copies.
    pub(super) ends: Vec<OwnedFd>,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
    pub(super) report: OwnedFd,
    /// Closing it ends everything, and so does the end of this process.
    pub(super) leash: OwnedFd,
    /// When the supervisor ends everything.
    pub(super) deadline: Instant,
}

/// How a pipeline ended.
pub(super) struct Over {
    pub(super) ended: Ended,
    pub(super) left: u32,
}

impl Running<'_> {
    /// Reads until the pipeline is over and everything is read that it put out.
    pub(super) fn follow(self, kept: &mut Kept<'_>, stop: &dyn Fn() -> bool) -> Result<Over, RunError> {
        let mut reader = Follow {
            stdout: Some(File::from(self.stdout)),
            stderr: Some(File::from(self.stderr)),
            buffer: vec![0; PIECE_BYTES],
            refused: None,
        };
        let mut report = File::from(self.report);
        let mut leash = File::from(self.leash);
        let mut ends = self.ends;
        let mut asked: Option<Instant> = None;
        let over =
            loop {
                let mut ready = [reader.stdout.as_ref(), reader.stderr.as_ref(), Some(&report)].map(|file| {
                    libc::pollfd { fd: file.map_or(-1, AsRawFd::as_raw_fd), events: libc::POLLIN, revents: 0 }
                });
                raw::poll(&mut ready, ASK_MS);
                for (channel, poll) in [Channel::Output, Channel::Error].into_iter().zip(&ready) {
                    if poll.revents != 0 {
                        reader.read(channel, kept);
                    }
                }
                if ready[2].revents != 0 {
                    match told(&mut report) {
                        Some([report::STARTED, ..]) => ends.clear(),
                        Some([report::SETUP, _, doing, error]) => reader.refused = Some((doing, error)),
                        Some([kind, status, left, _]) => break Some((kind, status, left)),
                        None => break None,
                    }
                }
                if asked.is_none() && stop() {
                    asked = Some(Instant::now());
                    // If it fails, the supervisor is gone, which the report tells.
                    let _ = leash.write_all(&[supervisor::END]);
                }
                let late = asked.unwrap_or(self.deadline) + END_MAX;
                if Instant::now() > late {
                    break None;
                }
            };
        let supervisor = self.supervisor.load(Ordering::SeqCst);
        if over.is_none() && supervisor > 0 {
            // The programs die with their parent; what is left of its session is ended here, before its number is free.
            raw::signal(supervisor, libc::SIGKILL);
            tree::signal_all(supervisor, None, &[libc::SIGKILL]);
        }
        drop(leash);
        if supervisor > 0 {
            raw::wait(supervisor);
        }
        for channel in [Channel::Output, Channel::Error] {
            let mut rest = REST_BYTES_MAX;
            while rest > 0 {
                match reader.read(channel, kept) {
                    0 => break,
                    read => rest = rest.saturating_sub(read),
                }
            }
        }
        if let Some((doing, error)) = reader.refused {
            return Err(refusal(doing, error));
        }
        let by_host = asked.is_some();
        match over {
            Some((kind, status, left)) => Ok(Over {
                ended: match kind {
                    report::ENDED_BY_HOST => Ended::Stopped,
                    report::TIMED_OUT => Ended::TimedOut,
                    report::PROCESSES => Ended::TooManyProcesses,
                    report::MEMORY => Ended::TooMuchMemory,
                    _ if libc::WIFSIGNALED(status) => Ended::Signalled(libc::WTERMSIG(status)),
                    _ => Ended::Exited(libc::WEXITSTATUS(status)),
                },
                left: u32::try_from(left).unwrap_or(0),
            }),
            None if by_host => Ok(Over { ended: Ended::Stopped, left: 0 }),
            None if Instant::now() > self.deadline => Ok(Over { ended: Ended::TimedOut, left: 0 }),
            None => Err(RunError::Lost),
        }
    }
}

struct Follow {
    /// `None` once it has ended.
    stdout: Option<File>,
    stderr: Option<File>,
    buffer: Vec<u8>,
    /// What could not be set up, and why.
    refused: Option<(i32, i32)>,
}

impl Follow {
    /// Reads once, without waiting; answers how much.
    fn read(&mut self, channel: Channel, kept: &mut Kept<'_>) -> usize {
        let place = match channel {
            Channel::Output => &mut self.stdout,
            Channel::Error => &mut self.stderr,
        };
        let Some(file) = place else { return 0 };
        match file.read(&mut self.buffer) {
            Ok(0) => *place = None,
            Ok(read) => {
                kept.take(channel, self.buffer.get(..read).unwrap_or_default());
                return read;
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
            Err(_) => *place = None,
        }
        0
    }
}

fn told(report: &mut File) -> Option<[i32; 4]> {
    let mut record = [0; report::BYTES];
    // A record is written at once, so that it is there as a whole or not at all.
    report.read_exact(&mut record).ok()?;
    report::read(&record)
}

fn refusal(doing: i32, error: i32) -> RunError {
    let source = io::Error::from_raw_os_error(error);
    let doing_text = report::doing(doing);
    match doing {
        report::PRIVILEGES | report::FILES | report::CALLS => RunError::Cage { doing: doing_text, source },
        _ => RunError::System { doing: doing_text, source },
    }
}
