//! Keys: what opens the database, and what is derived from that for each other purpose.

use std::fmt;

use hkdf::Hkdf;
use serde::Serialize;
use sha2::Sha256;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

use crate::StoreError;

/// A key that an earlier product shipped in its documentation.
const REFUSED_KEY: &str = "dev-key-change-in-prod";

/// Where the database key comes from.
#[derive(Clone)]
pub enum KeySource {
    /// Stretched by SQLCipher (256,000 rounds, about 110 ms); any SQLCipher 4 client opens the file with it.
    Passphrase(Secret),
    /// Used as it is; opens in under a millisecond.
    RawKey(Zeroizing<[u8; 32]>),
    /// The key file in the data folder, made on first use.
    KeyFile,
    /// No encryption of the file; columns still have a key, in a file of its own.
    #[cfg(debug_assertions)]
    Plain,
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Passphrase(…)",
            Self::RawKey(_) => "RawKey(…)",
            Self::KeyFile => "KeyFile",
            #[cfg(debug_assertions)]
            Self::Plain => "Plain",
        })
    }
}

/// The kind of place that a key comes from, without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyKind {
    /// The key file holds it.
    KeyFile,
    /// The operating system's keyring holds it; the key file says under which name.
    Keyring,
    /// Given from outside, stretched.
    Passphrase,
    /// Given from outside, used as it is.
    RawKey,
    /// The file is plain.
    None,
}

impl KeyKind {
    /// Its name: `key-file`, `keyring`, `passphrase`, `raw-key` or `none`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::KeyFile => "key-file",
            Self::Keyring => "keyring",
            Self::Passphrase => "passphrase",
            Self::RawKey => "raw-key",
            Self::None => "none",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a configured key: 64 hex digits or `x'64 hex digits'` are a raw key, blank is none, else a passphrase.
///
/// # Errors
/// [`StoreError::KeyRefused`] for the key that an earlier product's documentation gave, and for a NUL in it, at which
/// SQLCipher would stop reading.
pub fn parse_key(text: &str) -> Result<Option<KeySource>, StoreError> {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Ok(None);
    }
    if trimmed == REFUSED_KEY {
        return Err(StoreError::KeyRefused(
            "`dev-key-change-in-prod` is published in the documentation of an earlier product",
        ));
    }
    if text.contains('\0') {
        return Err(StoreError::KeyRefused("it contains a NUL character"));
    }
    let quoted = trimmed
        .strip_prefix(['x', 'X'])
        .is_some_and(|rest| rest.len() >= 2 && rest.starts_with('\'') && rest.ends_with('\''));
    Ok(Some(match parse_raw(trimmed) {
        Some(raw) => KeySource::RawKey(raw),
        // A slip in a raw key would make a store with a passphrase that nobody knows.
        None if quoted => {
            return Err(StoreError::KeyRefused("it is written as a raw key, and is not x'64 hex digits'"));
        }
        None => KeySource::Passphrase(Secret::new(text)),
    }))
}

/// Reads `64 hex digits` or `x'64 hex digits'`.
pub(crate) fn parse_raw(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let quoted = text.strip_prefix(['x', 'X']).and_then(|t| t.strip_prefix('\'')).and_then(|t| t.strip_suffix('\''));
    let mut raw = Zeroizing::new([0u8; 32]);
    hex::decode_to_slice(quoted.unwrap_or(text), raw.as_mut_slice()).ok()?;
    Some(raw)
}

/// A resolved database key.
#[derive(Clone)]
pub(crate) enum DatabaseKey {
    Passphrase(Secret),
    Raw(Zeroizing<[u8; 32]>),
    /// The file is plain; the key is for the columns alone.
    Plain(Zeroizing<[u8; 32]>),
}

impl DatabaseKey {
    /// What `PRAGMA key` and `ATTACH … KEY` take; `None` for a plain file.
    pub(crate) fn pragma_text(&self) -> Option<Zeroizing<String>> {
        match self {
            Self::Passphrase(secret) => Some(Zeroizing::new(secret.expose().to_owned())),
            Self::Raw(raw) => {
                let digits = Zeroizing::new(hex::encode(raw.as_slice()));
                let mut text = Zeroizing::new(String::with_capacity(67));
                text.push_str("x'");
                text.push_str(&digits);
                text.push('\'');
                Some(text)
            }
            Self::Plain(_) => None,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Passphrase(secret) => secret.expose().as_bytes(),
            Self::Raw(raw) | Self::Plain(raw) => raw.as_slice(),
        }
    }
}

impl DatabaseKey {
    /// The statement that sets the key of a connection; wiped after use, but for the copies that SQLite makes of a
    /// statement while it runs it: `PRAGMA key` takes no bound parameter.
    pub(crate) fn pragma(&self) -> Option<Zeroizing<String>> {
        const START: &str = "PRAGMA key = '";
        let text = self.pragma_text()?;
        // Room for every character to be a quote, so that no growing leaves a copy behind.
        let mut sql = Zeroizing::new(String::with_capacity(START.len() + 2 * text.len() + 1));
        sql.push_str(START);
        for character in text.chars() {
            sql.push(character);
            if character == '\'' {
                sql.push(character);
            }
        }
        sql.push('\'');
        Some(sql)
    }
}

/// What a derived key is for. Each has a label of its own, so no key serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// AES-256-GCM of secrets in columns.
    Columns,
    /// HMAC by which a value is found in the pseudonym table.
    PseudonymLookup,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::Columns => b"trcaa/1/columns",
            Self::PseudonymLookup => b"trcaa/1/pseudonym-lookup",
        }
    }
}

/// The input of all derived keys: the database key, or what replaces it.
#[derive(Clone)]
pub(crate) struct KeyMaterial(Zeroizing<Vec<u8>>);

impl KeyMaterial {
    /// Takes `replacement` (TRCAA_ENCRYPTION_KEY) where there is one, read as a raw key or a passphrase.
    pub(crate) fn new(key: &DatabaseKey, replacement: Option<&Secret>) -> Self {
        Self(Zeroizing::new(match replacement {
            Some(secret) => match parse_raw(secret.expose().trim()) {
                Some(raw) => raw.to_vec(),
                None => secret.expose().as_bytes().to_vec(),
            },
            None => key.bytes().to_vec(),
        }))
    }

    /// Whether all derived keys are the same.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        *self.0 == *other.0
    }

    /// HKDF-SHA256 (RFC 5869) with the purpose's label as info.
    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        let mut key = Zeroizing::new([0u8; 32]);
        Hkdf::<Sha256>::new(None, &self.0)
            .expand(purpose.label(), key.as_mut_slice())
            .expect("32 bytes are within HKDF's 255 × 32");
        key
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    #[test]
    fn raw_keys_are_read_in_both_forms() {
        for text in [DIGITS.to_owned(), format!("x'{DIGITS}'"), format!("X'{DIGITS}'\n")] {
            let Some(KeySource::RawKey(raw)) = parse_key(&text).unwrap() else { panic!("{text} is a raw key") };
            assert_eq!(&raw[..2], &[0x00, 0x11]);
        }
    }

    #[test]
    fn everything_else_is_a_passphrase_or_nothing() {
        assert!(parse_key(" \t\n").unwrap().is_none());
        let short = &DIGITS[..63];
        for text in ["it's", "x00", short, " padded "] {
            let Some(KeySource::Passphrase(secret)) = parse_key(text).unwrap() else {
                panic!("{text} is a passphrase")
            };
            assert_eq!(secret.expose(), text);
        }
        assert!(matches!(parse_key("dev-key-change-in-prod\n"), Err(StoreError::KeyRefused(_))));
        assert!(matches!(parse_key("a\0b"), Err(StoreError::KeyRefused(_))));
        assert!(matches!(parse_key("x'00'"), Err(StoreError::KeyRefused(_))));
    }

    #[test]
    fn purposes_and_replacements_give_different_keys() {
        let raw = DatabaseKey::Raw(Zeroizing::new([7; 32]));
        let own = KeyMaterial::new(&raw, None);
        assert_ne!(own.derive(Purpose::Columns), own.derive(Purpose::PseudonymLookup));
        let replaced = KeyMaterial::new(&raw, Some(&Secret::new("other")));
        assert_ne!(own.derive(Purpose::Columns), replaced.derive(Purpose::Columns));
        assert_eq!(format!("{:?}", KeySource::RawKey(Zeroizing::new([7; 32]))), "RawKey(…)");
    }
}
