//! Content that is not in its row: what the first products attached stays where it was, and is read from there.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

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

/// What to say where a row has neither.
pub(crate) const NOWHERE: &str = "neither its content nor its path is stored";
