//! Owns putting what was seen of a fact into words. Knows nothing about causes.
//! Invariant: every number, name and time comes from the lines.

use crate::facts::Fact;
use crate::line::Source;
use crate::sighting::Sighting;

/// Names shown per kind.
const NAMES_SHOWN: usize = 3;
/// Kinds of names shown.
const KINDS_SHOWN: usize = 2;

/// `1 line`, `2 lines`, `1 line about x`, `2 lines about x`.
pub(crate) fn count(number: u32, what: &str) -> String {
    plural(number as usize, what)
}

/// Puts a number before a noun; the plural goes to the first word.
pub(crate) fn plural(number: usize, what: &str) -> String {
    if number == 1 {
        return format!("1 {what}");
    }
    let (noun, rest) = what.split_once(' ').map_or((what, String::new()), |(noun, rest)| (noun, format!(" {rest}")));
    let noun = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{number} {noun}{rest}")
}

/// How often, when, where and whom: `12 lines from A to B in x.log; sources: a (7), b (5).`
pub(crate) fn facts(seen: &Sighting, source: &Source<'_>) -> String {
    let mut text = if seen.detail.is_empty() { String::new() } else { format!("{} ", seen.detail) };
    let first = source.time(seen.first.dated);
    let last = source.time(seen.last.dated);
    let name = source.name(seen.first.line);
    let mut tail = if seen.detail.is_empty() { count(seen.count, "line") } else { String::new() };
    match (first, last) {
        (Some(first), Some(last)) if first != last => tail += &format!(" from {first} to {last}"),
        (Some(first), _) => tail += &format!(" at {first}"),
        (None, _) => tail += &format!(" from line {} on", source.number(seen.first.line)),
    }
    if !name.is_empty() {
        tail += &format!(" in {name}");
    }
    let mut letters = tail.trim_start().chars();
    if let Some(letter) = letters.next() {
        text.extend(letter.to_uppercase());
        text.push_str(letters.as_str());
    }
    if seen.detail.is_empty() {
        for label in seen.labels().into_iter().take(KINDS_SHOWN) {
            text += &format!("; {}", names(seen, label));
        }
    }
    text.push('.');
    text
}

fn names(seen: &Sighting, label: &'static str) -> String {
    let all = seen.top(label);
    let shown: Vec<String> = all
        .iter()
        .take(NAMES_SHOWN)
        .map(|name| if name.count > 1 { format!("{} ({})", name.text, name.count) } else { name.text.clone() })
        .collect();
    let more = all.len().saturating_sub(NAMES_SHOWN);
    let more = match (more, seen.more_names) {
        (0, _) => String::new(),
        (more, false) => format!(" and {more} more"),
        (more, true) => format!(" and more than {more} others"),
    };
    format!("{label}: {}{more}", shown.join(", "))
}

/// A finding about a fact.
pub(crate) fn finding(fact: &Fact, seen: &Sighting, source: &Source<'_>) -> String {
    let mut text = format!("{}. {}", fact.title, facts(seen, source));
    if !seen.caveat.is_empty() {
        text += &format!(" Assumed: {}.", seen.caveat);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_nouns_agree() {
        assert_eq!(count(1, "line"), "1 line");
        assert_eq!(count(0, "line about x"), "0 lines about x");
        assert_eq!(plural(3, "try"), "3 tries");
    }
}
