#![allow(clippy::unwrap_used)]

use super::super::screen::spans;
use super::*;

const TEXT: &str = "ada@x.org bob@x.org ada@x.org\n";

fn session() -> Session {
    Session::new("a.log".to_owned(), TEXT.to_owned(), spans(TEXT, &["ada@x.org", "bob@x.org"]))
}

/// Presses a key and stores what it wants.
fn press(session: &mut Session, key: Key) -> Vec<(SpanState, usize)> {
    match session.press(key) {
        Wish::Decide(change) => {
            let stored = change.by_state().into_iter().map(|(state, ids)| (state, ids.len())).collect();
            session.decided(change);
            stored
        }
        _ => Vec::new(),
    }
}

fn states(session: &Session) -> Vec<SpanState> {
    session.spans().iter().map(|span| span.state).collect()
}

#[test]
fn a_decision_goes_on_to_the_next_undecided_and_around_the_end() {
    let mut session = session();
    assert_eq!(press(&mut session, Key::Next), []);
    assert_eq!(press(&mut session, Key::Char('a')), [(SpanState::Accepted, 1)]);
    assert_eq!(session.at(), 2);
    assert_eq!(press(&mut session, Key::Char('r')), [(SpanState::Rejected, 1)]);
    assert_eq!(session.at(), 0);
    assert_eq!(states(&session), [SpanState::Undecided, SpanState::Accepted, SpanState::Rejected]);
    assert_eq!(session.summary(), "3 findings: 1 accepted, 1 rejected, 1 undecided");
}

#[test]
fn capital_letters_decide_every_finding_of_the_value_and_no_other() {
    let mut session = session();
    assert_eq!(press(&mut session, Key::Char('R')), [(SpanState::Rejected, 2)]);
    assert_eq!(states(&session), [SpanState::Rejected, SpanState::Undecided, SpanState::Rejected]);
    assert_eq!(session.at(), 1);
}

#[test]
fn a_decision_taken_back_is_as_it_was_before_each_time() {
    let mut session = session();
    press(&mut session, Key::Char('a'));
    press(&mut session, Key::First);
    press(&mut session, Key::Char('R'));
    assert_eq!(press(&mut session, Key::Char('u')), [(SpanState::Accepted, 1), (SpanState::Undecided, 1)]);
    assert_eq!(states(&session), [SpanState::Accepted, SpanState::Undecided, SpanState::Undecided]);
    assert_eq!(press(&mut session, Key::Char('u')), [(SpanState::Undecided, 1)]);
    assert_eq!(states(&session), [SpanState::Undecided; 3]);
    assert_eq!(press(&mut session, Key::Char('u')), []);
}

#[test]
fn the_copy_is_made_only_after_a_yes() {
    let mut session = session();
    assert!(matches!(session.press(Key::Char('w')), Wish::Stay));
    assert!(session.question().unwrap().contains("3 undecided are hidden as well"));
    assert!(matches!(session.press(Key::Char('a')), Wish::Stay), "the answer no, and no decision");
    assert_eq!(session.question(), None);
    assert!(matches!(session.press(Key::Char('w')), Wish::Stay));
    assert!(matches!(session.press(Key::Char('y')), Wish::Apply));
}

#[test]
fn leaving_never_decides() {
    for key in [Key::Char('q'), Key::Escape, Key::Interrupt] {
        assert!(matches!(session().press(key), Wish::Leave));
    }
}
