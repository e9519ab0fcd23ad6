//! Owns reading the few keys of interest out of one JSON object on a line, without building the object.
//! Invariants: looks at top-level keys only; anything malformed just ends the reading.

/// How many top-level keys are looked at.
const KEYS_MAX: usize = 64;

/// What a log line's object says about itself. Ranges are of the line; strings are as escaped in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) time: Option<(usize, usize)>,
    pub(crate) level: Option<(usize, usize)>,
    pub(crate) message: Option<(usize, usize)>,
    pub(crate) status: Option<u16>,
}

/// Reads a line that begins with `{"`.
pub(crate) fn parse(line: &[u8]) -> Option<Fields> {
    let mut at = skip_space(line, 0);
    if line.get(at) != Some(&b'{') {
        return None;
    }
    at += 1;
    let mut fields = Fields::default();
    let mut found = false;
    for _ in 0..KEYS_MAX {
        at = skip_space(line, at);
        let Some((key_start, key_end)) = string(line, at) else { break };
        at = skip_space(line, key_end + 1);
        if line.get(at) != Some(&b':') {
            break;
        }
        at = skip_space(line, at + 1);
        let Some((start, end, next)) = value(line, at) else { break };
        found = true;
        match &line[key_start..key_end] {
            b"ts" | b"time" | b"@timestamp" | b"timestamp" | b"t" | b"datetime" | b"eventTime" => {
                keep(&mut fields.time, start, end)
            }
            b"level" | b"severity" | b"lvl" | b"log.level" | b"levelname" | b"loglevel" | b"s" => {
                keep(&mut fields.level, start, end)
            }
            b"msg" | b"message" | b"event" | b"log" => keep(&mut fields.message, start, end),
            b"status" | b"status_code" | b"statusCode" | b"http_status" => fields.status = status(&line[start..end]),
            _ => {}
        }
        at = skip_space(line, next);
        if line.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    found.then_some(fields)
}

fn keep(slot: &mut Option<(usize, usize)>, start: usize, end: usize) {
    if slot.is_none() {
        *slot = Some((start, end));
    }
}

fn status(text: &[u8]) -> Option<u16> {
    let value = std::str::from_utf8(text).ok()?.parse().ok()?;
    (100..600).contains(&value).then_some(value)
}

fn skip_space(line: &[u8], at: usize) -> usize {
    at + line.get(at..).unwrap_or(&[]).iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The inside of the string that begins at `at`.
fn string(line: &[u8], at: usize) -> Option<(usize, usize)> {
    if line.get(at) != Some(&b'"') {
        return None;
    }
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', line.get(end..)?)?;
        if line[end] == b'"' {
            return Some((at + 1, end));
        }
        end += 2;
    }
}

/// The content range of a value and where the next token begins. Nested values are skipped as a whole.
fn value(line: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    match *line.get(at)? {
        b'"' => string(line, at).map(|(start, end)| (start, end, end + 1)),
        b'{' | b'[' => {
            let mut depth = 0_usize;
            let mut here = at;
            while here < line.len() {
                match line[here] {
                    b'"' => here = string(line, here)?.1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        if depth == 0 {
                            return Some((at, here + 1, here + 1));
                        }
                    }
                    _ => {}
                }
                here += 1;
            }
            None
        }
        _ => {
            let length = line[at..].iter().position(|byte| matches!(byte, b',' | b'}' | b' '))?;
            Some((at, at + length, at + length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_keys_are_found_at_the_top_level_only() {
        let line =
            br#"{"ctx":{"level":"no","x":["}"]},"ts":1672628645.5,"level":"error","msg":"it \"broke\"","status":502}"#;
        let fields = parse(line).expect("an object");
        let text = |range: Option<(usize, usize)>| {
            range.map(|(start, end)| String::from_utf8_lossy(&line[start..end]).into_owned())
        };
        assert_eq!(text(fields.time).as_deref(), Some("1672628645.5"));
        assert_eq!(text(fields.level).as_deref(), Some("error"));
        assert_eq!(text(fields.message).as_deref(), Some(r#"it \"broke\""#));
        assert_eq!(fields.status, Some(502));
    }

    #[test]
    fn broken_objects_end_the_reading() {
        assert_eq!(parse(b"{}"), None);
        assert_eq!(parse(br#"{"a"#), None);
        assert_eq!(parse(br#"{"a":{"b":1"#), None);
        assert_eq!(parse(br#"{"a":"\"#), None);
        assert!(parse(br#"{"a":1,"b"#).is_some());
    }
}
