//! International bank account numbers: country, length, check digits (ISO 13616).

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{Text, is_word};

/// Countries of the registry and the length of their numbers.
static LENGTHS: [(&[u8; 2], usize); 89] = [
    (b"AD", 24),
    (b"AE", 23),
    (b"AL", 28),
    (b"AT", 20),
    (b"AZ", 28),
    (b"BA", 20),
    (b"BE", 16),
    (b"BG", 22),
    (b"BH", 22),
    (b"BI", 27),
    (b"BR", 29),
    (b"BY", 28),
    (b"CH", 21),
    (b"CR", 22),
    (b"CY", 28),
    (b"CZ", 24),
    (b"DE", 22),
    (b"DJ", 27),
    (b"DK", 18),
    (b"DO", 28),
    (b"EE", 20),
    (b"EG", 29),
    (b"ES", 24),
    (b"FI", 18),
    (b"FK", 18),
    (b"FO", 18),
    (b"FR", 27),
    (b"GB", 22),
    (b"GE", 22),
    (b"GI", 23),
    (b"GL", 18),
    (b"GR", 27),
    (b"GT", 28),
    (b"HN", 28),
    (b"HR", 21),
    (b"HU", 28),
    (b"IE", 22),
    (b"IL", 23),
    (b"IQ", 23),
    (b"IS", 26),
    (b"IT", 27),
    (b"JO", 30),
    (b"KW", 30),
    (b"KZ", 20),
    (b"LB", 28),
    (b"LC", 32),
    (b"LI", 21),
    (b"LT", 20),
    (b"LU", 20),
    (b"LV", 21),
    (b"LY", 25),
    (b"MC", 27),
    (b"MD", 24),
    (b"ME", 22),
    (b"MK", 19),
    (b"MN", 20),
    (b"MR", 27),
    (b"MT", 31),
    (b"MU", 30),
    (b"NI", 28),
    (b"NL", 18),
    (b"NO", 15),
    (b"OM", 23),
    (b"PK", 24),
    (b"PL", 28),
    (b"PS", 29),
    (b"PT", 25),
    (b"QA", 29),
    (b"RO", 24),
    (b"RS", 22),
    (b"RU", 33),
    (b"SA", 24),
    (b"SC", 31),
    (b"SD", 18),
    (b"SE", 24),
    (b"SI", 19),
    (b"SK", 24),
    (b"SM", 27),
    (b"SO", 23),
    (b"ST", 25),
    (b"SV", 28),
    (b"TL", 23),
    (b"TN", 24),
    (b"TR", 26),
    (b"UA", 29),
    (b"VA", 22),
    (b"VG", 24),
    (b"XK", 20),
    (b"YE", 30),
];

/// Judges a word that begins with two letters and two digits.
pub(crate) fn on_word(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let country = [text.at(start).to_ascii_uppercase(), text.at(start + 1).to_ascii_uppercase()];
    let Some((_, length)) = LENGTHS.iter().find(|(code, _)| **code == country) else { return };
    if let Some(end) = number_end(text, start, *length) {
        scanner.report(start, end, Kind::Iban, 0.98);
    }
}

/// The end of the number if it has its length, in one piece or in groups of four, and its check digits hold.
fn number_end(text: Text<'_>, start: usize, length: usize) -> Option<usize> {
    let separator = match text.at(start + 4) {
        byte @ (b' ' | b'-') => Some(byte),
        _ => None,
    };
    let mut rest = 0u32;
    let mut head = 0u32;
    let mut at = start;
    for index in 0..length {
        if index > 0 && index % 4 == 0 && separator == Some(text.at(at)) {
            at += 1;
        }
        let byte = text.at(at).to_ascii_uppercase();
        let value = match byte {
            b'0'..=b'9' => u32::from(byte - b'0'),
            b'A'..=b'Z' => u32::from(byte - b'A') + 10,
            _ => return None,
        };
        // The first four move behind the rest before the remainder is taken.
        let sum = if index < 4 { &mut head } else { &mut rest };
        *sum = (*sum * if value > 9 { 100 } else { 10 } + value) % 97_000_000;
        if index >= 4 {
            rest %= 97;
        }
        at += 1;
    }
    let check = head % 100;
    // Two letters are four digits and the check digits two: the head takes six places.
    let total = (u64::from(rest) * 1_000_000 + u64::from(head)) % 97;
    (total == 1 && (2..=98).contains(&check) && !is_word(text.at(at))).then_some(at)
}
