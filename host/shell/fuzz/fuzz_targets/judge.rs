//! Any bytes as a line: no panic, and the invariants of `check.rs`, which the default tests replay over the corpus.
#![no_main]

#[path = "../check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::line(bytes));
