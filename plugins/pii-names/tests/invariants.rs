//! What holds for any text: bounds, order, characters, windows, and time in proportion to length.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use pii_names::{Span, detect};
use proptest::prelude::*;

/// As the module head of the crate promises.
const CONTEXT_BEFORE: usize = 2 << 10;
const CONTEXT_AFTER: usize = 4 << 10;

fn check_spans(text: &str) -> Result<(), TestCaseError> {
    let spans = detect(text);
    let mut reach = 0;
    for span in &spans {
        prop_assert!(span.start < span.end && span.end <= text.len());
        prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?}");
        prop_assert!((0.0..=1.0).contains(&span.confidence));
        prop_assert!(span.end > reach, "{span:?} lies in another");
        reach = span.end;
    }
    prop_assert!(spans.is_sorted_by_key(|span| span.start));
    Ok(())
}

/// Pieces of names and of what stands around them, so that random texts come near what the rules look for.
const PIECES: [&str; 58] = [
    "Jessica",
    "Roberson",
    "John",
    "SMITH",
    "Mark",
    "Long",
    "Zellin",
    "Quorvath",
    "J.",
    "Q",
    "van",
    "de la",
    "O'Neill",
    "Jean-Luc",
    "McDonald",
    "Müller",
    "Wiśniewski",
    "Jose\u{301}",
    "\\u00c9mile",
    "Иван",
    "Петров",
    "王伟",
    "أحمد",
    "ა",
    "Dr.",
    "Mr",
    "Univ.Prof.",
    "Jr.",
    "III",
    "Ph.D.",
    "B.Eng.",
    "by ",
    "assigned to ",
    "escalated to ",
    "user=",
    "author: ",
    "\"name\":\"",
    "first_name=",
    "<surname>",
    "CN=",
    "Hi ",
    " on call",
    " wrote",
    " <a@b.c>",
    "'s ",
    " ",
    " ",
    " ",
    ",",
    ", ",
    ".",
    "\n",
    "\"",
    "\\n",
    "%20",
    "+",
    "’",
    "jessica.roberson",
];

fn near_names(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![6 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), 1 => "\\PC{1,3}"],
        0..max,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_sound_spans(text in any::<String>()) {
        check_spans(&text)?;
    }

    #[test]
    fn near_names_give_sound_spans(text in near_names(40)) {
        check_spans(&text)?;
    }

    #[test]
    fn arbitrary_bytes_shown_as_text_give_sound_spans(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_spans(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn every_beginning_of_a_text_gives_sound_spans(text in near_names(12)) {
        for (at, _) in text.char_indices() {
            check_spans(&text[at..])?;
            check_spans(&text[..at])?;
        }
    }
}

/// The spans that begin in a part of a text, seen with its context.
fn spans_of_core(text: &str, core: std::ops::Range<usize>) -> Vec<Span> {
    let begin = text.floor_char_boundary(core.start.saturating_sub(CONTEXT_BEFORE));
    let end = text.floor_char_boundary(core.end + CONTEXT_AFTER);
    detect(&text[begin..end])
        .into_iter()
        .map(|span| Span { start: span.start + begin, end: span.end + begin, ..span })
        .filter(|span| core.contains(&span.start))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn windows_with_their_context_give_the_same_spans(
        pieces in prop::collection::vec((near_names(12), 1usize..60), 1..40),
        core in 700usize..5000,
    ) {
        let mut text = String::new();
        for (piece, times) in pieces {
            text.push_str(&piece.repeat(times));
            if text.len() > 40_000 {
                break;
            }
        }
        let mut found: Vec<Span> = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let end = text.ceil_char_boundary(start + core);
            found.extend(spans_of_core(&text, start..end));
            start = end;
        }
        let whole = detect(&text);
        let lost: Vec<_> = whole.iter().filter(|span| !found.contains(span)).collect();
        let made: Vec<_> = found.iter().filter(|span| !whole.contains(span)).collect();
        prop_assert!(lost.is_empty() && made.is_empty(), "lost {:?}, made {:?}", lost.first(), made.first());
        prop_assert_eq!(found.len(), whole.len());
    }
}

/// Texts that would cost the square of their length if a rule read on from each of its candidates.
#[test]
fn hostile_texts_take_time_in_proportion() {
    const BYTES: usize = 1 << 18;
    // Far above what a slow machine without optimisation needs, far below what a square would take.
    const MOST: Duration = Duration::from_secs(20);
    let units = [
        "A",
        "a",
        "Jessica ",
        "John Smith ",
        "Jessica",
        "J. ",
        "J.",
        "A-",
        "A'",
        "Mc",
        "van ",
        "Van De ",
        "Smith, John, ",
        "Dr. ",
        "Dr.",
        "by ",
        "to to ",
        "first_name=",
        "name:",
        "\"",
        "\"name\":\"",
        "\\u00e9",
        "\\n",
        "%20",
        "+",
        "é",
        "É",
        "E\u{301}",
        "王",
        "王 ",
        "ა",
        "Ա",
        "a.b ",
        "jessica.roberson ",
        "<surname>",
        "Jr. ",
        ", PhD",
        "B.Eng.",
        "'s ",
        "=",
        ": ",
        "\\",
        "’",
        "Jessica-",
        "O'O'",
        "А",
        "JESSICA ",
        "assigned to Zellin Quorvath ",
    ];
    for unit in units {
        let text = unit.repeat(BYTES / unit.len());
        let begin = Instant::now();
        let spans = detect(&text);
        assert!(begin.elapsed() < MOST, "{unit:?} took {:?}", begin.elapsed());
        assert!(spans.len() <= text.len());
    }
}
