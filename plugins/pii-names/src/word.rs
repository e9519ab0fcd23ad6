//! One word of a text: where it ends, how it is written, what the dictionary knows of it.
//!
//! Owns: letters, apostrophes and hyphens within words, and capitals. Must not know: what stands around a word.

use crate::dictionary::look_up;
use crate::flags::{COMMON_GIVEN, COMMON_SURNAME, GIVEN, ORDINARY, PARTICLE, SURNAME, TITLE, WEAK_GIVEN, WEAK_SURNAME};
use crate::fold::{Case, HASH_START, hash_letter, hash_step, letter_at};

/// Letters of the longest word that is looked at; what is longer is no name.
const LETTERS_MAX: usize = 32;

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One capital letter.
    Initial,
    /// A capital and small letters, also `McDonald`, `O'Neill`, `Jean-Luc`.
    Title,
    /// Capitals only, two or more.
    Caps,
    /// Begins with a small letter.
    Lower,
    /// Anything else, as `camelCase` and words that go on as an identifier.
    Odd,
}

/// One word.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) shape: Shape,
    /// Flags of [`crate::flags`].
    pub(crate) flags: u16,
    /// Whether it has letters beyond ASCII, or two parts: unknown words of that kind are mostly names.
    pub(crate) marked: bool,
}

impl Word {
    pub(crate) fn has(&self, flags: u16) -> bool {
        self.flags & flags != 0
    }

    /// Whether it may be part of a name as far as the dictionary knows.
    pub(crate) fn may_name(&self) -> bool {
        matches!(self.shape, Shape::Title | Shape::Caps) && !self.has(ORDINARY)
    }

    /// Whether it is neither a known name nor an ordinary word.
    pub(crate) fn is_unknown(&self) -> bool {
        !self.has(GIVEN | SURNAME | ORDINARY)
    }
}

/// The parts of a word that hyphens join, while it is read.
struct Parts {
    flags: u16,
    strong: u16,
    count: usize,
    ordinary: bool,
}

impl Parts {
    fn add(&mut self, flags: u16) {
        self.count += 1;
        self.ordinary |= flags & ORDINARY != 0 && flags & (PARTICLE | TITLE) == 0;
        self.flags |= flags;
        if flags & (GIVEN | WEAK_GIVEN) == GIVEN {
            self.strong |= WEAK_GIVEN;
        }
        if flags & (SURNAME | WEAK_SURNAME) == SURNAME {
            self.strong |= WEAK_SURNAME;
        }
    }

    /// What is known of the whole: a name if one part is, ordinary if one part is.
    fn flags(&self) -> u16 {
        match (self.count, self.ordinary) {
            (1, _) => self.flags,
            (_, true) => ORDINARY,
            _ => {
                self.flags
                    & (GIVEN | SURNAME | WEAK_GIVEN | WEAK_SURNAME | COMMON_GIVEN | COMMON_SURNAME)
                    & !self.strong
            }
        }
    }
}

/// The words that were read of late: in a row of names each is asked for as the first, the second, the third of one.
pub(crate) struct Recent {
    words: [(usize, Option<Word>); RECENT],
}

/// Places for them, by where they begin: the words of a run lie within that much text, or are long.
const RECENT: usize = 128;

impl Recent {
    pub(crate) const fn new() -> Self {
        Self { words: [(usize::MAX, None); RECENT] }
    }

    /// What [`read_word`] answers.
    #[inline]
    pub(crate) fn read_word(&mut self, bytes: &[u8], start: usize) -> Option<Word> {
        let kept = self.words.get_mut(start % RECENT)?;
        if kept.0 != start {
            *kept = (start, read_word(bytes, start));
        }
        kept.1
    }
}

/// Reads the word that begins at a place; `None` where no letter does.
pub(crate) fn read_word(bytes: &[u8], start: usize) -> Option<Word> {
    let mut parts = Parts { flags: 0, strong: 0, count: 0, ordinary: false };
    let (mut at, mut hash, mut letters) = (start, HASH_START, 0);
    // Of the part: letters, capitals, and the place of the last capital.
    let (mut length, mut capitals, mut hump) = (0, 0, 0);
    let (mut shape, mut marked) = (None, false);
    loop {
        // Most letters are of ASCII: their hash is that of `hash_letter`.
        while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_alphabetic()) {
            if letters == LETTERS_MAX {
                return Some(Word { start, end: at, shape: Shape::Odd, flags: 0, marked });
            }
            hash = hash_step(hash, u32::from(byte | 0x20));
            if byte.is_ascii_uppercase() {
                capitals += 1;
                hump = length;
            }
            (letters, length, at) = (letters + 1, length + 1, at + 1);
        }
        while let Some(letter) = letter_at(bytes, at) {
            if letters == LETTERS_MAX {
                return Some(Word { start, end: at, shape: Shape::Odd, flags: 0, marked });
            }
            hash = hash_letter(hash, letter);
            letters += 1;
            at += letter.len;
            marked |= letter.len > 1;
            match letter.case {
                Case::Upper => {
                    capitals += 1;
                    hump = length;
                    length += 1;
                }
                Case::Lower => length += 1,
                Case::Mark => {}
            }
        }
        if length == 0 {
            return None;
        }
        if joins(bytes, at, length) {
            at += apostrophe_len(bytes, at);
            continue;
        }
        let flags = look_up(hash);
        parts.add(flags);
        shape = Some(joined(shape, part_shape(length, capitals, hump, first_is_upper(bytes, start), flags)));
        if bytes.get(at) != Some(&b'-') || letter_at(bytes, at + 1).is_none() {
            break;
        }
        marked = true;
        at += 1;
        (hash, length, capitals, hump) = (HASH_START, 0, 0, 0);
    }
    let goes_on = matches!(bytes.get(at), Some(b'0'..=b'9' | b'_'));
    let shape = if goes_on { Shape::Odd } else { shape.unwrap_or(Shape::Odd) };
    Some(Word { start, end: at, shape, flags: parts.flags(), marked })
}

fn first_is_upper(bytes: &[u8], start: usize) -> bool {
    letter_at(bytes, start).is_some_and(|letter| letter.case == Case::Upper)
}

/// Whether an apostrophe stands here within a word: `O'Neill`, but not `Ada's`.
fn joins(bytes: &[u8], at: usize, length: usize) -> bool {
    let len = apostrophe_len(bytes, at);
    if len == 0 || length > 8 {
        return false;
    }
    match letter_at(bytes, at + len) {
        Some(letter) if letter.folded == [u32::from(b's'), 0] => letter_at(bytes, at + len + letter.len).is_some(),
        Some(_) => true,
        None => false,
    }
}

/// Bytes of the apostrophe at a place: `'`, `’`, `ʼ`, or `'` behind a backslash; 0 where there is none.
fn apostrophe_len(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\'') => 1,
        Some(b'\\') if bytes.get(at + 1) == Some(&b'\'') => 2,
        Some(0xe2) if bytes.get(at + 1..at + 3) == Some(&[0x80, 0x99]) => 3,
        Some(0xca) if matches!(bytes.get(at + 1), Some(0xbb | 0xbc)) => 2,
        _ => 0,
    }
}

fn part_shape(length: usize, capitals: usize, hump: usize, first_is_upper: bool, flags: u16) -> Shape {
    match (first_is_upper, capitals) {
        (_, 0) => Shape::Lower,
        (false, _) => Shape::Odd,
        _ if capitals == length => {
            if length == 1 {
                Shape::Initial
            } else {
                Shape::Caps
            }
        }
        (true, 1) if hump == 0 => Shape::Title,
        // `McDonald`, `DeShawn`, `VanDyke`, `O'Neill`: one more capital, after few letters.
        (true, 2) if (1..=4).contains(&hump) && hump + 1 < length && flags & (GIVEN | SURNAME) != 0 => Shape::Title,
        _ => Shape::Odd,
    }
}

/// The shape of parts joined by a hyphen: a second part may be small (`Min-jun`).
fn joined(before: Option<Shape>, part: Shape) -> Shape {
    match (before, part) {
        (None, part) => part,
        (Some(Shape::Title | Shape::Initial), Shape::Title | Shape::Lower | Shape::Initial) => Shape::Title,
        (Some(Shape::Caps), Shape::Caps | Shape::Initial) => Shape::Caps,
        (Some(Shape::Lower), Shape::Lower) => Shape::Lower,
        _ => Shape::Odd,
    }
}
