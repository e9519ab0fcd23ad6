//! The headings of a document, their anchors and levels.
//!
//! Invariant: anchors are unique on the page.

use std::collections::{BTreeMap, BTreeSet};

use trcaa_sdk::render::{Kind, Tree};

/// Most characters of an anchor that come from its heading.
const ANCHOR_CHARS_MAX: usize = 60;
/// Fewest headings that are worth a table of contents.
const CONTENTS_MIN: usize = 3;
/// Anchors that the page itself has.
const OWN_ANCHORS: [&str; 2] = ["content", "contents"];

/// A heading on the page.
pub(crate) struct Heading {
    /// Level of the element, 2 to 6: the title alone is of level 1.
    pub(crate) level: u8,
    pub(crate) anchor: String,
    pub(crate) text: String,
    /// Whether it stands outside of quotes and lists.
    top: bool,
}

/// The headings by node.
pub(crate) struct Outline {
    headings: BTreeMap<u32, Heading>,
    /// The first heading, if it says no more than the title does.
    title: Option<u32>,
}

impl Outline {
    pub(crate) fn new(tree: &Tree<'_>, title: &str) -> Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let repeated = tree.children(0).next().filter(|first| {
            *tree.kind(*first) == Kind::Heading(1) && !title.is_empty() && words(&text_of(tree, *first)) == words(title)
        });
        let top: BTreeSet<u32> = tree.children(0).collect();
        let found: Vec<(u32, u8)> = (0..tree.count())
            .filter(|node| Some(*node) != repeated)
            .filter_map(|node| {
                if let Kind::Heading(level) = tree.kind(node) { Some((node, (*level).clamp(1, 6))) } else { None }
            })
            .collect();
        let shift = u8::from(found.iter().any(|(_, level)| *level == 1));
        let mut anchors = Anchors::default();
        let headings = found
            .into_iter()
            .map(|(node, level)| {
                let text = words(&text_of(tree, node));
                let heading = Heading {
                    level: (level + shift).min(6),
                    anchor: anchors.unique(&text),
                    top: top.contains(&node),
                    text,
                };
                (node, heading)
            })
            .collect();
        Self { headings, title: repeated }
    }

    pub(crate) fn heading(&self, node: u32) -> Option<&Heading> {
        self.headings.get(&node)
    }

    pub(crate) fn is_title(&self, node: u32) -> bool {
        self.title == Some(node)
    }

    /// The headings for the contents: of the upper two levels; none if there are few.
    pub(crate) fn contents(&self) -> Vec<&Heading> {
        let shown = || self.headings.values().filter(|heading| heading.top && !heading.text.is_empty());
        let upper = shown().map(|heading| heading.level).min().unwrap_or(2);
        let contents: Vec<&Heading> = shown().filter(|heading| heading.level <= upper + 1).collect();
        if contents.len() < CONTENTS_MIN { Vec::new() } else { contents }
    }
}

#[derive(Default)]
struct Anchors {
    taken: BTreeSet<String>,
    /// How often an anchor was wanted, so that a thousand equal headings are not counted a thousand times over.
    wanted: BTreeMap<String, usize>,
}

impl Anchors {
    fn unique(&mut self, text: &str) -> String {
        let mut base = String::new();
        for c in text.chars().flat_map(char::to_lowercase).take(ANCHOR_CHARS_MAX) {
            if c.is_alphanumeric() {
                base.push(c);
            } else if !base.is_empty() && !base.ends_with('-') {
                base.push('-');
            }
        }
        let base = if base.is_empty() { "section" } else { base.trim_end_matches('-') };
        let count = self.wanted.entry(base.to_owned()).or_insert(0);
        loop {
            *count += 1;
            let anchor = if *count == 1 { base.to_owned() } else { format!("{base}-{count}") };
            if !OWN_ANCHORS.contains(&anchor.as_str()) && self.taken.insert(anchor.clone()) {
                return anchor;
            }
        }
    }
}

/// All text below a node.
pub(crate) fn text_of(tree: &Tree<'_>, node: u32) -> String {
    let mut text = String::new();
    collect(tree, node, &mut text);
    text
}

fn collect(tree: &Tree<'_>, node: u32, text: &mut String) {
    match tree.kind(node) {
        Kind::Text(own) | Kind::Code(own) | Kind::CodeBlock((_, own)) => text.push_str(own),
        Kind::LineBreak => text.push(' '),
        _ => tree.children(node).for_each(|child| collect(tree, child, text)),
    }
}
