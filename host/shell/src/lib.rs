//! Judges shell lines: which may run by themselves, which ask first, which never run.
//!
//! Owns the grammar walk, the cooking of words, the command tables and the tiers. Must not know approvals, the store or
//! the terminal. [`run`] alone starts processes; nothing of the other half does.
//! Owns the grammar walk, the cooking of words, the command tables, the tiers, and the plan of a line that may run
//! without a shell. Must not know approvals, the store or
//! the terminal; nothing in this half starts a process.
//!
//! Invariants:
//! 1. Tier 1 is earned, never assumed: complete parse, printable ASCII, fixed words, known command, known flags.
//! 2. The highest tier of any part is the tier of the line; an unknown or unreadable part is at least tier 2.
//! 3. What does not parse is tier 3; what passes a limit is tier 2, or tier 3 when it holds a tier-3 word.
//! 4. A tier-1 line has a plan made of the words that were judged, and two readers that share no code agree on it.
//! 5. A verdict is reached in bounded time and stack whatever the line is: every limit is in [`limits`].

mod argv;
mod carry;
mod classify;
mod compound;
mod cook;
mod describe;
mod destroy;
mod destroy_clusters;
mod destroy_data;
mod destroy_disks;
mod destroy_kube;
mod destroy_machine;
mod destroy_network;
mod destroy_trees;
mod effect;
mod environment;
mod feeds;
mod flags;
mod judge;
mod key_names;
pub mod limits;
mod names;
mod paths;
mod pattern;
mod pipe;
pub mod plan;
mod prescan;
mod programs;
mod programs_awk;
mod programs_cluster;
mod programs_text;
mod programs_tools;
mod quote;
mod redirect;
mod respell;
mod rules;
pub mod run;
mod runners;
mod simple;
mod sources;
mod strict;
mod table;
mod table_cluster;
mod table_files;
mod table_guests;
mod table_system;
mod table_tools;
mod text;
mod tier;
mod variables;
mod walk;
mod wrote;

pub use classify::{classify, judge};
pub use describe::describe_tables;
pub use environment::ENVIRONMENT;
pub use pattern::{pattern_covers, pattern_of};
pub use rules::{Rules, RulesError};
pub use tier::{ClassifyError, Judgement, Part, Tier, Verdict};
