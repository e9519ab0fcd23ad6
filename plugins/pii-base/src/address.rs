//! Network addresses: IPv4, IPv6 and hardware addresses.
//!
//! Owns: their grammars, and what only looks like one (versions, clock times, paths of programs, finger prints).
//! Must not know: host names.

use crate::kind::Kind;
use crate::scan::Scanner;
use pii_scan::text::{DIGIT, HELD_BEFORE_BYTES, LETTER, Text, Words, class, is_word};

/// What makes a dotted quad behind `from` or `to` a version, and three groups of digits an address.
static VERSION: Words = Words::new(&[b"version", b"upgrad", b"downgrad"]);
/// How far before a dotted quad they count.
const VERSION_REACH: usize = HELD_BEFORE_BYTES;
static HARDWARE: Words = Words::new(&[b"mac", b"hwaddr", b"ether"]);

/// What names a version before it; `v` as well.
static VERSIONS: Words = Words::new(&[
    b"version",
    b"versions",
    b"ver",
    b"release",
    b"rel",
    b"build",
    b"revision",
    b"rev",
    b"firmware",
    b"driver",
    b"bios",
    b"tag",
    b"oid",
    b"sdk",
    b"patch",
    b"runtime",
    b"snmpv2",
    b"fw",
    b"api",
]);
/// `Chrome/120.0.0.0`: in a user agent a product and its version.
static PRODUCTS: Words = Words::new(&[
    b"chrome",
    b"chromium",
    b"headlesschrome",
    b"edg",
    b"edge",
    b"edga",
    b"opr",
    b"opera",
    b"firefox",
    b"safari",
    b"applewebkit",
    b"crios",
    b"vivaldi",
    b"yabrowser",
    b"electron",
    b"samsungbrowser",
]);

/// Judges a number of one to three digits before a dot.
pub(crate) fn on_dotted_number(scanner: &mut Scanner<'_>, start: usize) {
    let text = scanner.text;
    let previous = text.before(start, 1);
    // Every number of an address is asked about.
    if previous == b'.' {
        return;
    }
    let Some((end, octets)) = ipv4_at(text, start) else { return };
    if previous == b'-' && class(text.before(start, 2)) & LETTER != 0 {
        return;
    }
    // Nothing personal: this host, any host, every host, and masks.
    let mask = octets.first() == Some(&255);
    if octets == [127, 0, 0, 1] || octets == [0, 0, 0, 0] || mask {
        return;
    }
    if is_version(text, start, end) {
        return;
    }
    scanner.report(start, end, Kind::Ipv4, 0.9);
}

/// A dotted quad at `start` that ends as an address does.
#[inline]
fn ipv4_at(text: Text<'_>, start: usize) -> Option<(usize, [u16; 4])> {
    let (at, first) = octet(text, start)?;
    let (at, second) = octet(text, dot(text, at)?)?;
    let (at, third) = octet(text, dot(text, at)?)?;
    let (at, fourth) = octet(text, dot(text, at)?)?;
    let next = text.at(at);
    // A fifth part, or a word that goes on. (`\n` and `%3A` are fine: they do not begin with a word byte.)
    let goes_on = is_word(next) || (next == b'.' && is_word(text.at(at + 1)));
    (!goes_on).then_some((at, [first, second, third, fourth]))
}

/// One past a dot.
#[inline]
fn dot(text: Text<'_>, at: usize) -> Option<usize> {
    (text.at(at) == b'.').then_some(at + 1)
}

/// One to three digits without a leading zero, up to 255, and where they end.
#[inline]
fn octet(text: Text<'_>, at: usize) -> Option<(usize, u16)> {
    let digit = |at: usize| text.at(at).checked_sub(b'0').filter(|digit| *digit <= 9).map(u16::from);
    let first = digit(at)?;
    let Some(second) = digit(at + 1) else { return Some((at + 1, first)) };
    let two = first * 10 + second;
    let (end, value) = digit(at + 2).map_or((at + 2, two), |third| (at + 3, two * 10 + third));
    (first != 0 && value <= 255 && digit(end).is_none()).then_some((end, value))
}

/// Tells whether a dotted quad is the number of a version by what stands around it.
fn is_version(text: Text<'_>, start: usize, end: usize) -> bool {
    let word = text.word_before(start);
    if VERSIONS.hold(word)
        || word.eq_ignore_ascii_case(b"v")
        || ends_ignoring_case(word, b"version")
        || ends_ignoring_case(word, b"_ver")
    {
        return true;
    }
    if text.before(start, 1) == b'/' {
        let product = text.slice(text.run_back(start - 1, 24, is_word), start - 1);
        if PRODUCTS.hold(product) || (!product.is_empty() && text.starts_with(end.saturating_sub(6), b".0.0.0")) {
            return true;
        }
    }
    if matches!(word, b"is" | b"to" | b"from" | b"of" | b"=")
        && text.may_hold_before(start, [b"ersi", b"grad"])
        && text.line_before_holds(start, VERSION_REACH, &VERSION)
    {
        return true;
    }
    // `1.2.3.4-rc1`, `1.2.3.4-1`, `1.2.3.4+build`; `10.0.0.1-10.0.0.9` is a range of addresses.
    match text.at(end) {
        b'+' => is_word(text.at(end + 1)),
        b'-' if class(text.at(end + 1)) & DIGIT != 0 => ipv4_at(text, end + 1).is_none(),
        b'-' => {
            let tail: [&[u8]; 10] =
                [b"rc", b"alpha", b"beta", b"snapshot", b"release", b"dev", b"final", b"ga", b"pre", b"hotfix"];
            tail.iter().any(|name| text.starts_with_ignoring_case(end + 1, name))
        }
        _ => text.starts_with_ignoring_case(end, b" released"),
    }
}

fn ends_ignoring_case(word: &[u8], tail: &[u8]) -> bool {
    word.len() >= tail.len() && word.get(word.len() - tail.len()..).is_some_and(|end| end.eq_ignore_ascii_case(tail))
}

/// Judges a hexadecimal word of up to four digits before `:`, `-` or `.`, or a `::` that opens an address.
pub(crate) fn on_hex_group(scanner: &mut Scanner<'_>, start: usize, group_end: usize) {
    let text = scanner.text;
    if group_end - start == 2
        && let Some(end) = mac_pairs(text, start)
    {
        scanner.report(start, end, Kind::MacAddress, 0.95);
        return;
    }
    match text.at(group_end) {
        b'.' if group_end - start == 4 => {
            if let Some(end) = mac_quads(text, start) {
                scanner.report(start, end, Kind::MacAddress, 0.9);
            }
        }
        b':' => {
            if let Some(end) = ipv6_at(text, start) {
                scanner.report(start, end, Kind::Ipv6, 0.9);
            }
        }
        _ => {}
    }
}

/// Judges what stands behind a name of a hardware address: twelve digits without a sign between them.
pub(crate) fn on_named_hardware(scanner: &mut Scanner<'_>, name_end: usize) {
    let text = scanner.text;
    let start = text.run(name_end, 6, |byte| matches!(byte, b' ' | b'\t' | b'=' | b':' | b'"' | b'\'' | b'\\'));
    let end = text.run(start, 13, |byte| byte.is_ascii_hexdigit());
    let digits = text.slice(start, end);
    if start > name_end && digits.len() == 12 && !is_word(text.at(end)) && digits.iter().any(|byte| *byte != b'0') {
        scanner.report(start, end, Kind::MacAddress, 0.85);
    }
}

/// Six (or eight, EUI-64) pairs with one separator throughout.
fn mac_pairs(text: Text<'_>, start: usize) -> Option<usize> {
    let separator = text.at(start + 2);
    if !matches!(separator, b':' | b'-') || ends_longer_group(text, start, separator) {
        return None;
    }
    let mut pairs = 1;
    let mut at = start + 2;
    while pairs <= 14
        && text.at(at) == separator
        && text.at(at + 1).is_ascii_hexdigit()
        && text.at(at + 2).is_ascii_hexdigit()
    {
        pairs += 1;
        at += 3;
    }
    // Both addresses and the type of a frame, as the packet filter of Linux logs them.
    let frame = || pairs == 14 && text.word_before(start).eq_ignore_ascii_case(b"mac");
    if !(matches!(pairs, 6 | 8) || frame())
        || is_word(text.at(at))
        || (text.at(at) == separator && text.at(at + 1).is_ascii_hexdigit())
    {
        return None;
    }
    let bytes = text.slice(start, at);
    // Nobody's address (zero) and everybody's (broadcast).
    let same = |wanted: u8| bytes.iter().all(|byte| byte.eq_ignore_ascii_case(&wanted) || *byte == separator);
    (!same(b'0') && !same(b'f')).then_some(at)
}

/// Three groups of four, as switches write them; digits alone are more often a version.
fn mac_quads(text: Text<'_>, start: usize) -> Option<usize> {
    if text.before(start, 1) == b'.' {
        return None;
    }
    let mut letters = 0;
    for group in 0..3 {
        let at = start + group * 5;
        let quad = text.slice(at, at + 4);
        if quad.len() < 4 || !quad.iter().all(u8::is_ascii_hexdigit) || (group < 2 && text.at(at + 4) != b'.') {
            return None;
        }
        letters += quad.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    }
    let end = start + 14;
    let goes_on = is_word(text.at(end)) || (text.at(end) == b'.' && is_word(text.at(end + 1)));
    let named = letters > 0 || text.line_before_holds(start, 24, &HARDWARE);
    (named && !goes_on && text.slice(start, end).iter().any(|byte| *byte != b'0' && *byte != b'.')).then_some(end)
}

/// Tells whether the separator before `start` belongs to a longer number of the same kind.
fn ends_longer_group(text: Text<'_>, start: usize, separator: u8) -> bool {
    text.before(start, 1) == separator
        && (text.before(start, 2).is_ascii_hexdigit() && short_hex_before(text, start - 1)
            || text.before(start, 2) == separator)
}

/// Tells whether the word that ends at `end` is hexadecimal and at most four long: a group, not a name.
fn short_hex_before(text: Text<'_>, end: usize) -> bool {
    let start = text.run_back(end, 5, is_word);
    (1..=4).contains(&(end - start)) && text.slice(start, end).iter().all(u8::is_ascii_hexdigit)
}

/// The end of the IPv6 address at `start` (a group or `::`), if what stands there is one and not the loopback.
fn ipv6_at(text: Text<'_>, start: usize) -> Option<usize> {
    if ends_longer_group(text, start, b':') || text.before(start, 1) == b'.' {
        return None;
    }
    let mut groups = 0usize;
    let mut gap = false;
    let mut digits = 0usize;
    let mut long_groups = 0usize;
    let mut at = start;
    if text.starts_with(at, b"::") {
        if is_word(text.before(at, 1)) || text.before(at, 1) == b'>' {
            return None;
        }
        gap = true;
        at += 2;
    }
    let mut end = at;
    while groups < 8 {
        let group_end = text.run(at, 5, |byte| byte.is_ascii_hexdigit());
        let length = group_end - at;
        if length == 0 {
            break;
        }
        if length > 4 || is_word(text.at(group_end)) {
            return None;
        }
        if text.at(group_end) == b'.' && text.at(group_end + 1).is_ascii_digit() {
            // `::ffff:10.0.0.1`
            if let Some((quad_end, _)) = ipv4_at(text, at) {
                groups += 2;
                end = quad_end;
                digits += 4;
                break;
            }
            // `2001:db8::1.443`, a port as BSD writes it; without a gap it is a number of something else.
            if !gap {
                return None;
            }
        }
        groups += 1;
        digits += text.slice(at, group_end).iter().filter(|byte| byte.is_ascii_digit()).count();
        long_groups += usize::from(length >= 3);
        end = group_end;
        at = group_end;
        if text.at(at) != b':' {
            break;
        }
        if text.at(at + 1) == b':' {
            if gap {
                return None;
            }
            gap = true;
            at += 2;
            end = at;
        } else {
            at += 1;
        }
    }
    if (gap && groups > 7) || (!gap && groups != 8) || groups == 0 {
        return None;
    }
    let next = text.at(end);
    if is_word(next) || (next == b':' && text.at(end + 1) == b':') {
        return None;
    }
    // A ninth group makes it a finger print, unless it can only be a port or a word.
    if next == b':' && is_word(text.at(end + 1)) {
        let word_end = text.run(end + 1, 6, is_word);
        let word = text.slice(end + 1, word_end);
        let port = word.len() <= 5
            && word.iter().all(u8::is_ascii_digit)
            && !(text.at(word_end) == b':' && is_word(text.at(word_end + 1)));
        if !port && word.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
    }
    if gap && !plausible_short_form(text, start, end, groups, digits, long_groups) {
        return None;
    }
    Some(end)
}

/// `a::b` is rather a path in a program, `::1` is this host: a short form needs digits or length to be believed.
fn plausible_short_form(
    text: Text<'_>,
    start: usize,
    end: usize,
    groups: usize,
    digits: usize,
    long_groups: usize,
) -> bool {
    let bytes = text.slice(start, end);
    if bytes == b"::1" {
        return false;
    }
    if bytes.starts_with(b"::") && groups == 1 {
        return text.before(start, 1) == b'[';
    }
    if bytes.ends_with(b"::") && groups == 1 {
        return long_groups > 0 && digits > 0 && (text.at(end) == b'/' || text.before(start, 1) == b'[');
    }
    (digits > 0 && (long_groups > 0 || groups > 2))
        || groups > 3
        || (text.before(start, 1) == b'[' && text.at(end) == b']')
}

/// Judges a `::` that has no group before it.
pub(crate) fn on_double_colon(scanner: &mut Scanner<'_>, start: usize) {
    if let Some(end) = ipv6_at(scanner.text, start) {
        scanner.report(start, end, Kind::Ipv6, 0.85);
    }
}
