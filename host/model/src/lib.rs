//! The vocabulary of TRCAA: ids, domain types, the plugin manifest, capabilities and limits.
//!
//! Pure: no I/O, no clock, no randomness (both are passed in through [`mod@env`]), no tokio, wasmtime or rusqlite.
//! Depends on no other crate of ours; every other crate may depend on it.
//!
//! Invariants: an id is never empty; an enum's text form is exactly what the store's column holds; nothing here
//! prints a secret ([`secret::Secret`] has a redacting `Debug` and no `Display`).

pub mod attachment;
pub mod audit;
pub mod chat;
pub mod digest;
pub mod document;
pub mod env;
pub mod guard;
pub mod hidden;
pub mod id;
pub mod issue;
pub mod limits;
pub mod pii;
pub mod plugin;
pub mod secret;
pub mod time;
pub mod timeline;
