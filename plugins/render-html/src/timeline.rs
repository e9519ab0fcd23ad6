//! The events of a timeline, their times, and which of them are drawn.
//!
//! Must not know: how they are drawn. Invariant: at most [`EVENTS_MAX`] events are drawn, and where some are left
//! out the reader is told.

use crate::json::{Value, parse};

/// Most events that are drawn; more would be a wall, and the document has them as text.
pub(crate) const EVENTS_MAX: usize = 200;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// As it was written.
    pub(crate) time: String,
    pub(crate) text: String,
    /// Such as `log_uploaded`; empty if there is none.
    pub(crate) kind: String,
    /// Milliseconds since the epoch, if `time` could be read.
    pub(crate) at_ms: Option<i64>,
}

/// Events in order.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Timeline {
    /// In the order of their times, if all of those could be read; else as they came.
    pub(crate) events: Vec<Event>,
    /// How many there were before thinning.
    pub(crate) total: usize,
    /// Whether every time could be read.
    pub(crate) timed: bool,
}

impl Timeline {
    /// Reads an array of objects with text in `time` and `text`, and maybe in `type`; `None` if it is anything else
    /// or empty.
    pub(crate) fn parse(json: &str) -> Option<Self> {
        let Value::Array(values) = parse(json)? else { return None };
        let mut events = values.into_iter().map(event).collect::<Option<Vec<Event>>>()?;
        let total = events.len();
        let timed = events.iter().all(|event| event.at_ms.is_some());
        if timed {
            events.sort_by_key(|event| event.at_ms);
        }
        if total > EVENTS_MAX {
            // Evenly, with the first and the last.
            let kept = |slot: usize| slot * (total - 1) / (EVENTS_MAX - 1);
            events = (0..EVENTS_MAX).filter_map(|slot| events.get(kept(slot)).cloned()).collect();
        }
        (total > 0).then_some(Self { events, total, timed })
    }
}

fn event(value: Value) -> Option<Event> {
    let Value::Object(fields) = value else { return None };
    let (mut time, mut text, mut kind) = (None, None, String::new());
    for (name, value) in fields {
        match (name.as_str(), value) {
            ("time", Value::Text(value)) => time = Some(value),
            ("text", Value::Text(value)) => text = Some(value),
            ("type", Value::Text(value)) => kind = value,
            ("time" | "text", _) => return None,
            _ => {}
        }
    }
    let time = time?;
    Some(Event { at_ms: parse_time_ms(&time), time, text: text?, kind })
}

/// Reads `2026-03-14`, a space or `T`, `09:12`, maybe seconds with a fraction, maybe `Z`, `UTC` or `+02:00`.
pub(crate) fn parse_time_ms(time: &str) -> Option<i64> {
    let time = time.trim();
    let (date, rest) = time.split_at_checked(10)?;
    let number =
        |text: &str| (text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i64>().ok()).flatten();
    let [year, month, day] = parts(date, '-', [4, 2, 2])?.map(number);
    let (year, month, day) = (year?, month?, day?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let clock_and_zone = rest.strip_prefix(['T', 't', ' '])?;
    let end = clock_and_zone
        .find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.' || c == ','))
        .unwrap_or(clock_and_zone.len());
    let (clock, zone) = clock_and_zone.split_at_checked(end)?;
    let (clock, fraction) = clock.split_once(['.', ',']).unwrap_or((clock, "0"));
    let with_seconds = if clock.len() == 5 { format!("{clock}:00") } else { clock.to_owned() };
    let [hour, minute, second] = parts(&with_seconds, ':', [2, 2, 2])?.map(number);
    let (hour, minute, second) = (hour?, minute?, second?);
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let thousandths = number(format!("{fraction}00").get(..3)?)?;
    let offset_min = match zone.trim() {
        "" | "Z" | "z" | "UTC" | "GMT" => 0,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let digits = zone.strip_prefix(['+', '-'])?.replace(':', "");
            let (hours, minutes) = digits.split_at_checked(2).filter(|_| digits.len() == 4)?;
            sign * (number(hours)? * 60 + number(minutes)?)
        }
    };
    let minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset_min;
    Some((minutes * 60 + second) * 1000 + thousandths)
}

fn parts(text: &str, separator: char, lengths: [usize; 3]) -> Option<[&str; 3]> {
    let mut split = text.split(separator);
    let found = [split.next()?, split.next()?, split.next()?];
    (split.next().is_none() && found.iter().zip(lengths).all(|(part, length)| part.len() == length)).then_some(found)
}

/// Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March so that leap days come last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + day_of_year - 719_468
}

/// A duration in two units at most, such as `2 h 05 min`.
pub(crate) fn duration_text(duration_ms: i64) -> String {
    let seconds = duration_ms / 1000;
    match seconds {
        ..1 => format!("{duration_ms} ms"),
        1..60 => format!("{seconds} s"),
        60..600 if seconds % 60 > 0 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 if seconds / 60 % 60 > 0 => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ if seconds / 3600 % 24 > 0 => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form_the_host_writes() {
        assert_eq!(parse_time_ms("1970-01-01 00:00"), Some(0));
        assert_eq!(parse_time_ms("2026-03-14 09:12:33 UTC"), Some(1_773_479_553_000));
        assert_eq!(parse_time_ms("2026-03-14T11:12:33.25+02:00"), Some(1_773_479_553_250));
        assert_eq!(parse_time_ms("2024-02-29T23:59:59Z"), Some(1_709_251_199_000));
        for wrong in [
            "",
            "yesterday",
            "2026-13-01 00:00",
            "2026-03-14",
            "2026-03-14 9:12",
            "2026-03-14 09:12 CEST",
            "２０２6-03-14 00:00",
        ] {
            assert_eq!(parse_time_ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn many_events_are_thinned_with_both_ends_kept() {
        let json = |count: usize| {
            let events: Vec<String> = (0..count).map(|at| format!("{{\"time\":\"\",\"text\":\"{at}\"}}")).collect();
            format!("[{}]", events.join(","))
        };
        assert_eq!(Timeline::parse(&json(EVENTS_MAX)).map(|line| line.events.len()), Some(EVENTS_MAX));
        let thinned = Timeline::parse(&json(1001)).map(|line| line.events).unwrap_or_default();
        assert_eq!(thinned.len(), EVENTS_MAX);
        assert_eq!(thinned.first().map(|event| event.text.as_str()), Some("0"));
        assert_eq!(thinned.last().map(|event| event.text.as_str()), Some("1000"));
    }

    #[test]
    fn what_is_no_list_of_events_is_refused() {
        for wrong in ["", "[]", "{}", "[1]", "[{\"time\":\"a\"}]", "[{\"time\":1,\"text\":\"a\"}]"] {
            assert_eq!(Timeline::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let expected = [
            (400, "400 ms"),
            (59_999, "59 s"),
            (90_000, "1 min 30 s"),
            (660_000, "11 min"),
            (7_500_000, "2 h 05 min"),
            (180_000_000, "2 d 2 h"),
        ];
        for (duration_ms, text) in expected {
            assert_eq!(duration_text(duration_ms), text);
        }
    }
}
