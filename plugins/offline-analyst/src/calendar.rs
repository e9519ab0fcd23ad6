//! Owns the arithmetic between civil dates and milliseconds since 1970-01-01T00:00:00Z.
//! Knows nothing about log formats. Every function is total: odd input gives an odd number, never a panic.

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// Days from 1970-01-01 to the given date of the proleptic Gregorian calendar.
fn days_from_epoch(year: i64, month: u32, day: u32) -> i64 {
    // Years are counted from March, so that the leap day is the last day of its year.
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Milliseconds since the epoch of a civil date and a time of day, read as UTC.
pub(crate) fn to_ms(year: i64, month: u32, day: u32, day_ms: i64) -> i64 {
    days_from_epoch(year, month, day) * DAY_MS + day_ms
}

/// The year, month and day that hold the given moment, read as UTC.
pub(crate) fn civil(ms: i64) -> (i64, u32, u32) {
    let days = ms.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = u32::try_from(day_of_year - (153 * month_from_march + 2) / 5 + 1).unwrap_or(1);
    let month = u32::try_from((month_from_march + 2) % 12 + 1).unwrap_or(1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Writes a moment as `YYYY-MM-DD HH:MM:SS`, for stamps that are bare numbers in the log.
pub(crate) fn render(ms: i64) -> String {
    let (year, month, day) = civil(ms);
    let second = ms.rem_euclid(DAY_MS) / 1000;
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)
}

/// Writes a length of time the way a person says it: `850 ms`, `12 s`, `4 min`, `3 h 05 min`, `2 days`.
pub(crate) fn span(ms: i64) -> String {
    let ms = ms.max(0);
    let seconds = ms / 1000;
    match seconds {
        0 => format!("{ms} ms"),
        1..=119 => format!("{seconds} s"),
        120..=7_199 => format!("{} min", seconds / 60),
        7_200..=172_799 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_convert_both_ways() {
        for (date, ms) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 951_782_400_000),
            ((2026, 1, 2), 1_767_312_000_000),
            ((1969, 12, 31), -DAY_MS),
        ] {
            let (year, month, day) = date;
            assert_eq!(to_ms(year, month, day, 0), ms);
            assert_eq!(civil(ms), date);
        }
        assert_eq!(render(1_767_312_061_999), "2026-01-02 00:01:01");
    }

    #[test]
    fn lengths_of_time_are_short() {
        assert_eq!(span(850), "850 ms");
        assert_eq!(span(119_000), "119 s");
        assert_eq!(span(3 * 3_600_000 + 300_000), "3 h 05 min");
        assert_eq!(span(-5), "0 ms");
    }
}
