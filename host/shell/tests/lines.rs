//! Our own lists of lines: what an analyst types runs by itself, and nothing else is lower than it should be.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "vectors/read.rs"]
mod read;

use trcaa_shell::classify;

#[test]
fn lines_that_only_read_run_by_themselves() {
    let lines: Vec<&str> =
        include_str!("vectors/benign.txt").lines().filter(|l| !l.is_empty() && !l.starts_with("# ")).collect();
    let asks: Vec<&&str> = lines.iter().filter(|line| classify(line).unwrap().tier.number() > 1).collect();
    assert!(lines.len() >= 500);
    assert!(asks.len() * 25 <= lines.len(), "{} of {} ask: {asks:#?}", asks.len(), lines.len());
    let never: Vec<&&str> = lines.iter().filter(|line| classify(line).unwrap().tier.number() > 2).collect();
    assert!(never.is_empty(), "{never:#?}");
}

#[test]
fn no_line_that_changes_or_shows_secrets_is_lower_than_it_says() {
    let wrong: Vec<String> = read::vectors(include_str!("vectors/hostile.tsv"))
        .filter(|(expected, line)| !read::holds(expected, classify(line).map_or(0, |v| v.tier.number())))
        .map(|(expected, line)| format!("{expected} {line:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(read::vectors(include_str!("vectors/hostile.tsv")).count() >= 300);
}

#[test]
fn nothing_of_the_review_is_lower_than_it_says() {
    let wrong: Vec<String> = read::vectors(include_str!("vectors/review.tsv"))
        .filter(|(expected, line)| !read::holds(expected, classify(line).map_or(0, |v| v.tier.number())))
        .map(|(expected, line)| format!("{expected} {line:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_a_person_may_well_allow_asks_and_is_not_refused() {
    let wrong: Vec<String> = read::vectors(include_str!("vectors/asks.tsv"))
        .filter(|(_, line)| classify(line).map_or(0, |v| v.tier.number()) != 2)
        .map(|(_, line)| line)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
