//! Judges random lines and has bash run those of tier 1: what it runs must be the plan, no more and no less.

use std::path::Path;

use trcaa_shell::{Rules, judge};

use crate::{bash, generate};

/// What was seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) lines: usize,
    pub(crate) tier1: usize,
    pub(crate) commands: usize,
    pub(crate) differences: Vec<String>,
}

/// Makes and compares `lines` lines, and returns the generator's next state.
pub(crate) fn run(folder: &Path, seed: u64, lines: usize, seen: &mut Seen) -> u64 {
    let mut random = generate::Random(seed);
    let (mut texts, mut plans) = (Vec::new(), Vec::new());
    for _ in 0..lines {
        let line = generate::line(&mut random);
        seen.lines += 1;
        if let Some(plan) = judge(&line, &Rules::default()).ok().and_then(|judgement| judgement.plan) {
            seen.tier1 += 1;
            texts.push(line);
            plans.push(plan);
        }
    }
    for ((line, plan), ran) in texts.iter().zip(&plans).zip(bash::run(folder, &texts)) {
        seen.commands += ran.len();
        let expected = bash::expected(plan);
        if !bash::same(&ran, &expected) {
            seen.differences.push(format!("{line}\n  bash ran  {ran:?}\n  the plan  {expected:?}"));
        }
    }
    random.0
}
