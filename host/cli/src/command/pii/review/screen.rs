//! One screen of a review: the finding in its lines, what is known of it, the keys.
//!
//! Pure, and bounded by the screen and not by the log: of a line of a gigabyte, what fits around the finding is looked at.

use trcaa_model::pii::{PiiSpan, SpanState};
use unicode_width::UnicodeWidthChar;

use super::session::Session;
use crate::output::visible;

/// Rows that are not lines of the log: two of head, a rule, a rule, one of keys.
const FRAME_ROWS: usize = 5;
/// Most bytes looked through for the begin of a line; a longer line is shown without its begin.
const LINE_REACH_BYTES: usize = 64 << 10;
const KEYS: &str =
    "a accept  r reject  A/R all with this value  u undo  n/p next, previous  w make the copy  ? help  q leave";
const HELP: [&str; 14] = [
    "a, y        accept: a placeholder stands for it in the redacted copy",
    "r           reject: it is harmless and stays in clear",
    "A, R        the same for every finding with this value in this log",
    "u           take the last decision back",
    "",
    "n, space    next finding            p         previous finding",
    "Tab         next undecided          g, G      first, last",
    "",
    "w           make the redacted copy (undecided findings are hidden too) and leave",
    "q, Esc      leave; every decision is kept already",
    "",
    "A value that was missed is hidden by hand:",
    "    trcaa pii add LOG --start N --end N --type T",
    "Any key goes back.",
];

/// How a piece of a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Dim,
    /// The finding that is shown.
    Shown,
    /// Other findings, by what was decided.
    Accepted,
    Rejected,
    Undecided,
}

/// A line of the screen.
pub(super) type Line = Vec<(Style, String)>;

/// Draws a screen of `rows` lines, none wider than `columns`.
pub(super) fn frame(session: &Session, columns: usize, rows: usize) -> Vec<Line> {
    let rule = || vec![(Style::Dim, "─".repeat(columns))];
    let body_rows = rows.saturating_sub(FRAME_ROWS);
    let mut lines = head(session, columns);
    lines.push(rule());
    if session.help() {
        lines.extend(HELP.iter().take(body_rows).map(|line| vec![(Style::Plain, fit(line, columns))]));
    } else if let Some(shown) = session.spans().get(session.at()) {
        lines.extend(body(session, shown, columns, body_rows));
    }
    lines.resize(rows.saturating_sub(2), Line::new());
    lines.push(rule());
    lines.push(match session.question() {
        Some(question) => vec![(Style::Bold, fit(&question, columns))],
        None => vec![(Style::Dim, fit(KEYS, columns))],
    });
    lines
}

fn head(session: &Session, columns: usize) -> Vec<Line> {
    let Some(shown) = session.spans().get(session.at()) else { return vec![Line::new(), Line::new()] };
    let place = format!(
        "finding {} of {}, {} undecided · {}",
        session.at() + 1,
        session.spans().len(),
        session.count(SpanState::Undecided),
        visible(session.name())
    );
    let alike = match session.alike() {
        0 | 1 => String::new(),
        count => format!(" · this value {count} times"),
    };
    let about = format!(
        "{} → {} · {} · found by {}, {:.0} % sure{alike}",
        visible(&shown.pii_type),
        visible(&shown.replacement),
        shown.state.as_str(),
        visible(&shown.detector),
        shown.confidence * 100.0
    );
    vec![vec![(Style::Bold, fit(&place, columns))], vec![(Style::Plain, fit(&about, columns))]]
}

/// The lines around a finding, a third of them before it.
fn body(session: &Session, shown: &PiiSpan, columns: usize, rows: usize) -> Vec<Line> {
    let text = session.text();
    let start = offset(text, shown.start_offset);
    let mut first = line_start(text, start);
    for _ in 0..rows / 3 {
        if first == 0 {
            break;
        }
        first = line_start(text, first - 1);
    }
    let mut number = 1 + text.as_bytes().iter().take(first).filter(|byte| **byte == b'\n').count();
    let gutter = (number + rows).to_string().len();
    let mut lines = Vec::with_capacity(rows);
    let mut at = Some(first);
    while let Some(begin) = at.filter(|_| lines.len() < rows) {
        let end = line_end(text, begin);
        // The begin of a very long line is not looked for: what is shown of it starts near the finding.
        let room = columns.saturating_sub(gutter + 2);
        let fits = text
            .get(begin..end)
            .filter(|line| line.len() <= room * 4)
            .is_some_and(|line| width(&visible(line)) <= room);
        let from = if !fits && (begin..=end).contains(&start) { before(text, begin, start, room / 3) } else { begin };
        let mut line = vec![(Style::Dim, format!("{number:>gutter$} "))];
        line.extend(pieces(session, from, end, columns.saturating_sub(gutter + 1), from > begin));
        lines.push(line);
        at = (end + 1 < text.len()).then_some(end + 1);
        number += 1;
    }
    lines
}

/// The text of `from..end` as wide as fits, cut where its findings begin and end.
fn pieces(session: &Session, from: usize, end: usize, columns: usize, cut_before: bool) -> Line {
    let mut line: Line = Vec::new();
    let mut left = columns.saturating_sub(1);
    if cut_before {
        line.push((Style::Dim, "…".to_owned()));
        left = left.saturating_sub(1);
    }
    for (at, letter) in session.text().get(from..end).unwrap_or_default().char_indices() {
        if letter == '\r' && from + at + 1 == end {
            break;
        }
        let seen = visible(letter.encode_utf8(&mut [0; 4]));
        let wide = width(&seen);
        if wide > left {
            line.push((Style::Dim, "…".to_owned()));
            break;
        }
        left -= wide;
        let style = style_at(session, (from + at) as u64);
        match line.last_mut() {
            Some((last, piece)) if *last == style && piece != "…" => piece.push_str(&seen),
            _ => line.push((style, seen)),
        }
    }
    line
}

/// The look of a byte. What is shown goes before another finding of the same place.
fn style_at(session: &Session, at: u64) -> Style {
    let covers = |span: &PiiSpan| span.start_offset <= at && at < span.end_offset;
    let spans = session.spans();
    if spans.get(session.at()).is_some_and(covers) {
        return Style::Shown;
    }
    // Spans of detectors do not overlap; one by hand may lie over a few of them.
    let last = spans.partition_point(|span| span.start_offset <= at);
    let near = spans.get(last.saturating_sub(4)..last).unwrap_or_default();
    match near.iter().rev().find(|span| covers(span)).map(|span| span.state) {
        None => Style::Plain,
        Some(SpanState::Accepted) => Style::Accepted,
        Some(SpanState::Rejected) => Style::Rejected,
        Some(SpanState::Undecided) => Style::Undecided,
    }
}

/// Where to begin so that at most `columns` columns are before `at`.
fn before(text: &str, begin: usize, at: usize, columns: usize) -> usize {
    let mut wide = 0;
    let mut from = at;
    for (index, letter) in text.get(begin..at).unwrap_or_default().char_indices().rev() {
        wide += width(&visible(letter.encode_utf8(&mut [0; 4])));
        if wide > columns {
            break;
        }
        from = begin + index;
    }
    from
}

fn line_start(text: &str, at: usize) -> usize {
    let reach = text.floor_char_boundary(at.saturating_sub(LINE_REACH_BYTES));
    let near = text.as_bytes().get(reach..at).unwrap_or_default();
    near.iter().rposition(|byte| *byte == b'\n').map_or(reach, |found| reach + found + 1)
}

fn line_end(text: &str, from: usize) -> usize {
    text.get(from..).and_then(|rest| rest.find('\n')).map_or(text.len(), |found| from + found)
}

fn offset(text: &str, at: u64) -> usize {
    text.floor_char_boundary(usize::try_from(at).unwrap_or(usize::MAX))
}

fn width(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// The begin of a line that fits, with a mark where it was cut.
fn fit(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut left = columns.saturating_sub(1);
    let mut kept: String = text
        .chars()
        .take_while(|letter| {
            let wide = letter.width().unwrap_or(0);
            let fits = wide <= left;
            left = left.saturating_sub(wide);
            fits
        })
        .collect();
    kept.push('…');
    kept
}

#[cfg(test)]
#[path = "screen/tests.rs"]
mod tests;

#[cfg(test)]
pub(super) use tests::spans;
