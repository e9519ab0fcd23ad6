//! Sealed columns of the source: opened by our scheme or by the earlier product's, whichever fits.
//!
//! Ours: AES-256-GCM with table, column and id as associated data. The earlier product's: AES-256-GCM without any, the
//! key being SHA-256 of the key's text (its first version: the text's first 32 bytes). Both: base64(nonce ‖ text ‖ tag).

use aes_gcm::aead::{Aead as _, KeyInit as _};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use super::keys::Candidate;
use crate::keys::{KeyMaterial, Purpose, parse_raw};
use crate::{ColumnCipher, Store};

/// What the earlier product sealed with where no key was configured; it is published, so such a secret is none.
const PUBLISHED_KEY: &str = "dev-key-change-me-in-production-32b";
const NONCE_BYTES: usize = 12;

/// A secret in clear, and whether it was sealed with the published key.
pub(super) struct OpenedSecret {
    pub(super) plain: Zeroizing<Vec<u8>>,
    pub(super) was_public: bool,
}

/// Everything that may open a sealed column of one source.
pub(super) struct Secrets<'s> {
    ours: Vec<ColumnCipher<'s>>,
    earlier: Vec<(Aes256Gcm, bool)>,
}

impl<'s> Secrets<'s> {
    /// Derives keys from what is at hand: `written` are column keys in their text form.
    pub(super) fn new(store: &'s Store, source_key: Option<&Candidate>, written: &[Secret]) -> Self {
        let cipher = |material: &KeyMaterial| ColumnCipher::new(&material.derive(Purpose::Columns), store.entropy());
        let mut ours = vec![store.column_cipher()];
        if let Some(candidate) = source_key {
            ours.push(cipher(&KeyMaterial::new(&candidate.key, None)));
            ours.extend(written.iter().map(|text| cipher(&KeyMaterial::new(&candidate.key, Some(text)))));
        } else {
            ours.extend(written.iter().map(|text| cipher(&KeyMaterial::new(&store.key, Some(text)))));
        }
        let mut earlier = Vec::new();
        let texts = written.iter().chain(source_key.and_then(|candidate| candidate.text.as_ref()));
        for text in texts {
            earlier.extend(earlier_keys(text.expose()).into_iter().map(|key| (aes(&key), false)));
        }
        earlier.extend(earlier_keys(PUBLISHED_KEY).into_iter().map(|key| (aes(&key), true)));
        Self { ours, earlier }
    }

    /// Opens a sealed text, or does not. What is opened is UTF-8.
    pub(super) fn open(&self, table: &str, column: &str, id: &str, sealed: &str) -> Option<OpenedSecret> {
        let text = |plain: &Zeroizing<Vec<u8>>| std::str::from_utf8(plain).is_ok();
        let ours = self.ours.iter().find_map(|cipher| cipher.open(table, column, id, sealed).ok()).filter(text);
        if let Some(plain) = ours {
            return Some(OpenedSecret { plain, was_public: false });
        }
        let bytes = STANDARD.decode(sealed.trim()).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        self.earlier.iter().find_map(|(cipher, was_public)| {
            let plain = cipher.decrypt(&Nonce::from(*nonce), sealed).map(Zeroizing::new).ok().filter(text)?;
            Some(OpenedSecret { plain, was_public: *was_public })
        })
    }
}

fn aes(key: &[u8; 32]) -> Aes256Gcm {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
}

/// The keys that versions of the earlier product made from a text.
fn earlier_keys(text: &str) -> Vec<Zeroizing<[u8; 32]>> {
    let mut keys = Vec::new();
    let trimmed = text.trim();
    for form in if trimmed == text { vec![text] } else { vec![text, trimmed] } {
        keys.push(Zeroizing::new(Sha256::digest(form.as_bytes()).into()));
        let mut cut = Zeroizing::new([0u8; 32]);
        for (to, from) in cut.iter_mut().zip(form.bytes()) {
            *to = from;
        }
        keys.push(cut);
    }
    keys.extend(parse_raw(trimmed));
    keys
}
