//! What "allow for this session" covers: one command of fixed words, shown as it is, save for the names of a few kinds.
//!
//! A pattern is text for a person and compared whole: a line is covered if its own pattern is the same text. So what a
//! pattern covers can't be more than what made it, and nothing parses it.

use crate::destroy::base;
use crate::limits::SHOWN_CHARS_MAX;
use crate::plan::Flow;
use crate::quote::quoted;
use crate::rules::Rules;
use crate::tier::Tier;
use crate::{classify, runners, strict};

/// Gives the normalised pattern of a tier-2 line, to be shown with "allow for this session".
///
/// `None` for what may be allowed only once: several commands, redirections, assignments, words that are not fixed, and
/// commands that run others or reach into a container, guest or machine.
#[must_use]
pub fn pattern_of(line: &str, rules: &Rules) -> Option<String> {
    let judgement = classify::judge(line, rules).ok()?;
    if judgement.verdict.tier != Tier::Two || judgement.verdict.parts.len() != 1 {
        return None;
    }
    // Only what the second reader reads as one command of fixed words.
    let mut steps = strict::read_any(line.trim_matches([' ', '\t', '\n']))?.steps;
    let (Some(mut step), true) = (steps.pop(), steps.is_empty()) else { return None };
    let (Some(stage), true) = (step.stages.pop(), step.stages.is_empty()) else { return None };
    if stage.stdin.is_some() || stage.stdout != Flow::Output || stage.stderr != Flow::Error {
        return None;
    }
    let args: Vec<&str> = stage.argv.iter().map(String::as_str).collect();
    if once(&args) {
        return None;
    }
    let words = named_objects(&args).unwrap_or_else(|| args.iter().map(|word| quoted(word)).collect());
    let pattern = words.join(" ");
    // What can't be shown whole can't be agreed to.
    (pattern.len() <= SHOWN_CHARS_MAX).then_some(pattern)
}

/// Tells whether a pattern that was allowed covers a line: never a higher tier, another construct or more commands.
#[must_use]
pub fn pattern_covers(pattern: &str, line: &str, rules: &Rules) -> bool {
    pattern_of(line, rules).is_some_and(|own| own == pattern)
}

/// Tells whether a command may be allowed only once: what it does is not told by its words.
fn once(args: &[&str]) -> bool {
    let Some((name, rest)) = args.split_first() else { return true };
    // The words of a script don't tell what is in it by the next time.
    if name.contains('/') {
        return true;
    }
    let name = base(name);
    runners::is_open(name, rest) || runners::acts_by_file(name, rest)
}

/// Kinds of objects that are made anew when one is deleted.
const COME_BACK: &[&str] =
    &["pod", "pods", "po", "job", "jobs", "rs", "replicaset", "replicasets", "event", "events", "ev"];

/// Writes `kubectl delete pod a b -n prod` as `kubectl delete pod * * -n prod`: the names of objects that come and go are
/// left open, kinds, flags and their values are not.
fn named_objects(args: &[&str]) -> Option<Vec<String>> {
    const VALUED: &[&str] =
        &["-n", "--namespace", "--context", "--replicas", "--grace-period", "--timeout", "--current-replicas"];
    const PLAIN: &[&str] = &["--wait", "--now", "--ignore-not-found"];
    if args.first() != Some(&"kubectl") {
        return None;
    }
    let (mut words, mut operands, mut rest) = (Vec::new(), Vec::new(), args.iter().skip(1));
    while let Some(word) = rest.next() {
        if word.starts_with('-') {
            let name = word.split_once('=').map_or(*word, |(name, _)| name);
            words.push(quoted(word));
            if VALUED.contains(word) {
                words.push(quoted(rest.next()?));
            } else if !VALUED.contains(&name) && !PLAIN.contains(&name) {
                return None;
            }
        } else {
            operands.push((words.len(), *word));
            words.push(quoted(word));
        }
    }
    let texts: Vec<&str> = operands.iter().map(|(_, word)| *word).collect();
    let verbs = match texts.as_slice() {
        ["delete", ..] | ["scale", ..] => 1,
        ["rollout", "restart", ..] => 2,
        _ => return None,
    };
    // What else is deleted does not come back by itself: there the name is part of what was agreed to.
    let comes_back = |kind: &str| COME_BACK.contains(&kind);
    let mut objects = operands.into_iter().skip(verbs);
    let slashed = texts.get(verbs..)?.iter().all(|word| word.contains('/'));
    if !slashed {
        // The kind; lists of kinds stay as they are.
        let (_, kind) = objects.next()?;
        if kind.contains([',', '/']) || (verbs == 1 && texts.first() == Some(&"delete") && !comes_back(kind)) {
            return None;
        }
    }
    let name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
    };
    let mut any = false;
    for (at, word) in objects {
        let open = match word.split_once('/') {
            Some((kind, _)) if texts.first() == Some(&"delete") && !comes_back(kind) => return None,
            Some((kind, object)) if slashed && name(kind) && name(object) => format!("{kind}/*"),
            None if !slashed && name(word) => "*".to_owned(),
            _ => return None,
        };
        *words.get_mut(at)? = open;
        any = true;
    }
    words.insert(0, "kubectl".to_owned());
    any.then_some(words)
}
