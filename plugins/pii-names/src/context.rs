//! What stands before and behind a name, and how much that says.
//!
//! Owns: levels of evidence, the words and signs that give them. Must not know: the name itself.
//! Invariant: nothing looks further than [`LOOK_BACK`] bytes back, nor than that ahead.

use crate::dictionary::look_up_text;
use crate::flags::{CUE, DOES, DONE, HONOR, NAME_KEY, ROLE, TITLE};
use crate::fold::letter_at;
use crate::word::{Shape, Word, read_word};

/// Bytes of the longest word, with the signs around it, that says something about a name beside it.
const LOOK_BACK: usize = 48;
/// Signs between a name and what speaks for it.
const SIGNS_MAX: usize = 8;

/// Nothing speaks for a person.
pub(crate) const NONE: u8 = 0;
/// A word that persons stand beside, among much else: `by`, `user`.
pub(crate) const WEAK: u8 = 1;
/// A word or key that persons stand beside: `assigned to`, `author:`, `Dr.`.
pub(crate) const STRONG: u8 = 2;
/// A key that only names stand behind: `first_name=`.
pub(crate) const CERTAIN: u8 = 3;

/// What stands before a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Before {
    pub(crate) level: u8,
    /// Whether the word before is a title in capitals or with a full stop: one word behind it is a name.
    pub(crate) titled: bool,
    /// Where the name begins with its titles.
    pub(crate) start: usize,
    /// Whether a key and its sign stand before (`author:`), not a word of a sentence.
    pub(crate) keyed: bool,
    /// Whether a quotation mark is all that speaks for the name: enough for a pair of words, not for one.
    pub(crate) quoted_only: bool,
}

/// Reads what stands before a name.
pub(crate) fn before(bytes: &[u8], start: usize) -> Before {
    let (start, titled, small_title) = with_titles(bytes, start);
    let mut found = Before { level: NONE, titled, start, keyed: false, quoted_only: false };
    let (word_end, signs) = back_over_signs(bytes, start);
    if let Some(signs) = signs {
        let word_start = back_over_word(bytes, word_end);
        let flags = flags_of_key(bytes.get(word_start..word_end).unwrap_or_default());
        found.keyed = signs.assigns;
        found.level = match (flags, signs.assigns) {
            (flags, true) if flags & NAME_KEY != 0 => CERTAIN,
            (flags, false) if flags & NAME_KEY != 0 => STRONG,
            (flags, _) if flags & ROLE != 0 => STRONG,
            (flags, _) if flags & CUE != 0 => after_what_is_done(bytes, word_start),
            (flags, false) if flags & DONE != 0 => WEAK,
            _ => NONE,
        };
        if found.level == NONE && signs.quoted {
            found.level = WEAK;
            found.quoted_only = true;
        }
    }
    if titled {
        found.level = CERTAIN;
    } else if small_title {
        found.level = found.level.max(WEAK);
    }
    found
}

/// Takes titles before a name into it, three at most; tells whether one of them is proof, or at least a hint.
fn with_titles(bytes: &[u8], start: usize) -> (usize, bool, bool) {
    let (mut start, mut titled, mut hinted) = (start, false, false);
    for _ in 0..3 {
        let mut at = start;
        if at > 0 && bytes.get(at - 1) == Some(&b' ') {
            at -= 1;
        }
        let stop = at > 0 && bytes.get(at - 1) == Some(&b'.');
        at -= usize::from(stop);
        if at == start {
            break;
        }
        // Some titles have a full stop within: `Sig.ra`, `Univ.Prof.`
        let word_start =
            back_while(bytes, at, |byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'.') || byte >= 0x80);
        let word = bytes.get(word_start..at).unwrap_or_default();
        if word.is_empty() || word_start > 0 && matches!(bytes.get(word_start - 1), Some(b'0'..=b'9' | b'_' | b'/')) {
            break;
        }
        let flags = look_up_text(word);
        if flags & (TITLE | HONOR) == 0 {
            break;
        }
        let capital = read_word(bytes, word_start).is_some_and(|word| word.shape != Shape::Lower);
        if flags & TITLE != 0 && (capital || stop) {
            titled = true;
        } else if flags & TITLE != 0 {
            hinted = true;
        } else if flags & HONOR == 0 || !capital {
            break;
        }
        start = word_start;
    }
    (start, titled, hinted)
}

/// Signs between a name and the word before it.
#[derive(Clone, Copy)]
struct Signs {
    assigns: bool,
    quoted: bool,
}

/// Goes back over spaces and signs to the end of a word; `None` where the line or a sentence ends before one.
fn back_over_signs(bytes: &[u8], start: usize) -> (usize, Option<Signs>) {
    let mut signs = Signs { assigns: false, quoted: false };
    let mut at = start;
    while at > 0 && start - at <= SIGNS_MAX {
        match bytes.get(at - 1) {
            Some(b' ' | b'\t' | b'(' | b'[' | b'{' | b'<' | b'\\' | b'*' | b'`' | b'@' | b',') => {}
            Some(b'"' | b'\'') => signs.quoted = true,
            // A path: `module::Name`.
            Some(b':') if at > 1 && bytes.get(at - 2) == Some(&b':') => return (at, None),
            Some(b':' | b'=' | b'>') => signs.assigns = true,
            Some(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | 0x80..) if at < start => return (at, Some(signs)),
            Some(b')' | b']') if signs.assigns => {}
            _ => break,
        }
        at -= 1;
    }
    // A quotation that begins a line or a value speaks for a value of its own.
    (at, signs.quoted.then_some(Signs { assigns: false, ..signs }))
}

fn back_over_word(bytes: &[u8], end: usize) -> usize {
    back_while(bytes, end, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') || byte >= 0x80)
}

fn back_over_letters(bytes: &[u8], end: usize) -> usize {
    back_while(bytes, end, |byte| byte.is_ascii_alphabetic() || byte == b'-' || byte >= 0x80)
}

fn back_while(bytes: &[u8], end: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let mut at = end;
    while at > 0 && end - at < LOOK_BACK && bytes.get(at - 1).is_some_and(|byte| wanted(*byte)) {
        at -= 1;
    }
    at
}

/// What is known of a key by its last part or its last two: `billing.firstName`, `created-by`.
pub(crate) fn flags_of_key(key: &[u8]) -> u16 {
    let mut cuts = [0, 0];
    let mut found = 0;
    for at in (1..key.len()).rev() {
        let (Some(before), Some(here)) = (key.get(at - 1), key.get(at)) else { break };
        let hump = before.is_ascii_lowercase() && here.is_ascii_uppercase();
        let sign = matches!(before, b'_' | b'-' | b'.');
        if hump || sign {
            if let Some(cut) = cuts.get_mut(found) {
                *cut = at;
            }
            found += 1;
            if found == 2 {
                break;
            }
        }
    }
    let [last, last_two] = cuts;
    if found == 0 {
        return look_up_text(key);
    }
    let of_last = look_up_text(key.get(last..).unwrap_or_default());
    let of_two = look_up_text(key.get(last_two..).unwrap_or_default());
    let meanings = NAME_KEY | ROLE | CUE;
    if of_two & meanings != 0 { of_two } else { of_last }
}

/// How much a cue says: with `assigned`, `reported` before it, as much as can be.
fn after_what_is_done(bytes: &[u8], cue_start: usize) -> u8 {
    if cue_start == 0 || !matches!(bytes.get(cue_start - 1), Some(b' ' | b'-' | b'_')) {
        return WEAK;
    }
    let end = cue_start - 1;
    let word = bytes.get(back_over_letters(bytes, end)..end).unwrap_or_default();
    if look_up_text(word) & DONE != 0 { STRONG } else { WEAK }
}

/// Reads what stands behind a name.
pub(crate) fn behind(bytes: &[u8], end: usize) -> u8 {
    let rest = bytes.get(end..).unwrap_or_default();
    match rest {
        [b' ', b'<' | b'(' | b'[', mail @ ..] | [b'<', mail @ ..] if is_mail(mail) => STRONG,
        [b'\'', b's', b' ', ..] => WEAK,
        [b' ', b'o', b'n', b' ' | b'-', b'c', b'a', b'l', b'l', ..] => STRONG,
        [b' ', b'a'..=b'z', ..] => match read_word(bytes, end + 1) {
            Some(Word { flags, shape: Shape::Lower, .. }) if flags & DOES != 0 => WEAK,
            _ => NONE,
        },
        _ => NONE,
    }
}

fn is_mail(text: &[u8]) -> bool {
    let end = text.iter().take(LOOK_BACK).position(|byte| matches!(byte, b'>' | b')' | b']' | b' ' | b'\n'));
    text.get(..end.unwrap_or(text.len().min(LOOK_BACK))).unwrap_or_default().contains(&b'@')
}

/// Whether a word that begins here is the beginning of one, not the middle of an identifier, a path or a joined word.
pub(crate) fn begins_word(bytes: &[u8], start: usize) -> bool {
    if start == 0 {
        return true;
    }
    match bytes.get(start - 1) {
        Some(b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | b'#') => false,
        Some(b'-' | b'\'') => {
            start < 2 || !bytes.get(start - 2).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
        }
        Some(b'.') => {
            start < 2 || !bytes.get(start - 2).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80)
        }
        Some(0x80..) => !ends_with_letter(bytes, start),
        _ => true,
    }
}

fn ends_with_letter(bytes: &[u8], end: usize) -> bool {
    (1..=3).any(|len| end >= len && letter_at(bytes, end - len).is_some_and(|letter| letter.len == len))
}
