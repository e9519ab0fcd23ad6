//! Spans and pseudonyms.

use trcaa_model::pii::SpanState;
use trcaa_store::{NewSpan, RedactedCopy, StoreError};

use crate::fixture::{Home, gzip, insert_issue, insert_log};

fn span(start: u64, end: u64) -> NewSpan<'static> {
    NewSpan {
        pii_type: "Email",
        start,
        end,
        original: "a@b.de",
        replacement: "[Email_1]",
        state: SpanState::Undecided,
        confidence: 0.5,
        detector: "pii-base",
    }
}

#[test]
fn detecting_again_replaces_the_undecided_and_never_piles_up() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let log = insert_log(&store, &issue.id, "text").id;
    let detect = |spans: &[NewSpan<'_>]| store.write(|tx| tx.replace_undecided_spans(&log, spans)).unwrap();
    assert_eq!(detect(&[span(0, 5), span(10, 15), span(20, 25)]), 3);
    let found = store.spans(&log, 9, 0).unwrap();
    store.write(|tx| tx.set_span_state(&log, &[found[0].id.clone()], SpanState::Accepted)).unwrap();
    store.write(|tx| tx.set_span_state(&log, &[found[1].id.clone()], SpanState::Rejected)).unwrap();
    for _ in 0..3 {
        assert_eq!(detect(&[span(0, 5), span(10, 15), span(30, 35)]), 1);
    }
    let states: Vec<_> = store.spans(&log, 9, 0).unwrap().into_iter().map(|s| (s.start_offset, s.state)).collect();
    assert_eq!(states, [(0, SpanState::Accepted), (10, SpanState::Rejected), (30, SpanState::Undecided)]);
    assert_eq!(store.spans(&log, 1, 2).unwrap()[0].start_offset, 30);
    assert_eq!(store.span_count(&log).unwrap(), 3);
}

#[test]
fn spans_are_decided_within_their_log_only() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let (log, other) = (insert_log(&store, &issue.id, "a").id, insert_log(&store, &issue.id, "b").id);
    let added = store.write(|tx| tx.insert_span(&log, &span(1, 2))).unwrap();
    let refused = store.write(|tx| tx.set_span_state(&other, std::slice::from_ref(&added.id), SpanState::Rejected));
    assert!(matches!(refused, Err(StoreError::NoSuch { .. })));
    assert_eq!(store.write(|tx| tx.set_all_span_states(&log, SpanState::Accepted)).unwrap(), 1);
    assert_eq!(store.span(&added.id).unwrap().state, SpanState::Accepted);
    for (start, end) in [(2, 2), (3, 2), (0, u64::MAX)] {
        assert!(matches!(store.write(|tx| tx.insert_span(&log, &span(start, end))), Err(StoreError::Invalid { .. })));
    }
}

#[test]
fn applying_empties_the_originals_and_keeps_the_pseudonym() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d");
    let log = insert_log(&store, &issue.id, "mail a@b.de").id;
    store
        .write(|tx| {
            tx.replace_undecided_spans(&log, &[span(5, 11)])?;
            tx.insert_pseudonyms(&issue.id, &[("Email", 1, "a@b.de")])?;
            tx.apply_redactions(&log, &RedactedCopy { compressed: gzip(b"mail [Email_1]"), hash: "h".to_owned() })
        })
        .unwrap();
    assert_eq!(store.spans(&log, 9, 0).unwrap()[0].original_value, "");
    assert_eq!(store.pseudonyms(&issue.id).unwrap()[0].value.expose(), "a@b.de");
}

#[test]
fn one_value_has_one_placeholder_per_issue() {
    let home = Home::new();
    let store = home.open();
    let (issue, other) = (insert_issue(&store, "t", "d").id, insert_issue(&store, "u", "d").id);
    let give = |issue, label, value| store.write(|tx| tx.pseudonym(issue, label, value)).unwrap().1;
    assert_eq!(give(&issue, "Email", "a@b.de"), 1);
    assert_eq!(give(&issue, "Email", "c@d.de"), 2);
    assert_eq!(give(&issue, "IPv4", "10.0.0.1"), 1);
    assert_eq!(give(&issue, "Email", "a@b.de"), 1);
    assert_eq!(give(&other, "Email", "c@d.de"), 1);
    assert_eq!(store.pseudonym_of(&issue, "c@d.de").unwrap(), Some(("Email".to_owned(), 2)));
    assert_eq!(store.pseudonym_of(&issue, "nobody").unwrap(), None);
    let again = store.write(|tx| tx.insert_pseudonyms(&issue, &[("Email", 2, "c@d.de"), ("Email", 3, "e@f.de")]));
    assert_eq!(again.unwrap(), 1);
    for clash in [("Email", 9, "a@b.de"), ("Email", 1, "new@x.de")] {
        let refused = store.write(|tx| tx.insert_pseudonyms(&issue, &[clash]));
        assert!(matches!(refused, Err(StoreError::PseudonymClash { .. })), "{clash:?}");
    }
    let macs: i64 =
        home.raw().query_row("SELECT count(DISTINCT value_mac) FROM issue_pseudonyms", [], |row| row.get(0)).unwrap();
    assert_eq!(macs, 5, "the same value in two issues is not to be told");
}

#[test]
fn a_ciphertext_moved_to_another_row_does_not_open() {
    let home = Home::new();
    let store = home.open();
    let issue = insert_issue(&store, "t", "d").id;
    store.write(|tx| tx.insert_pseudonyms(&issue, &[("Email", 1, "a@b.de"), ("Email", 2, "c@d.de")])).unwrap();
    home.raw()
        .execute_batch(
            "UPDATE issue_pseudonyms SET encrypted_value =
                 (SELECT encrypted_value FROM issue_pseudonyms WHERE ordinal = 1) WHERE ordinal = 2",
        )
        .unwrap();
    assert!(matches!(store.pseudonyms(&issue), Err(StoreError::Column { .. })));
}
