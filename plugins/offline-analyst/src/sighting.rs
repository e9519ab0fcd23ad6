//! Owns what is kept of each fact that was seen: count, first and last line, names, times. Knows nothing about causes.
//! Invariants: at most [`KEPT_MAX`] lines and [`NAMES_MAX`] names per fact; names keep the order in which they were met.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use crate::clock::Event;
use crate::facts::{Fact, Pick};
use crate::histogram::Histogram;
use crate::line::LineRef;
use crate::template::{self, Mix};

/// Lines kept per fact, the first ones.
pub(crate) const KEPT_MAX: usize = 8;
/// Distinct names kept per fact.
const NAMES_MAX: usize = 400;
/// Longest name kept.
const NAME_BYTES: usize = 96;
/// Places of a pick in one line that are looked at.
const PLACES_MAX: usize = 8;
/// Longest inner part of a placeholder.
const PLACEHOLDER_BYTES: usize = 64;

/// A name that a fact's lines mention.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    pub(crate) label: &'static str,
    pub(crate) text: String,
    pub(crate) count: u32,
}

/// Everything kept of one fact.
#[derive(Debug)]
pub(crate) struct Sighting {
    pub(crate) count: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
    pub(crate) names: Vec<Name>,
    index: HashMap<u64, usize, BuildHasherDefault<Mix>>,
    /// Names beyond the bound were met.
    pub(crate) more_names: bool,
    pub(crate) times: Histogram,
    /// Per cause of the fact: how many of its lines came within seconds after a line of that cause.
    pub(crate) preceded: Vec<u32>,
    /// A sentence with figures, for facts found by counting.
    pub(crate) detail: String,
    /// More is claimed than lines show; the sentence says what. Empty otherwise.
    pub(crate) caveat: String,
}

impl Sighting {
    /// Begins with a first line, which is not counted yet.
    pub(crate) fn new(first: Event) -> Self {
        Self {
            count: 0,
            first,
            last: first,
            kept: Vec::new(),
            names: Vec::new(),
            index: HashMap::default(),
            more_names: false,
            times: Histogram::default(),
            preceded: Vec::new(),
            detail: String::new(),
            caveat: String::new(),
        }
    }

    /// Counts one line.
    pub(crate) fn add(&mut self, event: Event) {
        self.count = self.count.saturating_add(1);
        if event.since(&self.first).is_some_and(|ms| ms < 0) {
            self.first = event;
        }
        if event.since(&self.last).is_some_and(|ms| ms >= 0) {
            self.last = event;
        }
        if self.kept.len() < KEPT_MAX && !self.kept.contains(&event.line) {
            self.kept.push(event.line);
        }
        if let Some(at) = event.at.filter(|_| event.group == self.first.group) {
            self.times.add(at);
        }
    }

    /// Notes a name.
    pub(crate) fn name(&mut self, label: &'static str, text: &str) {
        let text = crate::line::cut(text.trim().trim_matches(['"', '\'', '\\']), NAME_BYTES);
        if text.is_empty() || text == "-" {
            return;
        }
        let key = template::hash(label.len(), text.as_bytes());
        let room = self.names.len() < NAMES_MAX;
        match self.index.get(&key).and_then(|&at| self.names.get_mut(at)) {
            Some(name) => name.count = name.count.saturating_add(1),
            None if room => {
                self.index.insert(key, self.names.len());
                self.names.push(Name { label, text: text.to_owned(), count: 1 });
            }
            None => self.more_names = true,
        }
    }

    /// Takes the names that the fact's picks find in a line. `lower` is the line in lower case, as far as it was searched.
    pub(crate) fn pick(&mut self, fact: &Fact, line: &str, lower: &[u8]) {
        let mut done = "";
        for pick in fact.picks {
            // Several ways to find one kind of name: the first that finds something counts.
            if pick.label == done {
                continue;
            }
            if let Some(name) = placed(pick, line, lower) {
                self.name(pick.label, name);
                done = pick.label;
            }
        }
    }

    /// The names of one kind, most frequent first.
    pub(crate) fn top(&self, label: &str) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.names.iter().filter(|name| name.label == label).collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.count));
        names
    }

    /// The kinds of names, in the order in which they were met.
    pub(crate) fn labels(&self) -> Vec<&'static str> {
        let mut labels = Vec::new();
        for name in &self.names {
            if !labels.contains(&name.label) {
                labels.push(name.label);
            }
        }
        labels
    }
}

/// The name that a pick finds. A placeholder (`[IPv4_1]`) is one letter to it: its brackets end and begin nothing.
fn placed<'a>(pick: &Pick, line: &'a str, lower: &[u8]) -> Option<&'a str> {
    let mut from = 0;
    for _ in 0..PLACES_MAX {
        let at = from + memchr::memmem::find(lower.get(from..)?, pick.after.as_bytes())?;
        let start = at + pick.after.len();
        from = at + 1;
        if pick.after.ends_with('[') && line.get(start - 1..).is_some_and(|rest| placeholder(rest) > 0) {
            continue;
        }
        let rest = line.get(start..)?;
        let mut end = 0;
        while let Some(letter) = rest.get(end..).and_then(|rest| rest.chars().next()) {
            let whole = placeholder(rest.get(end..).unwrap_or(""));
            if whole == 0 && (pick.until.contains(letter) || letter.is_control()) || end > NAME_BYTES {
                break;
            }
            end += whole.max(letter.len_utf8());
        }
        return rest.get(..end).filter(|name| !name.is_empty() && name.len() <= NAME_BYTES);
    }
    None
}

/// The length of the placeholder that a text begins with, 0 if it begins with none: `[Label_N]`.
fn placeholder(text: &str) -> usize {
    let Some(inner) = text.strip_prefix('[') else { return 0 };
    let Some(length) = inner.bytes().take(PLACEHOLDER_BYTES).position(|byte| byte == b']') else { return 0 };
    let Some((label, number)) = inner.get(..length).and_then(|inner| inner.rsplit_once('_')) else { return 0 };
    let labelled = label.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if labelled && numbered { length + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(after: &'static str, until: &'static str, line: &str, expected: Option<&str>) {
        let pick = Pick { label: "names", after, until };
        assert_eq!(placed(&pick, line, line.to_ascii_lowercase().as_bytes()), expected, "{line}");
    }

    #[test]
    fn placeholders_are_kept_whole() {
        check("[client ", "]", "[error] [client [IPv4_1]] File does not exist: /x", Some("[IPv4_1]"));
        check("[client ", "]", "[error] [client 10.1.2.3] File does not exist: /x", Some("10.1.2.3"));
        check(" [", "]", "for [Hostname_6] [[IPv4_1]] failed", Some("[IPv4_1]"));
        check(" [", "]", "for host.example [10.1.2.3] failed", Some("10.1.2.3"));
        check(" [", "]", "for [Hostname_6] failed", None);
        check("device: ", " ,[", "Device: [Hostname_2] [SAT], 1", Some("[Hostname_2]"));
        check(" from ", " :,", " from [IPv4_1]:53222 x", Some("[IPv4_1]"));
        check("server: \"", "\"", "server: \"http://[IPv4_5]:80/a\"", Some("http://[IPv4_5]:80/a"));
    }

    #[test]
    fn other_brackets_are_no_placeholders() {
        for text in ["[12]", "[client 1]", "[unknown]", "[_1]", "[a_]", "[a_1", "", "[IPv4_1 x]"] {
            assert_eq!(placeholder(text), 0, "{text}");
        }
        assert_eq!(placeholder("[Credit_Card_12] x"), 16);
    }
}
