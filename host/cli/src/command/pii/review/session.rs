//! What a review knows and what a key does to it. Pure: neither terminal nor store.

use std::mem;

use trcaa_model::id::PiiSpanId;
use trcaa_model::pii::{PiiSpan, SpanState};

/// Most decisions that can be taken back; a key each.
const UNDO_MAX: usize = 1_000;

/// A key, as far as a review knows any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A letter or sign.
    Char(char),
    /// To the finding behind.
    Next,
    /// To the finding before.
    Previous,
    /// To the next that nobody decided.
    Open,
    /// To the first or last finding.
    First,
    /// To the last finding.
    Last,
    /// Escape.
    Escape,
    /// Ctrl-C or Ctrl-D.
    Interrupt,
    /// Nothing that means anything, such as a new size of the terminal.
    Other,
}

/// What the program has to do for a key.
#[derive(Debug)]
pub(super) enum Wish {
    /// Draw again.
    Stay,
    /// End; everything decided is stored.
    Leave,
    /// Store these decisions, then tell [`Session::decided`].
    Decide(Change),
    /// Make the redacted copy and end.
    Apply,
}

/// Decisions made by one key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// Which finding, and what it becomes.
    to: Vec<(usize, PiiSpanId, SpanState)>,
    /// Whether it takes an earlier one back.
    undoes: bool,
}

impl Change {
    /// The ids by what they become; empty groups are left out, for no ids means all to the store.
    pub(super) fn by_state(&self) -> Vec<(SpanState, Vec<PiiSpanId>)> {
        [SpanState::Accepted, SpanState::Rejected, SpanState::Undecided]
            .into_iter()
            .map(|state| (state, self.to.iter().filter(|to| to.2 == state).map(|to| to.1.clone()).collect::<Vec<_>>()))
            .filter(|(_, ids)| !ids.is_empty())
            .collect()
    }
}

/// A question that waits for `y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    Nothing,
    Apply,
}

/// A review of one log.
#[derive(Debug)]
pub(super) struct Session {
    name: String,
    text: String,
    spans: Vec<PiiSpan>,
    at: usize,
    undo: Vec<Change>,
    asked: Asked,
    help: bool,
}

impl Session {
    /// Begins at the first finding that nobody decided. `spans` by their offsets, at least one.
    pub(super) fn new(name: String, text: String, spans: Vec<PiiSpan>) -> Self {
        let at = spans.iter().position(|span| span.state == SpanState::Undecided).unwrap_or(0);
        Self { name, text, spans, at, undo: Vec::new(), asked: Asked::Nothing, help: false }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn spans(&self) -> &[PiiSpan] {
        &self.spans
    }

    /// Number of the finding that is shown, from 0.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn help(&self) -> bool {
        self.help
    }

    /// The question that is open, if any.
    pub(super) fn question(&self) -> Option<String> {
        let left = self.count(SpanState::Undecided);
        (self.asked == Asked::Apply).then(|| match left {
            0 => "make the redacted copy? y yes, any other key no".to_owned(),
            _ => format!("make the redacted copy? The {left} undecided are hidden as well. y yes, any other key no"),
        })
    }

    pub(super) fn count(&self, state: SpanState) -> usize {
        self.spans.iter().filter(|span| span.state == state).count()
    }

    /// How many findings have the value of the one that is shown.
    pub(super) fn alike(&self) -> usize {
        self.same_value().len()
    }

    /// What was decided, for when the screen is gone.
    pub(super) fn summary(&self) -> String {
        format!(
            "{} findings: {} accepted, {} rejected, {} undecided",
            self.spans.len(),
            self.count(SpanState::Accepted),
            self.count(SpanState::Rejected),
            self.count(SpanState::Undecided)
        )
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: Key) -> Wish {
        if mem::replace(&mut self.asked, Asked::Nothing) == Asked::Apply {
            return if key == Key::Char('y') { Wish::Apply } else { Wish::Stay };
        }
        let help = mem::replace(&mut self.help, false);
        match key {
            Key::Char('a' | 'y') => return self.change(&[self.at], SpanState::Accepted),
            Key::Char('r') => return self.change(&[self.at], SpanState::Rejected),
            Key::Char('A') => return self.change(&self.same_value(), SpanState::Accepted),
            Key::Char('R') => return self.change(&self.same_value(), SpanState::Rejected),
            Key::Char('u') => return self.undo.pop().map_or(Wish::Stay, Wish::Decide),
            Key::Char('w') => self.asked = Asked::Apply,
            Key::Char('?' | 'h') => self.help = !help,
            Key::Char('q') | Key::Escape | Key::Interrupt => return Wish::Leave,
            Key::Char('n' | 'j' | ' ') | Key::Next => self.at = (self.at + 1).min(self.spans.len().saturating_sub(1)),
            Key::Char('p' | 'k') | Key::Previous => self.at = self.at.saturating_sub(1),
            Key::Char('g') | Key::First => self.at = 0,
            Key::Char('G') | Key::Last => self.at = self.spans.len().saturating_sub(1),
            Key::Open => self.go_to_open(),
            Key::Char(_) | Key::Other => self.help = help,
        }
        Wish::Stay
    }

    /// Notes that a change is stored, and goes to the next finding that nobody decided; back to its own if it undid one.
    pub(super) fn decided(&mut self, change: Change) {
        let mut before = Vec::with_capacity(change.to.len());
        for (index, id, state) in &change.to {
            if let Some(span) = self.spans.get_mut(*index) {
                before.push((*index, id.clone(), mem::replace(&mut span.state, *state)));
            }
        }
        if change.undoes {
            self.at = change.to.first().map_or(self.at, |to| to.0);
            return;
        }
        if self.undo.len() == UNDO_MAX {
            self.undo.remove(0);
        }
        self.undo.push(Change { to: before, undoes: true });
        self.go_to_open();
    }

    fn change(&self, indexes: &[usize], state: SpanState) -> Wish {
        let to = indexes.iter().filter_map(|index| Some((*index, self.spans.get(*index)?.id.clone(), state))).collect();
        Wish::Decide(Change { to, undoes: false })
    }

    /// The findings with the value of the one that is shown: one value has one placeholder.
    fn same_value(&self) -> Vec<usize> {
        let Some(shown) = self.spans.get(self.at) else { return Vec::new() };
        let alike =
            |span: &PiiSpan| span.replacement == shown.replacement && span.original_value == shown.original_value;
        self.spans.iter().enumerate().filter(|(_, span)| alike(span)).map(|(index, _)| index).collect()
    }

    /// To the next finding that nobody decided, from the beginning again behind the last; else stays.
    fn go_to_open(&mut self) {
        let open = |index: &usize| self.spans.get(*index).is_some_and(|span| span.state == SpanState::Undecided);
        let behind = (self.at + 1..self.spans.len()).find(open);
        self.at = behind.or_else(|| (0..self.spans.len()).find(open)).unwrap_or(self.at);
    }
}

#[cfg(test)]
#[path = "session/tests.rs"]
mod tests;
