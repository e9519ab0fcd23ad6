//! The words that may make up one name: a run of capitals, initials and particles, one space between two.
//!
//! Owns: how the parts of a name are joined. Must not know: which run is a name.
//! Invariant: a run has at most [`TOKENS_MAX`] tokens of bounded length.

use crate::flags::{ORDINARY, PARTICLE, SUFFIX};
use crate::word::{Recent, Shape, Word};

/// Words of the longest name that is told in one piece.
pub(crate) const TOKENS_MAX: usize = 7;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A word that may be a given name or a surname.
    Name,
    /// One letter, its full stop with it.
    Initial,
    /// `van`, `de la`, `bin`.
    Particle,
    /// An ordinary word with a capital: a name in the best of places only, and the last of its run.
    Ordinary,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Token {
    pub(crate) word: Word,
    /// Behind the word, and behind the full stop of an initial.
    pub(crate) end: usize,
    pub(crate) part: Part,
}

/// A run, in order.
pub(crate) struct Run {
    tokens: [Option<Token>; TOKENS_MAX],
    len: usize,
}

impl Run {
    pub(crate) fn get(&self, at: usize) -> Option<&Token> {
        self.tokens.get(at)?.as_ref()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn push(&mut self, token: Token) {
        if let Some(place) = self.tokens.get_mut(self.len) {
            *place = Some(token);
            self.len += 1;
        }
    }
}

/// Reads the run that begins with a word which may be a name, or an initial.
pub(crate) fn read_run(bytes: &[u8], first: Word, known: &mut Recent) -> Option<Run> {
    let mut run = Run { tokens: [None; TOKENS_MAX], len: 0 };
    run.push(token(bytes, first)?);
    while run.len < TOKENS_MAX {
        let Some(last) = run.get(run.len - 1).copied() else { break };
        let Some(at) = behind_separator(bytes, last.end, last.part) else { break };
        let Some(next) = known.read_word(bytes, at).and_then(|word| token(bytes, word)) else { break };
        // `Jr` and its like are taken behind the name.
        if run.len > 1 && (next.word.has(SUFFIX) || next.part == Part::Initial && is_degree_at(bytes, at, false)) {
            break;
        }
        run.push(next);
        if next.part == Part::Ordinary {
            break;
        }
    }
    // A particle joins: at the end it belongs to the sentence.
    while run.len > 0 && run.get(run.len - 1).is_some_and(|token| token.part == Part::Particle) {
        run.len -= 1;
    }
    Some(run)
}

fn token(bytes: &[u8], word: Word) -> Option<Token> {
    let stop = bytes.get(word.end) == Some(&b'.');
    match word.shape {
        Shape::Initial => Some(Token { word, end: word.end + usize::from(stop), part: Part::Initial }),
        Shape::Lower if word.has(PARTICLE) => Some(Token { word, end: word.end, part: Part::Particle }),
        Shape::Title | Shape::Caps if word.has(ORDINARY) => {
            let part = if word.has(PARTICLE) { Part::Particle } else { Part::Ordinary };
            Some(Token { word, end: word.end, part })
        }
        Shape::Title | Shape::Caps => Some(Token { word, end: word.end, part: Part::Name }),
        _ => None,
    }
}

/// Whether a degree begins here: capitals and full stops in turn, one of them a word (`B.Eng.`, but not `J.R.`, which is one
/// behind a comma only).
pub(crate) fn is_degree_at(bytes: &[u8], start: usize, behind_comma: bool) -> bool {
    let rest = bytes.get(start..).unwrap_or_default().iter().take(10);
    let len = rest.take_while(|byte| byte.is_ascii_alphabetic() || **byte == b'.').count();
    let word = bytes.get(start..start + len).unwrap_or_default();
    let mut parts = word.strip_suffix(b".").unwrap_or(word).split(|byte| *byte == b'.');
    let fits = |part: &[u8]| part.len() <= 5 && part.first().is_some_and(u8::is_ascii_uppercase);
    len > 2
        && len < 10
        && parts.clone().count() > 1
        && parts.clone().all(fits)
        && (behind_comma || parts.any(|part| part.len() > 1))
}

/// Where the next word of a name begins, if one separator stands here. Behind an initial's full stop there may be none.
fn behind_separator(bytes: &[u8], at: usize, part: Part) -> Option<usize> {
    let len = separator_len(bytes, at);
    if len > 0 {
        return Some(at + len);
    }
    let dotted = part == Part::Initial && at > 0 && bytes.get(at - 1) == Some(&b'.');
    dotted.then_some(at)
}

/// Bytes of the one space at a place, as text, URLs and forms write it; 0 where there is none.
pub(crate) fn separator_len(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b' ') => 1,
        Some(b'+') => 1,
        Some(b'%') if bytes.get(at + 1..at + 3) == Some(b"20") => 3,
        Some(0xc2) if bytes.get(at + 1) == Some(&0xa0) => 2,
        _ => 0,
    }
}
