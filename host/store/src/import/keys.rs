//! Keys of the source: which are tried on the file, and which on its sealed columns.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::fs::OFlags;
use std::os::unix::fs::OpenOptionsExt as _;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use super::error::KeyElsewhere;
use crate::key_file::{Kept, KeyFile};
use crate::keys::{DatabaseKey, parse_raw};

/// Files of the earlier product's data folder: the database's key and that of the columns, as text.
const EARLIER_DATABASE_KEY: &str = ".dbkey";
const EARLIER_COLUMN_KEY: &str = ".enckey";
/// Longer than any key file.
const KEY_FILE_BYTES_MAX: u64 = 4096;

/// What `PRAGMA key` takes.
pub(super) type FileKey = Zeroizing<String>;

/// A key that may open the source, and where it came from.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) from: &'static str,
    pub(super) key: DatabaseKey,
    /// As it was written, where it was: the earlier product took 64 digits for a passphrase, we take them for a raw key.
    pub(super) text: Option<Secret>,
}

impl Candidate {
    /// Reads a key as a person or a key file writes it.
    pub(super) fn written(from: &'static str, text: &str) -> Self {
        let key = match parse_raw(text.trim()) {
            Some(raw) => DatabaseKey::Raw(raw),
            None => DatabaseKey::Passphrase(Secret::new(text)),
        };
        Self { from, key, text: Some(Secret::new(text)) }
    }

    /// Every way in which it may have been given to SQLCipher, the likely one first.
    pub(super) fn forms(&self) -> Vec<FileKey> {
        let mut forms: Vec<FileKey> = self.key.pragma_text().into_iter().collect();
        if let Some(text) = &self.text {
            for form in [text.expose(), text.expose().trim()] {
                if !form.is_empty() && forms.iter().all(|known| known.as_str() != form) {
                    forms.push(Zeroizing::new(form.to_owned()));
                }
            }
        }
        forms
    }
}

/// What is tried on an encrypted source.
pub(super) struct Candidates {
    /// In this order.
    pub(super) keys: Vec<Candidate>,
    /// Where its own key file says that its key is, if that is not here.
    pub(super) elsewhere: Option<KeyElsewhere>,
}

/// The keys that are tried on an encrypted source. One that is given is the only one: it is wrong or right.
pub(super) fn candidates(
    given: Option<&Secret>,
    configured: &[Secret],
    source: &Path,
    own: &DatabaseKey,
) -> Candidates {
    if let Some(given) = given {
        return Candidates { keys: vec![Candidate::written("given", given.expose())], elsewhere: None };
    }
    let (mut keys, mut elsewhere) = (Vec::new(), None);
    if let Some(text) = read_beside(source, EARLIER_DATABASE_KEY) {
        keys.push(Candidate::written(".dbkey beside it", text.expose()));
    }
    if let Some(text) = read_beside(source, crate::KEY_FILE) {
        const FROM: &str = "tftsr.key beside it";
        match KeyFile::parse(text.expose()).map(|file| file.kept) {
            Some(Kept::Here(raw)) => {
                keys.push(Candidate::written(FROM, &Zeroizing::new(hex::encode(raw.as_slice()))));
            }
            Some(Kept::Keyring(_)) => elsewhere = Some(KeyElsewhere::Keyring),
            Some(Kept::External) => elsewhere = Some(KeyElsewhere::External),
            None => keys.push(Candidate::written(FROM, text.expose())),
        }
    }
    keys.extend(configured.iter().map(|text| Candidate::written("configured", text.expose())));
    if own.pragma_text().is_some() {
        keys.push(Candidate { from: "the store's own", key: own.clone(), text: None });
    }
    Candidates { keys, elsewhere }
}

/// The column key that the earlier product kept beside its database.
pub(super) fn column_key_beside(source: &Path) -> Option<Secret> {
    read_beside(source, EARLIER_COLUMN_KEY)
}

fn read_beside(source: &Path, name: &str) -> Option<Secret> {
    let source = std::fs::canonicalize(source).ok()?;
    // Non-blocking, so that a named pipe put there does not stop the program.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file: File =
        std::fs::OpenOptions::new().read(true).custom_flags(flags).open(source.parent()?.join(name)).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut text = Zeroizing::new(String::new());
    file.take(KEY_FILE_BYTES_MAX).read_to_string(&mut text).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
