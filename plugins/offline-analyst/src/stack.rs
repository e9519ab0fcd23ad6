//! Owns reading stack traces of Java, Python, Go, Node and .NET and grouping them by exception and top frame.
//! Invariants: at most [`GROUPS_MAX`] groups; a trace that is cut off counts with what it had.

use crate::clock::Event;
use crate::line::{LineRef, cut};

/// Groups kept.
const GROUPS_MAX: usize = 64;
/// Longest exception or frame kept.
const NAME_BYTES: usize = 160;
/// Lines that a trace may have before it is closed.
const TRACE_LINES_MAX: u32 = 400;

/// Traces with the same innermost exception and the same top frame.
#[derive(Debug)]
pub(crate) struct Group {
    /// Type and message of the innermost cause.
    pub(crate) root: String,
    kind: String,
    /// The frame that threw.
    pub(crate) frame: String,
    pub(crate) count: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) kept: Vec<LineRef>,
}

#[derive(Debug)]
struct Open {
    event: Event,
    root: String,
    frame: String,
    /// The line that names the innermost exception.
    root_line: LineRef,
    frame_line: Option<LineRef>,
    python: bool,
    /// Python says that the next traceback follows from this one.
    chained: bool,
    go: bool,
    lines: u32,
}

/// Reads lines one by one.
#[derive(Debug, Default)]
pub(crate) struct Traces {
    open: Option<Open>,
    pub(crate) groups: Vec<Group>,
    /// Traces that found no place.
    pub(crate) overflow: u32,
}

impl Traces {
    /// Looks at one line. `fresh` tells a line with a stamp of its own, `trouble` one that reports an error.
    pub(crate) fn feed(&mut self, text: &str, event: Event, fresh: bool, trouble: bool) {
        let trimmed = text.trim_start();
        let indented = trimmed.len() < text.len();
        let line = event.line;
        if let Some(open) = &mut self.open {
            open.lines += 1;
            if open.lines < TRACE_LINES_MAX && !fresh && open.take(text, trimmed, indented, line) {
                return;
            }
            self.close();
        }
        if trimmed.starts_with("Traceback (most recent call last)")
            || text.ends_with("Traceback (most recent call last):")
        {
            self.start(event, String::new(), true, false);
        } else if text.starts_with("panic: ") || text.contains(" panic: runtime error") {
            let root = text.split_once("panic: ").map_or(text, |(_, rest)| rest);
            self.start(event, format!("panic: {}", cut(root, NAME_BYTES)), false, true);
        } else if (trouble || !fresh)
            && !indented
            && let Some(root) = exception(text)
        {
            self.start(event, root.to_owned(), false, false);
        }
    }

    fn start(&mut self, event: Event, root: String, python: bool, go: bool) {
        self.open = Some(Open {
            event,
            root,
            frame: String::new(),
            root_line: event.line,
            frame_line: None,
            python,
            chained: false,
            go,
            lines: 0,
        });
    }

    /// Ends the trace that is being read, as at the end of a document.
    pub(crate) fn close(&mut self) {
        let Some(open) = self.open.take().filter(|open| !open.root.is_empty()) else { return };
        let kind = open.root.split([':', ' ']).next().unwrap_or("").to_owned();
        let room = self.groups.len() < GROUPS_MAX;
        let found = self
            .groups
            .iter_mut()
            .find(|group| group.kind == kind && (group.frame == open.frame || open.frame.is_empty()));
        match found {
            Some(group) => {
                group.count = group.count.saturating_add(1);
                group.last = open.event;
            }
            None if room => {
                let mut kept = vec![open.event.line];
                kept.extend(
                    Some(open.root_line).into_iter().chain(open.frame_line).filter(|line| *line != open.event.line),
                );
                kept.dedup();
                self.groups.push(Group {
                    root: open.root,
                    kind,
                    frame: open.frame,
                    count: 1,
                    first: open.event,
                    last: open.event,
                    kept,
                });
            }
            None => self.overflow = self.overflow.saturating_add(1),
        }
    }
}

impl Open {
    /// Takes a line into the trace; false when it is not a part of it.
    fn take(&mut self, text: &str, trimmed: &str, indented: bool, line: LineRef) -> bool {
        if self.python {
            if let Some(frame) = trimmed.strip_prefix("File \"").filter(|_| indented) {
                // Behind the first exception come those it led to; its own frames stand before it.
                if self.root.is_empty() {
                    self.set_frame(&frame.replacen('"', "", 1), line, true);
                }
                return true;
            }
            if indented || text.is_empty() || self.root.is_empty() && exception(text).is_none() && self.lines < 4 {
                return true;
            }
            if self.root.is_empty() {
                self.root = cut(text, NAME_BYTES).to_owned();
                self.root_line = line;
                return true;
            }
            // What follows from the first exception belongs to it; another traceback without these words does not.
            if text.starts_with("During handling") || text.starts_with("The above exception") {
                self.chained = true;
                return true;
            }
            let part = self.chained && (text.starts_with("Traceback") || exception(text).is_some());
            self.chained &= text.starts_with("Traceback");
            return part;
        }
        if self.go {
            if text.is_empty()
                || indented
                || text.starts_with("goroutine ")
                || text.starts_with("[signal ")
                || text.starts_with("created by ")
            {
                return true;
            }
            if text.contains('(') && !text.starts_with("panic(") {
                self.set_frame(text.rsplit_once('(').map_or(text, |(name, _)| name), line, false);
            }
            return text.contains('(') || text.starts_with("exit status");
        }
        if let Some(frame) = trimmed.strip_prefix("at ").filter(|_| indented) {
            self.set_frame(frame, line, false);
            return true;
        }
        if let Some(cause) = trimmed.strip_prefix("Caused by: ").or_else(|| trimmed.strip_prefix("---> ")) {
            self.root = cut(cause, NAME_BYTES).to_owned();
            self.root_line = line;
            self.frame.clear();
            self.frame_line = None;
            return true;
        }
        if self.lines == 1 && !indented {
            // Loggers write their own message first and the exception on the next line.
            if let Some(root) = exception(text) {
                self.root = root.to_owned();
                self.root_line = line;
                return true;
            }
        }
        indented && (trimmed.starts_with("...") || trimmed.starts_with("---") || trimmed.starts_with("Suppressed:"))
    }

    /// Java, Node, .NET and Go name the throwing frame first, Python last.
    fn set_frame(&mut self, frame: &str, line: LineRef, last: bool) {
        if last || self.frame.is_empty() {
            self.frame = cut(frame.trim(), NAME_BYTES).to_owned();
            self.frame_line = Some(line);
        }
    }
}

/// The part of a line that begins with the name of an exception type.
fn exception(text: &str) -> Option<&str> {
    let head = cut(text, 600);
    let mut at = 0;
    for word in head.split(' ') {
        let name = word.trim_matches(|letter: char| matches!(letter, ':' | ',' | '(' | ')' | '"' | '[' | ']' | '\''));
        let simple = name.rsplit(['.', '$', ':']).next().unwrap_or(name);
        let typed = ["Exception", "Error", "Throwable", "Interrupt"]
            .iter()
            .any(|end| simple.len() > end.len() && simple.ends_with(end));
        if typed
            && simple.starts_with(|first: char| first.is_ascii_uppercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._$:".contains(&byte))
        {
            let start = at + word.find(name).unwrap_or(0);
            return head.get(start..).map(|rest| cut(rest, NAME_BYTES));
        }
        at += word.len() + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::lines;

    fn read(text: &str) -> Vec<(String, String, u32)> {
        let mut traces = Traces::default();
        for line in lines(0, text) {
            let event = Event { at: None, group: 0, file: 0, line, dated: line };
            let content = &text[line.start as usize..line.end as usize];
            let fresh = content.starts_with("2023");
            traces.feed(content, event, fresh, content.contains("ERROR"));
        }
        traces.close();
        traces.groups.into_iter().map(|group| (group.root, group.frame, group.count)).collect()
    }

    #[test]
    fn java_traces_are_grouped_by_their_innermost_cause() {
        let one = "2023 ERROR x\njava.lang.RuntimeException: outer\n\tat a.B.c(B.java:1)\nCaused by: java.lang.NullPointerException: it was null\n\tat shop.Cart.total(Cart.java:42)\n\t... 12 more\n";
        let plain =
            "2023 ERROR request failed: java.lang.IllegalStateException: closed\n\tat a.D.e(D.java:9)\n2023 INFO y\n";
        assert_eq!(
            read(&format!("{one}{one}{plain}")),
            [
                (
                    "java.lang.NullPointerException: it was null".to_owned(),
                    "shop.Cart.total(Cart.java:42)".to_owned(),
                    2
                ),
                ("java.lang.IllegalStateException: closed".to_owned(), "a.D.e(D.java:9)".to_owned(), 1),
            ]
        );
    }

    #[test]
    fn python_go_node_and_dotnet_traces_are_read() {
        for (text, root, frame) in [
            (
                "Traceback (most recent call last):\n  File \"app.py\", line 3, in run\n    go()\n  File \"go.py\", line 9, in go\n    x\nKeyError: 'total'\n2023 INFO y\n",
                "KeyError: 'total'",
                "go.py, line 9, in go",
            ),
            (
                "panic: runtime error: index out of range\n\ngoroutine 1 [running]:\nmain.pick(0x1)\n\t/app/main.go:12 +0x1d\nmain.main()\n",
                "panic: runtime error: index out of range",
                "main.pick",
            ),
            (
                "TypeError: x is not a function\n    at total (/app/cart.js:4:2)\n    at run (/app/a.js:1:1)\n",
                "TypeError: x is not a function",
                "total (/app/cart.js:4:2)",
            ),
            (
                "System.NullReferenceException: Object reference not set\n   at Shop.Cart.Total() in /src/Cart.cs:line 8\n",
                "System.NullReferenceException: Object reference not set",
                "Shop.Cart.Total() in /src/Cart.cs:line 8",
            ),
        ] {
            assert_eq!(read(text), [(root.to_owned(), frame.to_owned(), 1)]);
        }
    }

    #[test]
    fn the_first_of_chained_python_exceptions_is_the_root() {
        let text = "Traceback (most recent call last):\n  File \"db.py\", line 2, in connect\n    x\nOSError: gone\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"views.py\", line 3, in get\n    y\nRuntimeError: no data\n2023 INFO y\n";
        assert_eq!(read(text), [("OSError: gone".to_owned(), "db.py, line 2, in connect".to_owned(), 1)]);
    }

    #[test]
    fn independent_python_exceptions_are_counted_each() {
        let one = "Traceback (most recent call last):\n  File \"db.py\", line 2, in connect\n    x\nOSError: gone\n";
        assert_eq!(read(&one.repeat(3)), [("OSError: gone".to_owned(), "db.py, line 2, in connect".to_owned(), 3)]);
    }

    #[test]
    fn prose_about_errors_is_no_exception() {
        assert_eq!(exception("an Error occurred in the ErrorHandler"), None);
        assert_eq!(exception("Failed: Exception"), None);
    }
}
