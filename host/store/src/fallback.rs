//! Content that is not in its row: what the first products attached stays where it was, and is read from there.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trcaa_model::limits::EXTRACTED_BYTES_MAX;

/// More than an attached file has.
const FILE_BYTES_MAX: u64 = EXTRACTED_BYTES_MAX * 10;
/// Bytes read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// Folders of which nothing is a log or an image, whatever a row says: what lies there is the system's, this process's
/// environment with its keys among it.
const SYSTEM_FOLDERS: [&str; 3] = ["/proc", "/sys", "/dev"];

/// Opens the file that a row names, without waiting on anything; `data_folder` is the store's own. The error says why
/// not, for a person.
///
/// The path is a text of the database, and where that came from elsewhere it could name any file of this machine. None
/// of the system's own folders is read, wherever they are mounted, and none of the data folder's files: closing one of
/// those would also drop the locks that this process has on it.
pub(crate) fn open(path: &str, data_folder: &Path) -> Result<File, String> {
    let path = fs::canonicalize(path).map_err(|e| e.to_string())?;
    if SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder)) {
        return Err(SYSTEM.to_owned());
    }
    if fs::canonicalize(data_folder).is_ok_and(|folder| path.starts_with(folder)) {
        return Err("it lies in the folder of the database, where nothing is attached from".to_owned());
    }
    // Without NONBLOCK, a pipe that took the file's place would hold the process until somebody writes to it. A link
    // that took its place since it was looked at is not followed.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::NOFOLLOW;
    let flags = i32::try_from(flags.bits()).unwrap_or_default();
    let file = File::options().read(true).custom_flags(flags).open(&path).map_err(|e| e.to_string())?;
    let meta = file.metadata().map_err(|e| e.to_string())?;
    if !meta.is_file() {
        return Err("it is not a regular file".to_owned());
    }
    let device = |folder: &str| fs::metadata(folder).ok().map(|meta| meta.dev());
    let root = device("/");
    // Where nothing is mounted there, the folder is of the device that everything is of.
    if SYSTEM_FOLDERS.iter().filter_map(|folder| device(folder)).any(|own| Some(own) != root && own == meta.dev()) {
        return Err(SYSTEM.to_owned());
    }
    Ok(file)
}

/// Reads the file through and refuses one that is not what was attached; it is at its beginning again then.
///
/// Rows without a hash, of the first products, have nothing to be held against. An import takes none of those over.
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

/// What to say of a file that is the system's.
const SYSTEM: &str = "it is a file of the system's, and nothing that was attached";

/// What to say of a file that took the place of what was attached.
const OTHER: &str = "it is not the file that was attached: its SHA-256 is another one";

/// What to say where a row has neither.
pub(crate) const NOWHERE: &str = "neither its content nor its path is stored";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_a_plain_file_of_the_users_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        fs::create_dir(&data).unwrap();
        for name in ["data/tftsr.key", "own.log"] {
            fs::write(at(name), "x").unwrap();
        }
        for (name, target) in [("key", "data/tftsr.key"), ("data-link", "data"), ("own-link", "own.log")] {
            std::os::unix::fs::symlink(at(target), at(name)).unwrap();
        }
        std::os::unix::fs::symlink("/proc/self", at("self")).unwrap();
        for name in ["own.log", "own-link", "data/../own.log"] {
            assert!(open(&at(name), &data).is_ok(), "{name}");
            assert!(open(&at(name), Path::new(&at("data-link"))).is_ok(), "{name}");
        }
        let refused = |path: &str| open(path, Path::new(&at("data-link"))).unwrap_err();
        for name in ["data/tftsr.key", "key", "data-link/tftsr.key"] {
            assert!(refused(&at(name)).contains("the folder of the database"), "{name}");
        }
        for path in ["/proc/self/environ", "/proc/version", "/../proc/self/maps", "/dev/null", &at("self/environ")] {
            assert!(refused(path).contains("the system's"), "{path}: {}", refused(path));
        }
        assert!(refused(&at("gone")).contains("No such file"));
        assert!(refused(&at("data/..")).contains("not a regular file"));
    }
}
