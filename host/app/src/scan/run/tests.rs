#![allow(clippy::unwrap_used)]

use std::sync::mpsc::sync_channel;

use proptest::prelude::*;
use trcaa_redact::{Origin, Pseudonyms, VIEW_BYTES_MAX, merge, windows};

use super::super::ScanSpan;
use super::*;
use crate::redaction::detect;

/// Keeps what it is told.
#[derive(Debug, Default, PartialEq)]
struct Told {
    findings: Vec<ScanSpan>,
    text: String,
}

impl ScanSink for Told {
    fn finding(&mut self, finding: &ScanSpan) {
        self.findings.push(finding.clone());
    }
    fn text(&mut self, redacted: &str) {
        self.text.push_str(redacted);
    }
    fn pause(&mut self) {}
}

/// Loaded once: native code of a bundled plugin runs where it lies, in one place.
fn detectors() -> Detectors {
    static LOADED: std::sync::OnceLock<Detectors> = std::sync::OnceLock::new();
    LOADED.get_or_init(|| crate::plugins::bundled_detectors(&[]).unwrap().into()).clone()
}

/// What the whole text comes to, by the way of stored logs.
fn whole(detectors: &Detectors, text: &str) -> (Vec<(u64, u64, String)>, String) {
    let found = detect(detectors, text, &crate::NoProgress).unwrap();
    let united = merge(&found, text.len() as u64).unwrap();
    let redacted = trcaa_redact::apply(text, &found, Origin::Raw, &mut Pseudonyms::default()).unwrap();
    (united.into_iter().map(|span| (span.start, span.end, span.label)).collect(), redacted)
}

fn ranges(told: &Told) -> Vec<(u64, u64, String)> {
    told.findings.iter().map(|span| (span.start, span.end, span.label.clone())).collect()
}

/// Lets pieces through that come without a pause.
fn streamed(detectors: &Detectors, pieces: Vec<String>, want: ScanWant) -> Result<(Told, ScanSummary), AppError> {
    let mut told = Told::default();
    let (send, receive) = sync_channel(pieces.len() + 1);
    for piece in pieces {
        send.send(Piece::Text(piece)).unwrap();
    }
    send.send(Piece::End).unwrap();
    let summary = Run::new(detectors.clone(), 2, want, &mut told).all(&receive, false)?;
    Ok((told, summary))
}

/// Lets pieces through with a pause after each.
fn paused<'p>(detectors: &Detectors, pieces: impl IntoIterator<Item = &'p str>, want: ScanWant) -> Told {
    let mut told = Told::default();
    let (send, receive) = sync_channel(1);
    send.send(Piece::End).unwrap();
    let mut run = Run::new(detectors.clone(), 2, want, &mut told);
    for piece in pieces {
        run.push(piece);
        run.let_lines_go().unwrap();
    }
    run.all(&receive, true).unwrap();
    told
}

fn pieces(text: &str, sizes: &[usize]) -> Vec<String> {
    let (mut rest, mut all) = (text, Vec::new());
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at(rest.ceil_char_boundary((*size).min(rest.len())));
        all.push(piece.to_owned());
        rest = behind;
    }
    all
}

const LINE: &str = "2026-11-21 10:00:00 INFO all is well, h\u{e4}lt\n";
const KEY_LINE: &str = "bWFkZSB1cCBrZXkgbWF0ZXJpYWwsIG5vdCBhIHJlYWwga2V5LCBsaW5lIGFmdGVyIGxpbmUu\n";

fn key(lines: usize) -> String {
    format!("-----BEGIN RSA PRIVATE KEY-----\n{}-----END RSA PRIVATE KEY-----\n", KEY_LINE.repeat(lines))
}

fn secret(kind: usize) -> String {
    match kind % 6 {
        0 => "mail to ada@example.org failed\n".to_owned(),
        1 => key(25),
        2 => key(400),
        3 => "postgres://root:hunter2abc@10.1.2.3:5432/db [Email_1]\n".to_owned(),
        4 => "password:\n    correct-horse-battery\n".to_owned(),
        _ => "from 203.0.113.9 and [Ema".to_owned(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn any_chunks_give_the_spans_and_the_text_of_the_whole(
        places in prop::collection::vec((0usize..3 << 20, 0usize..6), 1..12),
        near in prop::collection::vec((-20_000isize..20_000, 0usize..6), 1..6),
        sizes in prop::collection::vec(1usize..300_000, 1..6),
        in_one_line in any::<bool>(),
    ) {
        let detectors = detectors();
        let line = if in_one_line { LINE.replace('\n', " ") } else { LINE.to_owned() };
        let mut text = line.repeat((3 << 20) / line.len());
        // Anywhere, and around the first cut.
        let cut = windows(&text).next().unwrap().core.end;
        let near = near.iter().map(|(off, kind)| (cut.checked_add_signed(*off).unwrap(), *kind));
        for (at, kind) in places.iter().copied().chain(near) {
            let at = text.floor_char_boundary(at.min(text.len()));
            text.insert_str(at, &secret(kind));
        }
        let (spans, redacted) = whole(&detectors, &text);
        let (told, summary) = streamed(&detectors, pieces(&text, &sizes), ScanWant::Findings).unwrap();
        prop_assert_eq!(ranges(&told), spans);
        prop_assert_eq!((summary.findings(), summary.text_bytes), (told.findings.len() as u64, text.len() as u64));
        prop_assert_eq!(summary.lines, text.lines().count() as u64);
        let (told, _) = streamed(&detectors, pieces(&text, &sizes), ScanWant::Redacted).unwrap();
        prop_assert!(told.text == redacted);
    }

    #[test]
    fn small_texts_too(kinds in prop::collection::vec((0usize..6, 0usize..9), 0..8), sizes in prop::collection::vec(1usize..60, 1..6)) {
        let detectors = detectors();
        let text: String = kinds.iter().map(|(kind, lines)| secret(*kind) + &LINE.repeat(*lines)).collect();
        let (spans, redacted) = whole(&detectors, &text);
        let (told, _) = streamed(&detectors, pieces(&text, &sizes), ScanWant::Findings).unwrap();
        prop_assert_eq!(ranges(&told), spans);
        let (told, _) = streamed(&detectors, pieces(&text, &sizes), ScanWant::Redacted).unwrap();
        prop_assert_eq!(told.text, redacted);
    }

    #[test]
    fn pauses_anywhere_leave_nothing_in_clear(kinds in prop::collection::vec((0usize..6, 0usize..9), 1..8), sizes in prop::collection::vec(1usize..90, 1..6)) {
        let detectors = detectors();
        let text: String = kinds.iter().map(|(kind, lines)| secret(*kind) + &LINE.repeat(*lines)).collect();
        let (spans, _) = whole(&detectors, &text);
        let parts = pieces(&text, &sizes);
        let found = ranges(&paused(&detectors, parts.iter().map(String::as_str), ScanWant::Findings));
        for (start, end, label) in spans {
            let hidden = (start..end).all(|at| found.iter().any(|(start, end, _)| (*start..*end).contains(&at)));
            prop_assert!(hidden, "{label} {start}..{end} of {text:?} by {sizes:?}: {found:?}");
        }
    }
}

#[test]
fn whole_lines_leave_at_a_pause_and_an_open_block_is_held_back() {
    let detectors = detectors();
    let mut told = Told::default();
    let mut run = Run::new(detectors, 1, ScanWant::Redacted, &mut told);
    let seen = |run: &mut Run<'_>, more: &str| {
        run.push(more);
        run.let_lines_go().unwrap();
        run.settle.left
    };
    assert_eq!(seen(&mut run, "mail to ada@example.org failed\nhalf a"), 31);
    assert_eq!(seen(&mut run, " line\n"), 43);
    // A key that comes line by line stays until its last line is there.
    let key = key(3);
    for line in key.split_inclusive('\n').take(4) {
        assert_eq!(seen(&mut run, line), 43);
    }
    assert_eq!(seen(&mut run, "-----END RSA PRIVATE KEY-----\n"), 43 + key.len() as u64);
    // One without an end, and more text behind it than a detector looks for its next line.
    let cut = "-----BEGIN RSA PRIVATE KEY-----\n";
    let at = 43 + key.len() as u64;
    assert_eq!(seen(&mut run, cut), at);
    assert_eq!(seen(&mut run, KEY_LINE), at);
    let behind = LINE.repeat(3_000 / LINE.len());
    assert_eq!(seen(&mut run, &behind), at + (cut.len() + KEY_LINE.len() + behind.len()) as u64);
    drop(run);
    assert!(
        told.text.starts_with("mail to [Email_1] failed\nhalf a line\n[PrivateKey_1]\n[PrivateKey_2]\n2026"),
        "{told:?}"
    );
    assert!(!told.text.contains(KEY_LINE.trim()));
}

#[test]
fn a_log_that_comes_line_by_line_is_found_as_the_whole() {
    let detectors = detectors();
    let mut log = String::new();
    for n in 0..60 {
        log.push_str(&format!("{LINE}from 10.0.{n}.7 mail user{n}@example.org token=ghp_{}\n", "a1B2".repeat(9)));
    }
    let (spans, redacted) = whole(&detectors, &log);
    let lines = || log.split_inclusive('\n');
    assert_eq!(ranges(&paused(&detectors, lines(), ScanWant::Findings)), spans);
    assert_eq!(paused(&detectors, lines(), ScanWant::Redacted).text, redacted);
}

#[test]
fn a_finding_that_no_view_can_show_ends_the_scan_before_it() {
    let detectors = detectors();
    let text = format!("{LINE}ada@example.org\n{}", key(VIEW_BYTES_MAX / KEY_LINE.len() + 1));
    let parts = pieces(&format!("{}{text}", LINE.repeat((2 << 20) / LINE.len())), &[200_000]);
    let mut told = Told::default();
    let (send, receive) = sync_channel(parts.len() + 1);
    for part in parts {
        send.send(Piece::Text(part)).unwrap();
    }
    send.send(Piece::End).unwrap();
    let error = Run::new(detectors, 2, ScanWant::Redacted, &mut told).all(&receive, false).unwrap_err();
    assert_eq!(error.code, "too_long_span");
    assert!(told.text.starts_with(LINE) && !told.text.contains(KEY_LINE.trim()) && !told.text.contains("ada@"));
}

#[test]
fn without_anybody_to_look_nothing_leaves() {
    let error = streamed(&Detectors::default(), vec!["ada@example.org\n".into()], ScanWant::Redacted).unwrap_err();
    assert_eq!(error.code, "no_detector");
}

#[test]
fn an_input_that_breaks_off_ends_the_scan() {
    let mut told = Told::default();
    let (send, receive) = sync_channel(2);
    send.send(Piece::Text("a\n".into())).unwrap();
    send.send(Piece::Failed(AppError::failed("damaged_gzip", "x"))).unwrap();
    let error = Run::new(detectors(), 1, ScanWant::Redacted, &mut told).all(&receive, false).unwrap_err();
    assert_eq!(error.code, "damaged_gzip");
    let (send, receive) = sync_channel::<Piece>(1);
    drop(send);
    let error = Run::new(detectors(), 1, ScanWant::Redacted, &mut told).all(&receive, false).unwrap_err();
    assert_eq!(error.code, "bug", "an input without an end is no end");
}
