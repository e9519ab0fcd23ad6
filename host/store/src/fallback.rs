//! Content that is not in its row: what the first products attached stays where it was, and is read from there.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trcaa_model::limits::EXTRACTED_BYTES_MAX;

/// More than an attached file has.
const FILE_BYTES_MAX: u64 = EXTRACTED_BYTES_MAX * 10;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Opens the file that a row names, without waiting on anything. The error says why not, for a person.
pub(crate) fn open(path: &str) -> Result<File, String> {
    // Without the flag, a pipe that took the file's place would hold the process until somebody writes to it.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(Path::new(path)).map_err(|e| e.to_string())?;
    if !file.metadata().map_err(|e| e.to_string())?.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    Ok(file)
}

/// Reads the file through and refuses one that is not what was attached; it is at its beginning again then.
///
/// The path is a text of the database, and where that came from elsewhere it could name any file of this machine. Rows
/// without a hash, of the first products, have nothing to be held against.
pub(crate) fn expect_same(file: &mut File, hash: Option<&str>) -> Result<(), String> {
    let Some(hash) = hash.filter(|hash| !hash.is_empty()) else { return Ok(()) };
    let mut hasher = Sha256::new();
    let mut chunk = vec![0u8; CHUNK_BYTES];
    let mut left = FILE_BYTES_MAX;
    loop {
        let count = file.read(&mut chunk).map_err(|e| e.to_string())?;
        if count == 0 {
            break;
        }
        left = left.checked_sub(count as u64).ok_or("it is larger than anything that is attached")?;
        hasher.update(chunk.get(..count).unwrap_or_default());
    }
    file.rewind().map_err(|e| e.to_string())?;
    if hex::encode(hasher.finalize()).eq_ignore_ascii_case(hash) { Ok(()) } else { Err(OTHER.to_owned()) }
}

/// What to say of a file that took the place of what was attached.
const OTHER: &str = "it is not the file that was attached: its SHA-256 is another one";

/// What to say where a row has neither.
pub(crate) const NOWHERE: &str = "neither its content nor its path is stored";
