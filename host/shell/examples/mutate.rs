//! Runs the body of the fuzz target over its corpus, the vectors and mutations of them, and tells how many lines held.
//!
//! `cargo run --release -p trcaa-shell --example mutate -- SECONDS [SEED]`; panics where an invariant does not hold.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub)]

#[path = "../fuzz/check.rs"]
mod check;
#[path = "../tests/vectors/read.rs"]
mod read;

use std::time::{Duration, Instant};

use trcaa_shell::classify;

/// Pieces of the grammar, and words that matter to the judges.
const PIECES: &[&str] = &[
    " ",
    ";",
    "|",
    "&",
    "&&",
    "||",
    "\n",
    "\r",
    "\t",
    "$",
    "$(",
    ")",
    "`",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "(",
    "[",
    "]",
    "<",
    ">",
    ">>",
    "<<E\n",
    "<<<",
    "<(",
    "$'",
    "${x:-",
    "$x",
    "x=",
    "#",
    "!",
    "~",
    "*",
    "?",
    "=",
    "--",
    "-rf",
    "rm",
    "kubectl delete",
    "ns",
    "xargs",
    "sh -c ",
    "eval ",
    "sudo ",
    "for x in a b;do ",
    "done",
    "f(){ ",
    "alias a=",
    "/dev/sda",
    "/etc/shadow",
    "\0",
    "\u{202e}",
    "\u{e9}",
    "\u{e000}",
    "2>&1",
    "/dev/null",
    "\u{1}",
    "é",
    "read x",
    "printf -v x ",
    "nft -f -",
    "${!x}",
    "\"$@\"",
];

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>().unwrap());
    let end = Instant::now() + Duration::from_secs(arguments.next().unwrap_or(60));
    let mut state = arguments.next().unwrap_or(1).max(1);
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound.max(1)
    };
    let lines: Vec<String> = [
        include_str!("../tests/vectors/review.tsv"),
        include_str!("../tests/vectors/hostile.tsv"),
        include_str!("../tests/vectors/asks.tsv"),
    ]
    .into_iter()
    .flat_map(|text| read::vectors(text).map(|(_, line)| line))
    .chain(include_str!("../tests/vectors/benign.txt").lines().map(str::to_owned))
    .collect();
    let mut pool: Vec<Vec<u8>> = lines.iter().map(|line| line.clone().into_bytes()).collect();
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/judge")).unwrap() {
        pool.push(std::fs::read(entry.unwrap().path()).unwrap());
    }
    pool.iter().for_each(|bytes| check::line(bytes));
    let review = read::vectors(include_str!("../tests/vectors/review.tsv"));
    let wrong = review.filter(|(expected, line)| !read::holds(expected, classify(line).map_or(0, |v| v.tier.number())));
    assert_eq!(wrong.count(), 0, "lines of the review are lower than they say");
    let (mut tried, mut slowest, mut worst) = (pool.len(), Duration::ZERO, String::new());
    let destroyers = ["rm -rf /", "kubectl delete ns x", "dd of=/dev/sda", "reboot"];
    while Instant::now() < end {
        let mut line = pool[next(pool.len())].clone();
        for _ in 0..1 + next(6) {
            let at = next(line.len() + 1);
            match next(6) {
                0 if at < line.len() => drop(line.remove(at)),
                1 if at < line.len() => line[at] = u8::try_from(next(256)).unwrap(),
                2 => {
                    let other = &pool[next(pool.len())];
                    let from = next(other.len() + 1);
                    let piece: Vec<u8> = other[from..].to_vec();
                    line.splice(at..at, piece);
                }
                3 => line.truncate(at.max(1)),
                _ => {
                    let piece = PIECES[next(PIECES.len())].bytes();
                    line.splice(at..at, piece);
                }
            }
        }
        line.truncate(4_096);
        let start = Instant::now();
        check::line(&line);
        let took = start.elapsed();
        if took > slowest {
            (slowest, worst) = (took, String::from_utf8_lossy(&line).chars().take(200).collect());
        }
        tried += 1;
        // In front of whatever parses by itself, a destroyer on a line of its own is never lower.
        if tried % 16 == 0 {
            let destroyer = destroyers[next(destroyers.len())];
            let more = format!("{destroyer}\n{}", String::from_utf8_lossy(&line));
            assert_eq!(classify(&more).unwrap().tier.number(), 3, "{more:?}");
        }
    }
    println!("{tried} lines held; the slowest took {slowest:?}: {worst:?}");
}
