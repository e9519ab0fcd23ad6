//! The user's word about exactly the bytes that they saw.
//!
//! Invariant: between looking and saying yes another version may take the place of the one that was shown, so a yes is
//! worth something only with the digest of what it is about, or right behind the screen that shows it.

use std::str::FromStr;

use super::Offer;
use crate::{App, AppError, PluginView, UpdateOutcome};

/// Fewest hex digits that stand for a digest: nobody meets 48 bits by chance, and meeting them on purpose takes a
/// publisher's key or an unsigned plugin besides.
const DIGITS_MIN: usize = 12;
/// Hex digits of a whole one.
const DIGITS: usize = 64;

/// The SHA-256 of a component, or the beginning of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestPrefix(String);

impl FromStr for DigestPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).to_ascii_lowercase();
        match (DIGITS_MIN..=DIGITS).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            true => Ok(Self(digits)),
            false => {
                Err(format!("it must be the SHA-256 that was shown, or at least its first {DIGITS_MIN} hex digits"))
            }
        }
    }
}

/// How the user said yes to a version.
#[derive(Clone, Copy, Debug)]
pub enum Consent<'a> {
    /// By its digest.
    Named(&'a DigestPrefix),
    /// To the screen that showed this very offer.
    Shown,
}

impl App {
    /// Makes an offered version active with consent: where it asks for more, all that it asks for is granted; where it
    /// does not, what is granted stays as it is.
    ///
    /// # Errors
    /// `other_version`: what was named is another one; those of [`App::update_plugin`]. Then the state is the old one.
    pub fn accept_update(&self, offer: &Offer, consent: Consent<'_>) -> Result<(PluginView, UpdateOutcome), AppError> {
        if let Consent::Named(named) = consent
            && !offer.sha256.starts_with(&named.0)
        {
            let (id, version) = (&offer.id, &offer.version);
            let problem = format!(
                "updating plugin {id}: you said yes to {}, and what is there now is version {version} with SHA-256 {}; nothing was done",
                named.0, offer.sha256
            );
            return Err(AppError::failed("other_version", problem)
                .hint("look at that one first, without --accept; then say yes to it by its own digest")
                .field("plugin", serde_json::json!(offer)));
        }
        match offer.present {
            true => Ok((self.plugin(&offer.id)?, UpdateOutcome::Unchanged)),
            false => self.activate(offer, true),
        }
    }
}

/// The command that says yes to exactly this version, from wherever it came: `src` as it was typed, `None` for the one
/// that waits.
pub fn accepting(offer: &Offer, src: Option<&str>) -> String {
    let src = src.map_or_else(String::new, |src| format!(" {}", crate::providers::quoted(src)));
    format!("trcaa plugin update {}{src} --accept {}", offer.id, offer.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_named_by_twelve_hex_digits_or_more() {
        let whole = "AB".repeat(32);
        for good in [&whole[..12], &whole, &format!("sha256:{whole}")] {
            assert!(good.parse::<DigestPrefix>().is_ok(), "{good}");
        }
        for bad in ["", "abcdefabcde", "abcdefabcdeg", "demo.wasm", &format!("{whole}a"), "sha256:abc"] {
            assert!(bad.parse::<DigestPrefix>().is_err(), "{bad}");
        }
    }
}
