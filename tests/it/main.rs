//! The one end-to-end test binary: the real `trcaa`, real plugins, real files.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod audit_trail;
mod attachments;
mod bad_input;
mod canary;
mod care;
mod cli_contract;
mod crash;
mod edges;
mod events;
mod guests;
mod interop;
mod kill;
mod many_processes;
mod peer;
mod full_disk;
mod guests;
mod odd_files;
mod plugins;
mod review;
mod schema;
mod triage;
