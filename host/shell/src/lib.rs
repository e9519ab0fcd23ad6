//! Judges shell lines: which may run by themselves, which ask first, which never run.
//!
//! Owns the grammar walk, the cooking of words, the command tables and the tiers. Must not know approvals, the store or
//! the terminal. [`run`] alone starts processes; nothing of the other half does.
//!
//! Invariants:
//! 1. Tier 1 is earned, never assumed: complete parse, printable ASCII, fixed words, known command, known flags.
//! 2. The highest tier of any part is the tier of the line; an unknown or unreadable part is at least tier 2.
//! 3. What does not parse is tier 3; what passes a limit is tier 2, or tier 3 when it holds a tier-3 word.
//! 4. A verdict is reached in bounded time and stack whatever the line is: every limit is in [`limits`].

mod carry;
mod classify;
mod cook;
mod destroy;
mod flags;
mod judge;
pub mod limits;
mod paths;
pub mod plan;
mod prescan;
mod programs;
pub mod run;
mod simple;
mod table;
mod table_cluster;
mod table_files;
mod table_system;
mod text;
mod tier;
mod walk;

pub use classify::classify;
pub use tier::{ClassifyError, Part, Tier, Verdict};
