//! `trcaa db rekey`

use serde_json::json;
use trcaa_app::{AppError, EncryptionKey, KeyKind, KeySource, KeyTarget, Rekey, StoreError, parse_key};
use trcaa_model::secret::Secret;

use crate::args::{Global, RekeyArgs, RekeyColumns, RekeyTo};
use crate::command::confirm;
use crate::output::Output;
use crate::secret_input::SecretInput;

/// A passphrase below that is warned about.
const PASSPHRASE_CHARS_GOOD: usize = 8;
/// Asked where the only key of what may be needed yet is thrown away.
const OLD_COPIES: &str =
    "Backups and tftsr.db.kept-* files made before open with the old key only, which is thrown away. Go on?";

pub(crate) fn run(global: &Global, args: &RekeyArgs, output: &Output) -> Result<(), AppError> {
    let setup = crate::settings::setup(global, output)?;
    let done = trcaa_app::rekey(setup, |now| {
        // A key that a user holds is theirs to keep; one that we hold is thrown away.
        if now.has_copies && matches!(now.kind, KeyKind::KeyFile | KeyKind::Keyring) {
            confirm(OLD_COPIES, global.yes)?;
        }
        let mut input = SecretInput::new();
        let target = match args.to.unwrap_or(as_now(now.kind)) {
            RekeyTo::KeyFile => KeyTarget::KeyFile,
            RekeyTo::Keyring => KeyTarget::Keyring,
            RekeyTo::Passphrase => passphrase(input.read("the new passphrase")?, output)?,
            RekeyTo::RawKey => raw_key(&input.read("the new raw key")?)?,
        };
        let encryption_key = match args.encryption_key {
            RekeyColumns::Keep => EncryptionKey::Keep,
            RekeyColumns::None => EncryptionKey::Remove,
            RekeyColumns::Stdin => {
                let secret = input.read("the new encryption key")?;
                // Refused and warned about as a database key is.
                if let KeySource::Passphrase(text) = parsed(&secret)? {
                    warn_if_weak(&text, output);
                }
                EncryptionKey::Replace(secret)
            }
        };
        Ok(Rekey { target, encryption_key })
    })?;
    tell(done.from, done.to, args.encryption_key, output);
    if done.old_entry_left {
        output.warn("the old key's entry could not be removed from the keyring; it opens nothing any more");
    }
    if output.json {
        return output.object(json!({"from": done.from, "to": done.to, "resealed": done.resealed}));
    }
    output.text(&format!("rekeyed: {} → {}; {} secrets sealed anew", done.from, done.to, done.resealed));
    Ok(())
}

/// The kind in use; a plain store gets a key file.
fn as_now(now: KeyKind) -> RekeyTo {
    match now {
        KeyKind::KeyFile | KeyKind::None => RekeyTo::KeyFile,
        KeyKind::Keyring => RekeyTo::Keyring,
        KeyKind::Passphrase => RekeyTo::Passphrase,
        KeyKind::RawKey => RekeyTo::RawKey,
    }
}

/// Reads it as the environment's would be, so that what is accepted here opens the store later.
fn parsed(secret: &Secret) -> Result<KeySource, AppError> {
    let refused = |error: StoreError| AppError::usage(error.code(), error.to_string());
    parse_key(secret.expose())
        .map_err(refused)?
        .ok_or_else(|| AppError::usage("key", "this key is refused: it is empty"))
}

fn passphrase(secret: Secret, output: &Output) -> Result<KeyTarget, AppError> {
    match parsed(&secret)? {
        KeySource::Passphrase(text) => {
            warn_if_weak(&text, output);
            Ok(KeyTarget::Passphrase(text))
        }
        _ => Err(AppError::usage("key", "this key is refused as a passphrase: 64 hex digits are read as a raw key")
            .hint("use --to raw-key, or another passphrase")),
    }
}

fn raw_key(secret: &Secret) -> Result<KeyTarget, AppError> {
    match parsed(secret)? {
        KeySource::RawKey(raw) => Ok(KeyTarget::RawKey(raw)),
        _ => Err(AppError::usage("key", "this key is refused as a raw key: it is not 64 hex digits")
            .hint("make one with: openssl rand -hex 32")),
    }
}

fn warn_if_weak(passphrase: &Secret, output: &Output) {
    if passphrase.expose().chars().count() < PASSPHRASE_CHARS_GOOD {
        output.warn(&format!("a passphrase of fewer than {PASSPHRASE_CHARS_GOOD} characters is soon guessed"));
    }
}

/// What the user has to do from now on.
fn tell(from: KeyKind, to: KeyKind, columns: RekeyColumns, output: &Output) {
    let outside = |kind| matches!(kind, KeyKind::Passphrase | KeyKind::RawKey);
    if outside(to) {
        output.warn("set TRCAA_DB_KEY to the new key from now on; it is kept nowhere on this machine");
    } else if outside(from) {
        output.warn("unset TRCAA_DB_KEY from now on; it would be taken before the new key");
    }
    match columns {
        RekeyColumns::Keep => {}
        RekeyColumns::Stdin => output.warn("set TRCAA_ENCRYPTION_KEY to the new key from now on"),
        RekeyColumns::None => output.warn("unset TRCAA_ENCRYPTION_KEY from now on"),
    }
    output.warn("backups made before open with the old key only; make a new one");
}
