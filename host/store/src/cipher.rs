//! Secrets in columns: AES-256-GCM, bound to the place they are stored at.
//!
//! Text form: base64(nonce 12 ‖ ciphertext ‖ tag 16). A ciphertext moved to another table, column or row does not
//! open, as all three are authenticated with it.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use trcaa_model::env::Entropy;
use zeroize::Zeroizing;

/// Bytes of the nonce.
const NONCE_BYTES: usize = 12;
/// Bytes of the tag.
const TAG_BYTES: usize = 16;

/// Why a ciphertext does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CipherError {
    /// Not base64.
    #[error("it is not base64")]
    NotBase64,
    /// Fewer bytes than nonce and tag.
    #[error("it is shorter than nonce and tag")]
    TooShort,
    /// Another key, another place, or changed bytes.
    #[error("the key, the row or the bytes are not those it was sealed with")]
    NotAuthentic,
    /// The plaintext is longer than AES-GCM takes.
    #[error("the text is too long to seal")]
    TooLong,
}

/// Seals and opens column values.
pub struct ColumnCipher<'e> {
    cipher: Aes256Gcm,
    entropy: &'e dyn Entropy,
}

impl<'e> ColumnCipher<'e> {
    pub(crate) fn new(key: &[u8; 32], entropy: &'e dyn Entropy) -> Self {
        Self { cipher: Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)), entropy }
    }

    /// Encrypts `plain` for one place, with a fresh random nonce each time.
    ///
    /// # Errors
    /// [`CipherError::TooLong`] beyond 64 GiB.
    pub fn seal(&self, table: &str, column: &str, id: &str, plain: &[u8]) -> Result<String, CipherError> {
        let mut nonce = [0u8; NONCE_BYTES];
        self.entropy.fill(&mut nonce);
        let aad = place(table, column, id);
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: &aad })
            .map_err(|_| CipherError::TooLong)?;
        let mut bytes = Vec::with_capacity(NONCE_BYTES + sealed.len());
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        Ok(STANDARD.encode(bytes))
    }

    /// Decrypts what was sealed for this place.
    ///
    /// # Errors
    /// Any other [`CipherError`].
    pub fn open(&self, table: &str, column: &str, id: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, CipherError> {
        let bytes = STANDARD.decode(sealed.trim()).map_err(|_| CipherError::NotBase64)?;
        if bytes.len() < NONCE_BYTES + TAG_BYTES {
            return Err(CipherError::TooShort);
        }
        let (nonce, msg) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(CipherError::TooShort)?;
        let aad = place(table, column, id);
        self.cipher
            .decrypt(&Nonce::from(*nonce), Payload { msg, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| CipherError::NotAuthentic)
    }
}

/// Associated data: each part with its length before it, so that no two places read the same.
fn place(table: &str, column: &str, id: &str) -> Vec<u8> {
    let mut aad = Vec::with_capacity(24 + table.len() + column.len() + id.len());
    for part in [table, column, id] {
        aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
        aad.extend_from_slice(part.as_bytes());
    }
    aad
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use trcaa_model::env::fixed::SeededEntropy;

    use super::*;

    #[test]
    fn opens_only_at_the_place_it_was_sealed_for() {
        let entropy = SeededEntropy::new(1);
        let cipher = ColumnCipher::new(&[3; 32], &entropy);
        let sealed = cipher.seal("ai_providers", "encrypted_api_key", "p1", b"sk-secret").unwrap();
        assert_eq!(&**cipher.open("ai_providers", "encrypted_api_key", "p1", &sealed).unwrap(), b"sk-secret");
        for (table, column, id) in [
            ("ai_providers", "encrypted_api_key", "p2"),
            ("credentials", "encrypted_api_key", "p1"),
            ("ai_providers", "encrypted_token", "p1"),
            ("ai_providersencrypted_api_key", "", "p1"),
        ] {
            assert_eq!(cipher.open(table, column, id, &sealed), Err(CipherError::NotAuthentic));
        }
        let other = ColumnCipher::new(&[4; 32], &entropy);
        assert_eq!(other.open("ai_providers", "encrypted_api_key", "p1", &sealed), Err(CipherError::NotAuthentic));
    }

    #[test]
    fn equal_texts_are_sealed_differently() {
        let entropy = SeededEntropy::new(1);
        let cipher = ColumnCipher::new(&[3; 32], &entropy);
        assert_ne!(cipher.seal("t", "c", "i", b"x").unwrap(), cipher.seal("t", "c", "i", b"x").unwrap());
    }

    #[test]
    fn short_and_foreign_input_fails_cleanly() {
        let entropy = SeededEntropy::new(1);
        let cipher = ColumnCipher::new(&[3; 32], &entropy);
        let empty = cipher.seal("t", "c", "i", b"").unwrap();
        assert_eq!(STANDARD.decode(&empty).unwrap().len(), 28);
        assert!(cipher.open("t", "c", "i", &empty).unwrap().is_empty());
        assert_eq!(cipher.open("t", "c", "i", &STANDARD.encode([0u8; 27])), Err(CipherError::TooShort));
        assert_eq!(cipher.open("t", "c", "i", &STANDARD.encode([0u8; 28])), Err(CipherError::NotAuthentic));
        assert_eq!(cipher.open("t", "c", "i", ""), Err(CipherError::TooShort));
        assert_eq!(cipher.open("t", "c", "i", "§"), Err(CipherError::NotBase64));
    }
}
