//! What the dictionary says of a word. The build script has this file too.

/// A given name.
pub(crate) const GIVEN: u16 = 1;
/// A surname.
pub(crate) const SURNAME: u16 = 1 << 1;
/// A given name that is also an ordinary word, a place or a product.
pub(crate) const WEAK_GIVEN: u16 = 1 << 2;
/// A surname that is also an ordinary word, a place or a product.
pub(crate) const WEAK_SURNAME: u16 = 1 << 3;
/// A given name of very many persons.
pub(crate) const COMMON_GIVEN: u16 = 1 << 4;
/// A surname of very many persons.
pub(crate) const COMMON_SURNAME: u16 = 1 << 5;
/// A word of programs, logs or the language that is no name.
pub(crate) const ORDINARY: u16 = 1 << 6;
/// Stands before a name and is part of it: `Dr`.
pub(crate) const TITLE: u16 = 1 << 7;
/// As `TITLE`, but proves nothing: `Chief`.
pub(crate) const HONOR: u16 = 1 << 8;
/// Stands behind a name and is part of it: `Jr`.
pub(crate) const SUFFIX: u16 = 1 << 9;
/// Joins the parts of a name in small letters: `van`.
pub(crate) const PARTICLE: u16 = 1 << 10;
/// A word before which or behind which persons stand, among much else: `by`.
pub(crate) const CUE: u16 = 1 << 11;
/// A word or key whose value is mostly a person: `assignee`.
pub(crate) const ROLE: u16 = 1 << 12;
/// A key whose value is a name whatever it looks like: `first_name`.
pub(crate) const NAME_KEY: u16 = 1 << 13;
/// What is done to a person, or by one, before `to`, `by`, `from`: `escalated`.
pub(crate) const DONE: u16 = 1 << 14;
/// What a person does, behind the name: `wrote`.
pub(crate) const DOES: u16 = 1 << 15;

/// Each word that marks a meaning, beside its flag in the data file.
#[allow(dead_code, reason = "only the build script reads names of flags")]
pub(crate) const NAMED: [(&str, u16); 10] = [
    ("title", TITLE),
    ("honor", HONOR),
    ("suffix", SUFFIX),
    ("particle", PARTICLE),
    ("cue", CUE),
    ("role", ROLE),
    ("name-key", NAME_KEY),
    ("done", DONE),
    ("does", DOES),
    ("ordinary", ORDINARY),
];
