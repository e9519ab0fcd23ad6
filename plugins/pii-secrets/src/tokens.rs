//! Tokens known by their form: the rows of `forms`, JSON web tokens, AWS secret keys beside a key id.
//!
//! Owns: how a row is tried on a text. Must not know: the rows, names before values.

use pii_scan::base64::decode_prefix;
use pii_scan::next_hit;
use pii_scan::text::{NextHit, Text, Words, is_base64, is_word};

use crate::checksum::crc32_base62;
use crate::forms::{ALPHABETS, Alphabet, Check, Family, Form, forms_of};
use crate::kind::Kind;
use crate::scan::Scanner;

/// The part of a token that tells whether it was made by chance.
const JUDGED_BYTES: usize = 1024;
/// The longest header of a JSON web token, with a certificate in it; without its end in view nothing is known.
const JWT_HEADER_MAX_BYTES: usize = 8 * 1024;
/// Parts of an encrypted JSON web token.
const JWT_PARTS_MAX: usize = 5;

/// What announces a secret key in its line.
static AWS: Words = Words::new(&[b"aws", b"secret"]);

/// The remembered searches of this rule.
pub(crate) struct TokenEnds {
    alphabets: [NextHit; ALPHABETS],
    /// One for each part, since tokens may begin inside the parts of others.
    jwt_parts: [NextHit; JWT_PARTS_MAX],
    pub(crate) base64: NextHit,
    digit: NextHit,
    upper: NextHit,
    /// Up to where secret keys were looked for beside key ids.
    aws_searched: usize,
}

/// The search for the end of one alphabet.
macro_rules! end_of {
    ($($name:ident)*) => {
        [$(next_hit!(|text, at| !Alphabet::$name.holds(text.at(at)))),*]
    };
}

impl TokenEnds {
    pub(crate) const fn new() -> Self {
        Self {
            // In the order of `Alphabet`.
            alphabets: end_of!(Upper UpperDash Lower Hex HexDash Alnum Url Dotted Wide Percent Braintree Salesforce Webhook),
            jwt_parts: [const { next_hit!(|text, at| !Alphabet::Url.holds(text.at(at))) }; JWT_PARTS_MAX],
            base64: next_hit!(|text, at| !is_base64(text.at(at))),
            digit: next_hit!(|text, at| text.at(at).is_ascii_digit()),
            upper: next_hit!(|text, at| text.at(at).is_ascii_uppercase()),
            aws_searched: 0,
        }
    }

    /// The end of the run of an alphabet that starts at `start`, at most `max` further.
    fn run(&mut self, text: Text<'_>, start: usize, max: usize, alphabet: Alphabet) -> usize {
        let hit = self.alphabets.get_mut(alphabet as usize).map_or(start, |ends| ends.from(text, start));
        hit.min(start.saturating_add(max))
    }

    /// The end of part number `part` of a JSON web token.
    fn jwt_part(&mut self, text: Text<'_>, start: usize, part: usize) -> usize {
        self.jwt_parts.get_mut(part).map_or(start, |ends| ends.from(text, start))
    }

    /// Words joined by signs (`sk-learn-…`) hold no digit; a run of one byte is a mask.
    fn made_by_chance(&mut self, text: Text<'_>, start: usize, end: usize) -> bool {
        let end = end.min(start + JUDGED_BYTES);
        let first = text.at(start);
        let mixed = self.digit.from(text, start) < end || (end - start >= 16 && self.upper.from(text, start) < end);
        mixed && text.run(start, end - start, |byte| byte == first) < end
    }
}

/// Judges a word that may begin a token.
pub(crate) fn on_word(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let first_two = [text.at(start), text.at(start + 1)];
    if text.starts_with(start, b"eyJ") {
        jwt(scanner, start);
    }
    let third = text.at(start + 2);
    for form in forms_of(first_two[0], first_two[1]) {
        let prefix = form.prefix.as_bytes();
        if prefix.get(2).is_none_or(|byte| *byte == third) && text.starts_with(start, prefix) {
            try_form(scanner, form, start);
        }
    }
}

fn try_form(scanner: &mut Scanner<'_>, form: &Form, start: usize) {
    // Signs of a sentence behind a token.
    const SIGNS_MAX: usize = 16;
    let text = scanner.text;
    let body = start + form.prefix.len();
    let mut end = scanner.token_ends.run(text, body, form.max, form.alphabet);
    let floor = end.saturating_sub(SIGNS_MAX).max(body);
    while end > floor && matches!(text.before(end, 1), b'.' | b':') {
        end -= 1;
    }
    let alone = match form.check {
        Check::Alone => !form.alphabet.holds(text.at(end)) && !is_word(text.at(end)),
        // A run of these that goes on as a word is something else.
        _ => !form.alphabet.is_strict() || !is_word(text.at(end)),
    };
    if end - body < form.min || !alone || !scanner.token_ends.made_by_chance(text, body, end) {
        return;
    }
    let confidence = match form.check {
        Check::Crc if !crc32_base62(text.slice(body, end.min(body + JUDGED_BYTES))) => 0.95,
        Check::DotAt14 if text.at(body + 14) != b'.' => return,
        _ => 0.99,
    };
    let kind = if form.family == Family::Cloud { Kind::CloudToken } else { Kind::VendorToken };
    scanner.report(start, end, kind, confidence);
    if form.alphabet == Alphabet::Upper && form.family == Family::Cloud {
        aws_secret_beside(scanner, start, end);
    }
}

/// `header.payload[.signature]` (or five parts when encrypted), where the header decodes to the JSON of one.
fn jwt(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let header_end = scanner.token_ends.jwt_part(text, start, 0);
    if text.at(header_end) != b'.' || header_end - start > JWT_HEADER_MAX_BYTES {
        return;
    }
    let (header, used) = decode_prefix::<768>(text.slice(start, header_end));
    let header = header.get(..used).unwrap_or(&[]);
    let names: [&[u8]; 5] = [b"\"alg\"", b"\"typ\"", b"\"kid\"", b"\"enc\"", b"\"zip\""];
    if !names.iter().any(|name| header.windows(name.len()).any(|window| window == *name)) {
        return;
    }
    let mut end = header_end;
    let mut parts = 1;
    while parts < JWT_PARTS_MAX && text.at(end) == b'.' {
        let next = scanner.token_ends.jwt_part(text, end + 1, parts);
        let last = next == end + 1;
        if last && (parts != 1 && parts != 2 || text.at(next) != b'.') {
            break;
        }
        end = next;
        parts += 1;
    }
    if end > header_end + 4 {
        scanner.report(start, end, Kind::Jwt, 0.99);
    }
}

/// The 40 characters of an AWS secret key within reach of a key id.
fn aws_secret_beside(scanner: &mut Scanner<'_>, id_start: usize, id_end: usize) {
    const REACH: usize = 192;
    let text = scanner.text;
    // What was searched beside the id before this one is known.
    let mut at = id_start.saturating_sub(REACH).max(scanner.token_ends.aws_searched);
    let limit = (id_end + REACH).min(text.len());
    while at < limit {
        let end = text.run(at, 256, in_secret);
        if end > at {
            // `=` opens a value and pads one; a secret key has 40 characters and no padding.
            if end - at == SECRET_BYTES && !in_secret(text.before(at, 1)) && secret_like(text.slice(at, end)) {
                scanner.report(at, end, Kind::CloudToken, 0.95);
            }
            at = end;
        } else {
            at += 1;
        }
    }
    // A run across the limit is looked at again from its start.
    let searched = text.run_back(limit, SECRET_BYTES, in_secret);
    scanner.token_ends.aws_searched = scanner.token_ends.aws_searched.max(searched);
}

const SECRET_BYTES: usize = 40;

fn in_secret(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

/// A digest in hexadecimal is 40 long as well, but has one case only.
fn secret_like(bytes: &[u8]) -> bool {
    bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
}

/// Judges a long word: an AWS secret key that is announced in the same line.
pub(crate) fn on_long_word(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    if end - start > SECRET_BYTES {
        return;
    }
    // The word is only a part of the run where a `+` or `/` stands inside.
    let run_start = text.run_back(start, SECRET_BYTES, in_secret);
    let run_end = text.run(start, SECRET_BYTES + 1, in_secret);
    let bytes = text.slice(run_start, run_end);
    if bytes.len() == SECRET_BYTES && secret_like(bytes) && text.line_before_holds(run_start, 64, &AWS) {
        scanner.report(run_start, run_end, Kind::CloudToken, 0.8);
    }
}

/// Judges a number before `:AA…`: the token of a Telegram bot.
pub(crate) fn telegram(text: Text<'_>, end: usize) -> Option<usize> {
    let body = end + 1;
    if text.at(end) != b':' || !text.starts_with(body, b"AA") {
        return None;
    }
    let stop = text.run(body, 40, |byte| is_word(byte) || byte == b'-');
    (stop - body == 35).then_some(stop)
}
