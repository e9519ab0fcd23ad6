//! Owns wording the five whys and the root cause out of a chain. Knows nothing about how the chain was found.
//! Invariants: at most five levels; every answer has one to four citations; what no line shows is said with "Assumed:".

use crate::calendar::span;
use crate::chain::{self, Node};
use crate::facts::Class;
use crate::phrase;
use crate::report::{Citation, RootCause, Why};
use crate::scan::Scan;

/// Citations per answer.
pub(crate) const CITATIONS_MAX: usize = 4;
/// Levels.
const LEVELS_MAX: usize = 5;

/// Cites the telling lines of a fact: the first ones and the last one.
pub(crate) fn cite(scan: &Scan<'_>, fact: usize, most: usize) -> Vec<Citation> {
    let Some(seen) = scan.sightings.get(fact).and_then(Option::as_ref) else { return Vec::new() };
    let mut lines: Vec<_> = seen.kept.iter().copied().take(most).collect();
    if seen.detail.is_empty() && seen.count > 1 && !lines.contains(&seen.last.line) {
        // Repeats of one line say nothing more: the first two and the last one do.
        lines.truncate(most.saturating_sub(1).clamp(1, 2));
        lines.push(seen.last.line);
    }
    lines.into_iter().map(|line| scan.source.cite(line)).collect()
}

/// The five whys, or fewer where the lines do not reach deeper.
pub(crate) fn whys(scan: &Scan<'_>, nodes: &[Node]) -> Vec<Why> {
    let mut whys: Vec<Why> = Vec::new();
    let Some(start) = nodes.first() else { return whys };
    for (before, node) in nodes.iter().zip(nodes.iter().skip(1)) {
        let level = whys.len() + 1;
        whys.push(why(scan, level, before, node));
    }
    let deepest = nodes.last().unwrap_or(start);
    let fact = scan.signatures.facts[deepest.fact];
    let open = matches!(fact.class, Class::Failure | Class::Impact | Class::Exhaustion);
    if whys.is_empty() {
        let seen = scan.sightings[start.fact].as_ref();
        let mut answer = fact.because.to_owned();
        if let Some(seen) = seen {
            answer += &format!(" {}", phrase::facts(seen, &scan.source));
        }
        if open {
            answer += " No line shows what led to it.";
        }
        let assumed = seen.is_some_and(|seen| !seen.caveat.is_empty());
        whys.push(Why {
            level: 1,
            question: fact.ask.to_owned(),
            answer,
            evidence: cite(scan, start.fact, CITATIONS_MAX),
            assumed,
        });
    }
    if open && whys.len() < LEVELS_MAX {
        whys.extend(novelty(scan, deepest, whys.len() + 1));
    }
    whys
}

fn why(scan: &Scan<'_>, level: usize, before: &Node, node: &Node) -> Why {
    let mut answer = String::new();
    let mut evidence = Vec::new();
    let mut assumed = false;
    let share = if node.folded.is_empty() { CITATIONS_MAX } else { 2 };
    for &fact in node.folded.iter().chain([&node.fact]) {
        let row = scan.signatures.facts[fact];
        if !answer.is_empty() {
            answer += " Behind that: ";
        }
        answer += row.because;
        if let Some(seen) = scan.sightings[fact].as_ref() {
            answer += &format!(" {}", phrase::facts(seen, &scan.source));
            if !seen.caveat.is_empty() {
                answer += &format!(" Assumed: {}.", seen.caveat);
                assumed = true;
            }
        }
        for citation in cite(scan, fact, share) {
            if evidence.len() < CITATIONS_MAX && !evidence.contains(&citation) {
                evidence.push(citation);
            }
        }
    }
    if !node.link.observed.is_empty() {
        answer += &format!(" {}", node.link.observed);
    }
    if !node.link.assumed.is_empty() {
        answer += &format!(" Assumed: {}.", node.link.assumed);
        assumed = true;
    }
    if node.link.uncertain && node.link.observed.is_empty() {
        answer += " Assumed: it came first; the clocks of the two logs cannot be compared.";
        assumed = true;
    }
    if let Some(lead) = lead(scan, before, node).filter(|_| node.link.observed.is_empty()) {
        answer += &lead;
    }
    let question = scan.signatures.facts[before.fact].ask.to_owned();
    Why { level: u8::try_from(level).unwrap_or(u8::MAX), question, answer, evidence, assumed }
}

/// How long before its effect a change or trigger came, which is what makes it suspect.
fn lead(scan: &Scan<'_>, before: &Node, node: &Node) -> Option<String> {
    if !matches!(scan.signatures.facts[node.fact].class, Class::Change | Class::Trigger) {
        return None;
    }
    let (effect, cause) = (scan.sightings[before.fact].as_ref()?, scan.sightings[node.fact].as_ref()?);
    let ms = effect.first.at.and(cause.first.at).and_then(|_| effect.first.since(&cause.first)).filter(|ms| *ms > 0)?;
    Some(format!(" It came {} before the first effect.", span(ms)))
}

/// What was new just before the deepest fact, where no known cause is at hand.
fn novelty(scan: &Scan<'_>, deepest: &Node, level: usize) -> Option<Why> {
    let seen = scan.sightings[deepest.fact].as_ref()?;
    let new = chain::novel_before(scan, seen.first);
    let first = scan.miner.templates.get(*new.first()?)?;
    let ms = seen.first.since(&first.first)?;
    let text = first.render(scan.source.text(first.first.line));
    Some(Why {
        level: u8::try_from(level).unwrap_or(u8::MAX),
        question: scan.signatures.facts[deepest.fact].ask.to_owned(),
        answer: format!(
            "{} before it, a line of this kind appeared for the first time: “{text}”. Assumed: it has to do with it; only the order in time speaks for it.",
            span(ms)
        ),
        evidence: new
            .iter()
            .filter_map(|at| scan.miner.templates.get(*at))
            .map(|template| scan.source.cite(template.first.line))
            .collect(),
        assumed: true,
    })
}

/// The end of the chain as the root cause; None where it is only another symptom.
pub(crate) fn root_cause(scan: &Scan<'_>, nodes: &[Node]) -> Option<RootCause> {
    let last = nodes.last()?;
    let fact = scan.signatures.facts[last.fact];
    // Errors of an unknown kind are what happened, not why.
    if fact.class == Class::Impact || fact.id == "app_error" {
        return None;
    }
    let seen = scan.sightings[last.fact].as_ref()?;
    let mut text = format!("{} {}", fact.because, phrase::facts(seen, &scan.source));
    let caveats = [&seen.caveat, &last.link.assumed];
    for caveat in caveats.into_iter().filter(|caveat| !caveat.is_empty()) {
        text += &format!(" Assumed: {caveat}.");
    }
    match fact.class {
        Class::Failure => text += " This is the deepest cause that the lines show; what led to it is not in them.",
        Class::Trigger => text += " This set it off; why the system gave way to it is not in these lines.",
        _ => {}
    }
    Some(RootCause { text, confidence: chain::confidence(scan, nodes), evidence: cite(scan, last.fact, CITATIONS_MAX) })
}
