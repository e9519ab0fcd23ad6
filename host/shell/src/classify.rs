//! The entry: a line in, a verdict out.
//!
//! Owns the order of the checks (empty, characters, walk, second look) and the merging of reasons into one verdict.

use crate::limits::{LINE_SEARCHED_BYTES_MAX, PARTS_MAX, REASONS_MAX};
use crate::plan::Plan;
use crate::rules::Rules;
use crate::tier::{ClassifyError, Judgement, Tier, Verdict};
use crate::walk::Walk;
use crate::{strict, text};

/// Judges one shell line (bash grammar; newlines separate commands) without running anything, by the tables alone.
///
/// # Errors
///
/// [`ClassifyError::Empty`] when the line holds nothing but blanks and newlines.
pub fn classify(line: &str) -> Result<Verdict, ClassifyError> {
    judge(line, &Rules::default()).map(|judgement| judgement.verdict)
}

/// Judges one shell line by the tables and the person's own rules, and plans it if it is tier 1.
///
/// Time and stack are bounded for any input. Lines beyond a limit of [`crate::limits`] are tier 2 or 3, never 1.
///
/// # Errors
///
/// [`ClassifyError::Empty`] when the line holds nothing but blanks and newlines.
pub fn judge(line: &str, rules: &Rules) -> Result<Judgement, ClassifyError> {
    let line = line.trim_matches([' ', '\t', '\n']);
    if line.is_empty() {
        return Err(ClassifyError::Empty);
    }
    let mut walk = Walk::default();
    walk.rules = rules.clone();
    if line.len() > LINE_SEARCHED_BYTES_MAX {
        walk.raise(Tier::Three, "longer than 1 MiB, so not judged at all");
        return Ok(Judgement { verdict: verdict(walk), plan: None });
    }
    if line.contains('\0') {
        walk.raise(Tier::Three, "holds a NUL, which no shell can read");
    }
    // A look-alike letter or a hidden control character makes the shown line differ from the one that runs.
    if !line.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        walk.raise(Tier::Two, "not plain printable ASCII on one line");
        walk.irregular = true;
    }
    // Where a separator is escaped, a second shell (`ssh host a \; b`) may see it plain.
    walk.irregular |= ["\\;", "\\&", "\\|", "\\\n"].iter().any(|sign| line.contains(sign));
    walk.script(line, 0);
    walk.finish();
    // The parser library is not bash. Where the line is more than simple commands with fixed words, a scan that shares
    // no code with it looks for destroyers in command position, so that a difference between the two cannot hide one.
    if walk.tier < Tier::Three
        && walk.irregular
        && let Some(reason) =
            text::destroys(line).or_else(|| text::dissolved(line).and_then(|line| text::destroys(&line)))
    {
        walk.raise(Tier::Three, reason);
    }
    let plan = plan(line, &mut walk);
    Ok(Judgement { verdict: verdict(walk), plan })
}

/// Gives the plan of a tier-1 line, or makes the line tier 2.
fn plan(line: &str, walk: &mut Walk) -> Option<Plan> {
    if walk.tier > Tier::One {
        return None;
    }
    let Some(plan) = std::mem::take(&mut walk.draft).plan(walk.commands) else {
        walk.raise(Tier::Two, "needs a shell");
        return None;
    };
    // The second reader shares no code with the first: where they differ, one of them is not bash.
    if strict::read(line).as_ref() != Some(&plan) {
        walk.raise(Tier::Two, "not read alike by both readers");
        return None;
    }
    Some(plan)
}

fn verdict(walk: Walk) -> Verdict {
    let tier = walk.tier;
    let mut reasons: Vec<String> = Vec::new();
    for (_, reason) in walk.reasons.into_iter().filter(|(of, _)| *of == tier) {
        if reasons.len() < REASONS_MAX && !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let mut parts = walk.parts;
    parts.truncate(PARTS_MAX);
    Verdict { tier, reasons, parts }
}
