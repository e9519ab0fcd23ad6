//! What the supervisor tells the host: records of four numbers, each written at once.

use std::os::fd::RawFd;

use super::raw;

/// Bytes of a record; far below what a pipe takes in one piece.
pub(super) const BYTES: usize = 16;

/// The supervisor has its own copies of all descriptors.
pub(super) const STARTED: i32 = 0;
/// A stage could not be set up: number of the stage, what was being done, error of the system.
pub(super) const SETUP: i32 = 1;
/// The pipeline is over by itself: status of the last stage, processes that it left and that were ended.
pub(super) const FINISHED: i32 = 2;
/// The host had it ended: the same numbers.
pub(super) const ENDED_BY_HOST: i32 = 3;
/// There were more processes than it may have.
pub(super) const PROCESSES: i32 = 4;
/// They held more memory than they may.
pub(super) const MEMORY: i32 = 5;
/// Its time was over.
pub(super) const TIMED_OUT: i32 = 6;
/// The host is gone; nobody reads this.
pub(super) const HOST_GONE: i32 = 7;

/// What was being done when setting up failed.
pub(super) const SUPERVISOR: i32 = 1;
pub(super) const FORK: i32 = 2;
pub(super) const STREAMS: i32 = 3;
pub(super) const FOLDER: i32 = 4;
pub(super) const LIMITS: i32 = 5;
pub(super) const PRIVILEGES: i32 = 6;
pub(super) const FILES: i32 = 7;
pub(super) const CALLS: i32 = 8;
pub(super) const PARENT: i32 = 9;

/// The words for what was being done.
pub(super) fn doing(step: i32) -> &'static str {
    match step {
        SUPERVISOR => "making a session for it",
        FORK => "making a process for it",
        STREAMS => "connecting its input and output",
        FOLDER => "entering its folder",
        LIMITS => "setting its limits",
        PRIVILEGES => "giving up privileges",
        FILES => "restricting its files",
        CALLS => "restricting its system calls",
        _ => "binding its life to the host's",
    }
}

/// Tells the host. Nothing can be done if that fails: the host is gone.
pub(super) fn write(to: RawFd, kind: i32, one: i32, two: i32, three: i32) {
    let mut record = [0_u8; BYTES];
    for (place, number) in record.chunks_exact_mut(4).zip([kind, one, two, three]) {
        place.copy_from_slice(&number.to_ne_bytes());
    }
    let _ = raw::write(to, &record);
}

/// Reads what was told.
pub(super) fn read(record: &[u8]) -> Option<[i32; 4]> {
    let mut numbers = [0_i32; 4];
    if record.len() != BYTES {
        return None;
    }
    for (number, bytes) in numbers.iter_mut().zip(record.chunks_exact(4)) {
        *number = i32::from_ne_bytes(bytes.try_into().ok()?);
    }
    Some(numbers)
}
