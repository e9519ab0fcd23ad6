//! Escapes that stand for bytes: percent, JSON and HTML. Pure.

/// Longest escape of one byte, an HTML entity such as `&#x00041;`.
pub(super) const ESCAPED_BYTES_MAX: usize = 10;
/// Longest escape, `\uXXXX\uXXXX`, of four bytes.
pub(super) const ESCAPE_BYTES_MAX: usize = 12;
/// The bytes that an escape of several bytes begins with.
pub(super) const LEADS: [u8; 3] = *b"%\\&";

/// Whether a byte can begin an escape of several bytes.
#[inline]
pub(super) fn is_lead(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// What an escape at the beginning of a text stands for.
pub(super) enum Escape {
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

/// Undoes the escape that `text` begins with.
#[inline]
pub(super) fn unescape(text: &[u8]) -> Escape {
    match text {
        [b'%', rest @ ..] => match hex_number::<2>(rest) {
            Number::Of(code) => u8::try_from(code).map_or(Escape::None, |byte| Escape::byte(byte, 3)),
            Number::Cut => Escape::Cut,
            Number::None => Escape::None,
        },
        [b'+', ..] => Escape::byte(b' ', 1),
        [b'\\'] => Escape::Cut,
        [b'\\', b'u', rest @ ..] => unicode_escape(rest),
        [b'\\', c, ..] if is_named(*c) => Escape::byte(named(*c), 2),
        [b'&', rest @ ..] => entity(rest),
        _ => Escape::None,
    }
}

/// Whether a byte behind a backslash makes an escape of these two.
#[inline]
pub(super) fn is_named(byte: u8) -> bool {
    let itself = (byte == b'"') | (byte == b'\\') | (byte == b'/') | (byte == b'\'');
    itself | (named(byte) != byte)
}

/// What a backslash and this byte stand for, where they are an escape. Without branches, as [`is_hex`].
#[inline]
pub(super) fn named(byte: u8) -> u8 {
    let if_is = |letter: u8, means: u8| if byte == letter { letter ^ means } else { 0 };
    byte ^ if_is(b'b', 8) ^ if_is(b'f', 12) ^ if_is(b'n', b'\n') ^ if_is(b'r', b'\r') ^ if_is(b't', b'\t')
}

/// `XXXX`, or `XXXX\uXXXX` for what needs two.
fn unicode_escape(digits: &[u8]) -> Escape {
    let high = match hex_number::<4>(digits) {
        Number::Of(code @ 0xd800..=0xdbff) => code,
        Number::Of(code) => return Escape::char(code, 6),
        Number::Cut => return Escape::Cut,
        Number::None => return Escape::None,
    };
    let rest = digits.get(4..).unwrap_or_default();
    match rest {
        [] | [b'\\'] => Escape::Cut,
        [b'\\', b'u', low @ ..] => match hex_number::<4>(low) {
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
        let open = window.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'#' | b'+'));
        return if open && window.len() < ESCAPED_BYTES_MAX - 1 { Escape::Cut } else { Escape::None };
    };
    let code = match window.get(..end).unwrap_or_default() {
        b"amp" => Some(u32::from(b'&')),
        b"lt" => Some(u32::from(b'<')),
        b"gt" => Some(u32::from(b'>')),
        b"quot" => Some(u32::from(b'"')),
        b"apos" => Some(u32::from(b'\'')),
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16),
        [b'#', digits @ ..] => number(digits, 10),
        _ => None,
    };
    code.map_or(Escape::None, |code| Escape::char(code, end + 2))
}

/// What digits stand for, as [`u32::from_str_radix`] takes them; at most seven.
fn number(digits: &[u8], radix: u32) -> Option<u32> {
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    let add = |value: u32, &digit: &u8| Some(value * radix + char::from(digit).to_digit(radix)?);
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

enum Number {
    None,
    Cut,
    Of(u32),
}

/// Exactly `COUNT` hex digits.
#[inline]
fn hex_number<const COUNT: usize>(text: &[u8]) -> Number {
    let digits = text.first_chunk::<COUNT>().map_or(text, <[u8; COUNT]>::as_slice);
    if !digits.iter().all(|&digit| is_hex(digit)) {
        return Number::None;
    }
    if digits.len() < COUNT {
        return Number::Cut;
    }
    Number::Of(digits.iter().fold(0, |value, &digit| value << 4 | u32::from(nibble(digit))))
}

/// Whether a byte is a hex digit. Without branches, so that many are looked at at once.
#[inline]
pub(super) fn is_hex(byte: u8) -> bool {
    (byte.wrapping_sub(b'0') < 10) | ((byte | 0x20).wrapping_sub(b'a') < 6)
}

/// What a hex digit stands for.
#[inline]
pub(super) fn nibble(digit: u8) -> u8 {
    (digit & 0xf) + if digit >= b'A' { 9 } else { 0 }
}
