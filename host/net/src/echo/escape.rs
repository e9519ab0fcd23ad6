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
pub(super) fn unescape(text: &[u8]) -> Escape {
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
