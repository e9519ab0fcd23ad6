//! A provider for every server that speaks OpenAI's chat completions.
//!
//! Owns the wire format: what a request looks like ([`request`]), what a stream of chunks means ([`stream`]), what an
//! error means ([`failure`]). Knows nothing of logs, issues or keys: the host guards what comes in, writes the key in,
//! and decides about trying again.
//!
//! Invariants: nothing that a server sends makes it panic; what is kept between two chunks is bounded; the events are the
//! same however the answer was cut into chunks; an answer that was cut off is an error and never an answer.
//!
//! Everything but `component` runs natively, behind the traits of [`talk`], and is tested there with exchanges that
//! were recorded from real servers (`tests/exchanges`).

pub mod config;
pub mod failure;
pub mod models;
pub mod request;
mod retry_after;
pub mod stream;
pub mod talk;

mod component;
