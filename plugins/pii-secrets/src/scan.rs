//! The one pass over a text: words and signs, each handed to the rules it may concern.
//!
//! Owns: the loop and the cheap questions that decide which rule looks closer. Must not know: what makes a finding.
//! Invariant: a rule never changes where the pass goes on, so windows agree.

use pii_scan::decode::{DEPTH_MAX, EncodedLines, WORD_MIN_BYTES, base64_text};
use pii_scan::grams::Grams;
use pii_scan::settle::{Finding, settle, unsettled};
use pii_scan::text::Text;
use pii_scan::words::{Visit, Word, pass, without_escape};

use crate::kind::{Kind, LABELS};
use crate::tokens::TokenEnds;
use crate::{Span, commands, files, forms, pem, tokens};

/// The state of one pass.
pub(crate) struct Scanner<'a> {
    pub(crate) text: Text<'a>,
    pub(crate) token_ends: TokenEnds,
    /// Lines that are read once more without their escapes.
    encoded: EncodedLines,
    /// How many times the text was decoded out of another one.
    depth: u8,
    found: Vec<Finding>,
}

static HEADS: Grams = {
    let mut set = forms::HEADS.with(*b"eyJ");
    let mut index = 0;
    while index < files::HEADS.len() {
        set = set.with_head(files::HEADS[index].as_bytes());
        index += 1;
    }
    index = 0;
    while index < commands::PROGRAMS.len() {
        set = set.with_head(commands::head_of(&commands::PROGRAMS[index]));
        index += 1;
    }
    set
};

/// Finds everything in a text.
pub(crate) fn detect(text: &str) -> Vec<Span> {
    detect_at(text, 0)
}

fn detect_at(text: &str, depth: u8) -> Vec<Span> {
    let mut scanner = Scanner {
        text: Text::new(text),
        token_ends: TokenEnds::new(),
        encoded: EncodedLines::default(),
        depth,
        found: Vec::new(),
    };
    pass(text.as_bytes(), &mut scanner);
    let encoded = std::mem::take(&mut scanner.encoded);
    encoded.detect(text, |plain| detect_at(plain, depth + 1), |span| scanner.report_span(span));
    if depth == 0 { settle(text, scanner.found) } else { unsettled(text, scanner.found) }
}

impl Scanner<'_> {
    /// Notes a finding; an empty one is none.
    pub(crate) fn report(&mut self, start: usize, end: usize, kind: Kind, confidence: f32) {
        self.report_span(Span { start, end, label: kind.label(), confidence });
    }

    /// Notes a finding of another pass.
    fn report_span(&mut self, span: Span) {
        if span.start < span.end && span.end <= self.text.len() {
            let rank = LABELS.iter().position(|row| row.label == span.label);
            let rank = rank.and_then(|rank| u8::try_from(rank).ok()).unwrap_or(u8::MAX);
            self.found.push(Finding { span, rank });
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
            let end = self.token_ends.base64.from(self.text, end);
            let end = self.text.run(end, 2, |byte| byte == b'=');
            self.report_span(Span { start, end, label: best.label, confidence: best.confidence * 0.9 });
        }
    }
}

impl Visit for Scanner<'_> {
    const HEADS: Option<&'static Grams> = Some(&HEADS);
    const TAILS: Option<&'static Grams> = None;
    const JOINED: bool = false;

    fn on_word(&mut self, word: Word) {
        let Some(Word { start, end, digits_only, .. }) = without_escape(self.text, word) else { return };
        let text = self.text;
        if digits_only {
            if (8..=10).contains(&(end - start))
                && let Some(token_end) = tokens::telegram(text, end)
            {
                self.report(start, token_end, Kind::VendorToken, 0.95);
            }
            if matches!(text.at(start), b'5' | b'6') {
                files::pgpass(self, start, end);
            }
            return;
        }
        let head = u32::from_le_bytes([text.at(start), text.at(start + 1), text.at(start + 2), 0]);
        if HEADS.holds(head) {
            tokens::on_word(self, start);
            commands::on_program(self, start, end);
            files::on_head(self, start, end);
        }
        if end - start >= WORD_MIN_BYTES {
            files::on_long_word(self, start, end);
            tokens::on_long_word(self, start, end);
            self.judge_encoded(start);
        }
    }

    fn on_sign(&mut self, at: usize, byte: u8) {
        match byte {
            b'-' => pem::on_dashes(self, at),
            b'$' => files::on_dollar(self, at),
            b'~' => files::on_tilde(self, at),
            b'@' => files::on_driver_address(self, at),
            _ if self.depth < DEPTH_MAX => self.encoded.note(self.text, at),
            _ => {}
        }
    }
}
