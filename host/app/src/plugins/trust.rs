//! Whose plugin an id is: the publisher's key as it was when the user first trusted a plugin of that id.
//!
//! Invariant: a pin is compared as a whole; unsigned is a pin like any other, so that neither another key nor no
//! signature follows a key, and no key follows an unsigned plugin, without the user taking the pin back.

use trcaa_runtime::Publisher;
use trcaa_store::Store;

use crate::AppError;

/// Refuses a plugin that another publisher made than the one pinned for its id. Nothing pinned is no refusal.
pub(super) fn check_pin(store: &Store, id: &str, publisher: Option<&Publisher>) -> Result<(), AppError> {
    let Some(pin) = store.pinned_publisher(id)? else { return Ok(()) };
    let key = publisher.map(|publisher| publisher.key.as_str());
    if pin.publisher_key.as_deref() == key {
        return Ok(());
    }
    let was = match (&pin.publisher, &pin.publisher_key) {
        (name, Some(key)) => format!("signed by {:?} with key {key}", name.as_deref().unwrap_or("nobody named")),
        (_, None) => "unsigned".to_owned(),
    };
    let is = publisher.map_or("unsigned".to_owned(), |p| format!("signed by {:?} with key {}", p.name, p.key));
    Err(AppError::failed(
        "publisher_changed",
        format!("checking the publisher of plugin {id}: what you trusted was {was}, and this is {is}"),
    )
    .hint(format!("to trust the other publisher from now on: trcaa plugin remove {id} --forget-publisher"))
    .field("plugin", serde_json::json!({"id": id, "pinned_key": pin.publisher_key, "publisher_key": key})))
}

/// As [`check_pin`], for a plugin that is to run: without a pin, nobody ever trusted it.
pub(super) fn expect_pin(store: &Store, id: &str, publisher: Option<&Publisher>) -> Result<(), AppError> {
    if store.pinned_publisher(id)?.is_none() {
        return Err(AppError::failed(
            "publisher_unknown",
            format!("loading plugin {id}: no publisher is pinned for it, so nobody trusted it yet"),
        )
        .hint(format!("decide anew: trcaa plugin enable {id}")));
    }
    check_pin(store, id, publisher)
}
