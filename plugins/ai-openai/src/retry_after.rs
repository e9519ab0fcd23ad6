//! When a server wants to be asked again: milliseconds, seconds, or a date (RFC 9110, section 10.2.3).

/// Reads `retry-after-ms`, else `retry-after`; `now_ms` is for dates. Milliseconds from now.
pub(crate) fn retry_after_ms(header: &dyn Fn(&str) -> Option<String>, now_ms: u64) -> Option<u64> {
    if let Some(ms) = header("retry-after-ms").and_then(|text| count(&text, 1.0)) {
        return Some(ms);
    }
    let text = header("retry-after")?;
    count(&text, 1_000.0).or_else(|| date_ms(text.trim()).map(|then| then.saturating_sub(now_ms)))
}

/// A number that is neither negative nor infinite, times `scale`.
fn count(text: &str, scale: f64) -> Option<u64> {
    let plain = text.trim();
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let number = plain.parse::<f64>().ok()? * scale;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
    number.is_finite().then_some(number.round() as u64)
}

/// `Wed, 21 Oct 2015 07:28:00 GMT` in milliseconds since the epoch.
fn date_ms(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut words = text.split_ascii_whitespace().skip(1);
    let day: u64 = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as u64 + 1;
    let year: u64 = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if words.next()? != "GMT" || !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Days since the epoch, by counting from March, so that the leap day is a year's last.
    let (shifted_year, shifted_month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let days_to_year = shifted_year * 365 + shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    let days = (days_to_year + (shifted_month * 153 + 2) / 5 + day).checked_sub(719_469)?;
    Some((days * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_forms_are_read_and_nonsense_is_none() {
        let now_ms = 1_445_412_480_000 - 30_000;
        for (name, value, expected) in [
            ("retry-after", "2", Some(2_000)),
            ("retry-after", " 0.5 ", Some(500)),
            ("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT", Some(30_000)),
            ("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT", Some(0)),
            ("retry-after-ms", "1500", Some(1_500)),
            ("retry-after", "-1", None),
            ("retry-after", "NaN", None),
            ("retry-after", "1e9", None),
            ("retry-after", "Wed, 99 Okt 2015 07:28:00 GMT", None),
            ("retry-after", "Wed, 21 Oct 2015 07:28 GMT", None),
            ("retry-after", "", None),
            ("retry-after", "soon", None),
        ] {
            let header = |asked: &str| (asked == name).then(|| value.to_owned());
            assert_eq!(retry_after_ms(&header, now_ms), expected, "{name}: {value}");
        }
    }

    #[test]
    fn dates_agree_with_the_calendar() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 12:00:00 GMT", 951_825_600),
            ("Sat, 21 Nov 2026 17:00:00 GMT", 1_795_280_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] {
            assert_eq!(date_ms(text), Some(seconds * 1_000), "{text}");
        }
    }
}
