//! Who made a plugin: an Ed25519 signature over code and manifest together, in the component's last section.
//!
//! The section `trcaa:signature` holds TOML: `publisher` (a name, for people), `key` (64 hex digits), `signature` (128).
//! Signed is [`DOMAIN`], the publisher's name with its length before it, and the SHA-256 of every byte before the
//! section; the manifest lies in there. What follows the section does not exist: it is the last one, written in the one
//! way that [`sign`] writes it.
//!
//! A signature says that the holder of a key made these bytes, and nothing about who that is: the key is pinned when
//! the user first trusts it, and every later version of the plugin has to come from the same one.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use trcaa_model::hidden::is_hidden;
use wasm_encoder::{CustomSection, Section as _};

use crate::error::plain;

/// Custom section that holds the signature.
pub(crate) const SECTION: &str = "trcaa:signature";
/// First thing that is signed.
const DOMAIN: &[u8] = b"trcaa plugin signature v1\0";
/// Most characters of a publisher's name.
const NAME_CHARS_MAX: usize = 100;
/// Most bytes of the section's data; one has about 250.
const SECTION_BYTES_MAX: usize = 2_048;

/// Who signed a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publisher {
    /// The name that the publisher goes by; not proven by anything.
    pub name: String,
    /// Ed25519 public key, 64 hex digits.
    pub key: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signed {
    publisher: String,
    key: String,
    signature: String,
}

/// Checks the signature whose section's data is `data`, at the end of `bytes`.
pub(crate) fn verify(bytes: &[u8], data: &[u8]) -> Result<Publisher, String> {
    let malformed = || "its signature section is malformed; sign it anew with: trcaa plugin sign".to_owned();
    if data.len() > SECTION_BYTES_MAX {
        return Err(malformed());
    }
    let code = bytes.strip_suffix(encoded(data).as_slice()).ok_or_else(malformed)?;
    let text = std::str::from_utf8(data).map_err(|_| malformed())?;
    let signed: Signed = toml::from_str(text).map_err(|_| malformed())?;
    // The section itself is not signed: another spelling of it would be other bytes under one signature.
    if toml::to_string(&signed).ok().as_deref() != Some(text) {
        return Err(malformed());
    }
    check_name(&signed.publisher)?;
    let key: [u8; 32] = bytes_of(&signed.key).ok_or_else(malformed)?;
    let signature: [u8; 64] = bytes_of(&signed.signature).ok_or_else(malformed)?;
    let key = VerifyingKey::from_bytes(&key).map_err(|_| malformed())?;
    key.verify_strict(&message(&signed.publisher, code), &Signature::from_bytes(&signature))
        .map_err(|_| "its signature does not fit: code or manifest were changed after it was signed".to_owned())?;
    Ok(Publisher { name: signed.publisher, key: signed.key })
}

/// Signs a component: gives its bytes with the signature at the end. A signature that is there already is replaced.
///
/// # Errors
/// One sentence: a name that is no plain line of 1 to 100 characters, or bytes that are no component.
pub fn sign(component: &[u8], publisher: &str, seed: &[u8; 32]) -> Result<Vec<u8>, String> {
    check_name(publisher)?;
    let code = unsigned(component)?;
    let key = SigningKey::from_bytes(seed);
    let signature = key.sign(&message(publisher, code));
    let signed = Signed {
        publisher: publisher.to_owned(),
        key: hex::encode(key.verifying_key().as_bytes()),
        signature: hex::encode(signature.to_bytes()),
    };
    let data = toml::to_string(&signed).map_err(|e| format!("the signature can't be written: {e}"))?;
    let mut bytes = code.to_vec();
    bytes.extend_from_slice(&encoded(data.as_bytes()));
    Ok(bytes)
}

/// The public key of a seed, 64 hex digits.
pub fn public_key(seed: &[u8; 32]) -> String {
    hex::encode(SigningKey::from_bytes(seed).verifying_key().as_bytes())
}

/// The component without the signature at its end.
pub(crate) fn unsigned(component: &[u8]) -> Result<&[u8], String> {
    match crate::inspect::signature_data(component)? {
        Some(data) => component
            .strip_suffix(encoded(data).as_slice())
            .ok_or_else(|| "its signature section is malformed or not the last one".to_owned()),
        None => Ok(component),
    }
}

fn message(publisher: &str, code: &[u8]) -> Vec<u8> {
    let mut message = DOMAIN.to_vec();
    message.extend_from_slice(&(publisher.len() as u64).to_be_bytes());
    message.extend_from_slice(publisher.as_bytes());
    message.extend_from_slice(&Sha256::digest(code));
    message
}

fn encoded(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len() + 32);
    CustomSection { name: SECTION.into(), data: data.into() }.append_to(&mut bytes);
    bytes
}

fn check_name(name: &str) -> Result<(), String> {
    let is_line = !name.is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(char::is_control);
    // One space between words and none around them: two names that look alike are two publishers to nobody.
    let is_spaced = name.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace));
    if is_line && is_spaced && name.split([' ', '-', '.', '&']).all(is_plain_word) {
        return Ok(());
    }
    Err(format!("its publisher {:?} is no plain line of 1 to 100 characters in one script a word", plain(name, 40)))
}

/// Whether a word is what it looks like, as far as that can be told without a table of all of Unicode: nothing hidden,
/// no letters in another dress, and no Latin letter beside one of an alphabet that has the same shapes. A word that is
/// wholly in another alphabet passes; the key is what counts, and is shown beside the name.
fn is_plain_word(word: &str) -> bool {
    let is_dressed = |c: char| {
        matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{218f}'
            | '\u{2460}'..='\u{24ff}' | '\u{fb00}'..='\u{fb06}' | '\u{fe20}'..='\u{fe2f}' | '\u{ff00}'..='\u{ff5e}'
            | '\u{1d400}'..='\u{1d7ff}' | '\u{1f100}'..='\u{1f1ff}')
    };
    let alphabet = |c: char| match c {
        'a'..='z'
        | 'A'..='Z'
        | '\u{aa}'
        | '\u{ba}'
        | '\u{c0}'..='\u{2af}'
        | '\u{1d00}'..='\u{1dbf}'
        | '\u{1e00}'..='\u{1eff}' => 1,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => 2,
        '\u{400}'..='\u{52f}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}' | '\u{a640}'..='\u{a69f}' => 3,
        '\u{530}'..='\u{58f}' => 4,
        '\u{13a0}'..='\u{13ff}' | '\u{ab70}'..='\u{abbf}' => 5,
        '\u{2c80}'..='\u{2cff}' => 6,
        '\u{a4d0}'..='\u{a4ff}' => 7,
        '\u{1680}'..='\u{16ff}' => 8,
        _ => 0,
    };
    let mut alphabets = word.chars().map(alphabet).filter(|a| *a != 0);
    let first = alphabets.next();
    !word.chars().any(|c| is_hidden(c) || is_dressed(c)) && alphabets.all(|other| Some(other) == first)
}

/// Lower-case hex of exactly `N` bytes.
fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests;
