//! Names in letters with capitals: from a word that may begin one to the span.
//!
//! Owns: choosing how much of a run of words is a name. Must not know: levels for words (`judge`), places (`context`).

use crate::context::{Before, NONE, STRONG, WEAK, before, behind};
use crate::dictionary::look_up_text;
use crate::flags::{GIVEN, HONOR, ORDINARY, SUFFIX, SURNAME, TITLE};
use crate::judge::{NEVER, initial_and_surname, is_good_surname, pair, single, turned_pair};
use crate::tokens::{Part, Run, Token, is_degree_at, read_run, separator_len};
use crate::word::{Recent, Shape, Word};
use crate::{PERSON_NAME, Span};

/// What stands around a name, read when first asked for: most words need no look.
struct Surroundings<'a> {
    bytes: &'a [u8],
    start: usize,
    before: Option<Before>,
}

impl Surroundings<'_> {
    fn before(&mut self) -> Before {
        let (bytes, start) = (self.bytes, self.start);
        *self.before.get_or_insert_with(|| before(bytes, start))
    }

    fn level(&mut self, end: usize) -> u8 {
        let (left, right) = (self.before().level, behind(self.bytes, end));
        if left == WEAK && right == WEAK { STRONG } else { left.max(right) }
    }

    fn allows(&mut self, need: u8, end: usize) -> bool {
        need == NONE || need < NEVER && need <= self.level(end)
    }
}

/// The name that begins with this word, if one does.
pub(crate) fn name_at(bytes: &[u8], first: Word, known: &mut Recent) -> Option<Span> {
    match first.shape {
        Shape::Initial => {}
        Shape::Title | Shape::Caps if !first.has(ORDINARY) => {}
        Shape::Title => return behind_ordinary(bytes, first, known),
        _ => return None,
    }
    if first.has(TITLE | HONOR) && !first.has(GIVEN | SURNAME) {
        return None;
    }
    let run = read_run(bytes, first, known)?;
    let mut around = Surroundings { bytes, start: first.start, before: None };
    let (end, need) = longest(bytes, &run, &mut around, known).or_else(|| alone(bytes, &run, &mut around))?;
    let around = around.before();
    let confidence = match need.max(around.level) {
        NONE => 0.7,
        WEAK => 0.8,
        STRONG => 0.9,
        _ => 0.95,
    };
    Some(Span { start: around.start, end: with_suffixes(bytes, end), label: PERSON_NAME, confidence })
}

/// A name whose given name is an ordinary word elsewhere (`Odd Svendsen`, `An Nguyen`): with a good surname, in a place
/// that speaks for a person.
fn behind_ordinary(bytes: &[u8], first: Word, known: &mut Recent) -> Option<Span> {
    if first.has(TITLE | HONOR) || !matches!(bytes.get(first.end..first.end + 2), Some([b' ', b'A'..=b'Z' | 0xc3..])) {
        return None;
    }
    let second = known.read_word(bytes, first.end + 1)?;
    let run = read_run(bytes, second, known)?;
    let last = run.get(0).filter(|token| token.part == Part::Name && token.word.shape == Shape::Title)?;
    if !is_good_surname(&last.word) || run.get(1).is_some_and(|token| token.part != Part::Name) {
        return None;
    }
    let end = run.get(run.len() - 1)?.end;
    let around = before(bytes, first.start);
    let span = Span { start: around.start, end: with_suffixes(bytes, end), label: PERSON_NAME, confidence: 0.7 };
    (around.level >= STRONG).then_some(span)
}

/// The longest beginning of a run that is a name of two words or more.
fn longest(bytes: &[u8], run: &Run, around: &mut Surroundings, known: &mut Recent) -> Option<(usize, u8)> {
    let first = run.get(0)?;
    if let Some((end, need)) = turned(bytes, run, known)
        && around.allows(need, end)
    {
        return Some((end, need));
    }
    for last in (1..run.len()).rev() {
        let token = run.get(last)?;
        let need = needed(run, first, token, last);
        if around.allows(need, token.end) {
            return Some((token.end, need));
        }
    }
    None
}

/// What the run from its first token to this one needs.
fn needed(run: &Run, first: &Token, last: &Token, at: usize) -> u8 {
    // `JOHN Smith` is none; `John SMITH` is.
    if first.word.shape == Shape::Caps && last.word.shape == Shape::Title && at > 0 {
        return NEVER;
    }
    match (first.part, last.part) {
        (Part::Initial, Part::Name) => {
            let stop = first.end > first.word.end;
            let inner = (1..at).filter_map(|inner| run.get(inner)).find(|token| token.part == Part::Name);
            match inner {
                // `J. Robert Oppenheimer`
                Some(inner) => pair(&inner.word, &last.word).min(initial_and_surname(stop, &last.word)),
                None => initial_and_surname(stop, &last.word),
            }
        }
        // `John Q.`, `Smith J.`
        (Part::Name, Part::Initial) if at == 1 => {
            if last.end == last.word.end || last.word.has(0) {
                return NEVER;
            }
            if first.word.has(GIVEN | SURNAME) { STRONG } else { NEVER }
        }
        (Part::Name, Part::Name) => {
            let names: usize = (1..at).filter(|inner| run.get(*inner).is_some_and(|t| t.part == Part::Name)).count();
            let whole = pair(&first.word, &last.word);
            match run.get(1) {
                // Three names and more: the first two may carry the rest.
                Some(second) if names > 0 && second.part == Part::Name => {
                    let carried = pair(&first.word, &second.word);
                    let rest = if last.word.is_unknown() && !last.word.marked { carried + 1 } else { carried };
                    whole.min(rest)
                }
                _ if at > 1 && names == 0 => joined_by_particles(run, at, whole),
                _ => whole,
            }
        }
        (Part::Name, Part::Ordinary) if at == 1 => pair(&first.word, &last.word),
        // `John Q. Public`
        (Part::Name, Part::Ordinary)
            if at == 2 && first.word.has(GIVEN) && run.get(1).is_some_and(is_stopped_initial) =>
        {
            WEAK
        }
        _ => NEVER,
    }
}

fn is_stopped_initial(token: &Token) -> bool {
    token.part == Part::Initial && token.end > token.word.end
}

/// `Jan van der Berg`, `John Q. Public`: what joins them speaks for a name, a mere `and` does not.
fn joined_by_particles(run: &Run, at: usize, need: u8) -> u8 {
    let only_letters =
        (1..at).all(|inner| run.get(inner).is_some_and(|t| t.word.end - t.word.start == 1 && t.part == Part::Particle));
    if only_letters && need > NONE { need.max(STRONG) } else { need }
}

/// `Surname, Given` and further given names.
fn turned(bytes: &[u8], run: &Run, known: &mut Recent) -> Option<(usize, u8)> {
    let (first, last) = (run.get(0)?, run.get(run.len() - 1)?);
    // `van der Berg, Jan` begins at its surname; `Berg Hansen, Jan` has two.
    if run.len() > 3 || last.part != Part::Name || bytes.get(last.end) != Some(&b',') || !first.word.may_name() {
        return None;
    }
    let at = last.end + 1 + separator_len(bytes, last.end + 1);
    let word = known.read_word(bytes, at)?;
    if !word.may_name() || word.shape != last.word.shape {
        return None;
    }
    let rest = read_run(bytes, word, known)?;
    let need = turned_pair(&last.word, &word);
    // A second given name or an initial belongs to it, a second surname begins another name.
    let end = (1..rest.len())
        .map_while(|at| rest.get(at).filter(|t| t.part == Part::Initial || t.part == Part::Name && t.word.has(GIVEN)))
        .take(2)
        .last()
        .map_or(word.end, |token| token.end);
    // `Smith, John Miller` is more likely a list.
    let surname_behind = rest.get(1).is_some_and(|t| t.part == Part::Name && !t.word.has(GIVEN));
    Some((end, if surname_behind { need.max(STRONG) } else { need }))
}

/// One word that is a name in this place.
fn alone(bytes: &[u8], run: &Run, around: &mut Surroundings) -> Option<(usize, u8)> {
    let first = run.get(0)?;
    if first.part != Part::Name
        || matches!(bytes.get(first.word.end), Some(b'.' | b'(' | b'/' | b'='))
            && bytes.get(first.word.end + 1).is_some_and(u8::is_ascii_alphanumeric)
    {
        return None;
    }
    // Unknown words alone are looked at behind a title only; that needs its sign.
    if !first.word.has(GIVEN | SURNAME)
        && !matches!(bytes.get(first.word.start.checked_sub(1)?), Some(b' ' | b'.' | b'=' | b':' | b'"' | b'\''))
    {
        return None;
    }
    let before = around.before();
    let need = single(&first.word, before.titled, before.keyed);
    if before.quoted_only && need > behind(bytes, first.word.end) {
        return None;
    }
    around.allows(need, first.word.end).then_some((first.word.end, need))
}

/// Takes `Jr.`, `III`, `Ph.D.` and their like behind a name into it, three at most.
fn with_suffixes(bytes: &[u8], end: usize) -> usize {
    let mut end = end;
    for _ in 0..3 {
        let comma = usize::from(bytes.get(end) == Some(&b','));
        let space = separator_len(bytes, end + comma);
        if space == 0 {
            break;
        }
        let Some(next) = suffix_end(bytes, end + comma + space, comma == 1) else { break };
        end = next;
    }
    end
}

fn suffix_end(bytes: &[u8], start: usize, behind_comma: bool) -> Option<usize> {
    let letters = bytes.get(start..)?.iter().take(9).take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'.');
    let mut end = start + letters.count();
    let word = bytes.get(start..end)?;
    if !word.first()?.is_ascii_uppercase()
        || matches!(bytes.get(end), Some(b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' | b'='))
    {
        return None;
    }
    if look_up_text(word) & SUFFIX == 0 && !is_degree_at(bytes, start, behind_comma) {
        return None;
    }
    // A single full stop at the end of a sentence is its own, but `Jr.` and `Ph.D.` have theirs.
    let dotted = word.iter().filter(|byte| **byte == b'.').count();
    if dotted == 1 && word.ends_with(b".") && word.len() > 4 {
        end -= 1;
    }
    Some(end)
}
