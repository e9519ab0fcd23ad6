//! Judges a file of lines `EXPECTED<TAB>COMMAND` (1, 2, 3, 2+ or E; escapes `\\ \n \r \t \0 \e`) and prints what differs.
//!
//! `cargo run -p trcaa-shell --example tiers -- FILE…`
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/vectors/read.rs"]
mod read;

use trcaa_shell::classify;

fn main() {
    let (mut lines, mut ones, mut found, mut wrong) = (0, 0, 0, 0);
    for file in std::env::args().skip(1) {
        for (expected, line) in read::vectors(&std::fs::read_to_string(&file).unwrap()) {
            let verdict = classify(&line);
            let tier = verdict.as_ref().map_or(0, |verdict| verdict.tier.number());
            lines += 1;
            ones += usize::from(expected == "1");
            found += usize::from(expected == "1" && tier == 1);
            if !read::holds(&expected, tier) {
                wrong += 1;
                println!("{expected}\t{tier}\t{}\t{:?}", line.escape_debug(), verdict.map(|verdict| verdict.reasons));
            }
        }
    }
    println!("{lines} lines, {wrong} differ; tier 1: {found} of {ones}");
}
