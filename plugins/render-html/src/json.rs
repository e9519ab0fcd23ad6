//! As much of JSON (RFC 8259) as a list of events needs: a reader without dependencies, since plugins have none.
//!
//! Invariant: garbage of any kind is `None`, and nesting is bounded.

/// Most levels of arrays and objects; a list of events has two.
const DEPTH_MAX: usize = 16;

/// A value; of those that events don't have, no more than that there was one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Array(Vec<Value>),
    /// In the order of the text; a name may come twice.
    Object(Vec<(String, Value)>),
    /// A number, a truth value or null.
    Scalar,
}

/// Reads one value and nothing after it.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut rest = text;
    let value = value(&mut rest, 0)?;
    skip_space(&mut rest);
    rest.is_empty().then_some(value)
}

fn skip_space(rest: &mut &str) {
    *rest = rest.trim_start_matches([' ', '\t', '\n', '\r']);
}

/// Takes `wanted` off the front, with the space before it.
fn take(rest: &mut &str, wanted: char) -> Option<()> {
    skip_space(rest);
    *rest = rest.strip_prefix(wanted)?;
    Some(())
}

fn value(rest: &mut &str, depth: usize) -> Option<Value> {
    skip_space(rest);
    match rest.chars().next()? {
        '"' => text(rest).map(Value::Text),
        '[' if depth < DEPTH_MAX => list(rest, '[', ']', |rest| value(rest, depth + 1)).map(Value::Array),
        '{' if depth < DEPTH_MAX => list(rest, '{', '}', |rest| {
            skip_space(rest);
            let name = text(rest)?;
            take(rest, ':')?;
            Some((name, value(rest, depth + 1)?))
        })
        .map(Value::Object),
        _ => scalar(rest),
    }
}

fn list<T>(rest: &mut &str, open: char, close: char, mut item: impl FnMut(&mut &str) -> Option<T>) -> Option<Vec<T>> {
    take(rest, open)?;
    let mut items = Vec::new();
    if take(rest, close).is_some() {
        return Some(items);
    }
    loop {
        items.push(item(rest)?);
        if take(rest, close).is_some() {
            return Some(items);
        }
        take(rest, ',')?;
    }
}

fn scalar(rest: &mut &str) -> Option<Value> {
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(rest.len());
    let (word, after) = rest.split_at_checked(end)?;
    *rest = after;
    let is_number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) && word.parse::<f64>().is_ok();
    (is_number || matches!(word, "true" | "false" | "null")).then_some(Value::Scalar)
}

fn text(rest: &mut &str) -> Option<String> {
    *rest = rest.strip_prefix('"')?;
    let mut text = String::new();
    loop {
        let end = rest.find(['"', '\\'])?;
        let (plain, after) = rest.split_at_checked(end)?;
        if plain.chars().any(|c| c < ' ') {
            return None;
        }
        text.push_str(plain);
        if let Some(after) = after.strip_prefix('"') {
            *rest = after;
            return Some(text);
        }
        *rest = after.strip_prefix('\\')?;
        let mark = rest.chars().next()?;
        *rest = rest.strip_prefix(mark)?;
        text.push(match mark {
            '"' | '\\' | '/' => mark,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => unicode(rest)?,
            _ => return None,
        });
    }
}

/// The character of a `\u` escape or of a pair of them; a half pair is U+FFFD.
fn unicode(rest: &mut &str) -> Option<char> {
    let first = hex(rest)?;
    if (0xd800..0xdc00).contains(&first) {
        let mut after = *rest;
        if let Some(second) = after.strip_prefix("\\u").and_then(|digits| {
            after = digits;
            hex(&mut after)
        }) && (0xdc00..0xe000).contains(&second)
        {
            *rest = after;
            return char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        }
    }
    Some(char::from_u32(first).unwrap_or('\u{fffd}'))
}

fn hex(rest: &mut &str) -> Option<u32> {
    let (digits, after) = rest.split_at_checked(4)?;
    let number =
        digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())??;
    *rest = after;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let read = parse(" [ {\"time\":\"a\\u00e9\\ud83d\\ude00\\n\", \"n\": [1.5e3, null]} ] ");
        let expected = Value::Array(vec![Value::Object(vec![
            ("time".to_owned(), Value::Text("aé😀\n".to_owned())),
            ("n".to_owned(), Value::Array(vec![Value::Scalar, Value::Scalar])),
        ])]);
        assert_eq!(read, Some(expected));
    }

    #[test]
    fn garbage_is_refused() {
        for garbage in
            ["", "[", "[1,]", "{\"a\"}", "\"a", "\"\\x\"", "\"\n\"", "[] x", "nul", "\"\\u12\"", "\"\\u+123\""]
        {
            assert_eq!(parse(garbage), None, "{garbage}");
        }
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&deep(DEPTH_MAX)).is_some());
        assert_eq!(parse(&deep(DEPTH_MAX + 1)), None);
        assert_eq!(parse(&"[".repeat(1_000_000)), None);
    }
}
