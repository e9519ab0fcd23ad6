//! Owns noticing what is opened and never closed, and figures that only grow.
//! Invariants: at most [`OPEN_MAX`] open sessions, [`OWNERS_MAX`] owners and [`COUNTERS_MAX`] counters are followed.

use std::collections::BTreeMap;

use crate::clock::Event;
use crate::line::{LineRef, cut};
use crate::wal::process;

/// Open sessions followed by process id.
const OPEN_MAX: usize = 4_096;
/// Owners of sessions told apart.
const OWNERS_MAX: usize = 256;
/// Growing figures told apart.
const COUNTERS_MAX: usize = 64;
/// Lines kept per owner or counter.
const KEPT_MAX: usize = 4;

/// Who opens sessions.
#[derive(Debug)]
pub(crate) struct Owner {
    pub(crate) name: String,
    pub(crate) opened: u32,
    pub(crate) closed: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
}

/// A figure of the log over time.
#[derive(Debug)]
pub(crate) struct Counter {
    pub(crate) name: String,
    pub(crate) start: f64,
    pub(crate) latest: f64,
    pub(crate) rises: u32,
    pub(crate) falls: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
}

/// Reads lines one by one.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    pub(crate) owners: Vec<Owner>,
    by_process: BTreeMap<(u32, u64), usize>,
    pub(crate) counters: Vec<Counter>,
}

/// What opens and what closes, in words of the log. Where a line has a process id, it pairs the two.
const PAIRS: &[(&str, &str)] = &[
    ("connection authorized:", "disconnection: session time"),
    ("session opened for user", "session closed for user"),
    ("connection acquired", "connection released"),
    ("acquired connection", "released connection"),
    ("checked out connection", "returned connection"),
    ("opened connection", "closed connection"),
    ("client connected", "client disconnected"),
];

/// Names of figures whose steady growth means trouble.
const FIGURES: &[&str] = &[
    "active",
    "open",
    "in_use",
    "inuse",
    "pending",
    "waiting",
    "backlog",
    "queue",
    "queue_size",
    "depth",
    "lag",
    "rss",
    "heap",
    "heap_used",
    "used_memory",
    "memory",
    "mem",
    "connections",
    "open_files",
    "fds",
    "goroutines",
    "threads",
    "retained",
];

impl Sessions {
    /// Looks at one line that may open or close something.
    pub(crate) fn feed(&mut self, text: &str, event: Event) {
        for (open, close) in PAIRS {
            if text.contains(open) {
                return self.opened(text, open, event);
            }
            if text.contains(close) {
                return self.closed(text, close, event);
            }
        }
    }

    fn owner(&mut self, name: String, event: Event) -> Option<usize> {
        if let Some(at) = self.owners.iter().position(|owner| owner.name == name) {
            return Some(at);
        }
        if self.owners.len() >= OWNERS_MAX {
            return None;
        }
        self.owners.push(Owner { name, opened: 0, closed: 0, first: event, last: event, kept: Vec::new() });
        Some(self.owners.len() - 1)
    }

    fn opened(&mut self, text: &str, word: &str, event: Event) {
        let Some(at) = self.owner(owner_name(text, word), event) else { return };
        let owner = &mut self.owners[at];
        owner.opened = owner.opened.saturating_add(1);
        owner.last = event;
        if owner.kept.len() >= KEPT_MAX {
            owner.kept.pop();
        }
        owner.kept.push(event.line);
        if let Some(process) = process(text).filter(|_| self.by_process.len() < OPEN_MAX) {
            self.by_process.insert((event.file, process), at);
        }
    }

    fn closed(&mut self, text: &str, word: &str, event: Event) {
        let paired = process(text).and_then(|process| self.by_process.remove(&(event.file, process)));
        let at = paired.or_else(|| {
            let name = owner_name(text, word);
            self.owners.iter().position(|owner| owner.name == name)
        });
        if let Some(owner) = at.and_then(|at| self.owners.get_mut(at)) {
            owner.closed = owner.closed.saturating_add(1);
        }
    }

    /// Follows the figures of a line: `active=10`, `heap_used: 512`.
    pub(crate) fn count(&mut self, text: &str, event: Event) {
        for part in cut(text, 512).split([' ', ',', '(', ')', ';', '{', '}']).take(64) {
            let Some((name, value)) = part.split_once('=').or_else(|| part.split_once(':')) else { continue };
            let name = name.trim_matches('"');
            if !FIGURES.contains(&name.to_ascii_lowercase().as_str()) {
                continue;
            }
            let digits: usize = value.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
            let Some(value) = value.get(..digits).and_then(|digits| digits.parse::<f64>().ok()) else { continue };
            self.note(name, value, event);
        }
    }

    fn note(&mut self, name: &str, value: f64, event: Event) {
        let room = self.counters.len() < COUNTERS_MAX;
        match self.counters.iter_mut().find(|counter| counter.name == name && counter.first.file == event.file) {
            Some(counter) => {
                counter.rises += u32::from(value > counter.latest);
                counter.falls += u32::from(value < counter.latest);
                counter.latest = value;
                counter.last = event;
                if counter.kept.len() >= KEPT_MAX {
                    counter.kept.pop();
                }
                counter.kept.push(event.line);
            }
            None if room => self.counters.push(Counter {
                name: name.to_owned(),
                start: value,
                latest: value,
                rises: 0,
                falls: 0,
                first: event,
                last: event,
                kept: vec![event.line],
            }),
            None => {}
        }
    }

    /// The owner with most sessions left open: at least ten, and less than half of its sessions closed.
    pub(crate) fn leak(&self) -> Option<&Owner> {
        self.owners
            .iter()
            .filter(|owner| owner.opened.saturating_sub(owner.closed) >= 10 && owner.closed * 2 < owner.opened)
            .max_by_key(|owner| owner.opened - owner.closed)
    }

    /// Figures that rose at least five times, fell hardly ever, and at least doubled by half.
    pub(crate) fn growing(&self) -> impl Iterator<Item = &Counter> {
        self.counters.iter().filter(|counter| {
            counter.rises >= 5
                && counter.falls * 10 <= counter.rises
                && counter.latest >= counter.start * 1.5
                && counter.latest > 0.0
        })
    }
}

/// Who opened: application, else user, as the line names them.
fn owner_name(text: &str, word: &str) -> String {
    let after = |key: &str| {
        let rest = text.split_once(key)?.1;
        let end = rest.find([' ', ',', ';', ')', '"']).unwrap_or(rest.len());
        (end > 0 && !rest.starts_with("[unknown]")).then(|| cut(&rest[..end], 64).to_owned())
    };
    if let Some(user) = after("for user ") {
        return format!("user {user}");
    }
    after("application_name=")
        .or_else(|| after("app="))
        .map(|name| format!("application {name}"))
        .or_else(|| after("client=").map(|name| format!("client {name}")))
        .or_else(|| after("user=").map(|name| format!("user {name}")))
        .unwrap_or_else(|| if word.contains("session") { "sessions".to_owned() } else { "connections".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    fn read(text: &str) -> Sessions {
        let mut sessions = Sessions::default();
        for line in lines(0, text) {
            let content = &text[line.start as usize..line.end as usize];
            let event = Event { at: None, group: 0, file: 0, line, dated: line };
            sessions.feed(content, event);
            sessions.count(content, event);
        }
        sessions
    }

    #[test]
    fn the_client_that_does_not_close_is_named() {
        let mut text = String::new();
        for n in 100..120 {
            text += &format!("x [{n}] LOG:  connection authorized: user=app database=shop application_name=report\n");
            text +=
                &format!("x [{}] LOG:  connection authorized: user=app database=shop application_name=web\n", n + 100);
            text +=
                &format!("x [{}] LOG:  disconnection: session time: 0:00:01 user=app database=shop host=h\n", n + 100);
        }
        let sessions = read(&text);
        let leak = sessions.leak().expect("a leak");
        assert_eq!((leak.name.as_str(), leak.opened, leak.closed), ("application report", 20, 0));
    }

    #[test]
    fn nine_open_sessions_are_no_leak_and_ten_are() {
        let text = |count: usize| "x session opened for user bob by (uid=0)\n".repeat(count);
        assert!(read(&text(9)).leak().is_none());
        assert!(read(&text(10)).leak().is_some());
    }

    #[test]
    fn figures_that_only_rise_are_named() {
        let rising: String = (1..9).map(|n| format!("pool connection active={n} idle={}\n", 9 - n)).collect();
        let names: Vec<String> = read(&rising).growing().map(|counter| counter.name.clone()).collect();
        assert_eq!(names, ["active"]);
        let waving: String = (1..20).map(|n| format!("pool connection active={}\n", n % 5)).collect();
        assert_eq!(read(&waving).growing().count(), 0);
    }
}
