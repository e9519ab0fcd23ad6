//! The operating system's keyring: on Linux the Secret Service, over the D-Bus of the session.
//!
//! Nothing is connected to before a key is asked for, and nobody is prompted: a locked keyring is an error, as a prompt
//! could wait for ever where there is no desktop. Secrets cross the bus encrypted (the service's DH session).
//!
//! `secret-service` is the library because it is the only kept one that needs no C library (libdbus) and no tokio; most of
//! its tree is zbus, and its cryptography is what the store has anyway.

use std::sync::mpsc;
use std::time::Duration;

use trcaa_model::env::Keyring;
use trcaa_model::secret::Secret;

/// A keyring that is there answers in milliseconds; starting one by D-Bus takes a few seconds.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// This session's keyring.
pub(crate) struct SessionKeyring;

impl Keyring for SessionKeyring {
    fn get(&self, name: &str) -> Result<Option<Secret>, String> {
        let name = name.to_owned();
        bounded(move || platform::get(&name))
    }

    fn set(&self, name: &str, secret: &Secret) -> Result<(), String> {
        let (name, secret) = (name.to_owned(), secret.clone());
        bounded(move || platform::set(&name, &secret))
    }

    fn delete(&self, name: &str) -> Result<(), String> {
        let name = name.to_owned();
        bounded(move || platform::delete(&name))
    }
}

/// Ends the wait for a bus that does not answer; the thread that waits ends with the process.
fn bounded<T: Send + 'static>(work: impl FnOnce() -> Result<T, String> + Send + 'static) -> Result<T, String> {
    let (sender, answer) = mpsc::sync_channel(1);
    let started = std::thread::Builder::new().name("keyring".into()).spawn(move || {
        // Nobody listens any more where the wait is over.
        let _ = sender.send(work());
    });
    started.map_err(|e| format!("no thread could be started: {e}"))?;
    answer
        .recv_timeout(ANSWER_MAX)
        .unwrap_or_else(|_| Err(format!("it does not answer within {} s", ANSWER_MAX.as_secs())))
}

#[cfg(target_os = "linux")]
mod platform {
    use std::collections::HashMap;

    use secret_service::blocking::{Collection, Item, SecretService};
    use secret_service::{EncryptionType, Error};
    use trcaa_model::secret::Secret;
    use zeroize::Zeroizing;

    /// What a desktop's list of passwords shows.
    const LABEL: &str = "trcaa database key";
    const CONTENT_TYPE: &str = "text/plain";

    /// By what an entry is found.
    fn attributes(name: &str) -> HashMap<&str, &str> {
        HashMap::from([("application", "trcaa"), ("entry", name)])
    }

    /// The library's own texts name D-Bus paths and no cause that a user knows.
    fn told(error: Error) -> String {
        match error {
            Error::Unavailable => "there is no Secret Service on this session's D-Bus".to_owned(),
            Error::Locked => "it is locked".to_owned(),
            Error::NoResult => "it has no default collection".to_owned(),
            Error::Zbus(cause) => format!("D-Bus says: {cause}"),
            other => other.to_string(),
        }
    }

    fn connect() -> Result<SecretService<'static>, String> {
        SecretService::connect(EncryptionType::Dh).map_err(told)
    }

    fn open<'s>(service: &'s SecretService<'static>) -> Result<Collection<'s>, String> {
        let collection = service.get_default_collection().map_err(told)?;
        if collection.is_locked().map_err(told)? {
            return Err(told(Error::Locked));
        }
        Ok(collection)
    }

    fn find<'s>(service: &'s SecretService<'static>, name: &str) -> Result<Option<Item<'s>>, String> {
        let found = service.search_items(attributes(name)).map_err(told)?;
        match (found.unlocked.into_iter().next(), found.locked.is_empty()) {
            (Some(item), _) => Ok(Some(item)),
            (None, false) => Err(told(Error::Locked)),
            // Not found in what is open is no proof where the collection is locked.
            (None, true) => open(service).map(|_| None),
        }
    }

    pub(super) fn get(name: &str) -> Result<Option<Secret>, String> {
        let service = connect()?;
        let Some(item) = find(&service, name)? else { return Ok(None) };
        let bytes = Zeroizing::new(item.get_secret().map_err(told)?);
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(_) => Err("its entry is no text".to_owned()),
        }
    }

    pub(super) fn set(name: &str, secret: &Secret) -> Result<(), String> {
        let service = connect()?;
        let collection = open(&service)?;
        let bytes = secret.expose().as_bytes();
        collection.create_item(LABEL, attributes(name), bytes, true, CONTENT_TYPE).map(|_| ()).map_err(told)
    }

    pub(super) fn delete(name: &str) -> Result<(), String> {
        let service = connect()?;
        find(&service, name)?.map_or(Ok(()), |item| item.delete().map_err(told))
    }
}

#[cfg(not(target_os = "linux"))]
mod platform {
    use trcaa_model::secret::Secret;

    fn absent<T>() -> Result<T, String> {
        Err("this build knows the keyring of Linux desktops only".to_owned())
    }

    pub(super) fn get(_name: &str) -> Result<Option<Secret>, String> {
        absent()
    }

    pub(super) fn set(_name: &str, _secret: &Secret) -> Result<(), String> {
        absent()
    }

    pub(super) fn delete(_name: &str) -> Result<(), String> {
        absent()
    }
}
