//! The one pass over a text: words and a few signs, each handed to the rules it may concern.
//!
//! Owns: the loop and the cheap questions that decide which rule looks closer.
//! Must not know: what makes a finding (the rules do).
//! Invariants: nothing is compiled or allocated before the first finding; a rule sees at most 4 KiB before the place it
//! is asked about, and whether it finds something is settled 16 KiB behind it, though the finding may be longer; a rule
//! never changes where the pass goes on, so windows agree.

use crate::flags::Program;
use crate::keys::parse_key;
use crate::kind::{Kind, LABELS};
use crate::settle::{Finding, settle};
use crate::text::{CLASS, DIGIT, LETTER, LOWER, NOT_HEX, PairSet, TRIGGER, Text, UPPER, WORD, class};
use crate::tokens::TokenEnds;
use crate::url::UrlEnds;
use crate::value::ValueEnds;
use crate::{Span, address, email, flags, headers, host_name, iban, keyed, keys, numbers, pem, tokens, url};

/// The first two bytes of everything that is known by its beginning.
static BEGINNINGS: PairSet =
    PairSet::empty().with(b'b', b'e').with(b'b', b'a').or(&flags::BEGINNINGS).or(&tokens::BEGINNINGS);

/// The state of one pass.
pub(crate) struct Scanner<'a> {
    pub(crate) text: Text<'a>,
    pub(crate) value_ends: ValueEnds,
    pub(crate) url_ends: UrlEnds,
    pub(crate) token_ends: TokenEnds,
    /// Whether the text was decoded out of another one: encoded text in it is not decoded again.
    pub(crate) nested: bool,
    /// The last program whose short flags carry secrets, and where it stood.
    pub(crate) last_program: Option<(Program, usize)>,
    found: Vec<Finding>,
}

/// Finds everything in a text.
pub(crate) fn detect(text: &str) -> Vec<Span> {
    run(text, false)
}

/// Finds everything in a text that was decoded from base64.
pub(crate) fn detect_nested(text: &str) -> Vec<Span> {
    run(text, true)
}

fn run(text: &str, nested: bool) -> Vec<Span> {
    let mut scanner = Scanner {
        text: Text::new(text),
        value_ends: ValueEnds::new(),
        url_ends: UrlEnds::new(),
        token_ends: TokenEnds::new(),
        nested,
        last_program: None,
        found: Vec::new(),
    };
    scanner.pass(text.as_bytes());
    settle(text, scanner.found)
}

impl Scanner<'_> {
    /// Notes a finding; an empty one is none.
    pub(crate) fn report(&mut self, start: usize, end: usize, kind: Kind, confidence: f32) {
        self.report_label(start, end, kind.label(), confidence);
    }

    /// Notes a finding of another pass under its label.
    pub(crate) fn report_label(&mut self, start: usize, end: usize, label: &'static str, confidence: f32) {
        if start < end && end <= self.text.len() {
            let rank = LABELS
                .iter()
                .position(|row| row.label == label)
                .and_then(|at| u8::try_from(at).ok())
                .unwrap_or(u8::MAX);
            self.found.push(Finding { span: Span { start, end, label, confidence }, rank });
        }
    }

    fn pass(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let kind = CLASS[byte as usize];
            if kind & WORD != 0 {
                let start = at;
                let mut classes = kind;
                at += 1;
                while let Some(&byte) = bytes.get(at) {
                    let kind = CLASS[byte as usize];
                    if kind & WORD == 0 {
                        break;
                    }
                    classes |= kind;
                    at += 1;
                }
                self.on_word(start, at, classes);
            } else {
                if kind == TRIGGER {
                    self.on_sign(at, byte);
                }
                at += 1;
            }
        }
    }

    fn on_sign(&mut self, at: usize, byte: u8) {
        let text = self.text;
        match byte {
            b'@' => {
                email::on_at_sign(self, at, at + 1);
                url::on_driver_address(self, at);
            }
            b':' => match text.at(at + 1) {
                b'/' | b'\\' => url::on_scheme_colon(self, at),
                b':' if text.before(at, 1) != b':' && class(text.before(at, 1)) & WORD == 0 => {
                    address::on_double_colon(self, at)
                }
                _ => {}
            },
            b'-' if text.at(at + 1) == b'-' && text.before(at, 1) != b'-' => pem::on_dashes(self, at),
            b'%' if text.starts_with(at + 1, b"40") => email::on_at_sign(self, at, at + 3),
            b'%' if text.starts_with_ignoring_case(at + 1, b"3A%2F") => url::on_scheme_colon(self, at),
            b'\\' if text.starts_with(at + 1, b"u0040") => email::on_at_sign(self, at, at + 6),
            _ => {}
        }
    }

    fn on_word(&mut self, start: usize, end: usize, classes: u8) {
        match self.text.before(start, 1) {
            b'%' | b'\\' | b'[' => {
                let cut = self.escape_len(start, end);
                if cut > 0 {
                    let classes = self.text.slice(start + cut, end).iter().fold(0, |sum, byte| sum | class(*byte));
                    if start + cut < end {
                        self.judge_word(start + cut, end, classes);
                    }
                    return;
                }
                self.judge_word(start, end, classes);
            }
            _ => self.judge_word(start, end, classes),
        }
    }

    /// How many bytes of a word belong to an escape before it: `%3D`, `\n`, `\u0022`, `ESC[31m`.
    fn escape_len(&self, start: usize, end: usize) -> usize {
        let text = self.text;
        let first = text.at(start);
        match text.before(start, 1) {
            b'%' if first.is_ascii_hexdigit() && text.at(start + 1).is_ascii_hexdigit() => 2,
            b'\\' if first == b'u' && text.run(start + 1, 4, |byte| byte.is_ascii_hexdigit()) == start + 5 => 5,
            b'\\' if matches!(first, b'n' | b'r' | b't') => 1,
            b'[' if matches!(text.before(start, 2), 0x1b) => {
                let digits = text.run(start, 4, |byte| byte.is_ascii_digit());
                if digits < end && text.at(digits) == b'm' { digits + 1 - start } else { 0 }
            }
            _ => 0,
        }
    }

    #[inline]
    fn judge_word(&mut self, start: usize, end: usize, classes: u8) {
        let previous = self.text.before(start, 1);
        let next = self.text.at(end);
        // Addresses and host names are words joined by these.
        if matches!(next, b':' | b'-' | b'.') {
            self.judge_joined(start, end, classes, previous, next);
        }
        if classes == DIGIT {
            if self.may_be_number(end - start, end, previous, next) {
                numbers::on_digits(self, start, end);
            }
            return;
        }
        if classes & LETTER != 0 {
            self.judge_letters(start, end, classes, previous, next);
        }
    }

    /// Tells whether digits can be a number that names somebody: long, or with a sign before or more behind.
    #[inline]
    fn may_be_number(&self, length: usize, end: usize, previous: u8, next: u8) -> bool {
        let text = self.text;
        let more_behind = || text.at(end + 1).is_ascii_digit() || text.at(end + 2).is_ascii_digit();
        length >= 7 || previous == b'+' || (matches!(next, b' ' | b'-' | b'.' | b'/' | b')') && more_behind())
    }

    fn judge_joined(&mut self, start: usize, end: usize, classes: u8, previous: u8, next: u8) {
        let text = self.text;
        let length = end - start;
        if classes & NOT_HEX == 0 && length <= 4 {
            let opens = match next {
                b':' => true,
                b'-' => length == 2,
                _ => length == 4,
            };
            // The minutes of a clock and the month of a date go on from a group of two digits.
            let goes_on = previous == next
                && text.before(start, 2).is_ascii_digit()
                && text.before(start, 3).is_ascii_digit()
                && class(text.before(start, 4)) & WORD == 0;
            if opens && !goes_on {
                address::on_hex_group(self, start, end);
            }
        }
        if classes == DIGIT && length <= 3 && next == b'.' {
            address::on_dotted_number(self, start);
        }
        // Numbers before a dot are mostly addresses and fractions, four digits before a hyphen a year.
        let dotted = match next {
            b'.' => classes != DIGIT || class(text.at(end + 1)) & LETTER != 0,
            b'-' => classes != DIGIT || length != 4,
            _ => false,
        };
        if dotted && host_name::may_begin(previous) {
            host_name::on_dotted_word(self, start);
        }
    }

    /// Rules for words with letters: tokens, account numbers, names of secrets, schemes, flags.
    #[inline]
    fn judge_letters(&mut self, start: usize, end: usize, classes: u8, previous: u8, next: u8) {
        let text = self.text;
        let length = end - start;
        if previous == b'-' && matches!(text.at(start), b'p' | b'u') {
            flags::on_flag(self, start, end);
        }
        if length < 2 {
            return;
        }
        let (first, second) = (text.at(start), text.at(start + 1));
        if BEGINNINGS.may_hold(first, second) {
            self.judge_beginning(start, end, first, second);
        }
        let letters_then_digits = classes & DIGIT != 0
            && class(first) & LETTER != 0
            && class(second) & LETTER != 0
            && class(text.at(start + 2)) & class(text.at(start + 3)) & DIGIT != 0;
        if letters_then_digits {
            iban::on_word(self, start);
        }
        if length >= 16 && classes & UPPER != 0 && classes & LOWER != 0 {
            tokens::on_long_word(self, start);
        }
        let separated = match next {
            b'=' | b':' | b'"' | b'\'' | b'\\' | b'`' | b'>' | b'%' | b']' => true,
            // `name = value`, SQL's `PASSWORD 'x'`, `password is x`, `--flag value`; else a blank only ends a word.
            b' ' | b'\t' => {
                previous == b'-'
                    || matches!(text.at(end + 1), b'=' | b':' | b'\'' | b'"' | b' ' | b'\t' | b'i' | b'w' | b'f')
            }
            _ => false,
        };
        if separated {
            let last = text.before(end, 1);
            let numbered = class(last) & DIGIT != 0 && next != b' ';
            if (numbered || keys::may_end_key(text.before(end, 2), last))
                && let Some(key) = parse_key(text, end)
            {
                keyed::on_key(self, key, end);
            }
        }
    }

    /// Words that begin like a token, a program or a scheme of authentication.
    fn judge_beginning(&mut self, start: usize, end: usize, first: u8, second: u8) {
        if flags::BEGINNINGS.may_hold(first, second) {
            flags::on_program(self, start, end);
        }
        if tokens::BEGINNINGS.may_hold(first, second) {
            tokens::on_word(self, start);
        }
        let word = self.text.slice(start, end);
        if word.eq_ignore_ascii_case(b"bearer") || word.eq_ignore_ascii_case(b"basic") {
            headers::on_scheme_word(self, start, end);
        }
    }
}
