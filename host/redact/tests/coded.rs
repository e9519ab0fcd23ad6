//! Known values within base64 and hex, however they are written.
#![allow(clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use trcaa_redact::{KnownValues, Origin, Pseudonyms, Standing, apply, restore};

fn table(values: &[&str]) -> Pseudonyms {
    let mut all = Pseudonyms::default();
    for value in values {
        let label = if value.contains('@') { "Email" } else { "Password" };
        all.placeholder_for(label, value).unwrap();
    }
    all
}

fn known(values: &[&str]) -> KnownValues {
    KnownValues::new(&table(values), |_| Standing::Found).unwrap()
}

fn found<'t>(values: &[&str], text: &'t str) -> Vec<&'t str> {
    let at = |n: u64| usize::try_from(n).unwrap();
    known(values).find(text).iter().map(|span| &text[at(span.start)..at(span.end)]).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every way to write bytes.
fn coded(bytes: &[u8]) -> Vec<String> {
    let base64 = [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD].map(|engine| engine.encode(bytes));
    let mut all = base64.to_vec();
    all.push(hex(bytes));
    all.push(hex(bytes).to_uppercase());
    all.push(STANDARD.encode(bytes).replace('/', "\\/"));
    all
}

/// Whether any reading of what is left has a value.
fn is_in_any_reading(text: &str, value: &str) -> bool {
    let same = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    let joined = text.replace("\\/", "/");
    joined.split(|c| !same(c)).any(|run| {
        let run = run.replace('-', "+").replace('_', "/");
        let holds = |bytes: &[u8]| bytes.windows(value.len()).any(|part| part == value.as_bytes());
        let base64 = |phase: usize| {
            let tail = run.get(phase..).unwrap_or_default();
            let whole = &tail[..tail.len() - usize::from(tail.len() % 4 == 1)];
            let lenient = base64::engine::GeneralPurpose::new(
                &base64::alphabet::STANDARD,
                base64::engine::general_purpose::NO_PAD.with_decode_allow_trailing_bits(true),
            );
            lenient.decode(whole).is_ok_and(|bytes| holds(&bytes))
        };
        (0..4).any(base64) || run.to_ascii_lowercase().contains(&hex(value.as_bytes()))
    })
}

#[test]
fn a_value_is_found_in_every_coding_at_every_byte() {
    for value in ["hunter2!?>~", "s3cr3t", "Jörgs Kennwort ÿÿÿ?", "0123456789abcdef0123"] {
        for before in ["", "a:", "me:", "user:", "{\"password\":\""] {
            for after in ["", "\"", "\"}", " and", "\n--"] {
                for coded in coded(format!("{before}{value}{after}").as_bytes()) {
                    let text = format!("é Authorization: Basic {coded} é");
                    let found = found(&[value], &text);
                    assert_eq!(found.len(), 1, "{value} in {text}");
                    // Of the neighbours go those that share a quantum, and the padding.
                    assert!(coded.contains(found[0]) && found[0].len() <= 2 * value.len() + 9, "{found:?} in {text}");
                    let mut all = table(&[value]);
                    let out = apply(&text, &known(&[value]).find(&text), Origin::Raw, &mut all).unwrap();
                    assert!(!is_in_any_reading(&out, value), "{value} in {out}");
                    assert_eq!(restore(&out, &all), text);
                }
            }
        }
    }
}

#[test]
fn a_run_may_begin_and_end_with_other_characters() {
    for before in ["", "/", "id/", "path/x/", "a-b_", "ab\\/", "a\\/b\\/"] {
        for after in ["", "/x", "-abc", "_", "abcdefghij"] {
            let text = format!("({before}{}{after})", STANDARD_NO_PAD.encode("xx hunter2hunter2 yy"));
            assert_eq!(found(&["hunter2hunter2"], &text).len(), 1, "{text}");
        }
    }
    let escaped = STANDARD.encode("???hunter2???").replace('/', "\\/");
    assert_eq!(found(&["???hunter2???"], &escaped), [escaped.as_str()]);
    let padded = STANDARD.encode("abcdefg");
    assert_eq!(found(&["abcdefg"], &padded), [padded.as_str()]);
}

#[test]
fn words_values_in_any_case_and_forms_are_compared_as_in_clear() {
    assert_eq!(found(&["hunter2"], &STANDARD.encode("xhunter2")), [""; 0]);
    assert_eq!(found(&["hunter2"], &STANDARD.encode("hunter22")), [""; 0]);
    assert_eq!(found(&["Hunter2"], &STANDARD.encode("a hunter2")), [""; 0]);
    assert_eq!(found(&["hunter2"], &STANDARD.encode(b"\xc3\xffhunter2\x80")).len(), 1);
    assert_eq!(found(&["ada@example.org"], &STANDARD.encode("to ADA@Example.ORG;")).len(), 1);
    assert_eq!(found(&["p\"w\\ord1"], &STANDARD.encode(r#"{"a":"p\"w\\ord1"}"#)).len(), 1);
    assert_eq!(found(&["ada@example.org"], &hex(b"?m=ada%40example.org")).len(), 1);
    // Short ones are in any long run by chance.
    assert_eq!(found(&["abcde"], &STANDARD.encode("abcde")), [""; 0]);
    assert_eq!(found(&["abcdef"], &STANDARD.encode("abcdef")).len(), 1);
}

#[test]
fn lines_of_one_text_are_read_as_one() {
    let value = "a-secret-that-is-cut-by-a-break";
    for width in [60, 64, 76] {
        for at in (0..2 * width).step_by(7) {
            for line_end in ["\n", "\r\n", "\\n", "\\r\\n", "\n    "] {
                let plain = format!("{}{value}{}", ".".repeat(at), ".".repeat(90));
                for coded in [STANDARD.encode(&plain), hex(plain.as_bytes())] {
                    let lines: Vec<_> =
                        coded.as_bytes().chunks(width).map(|line| str::from_utf8(line).unwrap()).collect();
                    let text = format!("key: {}", lines.join(line_end));
                    assert_eq!(found(&[value], &text).len(), 1, "{text}");
                }
            }
        }
    }
    // Short lines are texts of their own.
    assert_eq!(found(&["hunter2hunter2"], &STANDARD.encode("hunter2hunter2").replacen("aHV", "aHV\n", 1)), [""; 0]);
}

#[test]
fn long_runs_are_read_in_pieces_without_a_seam() {
    let value = "hunter2-and-some-more";
    for at in (49_080..49_160).chain(98_250..98_310).step_by(7) {
        let mut plain = vec![b'.'; 110_000];
        plain[at..at + value.len()].copy_from_slice(value.as_bytes());
        assert_eq!(found(&[value], &STANDARD.encode(&plain)).len(), 1, "{at}");
    }
    // A value may be longer than a piece is otherwise.
    let long: String = (0..40_000_u32).map(|n| char::from(b'a' + u8::try_from(n * n % 23).unwrap())).collect();
    let plain = format!("{}{long}{}", ".".repeat(60_000), ".".repeat(60_000));
    assert_eq!(found(&[&long], &STANDARD.encode(&plain)).len(), 1);
}

proptest! {
    /// Whatever stands around them, no reading of what is left has a value, and restoring is exact.
    #[test]
    fn no_value_survives_in_any_coding(
        values in prop::collection::vec("[a-zA-Z0-9äß@./+\"\\\\?~]{16,24}", 1..5),
        parts in prop::collection::vec(
            (0..5_usize, 0..7_usize, prop::collection::vec(any::<u8>(), 0..6), prop::collection::vec(any::<u8>(), 0..6), "[ ,;:()=\n\\[\\]a-zA-Z0-9+/]{1,9}"),
            0..12,
        ),
    ) {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        let mut all = table(&values);
        let known = KnownValues::new(&all, |_| Standing::Found).unwrap();
        let mut text = String::from("(");
        for (which, how, before, after, between) in &parts {
            let bytes = [before, values[which % values.len()].as_bytes(), after].concat();
            text.push_str(&coded(&bytes)[*how]);
            text.push_str(between);
        }
        let out = apply(&text, &known.find(&text), Origin::Raw, &mut all).unwrap();
        for value in &values {
            prop_assert!(!is_in_any_reading(&out, value), "{} in {} of {}", value, out, text);
        }
        prop_assert!(known.find_in_redacted(&out, &all).is_empty(), "{}", out);
        prop_assert_eq!(restore(&out, &all), text);
    }

    /// Any text at all gives spans that stand on characters.
    #[test]
    fn any_text_is_read(text in "\\PC{0,80}|[A-Za-z0-9+/=\\\\\\\\n\\n ]{0,200}") {
        for span in known(&["hunter2", "0123456789ab"]).find(&text) {
            let at = |n: u64| usize::try_from(n).unwrap();
            prop_assert!(text.get(at(span.start)..at(span.end)).is_some());
        }
    }
}
