//! Key files: 64 hex digits of a raw key, mode 0600, made once.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use trcaa_model::env::Entropy;
use zeroize::Zeroizing;

use crate::error::KeyFileProblem;
use crate::files::{failed, sync_folder};
use crate::{StoreError, keys};

/// More than a key file can hold; what is longer is none.
const KEY_FILE_BYTES_MAX: usize = 256;

/// Reads a key file; `None` where there is none.
///
/// Everything is asked of the opened file and not of its name, so that it cannot be swapped in between.
pub(crate) fn load(path: &Path) -> Result<Option<Zeroizing<[u8; 32]>>, StoreError> {
    let refused = |problem| StoreError::KeyFile { path: path.to_owned(), problem };
    // Non-blocking, so that a named pipe put there does not stop the program.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        Err(_) if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) => {
            return Err(refused(KeyFileProblem::Symlink));
        }
        Err(e) => return Err(failed("read", path)(e)),
    };
    let meta = file.metadata().map_err(failed("look at", path))?;
    if !meta.is_file() {
        return Err(refused(KeyFileProblem::NotAFile));
    }
    if meta.mode() & 0o077 != 0 {
        return Err(refused(KeyFileProblem::OpenToOthers));
    }
    if meta.uid() != rustix::process::geteuid().as_raw() {
        return Err(refused(KeyFileProblem::ForeignOwner));
    }
    let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX));
    match file.take(KEY_FILE_BYTES_MAX as u64).read_to_string(&mut text) {
        Ok(_) => {}
        Err(e) if e.kind() == ErrorKind::InvalidData => return Err(refused(KeyFileProblem::Malformed)),
        Err(e) => return Err(failed("read", path)(e)),
    }
    keys::parse_raw(text.trim()).map(Some).ok_or_else(|| refused(KeyFileProblem::Malformed))
}

/// Makes a key file. The caller holds the folder's lock and has seen that there is none.
///
/// Whole or not at all: written under another name, flushed, renamed, and the rename flushed, before any caller can
/// encrypt a byte with the key.
pub(crate) fn create(path: &Path, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let mut key = Zeroizing::new([0u8; 32]);
    entropy.fill(key.as_mut_slice());
    let mut line = Zeroizing::new(hex::encode(key.as_slice()));
    line.push('\n');
    let draft = path.with_extension("key.new");
    match fs::remove_file(&draft) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(failed("remove", &draft)(e)),
        _ => {}
    }
    let mut file: File =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft).map_err(failed("create", &draft))?;
    file.write_all(line.as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write", &draft))?;
    fs::rename(&draft, path).map_err(failed("create", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(key)
}
