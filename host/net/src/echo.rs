//! Finds secrets that a server sends back, and writes `[secret]` in their place.
//!
//! Searched are the secret itself, its base64 (three alignments, both alphabets, padded or not) and its hex (any
//! case), and each of these under any mixture of percent, JSON and HTML escapes. Escapes are undone while comparing
//! instead of listing escaped forms: each encoder escapes another set of characters.
//!
//! Invariants: the output is the same for any chunking of the input; bytes that may be the beginning of a secret are
//! held back until it is known that they are not; overlapping finds are one replacement, and nothing of any of them
//! stays. At most [`ESCAPED_BYTES_MAX`] bytes per byte of the longest form are held.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use trcaa_model::secret::Secret;
use zeroize::Zeroizing;

/// What stands where a secret was.
const MASK: &[u8] = b"[secret]";
/// Most secrets that one connection remembers; older ones (of tokens refreshed long ago) are forgotten.
const SECRETS_MAX: usize = 32;
/// Longest escape of one byte, an HTML entity such as `&#x00041;`.
const ESCAPED_BYTES_MAX: usize = 10;

/// The secrets that a connection used.
#[derive(Debug, Default)]
pub(crate) struct Known(Mutex<(Vec<Secret>, Arc<Needles>)>);

impl Known {
    /// Remembers a secret from now on.
    pub(crate) fn remember(&self, secret: &Secret) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (secrets, needles) = &mut *known;
        if !secrets.contains(secret) {
            if secrets.len() == SECRETS_MAX {
                secrets.remove(0);
            }
            secrets.push(secret.clone());
            *needles = Arc::new(Needles::new(secrets));
        }
    }

    /// Starts the search through one text or stream.
    pub(crate) fn redactor(&self) -> Redactor {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Redactor { needles: Arc::clone(&known.1), held: Vec::new(), covered: 0 }
    }

    /// Searches a whole text.
    pub(crate) fn scrub(&self, text: &str) -> String {
        let mut redactor = self.redactor();
        let mut out = Vec::with_capacity(text.len());
        redactor.push(text.as_bytes(), &mut out);
        redactor.finish(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// How bytes of a text are compared with those of a form.
#[derive(Clone, Copy, Debug)]
enum Fold {
    Exact,
    /// `-` and `_` of the URL alphabet count as `+` and `/`.
    Base64,
    /// Upper case counts as lower case.
    Hex,
}

impl Fold {
    fn of(self, byte: u8) -> u8 {
        match (self, byte) {
            (Self::Base64, b'-') => b'+',
            (Self::Base64, b'_') => b'/',
            (Self::Hex, byte) => byte.to_ascii_lowercase(),
            (_, byte) => byte,
        }
    }
}

/// One form of a secret, folded.
struct Needle {
    bytes: Zeroizing<Vec<u8>>,
    fold: Fold,
}

/// All forms of all secrets.
struct Needles {
    all: Vec<Needle>,
    /// Bytes that a form, escaped or not, can begin with.
    begins: [bool; 256],
}

impl Default for Needles {
    fn default() -> Self {
        Self { all: Vec::new(), begins: [false; 256] }
    }
}

impl std::fmt::Debug for Needles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Needles({} forms)", self.all.len())
    }
}

impl Needles {
    fn new(secrets: &[Secret]) -> Self {
        let mut all = Vec::new();
        for secret in secrets {
            let bytes = secret.expose().as_bytes();
            all.push(Needle { bytes: Zeroizing::new(bytes.to_vec()), fold: Fold::Exact });
            let hex = bytes.iter().flat_map(|b| [b >> 4, b & 15]).map(|n| b"0123456789abcdef"[usize::from(n)]);
            all.push(Needle { bytes: Zeroizing::new(hex.collect()), fold: Fold::Hex });
            for before in 0..3 {
                all.push(Needle { bytes: base64_core(bytes, before), fold: Fold::Base64 });
            }
        }
        all.retain(|n| !n.bytes.is_empty());
        let mut begins = [false; 256];
        for (byte, begins) in (0..=u8::MAX).zip(&mut begins) {
            let escape = matches!(byte, b'%' | b'\\' | b'&') && !all.is_empty();
            *begins = escape
                || all.iter().any(|n| {
                    let first = n.bytes.first().copied();
                    first == Some(n.fold.of(byte)) || (byte == b'+' && first == Some(b' '))
                });
        }
        Self { all, begins }
    }

    /// The longest form that begins here.
    fn at(&self, text: &[u8], end: End) -> Found {
        let mut longest = 0;
        for needle in &self.all {
            match needle.at(text, end) {
                Found::Perhaps => return Found::Perhaps,
                Found::Yes(len) => longest = longest.max(len),
                Found::No => {}
            }
        }
        if longest == 0 { Found::No } else { Found::Yes(longest) }
    }
}

/// The base64 characters that `bytes` alone decide when `before` others stand before them.
fn base64_core(bytes: &[u8], before: usize) -> Zeroizing<Vec<u8>> {
    let mut padded = Zeroizing::new(vec![0; before]);
    padded.extend_from_slice(bytes);
    let coded = Zeroizing::new(STANDARD_NO_PAD.encode(&padded[..]));
    let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    Zeroizing::new(coded.as_bytes().get(first..last).unwrap_or_default().to_vec())
}

/// Whether more of the text can come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Final,
}

/// What is at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    No,
    /// The text ends before it is decided.
    Perhaps,
    /// A secret of so many bytes of text.
    Yes(usize),
}

impl Needle {
    /// Compares along every way to read the text, as an escape or as it stands. A state is (bytes read, bytes of the
    /// form matched); states are visited once, so that a form full of `%25` can't multiply them.
    fn at(&self, text: &[u8], end: End) -> Found {
        let (mut open, mut seen) = (vec![], BTreeSet::new());
        let (mut longest, mut undecided) = (0, false);
        let mut state = (0, 0);
        loop {
            let (read, matched) = state;
            let wanted = self.bytes.get(matched..).unwrap_or_default();
            match (wanted.first(), text.get(read)) {
                (None, _) => longest = longest.max(read),
                (Some(_), None) => undecided = true,
                (Some(&first), Some(&byte)) => {
                    if self.fold.of(byte) == first && seen.insert((read + 1, matched + 1)) {
                        open.push((read + 1, matched + 1));
                    }
                    match unescape(text.get(read..).unwrap_or_default()) {
                        Escape::None => {}
                        Escape::Cut => undecided = true,
                        Escape::Of { bytes, len, taken } => {
                            let means = bytes.iter().take(len).map(|&b| self.fold.of(b));
                            let same = wanted.len() >= len && means.eq(wanted.iter().take(len).copied());
                            if same && seen.insert((read + taken, matched + len)) {
                                open.push((read + taken, matched + len));
                            }
                        }
                    }
                }
            }
            match open.pop() {
                Some(next) => state = next,
                None if undecided && end == End::Open => return Found::Perhaps,
                None if longest > 0 => return Found::Yes(longest),
                None => return Found::No,
            }
        }
    }
}

/// What an escape at the beginning of a text stands for.
enum Escape {
    None,
    /// The text ends within it.
    Cut,
    /// `len` of these bytes, written with `taken` bytes.
    Of {
        bytes: [u8; 4],
        len: usize,
        taken: usize,
    },
}

impl Escape {
    fn byte(byte: u8, taken: usize) -> Self {
        Self::Of { bytes: [byte, 0, 0, 0], len: 1, taken }
    }

    fn char(code: u32, taken: usize) -> Self {
        let mut bytes = [0; 4];
        match char::from_u32(code) {
            Some(c) => Self::Of { len: c.encode_utf8(&mut bytes).len(), bytes, taken },
            None => Self::None,
        }
    }
}

fn unescape(text: &[u8]) -> Escape {
    match text {
        [b'%', rest @ ..] => match hex_number(rest, 2) {
            Number::Of(code) => u8::try_from(code).map_or(Escape::None, |byte| Escape::byte(byte, 3)),
            Number::Cut => Escape::Cut,
            Number::None => Escape::None,
        },
        [b'+', ..] => Escape::byte(b' ', 1),
        [b'\\'] => Escape::Cut,
        [b'\\', b'u', rest @ ..] => unicode_escape(rest),
        [b'\\', c, ..] => match c {
            b'"' | b'\\' | b'/' | b'\'' => Escape::byte(*c, 2),
            b'b' => Escape::byte(8, 2),
            b'f' => Escape::byte(12, 2),
            b'n' => Escape::byte(b'\n', 2),
            b'r' => Escape::byte(b'\r', 2),
            b't' => Escape::byte(b'\t', 2),
            _ => Escape::None,
        },
        [b'&', rest @ ..] => entity(rest),
        _ => Escape::None,
    }
}

/// `XXXX`, or `XXXX\uXXXX` for what needs two.
fn unicode_escape(digits: &[u8]) -> Escape {
    let high = match hex_number(digits, 4) {
        Number::Of(code @ 0xd800..=0xdbff) => code,
        Number::Of(code) => return Escape::char(code, 6),
        Number::Cut => return Escape::Cut,
        Number::None => return Escape::None,
    };
    let rest = digits.get(4..).unwrap_or_default();
    match rest {
        [] | [b'\\'] => Escape::Cut,
        [b'\\', b'u', low @ ..] => match hex_number(low, 4) {
            Number::Of(low @ 0xdc00..=0xdfff) => Escape::char(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), 12),
            Number::Cut => Escape::Cut,
            Number::Of(_) | Number::None => Escape::None,
        },
        _ => Escape::None,
    }
}

/// What comes after `&` of an HTML entity, at most nine bytes with the `;`.
fn entity(rest: &[u8]) -> Escape {
    let window = rest.get(..ESCAPED_BYTES_MAX - 1).unwrap_or(rest);
    let Some(end) = window.iter().position(|&b| b == b';') else {
        let open = window.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'#');
        return if open && window.len() < ESCAPED_BYTES_MAX - 1 { Escape::Cut } else { Escape::None };
    };
    let name = window.get(..end).and_then(|n| std::str::from_utf8(n).ok()).unwrap_or_default();
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok();
    let code = match name {
        "amp" => Some(u32::from(b'&')),
        "lt" => Some(u32::from(b'<')),
        "gt" => Some(u32::from(b'>')),
        "quot" => Some(u32::from(b'"')),
        "apos" => Some(u32::from(b'\'')),
        _ => name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(hex) => number(hex, 16),
            None => number(n, 10),
        }),
    };
    code.map_or(Escape::None, |code| Escape::char(code, end + 2))
}

enum Number {
    None,
    Cut,
    Of(u32),
}

/// Exactly `count` hex digits.
fn hex_number(text: &[u8], count: usize) -> Number {
    let mut value = 0;
    for at in 0..count {
        match text.get(at).map(|&b| char::from(b).to_digit(16)) {
            Some(Some(digit)) => value = value * 16 + digit,
            Some(None) => return Number::None,
            None => return Number::Cut,
        }
    }
    Number::Of(value)
}

/// The search through one stream.
#[derive(Debug)]
pub(crate) struct Redactor {
    needles: Arc<Needles>,
    held: Vec<u8>,
    /// So many bytes at the beginning of `held` belong to a find whose mask is written already.
    covered: usize,
}

impl Redactor {
    /// Takes the next bytes, and appends to `out` what is decided.
    pub(crate) fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.held.extend_from_slice(chunk);
        self.advance(End::Open, out);
    }

    /// Appends the rest, for a stream that ended where its sender meant it to end. One that was cut must not be
    /// finished: what is held can be the larger part of a secret.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        self.advance(End::Final, out);
    }

    fn advance(&mut self, end: End, out: &mut Vec<u8>) {
        let mut at = 0;
        while let Some(rest) = self.held.get(at..).filter(|r| !r.is_empty()) {
            let plain = rest.iter().position(|&b| self.needles.begins[usize::from(b)]).unwrap_or(rest.len());
            let already = self.covered.saturating_sub(at).min(plain);
            out.extend_from_slice(rest.get(already..plain).unwrap_or_default());
            at += plain;
            let Some((&byte, here)) = rest.get(plain).zip(rest.get(plain..)) else { break };
            match self.needles.at(here, end) {
                Found::Perhaps => break,
                Found::No if at >= self.covered => out.push(byte),
                Found::No => {}
                Found::Yes(len) => {
                    if at >= self.covered {
                        out.extend_from_slice(MASK);
                    }
                    self.covered = self.covered.max(at + len);
                }
            }
            at += 1;
        }
        self.held.drain(..at);
        self.covered = self.covered.saturating_sub(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};
    use proptest::prelude::*;

    const SECRET: &str = "pa/ss+w\"ör%25d&<😀>";

    fn known(secrets: &[&str]) -> Known {
        let known = Known::default();
        secrets.iter().for_each(|s| known.remember(&Secret::new(*s)));
        known
    }

    fn in_chunks(known: &Known, text: &[u8], cuts: &[usize]) -> Vec<u8> {
        let (mut redactor, mut out, mut rest) = (known.redactor(), Vec::new(), text);
        for &cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            redactor.push(chunk, &mut out);
            rest = after;
        }
        redactor.push(rest, &mut out);
        redactor.finish(&mut out);
        out
    }

    fn forms(secret: &str) -> Vec<String> {
        let b = secret.as_bytes();
        let percent = |keep: fn(&u8) -> bool| -> String {
            b.iter().map(|b| if keep(b) { char::from(*b).to_string() } else { format!("%{b:02X}") }).collect()
        };
        let utf16: String = secret.encode_utf16().map(|u| format!("\\u{u:04X}")).collect();
        let html = |c: char| match c {
            '&' => "&amp;".into(),
            '<' => "&lt;".into(),
            '>' => "&gt;".into(),
            '"' => "&#34;".into(),
            '/' => "&#x2F;".into(),
            c => c.to_string(),
        };
        let mut all = vec![
            secret.to_owned(),
            percent(u8::is_ascii_alphanumeric),
            percent(|_| false).to_lowercase(),
            percent(|b| b.is_ascii_graphic() && *b != b'%'),
            utf16.clone(),
            utf16.to_lowercase(),
            secret.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/"),
            secret.chars().map(html).collect(),
            b.iter().map(|b| format!("{b:02x}")).collect(),
            b.iter().map(|b| format!("{b:02X}")).collect(),
        ];
        for before in ["", "u", "u:", "user"] {
            let pair = format!("{before}{secret}");
            all.push(STANDARD.encode(&pair));
            all.push(URL_SAFE.encode(&pair));
            all.push(STANDARD.encode(&pair).replace('/', "\\/"));
            all.push(STANDARD.encode(&pair).replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"));
        }
        all
    }

    #[test]
    fn every_form_is_found_and_nothing_else_is_touched() {
        let known = known(&[SECRET]);
        for form in forms(SECRET) {
            let out = known.scrub(&format!("before {form} after"));
            assert!(out.starts_with("before ") && out.ends_with(" after"), "{form}: {out}");
            assert!(out.contains("[secret]"), "{form}: {out}");
            // Of base64 the characters shared with the neighbours stay: at most five in front, four behind.
            assert!(out.len() <= "before [secret] after".len() + 12, "{form}: {out}");
        }
        let clean = "pa/ss %25 \\u00 &amp; + \\ % & PA/SS";
        assert_eq!(known.scrub(clean), clean);
    }

    #[test]
    fn overlapping_secrets_leave_nothing() {
        let known = known(&["abcdef", "defghi", "abcd"]);
        assert_eq!(known.scrub("xabcdefghix"), "x[secret]x");
        assert_eq!(known.scrub("abcdabcd"), "[secret][secret]");
        assert_eq!(known.scrub("abcde"), "[secret]e");
    }

    #[test]
    fn what_is_held_back_is_bounded_and_let_go_when_decided() {
        let known = known(&["abcdefgh"]);
        let (mut redactor, mut out) = (known.redactor(), Vec::new());
        redactor.push(b"data: abcdefg", &mut out);
        assert_eq!(out, b"data: ");
        redactor.push(b"\n", &mut out);
        assert_eq!(out, b"data: abcdefg\n");
        redactor.push(&b"&#0000000".repeat(1000), &mut out);
        assert!(redactor.held.len() <= 8 * ESCAPED_BYTES_MAX, "{}", redactor.held.len());
    }

    #[test]
    fn only_the_latest_secrets_are_remembered() {
        let known = Known::default();
        for n in 0..=SECRETS_MAX {
            known.remember(&Secret::new(format!("secret-number-{n:04}")));
        }
        assert_eq!(known.scrub("secret-number-0000"), "secret-number-0000");
        assert_eq!(known.scrub("secret-number-0001 secret-number-0032"), "[secret] [secret]");
    }

    #[test]
    fn a_secret_of_escapes_does_not_blow_up() {
        let secret = "%25".repeat(200);
        let known = known(&[&secret]);
        assert_eq!(known.scrub(&secret), "[secret]");
        assert_eq!(known.scrub(&secret.replace('%', "%25")), "[secret]");
    }

    proptest! {
        #[test]
        fn any_chunking_gives_the_same_text(
            parts in prop::collection::vec(
                prop_oneof![
                    (0..forms(SECRET).len()).prop_map(|i| forms(SECRET)[i].clone()),
                    (0..forms(SECRET).len(), 0..30usize).prop_map(|(i, n)| forms(SECRET)[i].chars().take(n).collect()),
                    Just("abcdef".to_owned()), Just("defghi".to_owned()), Just("abcd".to_owned()),
                    "[a-i%&+#;u\\\\0-9]{0,12}",
                ],
                0..12,
            ),
            cuts in prop::collection::vec(0..9usize, 0..80),
        ) {
            let known = known(&[SECRET, "abcdef", "defghi"]);
            let text = parts.concat();
            let whole = in_chunks(&known, text.as_bytes(), &[]);
            prop_assert_eq!(in_chunks(&known, text.as_bytes(), &cuts), whole.clone());
            let ones = vec![1; text.len()];
            prop_assert_eq!(in_chunks(&known, text.as_bytes(), &ones), whole.clone());
            let whole = String::from_utf8_lossy(&whole);
            for secret in [SECRET, "abcdef", "defghi"] {
                prop_assert!(!whole.contains(secret));
            }
        }

        #[test]
        fn no_form_of_any_secret_survives(
            secret in "\\PC{8,24}",
            before in "[ -~]{0,5}",
            after in "[ -~]{0,5}",
        ) {
            let known = known(&[&secret]);
            for form in forms(&secret) {
                let out = known.scrub(&format!("{before}{form}{after}"));
                prop_assert!(out.contains("[secret]"), "{} in {}", form, out);
                prop_assert!(!out.contains(&secret));
            }
        }
    }
}
