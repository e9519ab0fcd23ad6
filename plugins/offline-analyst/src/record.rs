//! Owns turning one line into stamp, level and message range. Knows nothing about other lines.

use crate::json_line;
use crate::level::{self, Level};
use crate::stamp::{self, Frame, Stamp};

/// One line, taken apart. Ranges are bytes of the line.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) stamp: Option<Stamp>,
    pub(crate) level: Option<Level>,
    pub(crate) body_start: usize,
    pub(crate) body_end: usize,
    /// The status of a JSON access line.
    pub(crate) status: Option<u16>,
}

/// Takes a line apart. Total: every line has at least a body.
pub(crate) fn parse(line: &[u8]) -> Record {
    if (line.starts_with(b"{\"") || line.starts_with(b"{ \""))
        && let Some(fields) = json_line::parse(line)
    {
        return from_json(line, &fields);
    }
    let stamp = stamp::find(line);
    let behind = stamp.map_or(0, |stamp| stamp.end);
    let level = match stamp {
        Some(stamp) if line.get(stamp.start).is_some_and(u8::is_ascii_uppercase) && stamp.frame == Frame::Yearless => {
            let token = line.get(stamp.start..stamp.start + 5).unwrap_or(&[]);
            level::klog(token, line.get(stamp.start + 6..).unwrap_or(&[])).or_else(|| level::explicit(line, behind))
        }
        Some(_) => level::explicit(line, behind)
            .or_else(|| redis(line, behind))
            .or_else(|| behind_stamp(line, behind))
            .or_else(|| leading(line)),
        None => leading(line),
    };
    let skip = line
        .get(behind..)
        .unwrap_or(&[])
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b']' | b':' | b'|' | b'-' | b'\t'))
        .count();
    let body_start = if stamp.is_some() { behind + skip } else { 0 };
    Record { stamp, level, body_start, body_end: line.len(), status: None }
}

/// A level that comes before the stamp or without one: `ERROR 2023-…`, `[ERROR] …`, `level=error …`.
fn leading(line: &[u8]) -> Option<Level> {
    if line.first().is_none_or(|first| first.is_ascii_whitespace()) {
        return None;
    }
    let head = &line[..line.len().min(32)];
    let end = head.iter().position(|&byte| byte == b' ').unwrap_or(head.len());
    level::explicit(&head[..end], 0)
}

/// Redis writes one character behind the stamp: `.` debug, `-` info, `*` notice, `#` warning.
fn redis(line: &[u8], behind: usize) -> Option<Level> {
    match (line.get(behind)?, line.get(behind + 1)?, line.get(behind + 2)?) {
        (b' ', b'#', b' ') => Some(Level::Warn),
        (b' ', b'*', b' ') => Some(Level::Notice),
        (b' ', b'-', b' ') => Some(Level::Info),
        (b' ', b'.', b' ') => Some(Level::Debug),
        _ => None,
    }
}

/// The level of a JSON line that a collector has put its own stamp before.
fn behind_stamp(line: &[u8], behind: usize) -> Option<Level> {
    let body = line.get(behind..)?.trim_ascii_start();
    let fields = body.starts_with(b"{\"").then(|| json_line::parse(body))??;
    json_level(body, &fields)
}

fn json_level(line: &[u8], fields: &json_line::Fields) -> Option<Level> {
    let (start, end) = fields.level?;
    let word = line.get(start..end)?;
    level::named(word).or_else(|| numbered(word))
}

fn from_json(line: &[u8], fields: &json_line::Fields) -> Record {
    let stamp = fields.time.and_then(|(start, end)| {
        let inner = line.get(..end)?;
        stamp::parse_at(inner, start).or_else(|| bare_epoch(inner, start)).map(|found| Stamp { start, ..found })
    });
    let level = json_level(line, fields);
    let (body_start, body_end) = fields.message.unwrap_or((0, line.len()));
    Record { stamp, level, body_start, body_end, status: fields.status }
}

/// A number as the value of a time key; behind a colon, where the general reader accepts none.
fn bare_epoch(line: &[u8], start: usize) -> Option<Stamp> {
    let text = std::str::from_utf8(line.get(start..)?).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let value: i64 = whole.parse().ok()?;
    let ms = stamp::epoch_ms(value, whole.len())?;
    let fraction: i64 = if whole.len() == 10 { format!("{fraction:0<3.3}").parse().unwrap_or(0) } else { 0 };
    Some(Stamp { ms: ms + fraction, frame: Frame::Offset, start, end: line.len() })
}

/// The numbers of bunyan and pino.
fn numbered(word: &[u8]) -> Option<Level> {
    Some(match word {
        b"10" | b"20" => Level::Debug,
        b"30" => Level::Info,
        b"40" => Level::Warn,
        b"50" => Level::Error,
        b"60" => Level::Fatal,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar;

    #[track_caller]
    fn check(line: &str, time: &str, level: Option<Level>, body: &str) {
        let record = parse(line.as_bytes());
        assert_eq!(record.stamp.map(|stamp| calendar::render(stamp.ms)).as_deref(), Some(time), "{line}");
        assert_eq!(record.level, level, "{line}");
        assert_eq!(&line[record.body_start..record.body_end], body);
    }

    #[test]
    fn json_lines_are_taken_apart_for_every_unit_of_time() {
        for time in [
            "1672628645",
            "1672628645.250",
            "1672628645250",
            "1672628645250000",
            "1672628645250000000",
            "\"2023-01-02T03:04:05Z\"",
        ] {
            let line = format!(r#"{{"ts":{time},"level":"error","msg":"boom"}}"#);
            check(&line, "2023-01-02 03:04:05", Some(Level::Error), "boom");
        }
        check(r#"{"level":50,"time":1672628645250,"msg":"boom"}"#, "2023-01-02 03:04:05", Some(Level::Error), "boom");
        check(
            r#"{"severity":"CRITICAL","@timestamp":"2023-01-02T03:04:05.1Z","message":"boom"}"#,
            "2023-01-02 03:04:05",
            Some(Level::Fatal),
            "boom",
        );
    }

    #[test]
    fn plain_lines_are_taken_apart() {
        check(
            "12:M 02 Jan 2023 03:04:05.678 # Server is down",
            "2023-01-02 03:04:05",
            Some(Level::Warn),
            "# Server is down",
        );
        check("E0102 03:04:05.000000       1 a.go:1] x", "2000-01-02 03:04:05", Some(Level::Error), "1 a.go:1] x");
        check(
            "2023-01-02T03:04:05.1Z W0102 03:04:05.000000 1 a.go:1] x",
            "2023-01-02 03:04:05",
            Some(Level::Warn),
            "W0102 03:04:05.000000 1 a.go:1] x",
        );
        check("Jan  2 03:04:05 host app[1]: fine", "2000-01-02 03:04:05", None, "host app[1]: fine");
        check("ERROR 2023-01-02 03:04:05 it broke", "2023-01-02 03:04:05", Some(Level::Error), "it broke");
    }
}
