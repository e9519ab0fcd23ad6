//! The one pass over a text: words and a few signs, each handed to the rules it may concern.
//!
//! Owns: the loop and the cheap questions that decide which rule looks closer.
//! Must not know: what makes a finding (the rules do).
//! Invariants: nothing is compiled or allocated before the first finding; a rule sees at most 4 KiB before the place it
//! is asked about, and whether it finds something is settled 16 KiB behind it, though the finding may be longer; a rule
//! never changes where the pass goes on, so windows agree.

use pii_scan::decode::{DEPTH_MAX, EncodedLines, WORD_MIN_BYTES, base64_text};
use pii_scan::grams::Grams;
use pii_scan::next_hit;
use pii_scan::settle::{Finding, settle, unsettled};
use pii_scan::text::{DIGIT, LETTER, NOT_HEX, NextHit, Text, WORD, class, is_base64};
use pii_scan::value::ValueEnds;
use pii_scan::words::{Visit, Word, pass, without_escape};

use crate::keys::parse_key;
use crate::kind::{Kind, LABELS};
use crate::url::UrlEnds;
use crate::{Span, address, email, headers, host_name, iban, keyed, keys, numbers, url};

/// The ends of secrets' names, and of the schemes `bearer` and `basic`.
static TAILS: Grams = keys::TAILS.with_tail(b"bearer").with_tail(b"basic");

/// The state of one pass.
pub(crate) struct Scanner<'a> {
    pub(crate) text: Text<'a>,
    pub(crate) value_ends: ValueEnds,
    pub(crate) url_ends: UrlEnds,
    base64_end: NextHit,
    /// Lines that are read once more without their escapes.
    encoded: EncodedLines,
    /// How many times the text was decoded out of another one.
    depth: u8,
    found: Vec<Finding>,
}

/// Finds everything in a text.
pub(crate) fn detect(text: &str) -> Vec<Span> {
    detect_at(text, 0)
}

fn detect_at(text: &str, depth: u8) -> Vec<Span> {
    let mut scanner = Scanner {
        text: Text::new(text),
        value_ends: ValueEnds::new(),
        url_ends: UrlEnds::new(),
        base64_end: next_hit!(|text, at| !is_base64(text.at(at))),
        encoded: EncodedLines::default(),
        depth,
        found: Vec::new(),
    };
    pass(text.as_bytes(), &mut scanner);
    let encoded = std::mem::take(&mut scanner.encoded);
    encoded.detect(
        text,
        |plain| detect_at(plain, depth + 1),
        |span| scanner.report_label(span.start, span.end, span.label, span.confidence),
    );
    if depth == 0 { settle(text, scanner.found) } else { unsettled(text, scanner.found) }
}

/// Tells whether two more pairs of digits and no fourth group follow the word that ends at `end`: hours, minutes, seconds.
#[inline]
fn begins_clock(text: Text<'_>, end: usize, next: u8) -> bool {
    let digits = |at: usize| text.at(at).is_ascii_digit() && text.at(at + 1).is_ascii_digit();
    let behind = text.at(end + 6);
    next == b':'
        && text.at(end + 3) == b':'
        && digits(end + 1)
        && digits(end + 4)
        && behind != b':'
        && class(behind) & WORD == 0
}

impl Visit for Scanner<'_> {
    const HEADS: Option<&'static Grams> = None;
    const TAILS: Option<&'static Grams> = Some(&TAILS);
    const JOINED: bool = true;

    #[inline]
    fn on_sign(&mut self, at: usize, byte: u8) {
        let text = self.text;
        match byte {
            b'@' => email::on_at_sign(self, at, at + 1),
            b':' => match text.at(at + 1) {
                b'/' | b'\\' => url::on_scheme_colon(self, at),
                b':' if text.before(at, 1) != b':' && class(text.before(at, 1)) & WORD == 0 => {
                    address::on_double_colon(self, at)
                }
                _ => {}
            },
            b'-' | b'$' | b'~' => {}
            _ => {
                match byte {
                    b'%' if text.starts_with(at + 1, b"40") => email::on_at_sign(self, at, at + 3),
                    b'%' if text.starts_with_ignoring_case(at + 1, b"3A%2F") => url::on_scheme_colon(self, at),
                    b'\\' if text.starts_with(at + 1, b"u0040") => email::on_at_sign(self, at, at + 6),
                    _ => {}
                }
                if self.depth < DEPTH_MAX {
                    self.encoded.note(text, at);
                }
            }
        }
    }

    #[inline]
    fn on_word(&mut self, word: Word) {
        if let Some(word) = without_escape(self.text, word) {
            self.judge_word(word);
        }
    }
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

    #[inline]
    fn judge_word(&mut self, word: Word) {
        let Word { start, end, digits_only, joined } = word;
        let previous = self.text.before(start, 1);
        let next = self.text.at(end);
        // A number with a dot on each side is in the middle of an address, and judged from its beginning.
        if joined && !(digits_only && previous == b'.' && next == b'.') {
            self.judge_joined(start, end, digits_only, previous, next);
        }
        if digits_only {
            if numbers::may_begin(self.text, start, end, previous, next) {
                numbers::on_digits(self, start, end);
            }
            return;
        }
        if previous == b'.' {
            host_name::on_label(self, start, end, next);
        }
        self.judge_letters(start, end, previous, next);
    }

    /// Words joined by signs to what may be an address.
    #[inline(never)]
    fn judge_joined(&mut self, start: usize, end: usize, digits_only: bool, previous: u8, next: u8) {
        let text = self.text;
        let length = end - start;
        if length <= 4 && (digits_only || text.slice(start, end).iter().all(|byte| class(*byte) & NOT_HEX == 0)) {
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
            if opens && !goes_on && !begins_clock(text, end, next) {
                address::on_hex_group(self, start, end);
            }
        }
        if digits_only && length <= 3 && next == b'.' {
            address::on_dotted_number(self, start);
        }
    }

    /// Rules for words with letters: tokens, account numbers, names of secrets, schemes, flags.
    #[inline]
    fn judge_letters(&mut self, start: usize, end: usize, previous: u8, next: u8) {
        let text = self.text;
        let length = end - start;
        if length < 2 {
            return;
        }
        let (first, second) = (text.at(start), text.at(start + 1));
        if first | 0x20 == b'b' && matches!(length, 5 | 6) {
            let word = text.slice(start, end);
            if word.eq_ignore_ascii_case(b"bearer") || word.eq_ignore_ascii_case(b"basic") {
                headers::on_scheme_word(self, start, end);
            }
        }
        let letters_then_digits = class(first) & LETTER != 0
            && class(second) & LETTER != 0
            && class(text.at(start + 2)) & class(text.at(start + 3)) & DIGIT != 0;
        if letters_then_digits {
            iban::on_word(self, start);
        }
        if length >= WORD_MIN_BYTES {
            if next == b'=' && first == b'w' && length >= 42 && text.starts_with(start, headers::WORDPRESS) {
                headers::on_wordpress(self, start, end);
            }
            self.judge_encoded(start);
        }
        let separated = match next {
            b'=' | b':' | b'"' | b'\'' | b'\\' | b'`' | b'>' | b'%' | b']' => true,
            // `name = value`, SQL's `PASSWORD 'x'`, `password is x`, `--flag value`; else a blank only ends a word.
            b' ' | b'\t' => {
                let given = || previous == b' ' && matches!(text.before(start, 2), b'h' | b'g' | b'd' | b'w');
                previous == b'-'
                    || given()
                    || text.at(end + 1).is_ascii_hexdigit()
                    || matches!(text.at(end + 1), b'=' | b':' | b'\'' | b'"' | b' ' | b'\t' | b'i' | b'w' | b'f' | b'F')
            }
            // The next line may hold the value: `name: DB_PASSWORD`, `value: x`.
            b'\n' | b'\r' => text.at(text.run(end, 40, |byte| matches!(byte, b' ' | b'\r' | b'\n'))) == b'v',
            _ => false,
        };
        if separated && let Some(key) = parse_key(text, end, next == b' ') {
            keyed::on_key(self, key, end);
        }
    }

    /// Covers a run of base64 whose text holds a finding of its own.
    fn judge_encoded(&mut self, start: usize) {
        if self.depth >= DEPTH_MAX {
            return;
        }
        let Some((plain, end)) = base64_text(self.text, start) else { return };
        let found = detect_at(&plain, self.depth + 1);
        if let Some(best) = found.iter().max_by(|a, b| a.confidence.total_cmp(&b.confidence)) {
            // The rest of a long run is more of the same text.
            let end = self.base64_end.from(self.text, end);
            let end = self.text.run(end, 2, |byte| byte == b'=');
            self.report_label(start, end, best.label, best.confidence * 0.9);
        }
    }
}
