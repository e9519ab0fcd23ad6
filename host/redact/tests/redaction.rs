//! What redaction promises as a whole: nothing stays, everything comes back, chunks do not matter.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, missing_docs)]

use proptest::prelude::*;
use trcaa_model::pii::Span;
use trcaa_redact::{Applier, ApplyError, Guard, Origin, Pseudonym, Pseudonyms, apply, merge, restore};

fn span(start: usize, end: usize, label: &str) -> Span {
    Span { start: start as u64, end: end as u64, label: label.to_owned(), confidence: 0.9, detector: "test".to_owned() }
}

fn place(text: &str, value: &str, label: &str) -> Span {
    let start = text.find(value).unwrap();
    span(start, start + value.len(), label)
}

#[test]
fn values_become_placeholders_and_come_back() {
    let text = "ada@x.org from 10.0.0.1, then ADA@x.org again, é";
    let spans = [span(0, 9, "Email"), place(text, "10.0.0.1", "Ipv4"), place(text, "ADA@x.org", "Email")];
    let mut pseudonyms = Pseudonyms::default();
    let redacted = apply(text, &spans, Origin::Raw, &mut pseudonyms).unwrap();
    assert_eq!(redacted, "[Email_1] from [IPv4_1], then [Email_1] again, é");
    assert_eq!(restore(&redacted, &pseudonyms), text.replace("ADA", "ada"));
}

#[test]
fn a_literal_placeholder_in_a_log_is_kept_apart_from_ours() {
    let text = "template [Email_1] was sent to ada@x.org";
    let mut pseudonyms = Pseudonyms::default();
    let redacted = apply(text, &[place(text, "ada@x.org", "Email")], Origin::Raw, &mut pseudonyms).unwrap();
    assert_eq!(redacted, "template [Literal_1] was sent to [Email_1]");
    assert_eq!(restore(&redacted, &pseudonyms), text);
}

#[test]
fn a_stranger_cannot_name_a_known_placeholder_but_our_own_text_can() {
    let row = Pseudonym { label: "Password".to_owned(), ordinal: 1, value: "hunter2".to_owned() };
    let mut pseudonyms = Pseudonyms::from_rows([row]).unwrap();
    let foreign = apply("tell me [Password_1]", &[], Origin::Raw, &mut pseudonyms).unwrap();
    assert!(!restore(&foreign, &pseudonyms).contains("hunter2"));
    let ours = apply("reset [Password_1], [Password_2]", &[], Origin::Redacted, &mut pseudonyms).unwrap();
    assert_eq!(ours, "reset [Password_1], [Literal_2]");
}

#[test]
fn text_made_of_pieces_forms_no_placeholder() {
    let text = "[Email_X1Y]";
    let mut pseudonyms = Pseudonyms::default();
    let redacted = apply(text, &[span(7, 8, "Email"), span(9, 10, "Email")], Origin::Raw, &mut pseudonyms).unwrap();
    assert_eq!(redacted, "[Email_[Email_1]1[Email_2]]");
    assert_eq!(restore(&redacted, &pseudonyms), text);
}

#[test]
fn refused_spans_number_nothing_and_pass_nothing() {
    let mut pseudonyms = Pseudonyms::default();
    for bad in [span(0, 99, "Email"), span(2, 2, "Email"), span(0, 1, "Email")] {
        let error = Guard::pass("éa@b.co", Origin::Raw, &[span(0, 2, "Email"), bad], &mut pseudonyms, 100).unwrap_err();
        assert!(matches!(error, ApplyError::Span(_)));
    }
    assert!(pseudonyms.is_empty());
}

#[test]
fn the_guard_redacts_in_full_and_only_then_cuts() {
    let text = format!("{} password=correct-horse-battery-staple", "x".repeat(20));
    let spans = [place(&text, "correct-horse-battery-staple", "Password")];
    let full = format!("{} password=[Password_1]", "x".repeat(20));
    for bytes_max in 0..=text.len() {
        let passed = Guard::pass(&text, Origin::Raw, &spans, &mut Pseudonyms::default(), bytes_max).unwrap();
        assert!(passed.len() <= bytes_max && full.starts_with(passed.as_str()));
        assert!(!passed.as_str().contains("corr"));
        assert!(bytes_max < full.len() || passed.as_str() == full);
    }
}

#[test]
fn a_text_that_ends_inside_a_span_is_an_error() {
    let merged = merge(&[span(0, 5, "Email")], 9).unwrap();
    let mut pseudonyms = Pseudonyms::default();
    let mut applier = Applier::new(&merged, Origin::Raw, &mut pseudonyms);
    let mut out = String::new();
    applier.push("abc", &mut out).unwrap();
    assert!(matches!(applier.finish(&mut out), Err(ApplyError::TextTooShort { text_len: 3, end: 5 })));
    assert!(out.is_empty());
}

/// A text, spans on its character boundaries, and places to cut it into chunks.
fn redactions() -> impl Strategy<Value = (String, Vec<Span>, Vec<usize>)> {
    let text = "(\\[Email_1\\]|\\[Password_2|\\[|\\]|_1\\]|[a-z]{1,6}|[éß€𝄞]|[0-9]{1,4}| ){0,24}";
    (
        text,
        prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0usize..4), 0..8),
        prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    )
        .prop_map(|(text, picks, cuts)| {
            let bounds: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            let labels = ["Password", "Ipv4", "odd label", "Jwt"];
            let spans = picks
                .iter()
                .filter_map(|(a, b, label)| {
                    let (a, b) = (*a.get(&bounds), *b.get(&bounds));
                    (a != b).then(|| span(a.min(b), a.max(b), labels[*label]))
                })
                .collect();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| *cut.get(&bounds)).collect();
            cuts.sort_unstable();
            (text, spans, cuts)
        })
}

proptest! {
    #[test]
    fn restoring_undoes_applying((text, spans, _) in redactions()) {
        let mut pseudonyms = Pseudonyms::default();
        let redacted = apply(&text, &spans, Origin::Raw, &mut pseudonyms).unwrap();
        prop_assert_eq!(restore(&redacted, &pseudonyms), text);
    }

    #[test]
    fn no_value_survives_at_its_place((text, spans, _) in redactions()) {
        let mut pseudonyms = Pseudonyms::default();
        let redacted = apply(&text, &spans, Origin::Raw, &mut pseudonyms).unwrap();
        // Walk both texts: the clear parts between unions must follow each other with only placeholders between.
        let mut rest = redacted.as_str();
        let mut at = 0;
        for union in merge(&spans, text.len() as u64).unwrap() {
            let (start, end) = (usize::try_from(union.start).unwrap(), usize::try_from(union.end).unwrap());
            let clear = apply(&text[at..start], &[], Origin::Raw, &mut pseudonyms).unwrap();
            rest = rest.strip_prefix(clear.as_str()).expect("clear text stays");
            let placeholder = pseudonyms.placeholder_for(&union.label, &text[start..end]).unwrap().to_string();
            rest = rest.strip_prefix(placeholder.as_str()).expect("the value is replaced");
            at = end;
        }
        prop_assert_eq!(rest, apply(&text[at..], &[], Origin::Raw, &mut pseudonyms).unwrap());
    }

    #[test]
    fn chunks_do_not_matter((text, spans, cuts) in redactions()) {
        let whole = apply(&text, &spans, Origin::Raw, &mut Pseudonyms::default()).unwrap();
        let merged = merge(&spans, text.len() as u64).unwrap();
        let mut pseudonyms = Pseudonyms::default();
        let mut applier = Applier::new(&merged, Origin::Raw, &mut pseudonyms);
        let mut out = String::new();
        let mut at = 0;
        for cut in cuts.into_iter().chain([text.len()]) {
            applier.push(&text[at..cut], &mut out).unwrap();
            at = cut;
        }
        applier.finish(&mut out).unwrap();
        prop_assert_eq!(out, whole);
    }

    #[test]
    fn hostile_spans_never_panic(text in "\\PC{0,20}", ranges in prop::collection::vec((0u64..40, 0u64..40), 0..5)) {
        let spans: Vec<Span> = ranges.iter().map(|(start, end)| Span { start: *start, end: *end, label: "X".to_owned(), confidence: 0.5, detector: "test".to_owned() }).collect();
        let at = |offset: u64| usize::try_from(offset).unwrap();
        let valid = ranges.iter().all(|(start, end)| start < end && text.get(at(*start)..at(*end)).is_some());
        prop_assert_eq!(apply(&text, &spans, Origin::Raw, &mut Pseudonyms::default()).is_ok(), valid);
    }
}
