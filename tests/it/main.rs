//! The one end-to-end test binary: the real `trcaa`, real plugins, real files.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod attachments;
mod audit_trail;
mod bad_input;
mod canary;
mod care;
mod cli_contract;
mod cluster;
mod connection;
mod crash;
mod deep_search;
mod detection;
mod doctor;
mod documents_in;
#[path = "../../host/store/tests/store/earlier.rs"]
mod earlier;
mod edges;
mod events;
mod full_disk;
mod guard;
mod guests;
mod history;
mod hostile;
mod import;
mod interop;
mod keyring;
mod keys;
mod kill;
mod many_processes;
mod odd_files;
mod own_files;
mod peer;
mod plugin_kit;
mod plugin_life;
mod plugins;
mod providers;
mod rekey;
mod review;
mod scanning;
mod schema;
mod settings;
mod shell_runs;
mod shim;
mod triage;
