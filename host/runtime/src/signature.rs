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
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let fits = !name.trim().is_empty() && name.chars().count() <= NAME_CHARS_MAX && !name.chars().any(hidden);
    if fits {
        Ok(())
    } else {
        Err(format!("its publisher {:?} is no plain line of 1 to 100 characters", plain(name, 40)))
    }
}

/// Lower-case hex of exactly `N` bytes.
fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    hex::decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::inspect::inspect;

    const SEED: [u8; 32] = [7; 32];
    const MANIFEST: &str =
        "id='x-y'\\nversion='1.0.0'\\nkind='pii-detector'\\nworld='trcaa:pii/pii-detector@0.1.0'\\ndescription='x'\\n";

    fn component() -> Vec<u8> {
        let text = format!(
            "(component (@custom \"trcaa:manifest\" \"{MANIFEST}\") (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))"
        );
        wat::parse_str(text).unwrap()
    }

    #[test]
    fn a_signed_component_names_its_publisher_and_an_unsigned_one_nobody() {
        assert_eq!(inspect(&component()).unwrap().publisher, None);
        let signed = sign(&component(), "Ada & Co", &SEED).unwrap();
        let publisher = inspect(&signed).unwrap().publisher.unwrap();
        assert_eq!((publisher.name.as_str(), publisher.key), ("Ada & Co", public_key(&SEED)));
        // Signing again replaces the signature.
        let again = sign(&signed, "Ada & Co", &SEED).unwrap();
        assert_eq!(again, signed);
        assert_eq!(sign(&signed, "Eve", &[9; 32]).unwrap(), sign(&component(), "Eve", &[9; 32]).unwrap());
    }

    #[test]
    fn any_changed_byte_of_a_signed_component_is_refused_or_leaves_it_unsigned() {
        let signed = sign(&component(), "Ada & Co", &SEED).unwrap();
        for at in 0..signed.len() {
            let mut changed = signed.clone();
            changed[at] ^= 0x01;
            if let Ok(found) = inspect(&changed) {
                assert_eq!(found.publisher, None, "byte {at}");
            }
        }
    }

    #[test]
    fn a_signature_covers_what_is_before_it_and_nothing_may_follow() {
        let signed = sign(&component(), "Ada & Co", &SEED).unwrap();
        let mut longer = signed.clone();
        longer.extend_from_slice(&[0, 2, 1, b'x']);
        let problem = inspect(&longer).unwrap_err();
        assert!(problem.contains("signature section is malformed"), "{problem}");
        // The signature of one component at the end of another.
        let section = &signed[component().len()..];
        let mut other = wat::parse_str(
            format!("(component (@custom \"trcaa:manifest\" \"{}\") (instance $i) (export \"trcaa:pii/detector@0.1.0\" (instance $i)))",
                MANIFEST.replace("'x'", "'y'"))).unwrap();
        other.extend_from_slice(section);
        let problem = inspect(&other).unwrap_err();
        assert!(problem.contains("does not fit"), "{problem}");
    }

    #[test]
    fn a_name_that_hides_something_is_refused() {
        for name in ["", "  ", "a\nb", "a\u{202e}b", &"x".repeat(101)] {
            assert!(sign(&component(), name, &SEED).is_err(), "{name:?}");
        }
    }
}
