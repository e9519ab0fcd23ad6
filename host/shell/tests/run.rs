//! Running what was judged: real programs, a real kernel.
//!
//! A test that needs a part that this kernel lacks says so and ends; no part is missing in silence.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

#[path = "run/cage.rs"]
mod cage;
#[path = "run/ends.rs"]
mod ends;
#[path = "run/given.rs"]
mod given;
#[path = "run/kubeconfig.rs"]
mod kubeconfig;
#[path = "run/plans.rs"]
mod plans;
#[path = "run/programs.rs"]
mod programs;
