//! Owns the walk from what hurts to the deepest cause that the lines support. Knows nothing about wording of answers.
//! Invariants: every node was seen; a cause begins no later than its effect, or most of the effect comes after it;
//! the walk visits a fact once and takes at most [`STEPS_MAX`] steps.

use memchr::memmem;

use crate::clock::Event;
use crate::facts::{Class, Fact};
use crate::scan::Scan;
use crate::sighting::Sighting;

/// Steps of the search over all paths: far more than the table's edges allow in practice.
const STEPS_MAX: u32 = 20_000;
/// Longest path followed.
const PATH_MAX: usize = 10;
/// Whys: edges of the final chain.
const EDGES_MAX: usize = 5;
/// How far the clocks of two files may differ.
const CLOCKS_MS: i64 = 60_000;
/// How far lines of one file may be out of order.
const ORDER_MS: i64 = 2_000;
/// A cause that passes is no cause any more after this time, whatever ties it to the effect.
const LASTING_MS: i64 = 6 * 3_600_000;
/// Without a name or line in common, this is how long before its effect a cause may have been seen last: a part that
/// broke shows in what needs it within minutes, and two hours leave room for a job that comes once an hour to meet it.
/// What is set up wrongly shows only once something meets it, so it is not bounded.
const UNTIED_MS: i64 = 2 * 3_600_000;
/// A failure that begins within this time of an impact is looked at as its cause, where the table has no better one.
const BESIDE_MS: i64 = 5 * 60_000;
/// Failures below this weight break no requests.
const BREAKING_WEIGHT: u8 = 45;
/// A change is looked at as a cause this long, where no known cause is there.
const CHANGE_MS: i64 = 30 * 60_000;
/// Facts below this weight are noise: no incident begins with them.
const INCIDENT_WEIGHT: u8 = 20;

/// The most that can be said for a root cause whose own link is assumed.
const LAST_ASSUMED_MAX: f32 = 0.75;
/// The most that can be said for a root cause with two or more assumed links on the way to it.
const MANY_ASSUMED_MAX: f32 = 0.6;

/// How a cause is tied to its effect.
#[derive(Clone, Debug, Default)]
pub(crate) struct Link {
    /// What no line shows; empty where the lines show the link.
    pub(crate) assumed: String,
    /// The assumption is a known mechanism whose two ends were both seen, not an order in time alone.
    pub(crate) mechanism: bool,
    /// The order in time could not be checked, or holds for the most part only.
    pub(crate) uncertain: bool,
    /// A sentence about how often effect followed cause, where that was counted.
    pub(crate) observed: String,
}

impl Link {
    /// Whether the answer has to say "Assumed:" of this link.
    pub(crate) fn is_assumed(&self) -> bool {
        !self.assumed.is_empty() || self.uncertain && self.observed.is_empty()
    }
}

/// One fact of the chain; `link` ties it to the fact before it.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) fact: usize,
    pub(crate) link: Link,
    /// Facts that were folded into this one for want of levels.
    pub(crate) folded: Vec<usize>,
}

/// From what hurts to its deepest cause; empty when nothing failed.
pub(crate) fn chain(scan: &Scan<'_>) -> Vec<Node> {
    let mut search = Search { scan, steps: 0 };
    let mut best: Option<(u32, Vec<Node>)> = None;
    for (at, fact, seen) in scan.present() {
        if fact.class == Class::Note
            || fact.weight < INCIDENT_WEIGHT
            || matches!(fact.class, Class::Change | Class::Trigger) && fact.weight < 50
        {
            continue;
        }
        let mut path = vec![Node { fact: at, link: Link::default(), folded: Vec::new() }];
        let (gain, nodes) = search.deepest(&mut path);
        let often = seen.count.min(1_000).ilog2();
        // The worst of the chain says how bad the incident is; its start only decides between views of the same incident.
        let worst = nodes.iter().map(|node| scan.signatures.facts[node.fact].weight).max().unwrap_or(0);
        let score = u32::from(worst)
            + u32::from(fact.weight / 4)
            + if fact.class == Class::Impact { 12 } else { 0 }
            + gain * 4
            + often;
        if best.as_ref().is_none_or(|best| score > best.0) {
            best = Some((score, nodes));
        }
    }
    let mut nodes = best.map(|best| best.1).unwrap_or_default();
    shorten(scan, &mut nodes);
    nodes
}

struct Search<'a, 'b> {
    scan: &'a Scan<'b>,
    steps: u32,
}

impl Search<'_, '_> {
    /// The best continuation of a path: two points for a shown link, one for an assumed one.
    fn deepest(&mut self, path: &mut Vec<Node>) -> (u32, Vec<Node>) {
        let mut best = (0, path.clone());
        self.steps += 1;
        if path.len() >= PATH_MAX || self.steps > STEPS_MAX {
            return best;
        }
        let Some(effect) = path.last().map(|node| node.fact) else { return best };
        for (cause, link) in causes(self.scan, effect) {
            if path.iter().any(|node| node.fact == cause) {
                continue;
            }
            let worth = if link.assumed.is_empty() || link.mechanism { 2 } else { 1 };
            path.push(Node { fact: cause, link, folded: Vec::new() });
            let (gain, nodes) = self.deepest(path);
            path.pop();
            if gain + worth > best.0 {
                best = (gain + worth, nodes);
            }
        }
        best
    }
}

/// The causes of a fact that were seen and fit in time.
fn causes(scan: &Scan<'_>, effect: usize) -> Vec<(usize, Link)> {
    let (Some(fact), Some(seen)) =
        (scan.signatures.facts.get(effect), scan.sightings.get(effect).and_then(Option::as_ref))
    else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (slot, cause) in fact.causes.iter().enumerate() {
        let Some(at) = scan.signatures.position(cause.id) else { continue };
        let Some(sighting) = scan.sightings[at].as_ref() else { continue };
        let Some(mut link) = in_time(scan, seen, sighting, scan.signatures.facts[at]) else { continue };
        let followed = seen.preceded.get(slot).copied().unwrap_or(0);
        let follows = seen.count >= 3 && u64::from(followed) * 10 >= u64::from(seen.count) * 6;
        if follows {
            link.observed = format!("{followed} of {} came within 10 s after such a line.", seen.count);
        }
        if !cause.assumed.is_empty() && !proven(scan, seen, cause.proof) {
            link.assumed = cause.assumed.to_owned();
        } else if cause.assumed.is_empty() && !follows && !tied(scan, seen, sighting) {
            let title = scan.signatures.facts[at].title;
            link.assumed = format!(
                "this is the cause (“{title}”): that is how it usually comes, both were seen, and no line ties them"
            );
            link.mechanism = true;
        }
        found.push((at, link));
    }
    if fact.class == Class::Impact && fact.weight >= BREAKING_WEIGHT {
        let beside = failures_beside(scan, seen, &found);
        found.extend(beside);
    }
    if found.is_empty()
        && fact.weight >= 40
        && matches!(fact.class, Class::Failure | Class::Impact | Class::Exhaustion | Class::Misconfiguration)
    {
        found.extend(change_before(scan, seen));
    }
    found
}

/// Failures that began together with an impact: what users see can come from any part.
fn failures_beside(scan: &Scan<'_>, effect: &Sighting, known: &[(usize, Link)]) -> Vec<(usize, Link)> {
    let broken = |fact: &Fact| {
        matches!(fact.class, Class::Failure | Class::Exhaustion | Class::Misconfiguration)
            && fact.weight >= BREAKING_WEIGHT
            && fact.id != "password_open"
    };
    let beside = scan.present().filter(|(at, fact, _)| broken(fact) && known.iter().all(|(other, _)| other != at));
    beside
        .filter_map(|(at, fact, seen)| {
            let link = in_time(scan, effect, seen, fact)?;
            let near =
                effect.first.at.is_some() && effect.first.since(&seen.first).is_some_and(|ms| ms.abs() <= BESIDE_MS);
            let assumed =
                "the failed requests needed this part: the lines show only that both began together".to_owned();
            near.then_some((at, Link { assumed, ..link }))
        })
        .collect()
}

/// The latest change in the half hour before a fact, taken for its cause by the order in time alone.
fn change_before(scan: &Scan<'_>, effect: &Sighting) -> Option<(usize, Link)> {
    let changes = scan.present().filter(|(_, fact, _)| fact.class == Class::Change);
    let before = changes.filter_map(|(at, _, seen)| {
        Some((effect.first.since(&seen.first).filter(|ms| (0..=CHANGE_MS).contains(ms))?, at))
    });
    let (_, at) = before.min()?;
    let assumed = "the change brought it: the lines show only that it came first".to_owned();
    Some((at, Link { assumed, ..Link::default() }))
}

/// Whether a cause can explain an effect by its times.
fn in_time(scan: &Scan<'_>, effect: &Sighting, cause: &Sighting, fact: &Fact) -> Option<Link> {
    let slack = if effect.first.file == cause.first.file { ORDER_MS } else { CLOCKS_MS };
    let Some(lead) = effect.first.since(&cause.first) else {
        return Some(Link { uncertain: true, ..Link::default() });
    };
    let passing = matches!(fact.class, Class::Failure | Class::Impact | Class::Trigger | Class::Change);
    if passing && effect.first.since(&cause.last).is_some_and(|ms| ms > LASTING_MS) {
        return None;
    }
    let since_cause = |at: i64| cause.last.at.map_or(0, |last| at - last);
    let bounded = fact.class != Class::Misconfiguration;
    if bounded && effect.first.at.is_some_and(|at| since_cause(at) > UNTIED_MS) && !tied(scan, effect, cause) {
        return None;
    }
    if lead >= -slack {
        return Some(Link::default());
    }
    // A first blip long before does not clear a cause that most of the effect comes after.
    let (from, same) = (cause.first.at?, effect.first.group == cause.first.group);
    let after = effect.times.at_or_after(from.saturating_sub(slack));
    // Of what came after it, something has to come soon after it.
    let late = cause.last.at.map_or(0, |last| effect.times.at_or_after(last.saturating_add(UNTIED_MS)));
    if bounded && after <= late && !tied(scan, effect, cause) {
        return None;
    }
    (same && effect.count >= 2 && u64::from(after) * 10 >= u64::from(effect.count) * 6).then(|| Link {
        uncertain: true,
        observed: format!("{after} of {} came after it began.", effect.count),
        ..Link::default()
    })
}

/// Whether the lines themselves tie two facts: they share a line, or a name or process that both mention.
fn tied(scan: &Scan<'_>, effect: &Sighting, cause: &Sighting) -> bool {
    /// Shorter names are shared by chance.
    const NAME_BYTES_MIN: usize = 4;
    if effect.kept.iter().any(|line| cause.kept.contains(line)) {
        return true;
    }
    let named = |one: &Sighting, other: &Sighting| {
        let names = one.names.iter().filter(|name| name.text.len() >= NAME_BYTES_MIN).take(16);
        names.into_iter().any(|name| other.kept.iter().any(|line| scan.source.text(*line).contains(name.text.as_str())))
    };
    named(effect, cause) || named(cause, effect)
}

/// Whether a line of the effect names the cause.
fn proven(scan: &Scan<'_>, effect: &Sighting, proof: &[&str]) -> bool {
    effect.kept.iter().any(|line| {
        let lower = scan.source.text(*line).to_ascii_lowercase();
        proof.iter().any(|part| memmem::find(lower.as_bytes(), part.as_bytes()).is_some())
    })
}

/// Takes out what is the same moment told twice, then what a shorter path explains as well, then folds the first levels.
fn shorten(scan: &Scan<'_>, nodes: &mut Vec<Node>) {
    let first = |node: &Node| scan.sightings[node.fact].as_ref().map(|seen| seen.first.line);
    let direct = |nodes: &[Node], at: usize| {
        causes(scan, nodes[at - 1].fact)
            .into_iter()
            .find(|(cause, _)| *cause == nodes[at + 1].fact)
            .map(|(_, link)| link)
    };
    let mut at = 1;
    while at + 1 < nodes.len() {
        let same = first(&nodes[at - 1]) == first(&nodes[at]);
        match direct(nodes, at).filter(|link| same && (link.assumed.is_empty() || link.mechanism)) {
            Some(link) => {
                nodes[at + 1].link = link;
                nodes.remove(at);
            }
            None => at += 1,
        }
    }
    // What came at nearly the same moment as its effect tells least by itself; of those, what weighs least goes first.
    let telling = |effect: &Node, cause: &Node| {
        let (first, second) = (scan.sightings[effect.fact].as_ref(), scan.sightings[cause.fact].as_ref());
        let apart =
            first.zip(second).and_then(|(first, second)| first.first.since(&second.first)).map_or(i64::MAX, i64::abs);
        (apart > CLOCKS_MS, scan.signatures.facts[cause.fact].weight)
    };
    while nodes.len() > EDGES_MAX + 1 {
        let skip = (1..nodes.len() - 1).filter_map(|at| {
            Some((
                telling(&nodes[at - 1], &nodes[at]),
                at,
                direct(nodes, at).filter(|link| link.assumed.is_empty() || link.mechanism)?,
            ))
        });
        // What stands apart in time is a step of its own, and stays.
        let skip = skip.filter(|((apart, _), _, _)| !apart);
        if let Some((_, at, link)) = skip.min_by_key(|(telling, at, _)| (*telling, *at)) {
            nodes[at + 1].link = link;
            nodes.remove(at);
            continue;
        }
        let folded = nodes.remove(1);
        if let Some(next) = nodes.get_mut(1) {
            if next.link.assumed.is_empty() {
                next.link.assumed = folded.link.assumed;
                next.link.mechanism = folded.link.mechanism;
            }
            next.link.uncertain |= folded.link.uncertain;
            next.folded = folded.folded;
            next.folded.push(folded.fact);
        }
    }
}

/// How sure the end of a chain is, from 0 to 1.
pub(crate) fn confidence(scan: &Scan<'_>, nodes: &[Node]) -> f32 {
    let Some(last) = nodes.last() else { return 0.0 };
    let links: Vec<&Link> = nodes.iter().skip(1).map(|node| &node.link).collect();
    let class = scan.signatures.facts[last.fact].class;
    let mut sure = if links.is_empty() {
        0.4
    } else {
        let weigh = |link: &&Link| {
            (match (link.assumed.is_empty(), link.mechanism) {
                (true, _) => 1.0,
                (false, true) => 0.75,
                (false, false) => 0.45,
            }) - if link.uncertain { 0.2 } else { 0.0 }
        };
        let mean = links.iter().map(weigh).sum::<f32>() / f32::from(u8::try_from(links.len()).unwrap_or(u8::MAX));
        0.35 + 0.45 * mean + 0.03 * f32::from(u8::try_from(links.len()).unwrap_or(u8::MAX))
    };
    if matches!(class, Class::Failure | Class::Impact) {
        sure *= 0.75;
    }
    // A root that only the order in time points at is a suspicion.
    if links.last().is_some_and(|link| !link.assumed.is_empty() && !link.mechanism) {
        sure = sure.min(0.6);
    }
    if scan.sightings[last.fact].as_ref().is_some_and(|seen| !seen.caveat.is_empty()) {
        sure *= 0.85;
    }
    // However well the rest is shown, the end of the chain is no surer than the links that lead to it.
    let assumed = links.iter().filter(|link| link.is_assumed()).count();
    if links.last().is_some_and(|link| link.is_assumed()) {
        sure = sure.min(LAST_ASSUMED_MAX);
    }
    if assumed >= 2 {
        sure = sure.min(MANY_ASSUMED_MAX);
    }
    (sure.clamp(0.1, 0.95) * 100.0).round() / 100.0
}

/// Shapes of lines seen for the first time shortly before an event, the latest first.
pub(crate) fn novel_before(scan: &Scan<'_>, event: Event) -> Vec<usize> {
    /// How long before.
    const WINDOW_MS: i64 = 5 * 60_000;
    /// How many lines of the same file have to come before, for "first time" to mean anything.
    const LINES_BEFORE_MIN: u32 = 50;
    let mut found: Vec<(i64, usize)> = scan
        .miner
        .templates
        .iter()
        .enumerate()
        .filter(|(_, template)| {
            template.first.file == event.file
                && template.first.line.index >= LINES_BEFORE_MIN
                && template.first.line < event.line
        })
        .filter(|(_, template)| {
            template.count <= 3 && !template.known && template.level < Some(crate::level::Level::Error)
        })
        .filter_map(|(at, template)| {
            Some((
                event
                    .since(&template.first)
                    .filter(|ms| template.first.at.is_some() && (0..=WINDOW_MS).contains(ms))?,
                at,
            ))
        })
        .collect();
    found.sort_unstable();
    found.into_iter().map(|(_, at)| at).take(3).collect()
}
