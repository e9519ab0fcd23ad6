//! Owns how severe a line says it is. Knows nothing about time or documents.
//! Two sources: an explicit level near the head, and — only where there is none — words of the message,
//! which `signature` finds and [`means_trouble`] judges.

/// How far behind the stamp an explicit level is looked for.
const HEAD_BYTES: usize = 200;
/// How many tokens of that head are looked at.
const HEAD_TOKENS: usize = 12;

/// A line's own statement of severity, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// A continuation that only repeats what somebody asked for (PostgreSQL's STATEMENT): never evidence.
    Statement,
    Debug,
    Info,
    /// What is normal and still meant for who runs the system: `NOTICE`, PostgreSQL's LOG, MySQL's Note.
    Notice,
    Warn,
    Error,
    Fatal,
}

/// The level by one whole word, in any of the spellings that loggers use.
pub(crate) fn named(word: &[u8]) -> Option<Level> {
    let mut lower = [0_u8; 9];
    let slot = lower.get_mut(..word.len())?;
    slot.copy_from_slice(word);
    slot.make_ascii_lowercase();
    Some(match &*slot {
        b"trace" | b"debug" | b"dbg" | b"fine" | b"finer" | b"finest" | b"verbose" => Level::Debug,
        b"info" | b"inf" | b"config" => Level::Info,
        b"notice" | b"note" | b"system" | b"log" | b"detail" | b"hint" => Level::Notice,
        b"warn" | b"warning" | b"wrn" => Level::Warn,
        b"error" | b"err" | b"severe" => Level::Error,
        b"fatal" | b"critical" | b"crit" | b"alert" | b"emerg" | b"emergency" | b"panic" | b"ftl" => Level::Fatal,
        b"statement" | b"query" => Level::Statement,
        _ => return None,
    })
}

/// The level that a structured line states in the part behind its stamp.
pub(crate) fn explicit(line: &[u8], from: usize) -> Option<Level> {
    let head = line.get(from..line.len().min(from.saturating_add(HEAD_BYTES)))?;
    let mut at = 0;
    let mut tokens = 0;
    while at < head.len() && tokens < HEAD_TOKENS {
        let end =
            head[at..].iter().position(|&byte| byte == b' ' || byte == b'\t').map_or(head.len(), |length| at + length);
        if end > at {
            tokens += 1;
            if let Some(level) = in_token(&head[at..end], head.get(end + 1..).unwrap_or(&[])) {
                return Some(level);
            }
        }
        at = end + 1;
    }
    None
}

fn in_token(token: &[u8], rest: &[u8]) -> Option<Level> {
    if token.len() > 48 {
        return None;
    }
    if let Some(split) = token.iter().position(|&byte| byte == b'=') {
        let value = trim(&token[split + 1..]);
        return matches!(&token[..split], b"level" | b"lvl" | b"severity" | b"loglevel")
            .then(|| named(value))
            .flatten();
    }
    let inner = trim(token);
    let bracketed = token.first().is_some_and(|first| matches!(first, b'[' | b'<' | b'(')) && inner.len() < token.len();
    // Apache 2.4 writes the module before the level: [core:error].
    let word = match inner.iter().rposition(|&byte| byte == b':') {
        Some(colon) if bracketed => &inner[colon + 1..],
        _ => inner,
    };
    let colon = token.last() == Some(&b':');
    let upper = !word.is_empty() && word.iter().all(u8::is_ascii_uppercase);
    if word.len() < 3 || !(upper || bracketed || colon) {
        // A Kubernetes stamp that stands behind the one of `kubectl --timestamps`.
        return klog(token, rest);
    }
    let level = named(word)?;
    // Short words of prose that happen to be set in capitals need the colon that a level has there.
    let needs_colon =
        matches!(word, b"LOG" | b"NOTE" | b"DETAIL" | b"HINT" | b"SYSTEM" | b"CONFIG" | b"STATEMENT" | b"QUERY");
    (!needs_colon || colon || bracketed).then_some(level)
}

/// The level letter of a klog stamp (`E0102`), which counts only when a time of day follows.
pub(crate) fn klog(token: &[u8], rest: &[u8]) -> Option<Level> {
    let (&letter, digits) = token.split_first()?;
    if digits.len() != 4
        || !digits.iter().all(u8::is_ascii_digit)
        || rest.get(2) != Some(&b':')
        || rest.get(5) != Some(&b':')
    {
        return None;
    }
    Some(match letter {
        b'I' => Level::Info,
        b'W' => Level::Warn,
        b'E' => Level::Error,
        b'F' => Level::Fatal,
        _ => return None,
    })
}

fn trim(token: &[u8]) -> &[u8] {
    let keep = |byte: &u8| !matches!(byte, b'[' | b']' | b'<' | b'>' | b'(' | b')' | b':' | b'|' | b',' | b'"' | b'\'');
    let start = token.iter().position(keep).unwrap_or(token.len());
    let end = token.iter().rposition(keep).map_or(start, |last| last + 1);
    &token[start..end]
}

/// Judges a word such as `error` that stands at `start..end` of a lower-cased message: is it a report of trouble,
/// or a count of zero, a negation, or a part of a name?
pub(crate) fn means_trouble(lower: &[u8], start: usize, end: usize) -> bool {
    let part_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b'-' | b'.' | b'$');
    if start > 0 && lower.get(start - 1).is_some_and(part_of_name) {
        return false;
    }
    // A plural is the same word.
    let plural = lower.get(end) == Some(&b's');
    let end = end + usize::from(plural);
    match lower.get(end) {
        Some(b'.') if lower.get(end + 1).is_none_or(|next| *next == b' ') => {}
        Some(next) if part_of_name(next) => return false,
        Some(b'=' | b':') => {
            let value = lower.get(end + 1..).unwrap_or(&[]).trim_ascii_start();
            let word = value.split(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(&[]);
            // `errors=remount-ro` is a setting: only a number makes a count.
            let setting = plural && lower.get(end) == Some(&b'=') && !word.iter().all(u8::is_ascii_digit);
            if setting || matches!(word, b"0" | b"none" | b"null" | b"nil" | b"false" | b"no") {
                return false;
            }
        }
        _ => {}
    }
    let before = lower.get(..start).unwrap_or(&[]).trim_ascii_end();
    let previous = before.rsplit(|byte| !byte.is_ascii_alphanumeric()).next().unwrap_or(&[]);
    !matches!(
        previous,
        b"0" | b"no" | b"without" | b"zero" | b"non" | b"not" | b"any" | b"ignore" | b"ignoring" | b"if"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explicit_levels_are_found_in_each_format() {
        for (rest, level) in [
            (" ERROR [main] a.B - x", Level::Error),
            ("] [error] [client 10.0.0.1] x", Level::Error),
            ("] [core:error] [pid 3] x", Level::Error),
            (" [12] LOG:  checkpoint starting", Level::Notice),
            (" [12] user=a,db=b,app=c FATAL:  sorry", Level::Fatal),
            (" [12] STATEMENT:  SELECT 'ERROR'", Level::Statement),
            (" 0 [Warning] [MY-010068] x", Level::Warn),
            (" level=warn msg=x", Level::Warn),
            (" host sshd[1]: error: x", Level::Error),
            (" E0102 03:04:05.000000 1 a.go:1] x", Level::Error),
            (" 25746 INFO nova.compute error", Level::Info),
        ] {
            assert_eq!(explicit(rest.as_bytes(), 0), Some(level), "{rest}");
        }
    }

    #[test]
    fn prose_is_no_level() {
        for rest in [" the error log was rotated", " LOG of the ship", " an info desk", "", " see [12] x"] {
            assert_eq!(explicit(rest.as_bytes(), 0), None, "{rest}");
        }
    }

    #[track_caller]
    fn trouble(text: &str, word: &str) -> bool {
        let start = text.find(word).expect("the word");
        means_trouble(text.as_bytes(), start, start + word.len())
    }

    #[test]
    fn counts_of_zero_and_names_are_no_trouble() {
        for (text, word) in [
            ("done, 0 errors", "error"),
            ("no error found", "error"),
            ("error=0 ok", "error"),
            ("failed: 0, passed: 9", "failed"),
            ("opened /var/log/error.log", "error"),
            ("error_log reopened", "error"),
            ("error: none", "error"),
            ("failed=false", "failed"),
            ("opts: errors=remount-ro", "error"),
        ] {
            assert!(!trouble(text, word), "{text}");
        }
        for (text, word) in
            [("an error occurred", "error"), ("error: bad", "error"), ("3 errors", "error"), ("it failed.", "failed")]
        {
            assert!(trouble(text, word), "{text}");
        }
    }
}
