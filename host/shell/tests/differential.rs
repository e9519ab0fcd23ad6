//! bash itself as the judge: of a line judged tier 1 it runs what the plan says, word for word.
//!
//! A bounded piece of `cargo xtask shell-differential`.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "differential/bash.rs"]
mod bash;
#[path = "differential/compare.rs"]
mod compare;
#[path = "differential/generate.rs"]
mod generate;

use trcaa_shell::{Rules, judge};

#[test]
fn bash_runs_of_a_tier_1_line_exactly_its_plan() {
    let folder = tempfile::tempdir().unwrap();
    let mut seen = compare::Seen::default();
    compare::run(folder.path(), 0x5EED, 4_000, &mut seen);
    assert!(seen.differences.is_empty(), "{}", seen.differences.join("\n"));
    assert!(seen.tier1 > 700, "only {} of {} lines are tier 1", seen.tier1, seen.lines);
}

/// The stand-ins see what a plan that lies would not say: without this the comparison could be blind.
#[test]
fn the_comparison_sees_words_streams_conditions_and_builtins() {
    let folder = tempfile::tempdir().unwrap();
    let told = |line: &str, plan_of: &str| {
        let ran = bash::run(folder.path(), &[line.to_owned()]);
        bash::same(&ran[0], &bash::expected(&judge(plan_of, &Rules::default()).unwrap().plan.unwrap()))
    };
    for line in [
        "ls -l 'a b' | sort < f 2>&1",
        "false && ls || echo a; pwd",
        "echo a && ls 2>/dev/null >/dev/null",
        "cat f | sort | uniq -c | head -n 3; true",
    ] {
        assert!(told(line, line), "{line}");
    }
    for (line, plan_of) in [
        ("ls; rm x", "ls"),
        ("ls; eval x", "ls"),
        ("ls; cd x", "ls"),
        ("ls", "ls; pwd"),
        ("ls a", "ls b"),
        ("ls a b", "ls 'a b'"),
        ("ls > /dev/null", "ls"),
        ("ls 2>&1 >/dev/null", "ls >/dev/null 2>&1"),
        ("cat < f", "cat < g"),
        ("ls && pwd", "ls || pwd"),
        ("ls; pwd", "pwd; ls"),
        ("$(rm x)ls", "ls"),
    ] {
        assert!(!told(line, plan_of), "{line} for {plan_of}");
    }
}
