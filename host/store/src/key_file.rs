//! Key files: where the key is, mode 0600.
//!
//! First line: 64 hex digits of a raw key, `keyring NAME` (the operating system's keyring has it under that name), or
//! `external` (it is given from outside each time). A second line, `for` and 32 hex digits, says which database it was
//! written for by the salt that SQLCipher keeps in the first bytes of the file.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use trcaa_model::env::Entropy;
use zeroize::Zeroizing;

use crate::error::KeyFileProblem;
use crate::files::{failed, no_follow, sync_folder};
use crate::{StoreError, keys};

/// More than a key file can hold; what is longer is none.
const KEY_FILE_BYTES_MAX: usize = 256;
/// Longest name of a keyring entry; ours have 32.
const NAME_CHARS_MAX: usize = 64;
const KEYRING: &str = "keyring ";
const EXTERNAL: &str = "external";
const FOR: &str = "for ";

/// Where a key file says that the key is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// In the file itself.
    Here(Zeroizing<[u8; 32]>),
    /// In the operating system's keyring, under this name.
    Keyring(String),
    /// With the user.
    External,
}

/// First bytes of an encrypted database: random, and no secret.
pub(crate) type Salt = [u8; 16];

/// What a key file holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct KeyFile {
    pub(crate) kept: Kept,
    pub(crate) salt: Option<Salt>,
}

impl KeyFile {
    /// Reads the text of a key file; `None` for what is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.trim().lines();
        let first = lines.next()?.trim();
        let kept = if let Some(name) = first.strip_prefix(KEYRING) {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            (name.len() <= NAME_CHARS_MAX && !name.is_empty() && name.chars().all(plain))
                .then(|| Kept::Keyring(name.to_owned()))?
        } else if first == EXTERNAL {
            Kept::External
        } else {
            Kept::Here(keys::parse_raw(first)?)
        };
        let salt = match lines.next() {
            None => None,
            Some(line) => {
                let mut salt = Salt::default();
                hex::decode_to_slice(line.trim().strip_prefix(FOR)?, &mut salt).ok()?;
                Some(salt)
            }
        };
        lines.next().is_none().then_some(Self { kept, salt })
    }

    fn text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(KEY_FILE_BYTES_MAX));
        match &self.kept {
            Kept::Here(key) => text.push_str(&Zeroizing::new(hex::encode(key.as_slice()))),
            Kept::Keyring(name) => {
                text.push_str(KEYRING);
                text.push_str(name);
            }
            Kept::External => text.push_str(EXTERNAL),
        }
        text.push('\n');
        if let Some(salt) = self.salt {
            text.push_str(FOR);
            text.push_str(&hex::encode(salt));
            text.push('\n');
        }
        text
    }

    /// Writes it over whatever is at `path`, flushed with its name.
    pub(crate) fn write(&self, path: &Path) -> Result<(), StoreError> {
        match fs::remove_file(path) {
            Err(e) if e.kind() != ErrorKind::NotFound => return Err(failed("remove", path)(e)),
            _ => {}
        }
        let mut file: File =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed("create", path))?;
        file.write_all(self.text().as_bytes()).and_then(|()| file.sync_all()).map_err(failed("write", path))?;
        sync_folder(path.parent().unwrap_or(Path::new(".")))
    }
}

/// Reads a key file; `None` where there is none.
///
/// Everything is asked of the opened file and not of its name, so that it cannot be swapped in between.
pub(crate) fn load(path: &Path) -> Result<Option<KeyFile>, StoreError> {
    let refused = |problem| StoreError::KeyFile { path: path.to_owned(), problem };
    let file = match OpenOptions::new().read(true).custom_flags(no_follow()).open(path) {
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
    KeyFile::parse(&text).map(Some).ok_or_else(|| refused(KeyFileProblem::Malformed))
}

/// 32 random bytes.
pub(crate) fn fresh_key(entropy: &dyn Entropy) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0u8; 32]);
    entropy.fill(key.as_mut_slice());
    key
}

/// Makes a key file with a fresh key. The caller holds the folder exclusively and has seen that there is none.
///
/// Whole or not at all: written under another name, flushed, renamed, and the rename flushed, before any caller can
/// encrypt a byte with the key.
pub(crate) fn create(path: &Path, entropy: &dyn Entropy) -> Result<Zeroizing<[u8; 32]>, StoreError> {
    let key = fresh_key(entropy);
    let draft = path.with_extension("key.new");
    KeyFile { kept: Kept::Here(key.clone()), salt: None }.write(&draft)?;
    fs::rename(&draft, path).map_err(failed("create", path))?;
    sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let places = [Kept::Here(Zeroizing::new([7; 32])), Kept::Keyring("0a-b9".to_owned()), Kept::External];
        for kept in places {
            for salt in [None, Some([9; 16])] {
                let file = KeyFile { kept: kept.clone(), salt };
                let text = file.text();
                assert!(KeyFile::parse(&text).unwrap() == file, "{}", *text);
                assert!(text.len() < KEY_FILE_BYTES_MAX);
            }
        }
        let long = format!("keyring {}", "a".repeat(65));
        for text in [
            "",
            "external x",
            "keyring",
            "keyring ",
            "keyring A",
            "keyring a/b",
            &long,
            "external\nfor 00",
            "external\nx",
        ] {
            assert!(KeyFile::parse(text).is_none(), "{text}");
        }
        assert!(KeyFile::parse(&format!("external\nfor {}\nmore", "0".repeat(32))).is_none());
    }
}
