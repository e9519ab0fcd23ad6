//! How much must speak for a run of words before it is taken for a name.
//!
//! Owns: the levels for pairs, single words and capitals. Must not know: text; it sees words and what is known of them.

use crate::context::{CERTAIN, NONE, STRONG, WEAK};
use crate::flags::{COMMON_GIVEN, COMMON_SURNAME, GIVEN, SURNAME, WEAK_GIVEN, WEAK_SURNAME};
use crate::word::{Shape, Word};

/// More than can ever speak for a name.
pub(crate) const NEVER: u8 = CERTAIN + 1;

/// How well a word does as a given name or as a surname.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    No,
    /// Known as one, and as an ordinary word, a place or a product.
    Weak,
    Good,
    /// Of very many persons.
    Best,
}

/// Whether a word is known as a surname and as nothing ordinary.
pub(crate) fn is_good_surname(word: &Word) -> bool {
    surname(word) >= Fit::Good
}

fn given(word: &Word) -> Fit {
    fit(word, GIVEN, WEAK_GIVEN, COMMON_GIVEN)
}

fn surname(word: &Word) -> Fit {
    fit(word, SURNAME, WEAK_SURNAME, COMMON_SURNAME)
}

fn fit(word: &Word, is: u16, weak: u16, common: u16) -> Fit {
    match (word.has(is), word.has(weak), word.has(common)) {
        (false, _, _) => Fit::No,
        (_, true, _) => Fit::Weak,
        (_, _, true) => Fit::Best,
        _ => Fit::Good,
    }
}

/// What two words, first and last of a run of names, need.
pub(crate) fn pair(first: &Word, last: &Word) -> u8 {
    let as_written = given_and_surname(first, last);
    let level = as_written.min(surname_and_given(first, last));
    if first.shape != Shape::Caps || last.shape != Shape::Caps {
        return level;
    }
    // Capitals carry no sign of a name: constants, states and headings are written so.
    let sure = given(first) >= Fit::Good && surname(last) >= Fit::Good && given(first).max(surname(last)) == Fit::Best;
    if sure { level } else { (level + 1).min(CERTAIN) }
}

fn given_and_surname(first: &Word, last: &Word) -> u8 {
    let unknown_last = last.is_unknown() && last.shape == Shape::Title;
    match (given(first), surname(last), given(last)) {
        (Fit::Best | Fit::Good | Fit::Weak, Fit::Best | Fit::Good, _) => NONE,
        (Fit::Best, Fit::Weak, _) => NONE,
        (Fit::Good, Fit::Weak, _) | (Fit::Weak, Fit::Weak, _) => WEAK,
        (Fit::Best | Fit::Good, Fit::No, Fit::Best | Fit::Good) => NONE,
        (Fit::Best | Fit::Good, Fit::No, Fit::Weak) => WEAK,
        (Fit::Best, Fit::No, Fit::No) if unknown_last => NONE,
        (Fit::Good, Fit::No, Fit::No) if unknown_last => {
            if last.marked {
                NONE
            } else {
                WEAK
            }
        }
        (Fit::Weak, Fit::No, Fit::Best | Fit::Good) => WEAK,
        (Fit::Weak, Fit::No, Fit::Weak) => STRONG,
        (Fit::Weak, Fit::No, Fit::No) if unknown_last => STRONG,
        (Fit::No, Fit::Best | Fit::Good, _) if first.has(SURNAME) || first.is_unknown() => WEAK,
        (Fit::No, Fit::Weak, _) if first.has(SURNAME) || first.is_unknown() => STRONG,
        (Fit::No, Fit::No, Fit::Best | Fit::Good) if first.is_unknown() => WEAK,
        (Fit::No, Fit::No, _) if first.is_unknown() && !last.has(SURNAME) && last.shape == Shape::Title => STRONG,
        // An ordinary word behind a given name that is none otherwise.
        (Fit::Best | Fit::Good, Fit::No, Fit::No) if last.shape == first.shape => STRONG,
        _ => CERTAIN,
    }
}

/// The surname first, as in Hungary and much of Asia.
fn surname_and_given(first: &Word, last: &Word) -> u8 {
    match (surname(first), given(last)) {
        (Fit::Best, Fit::Best) => NONE,
        (Fit::Best | Fit::Good, Fit::Best | Fit::Good) => WEAK,
        (Fit::Best | Fit::Good | Fit::Weak, Fit::Best | Fit::Good | Fit::Weak) => STRONG,
        (Fit::Best | Fit::Good, Fit::No) if last.is_unknown() && last.shape == Shape::Title => STRONG,
        _ => CERTAIN,
    }
}

/// What `Surname, Given` needs.
pub(crate) fn turned_pair(surname_word: &Word, given_word: &Word) -> u8 {
    match (surname(surname_word), given(given_word)) {
        (Fit::Best | Fit::Good, Fit::Best) | (Fit::Best, Fit::Good) => NONE,
        (Fit::Good, Fit::Good) => WEAK,
        (Fit::Weak, Fit::Best | Fit::Good) => WEAK,
        (Fit::No, Fit::Best | Fit::Good) if surname_word.is_unknown() => STRONG,
        (Fit::Best | Fit::Good, Fit::Weak) => STRONG,
        (Fit::Best | Fit::Good, Fit::No) if given_word.is_unknown() => CERTAIN,
        _ => NEVER,
    }
}

/// What an initial and a surname need, as in `J. Smith`.
pub(crate) fn initial_and_surname(stop: bool, last: &Word) -> u8 {
    let level = match surname(last) {
        Fit::Best | Fit::Good => WEAK,
        Fit::Weak => STRONG,
        Fit::No if last.is_unknown() || given(last) >= Fit::Good => STRONG,
        Fit::No => NEVER,
    };
    if stop { level } else { level + 1 }
}

/// What one word alone needs. `titled`: behind `Dr.`; `keyed`: the value of a key, not a word in a sentence.
pub(crate) fn single(word: &Word, titled: bool, keyed: bool) -> u8 {
    let best = given(word).max(surname(word));
    match word.shape {
        Shape::Title | Shape::Caps if titled => STRONG,
        Shape::Title if given(word) == Fit::Best => WEAK,
        Shape::Title if given(word) == Fit::Good || keyed && best >= Fit::Weak => STRONG,
        Shape::Caps if given(word) == Fit::Best && keyed => STRONG,
        _ => CERTAIN,
    }
}
