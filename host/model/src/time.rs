//! The store's time stamps: TEXT, UTC, `YYYY-MM-DD HH:MM:SS`.

/// Writes milliseconds since the epoch as `YYYY-MM-DD HH:MM:SS` in UTC (proleptic Gregorian calendar).
pub fn stamp(ms: u64) -> String {
    let seconds = ms / 1000;
    let (days, of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// Year, month and day of a day number since 1970-01-01 (eras of 400 years that begin in March).
fn civil(days: u64) -> (u64, u64, u64) {
    let z = days + 719_468;
    let (era, of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// Reads a stored stamp into seconds since the epoch: with or without a trailing ` UTC`, or RFC 3339 with `Z` or an
/// offset, with or without a fraction. `None` for anything else.
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok()).flatten()
    };
    let mark = |at: usize| text.as_bytes().get(at).copied();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let shaped = mark(4) == Some(b'-')
        && mark(7) == Some(b'-')
        && matches!(mark(10), Some(b' ' | b'T'))
        && mark(13) == Some(b':')
        && mark(16) == Some(b':');
    if !shaped || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = text.get(19..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
    }
    let offset = match rest.as_bytes() {
        [] | [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] if [h1, h2, m1, m2].iter().all(|b| b.is_ascii_digit()) => {
            let digit = |b: &u8| i64::from(b - b'0');
            let minutes = (digit(h1) * 10 + digit(h2)) * 60 + digit(m1) * 10 + digit(m2);
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => return None,
    };
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (y.div_euclid(400), y.rem_euclid(400));
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719_468;
    Some(days * 86_400 + hour * 3600 + minute * 60 + second - offset * 60)
}

#[cfg(test)]
mod tests {
    use super::{parse, stamp};

    #[test]
    fn stamps_and_reads_back() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_700_000_003_999, "2023-11-14 22:13:23"),
            (4_102_444_799_000, "2099-12-31 23:59:59"),
        ] {
            assert_eq!(stamp(ms), text);
            assert_eq!(parse(text), Some((ms / 1000) as i64));
        }
    }

    #[test]
    fn reads_what_earlier_products_wrote() {
        let expected = parse("2024-05-06 07:08:09");
        assert!(expected.is_some());
        for text in [
            "2024-05-06 07:08:09 UTC",
            "2024-05-06T07:08:09Z",
            "2024-05-06T07:08:09.123456Z",
            "2024-05-06T09:08:09+02:00",
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2024-13-06 07:08:09",
            "2024-05-06 07:08",
            "2024-05-06 07:08:09 CET",
            "2024-05-06é07:08:09",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
