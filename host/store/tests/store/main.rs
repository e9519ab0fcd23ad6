//! The store through its public API, each test in a folder of its own.
#![allow(clippy::unwrap_used, clippy::panic)]

mod audit;
mod checkpoints;
mod concurrency;
mod earlier;
mod events;
mod faults;
mod fixture;
mod images;
mod importing;
mod importing_hostile;
mod issues;
mod keys;
mod logs;
mod opening;
mod plugin_tables;
mod processes;
mod rekey;
mod schema;
mod search;
mod secrecy;
mod shell;
mod spans;
mod tampering;
