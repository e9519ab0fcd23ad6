//! Owns wording the whole answer: summary, findings, severity, actions, timeline. Knows nothing about how things were found.
//! Invariants: every list is cut at its named bound; a log without failures gets low severity and no root cause.

use crate::answer::{self, CITATIONS_MAX};
use crate::calendar::span;
use crate::chain::Node;
use crate::facts::{Class, Fact};
use crate::phrase;
use crate::phrase::{count, plural};
use crate::report::{Analysis, Finding, Moment, Severity};
use crate::scan::Scan;

const FINDINGS_MAX: usize = 14;
const ACTIONS_MAX: usize = 8;
const LESSONS_MAX: usize = 6;
const MOMENTS_MAX: usize = 40;
/// Bursts told about.
const BURSTS_SHOWN: usize = 3;
/// Failures told about that are only spoken of.
const MENTIONS_SHOWN: usize = 3;
/// Errors that make a burst at least.
const BURST_MIN: u32 = 10;
/// Facts below this weight are told only where nothing worse is there to tell.
const NOTE_WEIGHT: u8 = 10;

/// Words the whole answer.
pub(crate) fn analysis(scan: &Scan<'_>, nodes: &[Node]) -> Analysis {
    let whys = answer::whys(scan, nodes);
    let root_cause = answer::root_cause(scan, nodes);
    Analysis {
        summary: summary(scan, nodes),
        key_findings: findings(scan, nodes),
        first_why: whys.first().map_or_else(
            || {
                "What was seen to go wrong, when, and on which system? These lines show no failure to ask about."
                    .to_owned()
            },
            |why| why.question.clone(),
        ),
        severity: severity(scan, nodes),
        root_cause,
        immediate_actions: actions(scan, nodes, |fact| fact.now, ACTIONS_MAX),
        long_term_actions: actions(scan, nodes, |fact| fact.later, ACTIONS_MAX),
        lessons: lessons(scan, nodes),
        timeline: timeline(scan, nodes),
    }
}

fn fact_of(scan: &Scan<'_>, node: &Node) -> &'static Fact {
    scan.signatures.facts[node.fact]
}

fn range(scan: &Scan<'_>) -> String {
    let time = |event: Option<crate::clock::Event>| {
        event.filter(|event| event.at.is_some()).and_then(|event| scan.source.time(event.dated))
    };
    match (time(scan.first), time(scan.last)) {
        (Some(first), Some(last)) => format!(", {first} to {last}"),
        _ => String::new(),
    }
}

fn extent(scan: &Scan<'_>) -> String {
    format!("{} in {}{}", count(scan.lines, "line"), plural(scan.source.docs.len(), "document"), range(scan))
}

fn summary(scan: &Scan<'_>, nodes: &[Node]) -> String {
    if scan.lines == 0 {
        return "The documents hold no lines.".to_owned();
    }
    let Some(start) = nodes.first() else {
        let mut text = format!("No failure found in {}.", extent(scan));
        let noted: Vec<&str> = noted(scan).into_iter().map(|(_, fact, _)| fact.title).take(3).collect();
        if !noted.is_empty() {
            text += &format!(" Worth knowing: {}.", noted.join("; "));
        }
        if scan.warning_lines > 0 {
            text += &format!(" {} by the log's own levels.", count(scan.warning_lines, "warning"));
        }
        return text;
    };
    let fact = fact_of(scan, start);
    let mut text = format!("{}.", fact.title);
    if let Some(seen) = scan.sightings[start.fact].as_ref() {
        text += &format!(" {}", phrase::facts(seen, &scan.source));
    }
    if nodes.len() > 1 {
        let steps: Vec<String> = nodes.iter().skip(1).map(|node| lower_first(fact_of(scan, node).title)).collect();
        text += &format!(" Behind it: {}.", steps.join(" ← "));
    } else {
        text += " No line shows what led to it.";
    }
    let assumed = nodes.iter().filter(|node| !node.link.assumed.is_empty() || node.link.uncertain).count();
    if assumed > 0 {
        text += &format!(
            " {} of {} in this chain {} assumed, not shown.",
            assumed,
            plural(nodes.len() - 1, "link"),
            if assumed == 1 { "is" } else { "are" }
        );
    }
    text + &format!(" Looked at: {}.", extent(scan))
}

/// Lowers the first letter of a title, unless the first word is a name or an abbreviation.
fn lower_first(title: &str) -> String {
    const NAMES: &[&str] = &["Apache", "Elasticsearch", "Kerberos", "Redis"];
    let word = title.split([' ', '\'']).next().unwrap_or("");
    let mut letters = title.chars();
    match letters.next() {
        Some(first) if !NAMES.contains(&word) && !word.chars().skip(1).any(char::is_uppercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

fn severity(scan: &Scan<'_>, nodes: &[Node]) -> Severity {
    let seen_worst = nodes
        .iter()
        .map(|node| fact_of(scan, node))
        .filter(|fact| !matches!(fact.class, Class::Change))
        .map(|fact| fact.weight)
        .max();
    let broken_in = scan.seen("login_after_guessing").map(|_| 92);
    match seen_worst.max(broken_in).unwrap_or(0) {
        85.. => Severity::Critical,
        60.. => Severity::High,
        25.. => Severity::Medium,
        _ => Severity::Low,
    }
}

/// Facts outside the chain, worst first.
fn noted<'a, 'b>(scan: &'a Scan<'b>) -> Vec<(usize, &'static Fact, &'a crate::sighting::Sighting)> {
    let mut all: Vec<_> = scan.present().filter(|(_, fact, _)| fact.class == Class::Note).collect();
    all.retain(|(_, fact, _)| fact.weight >= NOTE_WEIGHT - 2);
    all.sort_by_key(|(at, fact, seen)| (std::cmp::Reverse(fact.weight), std::cmp::Reverse(seen.count), *at));
    all
}

fn findings(scan: &Scan<'_>, nodes: &[Node]) -> Vec<Finding> {
    let mut found = Vec::new();
    let in_chain: Vec<usize> = nodes.iter().flat_map(|node| node.folded.iter().copied().chain([node.fact])).collect();
    let mut others: Vec<_> =
        scan.present().filter(|(at, fact, _)| !in_chain.contains(at) && fact.weight >= NOTE_WEIGHT - 2).collect();
    others.sort_by_key(|(at, fact, _)| (std::cmp::Reverse(fact.weight), *at));
    let mut tell = |at: usize| {
        if let (Some(fact), Some(seen)) = (scan.signatures.facts.get(at), scan.sightings[at].as_ref()) {
            let assumed = !seen.caveat.is_empty();
            found.push(Finding {
                text: phrase::finding(fact, seen, &scan.source),
                evidence: answer::cite(scan, at, CITATIONS_MAX),
                assumed,
            });
        }
    };
    in_chain.iter().for_each(|at| tell(*at));
    others.iter().filter(|(_, fact, _)| fact.weight >= 30).for_each(|(at, _, _)| tell(*at));
    found.truncate(FINDINGS_MAX - 4);
    found.extend(bursts(scan));
    found.extend(requests(scan));
    found.extend(counters(scan));
    found.extend(first_error(scan, nodes));
    found.extend(silence(scan));
    found.extend(mentions(scan));
    // Starts, stops and changes matter only where something broke.
    let telling = |fact: &Fact| fact.weight < 30 && (fact.class == Class::Note || !nodes.is_empty());
    for (at, fact, seen) in others.into_iter().filter(|(_, fact, _)| telling(fact)) {
        found.push(Finding {
            text: phrase::finding(fact, seen, &scan.source),
            evidence: answer::cite(scan, at, 2),
            assumed: !seen.caveat.is_empty(),
        });
    }
    found.truncate(FINDINGS_MAX);
    found
}

fn burst_lines(scan: &Scan<'_>) -> Vec<(crate::clock::Event, i64, u32)> {
    let sample =
        |from: i64| scan.samples.iter().copied().filter(|event| event.at >= Some(from)).min_by_key(|event| event.at);
    scan.errors
        .bursts(BURST_MIN)
        .into_iter()
        .take(BURSTS_SHOWN)
        .filter_map(|(from, to, errors)| Some((sample(from)?, to - from, errors)))
        .collect()
}

fn bursts(scan: &Scan<'_>) -> Option<Finding> {
    let all = burst_lines(scan);
    let (event, length, errors) = all.first()?;
    let time = scan.source.time(event.dated).unwrap_or_default();
    let more =
        if all.len() > 1 { format!(" {} of this kind in all.", plural(all.len(), "burst")) } else { String::new() };
    let text =
        format!("Errors came in a burst: {errors} of {} within {} from {time}.{more}", scan.error_lines, span(*length));
    Some(Finding { text, evidence: all.iter().map(|burst| scan.source.cite(burst.0.line)).collect(), assumed: false })
}

fn requests(scan: &Scan<'_>) -> Option<Finding> {
    let requests = &scan.requests;
    if requests.server_errors == 0 && requests.not_found * 5 < requests.total || requests.total == 0 {
        return None;
    }
    let share = |part: u32| f64::from(part) * 100.0 / f64::from(requests.total);
    let (text, line) = if requests.server_errors > 0 {
        let first = scan
            .present()
            .filter(|(_, fact, _)| fact.id.starts_with("http_5"))
            .map(|(_, _, seen)| seen.first.line)
            .min()?;
        (
            format!(
                "{} of {} failed with a server error ({:.1}%).",
                requests.server_errors,
                count(requests.total, "request"),
                share(requests.server_errors)
            ),
            first,
        )
    } else {
        (
            format!(
                "{} of {} asked for something that is not there (404, {:.1}%).",
                requests.not_found,
                count(requests.total, "request"),
                share(requests.not_found)
            ),
            requests.not_found_line?,
        )
    };
    Some(Finding { text, evidence: vec![scan.source.cite(line)], assumed: false })
}

fn counters(scan: &Scan<'_>) -> Option<Finding> {
    let counter = scan.sessions.growing().next()?;
    let text = format!(
        "{} only grew: from {} to {} in {}.",
        counter.name,
        counter.start,
        counter.latest,
        plural(counter.rises as usize, "step")
    );
    Some(Finding { text, evidence: counter.kept.iter().map(|line| scan.source.cite(*line)).collect(), assumed: false })
}

fn first_error(scan: &Scan<'_>, nodes: &[Node]) -> Option<Finding> {
    let first = scan.first_error?;
    let told =
        nodes.iter().filter_map(|node| scan.sightings[node.fact].as_ref()).any(|seen| seen.kept.contains(&first.line));
    if told {
        return None;
    }
    let time = scan.source.time(first.dated).map_or_else(String::new, |time| format!(" at {time}"));
    Some(Finding {
        text: format!(
            "The first of {}{time} in {}.",
            count(scan.error_lines, "line that report trouble").replace("1 line that report", "1 line that reports"),
            scan.source.name(first.line)
        ),
        evidence: vec![scan.source.cite(first.line)],
        assumed: false,
    })
}

/// What lines at DEBUG or INFO level speak of, and nothing reports.
fn mentions(scan: &Scan<'_>) -> Option<Finding> {
    let spoken =
        scan.mentions.iter().enumerate().filter(|(at, _)| scan.sightings.get(*at).is_some_and(Option::is_none));
    let mut all: Vec<_> =
        spoken.filter_map(|(at, mention)| Some((scan.signatures.facts.get(at)?, (*mention)?))).collect();
    all.sort_by_key(|(fact, (times, _))| (std::cmp::Reverse(*times), fact.id));
    all.truncate(MENTIONS_SHOWN);
    let (_, (_, first)) = *all.first()?;
    let told: Vec<String> = all.iter().map(|(fact, (times, _))| format!("“{}” ({times})", fact.title)).collect();
    let text = format!("Lines at DEBUG or INFO level speak of, but do not report: {}.", told.join(", "));
    let mut lines = vec![first];
    lines.extend(all.iter().map(|(_, (_, line))| *line).filter(|line| *line != first));
    lines.dedup();
    Some(Finding { text, evidence: lines.into_iter().map(|line| scan.source.cite(line)).collect(), assumed: false })
}

fn silence(scan: &Scan<'_>) -> Option<Finding> {
    let gap = scan.gaps.first()?;
    let whole = scan.last?.since(&scan.first?)?;
    let usual = whole / i64::from(scan.stamped.max(1));
    if gap.ms < usual.saturating_mul(50) {
        return None;
    }
    let time = scan.source.time(gap.before).unwrap_or_default();
    let text = format!(
        "{} logged nothing for {} from {time}; a line usually comes every {}.",
        scan.source.name(gap.before),
        span(gap.ms),
        span(usual)
    );
    Some(Finding { text, evidence: vec![scan.source.cite(gap.before), scan.source.cite(gap.after)], assumed: false })
}

/// What to do, the root's advice first.
fn actions(
    scan: &Scan<'_>,
    nodes: &[Node],
    column: impl Fn(&Fact) -> &'static [&'static str],
    most: usize,
) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let broken_in = scan.seen("login_after_guessing").and(scan.signatures.position("login_after_guessing"));
    let facts = broken_in
        .into_iter()
        .chain(nodes.iter().rev().flat_map(|node| [node.fact].into_iter().chain(node.folded.iter().copied())));
    for text in facts.flat_map(|fact| column(scan.signatures.facts[fact])) {
        if all.len() < most && !all.iter().any(|other| other == text) {
            all.push((*text).to_owned());
        }
    }
    all
}

fn lessons(scan: &Scan<'_>, nodes: &[Node]) -> Vec<String> {
    let mut all: Vec<String> = nodes
        .iter()
        .rev()
        .map(|node| fact_of(scan, node).lesson)
        .filter(|lesson| !lesson.is_empty())
        .map(str::to_owned)
        .collect();
    let assumed: Vec<&str> =
        nodes.iter().map(|node| node.link.assumed.as_str()).filter(|text| !text.is_empty()).collect();
    if let Some(first) = assumed.first() {
        all.push(format!("Log what had to be assumed here: {first}."));
    }
    if !nodes.is_empty() && scan.stamped == 0 {
        all.push("These lines carry no times: without them the order of causes cannot be checked.".to_owned());
    }
    all.dedup();
    all.truncate(LESSONS_MAX);
    all
}

fn timeline(scan: &Scan<'_>, nodes: &[Node]) -> Vec<Moment> {
    let mut moments: Vec<(crate::clock::Event, u8, String)> = Vec::new();
    for (at, fact, seen) in scan.present() {
        let chained = nodes.iter().any(|node| node.fact == at);
        if !chained && fact.weight < NOTE_WEIGHT && fact.id != "service_start" {
            continue;
        }
        let often = if seen.count > 1 { format!(" (first of {})", seen.count) } else { String::new() };
        moments.push((seen.first, fact.weight, format!("{}{often}", fact.title)));
        if chained && seen.last.line != seen.first.line {
            moments.push((seen.last, fact.weight, format!("{} (last)", fact.title)));
        }
    }
    for slot in &scan.wal.slots {
        moments.push((slot.started, 30, format!("A consumer of replication slot {} connected", slot.name)));
    }
    for (event, length, errors) in burst_lines(scan) {
        moments.push((event, 40, format!("Burst: {} within {}", count(errors, "error"), span(length))));
    }
    // After a boot everything starts; that is one moment, and told as such.
    let few = scan.starts.len() <= 3;
    for starts in scan.starts.values().filter(|starts| few || starts.longest >= 3) {
        moments.push((
            starts.last,
            12,
            if starts.longest > 1 {
                format!("A service started (last of {} in a row)", starts.longest)
            } else {
                "A service started".to_owned()
            },
        ));
    }
    // The bound keeps what weighs most; the order in time comes after.
    moments.sort_by_key(|(event, weight, _)| (std::cmp::Reverse(*weight), event.line));
    moments.truncate(MOMENTS_MAX);
    moments.sort_by_key(|(event, _, _)| (event.group, event.at, event.line));
    moments.dedup_by(|a, b| a.0.line == b.0.line && a.2 == b.2);
    moments
        .into_iter()
        .map(|(event, _, text)| Moment {
            time: scan.source.time(event.dated).unwrap_or_default(),
            text,
            citation: scan.source.cite(event.line),
        })
        .collect()
}
