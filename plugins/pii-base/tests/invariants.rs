//! What holds for any text: bounds, order, characters, windows, and time in proportion to length.
#![allow(clippy::unwrap_used, missing_docs)]

use std::time::{Duration, Instant};

use pii_base::Span;
use proptest::prelude::*;

/// Both bundled detectors, one after the other.
fn detect(text: &str) -> Vec<Span> {
    let mut spans = pii_base::detect(text);
    assert!(spans.is_sorted_by_key(|span| span.start));
    let secrets = pii_secrets::detect(text);
    assert!(secrets.is_sorted_by_key(|span| span.start));
    spans.extend(secrets);
    spans
}

const CONTEXT_BEFORE: usize = 4 << 10;
const CONTEXT_AFTER: usize = 16 << 10;
const UNSETTLED: usize = 2 << 10;

fn check_spans(text: &str) -> Result<(), TestCaseError> {
    let spans = detect(text);
    for span in &spans {
        prop_assert!(span.start < span.end && span.end <= text.len());
        prop_assert!(text.is_char_boundary(span.start) && text.is_char_boundary(span.end), "{span:?}");
        prop_assert!((0.0..=1.0).contains(&span.confidence));
        prop_assert!(pii_base::labels().iter().chain(pii_secrets::labels()).any(|row| row.label == span.label));
    }
    Ok(())
}

/// Pieces of what rules look for, so that random texts come near them.
const PIECES: [&str; 60] = [
    "password=",
    "\"token\":\"",
    "\\\"",
    "\"",
    "'",
    " ",
    "\n",
    "://",
    "u:p@",
    "@",
    "a.b",
    ".com",
    "10.0.0.1",
    "::",
    "fe80:",
    "00:1b:44:",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----END RSA PRIVATE KEY-----",
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
    "AKIAABCDEFGHIJKLMNOP",
    "ghp_",
    "eyJhbGciOiJIUzI1NiJ9.",
    "4111 1111 1111 1111",
    "536-22-8712",
    "+1 ",
    "(206) ",
    "540-4808",
    "GB29NWBK60161331926819",
    "é",
    "€",
    "𝄞",
    "%40",
    "%3A%2F%2F",
    "\\u0040",
    "Authorization: Bearer ",
    "Cookie: a=1; ",
    "--",
    "-p",
    "mysql ",
    "curl -u ",
    "host=",
    ".internal",
    "\\n",
    "\u{1b}[31m",
    "<password>",
    "&",
    ",",
    "a1B2a1B2a1B2a1B2",
    "apiKey: |\n",
    "password:\n  ",
    "\u{200b}",
    "４１１１",
    "%2540",
    "&#64;",
    "$6$salt$",
    "dXNlcj1hZGEgcGFzc3dvcmQ9aHVudGVyMiBob3N0PWRi",
    "machine a login b password ",
    "vault login ",
    "with password ",
    "0123456789abcdef0123456789abcdef-us1",
];

fn near_misses(max: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![4 => prop::sample::select(PIECES.to_vec()).prop_map(str::to_owned), 1 => "\\PC{1,3}"],
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
    fn near_misses_give_sound_spans(text in near_misses(40)) {
        check_spans(&text)?;
    }

    #[test]
    fn every_beginning_of_a_text_gives_sound_spans(text in near_misses(12)) {
        for (at, _) in text.char_indices() {
            check_spans(&text[at..])?;
            check_spans(&text[..at])?;
        }
    }
}

/// The spans that begin in a part of a text, seen with context, and with more while one reaches the end of the view.
fn spans_of_core(text: &str, core: std::ops::Range<usize>) -> Vec<Span> {
    let begin = text.floor_char_boundary(core.start.saturating_sub(CONTEXT_BEFORE));
    let mut context = CONTEXT_AFTER;
    loop {
        let end = text.floor_char_boundary(core.end + context);
        let spans: Vec<Span> = detect(&text[begin..end])
            .into_iter()
            .map(|span| Span { start: span.start + begin, end: span.end + begin, ..span })
            .filter(|span| core.contains(&span.start))
            .collect();
        if end == text.len() || spans.iter().all(|span| span.end + UNSETTLED <= end) {
            return spans;
        }
        context *= 4;
    }
}

#[test]
fn long_secrets_across_cuts_are_the_same_as_in_the_whole_text() {
    let lines: String = (0..600).map(|n| format!("{}{n:08}\n", "aB3/x+Qz".repeat(7))).collect();
    let run = "a1B2c3D4".repeat(4500);
    let secrets = [
        format!("-----BEGIN PRIVATE KEY-----\n{lines}-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{lines}12:00:01 hello there\n{lines}-----END PRIVATE KEY-----\n"),
        format!("-----BEGIN PRIVATE KEY-----\n{lines}and on\n"),
        format!("Authorization: Bearer {run} x\n"),
        format!("password={run} x\n"),
        format!("{{\"token\":\"{run}\"}}\n"),
        format!("eyJhbGciOiJIUzI1NiJ9.{run}.{run} x\n"),
        format!("apiKey: |\n{}", format!("  {}\n", &run[..1000]).repeat(60)),
    ];
    for secret in secrets {
        let text = format!("{}{secret}{}", "clean line\n".repeat(300), "clean line\n".repeat(3000));
        let whole = detect(&text);
        assert!(whole.iter().any(|span| span.end - span.start > 30_000), "{}", &secret[..40]);
        let at = text.find(&secret).unwrap();
        for cut in [at + 1, at + 40, at + 5000] {
            let mut found = spans_of_core(&text, 0..cut);
            found.extend(spans_of_core(&text, cut..text.len()));
            assert_eq!(found, whole, "{} cut at {cut}", &secret[..40]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn windows_with_their_context_give_the_same_spans(
        pieces in prop::collection::vec((near_misses(12), 1usize..60), 1..40),
        core in 1500usize..9000,
    ) {
        let mut text = String::new();
        for (piece, times) in pieces {
            text.push_str(&piece.repeat(times));
            if text.len() > 60_000 {
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
        // Only the difference is worth reading.
        let lost: Vec<_> = whole.iter().filter(|span| !found.contains(span)).collect();
        let made: Vec<_> = found.iter().filter(|span| !whole.contains(span)).collect();
        prop_assert!(lost.is_empty() && made.is_empty(), "lost {:?}, made {:?}", lost.first(), made.first());
        prop_assert_eq!(found.len(), whole.len());
    }
}

/// Texts that would cost the square of their length if any rule read on from each of its candidates.
#[test]
fn hostile_texts_take_time_in_proportion() {
    const BYTES: usize = 1 << 18;
    // Far above what a slow machine without optimisation needs, far below what a square would take.
    const MOST: Duration = Duration::from_secs(20);
    let units = [
        "a.",
        ":",
        "::",
        "password=",
        "password: ",
        "password=\"",
        "\"password\":\"\\\"",
        "7",
        "1 ",
        "1-",
        "4111 ",
        "@",
        "a@",
        "a@b.",
        "://",
        "x://:a",
        "x://u:p",
        "-----BEGIN RSA PRIVATE KEY-----",
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "-----",
        "AKIAABCDEFGHIJKLMNOP ",
        "eyJhbGciOiJIUzI1NiJ9.",
        "eyJ",
        "%40",
        "%3A%2F%2F",
        "\\u0040",
        "\\",
        "token=a,",
        "a&b",
        "Cookie: a=1; ",
        "Authorization: Digest ",
        "Basic AAAA",
        "bearer ",
        " -p1",
        " -u a",
        "aB1",
        "aB1/",
        "ABCD",
        "(206) ",
        "+1 ",
        "fe80::",
        "00:",
        "é",
        "<password>",
        "host=",
        "a-",
        "[",
        "phone 1 ",
        "secret aB1",
        "GB29 ",
        "token=",
        "xoxb-",
        "xoxd-:",
        "cookie:",
        "cookie:a=1; ",
        "bearer+",
        "authorization:",
        "password=[",
        "(password=)",
        "password: |\n ",
        "password:\n ",
        "eyJhbGciOiJIUzI1NiJ9-",
        "otp=",
    ];
    for unit in units {
        let text = unit.repeat(BYTES / unit.len());
        let begin = Instant::now();
        let spans = detect(&text);
        assert!(begin.elapsed() < MOST, "{unit:?} took {:?}", begin.elapsed());
        assert!(spans.len() <= text.len());
    }
}
