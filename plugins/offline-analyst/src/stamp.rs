//! Owns finding the time stamp of a log line: where it stands and which moment it means.
//! Knows nothing about levels, documents or years that a stamp leaves out.
//! Invariants: never panics on any bytes; `start..end` lies inside the line and on ASCII bytes.

use crate::calendar;

/// How much of a line's head is searched for a stamp. Longer prefixes than this were not met in practice,
/// and a date further in is a part of the message.
const HEAD_BYTES: usize = 112;
/// How many tokens of the head are tried.
const HEAD_TOKENS: usize = 12;
/// Where the bracketed stamp of an access log may begin: behind addresses and a user name.
const ACCESS_HEAD_BYTES: usize = 400;
/// Seconds since the epoch that a bare number may mean: 2000-01-01 to 2100-01-01.
const EPOCH_SECONDS: std::ops::Range<i64> = 946_684_800..4_102_444_800;
/// The year that stands in for a missing one. A leap year, so that Feb 29 exists.
pub(crate) const STAND_IN_YEAR: i64 = 2000;

/// What a stamp says about its frame of reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// With a UTC offset, or counted from the epoch: `ms` is UTC.
    Offset,
    /// Without an offset: `ms` is local time of an unknown place.
    Local,
    /// Without a year: `ms` lies in [`STAND_IN_YEAR`].
    Yearless,
    /// Since the start of a machine: no date at all.
    Uptime,
}

/// A time stamp found in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) ms: i64,
    pub(crate) frame: Frame,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// Finds the first stamp in the head of a line. Lines that begin with white space have none.
pub(crate) fn find(line: &[u8]) -> Option<Stamp> {
    let first = *line.first()?;
    if first == b' ' || first == b'\t' {
        return None;
    }
    if let Some(stamp) = uptime(line) {
        return Some(stamp);
    }
    let limit = line.len().min(HEAD_BYTES);
    let mut at = 0;
    let mut tokens = 0;
    while at < limit && tokens < HEAD_TOKENS {
        if let Some(stamp) = parse_at(line, at) {
            return Some(stamp);
        }
        tokens += 1;
        // A stamp begins behind one of these, so a date glued into a file name is not taken for one.
        while at < limit && !matches!(line[at], b' ' | b'[' | b'"' | b'=' | b'(' | b'<' | b'>' | b'|' | b'\t' | b',') {
            at += 1;
        }
        while at < limit && matches!(line[at], b' ' | b'[' | b'"' | b'=' | b'(' | b'<' | b'>' | b'|' | b'\t' | b',') {
            at += 1;
        }
    }
    access(line)
}

/// Reads the stamp that begins at `at`, if one does.
pub(crate) fn parse_at(line: &[u8], at: usize) -> Option<Stamp> {
    match *line.get(at)? {
        b'0'..=b'9' => iso(line, at).or_else(|| day_first(line, at)).or_else(|| epoch(line, at)),
        b'A'..=b'Z' | b'a'..=b'z' => month_first(line, at).or_else(|| klog(line, at)),
        _ => None,
    }
}

/// A number of exactly `width` digits.
fn number(line: &[u8], at: usize, width: usize) -> Option<i64> {
    let digits = line.get(at..at.checked_add(width)?)?;
    let mut value = 0_i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))?;
    }
    Some(value)
}

fn is(line: &[u8], at: usize, byte: u8) -> bool {
    line.get(at) == Some(&byte)
}

/// `HH:MM:SS` with an optional fraction; milliseconds of the day and the end.
fn time_of_day(line: &[u8], at: usize) -> Option<(i64, usize)> {
    let (hour, minute, second) = (number(line, at, 2)?, number(line, at + 3, 2)?, number(line, at + 6, 2)?);
    if !is(line, at + 2, b':') || !is(line, at + 5, b':') || hour > 24 || minute > 59 || second > 60 {
        return None;
    }
    let mut end = at + 8;
    let mut ms = ((hour * 60 + minute) * 60 + second) * 1000;
    if matches!(line.get(end), Some(b'.' | b',')) && line.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1;
        let mut scale = 100;
        while let Some(digit) = line.get(end).filter(|byte| byte.is_ascii_digit()) {
            ms += i64::from(digit - b'0') * scale;
            scale /= 10;
            end += 1;
        }
    }
    Some((ms, end))
}

/// A zone behind a time: minutes east of UTC and the end.
fn zone(line: &[u8], at: usize) -> Option<(i64, usize)> {
    let at = if is(line, at, b' ') { at + 1 } else { at };
    let rest = line.get(at..)?;
    if rest.starts_with(b"UTC") || rest.starts_with(b"GMT") {
        let end = at + 3;
        return (!line.get(end).is_some_and(u8::is_ascii_alphanumeric)).then_some((0, end));
    }
    match rest.first()? {
        b'Z' if !rest.get(1).is_some_and(u8::is_ascii_alphanumeric) => Some((0, at + 1)),
        sign @ (b'+' | b'-') => {
            let hours = number(line, at + 1, 2)?;
            let minute_at = if is(line, at + 3, b':') { at + 4 } else { at + 3 };
            let minutes = number(line, minute_at, 2)?;
            let end = minute_at + 2;
            if hours > 14 || minutes > 59 || line.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                return None;
            }
            let east = hours * 60 + minutes;
            Some((if *sign == b'-' { -east } else { east }, end))
        }
        _ => None,
    }
}

fn dated(line: &[u8], start: usize, date: (i64, i64, i64), day_ms: i64, end: usize) -> Option<Stamp> {
    let (year, month, day) = (date.0, u32::try_from(date.1).ok()?, u32::try_from(date.2).ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(1970..=2200).contains(&year) {
        return None;
    }
    let ms = calendar::to_ms(year, month, day, day_ms);
    Some(match zone(line, end) {
        Some((east, end)) => Stamp { ms: ms - east * 60_000, frame: Frame::Offset, start, end },
        None => Stamp { ms, frame: Frame::Local, start, end },
    })
}

/// `2023-01-02T03:04:05.678Z`, `2023-01-02 03:04:05,678`, `2023/01/02 03:04:05`.
fn iso(line: &[u8], at: usize) -> Option<Stamp> {
    let separator = *line.get(at + 4)?;
    if !matches!(separator, b'-' | b'/') || !is(line, at + 7, separator) {
        return None;
    }
    if !matches!(line.get(at + 10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let date = (number(line, at, 4)?, number(line, at + 5, 2)?, number(line, at + 8, 2)?);
    let (day_ms, end) = time_of_day(line, at + 11)?;
    dated(line, at, date, day_ms, end)
}

/// `02 Jan 2023 03:04:05.678`, `02-Jan-2023 03:04:05`, `10/Oct/2000:13:55:36 -0700`.
fn day_first(line: &[u8], at: usize) -> Option<Stamp> {
    let day = number(line, at, 2)?;
    if !matches!(line.get(at + 2), Some(b' ' | b'-' | b'/')) {
        return None;
    }
    let month = month(line.get(at + 3..at + 6)?)?;
    let year = number(line, at + 7, 4)?;
    if !matches!(line.get(at + 11), Some(b' ' | b':')) {
        return None;
    }
    let (day_ms, end) = time_of_day(line, at + 12)?;
    dated(line, at, (year, month, day), day_ms, end)
}

/// A bare number of 10, 13, 16 or 19 digits at the head of a line or behind `ts=` and the like.
fn epoch(line: &[u8], at: usize) -> Option<Stamp> {
    if at > 0 && !matches!(line.get(at - 1), Some(b'[' | b'=' | b'(')) {
        return None;
    }
    let digits = line.get(at..)?.iter().take(20).take_while(|byte| byte.is_ascii_digit()).count();
    let value = number(line, at, digits)?;
    let ms = epoch_ms(value, digits)?;
    let mut end = at + digits;
    let mut fraction = 0;
    if digits == 10 && is(line, end, b'.') {
        fraction = number(line, end + 1, 3).unwrap_or(0);
        end += 1 + line.get(end + 1..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
    }
    if line.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'.') {
        return None;
    }
    Some(Stamp { ms: ms + fraction, frame: Frame::Offset, start: at, end })
}

/// Milliseconds of an epoch number by its count of digits: seconds, milli-, micro- or nanoseconds.
pub(crate) fn epoch_ms(value: i64, digits: usize) -> Option<i64> {
    let ms = match digits {
        10 => value.checked_mul(1000)?,
        13 => value,
        16 => value / 1000,
        19 => value / 1_000_000,
        _ => return None,
    };
    EPOCH_SECONDS.contains(&(ms / 1000)).then_some(ms)
}

/// `Jan  2 03:04:05` without a year, `Dec 04 04:47:44 2005`, either with a weekday before it.
fn month_first(line: &[u8], start: usize) -> Option<Stamp> {
    let weekday = matches!(line.get(start..start + 3)?, b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun");
    let at = match (weekday, line.get(start + 3)) {
        (true, Some(b' ')) => start + 4,
        (true, Some(b',')) => return None,
        _ => start,
    };
    let month = month(line.get(at..at + 3)?)?;
    if !is(line, at + 3, b' ') {
        return None;
    }
    // One-digit days come padded with a space, or not padded at all.
    let (day, next) = match (line.get(at + 4)?, line.get(at + 5)?) {
        (b' ', digit) if digit.is_ascii_digit() => (i64::from(digit - b'0'), at + 6),
        (digit, b' ') if digit.is_ascii_digit() => (i64::from(digit - b'0'), at + 5),
        _ => (number(line, at + 4, 2)?, at + 6),
    };
    if !is(line, next, b' ') {
        return None;
    }
    let (day_ms, end) = time_of_day(line, next + 1)?;
    if is(line, end, b' ')
        && let Some(year) = number(line, end + 1, 4).filter(|year| (1970..=2200).contains(year))
        && !line.get(end + 5).is_some_and(u8::is_ascii_alphanumeric)
    {
        return dated(line, start, (year, month, day), day_ms, end + 5);
    }
    yearless(month, day, day_ms, start, end)
}

/// `E0102 03:04:05.000000` of Kubernetes components; the level letter is left to the level module.
fn klog(line: &[u8], at: usize) -> Option<Stamp> {
    if !matches!(line.get(at)?, b'I' | b'W' | b'E' | b'F' | b'D') || !is(line, at + 5, b' ') {
        return None;
    }
    let (day_ms, end) = time_of_day(line, at + 6)?;
    yearless(number(line, at + 1, 2)?, number(line, at + 3, 2)?, day_ms, at, end)
}

fn yearless(month: i64, day: i64, day_ms: i64, start: usize, end: usize) -> Option<Stamp> {
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let ms = calendar::to_ms(STAND_IN_YEAR, month, day, day_ms);
    Some(Stamp { ms, frame: Frame::Yearless, start, end })
}

/// `[  123.456789] ` of the kernel ring buffer, or `[dmesg 123.456]`.
fn uptime(line: &[u8]) -> Option<Stamp> {
    let mut at = 1;
    if !is(line, 0, b'[') {
        return None;
    }
    if line.get(1..7) == Some(b"dmesg ") {
        at = 7;
    }
    while at < 20 && is(line, at, b' ') {
        at += 1;
    }
    let digits = line.get(at..)?.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let seconds = number(line, at, digits).filter(|_| digits > 0)?;
    if !is(line, at + digits, b'.') || EPOCH_SECONDS.contains(&seconds) {
        return None;
    }
    let ms = number(line, at + digits + 1, 3)?;
    let fraction = line.get(at + digits + 1..)?.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let end = at + digits + 1 + fraction;
    is(line, end, b']').then_some(Stamp { ms: seconds * 1000 + ms, frame: Frame::Uptime, start: at, end })
}

/// The bracketed stamp of an access line, behind addresses that [`find`] may have run out of tokens over.
fn access(line: &[u8]) -> Option<Stamp> {
    let head = line.get(..line.len().min(ACCESS_HEAD_BYTES))?;
    memchr::memchr_iter(b'[', head).take(8).find_map(|bracket| day_first(line, bracket + 1))
}

fn month(name: &[u8]) -> Option<i64> {
    Some(match name {
        b"Jan" | b"jan" | b"JAN" => 1,
        b"Feb" | b"feb" | b"FEB" => 2,
        b"Mar" | b"mar" | b"MAR" => 3,
        b"Apr" | b"apr" | b"APR" => 4,
        b"May" | b"may" | b"MAY" => 5,
        b"Jun" | b"jun" | b"JUN" => 6,
        b"Jul" | b"jul" | b"JUL" => 7,
        b"Aug" | b"aug" | b"AUG" => 8,
        b"Sep" | b"sep" | b"SEP" => 9,
        b"Oct" | b"oct" | b"OCT" => 10,
        b"Nov" | b"nov" | b"NOV" => 11,
        b"Dec" | b"dec" | b"DEC" => 12,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, frame: Frame, rendered: &str, raw: &str) {
        let stamp = find(line.as_bytes()).expect("a stamp");
        assert_eq!((stamp.frame, calendar::render(stamp.ms).as_str()), (frame, rendered), "{line}");
        assert_eq!(&line[stamp.start..stamp.end], raw);
    }

    #[test]
    fn iso_and_rfc3339_are_read_with_their_zone() {
        check("2023-01-02T03:04:05Z up", Frame::Offset, "2023-01-02 03:04:05", "2023-01-02T03:04:05Z");
        check(
            "2023-01-02T03:04:05.123+02:00 up",
            Frame::Offset,
            "2023-01-02 01:04:05",
            "2023-01-02T03:04:05.123+02:00",
        );
        check(
            "2023-01-02 03:04:05,123 ERROR [main] a.B - x",
            Frame::Local,
            "2023-01-02 03:04:05",
            "2023-01-02 03:04:05,123",
        );
        check("[2023-01-02 03:04:05 -0500] x", Frame::Offset, "2023-01-02 08:04:05", "2023-01-02 03:04:05 -0500");
        check("2023/01/02 03:04:05 [error] 7#7: *1 x", Frame::Local, "2023-01-02 03:04:05", "2023/01/02 03:04:05");
        check(
            "2026-01-02 03:04:05.123 UTC [12] LOG:  x",
            Frame::Offset,
            "2026-01-02 03:04:05",
            "2026-01-02 03:04:05.123 UTC",
        );
        check("ts=2023-01-02T03:04:05Z level=info", Frame::Offset, "2023-01-02 03:04:05", "2023-01-02T03:04:05Z");
    }

    #[test]
    fn syslog_stamps_are_read_with_and_without_a_year() {
        check("Jan  2 03:04:05 host app[1]: x", Frame::Yearless, "2000-01-02 03:04:05", "Jan  2 03:04:05");
        check("<34>Oct 11 22:14:15 host su: x", Frame::Yearless, "2000-10-11 22:14:15", "Oct 11 22:14:15");
        check(
            "<34>1 2003-10-11T22:14:15.003Z host app - ID47 - x",
            Frame::Offset,
            "2003-10-11 22:14:15",
            "2003-10-11T22:14:15.003Z",
        );
    }

    #[test]
    fn web_server_stamps_are_read() {
        check("[Sun Dec 04 04:47:44 2005] [error] x", Frame::Local, "2005-12-04 04:47:44", "Sun Dec 04 04:47:44 2005");
        check(
            "[Sun Dec 04 04:47:44.123456 2005] [core:error] x",
            Frame::Local,
            "2005-12-04 04:47:44",
            "Sun Dec 04 04:47:44.123456 2005",
        );
        check(
            r#"10.0.0.1 - bob [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.0" 200 1"#,
            Frame::Offset,
            "2000-10-10 20:55:36",
            "10/Oct/2000:13:55:36 -0700",
        );
    }

    #[test]
    fn other_formats_are_read() {
        check(
            "E0102 03:04:05.000000       1 a.go:1] x",
            Frame::Yearless,
            "2000-01-02 03:04:05",
            "E0102 03:04:05.000000",
        );
        check("12:M 02 Jan 2023 03:04:05.678 # x", Frame::Local, "2023-01-02 03:04:05", "02 Jan 2023 03:04:05.678");
        check(
            "02-Jan-2023 03:04:05.678 SEVERE [main] x",
            Frame::Local,
            "2023-01-02 03:04:05",
            "02-Jan-2023 03:04:05.678",
        );
        check("1672628645.25 x", Frame::Offset, "2023-01-02 03:04:05", "1672628645.25");
        check("1672628645123 x", Frame::Offset, "2023-01-02 03:04:05", "1672628645123");
        check("[   12.345678] usb 1-1: x", Frame::Uptime, "1970-01-01 00:00:12", "12.345678");
        check("[dmesg 123.456] x", Frame::Uptime, "1970-01-01 00:02:03", "123.456");
        check(
            "a.log.1.2017-05-16_13:53:08 2017-05-16 00:00:00.008 25746 INFO m x",
            Frame::Local,
            "2017-05-16 00:00:00",
            "2017-05-16 00:00:00.008",
        );
    }

    #[test]
    fn numbers_and_dates_that_are_no_stamps_are_left_alone() {
        for line in [
            "",
            "    at a.B(C.java:12)",
            "took 1672628645 ms",
            "12345678901234567890 x",
            "2023-13-02 03:04:05 x",
            "May I",
            "E0102",
            "25:61:00",
            "x2023-01-02T03:04:05Z",
        ] {
            assert_eq!(find(line.as_bytes()), None, "{line}");
        }
    }
}
