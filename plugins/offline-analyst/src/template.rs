//! Owns recognising lines of the same shape (after Drain: a tree of fixed depth, then the most similar shape in a leaf).
//! Knows nothing about meaning. Invariants: at most [`TEMPLATES_MAX`] shapes, at most [`LEAF_MAX`] per leaf; lines beyond are counted.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::clock::Event;
use crate::level::Level;

/// Shapes kept. Real services have hundreds; thousands mean that free text is logged.
const TEMPLATES_MAX: usize = 2_000;
/// Shapes per leaf, which bounds the work per line.
const LEAF_MAX: usize = 24;
/// Tokens of a line that are looked at.
const TOKENS_MAX: usize = 32;
/// Bytes of a line that are looked at.
const BODY_BYTES: usize = 1_024;
/// The token that stands for any.
const ANY: u64 = 0;

/// One shape of lines.
#[derive(Debug)]
pub(crate) struct Template {
    tokens: Vec<u64>,
    pub(crate) count: u32,
    pub(crate) first: Event,
    pub(crate) last: Event,
    pub(crate) level: Option<Level>,
    /// Whether a known failure explains its lines.
    pub(crate) known: bool,
    /// The body of the first line, as bytes of that line.
    body: (usize, usize),
}

/// All shapes met so far.
#[derive(Debug, Default)]
pub(crate) struct Miner {
    pub(crate) templates: Vec<Template>,
    leaves: HashMap<u64, Vec<usize>, BuildHasherDefault<Mix>>,
    scratch: Vec<u64>,
    /// Lines that found no place.
    pub(crate) overflow: u32,
}

impl Miner {
    /// Files one line under its shape; `body` is the part of the line behind the stamp.
    /// Returns a number that is equal for lines that differ only in numbers and ids.
    pub(crate) fn learn(
        &mut self,
        line: &[u8],
        body: (usize, usize),
        event: Event,
        level: Option<Level>,
        known: bool,
    ) -> u64 {
        let text = line.get(body.0..body.1.min(body.0 + BODY_BYTES)).unwrap_or(&[]);
        let mut tokens = std::mem::take(&mut self.scratch);
        tokens.clear();
        tokens.extend(words(text).map(|(start, end)| token(&text[start..end])));
        let shape = tokens.iter().fold(0xcbf2_9ce4_8422_2325, |hash, token| mix(hash ^ token));
        let head = tokens.iter().take(2).fold(tokens.len() as u64, |hash, token| mix(hash ^ token));
        self.file(&tokens, head, body, event, level, known);
        self.scratch = tokens;
        shape
    }

    fn file(
        &mut self,
        tokens: &[u64],
        head: u64,
        body: (usize, usize),
        event: Event,
        level: Option<Level>,
        known: bool,
    ) {
        let leaf = self.leaves.get(&head).map_or(&[][..], Vec::as_slice);
        let mut best: Option<(usize, usize)> = None;
        for &id in leaf {
            let template = &self.templates[id];
            let equal = template.tokens.iter().zip(tokens).filter(|(a, b)| a == b).count();
            if template.tokens.len() == tokens.len() && best.is_none_or(|best| equal > best.0) {
                best = Some((equal, id));
                if equal == tokens.len() {
                    break;
                }
            }
        }
        // Three of five tokens alike make the same shape; a full leaf takes in whatever is nearest.
        if let Some((equal, id)) = best.filter(|(equal, _)| equal * 5 >= tokens.len() * 3 || leaf.len() >= LEAF_MAX) {
            let template = &mut self.templates[id];
            if equal < tokens.len() {
                for (mine, theirs) in template.tokens.iter_mut().zip(tokens) {
                    if *mine != *theirs {
                        *mine = ANY;
                    }
                }
            }
            template.count = template.count.saturating_add(1);
            template.last = event;
            template.level = template.level.max(level);
            template.known |= known;
            return;
        }
        if self.templates.len() >= TEMPLATES_MAX {
            self.overflow = self.overflow.saturating_add(1);
            return;
        }
        let id = self.templates.len();
        self.templates.push(Template {
            tokens: tokens.to_vec(),
            count: 1,
            first: event,
            last: event,
            level,
            known,
            body,
        });
        self.leaves.entry(head).or_default().push(id);
    }
}

impl Template {
    /// Writes the shape with its first line's words, `…` for what varies.
    pub(crate) fn render(&self, first_line: &str) -> String {
        let Some(body) = first_line.get(self.body.0..self.body.1) else { return String::new() };
        let mut text = String::new();
        for ((start, end), token) in words(body.as_bytes()).zip(&self.tokens) {
            let word = if *token == ANY { "…" } else { body.get(start..end).unwrap_or("…") };
            if word == "…" && text.ends_with('…') {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        crate::line::cut(&text, 160).to_owned()
    }
}

/// Byte ranges of the tokens of a body.
fn words(body: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        while body.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let start = at;
        while body.get(at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
            at += 1;
        }
        (at > start).then_some((start, at))
    })
    .take(TOKENS_MAX)
}

/// The hash of a token: [`ANY`] for numbers, ids, paths and quoted text, the key of `key=value`, else the token
/// with its digits made alike, so that `sshd[24200]:` stays a word.
fn token(word: &[u8]) -> u64 {
    if word.len() > 48 || matches!(word.first(), Some(b'/' | b'"')) {
        return ANY;
    }
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let (mut digits, mut letters, mut beyond_hex) = (0_usize, 0_usize, 0_usize);
    let mut in_digits = false;
    for &byte in word {
        if byte.is_ascii_digit() {
            digits += 1;
            if in_digits {
                continue;
            }
            in_digits = true;
            hash = (hash ^ u64::from(b'0')).wrapping_mul(0x0100_0000_01b3);
            continue;
        }
        in_digits = false;
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        if byte == b'=' {
            return mix(hash);
        }
        letters += usize::from(byte.is_ascii_alphabetic());
        beyond_hex += usize::from(matches!(byte, b'g'..=b'z' | b'G'..=b'Z'));
    }
    // Placeholders such as [IPv4_3] stand for values.
    let placeholder = word.first() == Some(&b'[') && digits > 0 && memchr::memchr(b'_', word).is_some();
    if placeholder || digits > 0 && (beyond_hex < 2 || letters < 3) {
        return ANY;
    }
    mix(hash).max(1)
}

fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    value ^ (value >> 29)
}

/// A hasher without random keys: the sandbox gives no randomness, and equal input must give equal output.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = mix(self.0 ^ u64::from(byte));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = mix(self.0 ^ value);
    }
}

/// The hash of a few bytes, for tables of names.
pub(crate) fn hash(label: usize, bytes: &[u8]) -> u64 {
    bytes.iter().fold(mix(label as u64), |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::LineRef;

    fn learn(lines: &[&str]) -> Miner {
        let mut miner = Miner::default();
        for (text, index) in lines.iter().zip(0..) {
            let line = LineRef { doc: 0, index, start: 0, end: 0 };
            let event = Event { at: None, group: 0, file: 0, line, dated: line };
            miner.learn(text.as_bytes(), (0, text.len()), event, None, false);
        }
        miner
    }

    #[test]
    fn lines_that_differ_in_values_share_a_shape() {
        let lines = [
            "combo sshd[19939]: Failed password for root from 10.0.0.1 port 4 ssh2",
            "combo sshd[19940]: Failed password for alice from [IPv4_3] port 52 ssh2",
            "combo sshd[19940]: Connection closed",
        ];
        let miner = learn(&lines);
        assert_eq!(miner.templates.iter().map(|template| template.count).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(miner.templates[0].render(lines[0]), "combo sshd[19939]: Failed password for … from … port … ssh2");
    }

    #[test]
    fn shapes_are_bounded_and_the_rest_is_counted() {
        let lines: Vec<String> = (0..3_000)
            .map(|n| {
                let word: String = format!("{n:04}").bytes().map(|digit| char::from(digit - b'0' + b'g')).collect();
                format!("{word} {word} {word}")
            })
            .collect();
        let borrowed: Vec<&str> = lines.iter().map(String::as_str).collect();
        let miner = learn(&borrowed);
        assert_eq!((miner.templates.len(), miner.overflow), (TEMPLATES_MAX, 1_000));
    }

    #[test]
    fn tokens_are_masked_by_what_they_look_like() {
        for word in ["123", "10.0.0.1", "deadbeef01", "/var/log/x", "\"quoted\"", "[IPv4_3]", "1a2b-3c4d"] {
            assert_eq!(token(word.as_bytes()), ANY, "{word}");
        }
        assert_eq!(token(b"sshd[1]:"), token(b"sshd[234]:"));
        assert_eq!(token(b"user=a"), token(b"user=b"));
        assert_ne!(token(b"open"), token(b"close"));
    }
}
