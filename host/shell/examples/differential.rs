//! Has bash run random lines that are judged tier 1, over stand-ins, and compares with their plans.
//!
//! `cargo xtask shell-differential --lines 1000000 [--seed N]`
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::exit)]

#[path = "../tests/differential/bash.rs"]
mod bash;
#[path = "../tests/differential/compare.rs"]
mod compare;
#[path = "../tests/differential/generate.rs"]
mod generate;

/// Lines of one bash.
const BATCH: usize = 20_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1)?.parse::<u64>().ok()
    };
    let lines = usize::try_from(value("--lines").unwrap_or(100_000)).unwrap_or(usize::MAX);
    let mut state = value("--seed").unwrap_or(1).max(1);
    let (start, mut seen) = (std::time::Instant::now(), compare::Seen::default());
    while seen.lines < lines && seen.differences.len() < 20 {
        let folder = tempfile::tempdir().unwrap();
        state = compare::run(folder.path(), state, BATCH.min(lines - seen.lines), &mut seen);
    }
    println!(
        "{} lines, {} of tier 1, of which bash ran {} commands; {} differ from their plan ({:.0} s)",
        seen.lines,
        seen.tier1,
        seen.commands,
        seen.differences.len(),
        start.elapsed().as_secs_f64()
    );
    for difference in &seen.differences {
        println!("{difference}");
    }
    if !seen.differences.is_empty() {
        std::process::exit(1);
    }
}
