//! Tokens known by their form: vendors' prefixes, JSON web tokens, AWS secret keys beside a key id.
//!
//! Owns: the table of prefixes with alphabets and lengths. Must not know: names before values (`keyed`).

use crate::base64::decode_prefix;
use crate::kind::Kind;
use crate::scan::Scanner;
use crate::text::{NextHit, PairSet, Text, is_base64, is_word};

/// For tokens that are as long as they are.
const ANY_LENGTH: usize = usize::MAX;
/// The part of a token that tells whether it was made by chance.
const JUDGED_BYTES: usize = 1024;
/// The longest header of a JSON web token, with a certificate in it; without its end in view nothing is known.
const JWT_HEADER_MAX_BYTES: usize = 8 * 1024;
/// Parts of an encrypted JSON web token.
const JWT_PARTS_MAX: usize = 5;

/// The remembered searches of this rule.
pub(crate) struct TokenEnds {
    alphabets: [NextHit; 6],
    /// One for each part, since tokens may begin inside the parts of others.
    jwt_parts: [NextHit; JWT_PARTS_MAX],
    base64: NextHit,
}

impl TokenEnds {
    pub(crate) const fn new() -> Self {
        Self {
            alphabets: [
                NextHit::new(|text, at| !Upper.holds(text.at(at))),
                NextHit::new(|text, at| !Hex.holds(text.at(at))),
                NextHit::new(|text, at| !Alnum.holds(text.at(at))),
                NextHit::new(|text, at| !Url.holds(text.at(at))),
                NextHit::new(|text, at| !Dotted.holds(text.at(at))),
                NextHit::new(|text, at| !Wide.holds(text.at(at))),
            ],
            jwt_parts: [const { NextHit::new(|text, at| !Url.holds(text.at(at))) }; JWT_PARTS_MAX],
            base64: NextHit::new(|text, at| !is_base64(text.at(at))),
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
}

#[derive(Clone, Copy)]
enum Alphabet {
    /// `[A-Z0-9]`
    Upper,
    /// `[0-9a-f]`
    Hex,
    /// `[A-Za-z0-9]`
    Alnum,
    /// `[A-Za-z0-9_-]`
    Url,
    /// `[A-Za-z0-9_.-]`
    Dotted,
    /// `[A-Za-z0-9_.+/=:-]`
    Wide,
}

impl Alphabet {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => is_word(byte) || byte == b'-',
            Self::Dotted => is_word(byte) || matches!(byte, b'-' | b'.'),
            Self::Wide => is_base64(byte) || matches!(byte, b'.' | b'=' | b':'),
        }
    }
}

struct Form {
    prefix: &'static str,
    alphabet: Alphabet,
    /// Bytes behind the prefix.
    min: usize,
    max: usize,
    kind: Kind,
}

const fn vendor(prefix: &'static str, alphabet: Alphabet, min: usize) -> Form {
    Form { prefix, alphabet, min, max: ANY_LENGTH, kind: Kind::VendorToken }
}
const fn cloud(prefix: &'static str, alphabet: Alphabet, min: usize, max: usize) -> Form {
    Form { prefix, alphabet, min, max, kind: Kind::CloudToken }
}

use Alphabet::{Alnum, Dotted, Hex, Upper, Url, Wide};

static FORMS: &[Form] = &[
    // AWS: 16 characters behind the four of the kind of principal.
    cloud("AKIA", Upper, 16, 16),
    cloud("ASIA", Upper, 16, 16),
    cloud("AROA", Upper, 16, 17),
    cloud("AIDA", Upper, 16, 17),
    cloud("ABIA", Upper, 16, 16),
    cloud("ACCA", Upper, 16, 16),
    cloud("AIza", Url, 35, 40),
    cloud("ya29.", Dotted, 20, ANY_LENGTH),
    cloud("GOCSPX-", Url, 20, 40),
    cloud("LTAI", Alnum, 12, 24),
    cloud("AKID", Alnum, 32, 36),
    vendor("ghp_", Alnum, 30),
    vendor("gho_", Alnum, 30),
    vendor("ghu_", Alnum, 30),
    vendor("ghs_", Alnum, 30),
    vendor("ghr_", Alnum, 30),
    vendor("github_pat_", Url, 40),
    vendor("glpat-", Dotted, 18),
    vendor("gldt-", Url, 18),
    vendor("glrt-", Url, 18),
    vendor("glptt-", Url, 18),
    vendor("glcbt-", Url, 18),
    vendor("glsoat-", Url, 18),
    vendor("gloas-", Url, 18),
    vendor("xoxb-", Url, 10),
    vendor("xoxp-", Url, 10),
    vendor("xoxa-", Url, 10),
    vendor("xoxo-", Url, 10),
    vendor("xoxr-", Url, 10),
    vendor("xoxs-", Url, 10),
    vendor("xoxe-", Url, 10),
    vendor("xoxe.xox", Dotted, 10),
    vendor("xoxc-", Url, 10),
    vendor("xoxd-", Wide, 10),
    vendor("xapp-", Url, 10),
    vendor("sk_live_", Alnum, 10),
    vendor("sk_test_", Alnum, 10),
    vendor("rk_live_", Alnum, 10),
    vendor("rk_test_", Alnum, 10),
    vendor("pk_live_", Alnum, 10),
    vendor("pk_test_", Alnum, 10),
    vendor("whsec_", Wide, 20),
    vendor("sk-ant-", Url, 20),
    vendor("sk-proj-", Url, 20),
    vendor("sk-", Alnum, 32),
    vendor("SG.", Dotted, 40),
    vendor("npm_", Alnum, 36),
    vendor("pypi-Ag", Url, 40),
    vendor("dckr_pat_", Url, 20),
    vendor("hvs.", Url, 20),
    vendor("hvb.", Url, 20),
    vendor("dop_v1_", Hex, 40),
    vendor("doo_v1_", Hex, 40),
    vendor("dor_v1_", Hex, 40),
    vendor("shpat_", Alnum, 24),
    vendor("shpss_", Alnum, 24),
    vendor("shpca_", Alnum, 24),
    vendor("shppa_", Alnum, 24),
    vendor("hf_", Alnum, 30),
    vendor("NRAK-", Alnum, 20),
    vendor("lin_api_", Alnum, 30),
    vendor("figd_", Url, 30),
    vendor("PMAK-", Url, 30),
    vendor("sq0atp-", Url, 20),
    vendor("sq0csp-", Url, 20),
    vendor("EAAA", Url, 56),
    vendor("xkeysib-", Url, 40),
    vendor("ATATT3x", Wide, 60),
    vendor("ATBB", Alnum, 24),
    vendor("sntrys_", Wide, 30),
    vendor("sntryu_", Alnum, 30),
    vendor("glsa_", Url, 30),
    vendor("glc_", Wide, 30),
    vendor("dapi", Hex, 32),
    vendor("AGE-SECRET-KEY-1", Upper, 40),
    vendor("rubygems_", Hex, 40),
    vendor("sbp_", Hex, 36),
    vendor("r8_", Alnum, 36),
    vendor("gsk_", Alnum, 40),
    vendor("xai-", Alnum, 40),
    vendor("tskey-", Url, 16),
    vendor("CFPAT-", Url, 30),
    vendor("ops_ey", Wide, 60),
    vendor("SWMTKN-1-", Url, 40),
    vendor("key-", Hex, 32),
    vendor("secret-token:", Url, 8),
    vendor("nfp_", Alnum, 30),
    vendor("hooks.slack.com/services/", Wide, 20),
    vendor("discord.com/api/webhooks/", Wide, 20),
    vendor("ATCTT3x", Wide, 60),
];

/// The first two bytes of every prefix, and of a JSON web token.
pub(crate) static BEGINNINGS: PairSet = {
    let mut set = PairSet::empty().with(b'e', b'y');
    let mut index = 0;
    while index < FORMS.len() {
        let prefix = FORMS[index].prefix.as_bytes();
        set = set.with(prefix[0], prefix[1]);
        index += 1;
    }
    set
};

/// Judges a word that may begin a token.
pub(crate) fn on_word(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    if text.starts_with(start, b"eyJ") {
        jwt(scanner, start);
        return;
    }
    // Signs of a sentence behind a token.
    const SIGNS_MAX: usize = 16;
    let first_two = [text.at(start), text.at(start + 1)];
    for form in FORMS {
        if form.prefix.as_bytes().first_chunk::<2>() != Some(&first_two)
            || !text.starts_with(start, form.prefix.as_bytes())
        {
            continue;
        }
        let body = start + form.prefix.len();
        let mut end = scanner.token_ends.run(text, body, form.max, form.alphabet);
        let floor = end.saturating_sub(SIGNS_MAX).max(body);
        while end > floor && matches!(text.before(end, 1), b'.' | b':') {
            end -= 1;
        }
        // An upper-case or hexadecimal run that goes on as a word is something else.
        let strict = matches!(form.alphabet, Upper | Hex);
        if end - body < form.min
            || (strict && is_word(text.at(end)))
            || !made_by_chance(text.slice(body, end.min(body + JUDGED_BYTES)))
        {
            continue;
        }
        scanner.report(start, end, form.kind, 0.99);
        if matches!(form.alphabet, Upper) && form.kind == Kind::CloudToken {
            aws_secret_beside(scanner, start, end);
        }
        return;
    }
}

/// Words joined by signs (`sk-learn-…`) hold no digit; a run of one byte is a mask.
fn made_by_chance(body: &[u8]) -> bool {
    let mixed = body.iter().any(u8::is_ascii_digit) || (body.iter().any(u8::is_ascii_uppercase) && body.len() >= 16);
    mixed && body.iter().any(|byte| Some(byte) != body.first())
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
    let mut at = id_start.saturating_sub(REACH);
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

/// Judges a long mixed word: an AWS secret key that is announced in the same line, or text in base64 that holds a finding.
pub(crate) fn on_long_word(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    // The word is only a part of the run where a `+` or `/` stands inside.
    let run_start = text.run_back(start, SECRET_BYTES, in_secret);
    let run_end = text.run(start, SECRET_BYTES + 1, in_secret);
    let bytes = text.slice(run_start, run_end);
    if bytes.len() == SECRET_BYTES && secret_like(bytes) && text.line_before_holds(run_start, 64, &[b"aws", b"secret"])
    {
        scanner.report(run_start, run_end, Kind::CloudToken, 0.8);
    }
    if run_start == start {
        encoded_finding(scanner, start);
    }
}

/// Covers a run of base64 whose text holds a finding of its own; looks one level deep.
fn encoded_finding(scanner: &mut Scanner<'_>, start: usize) {
    const DECODED_MAX: usize = 3072;
    let text = scanner.text;
    if scanner.nested {
        return;
    }
    let printable = |byte: &u8| (*byte >= b' ' && *byte < 0x7f) || matches!(*byte, b'\n' | b'\r' | b'\t');
    let (head, used) = decode_prefix::<12>(text.slice(start, start + 16));
    if used < 12 || !head.iter().all(printable) {
        return;
    }
    let end = text.run(start, DECODED_MAX / 3 * 4, is_base64);
    let (decoded, used) = decode_prefix::<DECODED_MAX>(text.slice(start, end));
    let decoded = decoded.get(..used).unwrap_or(&[]);
    if !decoded.iter().all(printable) {
        return;
    }
    if let Ok(inner) = core::str::from_utf8(decoded) {
        let mut found = crate::scan::detect_nested(inner);
        found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        if let Some(first) = found.first() {
            // The rest of a long run is more of the same text.
            let end = scanner.token_ends.base64.from(text, end);
            let padding = text.run(end, 2, |byte| byte == b'=');
            scanner.report_label(start, padding, first.label, first.confidence * 0.9);
        }
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
