//! Numbers that name a person or an account: payment cards, social security numbers, telephone numbers.
//!
//! Owns: groupings, check digits, issuers, areas. Must not know: how numbers are found in the text.
//! Invariant: each number is judged from its own start, within 40 bytes, so that windows agree.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{LETTER, PairSet, Text, Words, class, is_word};

/// What names a card, and a social security number, before it.
static CARD: Words =
    Words::new(&[b"card", b"visa", b"pan", b"cc=", b"ccn", b"credit", b"amex", b"maestro", b"payment"]);
static SSN: Words = Words::new(&[b"ssn", b"social security", b"social_security", b"socialsecurity"]);

/// Tells at little cost whether a word of digits may begin a number that names somebody.
#[inline]
pub(crate) fn may_begin(text: Text<'_>, start: usize, end: usize, previous: u8, next: u8) -> bool {
    let length = end - start;
    let behind_name = || matches!(previous, b' ' | b'=' | b':' | b'"' | b'\'' | b'\t' | b'(' | b'#' | b'[');
    if length >= 7 {
        return length >= 12 || length == 9 || previous == b'+' || behind_name();
    }
    if previous == b'+' {
        return true;
    }
    let digit = |distance: usize| text.at(end + distance).is_ascii_digit();
    if !matches!(next, b' ' | b'-' | b'.' | b'/' | b')') || !(digit(1) || digit(2)) {
        return false;
    }
    let again = |distance: usize| text.at(end + distance) == next;
    // The clock behind the day of a month.
    if length <= 2 && digit(1) && digit(2) && text.at(end + 3) == b':' {
        return false;
    }
    match length {
        4 if again(5) || again(7) => true,
        3 if again(3) || again(4) || (previous == b'(' && next == b')') || text.starts_with(start, b"001-") => true,
        1 => again(4),
        _ => behind_name(),
    }
}

/// Judges a word of digits only.
pub(crate) fn on_digits(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    if continues_number(text, start) {
        return;
    }
    if let Some((card_end, kind)) = card(text, start, end).or_else(|| ssn(text, start, end)) {
        scanner.report(start, card_end, kind, 0.95);
        return;
    }
    phone(scanner, start, end);
}

/// Tells whether the digits before `start` belong to the same number: a fraction, or a group of a longer one.
fn continues_number(text: Text<'_>, start: usize) -> bool {
    match text.before(start, 1) {
        b'.' => text.before(start, 2).is_ascii_digit(),
        b'-' => text.before(start, 2).is_ascii_alphanumeric() && text.before(start, 2).is_ascii_hexdigit(),
        _ => false,
    }
}

/// Tells whether a number that ends at `end` goes on behind a separator or as a word.
fn goes_on(text: Text<'_>, end: usize) -> bool {
    let next = text.at(end);
    is_word(next) || (matches!(next, b'-' | b'.') && is_word(text.at(end + 1)))
}

/// Collects groups of digits of the given lengths, joined by one separator throughout, and gives the end.
fn groups_end(text: Text<'_>, start: usize, lengths: &[usize], separator: u8) -> Option<usize> {
    let mut at = start;
    for (index, length) in lengths.iter().enumerate() {
        if index > 0 {
            if text.at(at) != separator {
                return None;
            }
            at += 1;
        }
        let end = text.run(at, length + 1, |byte| byte.is_ascii_digit());
        if end - at != *length {
            return None;
        }
        at = end;
    }
    Some(at)
}

fn card(text: Text<'_>, start: usize, end: usize) -> Option<(usize, Kind)> {
    let separator = text.at(end);
    let card_end = if (12..=19).contains(&(end - start)) {
        end
    } else if end - start == 4 && matches!(separator, b' ' | b'-' | b'.') {
        const GROUPS: [&[usize]; 4] = [&[4, 4, 4, 4, 3], &[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];
        let found = GROUPS.iter().find_map(|groups| groups_end(text, start, groups, separator))?;
        // A fifth group of four: a longer number, unless it is the year of expiry or the like behind a blank.
        if separator != b' ' && goes_on(text, found) {
            return None;
        }
        found
    } else {
        return None;
    };
    let mut digits = [0u8; 19];
    let mut count = 0;
    for byte in text.slice(start, card_end).iter().filter(|byte| byte.is_ascii_digit()) {
        *digits.get_mut(count)? = byte - b'0';
        count += 1;
    }
    let digits = digits.get(..count)?;
    if goes_on(text, card_end) && text.at(card_end) != b'-' || !luhn(digits) {
        return None;
    }
    let named = || text.line_before_holds(start, 40, &CARD);
    let grouped = card_end != end;
    match issuer(digits) {
        Issuer::Common => Some((card_end, Kind::CreditCard)),
        Issuer::Rare if grouped || named() => Some((card_end, Kind::CreditCard)),
        _ => None,
    }
}

enum Issuer {
    /// A prefix and a length in daily use.
    Common,
    /// Valid, but so short or so long that one in ten ids of that form would pass.
    Rare,
    None,
}

/// Issuer by prefix and length (ISO/IEC 7812).
fn issuer(digits: &[u8]) -> Issuer {
    let prefix = |count: usize| digits.iter().take(count).fold(0u32, |sum, digit| sum * 10 + u32::from(*digit));
    let (two, three, four) = (prefix(2), prefix(3), prefix(4));
    match digits.len() {
        16 if two / 10 == 4 || (51..=55).contains(&two) || (2221..=2720).contains(&four) => Issuer::Common,
        15 if matches!(two, 34 | 37) => Issuer::Common,
        16 if four == 6011
            || (644..=649).contains(&three)
            || two == 65
            || (3528..=3589).contains(&four)
            || two == 62
            || two == 81 =>
        {
            Issuer::Common
        }
        14 if (300..=305).contains(&three) || matches!(two, 36 | 38 | 39) => Issuer::Common,
        15 if matches!(four, 1800 | 2131) => Issuer::Rare,
        16 if matches!(two, 36 | 38 | 39) || (300..=305).contains(&three) => Issuer::Rare,
        13 | 19 if two / 10 == 4 => Issuer::Rare,
        17..=19 if four == 6011 || matches!(two, 62 | 65 | 35) => Issuer::Rare,
        12..=19 if matches!(two, 50 | 56 | 57 | 58 | 60 | 63 | 67 | 68) => Issuer::Rare,
        _ => Issuer::None,
    }
}

fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(*digit);
            if at % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| Some(digit) != digits.first())
}

fn ssn(text: Text<'_>, start: usize, end: usize) -> Option<(usize, Kind)> {
    let separator = text.at(end);
    let named = || text.line_before_holds(start, 32, &SSN);
    let ssn_end = match (end - start, separator) {
        (3, b'-' | b' ') => groups_end(text, start, &[3, 2, 4], separator)?,
        (9, _) => end,
        _ => return None,
    };
    if goes_on(text, ssn_end) || (separator != b'-' || ssn_end == end) && !named() {
        return None;
    }
    let mut digits = text.slice(start, ssn_end).iter().filter(|byte| byte.is_ascii_digit());
    let mut take =
        |count: usize| digits.by_ref().take(count).fold(0u32, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (area, group, serial) = (take(3), take(2), take(4));
    let assigned = !matches!(area, 0 | 666 | 900..) && group != 0 && serial != 0;
    assigned.then_some((ssn_end, Kind::Ssn))
}

/// As `goes_on`, but an extension (`x123`) is no part of the number's own word.
fn phone_goes_on(text: Text<'_>, end: usize) -> bool {
    goes_on(text, end) && !(text.at(end) == b'x' && text.at(end + 1).is_ascii_digit())
}

/// Judges digits as the beginning of a telephone number, with what stands before them: `+`, `(`, a word that says so.
fn phone(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let length = end - start;
    let next = text.at(end);
    let previous = text.before(start, 1);
    if previous == b'+' && !is_word(text.before(start, 2)) {
        international(scanner, start, end);
        return;
    }
    if previous == b'(' && length == 3 && next == b')' {
        // (206) 540-4808
        let gap = text.run(end + 1, 1, |byte| matches!(byte, b' ' | b'-' | b'.'));
        let local = [b'-', b' ', b'.'].iter().find_map(|separator| groups_end(text, gap, &[3, 4], *separator));
        if let Some(stop) = local.filter(|stop| !phone_goes_on(text, *stop)) {
            let open = match text.before(start, 2) {
                // +1 (206) 540-4808 and 1 (206) 540-4808
                b' ' | b'-'
                    if text.before(start, 3) == b'1'
                        && !is_word(text.before(start, 4))
                        && text.before(start, 4) != b'.' =>
                {
                    start - 3 - usize::from(text.before(start, 4) == b'+')
                }
                _ => start - 1,
            };
            scanner.report(open, extension_end(text, stop), Kind::PhoneNumber, 0.9);
        }
        return;
    }
    if length == 3
        && matches!(next, b'-' | b'.' | b' ')
        && text.at(end + 4) == next
        && let Some(stop) = groups_end(text, start, &[3, 3, 4], next).filter(|stop| !phone_goes_on(text, *stop))
    {
        let exchange = text.at(start + 4);
        let area = text.at(start);
        let plan = area >= b'2' && exchange >= b'2';
        if (plan && next != b' ') || (next == b'-' && previous != b'-') || named(text, start) {
            // 1-206-540-4808
            let lead = matches!(text.before(start, 1), b'-' | b'.' | b' ')
                && text.before(start, 2) == b'1'
                && !is_word(text.before(start, 3));
            let from = if lead && text.before(start, 1) == next { start - 2 } else { start };
            scanner.report(from, extension_end(text, stop), Kind::PhoneNumber, 0.85);
            return;
        }
    }
    if length == 1
        && text.at(start) == b'1'
        && matches!(next, b'-' | b'.')
        && let Some(stop) = groups_end(text, start, &[1, 3, 3, 4], next).filter(|stop| !phone_goes_on(text, *stop))
        && previous != b'.'
        && previous != b'-'
    {
        scanner.report(start, extension_end(text, stop), Kind::PhoneNumber, 0.85);
        return;
    }
    // Only where more digits follow, or enough are here, is it worth reading the word before.
    let grouped = matches!(next, b' ' | b'-' | b'.' | b'/' | b')')
        && (text.at(end + 1).is_ascii_digit() || text.at(end + 2).is_ascii_digit());
    if (length == 3 && text.starts_with(start, b"001-"))
        || (length >= 2 && (grouped || length >= 7) && named(text, start))
    {
        // A number that is long enough by itself does not reach for the next one behind a blank.
        let (stop, digits, _) = if length >= 7 && next == b' ' { (end, length, 0) } else { spread(text, start) };
        if (7..=15).contains(&digits) && !phone_goes_on(text, stop) {
            let from = if previous == b'(' { start - 1 } else { start };
            scanner.report(from, extension_end(text, stop), Kind::PhoneNumber, 0.75);
        }
    }
}

/// `+44 20 7946 0958`, `+14155552671`, `+49 (0)30 1234567`.
fn international(scanner: &mut Scanner<'_>, start: usize, end: usize) {
    let text = scanner.text;
    let (stop, digits, separators) = spread(text, start);
    let plausible = text.at(start) != b'0'
        && (8..=15).contains(&digits)
        && (digits >= 10 || separators > 0 || named(text, start - 1));
    // `+1718000000123` as a difference of counters is rare; an offset of time has four digits.
    if plausible && (end - start <= 4 || end - start >= 8) && !phone_goes_on(text, stop) {
        scanner.report(start - 1, extension_end(text, stop), Kind::PhoneNumber, 0.9);
    }
}

/// Digits in groups with single separators: the end, the count of digits, the count of separators.
fn spread(text: Text<'_>, start: usize) -> (usize, usize, usize) {
    const DIGITS_MAX: usize = 15;
    /// With so many a number is complete: what follows behind a blank is the next.
    const COMPLETE: usize = 11;
    let digits_at = |at: usize| text.run(at, DIGITS_MAX + 1, |byte| byte.is_ascii_digit()) - at;
    let mut digits = digits_at(start);
    let mut end = start + digits;
    let mut separators = 0;
    while digits < DIGITS_MAX {
        let gap = text.run(end, 3, |byte| matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/'));
        let group = digits_at(gap);
        // One separator, or the brackets of an area; the next word must be a number alone.
        let tight = gap - end == 1 || text.slice(end, gap).iter().any(|byte| matches!(byte, b'(' | b')'));
        let next = text.at(gap + group);
        let word = class(next) & LETTER != 0 && next != b'x';
        let complete = digits >= COMPLETE && text.at(end) == b' ';
        if gap == end || group == 0 || !tight || word || complete || group > 8 || digits + group > DIGITS_MAX {
            break;
        }
        digits += group;
        separators += 1;
        end = gap + group;
    }
    (end, digits, separators)
}

/// `x123` and ` ext. 123` behind a number.
fn extension_end(text: Text<'_>, end: usize) -> usize {
    let gap = text.run(end, 1, |byte| byte == b' ');
    let forms: [&[u8]; 4] = [b"ext. ", b"ext ", b"ext.", b"x"];
    let Some(form) = forms.iter().find(|form| text.starts_with_ignoring_case(gap, form)) else { return end };
    let digits = gap + form.len();
    let stop = text.run(digits, 6, |byte| byte.is_ascii_digit());
    if stop > digits && !is_word(text.at(stop)) { stop } else { end }
}

/// Tells whether the word before says that a telephone number follows.
fn named(text: Text<'_>, start: usize) -> bool {
    const WORDS: Words = Words::new(&[
        b"phone",
        b"tel",
        b"telephone",
        b"mobile",
        b"cell",
        b"fax",
        b"callback",
        b"sms",
        b"msisdn",
        b"whatsapp",
        b"phonenumber",
        b"phone_number",
        b"mobile_number",
    ]);
    const NUMBER: Words = Words::new(&[b"number", b"no", b"nr", b"num"]);
    static ENDS: PairSet = WORDS.ends().or(&NUMBER.ends());
    // The last two letters of each of them, `number`, `no`, `nr` and `num`: most words are none by that.
    let name_end = text.word_end_before(start);
    if !ENDS.may_hold(text.before(name_end, 2), text.before(name_end, 1)) {
        return false;
    }
    let mut word = text.word_before(start);
    // `phone number: …`
    if NUMBER.hold(word) {
        let before = text.run_back(start, 4, |byte| !is_word(byte));
        word = text.word_before(before - word.len());
    }
    let tail = word.get(word.len().saturating_sub(5)..).unwrap_or(&[]);
    word.len() >= 3 && (tail.eq_ignore_ascii_case(b"phone") || WORDS.hold(word))
}
