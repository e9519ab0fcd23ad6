#![allow(clippy::unwrap_used)]

use trcaa_model::id::{LogFileId, PiiSpanId};

use super::super::session::{Key, Wish};
use super::*;

/// A span over each `value` of a text; the same value has the same placeholder.
pub(in super::super) fn spans(text: &str, values: &[&str]) -> Vec<PiiSpan> {
    let mut spans: Vec<PiiSpan> = values
        .iter()
        .enumerate()
        .flat_map(|(number, value)| text.match_indices(value).map(move |(at, found)| (number + 1, at, found)))
        .map(|(number, at, found)| PiiSpan {
            id: PiiSpanId::from_stored(format!("00000000-0000-7000-8000-{at:012}")),
            log_file_id: LogFileId::from_stored("00000000-0000-7000-8000-000000000000"),
            pii_type: "Email".to_owned(),
            start_offset: at as u64,
            end_offset: (at + found.len()) as u64,
            original_value: found.to_owned(),
            replacement: format!("[Email_{number}]"),
            state: SpanState::Undecided,
            confidence: 0.95,
            detector: "pii-base".to_owned(),
        })
        .collect();
    spans.sort_by_key(|span| span.start_offset);
    spans
}

fn plain(lines: &[Line]) -> Vec<String> {
    lines
        .iter()
        .map(|line| line.iter().map(|(_, text)| text.as_str()).collect::<String>().trim_end().to_owned())
        .collect()
}

fn shown(lines: &[Line]) -> Vec<&str> {
    lines.iter().flatten().filter(|(style, _)| *style == Style::Shown).map(|(_, text)| text.as_str()).collect()
}

fn session(text: &str, values: &[&str]) -> Session {
    Session::new("app.log".to_owned(), text.to_owned(), spans(text, values))
}

#[test]
fn the_finding_stands_in_its_line_between_its_neighbours() {
    let text = "one\ntwo\nmail from ada@example.org to bob@example.org\nfour\n";
    let session = session(text, &["ada@example.org", "bob@example.org"]);
    let lines = frame(&session, 80, 12);
    let seen = plain(&lines);
    assert_eq!(seen.len(), 12);
    assert_eq!(seen[0], "finding 1 of 2, 2 undecided · app.log");
    assert_eq!(seen[1], "Email → [Email_1] · undecided · found by pii-base, 95 % sure");
    assert!(seen.iter().any(|line| line == "2 two"), "{seen:?}");
    assert!(seen.iter().any(|line| line == "3 mail from ada@example.org to bob@example.org"), "{seen:?}");
    assert_eq!(seen[6], "4 four");
    assert_eq!(seen[7], "", "behind the last line end there is no line");
    assert_eq!(shown(&lines), ["ada@example.org"]);
    let other = lines.iter().flatten().find(|(style, _)| *style == Style::Undecided).unwrap();
    assert_eq!(other.1, "bob@example.org");
}

#[test]
fn nothing_of_a_log_moves_the_cursor_or_leaves_its_line() {
    let text = "\u{1b}[2J\u{202e}ada@example.org\r\nrest\u{7}\n";
    let session = session(text, &["ada@example.org"]);
    for line in plain(&frame(&session, 60, 10)) {
        assert!(!line.chars().any(|letter| letter.is_control() || letter == '\u{202e}'), "{line:?}");
    }
}

#[test]
fn a_line_of_any_length_is_cut_around_its_finding_and_no_line_is_too_wide() {
    let text = format!("{}ada@example.org{}\n", "x".repeat(200_000), "界".repeat(200_000));
    let session = session(&text, &["ada@example.org"]);
    for columns in [40, 41, 80, 200] {
        let lines = frame(&session, columns, 9);
        assert_eq!(shown(&lines), ["ada@example.org"], "{columns}");
        for line in plain(&lines) {
            assert!(width(&line) <= columns, "{columns}: {line:?}");
        }
    }
}

#[test]
fn a_line_that_fits_is_shown_from_its_begin() {
    let text = format!("{} ada@example.org\n", "x".repeat(40));
    let shown = plain(&frame(&session(&text, &["ada@example.org"]), 60, 9));
    assert_eq!(shown[3], format!("1 {}", text.trim_end()));
}

#[test]
fn a_finding_of_several_lines_is_shown_in_each() {
    let text = "before\nBEGIN\nsecret\nEND\nbehind\n";
    let session = session(text, &["BEGIN\nsecret\nEND"]);
    assert_eq!(shown(&frame(&session, 60, 12)), ["BEGIN", "secret", "END"]);
}

#[test]
fn every_size_of_a_terminal_gets_as_many_rows_as_it_has() {
    let mut session = session("ada@example.org\n", &["ada@example.org"]);
    for help in [false, true] {
        if help {
            assert!(matches!(session.press(Key::Char('?')), Wish::Stay));
        }
        for rows in [8, 9, 24, 100] {
            assert_eq!(frame(&session, 40, rows).len(), rows);
        }
    }
}
